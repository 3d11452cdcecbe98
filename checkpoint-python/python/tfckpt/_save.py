"""Saving arrays as a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfckpt import _native
from tfckpt._checkpoint import Checkpoint, Name, Path, Progress, Spec, _globs, _key
from tfckpt._errors import DTypeError

# The dtypes that NumPy and checkpoints have both.
_SHARED = frozenset(
    "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()
)
# Those whose elements are passed as bytes: NumPy has no Rust type for `float16`, and the others are of `ml_dtypes`.
_BITS = frozenset(
    "float16 bfloat16 float8_e5m2 float8_e4m3fn float8_e4m3fnuz float8_e4m3b11fnuz float8_e5m2fnuz float8_e8m0fnu "
    "float4_e2m1fn int4 uint4 int2 uint2".split()
)
# What a checkpoint can call these integers.
_QUANTIZED = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16", "qint32": "int32"}


@dataclass(frozen=True)
class SaveReport:
    """What was saved, and where. `str` is one line of it."""

    checkpoint: str
    """The path that opens the checkpoint."""
    format: str
    """The format."""
    files: tuple[str, ...]
    """The files."""
    variables: int
    """The number of variables."""
    nbytes: int
    """The bytes of their elements in the files."""
    seconds: float
    """The time that it took."""
    _text: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return self._text


def save(
    path: Path,
    arrays: Mapping[str, Any],
    *,
    like: Checkpoint | None = None,
    keep: Iterable[str] = (),
    format: str | None = None,
    overwrite: bool = False,
    state_file: bool = False,
    sync: bool = True,
    align: int = 1,
    max_shard_size: int | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> SaveReport:
    """Save arrays under their names, byte for byte as TensorFlow, safetensors or NumPy does.

    path
        `model.safetensors`, `model.npz`, `model/` for a directory of `.npy` files, or the prefix of a TensorFlow checkpoint.
    arrays
        A mapping of names to what `numpy.asarray` takes; strings are `bytes` or `str`. An opened checkpoint is copied without
        holding its arrays in memory.
    like
        An opened checkpoint. Variables come in the same order in the data files, have the axes of length 1 that they have
        there, and are quantized if they are so there.
    keep
        Globs, such as `"**/adam_*"`: the variables of `like` that match one and are not in `arrays` are copied.
    format
        `"tensorflow"`, `"safetensors"`, `"npz"` or `"npy"`, whatever the path is called.
    overwrite
        Replace a checkpoint at the path. Without it, one is an `ExistsError`, which is also a `FileExistsError`.
    state_file
        Name the checkpoint as the latest in the file `checkpoint` of the directory. Other formats than `"tensorflow"` are an
        error.
    sync
        Wait until the disk has the files before they get their names.
    align
        Start each array in a data file at a multiple of so many bytes. Other formats than `"tensorflow"` ignore it.
    max_shard_size
        Start another data file where one would be longer, in bytes. `"npz"` and `"npy"` ignore it.
    progress
        As in `Checkpoint.load`. An exception that it raises stops the save, as Ctrl-C does; nothing of it is left then, but for
        the last call, when all is saved.

    Nobody may change the arrays meanwhile. A checkpoint that is replaced is there until the new one is complete.
    """
    options = {
        "format": format,
        "overwrite": overwrite,
        "state_file": state_file,
        "sync": sync,
        "align": align,
        "max_shard_size": max_shard_size,
        "dtype": None,
        "threads": threads,
    }
    keep = _globs(keep)
    if isinstance(arrays, Checkpoint) and like is None and not keep:
        return _report(_native.save_as(os.fspath(path), arrays._native, options, progress))
    given = [_given(name, array, like) for name, array in arrays.items()]
    native = None if like is None else like._native
    return _report(_native.save(os.fspath(path), given, native, keep, options, progress))


def recover(path: Path) -> bool:
    """End a save with `overwrite` that was stopped while it replaced the files of the checkpoint at `path`.

    The result is the new checkpoint. Returns whether there was such a save; the next save to the path does the same.
    """
    return _native.recover(os.fspath(path))


def _report(report: _native._Report) -> SaveReport:
    text, checkpoint, format, files, variables, nbytes, seconds = report
    paths = tuple(os.fspath(file) for file in files)
    return SaveReport(os.fspath(checkpoint), format, paths, variables, nbytes, seconds, text)


def _given(name: Name, value: Any, like: Checkpoint | None) -> tuple[bytes, str, list[int], Any]:
    """A variable as the native half takes it: key, dtype, shape, elements."""
    key = _key(name)
    array = np.asarray(value)
    spec = like.spec(key) if like is not None and like._native.contains(key) else None
    shape = _shape(array, spec)
    kind = array.dtype.kind
    if kind in "OSU":
        dtype = "variant" if spec is not None and spec.dtype == "variant" else "string"
        return key, dtype, shape, [_string(name, string) for string in array.reshape(-1).tolist()]
    dtype = array.dtype.name
    if spec is not None and _QUANTIZED.get(spec.dtype) == dtype:
        dtype = spec.dtype
    if dtype in _SHARED:
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        return key, dtype, shape, np.require(array, requirements="A").reshape(shape)
    if dtype in _BITS or dtype in _QUANTIZED:
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        return key, dtype, shape, np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    raise DTypeError(
        f"cannot save `{name!s}`: no checkpoint has elements of {array.dtype}; convert the array with `astype`",
        variable=name,
        dtype=str(array.dtype),
    )


def _shape(array: np.ndarray[Any, Any], spec: Spec | None) -> list[int]:
    """The shape of an array, with the axes of length 1 that the variable to be like has."""
    shape = list(array.shape)
    if spec is None or _long(shape) != _long(spec.shape):
        return shape
    return list(spec.shape)


def _long(shape: Iterable[int]) -> list[int]:
    return [length for length in shape if length != 1]


def _string(name: Name, string: object) -> bytes:
    if isinstance(string, str):
        return string.encode("utf-8", "surrogateescape")
    if isinstance(string, bytes):
        return string
    raise DTypeError(
        f"cannot save `{name!s}`: an array of objects holds strings, but one is of {type(string).__name__}; give it a dtype",
        variable=name,
        dtype="object",
    )
