"""GPT-2 in NumPy, with the parameters as picoGPT has them, computes what OpenAI's graph computes in TensorFlow."""

import itertools
import json
import subprocess
import sys

import numpy as np
import picogpt
import pytest
from corpus import BARD, CORPUS

import tfckpt

# A difference of logits that rounding can make.
TOLERANCE = 1e-4


MODELS = {
    "gpt2-bard": (BARD, BARD / "reference.json"),
    "gpt2-nano": (CORPUS / "models/gpt2-nano", CORPUS / "truth/gpt2/gpt2-nano.json"),
    "gpt2-shakespeare": (CORPUS / "models/gpt2-shakespeare", CORPUS / "truth/gpt2/gpt2-shakespeare.json"),
}


@pytest.mark.parametrize("name", MODELS)
def test_greedy_tokens_are_those_of_the_reference(name):
    folder, reference = MODELS[name]
    reference = json.loads(reference.read_text(encoding="utf-8"))
    params, hparams = tfckpt.gpt2(folder), reference["hparams"]
    compared = 0
    for case in reference["cases"]:
        # A token does not see those after it, so one pass over the whole text chooses all of its tokens.
        ids, greedy = case["ids"], case["greedy"]
        logits = picogpt.gpt2(ids + greedy[:-1], **params, n_head=hparams["n_head"])
        np.testing.assert_allclose(logits[len(ids) - 1], case["logits_last"], rtol=TOLERANCE, atol=TOLERANCE)
        assert logits[: len(ids)].argmax(-1).tolist() == case["argmax_all"]
        # After a step that could go either way, the texts are different ones.
        sure = list(itertools.takewhile(lambda margin: margin > 2 * TOLERANCE, case["margins"]))
        found = logits[len(ids) - 1 :].argmax(-1).tolist()
        assert found[: len(sure)] == greedy[: len(sure)], (name, ids)
        compared += len(sure)
    assert compared >= 40


def test_the_example_writes_what_the_reference_writes():
    case = json.loads((BARD / "reference.json").read_text(encoding="utf-8"))["cases"][0]
    encoder = json.loads((BARD / "encoder.json").read_text(encoding="utf-8"))
    tokens = {number: token for token, number in encoder.items()}
    ids = case["ids"] + case["greedy"]
    command = [sys.executable, "-X", "utf8", picogpt.__file__, BARD, "--start", tokens[ids[0]]]
    text = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    expected = "".join(tokens[number] for number in ids).replace("Ġ", " ").replace("Ċ", "\n")
    assert len(ids) == 41 and text == expected + "\n"


def test_the_dictionary_is_that_of_picogpt():
    params = tfckpt.gpt2(BARD)
    shapes = lambda tree: (
        {key: shapes(value) for key, value in tree.items()} if isinstance(tree, dict) else tree.shape
    )
    assert list(params) == ["wte", "wpe", "blocks", "ln_f"]
    assert [shapes(params[key]) for key in ["wte", "wpe", "ln_f"]] == [
        (1024, 128),
        (128, 128),
        {"g": (128,), "b": (128,)},
    ]
    assert [shapes(each) for each in params["blocks"]] == 4 * [
        {
            "ln_1": {"g": (128,), "b": (128,)},
            "attn": {"c_attn": {"w": (128, 384), "b": (384,)}, "c_proj": {"w": (128, 128), "b": (128,)}},
            "ln_2": {"g": (128,), "b": (128,)},
            "mlp": {"c_fc": {"w": (128, 512), "b": (512,)}, "c_proj": {"w": (512, 128), "b": (128,)}},
        }
    ]
    checkpoint = tfckpt.open(BARD)
    assert (params["blocks"][3]["mlp"]["c_fc"]["w"] == checkpoint["model/h3/mlp/c_fc/w"][0]).all()
    assert tfckpt.gpt2(checkpoint)["wte"].tobytes() == params["wte"].tobytes()


def changed(tmp_path, change):
    """The path of a GPT-2 whose variables were changed."""
    arrays = tfckpt.open(BARD).load()
    change(arrays)
    tfckpt.save(tmp_path / "model.ckpt", arrays)
    return tmp_path / "model.ckpt"


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    def change(arrays):
        for layer in range(4):
            arrays[f"model/h{layer}/attn/c_atn/w"] = arrays.pop(f"model/h{layer}/attn/c_attn/w")
        arrays["model/ln_f/g"] = arrays["model/ln_f/g"][:64]

    with pytest.raises(tfckpt.MismatchError) as caught:
        tfckpt.gpt2(changed(tmp_path, change))
    path = tmp_path / "model.ckpt"
    assert str(caught.value).startswith(
        f"`Gpt2` does not fit the checkpoint `{path}`: 2 problems\n"
        "- field `Gpt2.blocks[0..4].attn.c_attn.w`: missing variable `model/h<0..4>/attn/c_attn/w`; did you mean "
        "`model/h<0..4>/attn/c_atn/w`, f32 [1, 128, 384]?\n"
        "- field `Gpt2.ln_f.g`: `model/ln_f/g` is f32 [64] in the checkpoint, but [128] in the struct, as [n_embd]; "
        "`n_embd` is 128 in "
    )
    missing = caught.value.problems[0]
    assert (missing["kind"], missing["count"], missing["field"]) == ("missing", 4, "Gpt2.blocks[0..4].attn.c_attn.w")


def test_what_gpt2_does_not_have_is_an_error_unless_it_is_bookkeeping(tmp_path):
    def change(arrays):
        arrays["global_step"] = np.int64(7)
        arrays["model/wte/adam_m"] = np.zeros_like(arrays["model/wte"])
        arrays["model/head"] = np.zeros(3, np.float32)

    path = changed(tmp_path, change)
    with pytest.raises(tfckpt.MismatchError) as caught:
        tfckpt.gpt2(path)
    assert [problem["message"] for problem in caught.value.problems] == [
        "unexpected variable `model/head`, f32 [3]; leave it out with `strict=False`"
    ]
    assert set(tfckpt.gpt2(path, strict=False)) == {"wte", "wpe", "blocks", "ln_f"}


def test_a_prefix_that_is_missing_is_said(tmp_path):
    def change(arrays):
        for key in list(arrays):
            arrays[f"module/{key}"] = arrays.pop(key)

    path = changed(tmp_path, change)
    with pytest.raises(tfckpt.MismatchError) as caught:
        tfckpt.gpt2(path)
    assert [problem["message"] for problem in caught.value.problems] == [
        '52 variables are not where the struct expects them, but under `module/`; load with `prefix="module"`'
    ]
    assert tfckpt.gpt2(path, prefix="module")["wte"].shape == (1024, 128)


def test_other_dtypes_are_kept_as_they_are(tmp_path, monkeypatch):
    ml_dtypes = pytest.importorskip("ml_dtypes")

    def change(arrays):
        for key in arrays:
            arrays[key] = arrays[key].astype(ml_dtypes.bfloat16)

    path = changed(tmp_path, change)
    assert tfckpt.gpt2(path)["blocks"][0]["attn"]["c_attn"]["w"].dtype == ml_dtypes.bfloat16
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(tfckpt.DTypeError) as caught:
        tfckpt.gpt2(path)
    assert str(caught.value).startswith("`model/wte` is bf16 [1024, 128], which needs the package `ml_dtypes`; ")
