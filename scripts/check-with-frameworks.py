#!/usr/bin/env python3
"""Checks that TensorFlow, NumPy, safetensors and PyTorch with `transformers` read what this project writes.

    cargo build --release -p ckpt
    cargo build --release -p checkpoint-examples --example resave
    scripts/check-with-frameworks.py [CHECK...]

CHECK is `tensorflow`, `numpy`, `safetensors` or `transformers`. The default is all whose libraries are installed.

    python3 -m venv VENV && VENV/bin/pip install tensorflow-cpu numpy safetensors

    # Newer versions of `transformers` have no loaders for TensorFlow checkpoints.
    apt-get install python3-torch       # 1.13
    /usr/bin/python3 -m venv --system-site-packages VENV
    VENV/bin/pip install transformers==4.46.3 safetensors 'tensorflow-cpu<2.18' 'numpy<2'

Prints a line for each check, and the problems of those that fail. The results are in `docs/convert.md`.
"""

import argparse
import contextlib
import hashlib
import importlib
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("USE_TF", "0")  # No models of `transformers` in TensorFlow.

import numpy as np  # noqa: E402: TensorFlow reads the environment when it is imported

import architectures  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent
CORPUS = ROOT / "tests" / "corpus"
BARD = ROOT / "examples" / "models" / "gpt2-bard"
CKPT = ROOT / "target" / "release" / "ckpt"
RESAVE = ROOT / "target" / "release" / "examples" / "resave"
RANDOM = np.random.default_rng(11)


# Tools


def run(*arguments):
    """Runs a program. Its standard error is in the error if it fails."""
    arguments = [str(argument) for argument in arguments]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(arguments)}` failed\n{done.stderr.strip()}")


def convert(source, target, *options):
    run(CKPT, "convert", *options, source, target)
    return target


def cases(*kinds):
    """Yields the checkpoints of the corpus: the name, the prefix, and what TensorFlow reads for each variable."""
    for kind in kinds:
        for case in sorted((CORPUS / kind).iterdir()):
            prefix = case / json.loads((case / "case.json").read_text())["prefix"]
            truth = truth_of(f"{kind}/{case.name}")
            # TensorFlow refuses some dtypes in big-endian checkpoints; the values are those of `gen/dtypes`.
            yield f"{kind}/{case.name}", prefix, truth_of("gen/dtypes") if case.name == "big-endian" else truth


def truth_of(case):
    tensors = json.loads((CORPUS / "truth" / f"{case}.json").read_text())["tensors"]
    return {tensor["name"]: tensor for tensor in tensors}


def sha256(array):
    """Hashes an array as the corpus does: little-endian elements, and strings after their lengths."""
    if array.dtype.kind in "OSU":
        strings = (s if isinstance(s, bytes) else s.encode() for s in array.ravel().tolist())
        data = b"".join(struct.pack("<Q", len(s)) + s for s in strings)
    else:
        data = np.ascontiguousarray(array).tobytes()
    return hashlib.sha256(data).hexdigest()


def unlike(arrays, truth):
    """Lists the differences between arrays and the hashes of the corpus."""
    for name in sorted(set(arrays) ^ set(truth)):
        yield f"{name!r} is only {'found' if name in arrays else 'expected'}"
    for name in sorted(set(arrays) & set(truth)):
        array, expected = arrays[name], truth[name]
        if list(array.shape) != expected["shape"] or sha256(array) != expected["sha256"]:
            yield f"{name!r} differs"


def differences(found, expected):
    """Lists names that only one side has, and arrays that differ in dtype, shape or any bit."""
    for name in sorted(set(found) ^ set(expected)):
        yield f"{name} is only {'found' if name in found else 'expected'}"
    for name in sorted(set(found) & set(expected)):
        one, other = np.asarray(found[name]), np.asarray(expected[name])
        if one.dtype != other.dtype or one.shape != other.shape or one.tobytes() != other.tobytes():
            yield f"{name} differs: {one.dtype} {one.shape}, expected {other.dtype} {other.shape}"


# TensorFlow


def all_tensors(prefix):
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(prefix))
    return {name: as_array(reader.get_tensor(name)) for name in reader.get_variable_to_shape_map()}


def as_array(value):
    """Converts a value of TensorFlow. As an array of bytes, a string would lose zeros at its end."""
    return np.asarray(value, dtype=object if isinstance(value, bytes) else None)


def save_variables(prefix, arrays):
    """Writes a checkpoint without an object graph, as `Saver` does."""
    import tensorflow as tf

    names = sorted(arrays)
    tensors = [tf.constant(arrays[name]) for name in names]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors)


def readers_of_tensorflow(work):
    import tensorflow as tf

    for case, prefix, truth in cases("gen", "crafted", "models"):
        truth, only = known_dtypes(truth)
        target = convert(prefix, work / case.replace("/", "-") / "model.ckpt", *only)
        reader = tf.train.load_checkpoint(str(target))
        dtypes = reader.get_variable_to_dtype_map()
        arrays = {name: as_array(reader.get_tensor(name)) for name in dtypes}
        yield f"load_checkpoint reads {len(arrays)} tensors of {case}", list(unlike(arrays, truth))
        names = sorted(dtypes)
        read = tf.raw_ops.RestoreV2(
            prefix=str(target), tensor_names=names, shape_and_slices=[""] * len(names),
            dtypes=[dtypes[name] for name in names],
        )
        arrays = {name: as_array(tensor.numpy()) for name, tensor in zip(names, read)}
        yield f"RestoreV2 reads {len(arrays)} tensors of {case}", list(unlike(arrays, truth))


def known_dtypes(truth):
    """Returns the variables with dtypes that this version of TensorFlow has, and the options that leave out others."""
    import tensorflow as tf

    def is_known(dtype):
        try:
            return bool(tf.dtypes.as_dtype(dtype))
        except TypeError:
            return False

    known = {name: tensor for name, tensor in truth.items() if is_known(tensor["dtype"])}
    only = [] if len(known) == len(truth) else [option for name in known for option in ("--only", name)]
    return known, only


def saver(work):
    import tensorflow as tf

    v1 = tf.compat.v1
    sources = [(name, prefix) for name, prefix, _ in cases("models")] + [("gpt2-bard", BARD / "model.ckpt")]
    sources += [(name, prefix) for name, prefix, _ in cases("gen") if name in ("gen/v1-basic", "gen/partitioned")]
    for case, prefix in sources:
        expected = all_tensors(prefix)
        target = convert(prefix, work / case.replace("/", "-") / "saver.ckpt", "--max-shard-size", "500kB")
        with tf.Graph().as_default(), v1.Session() as session:
            variables = {name: v1.Variable(tf.zeros(array.shape, array.dtype)) for name, array in expected.items()}
            v1.train.Saver(variables).restore(session, str(target))
            found = session.run(variables)
        yield f"Saver.restore restores {len(found)} variables of {case}", list(differences(found, expected))


def rounding(work):
    import tensorflow as tf

    source = BARD / "model.ckpt"
    for short, dtype in [("bf16", tf.bfloat16), ("f16", tf.float16), ("f64", tf.float64)]:
        found = all_tensors(convert(source, work / f"bard-{short}.ckpt", "--dtype", short))
        expected = {name: tf.cast(array, dtype).numpy() for name, array in all_tensors(source).items()}
        yield f"--dtype {short} rounds as tf.cast does", list(differences(found, expected))


CLASSIFIER = {
    **{f"layer_with_weights-{2 * i}": {"kernel": (7 if i == 0 else 5, 5), "bias": (5,)} for i in range(3)},
    **{
        f"layer_with_weights-{2 * i + 1}": {name: (5,) for name in ["gamma", "beta", "moving_mean", "moving_variance"]}
        for i in range(3)
    },
    "layer_with_weights-6": {"kernel": (5, 4), "bias": (4,)},
}


def classifier(kind, value):
    """Makes a tree of objects with the names of `examples/src/keras.rs`. Returns it and its variables by path."""
    import tensorflow as tf

    model, variables = kind(), {}
    for layer, weights in CLASSIFIER.items():
        module = kind()
        for name, shape in weights.items():
            variables[f"{layer}/{name}"] = tf.Variable(value(shape), dtype=tf.float32)
            setattr(module, name, variables[f"{layer}/{name}"])
        setattr(model, layer, module)
    return tf.train.Checkpoint(model=model), variables


def object_graph(work):
    import tensorflow as tf

    tree, written = classifier(tf.Module, lambda shape: RANDOM.standard_normal(shape, np.float32))
    expected = {path: variable.numpy() for path, variable in written.items()}
    source = tree.write(str(work / "objects" / "tensorflow.ckpt"))
    target = work / "objects" / "saved.ckpt"
    run(RESAVE, "keras", source, target)
    for kind in (tf.Module, tf.train.Checkpoint):
        fresh, variables = classifier(kind, np.zeros)
        fresh.read(str(target)).assert_consumed()
        found = {path: variable.numpy() for path, variable in variables.items()}
        problems = list(differences(found, expected))
        yield f"Checkpoint.read consumes a saved struct, as a tree of {kind.__name__}", problems
    fresh, variables = classifier(tf.Module, np.zeros)
    fresh.restore(str(target)).expect_partial()  # It also expects a `save_counter`.
    found = {path: variable.numpy() for path, variable in variables.items()}
    yield "Checkpoint.restore restores a saved struct", list(differences(found, expected))
    fresh.more = tf.Variable(0.0)
    try:
        fresh.read(str(target)).assert_consumed()
        problems = ["a variable that is not there is not missed"]
    except AssertionError:
        problems = []
    yield "assert_consumed misses a variable that is not there", problems


def check_tensorflow(work):
    for check in (readers_of_tensorflow, saver, rounding, object_graph):
        yield from check(work)


# NumPy and safetensors


SOURCES = ("gen/partitioned", "gen/sharded", "gen/v1-basic", "models/gpt2-nano", "models/gpt2-shakespeare")
INTEGERS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
NUMPY = ["bool", *INTEGERS, "float16", "float32", "float64", "complex64", "complex128"]
SAFETENSORS = [name for name in NUMPY if name != "complex128"]


def with_dtypes(dtypes):
    """Yields checkpoints of the corpus with the options that leave out other dtypes."""
    for case, prefix, truth in cases("gen", "models"):
        if case in SOURCES + ("gen/dtypes", "gen/scalars"):
            kept = {name: tensor for name, tensor in truth.items() if tensor["dtype"] in dtypes}
            yield case, prefix, kept, [option for name in kept for option in ("--only", name)]


def check_numpy(work):
    for case, prefix, truth, only in with_dtypes(NUMPY):
        folder = work / case.replace("/", "-")
        archive = convert(prefix, folder / "model.npz", *only)
        with np.load(archive) as opened:
            arrays = {name: opened[name] for name in opened.files}
        problems = list(unlike(arrays, truth))
        yield f"np.load reads {len(arrays)} arrays of {case}.npz", problems
        arrays = {}
        run(CKPT, "convert", *only, prefix, f"{folder}/arrays/")
        for path in (folder / "arrays").rglob("*.npy"):
            arrays[str(path.relative_to(folder / "arrays").with_suffix(""))] = np.load(path)
        problems = list(unlike(arrays, truth))
        yield f"np.load reads {len(arrays)} files of {case}/", problems


def check_safetensors(work):
    from safetensors import safe_open
    from safetensors.numpy import load_file

    for case, prefix, truth, only in with_dtypes(SAFETENSORS):
        target = convert(prefix, work / f"{case.replace('/', '-')}.safetensors", *only)
        arrays = load_file(target)
        problems = list(unlike(arrays, truth))
        with safe_open(target, "np") as opened:
            if opened.metadata() != {"format": "pt"}:
                problems.append(f"the metadata is {opened.metadata()}")
        yield f"load_file reads {len(arrays)} tensors of {case}.safetensors", problems


# PyTorch and `transformers`


def random(shapes, dtype=np.float32):
    return {name: RANDOM.standard_normal(shape, np.float32).astype(dtype) for name, shape in shapes.items()}


def trained(weights, slots):
    """Adds the slots of an optimizer and the step counter to weights."""
    kept = {f"{name}{slot}": np.zeros(array.shape, np.float32) for name, array in weights.items() for slot in slots}
    return weights | kept | {"global_step": np.array(3, np.int64)}


def state(model):
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def from_pretrained(kind, config, folder):
    """Loads a model. Returns it and the missing, unexpected and mismatched keys."""
    config.save_pretrained(folder)
    model, about = kind.from_pretrained(folder, output_loading_info=True)
    # Without counters of batches, they start at 0, as they do in the loaders of TensorFlow checkpoints.
    about["missing_keys"] = [name for name in about["missing_keys"] if not name.endswith("num_batches_tracked")]
    problems = [f"{what}: {names}" for what, names in about.items() if names]
    return model, problems


def loaders(work):
    adam, adafactor = ("/adam_m", "/adam_v"), ("_slot_v",)
    for model in architectures.models():
        if model.name.startswith(("gpt2", "mobilenet")):
            continue
        folder = work / model.name
        weights = random(model.shapes, model.dtype)
        source = folder / "tensorflow" / "model.ckpt"
        expected = loaded(model, source, trained(weights, adafactor if model.rules == "t5" else adam))
        yield from made(model, expected, source, folder)
        yield from there_and_back(model.name, model.rules, expected, folder, own(model.name, weights_of(weights)))


def loaded(model, source, variables):
    """Writes a checkpoint of TensorFlow, and fills a model with it by the loader of `transformers`."""
    source.parent.mkdir(parents=True)
    save_variables(source, variables)
    expected = model.kind(model.config)
    with contextlib.redirect_stdout(None):
        model.load(expected, model.config, str(source))
    expected.tie_weights()
    return expected


def made(model, expected, source, folder):
    """Checks that the rules and the dialect of the struct make what the loader of `transformers` does."""
    convert(source, folder / "rules" / "model.safetensors", "--model", model.rules)
    (folder / "struct").mkdir()
    run(RESAVE, model.rules, source, folder / "struct" / "model.safetensors", "hf")
    for way, about in [("rules", f"convert --model {model.rules}"), ("struct", "the struct's dialect")]:
        resaved, problems = from_pretrained(model.kind, model.config, folder / way)
        problems += differences(state(resaved), state(expected))
        yield f"{model.kind.__name__} of {folder.name}: {about} makes what the loader does", problems


def own(name, weights):
    """Returns the weights of one of the two models in a checkpoint of ELECTRA, or those of any other model."""
    parts = {"electra": ("electra/", "discriminator"), "electra-generator": ("electra/embeddings/", "generator")}
    start = parts.get(name, "")
    return {name: array for name, array in weights.items() if name.startswith(start)}


def weights_of(variables):
    """Returns the weights as the way back calls them: all normalizations have the names of T5 1.0."""
    weights = {}
    for name, array in variables.items():
        name = re.sub("(en|de)coder/rms_norm", r"\1coder/final_layer_norm", name)
        weights[name.replace("rms_norm", "layer_norm")] = array
    return weights


# The number of classes of a fine-tuned BERT.
LABELS = 3

# The rules for structs that have other names.
RULES = {"bert-fine-tuned": "bert"}


def there_and_back(name, known, model, folder, weights):
    """Checks that `save_pretrained`, converted back by the rules and by the struct, gives the weights of the TensorFlow checkpoint."""
    model.save_pretrained(folder / "saved")
    saved = folder / "saved" / "model.safetensors"
    expected = {key: array.astype(np.float32) for key, array in weights.items()}
    target = convert(saved, folder / "back" / "model.ckpt", "--model", RULES.get(known, known), "--reverse")
    yield f"{name}: save_pretrained, converted back, is the checkpoint", list(differences(all_tensors(target), expected))
    target = folder / "struct-back" / "model.ckpt"
    target.parent.mkdir()
    run(RESAVE, known, saved, target, "tf")
    yield f"{name}: save_pretrained, loaded and saved back, is the checkpoint", list(differences(all_tensors(target), expected))


def gpt2(work):
    import torch
    import transformers as hf
    from transformers.models.gpt2.modeling_gpt2 import load_tf_weights_in_gpt2

    subjects = [("gpt2-bard", BARD, BARD / "reference.json")]
    for name in ("gpt2-nano", "gpt2-shakespeare"):
        subjects.append((name, CORPUS / "models" / name, CORPUS / "truth" / "gpt2" / f"{name}.json"))
    for name, source, reference in subjects:
        reference = json.loads(reference.read_text())
        sizes = reference["hparams"]
        config = hf.GPT2Config(
            vocab_size=sizes["n_vocab"], n_positions=sizes["n_ctx"], n_embd=sizes["n_embd"], n_head=sizes["n_head"],
            n_layer=sizes["n_layer"], bos_token_id=0, eos_token_id=None,
        )
        convert(source, work / name / "rules" / "model.safetensors", "--model", "gpt2")
        model, problems = from_pretrained(hf.GPT2LMHeadModel, config, work / name / "rules")
        expected = hf.GPT2LMHeadModel(config)
        load_tf_weights_in_gpt2(expected.transformer, config, str(source / "model.ckpt"))
        expected.tie_weights()
        problems += differences(state(model), state(expected))
        yield f"GPT2LMHeadModel of {name}: convert --model gpt2 makes what load_tf_weights_in_gpt2 does", problems
        yield from there_and_back(name, "gpt2", model.transformer, work / name, all_tensors(source / "model.ckpt"))

        (work / name / "struct").mkdir()
        run(RESAVE, "gpt2", source, work / name / "struct" / "model.safetensors", "hf")
        resaved, problems = from_pretrained(hf.GPT2LMHeadModel, config, work / name / "struct")
        problems += differences(state(resaved), state(expected))
        yield f"GPT2LMHeadModel of {name}: the struct's dialect makes the same", problems

        with torch.no_grad():
            yield continuation(name, model.eval(), reference["cases"])


def continuation(name, model, examples):
    """Checks logits and greedy tokens, up to the first step without a clear winner."""
    import torch

    problems, tokens = [], 0
    for case in examples:
        ids = list(case["ids"])
        logits = model(torch.tensor([ids])).logits[0, -1].numpy()
        if not np.allclose(logits, case["logits_last"], rtol=1e-4, atol=1e-4):
            problems.append(f"the logits after {ids} differ")
        for expected, margin in zip(case["greedy"], case["margins"]):
            if margin < 2e-4:
                break
            found = int(model(torch.tensor([ids])).logits[0, -1].argmax())
            if found != expected:
                problems.append(f"after {ids} comes {found}, expected {expected}")
                break
            ids.append(found)
            tokens += 1
    return f"GPT2LMHeadModel of {name}: logits and {tokens} greedy tokens are those of TensorFlow", problems


def fine_tuned(work):
    """Checks a fine-tuned BERT. The loader of `transformers` fails on its head, which is compared directly."""
    import transformers as hf

    config = hf.BertConfig(**architectures.SIZES, num_labels=LABELS)
    shapes = {name: shape for name, shape in architectures.bert().items() if not name.startswith("cls")}
    variables = random(shapes | {"output_weights": (LABELS, architectures.HIDDEN), "output_bias": (LABELS,)})
    folder = work / "fine-tuned"
    folder.mkdir()
    save_variables(folder / "tensorflow.ckpt", variables)
    convert(folder / "tensorflow.ckpt", folder / "rules" / "model.safetensors", "--model", "bert")
    (folder / "struct").mkdir()
    run(RESAVE, "bert-fine-tuned", folder / "tensorflow.ckpt", folder / "struct" / "model.safetensors", "hf")
    for way in ("rules", "struct"):
        model, problems = from_pretrained(hf.BertForSequenceClassification, config, folder / way)
        found = {name: array for name, array in state(model).items() if name.startswith("classifier.")}
        expected = {"classifier.weight": variables["output_weights"], "classifier.bias": variables["output_bias"]}
        problems += differences(found, expected)
        yield f"BertForSequenceClassification of a fine-tuned BERT, by the {way}", problems
    yield from there_and_back("fine-tuned", "bert-fine-tuned", model, folder, variables)


def mobilenet(work):
    average = "/ExponentialMovingAverage"
    for model in architectures.models():
        if not model.name.startswith("mobilenet"):
            continue
        for averaged in (False, True):
            folder = work / f"{model.name}{'-averaged' if averaged else ''}"
            weights = random(model.shapes)
            averages = {f"{name}{average}": array for name, array in random(model.shapes).items()} if averaged else {}
            step = {"global_step": np.array(3, np.int64)}
            source = folder / "model.ckpt"
            expected = loaded(model, source, weights | averages | step)
            yield from made(model, expected, source, folder)
            if model.name == "mobilenet-v2":
                # Statistics have averages too, which are not used.
                used = {name for name in weights if "/moving_" not in name and f"{name}{average}" in averages}
                weights |= {name: averages[f"{name}{average}"] for name in used}
            yield from there_and_back(folder.name, model.rules, expected, folder, weights)


def published(work):
    """Checks that the manifests of the examples have the names and shapes of the models of `transformers`."""
    import transformers as hf

    for name, kind, config in [
        ("gpt2-124M", hf.GPT2Model, hf.GPT2Config()),
        ("bert-base", hf.BertForPreTraining, hf.BertConfig()),
        ("bert-base-classifier", hf.BertForSequenceClassification, hf.BertConfig()),
        ("albert-base", hf.AlbertForPreTraining,
         hf.AlbertConfig(hidden_size=768, num_attention_heads=12, intermediate_size=3072)),
        ("t5-small", hf.T5ForConditionalGeneration, hf.T5Config(vocab_size=32128)),
        ("t5-1.1-small", hf.T5ForConditionalGeneration, hf.T5Config(
            vocab_size=32128, d_ff=1024, num_layers=8, num_heads=6, feed_forward_proj="gated-gelu", tie_word_embeddings=False)),
        ("electra-small", hf.ElectraForPreTraining, hf.ElectraConfig()),
        ("electra-small-generator", hf.ElectraForMaskedLM, hf.ElectraConfig()),
        ("mobilenet-v1", hf.MobileNetV1ForImageClassification, hf.MobileNetV1Config(num_labels=1001)),
        ("mobilenet-v2", hf.MobileNetV2ForImageClassification, hf.MobileNetV2Config(num_labels=1001)),
    ]:
        model = kind(config)
        path = work / f"{name}.txt"
        model.save_pretrained(work / name)
        run(CKPT, "manifest", work / name / "model.safetensors", "-o", path)
        saved, manifest = path.read_text(), (ROOT / "examples" / "manifests" / f"{name}-hf.txt").read_text()
        skipped = re.compile(r"attn\.(masked_)?bias|num_batches_tracked")
        lines = [{line for line in text.splitlines() if not skipped.search(line)} for text in (saved, manifest)]
        missing, more = sorted(lines[0] - lines[1]), sorted(lines[1] - lines[0])
        problems = [f"missing: {line}" for line in missing] + [f"unexpected: {line}" for line in more]
        yield f"examples/manifests/{name}-hf.txt has the variables of {kind.__name__}", problems


def check_transformers(work):
    import transformers

    transformers.logging.set_verbosity_error()
    for check in (gpt2, loaders, mobilenet, fine_tuned, published):
        yield from check(work)


# The command


CHECKS = {
    "tensorflow": (check_tensorflow, ["tensorflow"]),
    "numpy": (check_numpy, []),
    "safetensors": (check_safetensors, ["safetensors"]),
    "transformers": (check_transformers, ["tensorflow", "torch", "transformers", "safetensors"]),
}


def versions(libraries):
    """Returns the versions of the libraries, or `None` if one is missing."""
    try:
        return ", ".join(f"{name} {importlib.import_module(name).__version__}" for name in ["numpy", *libraries])
    except ModuleNotFoundError:
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checks", metavar="CHECK", nargs="*", help=", ".join(CHECKS))
    arguments = parser.parse_args()
    if unknown := set(arguments.checks) - set(CHECKS):
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    failed = 0
    for name, (check, libraries) in CHECKS.items():
        found = versions(libraries)
        if arguments.checks and name not in arguments.checks:
            continue
        if found is None:
            if arguments.checks:
                parser.error(f"`{name}` needs {', '.join(libraries)}")
            print(f"{name}: skipped, it needs {', '.join(libraries)}")
            continue
        print(f"{name} ({found})")
        with tempfile.TemporaryDirectory() as work:
            for about, problems in check(pathlib.Path(work)):
                failed += bool(problems)
                print(f"  {'FAILED' if problems else 'ok'}: {about}", flush=True)
                for problem in problems[:10]:
                    print(f"    - {problem}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
