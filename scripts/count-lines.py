#!/usr/bin/env python3
"""Counts the lines of code that decide whether a struct fits a checkpoint.

    scripts/count-lines.py [--each] [PATH...]

PATH is a Rust file or a folder of them. The default is the code in `checkpoint-schema/src` that finds and gathers problems:
`plan`, `fit`, `model/check`, `listing/fold.rs` and `problem/mod.rs`. The sentences in `problem/` are not counted. With two engines there were 9,764 lines, and 465 more in `problem/`, which are in `fit` now.
`--each` prints the number for each file too.

A line of code is a line that is not blank, not a comment and not part of a test. Tests are the items under `#[cfg(test)]`, the
files `tests.rs`, and the folders `tests`. The sources have to be formatted by `rustfmt`: an item ends at the first line without
more indentation that ends in `;` or `}`.
"""

import argparse
import pathlib
import re

SCHEMA = pathlib.Path(__file__).parent.parent / "checkpoint-schema" / "src"
PARTS = ["plan", "fit", "model/check", "listing/fold.rs", "problem/mod.rs"]


def code(text):
    """The lines of code in a file."""
    lines, test = [], None
    for line in without_block_comments(text).splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("//"):
            continue
        indent = len(line) - len(line.lstrip())
        if test is None and stripped == "#[cfg(test)]":
            test = indent
        elif test is None:
            lines.append(line)
        elif indent == test and re.search(r"[;}]$", stripped):
            test = None
    return lines


def without_block_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def files(path):
    if path.is_file():
        return [path]
    found = sorted(path.rglob("*.rs"))
    return [file for file in found if file.name != "tests.rs" and "tests" not in file.relative_to(path).parts]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", action="store_true", help="print the number for each file")
    parser.add_argument("paths", metavar="PATH", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    for path in arguments.paths:
        if not path.exists():
            parser.error(f"no such file or folder: {path}")
    total = 0
    for path in arguments.paths or [SCHEMA / part for part in PARTS]:
        counts = {file: len(code(file.read_text(encoding="utf-8"))) for file in files(path)}
        total += sum(counts.values())
        for file, count in counts.items() if arguments.each else []:
            print(f"{count:7} {file}")
        if counts:
            print(f"{sum(counts.values()):7} {path.name} in all")
    print(f"{total:7} lines of code")


if __name__ == "__main__":
    main()
