"""Reading: names, rows, memory, threads, and how a load is stopped."""

import collections.abc
import concurrent.futures
import copy
import os
import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from corpus import BARD, CORPUS

import tfckpt

LARGE = 64 << 20


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A checkpoint that takes a while to read."""
    path = tmp_path_factory.mktemp("large") / "model.ckpt"
    array = np.arange(1 << 20, dtype=np.float32)
    tfckpt.save(path, {f"w{number}": array for number in range(LARGE >> 22)}, sync=False)
    return path


def test_a_checkpoint_is_a_mapping():
    checkpoint = tfckpt.open(BARD)
    assert isinstance(checkpoint, collections.abc.Mapping)
    assert len(checkpoint) == len(list(checkpoint)) == len(checkpoint.keys()) == 52
    assert "model/wte" in checkpoint and "model/wte:0" in checkpoint and b"model/wte" in checkpoint
    assert "model/wtf" not in checkpoint and 3 not in checkpoint
    assert checkpoint.get("model/wtf") is None
    assert dict(checkpoint)["model/wpe"].shape == (128, 128)
    assert repr(checkpoint) == f"<tfckpt.Checkpoint {str(BARD / 'model.ckpt')!r}: 52 variables>"
    assert checkpoint.path == str(BARD / "model.ckpt")
    assert checkpoint == checkpoint and checkpoint != tfckpt.open(BARD) and hash(checkpoint)


def test_a_spec_says_what_there_is_without_reading_it():
    spec = tfckpt.open(BARD).spec("model/h0/attn/c_attn/w:0")
    assert spec == tfckpt.Spec("model/h0/attn/c_attn/w", "float32", (1, 128, 384), 196608)
    assert (str(spec), spec.problem) == ("f32 [1, 128, 384]", None)


def test_names_of_objects_are_names_too():
    checkpoint = tfckpt.open(CORPUS / "gen" / "object-based")
    key = next(key for key in checkpoint if key.endswith("/.ATTRIBUTES/VARIABLE_VALUE"))
    assert checkpoint[key.removesuffix("/.ATTRIBUTES/VARIABLE_VALUE")].tobytes() == checkpoint[key].tobytes()


def test_rows_are_those_of_the_whole():
    checkpoint = tfckpt.open(BARD)
    whole = checkpoint["model/wte"]
    assert (checkpoint.rows("model/wte", 50, 60) == whole[50:60]).all()
    assert checkpoint.rows("model/wte", 7, 7).shape == (0, 128)


def test_a_load_of_some_names_has_these_names():
    loaded = tfckpt.open(BARD).load(["model/wpe", b"model/wte", "model/ln_f/g:0"], threads=1)
    assert list(loaded) == ["model/wpe", "model/wte", "model/ln_f/g:0"]
    assert tfckpt.open(BARD).load([]) == {}


def test_an_array_owns_aligned_memory_that_can_be_written():
    array = tfckpt.open(BARD)["model/wte"]
    assert array.flags.c_contiguous and array.flags.writeable and array.flags.aligned
    array[0, 0] = 1
    assert tfckpt.open(BARD)["model/wte"][0, 0] != 1


PEAK = """
import pathlib, re, sys, tfckpt

def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) << 10

checkpoint = tfckpt.open(sys.argv[1])
checkpoint.rows("w0", 0, 1)
before = peak()
arrays = checkpoint.load()
print(peak() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says how much memory was taken")
def test_arrays_are_not_copied(large):
    command = [sys.executable, "-c", PEAK, large]
    taken = int(subprocess.run(command, capture_output=True, check=True).stdout)
    # A load may take 20 MB beyond its tensors.
    assert LARGE / 2 < taken < LARGE + (20 << 20)


def test_mapped_arrays_borrow_and_are_read_only():
    checkpoint = tfckpt.open(BARD, mmap=True)
    one, other = checkpoint["model/wte"], checkpoint.load()["model/wte"]
    assert np.shares_memory(one, other)
    assert one.__array_interface__["data"] == other.__array_interface__["data"]
    assert not one.flags.writeable
    with pytest.raises(ValueError):
        one.flags.writeable = True
    with pytest.raises(ValueError):
        one[0, 0] = 1
    expected = tfckpt.open(BARD)["model/wte"]
    del checkpoint, other
    assert (one == expected).all()


def test_what_is_mapped_is_verified_unless_it_is_not_wanted(tmp_path):
    path = damaged(tmp_path)
    with pytest.raises(tfckpt.DamagedError):
        tfckpt.open(path, mmap=True)["a"]
    checkpoint = tfckpt.open(path, mmap=True, verify=False)
    assert checkpoint["a"].shape == (1000,)
    with pytest.raises(tfckpt.DamagedError) as caught:
        checkpoint.verify()
    assert caught.value.variable == "a"
    checkpoint.verify(["b"])


def damaged(tmp_path):
    """The path of a checkpoint of `a`, which is damaged, and `b`, which is not."""
    path = tmp_path / "model.ckpt"
    tfckpt.save(path, {"a": np.arange(1000.0), "b": np.arange(10)})
    file = tmp_path / "model.ckpt.data-00000-of-00001"
    content = bytearray(file.read_bytes())
    content[4000] ^= 1
    file.write_bytes(content)
    return path


def test_damage_is_found_and_told(tmp_path):
    checkpoint = tfckpt.open(damaged(tmp_path))
    with pytest.raises(tfckpt.DamagedError) as caught:
        checkpoint.load()
    assert isinstance(caught.value, tfckpt.ReadError) and caught.value.variable == "a"
    assert str(caught.value).startswith("cannot read `a`: the checksum of its 8000 bytes at byte 0 of the data file ")
    assert checkpoint["b"].sum() == 45
    assert checkpoint.load(verify=False)["a"].shape == (1000,)


def test_progress_is_told_from_the_first_byte_to_the_last(large):
    checkpoint, told = tfckpt.open(large), []
    checkpoint.load(progress=lambda done, total: told.append((done, total, threading.get_ident())))
    assert told[0] == (0, LARGE, threading.get_ident())
    assert told[-1] == (LARGE, LARGE, threading.get_ident())
    assert told == sorted(told)


def test_an_error_of_the_callback_stops_a_load(large):
    class Stop(Exception):
        pass

    def stop(done, total):
        if done > 0:
            raise Stop

    for mmap in [False, True]:
        with pytest.raises(Stop):
            tfckpt.open(large, mmap=mmap).load(progress=stop, threads=1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot send a signal to a process alone")
def test_ctrl_c_stops_a_load(large):
    checkpoint, told = tfckpt.open(large), []

    def interrupt():
        # The thread that loads does not hold the interpreter's lock, or this would wait for its end.
        os.kill(os.getpid(), signal.SIGINT)

    def progress(done, total):
        told.append(done)
        if done == 0:
            threading.Timer(0.01, interrupt).start()

    with pytest.raises(KeyboardInterrupt):
        checkpoint.load(progress=progress, threads=1)
    if told[-1] == LARGE:
        pytest.skip("this machine has loaded all before it could be interrupted")
    assert checkpoint["w3"].sum() > 0


def test_threads_share_a_checkpoint():
    for mmap in [False, True]:
        checkpoint = tfckpt.open(BARD, mmap=mmap)
        expected = {key: array.tobytes() for key, array in checkpoint.load().items()}
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            for _ in range(4):
                arrays = pool.map(lambda key: (key, checkpoint[key].tobytes()), expected)
                assert dict(arrays) == expected
            assert all(len(loaded) == 52 for loaded in pool.map(lambda _: checkpoint.load(), range(4)))


def test_a_checkpoint_is_not_pickled_or_copied():
    for refused in [pickle.dumps, copy.copy, copy.deepcopy]:
        with pytest.raises(TypeError) as caught:
            refused(tfckpt.open(BARD))
        assert str(caught.value) == (
            "an opened checkpoint cannot be pickled or copied; pickle its `path`, and open that again with `tfckpt.open`"
        )
    assert pickle.loads(pickle.dumps(tfckpt.open(BARD).spec("model/wte"))).shape == (1024, 128)


def test_dtypes_that_numpy_lacks_need_a_package(monkeypatch):
    checkpoint = tfckpt.open(CORPUS / "gen" / "dtypes" / "dtypes.ckpt")
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(tfckpt.DTypeError) as caught:
        checkpoint.load()
    assert str(caught.value) == (
        "`dtype/bfloat16` is bf16 [3, 10], which needs the package `ml_dtypes`; install it with `pip install ml_dtypes`"
    )
    assert (caught.value.variable, caught.value.dtype) == ("dtype/bfloat16", "bfloat16")
    assert checkpoint["dtype/half"].dtype == np.float16
    assert checkpoint.spec("dtype/bfloat16").dtype == "bfloat16"


def test_strings_are_objects_of_bytes():
    checkpoint = tfckpt.open(CORPUS / "gen" / "strings" / "strings")
    arrays = [array for array in checkpoint.values() if array.dtype == object]
    assert arrays and all(isinstance(string, bytes) for array in arrays for string in array.reshape(-1))


def test_there_is_help_for_all_that_is_public():
    for name in tfckpt.__all__:
        value = getattr(tfckpt, name)
        assert value.__doc__ and value.__module__ == "tfckpt", name
    methods = [tfckpt.Checkpoint.load, tfckpt.Checkpoint.rows, tfckpt.Checkpoint.spec, tfckpt.Checkpoint.verify]
    assert all(method.__doc__ for method in methods)
