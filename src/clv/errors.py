"""The errors a user can meet; each says what is wrong, where, how much of it, and what to do."""

from __future__ import annotations


class ClvError(Exception):
    """Base of every error this package raises on purpose.

    The command line prints its message on one line, without a traceback, and ends with `exit_code`.
    """

    exit_code = 1


class ConfigError(ClvError):
    """A setting is unknown, of the wrong type or out of range."""


class DataError(ClvError):
    """The data cannot be read, or cannot answer the question asked of them."""


class ConvergenceError(ClvError):
    """A model found no maximum of its likelihood; nothing is predicted from such a fit."""


class GateError(ClvError):
    """A check found what the config allows no report to be published with; what was published before is untouched."""

    exit_code = 3


class NotebookError(ClvError):
    """A notebook of the suite failed; what was published before is untouched."""

    exit_code = 4


class StorageError(ClvError):
    """A disk is full or a folder cannot be written to; what was published before is untouched."""


class LockedError(ClvError):
    """Another run holds the name; the command line ends with the code that means: try again later."""

    exit_code = 75
