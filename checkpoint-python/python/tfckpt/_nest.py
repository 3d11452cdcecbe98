"""Nested dictionaries and lists of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from tfckpt._checkpoint import Checkpoint, Path, Progress, Rules, open
from tfckpt._errors import RulesError


def nest(
    checkpoint: Path | Checkpoint,
    rules: Rules = "",
    *,
    model: str | None = None,
    reverse: bool = False,
    ignore: Iterable[str] = (),
    keep: Iterable[str] = (),
    separator: str | None = None,
    threads: int = 0,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """All arrays as nested dictionaries and lists, by rules: `blocks.0.ln_1.g` is `tree["blocks"][0]["ln_1"]["g"]`.

    A dictionary whose keys are the numbers from 0 on is a list.

    checkpoint
        A path, as `tfckpt.open` takes it, or an opened checkpoint. Of a mapped one, arrays borrow as they do there.
    rules, model, reverse, ignore, keep
        The names and layouts, as in `Checkpoint.converted`. Without rules they stay.
    separator
        The text between the keys in a name. Without it, that is `/` if a name has one, and `.` otherwise.
    threads, progress
        As in `Checkpoint.load`.

    Raises `RulesError` before anything is read, also if a name is an array and the start of another name.
    """
    opened = checkpoint if isinstance(checkpoint, Checkpoint) else open(checkpoint)
    converted = opened.converted(rules, model=model, reverse=reverse, ignore=ignore, keep=keep)
    if separator is None:
        separator = "/" if any("/" in name for name in converted) else "."
    # Names that make no tree are an error before anything is read.
    _tree(dict.fromkeys(converted), separator)
    return _tree(converted.load(threads=threads, progress=progress), separator)


def _tree(arrays: Mapping[str, Any], separator: str) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, array in arrays.items():
        *parents, key = name.split(separator)
        inner = root
        for parent in parents:
            inner = inner.setdefault(parent, {})
            if not isinstance(inner, dict):
                break
        if not isinstance(inner, dict) or key in inner:
            raise RulesError(f"`{name}` is below another array, or above one; give one of the two another name", variable=name)
        inner[key] = array
    return {key: _with_lists(value) for key, value in root.items()}


def _with_lists(tree: Any) -> Any:
    """A tree whose dictionaries of the keys 0, 1, 2, ... are lists."""
    if not isinstance(tree, dict):
        return tree
    values = {key: _with_lists(value) for key, value in tree.items()}
    numbers = [str(number) for number in range(len(values))]
    return [values[number] for number in numbers] if values.keys() == set(numbers) else values
