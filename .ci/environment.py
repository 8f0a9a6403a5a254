"""Write environment.yml: the direct dependencies of pyproject.toml at the versions of requirements.lock."""

import re
import tomllib
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PYTHON = "3.11"
HEAD = """\
# The same environment for conda: conda brings Python, pip the packages at the versions of requirements.lock, because
# not all of them are in conda-forge. Written by `make lock`; a test holds it to pyproject.toml and the lock.
name: clv
channels:
  - conda-forge
dependencies:
  - python={python}
  - pip
  - pip:
"""


def locked_versions() -> dict[str, str]:
    """Return the version of each package in the lock for the Python of the environment."""
    versions = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if found := re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+))?", line):
            name, version, marker = found.groups()
            place = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.9", "sys_platform": "linux"}
            if marker is None or Marker(marker.strip()).evaluate(place):
                versions[canonicalize_name(name)] = version
    return versions


def direct_names() -> list[str]:
    """Return the names of all dependencies of the project, tools included, sorted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return sorted({canonicalize_name(Requirement(line).name) for line in wanted})


def environment() -> str:
    """Return the text of environment.yml."""
    versions = locked_versions()
    pins = "".join(f"      - {name}=={versions[name]}\n" for name in direct_names())
    return HEAD.format(python=PYTHON) + pins + "      - --editable .\n"


if __name__ == "__main__":
    (ROOT / "environment.yml").write_text(environment(), encoding="utf-8")
