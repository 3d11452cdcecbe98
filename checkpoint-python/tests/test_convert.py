"""Conversions and nested dictionaries, by rules."""

import pathlib

import numpy as np
import pytest
from corpus import BARD, CORPUS

import tfckpt

# The dictionary of picoGPT.
PICOGPT = """
model/wte                -> wte
model/wpe                -> wpe
model/h<i>/ln_1/g        -> blocks.<i>.ln_1.g
model/h<i>/ln_1/b        -> blocks.<i>.ln_1.b
model/h<i>/attn/c_attn/w -> blocks.<i>.attn.c_attn.w : squeeze(0)
model/h<i>/attn/c_attn/b -> blocks.<i>.attn.c_attn.b
model/h<i>/attn/c_proj/w -> blocks.<i>.attn.c_proj.w : squeeze(0)
model/h<i>/attn/c_proj/b -> blocks.<i>.attn.c_proj.b
model/h<i>/ln_2/g        -> blocks.<i>.ln_2.g
model/h<i>/ln_2/b        -> blocks.<i>.ln_2.b
model/h<i>/mlp/c_fc/w    -> blocks.<i>.mlp.c_fc.w : squeeze(0)
model/h<i>/mlp/c_fc/b    -> blocks.<i>.mlp.c_fc.b
model/h<i>/mlp/c_proj/w  -> blocks.<i>.mlp.c_proj.w : squeeze(0)
model/h<i>/mlp/c_proj/b  -> blocks.<i>.mlp.c_proj.b
model/ln_f/g             -> ln_f.g
model/ln_f/b             -> ln_f.b
ignore optimizer
"""


def leaves(tree, path=""):
    """The arrays of a tree, by their paths."""
    if isinstance(tree, np.ndarray):
        return {path: tree}
    items = enumerate(tree) if isinstance(tree, list) else tree.items()
    return {name: array for key, value in items for name, array in leaves(value, f"{path}.{key}").items()}


def same(one, other):
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)


def saved(tmp_path, arrays):
    tfckpt.save(tmp_path / "model.ckpt", arrays, sync=False)
    return tmp_path / "model.ckpt"


def test_rules_make_the_dictionary_of_picogpt():
    tree = tfckpt.nest(BARD, PICOGPT)
    assert isinstance(tree["blocks"], list) and len(tree["blocks"]) == 4
    same(leaves(tree), leaves(tfckpt.gpt2(BARD)))
    checkpoint = tfckpt.open(BARD, mmap=True)
    mapped = tfckpt.nest(checkpoint, PICOGPT)["blocks"][0]["attn"]["c_attn"]["w"]
    assert not mapped.flags.writeable and not mapped.flags.owndata
    np.testing.assert_array_equal(mapped, tree["blocks"][0]["attn"]["c_attn"]["w"])


def test_names_alone_make_a_tree(tmp_path):
    layers = {f"layer/{number}/w": np.full(2, number) for number in range(11)}
    path = saved(tmp_path, {**layers, "list/1": np.ones(1), "step": np.int64(3)})
    tree = tfckpt.nest(path)
    assert [layer["w"].tolist() for layer in tree["layer"]] == [[number, number] for number in range(11)]
    # There is no 0.
    assert tree["list"].keys() == {"1"} and tree["step"] == 3
    assert tfckpt.nest(path, separator=".").keys() == {*layers, "list/1", "step"}


def test_names_that_make_no_tree_are_an_error(tmp_path):
    path = saved(tmp_path, {"a": np.zeros(1), "a/b/c": np.zeros(1)})
    with pytest.raises(tfckpt.RulesError) as caught:
        tfckpt.nest(path)
    assert str(caught.value) == "`a/b/c` is below another array, or above one; give one of the two another name"
    assert caught.value.variable == "a/b/c" and isinstance(caught.value, ValueError)


def test_a_converted_checkpoint_is_a_mapping(tmp_path):
    weights = {f"h{number}/w": np.arange(6.0).reshape(2, 3) + number for number in range(2)}
    checkpoint = tfckpt.open(saved(tmp_path, {**weights, "qkv": np.arange(6), "x": np.zeros(1), "step": np.int64(1)}))
    rules = tmp_path / "my.rules"
    rules.write_text("h<i>/w -> h.<i>.w : transpose\nqkv -> q, k, v : split(axis = 0)\n", encoding="utf-8")
    converted = checkpoint.converted(rules, ignore="step", keep=["x"])
    assert list(converted) == ["h.0.w", "h.1.w", "k", "q", "v", "x"]
    assert str(converted.spec("h.1.w")) == "f64 [3, 2]"
    arrays = converted.load()
    np.testing.assert_array_equal(arrays["h.1.w"], weights["h1/w"].T)
    assert [arrays[name].tolist() for name in "qkv"] == [[0, 1], [2, 3], [4, 5]]
    assert converted.rows("h.0.w", 1, 2).tolist() == [[1, 4]]
    # The checkpoint stays open without the one that it is of.
    del checkpoint
    assert converted["q"].tolist() == [0, 1]


def test_a_conversion_is_what_a_converted_checkpoint_has(tmp_path):
    report = tfckpt.convert(BARD, tmp_path / "gpt2.safetensors", model="gpt2")
    checkpoint = tfckpt.open(BARD)
    same(tfckpt.open(tmp_path / "gpt2.safetensors").load(), checkpoint.converted(model="gpt2").load())
    assert (report.saved.format, report.saved.variables, report.verified) == ("safetensors", 52, True)
    assert str(report).endswith("; verified") and report.ignored == {}

    tfckpt.convert(tmp_path / "gpt2.safetensors", tmp_path / "back/model.ckpt", model="gpt2", reverse=True)
    same(tfckpt.open(tmp_path / "back/model.ckpt").load(), checkpoint.load())


def test_floats_are_rounded(tmp_path):
    path = saved(tmp_path, {"a": np.array([1.0, 1.0001], np.float32), "n": np.arange(3)})
    for dtype in ["f16", "float16", np.float16]:
        report = tfckpt.convert(path, tmp_path / "half.npz", dtype=dtype, overwrite=True)
        with np.load(tmp_path / "half.npz") as archive:
            assert archive["a"].dtype == np.float16 and archive["n"].tolist() == [0, 1, 2]
    assert "rounded" in str(report)
    with pytest.raises(tfckpt.DTypeError, match="floats cannot be rounded to `int8`; use one of float64, "):
        tfckpt.convert(path, tmp_path / "other.npz", dtype=np.int8)


def test_parts_of_a_checkpoint_are_converted(tmp_path):
    path = saved(tmp_path, {"a": np.zeros(2), "b": np.zeros(2), "b/adam_m": np.zeros(2)})
    done = []
    report = tfckpt.convert(
        path, tmp_path / "a.npz", only="a", verify=False, progress=lambda now, total: done.append(now == total)
    )
    assert report.saved.variables == 1 and not report.verified and done[-1]
    report = tfckpt.convert(path, tmp_path / "b.npz", ignore=["optimizer", "a"], keep="b")
    assert report.ignored == {"optimizer": 1, "a": 1} and list(tfckpt.open(tmp_path / "b.npz")) == ["b"]
    with pytest.raises(tfckpt.ExistsError):
        tfckpt.convert(path, tmp_path / "b.npz", keep="*", ignore="b/*")


def test_all_problems_of_rules_are_told_at_once(tmp_path):
    path = saved(tmp_path, {"a": np.zeros(2), "b": np.zeros((2, 3))})
    target = tmp_path / "new.npz"
    with pytest.raises(tfckpt.RulesError) as caught:
        tfckpt.convert(path, target, rules="aa -> c\nb -> d : squeeze(0)")
    assert [problem["message"] for problem in caught.value.problems] == [
        "line 1: missing variable `aa`; did you mean `a`?",
        "line 2: `b` is f64 [2, 3], but `squeeze` cannot remove axis 0; only axes of length 1 can be removed",
        "no rule takes `a`, f64 [2]; write one, or `ignore` it",
    ]
    with pytest.raises(tfckpt.RulesError, match="line 1: a rule is written `from -> to`"):
        tfckpt.nest(path, "a")
    with pytest.raises(tfckpt.RulesError, match="unknown model `gpt3`; use one of gpt2, bert, "):
        tfckpt.convert(path, target, model="gpt3")
    with pytest.raises(tfckpt.RulesError, match="no variable is to be converted"):
        tfckpt.convert(path, target, only=["z"])
    assert not target.exists()


def test_damage_is_found_before_a_conversion_ends(tmp_path):
    path = saved(tmp_path, {"a": np.arange(1000.0), "b": np.arange(6.0).reshape(2, 3)})
    data = pathlib.Path(f"{path}.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:-1] + b"\1")
    with pytest.raises(tfckpt.DamagedError):
        tfckpt.convert(path, tmp_path / "new.npz", rules="a -> a\nb -> b : transpose")
    assert not (tmp_path / "new.npz").exists()
    with pytest.raises(tfckpt.ReadError, match="checksum"):
        tfckpt.nest(path, "a -> a\nb -> b : transpose")


@pytest.mark.parametrize("name", ["numpy/one.npy", "pytorch/views.pth"])
def test_checkpoints_of_other_formats_are_converted(name, tmp_path):
    tfckpt.convert(CORPUS / name, tmp_path / "new.safetensors")
    same(tfckpt.open(tmp_path / "new.safetensors").load(), tfckpt.open(CORPUS / name).load())
