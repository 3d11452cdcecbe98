"""Saving: dtypes, layouts, `like` and `keep`, and what is refused."""

import os

import numpy as np
import pytest
from corpus import BARD, CORPUS

import tfckpt


def saved(tmp_path, arrays, name="model.ckpt", **options):
    report = tfckpt.save(tmp_path / name, arrays, sync=False, **options)
    return report, tfckpt.open(tmp_path / name)


def test_arrays_come_back_as_they_were(tmp_path):
    matrix = np.arange(12, dtype=np.float32).reshape(3, 4)
    arrays = {
        "matrix": matrix,
        "columns": matrix[:, 1:3],
        "transposed": matrix.T,
        "fortran": np.asfortranarray(matrix),
        "backwards": matrix[::-1],
        "big-endian": matrix.astype(">f4"),
        "unaligned": np.frombuffer(b"\0" + matrix.tobytes(), np.float32, offset=1).reshape(3, 4),
        "half": matrix.astype(np.float16).T,
        "complex": matrix * 1j,
        "flags": matrix > 3,
        "scalar": np.int64(-7),
        "number": 3.5,
        "list": [1, 2, 3],
        "none": np.zeros((0, 5), np.uint8),
        "read-only": np.broadcast_to(np.float64(2), (2, 3)),
    }
    report, checkpoint = saved(tmp_path, arrays)
    assert list(checkpoint) == sorted(arrays) and report.variables == len(arrays)
    for key, array in checkpoint.load().items():
        expected = np.asarray(arrays[key])
        assert (array.dtype, array.shape) == (expected.dtype.newbyteorder("="), expected.shape), key
        np.testing.assert_array_equal(array, expected)


def test_strings_are_text_or_bytes(tmp_path):
    strings = {
        "bytes": np.array([b"a", b"bc\xff"]),
        "text": np.array([["ü", ""]]),
        "objects": np.array([b"\0\0", "層"], object),
        "one": "hello",
    }
    _, checkpoint = saved(tmp_path, strings)
    loaded = {key: array.tolist() for key, array in checkpoint.load().items()}
    assert loaded == {
        "bytes": [b"a", b"bc\xff"],
        "text": [["ü".encode(), b""]],
        "objects": [b"\0\0", "層".encode()],
        "one": b"hello",
    }


def test_numbers_of_ml_dtypes_come_back_as_they_were(tmp_path):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    arrays = {
        name: np.arange(4).reshape(2, 2).astype(getattr(ml_dtypes, name)).T
        for name in ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4", "float4_e2m1fn"]
    }
    _, checkpoint = saved(tmp_path, arrays)
    for key, array in checkpoint.load().items():
        assert array.dtype == arrays[key].dtype and (array == arrays[key]).all(), key


def test_the_report_says_what_was_saved(tmp_path):
    report, _ = saved(tmp_path, {"a": np.zeros(1000), "b": np.zeros(10)}, max_shard_size=8000)
    assert (report.checkpoint, report.format) == (str(tmp_path / "model.ckpt"), "tensorflow")
    assert [os.path.basename(file) for file in report.files] == [
        "model.ckpt.data-00000-of-00002",
        "model.ckpt.data-00001-of-00002",
        "model.ckpt.index",
    ]
    assert (report.variables, report.nbytes) == (2, 8080)
    assert str(report).startswith(f"2 variables, 8.1 kB, as {tmp_path / 'model.ckpt'} (tensorflow, 3 files), in ")


def test_a_checkpoint_is_replaced_only_where_it_is_wanted(tmp_path):
    saved(tmp_path, {"a": np.zeros(3)})
    with pytest.raises(FileExistsError) as caught:
        saved(tmp_path, {"a": np.ones(3)})
    assert isinstance(caught.value, tfckpt.ExistsError) and isinstance(caught.value, tfckpt.SaveError)
    assert str(caught.value) == (
        f"`{tmp_path / 'model.ckpt.data-00000-of-00001'}` already exists; save to another path, or replace it with `overwrite=True`"
    )
    mapped = tfckpt.open(tmp_path / "model.ckpt", mmap=True)["a"]
    _, checkpoint = saved(tmp_path, {"a": np.ones(3)}, overwrite=True)
    assert checkpoint["a"].tolist() == [1, 1, 1] and mapped.tolist() == [0, 0, 0]
    assert tfckpt.recover(tmp_path / "model.ckpt") is False


def test_a_state_file_names_the_latest(tmp_path):
    saved(tmp_path, {"a": np.zeros(3)}, name="model.ckpt-1", state_file=True)
    saved(tmp_path, {"a": np.ones(3)}, name="model.ckpt-2", state_file=True)
    assert tfckpt.open(tmp_path)["a"].tolist() == [1, 1, 1]


def test_safetensors_is_a_format_by_its_name(tmp_path):
    report, checkpoint = saved(tmp_path, {"a": np.arange(3)}, name="model.safetensors")
    assert report.format == "safetensors" and checkpoint["a"].tolist() == [0, 1, 2]
    report, _ = saved(tmp_path, {"a": np.arange(3)}, name="model.bin", format="safetensors")
    assert report.format == "safetensors"


def test_archives_are_those_that_numpy_reads(tmp_path):
    arrays = {"a/b": np.arange(6, dtype=np.float32).reshape(2, 3).T, "half": np.float16(2), "z": np.array([1j])}
    saved(tmp_path, arrays, name="model.npz")
    with np.load(tmp_path / "model.npz") as archive:
        assert {key: archive[key].tolist() for key in archive} == {key: array.tolist() for key, array in arrays.items()}


def test_what_a_format_cannot_hold_is_told_of_the_variable(tmp_path):
    with pytest.raises(tfckpt.SaveError) as caught:
        saved(tmp_path, {"a": np.zeros(3), "s": "text"}, name="model.safetensors")
    assert [problem["variable"] for problem in caught.value.problems] == ["s"]
    assert not list(tmp_path.iterdir())


def test_a_save_like_a_checkpoint_has_its_order_and_its_shapes(tmp_path):
    bard = tfckpt.open(BARD)
    arrays = {key: array.squeeze() for key, array in reversed(bard.load().items())}
    saved(tmp_path, arrays, like=bard)
    for end in ["index", "data-00000-of-00001"]:
        assert (tmp_path / f"model.ckpt.{end}").read_bytes() == (BARD / f"model.ckpt.{end}").read_bytes()


def test_what_is_kept_is_copied_beside_the_arrays(tmp_path):
    old = {"w": np.zeros(3), "w/adam_m": np.ones(3), "v/adam_v": np.full(2, 2.0), "step": np.int64(7)}
    _, like = saved(tmp_path, old, name="old.ckpt")
    _, checkpoint = saved(tmp_path, {"w": np.full(3, 5.0)}, like=like, keep=["**/adam_*", "w"])
    assert {key: array.tolist() for key, array in checkpoint.items()} == {
        "v/adam_v": [2, 2],
        "w": [5, 5, 5],
        "w/adam_m": [1, 1, 1],
    }


@pytest.mark.parametrize(
    ("keep", "has_like", "sentence"),
    [
        ("x/*", True, "`keep`: `x/*` matches no variable of the checkpoint in `like`; remove it"),
        ("a", False, "`keep`: `a` has no checkpoint to copy from; give one with `like=`"),
        ("[a", True, "`keep`: `[a` is not a glob: `[` is not closed by `]`"),
    ],
)
def test_a_glob_that_keeps_nothing_is_refused(tmp_path, keep, has_like, sentence):
    _, like = saved(tmp_path, {"a": np.zeros(3)}, name="old.ckpt")
    with pytest.raises(tfckpt.SaveError) as caught:
        saved(tmp_path, {"b": np.zeros(3)}, like=like if has_like else None, keep=keep)
    assert str(caught.value) == sentence
    assert not (tmp_path / "model.ckpt.index").exists()


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (
            np.array(["2020-01-01"], "datetime64[D]"),
            "cannot save `a`: no checkpoint has elements of datetime64[D]; convert the array with `astype`",
        ),
        (
            np.array([b"a", 3], object),
            "cannot save `a`: an array of objects holds strings, but one is of int; give it a dtype",
        ),
    ],
)
def test_what_no_checkpoint_can_hold_is_refused(tmp_path, array, sentence):
    with pytest.raises(tfckpt.DTypeError) as caught:
        saved(tmp_path, {"a": array})
    assert (str(caught.value), caught.value.variable) == (sentence, "a")
    assert not list(tmp_path.iterdir())


def test_problems_with_names_are_data_too(tmp_path):
    with pytest.raises(tfckpt.SaveError) as caught:
        saved(tmp_path, {"": np.zeros(3)})
    assert caught.value.problems == [
        {"variable": None, "message": "a variable f64 [3] has an empty name; name it"}
    ]


def test_an_error_of_the_callback_stops_a_save_and_leaves_nothing(tmp_path):
    class Stop(Exception):
        pass

    told = []

    def stop(done, total):
        told.append(done)
        if done > 0:
            raise Stop

    arrays = {f"w{number}": np.zeros(1 << 20, np.float32) for number in range(16)}
    with pytest.raises(Stop):
        saved(tmp_path, arrays, progress=stop)
    assert told[0] == 0
    if told[-1] < 64 << 20:
        assert not list(tmp_path.iterdir())


def test_partitioned_variables_are_saved_whole(tmp_path):
    partitioned = tfckpt.open(CORPUS / "gen" / "partitioned")
    _, checkpoint = saved(tmp_path, partitioned)
    assert sorted(checkpoint) == sorted(partitioned)
