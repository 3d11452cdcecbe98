"""GPT-2 as picoGPT has it."""

from __future__ import annotations

from typing import Any

from tfckpt import _native
from tfckpt._checkpoint import Checkpoint, Path, Progress, open


def gpt2(
    checkpoint: Path | Checkpoint,
    *,
    prefix: str = "",
    strict: bool = True,
    threads: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """The weights of GPT-2 as the nested dictionary of picoGPT.

    `wte`, `wpe`, `blocks`, a list of `attn` (`c_attn`, `c_proj`), `ln_1`, `ln_2` and `mlp` (`c_fc`, `c_proj`), and `ln_f`.
    A layer has `w` and `b`, a normalization `g` and `b`; axes of length 1 are removed.

    checkpoint
        A path, as `tfckpt.open` takes it, or an opened checkpoint. Arrays are read also where it is mapped.
    prefix
        Stands before all names: `"module"` for `module/model/wte`.
    strict
        Whether a variable that GPT-2 does not have is an error. Slots of optimizers, moving averages and steps are none.

    Raises `MismatchError`, whose `problems` has all differences, before anything is read.
    """
    opened = checkpoint if isinstance(checkpoint, Checkpoint) else open(checkpoint)
    return _native.gpt2(opened._native, prefix, strict, threads, progress)
