"""Which code a notebook uses: the modules of this package that it imports, and those that these import, by reading.

Nothing is run for it. A module counts by what Python makes of it: comments, blank lines and docstrings change nothing.
"""

from __future__ import annotations

import ast
import hashlib
import platform
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

import clv

PACKAGE: Final = Path(clv.__file__).parent
MACHINERY: Final = "clv.suite"  # starts notebooks and publishes what they wrote; of it only the workspace computes
COUNTED: Final = ("clv.suite.workspace",)
SHELL: Final = "templates"  # folder of what stands around the results of notebooks on a page; they do not read it
LIBRARIES: Final = (
    *("babel", "duckdb", "ibis-framework", "lifetimes", "matplotlib", "numpy", "pandas", "scikit-learn", "scipy"),
    *("seaborn", "splink"),
)
"""Packages of others that decide what a notebook computes or shows."""


class _Module(NamedTuple):
    digest: str
    names: tuple[str, ...]  # of what it imports, wherever it does
    at_once: tuple[str, ...]  # of what it imports by being imported
    offers: dict[
        str, str
    ]  # of a package that only hands on what its modules define: name to full name; empty otherwise


def code_key(roots: Iterable[str], *, machinery: bool = False) -> str:
    """Return the SHA-256 of some modules of this package and of all of it that they import, however far.

    Parameters
    ----------
    roots
        Names of modules, or of what is in them, e.g. ``clv.report.charts``.
    machinery
        Whether the modules that start notebooks and publish count, too.
    """
    return key_of(used_modules(roots, machinery=machinery))


def key_of(modules: Iterable[str]) -> str:
    """Return the SHA-256 of modules by their names, without what they import."""
    lines = [f"{name} {_read(name).digest}\n" for name in modules]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def reading_key() -> str:
    """Return the key of the code that reads tables and settles what a run rests on."""
    parts = (code_key(["clv.decisions.basis"]), key_of(COUNTED), libraries())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def libraries() -> str:
    """Return the versions of Python and of what results rest on."""
    return "; ".join([platform.python_version(), *(f"{name} {version(name)}" for name in LIBRARIES)])


def used_modules(roots: Iterable[str], *, machinery: bool = False) -> list[str]:
    """Return the modules of this package that some of them import, themselves included, sorted.

    A package that is only the way to a module counts with what it imports at once, not with what its functions may; one
    that only hands on what its modules define counts with what is taken from it.
    """
    found: dict[str, bool] = {}  # whether all of it was followed
    named = cache(_modules_named)  # for this time only: files come and go while a kernel lives
    waiting = [(name, True) for root in roots for name in named(root)]
    while waiting:
        name, wholly = waiting.pop()
        if found.get(name) in (True, wholly) or not (machinery or _computes(name)):
            continue
        found[name] = wholly
        module = _read(name)
        on_the_way = () if module.offers else module.at_once
        for imported in module.names if wholly else on_the_way:
            waiting += [(target, True) for target in named(imported)]
        parent = name.rpartition(".")[0]
        if parent:
            waiting.append((parent, False))
    return sorted(found)


def imports_of(source: str, package: str = "") -> tuple[str, ...]:
    """Return the full names that Python code imports; empty for what is no Python.

    Parameters
    ----------
    source
        Code of a module, or of a cell.
    package
        Package that its relative imports begin at.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a magic of IPython
        return ()
    return tuple(dict.fromkeys(_imported(ast.walk(tree), package)))


def resource_key(modules: Iterable[str], left_out: Iterable[str]) -> str:
    """Return the SHA-256 of the files that are no code in the packages of some modules: words and lists that they read.

    Parameters
    ----------
    modules
        From `used_modules`.
    left_out
        Stems of files that others read, and names of folders.
    """
    ignored = {*left_out, "__pycache__"}
    digest = hashlib.sha256()
    for folder in sorted({_file(name).parent for name in modules}):
        for file in sorted(_resources(folder)):
            inner = file.relative_to(folder)
            if not {file.stem, *inner.parts[:-1]} & ignored:
                digest.update(f"{file.relative_to(PACKAGE).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def _resources(folder: Path) -> Iterator[Path]:
    """Yield the files of a package that are no code, without those of packages in it."""
    for entry in folder.iterdir():
        if entry.is_dir() and not (entry / "__init__.py").exists():
            yield from (file for file in entry.rglob("*") if file.is_file() and file.suffix not in {".py", ".pyc"})
        elif entry.is_file() and entry.suffix != ".py":
            yield entry


def _computes(name: str) -> bool:
    return name in COUNTED or not (name == MACHINERY or name.startswith(f"{MACHINERY}."))


def _modules_named(name: str) -> list[str]:
    """Return the module that a name is, or lies in; none for names of other packages."""
    parts, within = name.split("."), ""
    if parts[0] != PACKAGE.name:
        return []
    while not _file(".".join(parts)).exists():
        within = parts.pop()
    module = ".".join(parts)
    defined = _read(module).offers.get(within)
    if defined is not None and defined != name:
        return _modules_named(defined)
    return [module]


def _file(name: str) -> Path:
    base = PACKAGE.joinpath(*name.split(".")[1:])
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def _read(name: str) -> _Module:
    file = _file(name)
    state = file.stat()
    return _parsed(name, file, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=1024)
def _parsed(name: str, file: Path, changed_ns: int, size: int) -> _Module:  # read again when the file has changed
    tree = ast.parse(file.read_bytes())
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    names = tuple(dict.fromkeys(_imported(ast.walk(tree), package)))
    at_once = tuple(dict.fromkeys(_imported(iter(tree.body), package)))
    digest = hashlib.sha256(ast.dump(_without_docstrings(tree)).encode()).hexdigest()
    return _Module(digest, names, at_once, _offers(tree, package) if package == name else {})


def _offers(tree: ast.Module, package: str) -> dict[str, str]:
    """Return what a package hands on, where it does nothing else."""
    statements = [line for line in tree.body if not _is_text(line) and not _is_future(line)]
    if not all(isinstance(line, ast.ImportFrom) or _is_list_of_names(line) for line in statements):
        return {}
    offers: dict[str, str] = {}
    for line in statements:
        if isinstance(line, ast.ImportFrom):
            full = _imported(iter([line]), package)
            offers |= {alias.asname or alias.name: name for alias, name in zip(line.names, full, strict=True)}
    return offers


def _is_future(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.ImportFrom) and statement.module == "__future__"


def _is_list_of_names(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [getattr(target, "id", None) for target in targets] == ["__all__"]


def _imported(nodes: Iterator[ast.AST], package: str) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) + 1 - node.level] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            # words alone in a body say something to readers only, as the string below an attribute does
            node.body = [line for line in node.body if not _is_text(line)] or [ast.Pass()]
    return tree


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
