"""Exceptions: their classes, sentences and data."""

import pickle

import numpy as np
import pytest
from corpus import BARD, CORPUS

import tfckpt


def test_all_exceptions_are_of_one_class():
    kinds = [value for name, value in vars(tfckpt).items() if name.endswith("Error")]
    assert len(kinds) == 12 and all(issubclass(kind, tfckpt.CheckpointError) for kind in kinds)


def test_a_name_that_is_missing_is_a_key_error_with_near_names():
    checkpoint = tfckpt.open(BARD)
    for read in [checkpoint.__getitem__, checkpoint.spec, lambda name: checkpoint.rows(name, 0, 1)]:
        with pytest.raises(KeyError) as caught:
            read("model/wtf")
        assert isinstance(caught.value, tfckpt.VariableNameError)
        assert str(caught.value) == (
            "cannot read `model/wtf`: the checkpoint has no such variable; did you mean `model/wte` or `model/wpe`?"
        )
        assert (caught.value.variable, caught.value.nearest) == ("model/wtf", ["model/wte", "model/wpe"])
    with pytest.raises(tfckpt.VariableNameError) as caught:
        checkpoint.load(["model/wte", "zzzzzzzzzzzz"])
    assert str(caught.value) == (
        "cannot read `zzzzzzzzzzzz`: the checkpoint has no such variable; `list(checkpoint)` has all names"
    )


def test_a_path_without_a_checkpoint_is_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        tfckpt.open(tmp_path / "model.ckpt")
    assert isinstance(caught.value, tfckpt.NotFoundError) and isinstance(caught.value, tfckpt.OpenError)
    path = tmp_path / "model.ckpt"
    assert str(caught.value) == (
        f"there is no checkpoint `{path}`: no such file or directory, and no `{path}.index`; check the path"
    )
    with pytest.raises(tfckpt.NotFoundError):
        tfckpt.gpt2(tmp_path)


def test_a_file_of_another_kind_is_called_what_it_is(tmp_path):
    (tmp_path / "weights.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(100))
    with pytest.raises(tfckpt.OpenError) as caught:
        tfckpt.open(tmp_path / "weights.h5")
    assert not isinstance(caught.value, tfckpt.DamagedError) and "HDF5" in str(caught.value)


def test_an_index_that_is_damaged_is_damaged(tmp_path):
    tfckpt.save(tmp_path / "model.ckpt", {"a": np.arange(3)})
    index = tmp_path / "model.ckpt.index"
    content = bytearray(index.read_bytes())
    content[10] ^= 1
    index.write_bytes(content)
    with pytest.raises(tfckpt.DamagedError):
        tfckpt.open(tmp_path / "model.ckpt")


def test_rows_that_are_not_there_are_an_index_error():
    checkpoint = tfckpt.open(BARD)
    with pytest.raises(IndexError) as caught:
        checkpoint.rows("model/wte", 1000, 2000)
    assert isinstance(caught.value, tfckpt.RowsError)
    assert str(caught.value) == (
        "cannot read `model/wte`: it is f32 [1024, 128], which does not have the rows 1000..2000; ask for rows within 0..1024"
    )


def test_rows_are_counted_from_the_first():
    with pytest.raises(tfckpt.RowsError) as caught:
        tfckpt.open(BARD).rows("model/wte", -1, 3)
    assert str(caught.value) == "there are no rows -1..3; count them from 0"


def test_sentences_have_the_words_of_python(tmp_path):
    checkpoint = tfckpt.open(BARD)
    with pytest.raises(tfckpt.ReadError) as caught:
        checkpoint.load(max_bytes=1000)
    assert str(caught.value).endswith("bytes of memory, and the limit is 1000; load less, or raise `max_bytes=`")
    with pytest.raises(tfckpt.OpenError) as caught:
        tfckpt.open(BARD, format="keras")
    assert "::" not in str(caught.value)
    (tmp_path / "model.ckpt.switch").write_bytes(b"")
    with pytest.raises(tfckpt.DamagedError) as caught:
        tfckpt.open(tmp_path / "model.ckpt")
    assert str(caught.value).endswith("save again, or run `tfckpt.recover`")
    with pytest.raises(tfckpt.SaveError) as caught:
        tfckpt.save(tmp_path / "model.h5", {"a": 1})
    assert str(caught.value).endswith("or name a format with `format=`")
    with pytest.raises(tfckpt.DamagedError) as caught:
        tfckpt.open(BARD, limits={"memory": 10, "memory_per_byte": 0})
    assert "raise `memory` in `limits=`" in str(caught.value)
    with pytest.raises(ValueError) as caught:
        tfckpt.open(BARD, limits={"memories": 10})
    assert str(caught.value) == (
        "unknown limit `memories`; use `memory`, `memory_per_byte`, `load_bytes`, `key_bytes`, `shards` or "
        "`slice_comparisons`"
    )


def test_a_name_is_text_or_bytes():
    checkpoint = tfckpt.open(CORPUS / "gen" / "names" / "names")
    with pytest.raises(TypeError) as caught:
        checkpoint[3]
    assert str(caught.value) == "the name of a variable is a `str` or `bytes`, not int"


def test_exceptions_are_sent_to_other_processes():
    with pytest.raises(tfckpt.VariableNameError) as caught:
        tfckpt.open(BARD)["model/wtf"]
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is tfckpt.VariableNameError and str(again) == str(caught.value)
    assert (again.variable, again.nearest) == (caught.value.variable, caught.value.nearest)
