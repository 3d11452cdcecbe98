"""The types that the package says of itself."""

import subprocess
import sys

import pytest

import tfckpt

PROGRAM = """
import pathlib

import tfckpt

checkpoint = tfckpt.open(pathlib.Path("model.ckpt"), mmap=True)
shape: tuple[int, ...] = checkpoint["w"].shape + checkpoint.rows("w", 0, 1).shape + checkpoint.spec("w").shape
names: list[str] = list(checkpoint) + list(checkpoint.load(progress=lambda done, total: print(done / total)))
report: tfckpt.SaveReport = tfckpt.save("copy.ckpt", {"w": [1, 2]}, like=checkpoint, keep=["**/adam_*"])
tfckpt.gpt2(checkpoint)["blocks"]
tfckpt.nest(checkpoint, "w -> w", separator=".")["w"]
converted: tfckpt.Checkpoint = checkpoint.converted(pathlib.Path("my.rules"), model="gpt2", ignore=["optimizer"])
ignored: dict[str, int] = tfckpt.convert(checkpoint, "new.npz", rules="w -> v", dtype="bfloat16").ignored
try:
    checkpoint["v"]
except tfckpt.VariableNameError as error:
    nearest: list[str] = error.nearest
"""

MISTAKE = "import tfckpt\n\nnumber: int = tfckpt.open('model.ckpt').spec('w').dtype\n"


def mypy(*arguments):
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *arguments]
    run = subprocess.run(command, capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def test_programs_are_checked_against_the_types(tmp_path):
    pytest.importorskip("mypy")
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "mistake.py").write_text(MISTAKE)
    assert mypy("-p", "tfckpt") == (0, "")
    assert mypy(tmp_path / "program.py") == (0, "")
    status, said = mypy(tmp_path / "mistake.py")
    assert (status, said.count("error")) == (1, 1) and 'expression has type "str", variable has type "int"' in said
