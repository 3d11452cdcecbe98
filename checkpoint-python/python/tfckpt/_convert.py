"""Checkpoints of the same weights with other names, layouts, dtypes and formats."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfckpt import _native
from tfckpt._checkpoint import Checkpoint, Path, Progress, Rules, _globs, _naming, open
from tfckpt._errors import DTypeError
from tfckpt._save import SaveReport, _report

_FLOATS = {"f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16"}


@dataclass(frozen=True)
class ConvertReport:
    """The result of a conversion. `str` is a line of it, and one for each glob that ignores variables."""

    saved: SaveReport
    """The new checkpoint."""
    ignored: dict[str, int]
    """The numbers of variables that were ignored, by the glob or the word."""
    verified: bool
    """Whether the new checkpoint was read back and compared."""
    _text: str = field(default="", repr=False, compare=False)

    def __str__(self) -> str:
        return self._text


def convert(
    source: Path | Checkpoint,
    to: Path,
    *,
    rules: Rules = "",
    model: str | None = None,
    reverse: bool = False,
    ignore: Iterable[str] = (),
    keep: Iterable[str] = (),
    only: Iterable[str] = (),
    dtype: Any = None,
    format: str | None = None,
    max_shard_size: int | None = None,
    overwrite: bool = False,
    sync: bool = True,
    threads: int = 0,
    verify: bool = True,
    progress: Progress | None = None,
) -> ConvertReport:
    """Convert a checkpoint into another one, as `ckpt convert` does. Arrays are streamed, so that little memory is needed.

    source
        A path, as `tfckpt.open` takes it, or an opened checkpoint.
    to
        `model.safetensors`, `model.npz`, `model/` for a directory of `.npy` files, or the prefix of a TensorFlow checkpoint.
    rules, model, reverse, ignore, keep
        The new names and layouts, as in `Checkpoint.converted`. Without rules they stay.
    only
        Globs: only the variables that match one are converted.
    dtype
        Round floats to `"float64"`, `"float32"`, `"float16"` or `"bfloat16"`. A number that is too large for it is an error.
    format
        `"tensorflow"`, `"safetensors"`, `"npz"` or `"npy"`, whatever the path is called.
    max_shard_size, overwrite, sync, threads
        As in `tfckpt.save`.
    verify
        Whether the new checkpoint is read back and compared, element by element.
    progress
        As in `tfckpt.save`.

    Raises `RulesError`, `SaveError` or `ExistsError` before anything is written, with all problems at once.
    """
    opened = source if isinstance(source, Checkpoint) else open(source)
    options = {
        "format": format,
        "overwrite": overwrite,
        "state_file": False,
        "sync": sync,
        "align": 1,
        "max_shard_size": max_shard_size,
        "dtype": None if dtype is None else _float(dtype),
        "threads": threads,
    }
    naming = _naming(rules, model, reverse, ignore, keep)
    conversion = {"naming": naming, "only": _globs(only), "verify": verify}
    text, saved, ignored = _native.convert(os.fspath(to), opened._native, conversion, options, progress)
    return ConvertReport(_report(saved), ignored, verify, text)


def _float(dtype: Any) -> str:
    """The name of a dtype of floats: `"float16"`, `"f16"`, `numpy.float16`, ..."""
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    name = _FLOATS.get(name, name)
    if name not in _FLOATS.values():
        raise DTypeError(f"floats cannot be rounded to `{name}`; use one of {', '.join(_FLOATS.values())}", dtype=name)
    return name
