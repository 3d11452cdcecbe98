"""TensorFlow itself, where it is installed: it reads what `tfckpt` reads, and what `tfckpt` writes."""

import numpy as np
import pytest
from corpus import BARD

import tfckpt

tf = pytest.importorskip("tensorflow")


def read(path):
    """All variables, as TensorFlow reads them."""
    reader = tf.train.load_checkpoint(str(path))
    return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}


def same(found, expected):
    assert found.keys() == expected.keys() and found
    for name, array in expected.items():
        assert found[name].dtype == np.asarray(array).dtype, name
        np.testing.assert_array_equal(found[name], array, name)


def test_a_load_has_what_tensorflow_reads():
    same(tfckpt.open(BARD).load(), read(BARD))


def test_the_dictionary_is_that_of_the_loader_of_picogpt():
    params = tfckpt.gpt2(BARD)
    path = tf.train.latest_checkpoint(str(BARD))
    names = {name for name, _ in tf.train.list_variables(path)}
    for name in names:
        place = params
        for part in name.removeprefix("model/").split("/"):
            block = part.removeprefix("h")
            place = place["blocks"][int(block)] if block.isdigit() else place[part]
        np.testing.assert_array_equal(place, np.squeeze(tf.train.load_variable(path, name)), name)


def test_tensorflow_reads_what_is_saved(tmp_path):
    arrays = {
        "floats": np.linspace(-1, 1, 6, dtype=np.float32).reshape(2, 3),
        "halves": np.arange(4, dtype=np.float16),
        "integers": np.array(7, np.int64),
        "flags": np.array([True, False]),
        "none": np.zeros((0, 3), np.float64),
        "text": np.array([b"one", b""], object),
    }
    tfckpt.save(tmp_path / "model.ckpt", arrays)
    found = read(tmp_path / "model.ckpt")
    assert found.pop("text").tolist() == arrays.pop("text").tolist()
    same(found, arrays)
