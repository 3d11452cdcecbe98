"""Every checkpoint of the corpus against its truth."""

import json

import numpy as np
import pytest
from corpus import CORPUS, PUBLISHED, cases, sha256, truth

import tfckpt

# What NumPy has of dtypes that it does not have itself, nor `ml_dtypes`.
INTEGERS = {"qint8": "int8", "quint8": "uint8", "qint16": "int16", "quint16": "uint16", "qint32": "int32"}
CASES = [pytest.param(*case, id=case[1]) for case in cases()]


def expected(name, tensor):
    """The hash of a tensor; of one that TensorFlow refuses, that of the one it was made from."""
    if tensor.get("sha256"):
        return tensor["sha256"]
    return truth(CORPUS, "gen/dtypes")[2][name]["sha256"]


def numpy_name(dtype):
    return {"string": "object", "variant": "object", **INTEGERS}.get(dtype, dtype)


def test_the_corpus_is_there():
    assert len([case for case in CASES if case.values[0] == CORPUS]) == 15
    if not PUBLISHED.is_dir():
        pytest.skip(f"published checkpoints: there is no folder `{PUBLISHED}`")


@pytest.mark.parametrize("mmap", [False, True], ids=["read", "mapped"])
@pytest.mark.parametrize(("root", "name"), CASES)
def test_every_element_is_the_one_that_tensorflow_reads(root, name, mmap):
    prefix, read, tensors = truth(root, name)
    checkpoint = tfckpt.open(prefix, mmap=mmap)
    assert list(checkpoint) == list(tensors)
    specs = {key: (checkpoint.spec(key).dtype, list(checkpoint.spec(key).shape)) for key in checkpoint}
    assert specs == {key: (tensor["dtype"], tensor["shape"]) for key, tensor in tensors.items()}
    if read.get("index_only"):
        return
    for key, array in checkpoint.load().items():
        tensor = tensors[key]
        assert (array.dtype.name, list(array.shape)) == (numpy_name(tensor["dtype"]), tensor["shape"]), key
        assert sha256(array) == expected(key, tensor), key
        assert sha256(checkpoint[key]) == sha256(array), key
        assert array.flags.writeable is not mmap, key
        if array.ndim:
            rows = checkpoint.rows(key, 0, len(array))
            assert (rows.dtype, rows.shape, sha256(rows)) == (array.dtype, array.shape, sha256(array)), key


LIBRARIES = {
    (library, file): arrays
    for library in ["numpy", "pytorch"]
    for file, arrays in json.loads((CORPUS / "truth" / f"{library}.json").read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("mmap", [False, True], ids=["read", "mapped"])
@pytest.mark.parametrize(("library", "file"), LIBRARIES)
def test_arrays_are_those_that_another_library_wrote(library, file, mmap):
    loaded = tfckpt.open(CORPUS / library / file, mmap=mmap).load()
    arrays = LIBRARIES[library, file]
    assert sorted(loaded) == sorted(arrays)
    for key, array in loaded.items():
        said = arrays[key]
        assert (array.dtype.name, list(array.shape)) == (numpy_name(said["dtype"]), said["shape"]), key
        assert sha256(array) == said["sha256"], key


@pytest.mark.parametrize(("root", "name"), CASES)
def test_what_is_loaded_and_saved_is_the_same_checkpoint(root, name, tmp_path):
    prefix, read, tensors = truth(root, name)
    if read.get("index_only"):
        return
    checkpoint = tfckpt.open(prefix)
    tfckpt.save(tmp_path / "again.ckpt", checkpoint.load(), like=checkpoint)
    tfckpt.save(tmp_path / "copy.ckpt", checkpoint)
    for path in ["again.ckpt", "copy.ckpt"]:
        again = tfckpt.open(tmp_path / path)
        assert {key: str(again.spec(key)) for key in again} == {key: str(checkpoint.spec(key)) for key in checkpoint}
        for key, array in again.load().items():
            assert sha256(array) == expected(key, tensors[key]), key
    for end in ["index", "data-00000-of-00001"]:
        bytes_of = [(tmp_path / f"{path}.ckpt.{end}").read_bytes() for path in ["again", "copy"]]
        assert bytes_of[0] == bytes_of[1]
        if name.startswith(("models/", "gen/dtypes", "gen/names", "gen/scalars", "gen/strings", "gen/object")):
            assert bytes_of[0] == prefix.with_name(f"{prefix.name}.{end}").read_bytes()


def test_safetensors_of_the_corpus_have_the_same_elements(tmp_path):
    prefix, _, tensors = truth(CORPUS, "models/gpt2-nano")
    tfckpt.save(tmp_path / "model.safetensors", tfckpt.open(prefix))
    loaded = tfckpt.open(tmp_path).load()
    assert {key: sha256(array) for key, array in loaded.items()} == {
        key: tensor["sha256"] for key, tensor in tensors.items()
    }
    assert all(array.dtype == np.float32 for array in loaded.values())
