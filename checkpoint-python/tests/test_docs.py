"""The programs of the documentation run."""

import re

import numpy as np
import pytest
from corpus import BARD, REPOSITORY

import tfckpt

PAGES = ["docs/python.md", "checkpoint-python/README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_programs_of_a_page_run_one_after_another(page, tmp_path, monkeypatch, capsys):
    arrays = tfckpt.open(BARD).load()
    tfckpt.save(tmp_path / "models/124M/model.ckpt", {**arrays, "model/wte/adam_m": np.zeros(3)}, state_file=True)
    monkeypatch.chdir(tmp_path)
    programs = re.findall(r"```python\n(.*?)```", (REPOSITORY / page).read_text(encoding="utf-8"), re.DOTALL)
    assert programs
    names = {"array": arrays["model/wte"]}
    for program in programs:
        exec(compile(program, page, "exec"), names)


def test_the_guide_lists_all_exceptions():
    guide = (REPOSITORY / "docs/python.md").read_text(encoding="utf-8")
    for name in tfckpt.__all__:
        if name.endswith("Error") and name != "CheckpointError":
            bases = [base.__name__ for base in getattr(tfckpt, name).__bases__ if base is not tfckpt.CheckpointError]
            row = next(line for line in guide.splitlines() if line.startswith(f"| `{name}` |"))
            assert re.findall(r"`(\w+)`", row.split("|")[2]) == bases, name
