"""Kernels that run notebooks with the interpreter and the package that run us, whatever lies on any path.

The kernelspec named python3 is the first that Jupyter finds, perhaps of another environment with another copy of this
package; start-up files of IPython and PYTHONPATH can put one before ours. So kernels are started by a command of our
own, which imports the package before anything else can, in an empty IPython profile.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config as KernelConfig

import clv
from clv.errors import ConfigError

_PACKAGE: Final = "CLV_PACKAGE"  # where a kernel is told which package it shall run
_LAUNCH: Final = (
    "import sys; sys.path[0] = {folder!r}; import clv; del sys.path[0]; "
    "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
)
LONGEST_SOCKET: Final = 103  # bytes of the path of a socket, on every Unix
_SOCKET: Final = "/clv-ttttttxxxxxxxx/k-5"  # what follows the folder of temporary files
_SHORT_FOLDERS: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - the folder made there is for its owner alone


class OwnKernelManager(AsyncKernelManager):
    """Starts kernels by `own_kernelspec`, not by a name that others may have taken."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """Return how kernels are started."""
        return own_kernelspec(str(Path(self.connection_file).parent))


def own_kernelspec(folder: str) -> KernelSpec:
    """Return how to start a kernel with this interpreter and this package.

    Parameters
    ----------
    folder
        Takes the place of the user's IPython folder.
    """
    start = _LAUNCH.format(folder=str(Path(clv.__file__).parents[1]))
    return KernelSpec(
        argv=[sys.executable, "-c", start, "-f", "{connection_file}"],
        display_name="Python of clv",
        language="python",
        env={_PACKAGE: _this_package(), "IPYTHONDIR": folder},
    )


def require_own_package() -> None:
    """Refuse to go on in a kernel that runs another copy of the package than the run that started it.

    Raises
    ------
    ConfigError
        Naming both copies.
    """
    wanted = os.environ.get(_PACKAGE)
    if wanted is not None and wanted != _this_package():
        raise ConfigError(
            f"the run was started with clv {wanted}, but its notebooks import {_this_package()}; remove the other copy "
            "from PYTHONPATH, or start clv from its own environment"
        )


def _this_package() -> str:
    return f"{clv.__version__} of {Path(clv.__file__).parent}"


@contextmanager
def kernel_folder(tag: str = "") -> Iterator[str]:
    """Make a folder for the files and sockets of one kernel, on a path that is short enough where there is one.

    Parameters
    ----------
    tag
        Six characters in its name, by which the next run finds it when this one is killed.
    """
    with tempfile.TemporaryDirectory(prefix=f"clv-{tag}", dir=_place_for_sockets()) as folder:
        yield folder


def places_for_sockets() -> list[str]:
    """Return the folders that may hold those of kernels, the first choice first."""
    places = (tempfile.gettempdir(), os.environ.get("XDG_RUNTIME_DIR", ""), *_SHORT_FOLDERS)
    return [place for place in dict.fromkeys(places) if place]


def _place_for_sockets() -> str:
    usable = (place for place in places_for_sockets() if _fits(place + _SOCKET) and os.access(place, os.W_OK))
    return next(usable, tempfile.gettempdir())


def _fits(socket: str) -> bool:
    return len(os.fsencode(socket)) <= LONGEST_SOCKET


def kernel_sockets(folder: str) -> KernelConfig:
    """Talk to a kernel over sockets in a folder: no ports that another process could take in between.

    Where the folder's path is too long for a socket, or there are none (Windows), over ports of this machine.
    """
    config = KernelConfig()
    config.KernelManager.connection_file = f"{folder}/kernel.json"
    if os.name != "nt" and _fits(f"{folder}/k-5"):
        config.KernelManager.transport = "ipc"
        config.KernelManager.ip = f"{folder}/k"
    return config
