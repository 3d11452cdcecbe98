"""The exceptions."""

from __future__ import annotations

from typing import Any


class CheckpointError(Exception):
    """A checkpoint cannot be opened, read or saved; `str` says what is wrong, and what to do."""

    problems: list[dict[str, Any]]
    """All problems, if several can be told at once. Each has a `message`, and what it is about."""

    variable: str | None
    """The name of the variable that it is about, if it is about one."""

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.problems = data.pop("problems", [])
        self.variable = data.pop("variable", None)
        for name, value in data.items():
            setattr(self, name, value)

    def __str__(self) -> str:
        # `KeyError` would show quotes around it.
        return str(self.args[0])

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.args[0], self.__dict__)


def _again(kind: type[CheckpointError], message: str, data: dict[str, Any]) -> CheckpointError:
    """An exception that was sent to another process."""
    return kind(message, **data)


class OpenError(CheckpointError):
    """There is no checkpoint at a path, or it cannot be opened."""


class NotFoundError(OpenError, FileNotFoundError):
    """There is no checkpoint at a path."""


class VariableNameError(CheckpointError, KeyError):
    """A checkpoint has no variable of a name, or the name is that of several."""

    nearest: list[str] = []
    """Names of variables that may have been meant, the nearest first."""


class RowsError(CheckpointError, IndexError):
    """A variable does not have these rows."""


class DTypeError(CheckpointError, TypeError):
    """NumPy does not have the dtype of a variable, or a checkpoint that of an array."""

    dtype: str = ""
    """The dtype, as TensorFlow calls that of a variable, or NumPy that of an array."""


class ReadError(CheckpointError):
    """A variable cannot be read."""


class DamagedError(ReadError, OpenError):
    """A file does not hold what was written: a checksum is wrong, or its end is missing. It has to be fetched again."""


class MismatchError(CheckpointError):
    """The checkpoint is not one of the model that is loaded; `problems` has every difference."""


class RulesError(CheckpointError, ValueError):
    """Rules cannot be read, or do not fit the checkpoint; `problems` has every problem."""


class SaveError(CheckpointError):
    """A checkpoint cannot be saved. Nothing of it is left then."""


class ExistsError(SaveError, FileExistsError):
    """There is a checkpoint at the path already."""
