"""Opened checkpoints."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Union

import numpy as np

from tfckpt import _native
from tfckpt._errors import RowsError, RulesError

Name = Union[str, bytes]
Path = Union[str, "os.PathLike[str]"]
Rules = Union[str, "os.PathLike[str]"]
Progress = Callable[[int, int], object]


def open(
    path: Path,
    *,
    format: str | None = None,
    mmap: bool = False,
    verify: bool = True,
    limits: Mapping[str, int] | None = None,
) -> Checkpoint:
    """Open a checkpoint. Only its index is read; arrays are read when they are asked for.

    path
        For TensorFlow the prefix (`models/124M/model.ckpt`), one of the files, the directory with a file `checkpoint`, or a
        SavedModel; for safetensors and PyTorch the file, the index of several or the directory; for NumPy an `.npz`, an `.npy`
        or a directory of them.
    format
        `"tensorflow"`, `"safetensors"`, `"npz"`, `"npy"` or `"pytorch"`, where a path means checkpoints of several formats.
    mmap
        Map the data files into memory. Arrays borrow from them then and are read-only. Nobody may change the files or make
        them shorter meanwhile, or the arrays change too, or the system ends the process. What is not stored as it is in memory
        (strings, booleans, compressed or partitioned variables, the other byte order) is read as without it.
    verify
        With `mmap`, whether the checksum of a variable is compared when it is first borrowed, which reads all of it.
    limits
        Other limits on what the files may ask for: `memory` and `memory_per_byte` for all but the arrays, in bytes and in
        bytes for each byte of the files; `load_bytes` for the arrays of one load; `shards` for the number of files.

    Raises `NotFoundError` (also a `FileNotFoundError`), `DamagedError` or another `OpenError`.
    """
    return Checkpoint(_native.open(path, format, dict(limits or {}), mmap, verify))


@dataclass(frozen=True)
class Spec:
    """The dtype and shape of a variable."""

    name: str
    """The name that the checkpoint stores."""
    dtype: str
    """The dtype as TensorFlow calls it: `"float32"`, `"bfloat16"`, `"string"`, ..."""
    shape: tuple[int, ...]
    """The lengths of the axes."""
    nbytes: int
    """The bytes of the elements."""
    problem: str | None = None
    """Why the variable cannot be read, if the checkpoint itself says so."""
    _text: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return self._text


class Checkpoint(Mapping[str, "np.ndarray[Any, Any]"]):
    """An opened checkpoint: a mapping of the names of variables to arrays, which are read when they are asked for.

    A name is the one that is stored, a path of objects or a full name of TensorFlow 2, and may end in `:0`. Reading verifies
    checksums. Strings are arrays of objects, each `bytes`; numbers that only `ml_dtypes` has are its dtypes; quantized
    numbers are the integers that they are stored as. Reading does not keep an array: asking twice reads twice.

    Threads may share a checkpoint. It cannot be pickled; open the path again.
    """

    __slots__ = ("_native",)

    def __init__(self, native: _native.Checkpoint) -> None:
        if not isinstance(native, _native.Checkpoint):
            raise TypeError("a checkpoint is opened with `tfckpt.open`")
        self._native = native

    @property
    def path(self) -> str:
        """The prefix of the files."""
        return os.fspath(self._native.path())

    def __getitem__(self, name: Name) -> np.ndarray[Any, Any]:
        (array,) = self._native.read([_key(name)], 0, True, None, None)
        return array

    def __iter__(self) -> Iterator[str]:
        return map(_text, self._native.names())

    def __len__(self) -> int:
        return len(self._native)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, (str, bytes)) and self._native.contains(_key(name))

    def spec(self, name: Name) -> Spec:
        """The dtype and shape of a variable, without reading it."""
        key, dtype, text, shape, nbytes, problem = self._native.spec(_key(name))
        return Spec(_text(key), dtype, tuple(shape), nbytes, problem, text)

    def rows(self, name: Name, start: int, stop: int) -> np.ndarray[Any, Any]:
        """The rows of a variable from `start` to before `stop`: a range of its first axis.

        Nothing else is read, so no checksum is verified unless it covers these rows alone.
        """
        if start < 0 or stop < 0:
            raise RowsError(f"there are no rows {start}..{stop}; count them from 0", variable=_text(name))
        return self._native.rows(_key(name), start, stop)

    def load(
        self,
        names: Iterable[Name] | None = None,
        *,
        threads: int = 0,
        verify: bool = True,
        max_bytes: int | None = None,
        progress: Progress | None = None,
    ) -> dict[str, np.ndarray[Any, Any]]:
        """Read all variables, or those of `names`, in one pass over the files on all cores.

        threads
            The number of threads; 0 stands for all cores.
        verify
            Whether checksums are compared.
        max_bytes
            The most memory that the arrays may take.
        progress
            Called with the bytes that are done and all bytes, on this thread: before the first byte, then some times a
            second, and at the end. An exception that it raises stops the load, as Ctrl-C does.
        """
        wanted = [_text(name) for name in (self if names is None else names)]
        keys = [_key(name) for name in wanted]
        arrays = self._native.read(keys, threads, verify, max_bytes, progress)
        return dict(zip(wanted, arrays))

    def verify(
        self,
        names: Iterable[Name] | None = None,
        *,
        threads: int = 0,
        progress: Progress | None = None,
    ) -> None:
        """Compare the checksums of all variables, or of those of `names`, and keep nothing of them.

        Raises `DamagedError` for the first damage that is found.
        """
        keys = [_key(name) for name in (self if names is None else names)]
        self._native.verify(keys, threads, progress)

    def converted(
        self,
        rules: Rules = "",
        *,
        model: str | None = None,
        reverse: bool = False,
        ignore: Iterable[str] = (),
        keep: Iterable[str] = (),
    ) -> Checkpoint:
        """The checkpoint with other names and layouts. An array is converted when it is read.

        rules
            The text of rules, or a `pathlib.Path` of a file with them: lines such as `model/wte -> wte.weight`, as
            `docs/convert.md` describes them. Without rules, names and layouts stay.
        model
            Rules that are built in, from TensorFlow's names to those of `transformers`: `"gpt2"`, `"bert"`, `"albert"`, `"t5"`,
            `"electra"`, `"electra-generator"`, `"mobilenet-v1"` or `"mobilenet-v2"`. `rules` come after them.
        reverse
            Reverse the rules.
        ignore
            Variables to leave out: globs, `"optimizer"`, `"bookkeeping"` or `"ema"`.
        keep
            Globs of variables that keep their names and layouts.

        Raises `RulesError`, whose `problems` has all problems: every variable has a rule, or is ignored or kept.
        """
        naming = _naming(rules, model, reverse, ignore, keep)
        return Checkpoint(_native.converted(self._native, naming))

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<tfckpt.Checkpoint {self.path!r}: {len(self)} variables>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "an opened checkpoint cannot be pickled or copied; pickle its `path`, and open that again with `tfckpt.open`"
        )


def _key(name: object) -> bytes:
    """A name as it is stored."""
    if isinstance(name, str):
        return name.encode("utf-8", "surrogateescape")
    if isinstance(name, bytes):
        return name
    raise TypeError(f"the name of a variable is a `str` or `bytes`, not {type(name).__name__}")


def _text(name: Name) -> str:
    """A name as text: bytes that are not UTF-8 become lone surrogates, as in `os.fsdecode`."""
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def _naming(
    rules: Rules, model: str | None, reverse: bool, ignore: Iterable[str], keep: Iterable[str]
) -> dict[str, Any]:
    """Rules as the native half takes them."""
    known = _native.known_models()
    if model is not None and model not in known:
        raise RulesError(f"unknown model `{model}`; use one of {', '.join(known)}, or write rules")
    text = rules if isinstance(rules, str) else pathlib.Path(rules).read_text(encoding="utf-8")
    return {"model": model, "rules": text, "reverse": reverse, "ignore": _globs(ignore), "keep": _globs(keep)}


def _globs(globs: Iterable[str]) -> list[str]:
    return [globs] if isinstance(globs, str) else list(globs)
