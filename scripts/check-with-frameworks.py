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


def dense(name, inputs, outputs):
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def norm(name, width):
    return {f"{name}/gamma": (width,), f"{name}/beta": (width,)}


VOCAB, PLACES, TYPES, HIDDEN, WIDTH, INNER, LAYERS, LABELS, CLASSES = 19, 7, 2, 6, 4, 10, 3, 3, 11


def embeddings(width):
    tables = {"word": VOCAB, "position": PLACES, "token_type": TYPES}
    return {f"bert/embeddings/{name}_embeddings": (rows, width) for name, rows in tables.items()} | norm(
        "bert/embeddings/LayerNorm", width
    )


def heads(width):
    return (
        dense("bert/pooler/dense", HIDDEN, HIDDEN)
        | dense("cls/predictions/transform/dense", HIDDEN, width)
        | norm("cls/predictions/transform/LayerNorm", width)
        | {"cls/predictions/output_bias": (VOCAB,)}
        | {"cls/seq_relationship/output_weights": (2, HIDDEN), "cls/seq_relationship/output_bias": (2,)}
    )


def bert():
    """The variables of google-research/bert."""
    shapes = embeddings(HIDDEN) | heads(HIDDEN)
    for layer in range(LAYERS):
        at = f"bert/encoder/layer_{layer}"
        for part in ("self/query", "self/key", "self/value", "output/dense"):
            shapes |= dense(f"{at}/attention/{part}", HIDDEN, HIDDEN)
        shapes |= dense(f"{at}/intermediate/dense", HIDDEN, INNER) | dense(f"{at}/output/dense", INNER, HIDDEN)
        shapes |= norm(f"{at}/attention/output/LayerNorm", HIDDEN) | norm(f"{at}/output/LayerNorm", HIDDEN)
    return shapes


def albert():
    """The variables of google-research/albert."""
    shapes = embeddings(WIDTH) | heads(WIDTH) | dense("bert/encoder/embedding_hidden_mapping_in", WIDTH, HIDDEN)
    at = "bert/encoder/transformer/group_0/inner_group_0"
    for part in ("self/query", "self/key", "self/value", "output/dense"):
        shapes |= dense(f"{at}/attention_1/{part}", HIDDEN, HIDDEN)
    shapes |= dense(f"{at}/ffn_1/intermediate/dense", HIDDEN, INNER)
    shapes |= dense(f"{at}/ffn_1/intermediate/output/dense", INNER, HIDDEN)
    return shapes | norm(f"{at}/LayerNorm", HIDDEN) | norm(f"{at}/LayerNorm_1", HIDDEN)


def t5(gated, norms):
    """The variables of Mesh TensorFlow's T5. Attention is square, so that shapes do not show a wrong transpose."""
    width, inner, heads_, buckets = 8, 12, 2, 32
    shapes = {"shared/embedding": (VOCAB, width)}
    for stack, kinds in (("encoder", ["SelfAttention"]), ("decoder", ["SelfAttention", "EncDecAttention"])):
        for block in range(LAYERS):
            at = f"{stack}/block_{block:03}"
            for layer, kind in enumerate(kinds):
                shapes |= {f"{at}/layer_{layer:03}/{kind}/{part}": (width, width) for part in "qkvo"}
            for layer in range(len(kinds) + 1):
                shapes[f"{at}/layer_{layer:03}/{norms[0]}/scale"] = (width,)
            ffn = f"{at}/layer_{len(kinds):03}/DenseReluDense"
            shapes |= {f"{ffn}/{part}/kernel": (width, inner) for part in (["wi_0", "wi_1"] if gated else ["wi"])}
            shapes[f"{ffn}/wo/kernel"] = (inner, width)
        shapes[f"{stack}/block_000/layer_000/SelfAttention/relative_attention_bias"] = (heads_, buckets)
        shapes[f"{stack}/{norms[1]}/scale"] = (width,)
    if gated:
        shapes["decoder/logits/kernel"] = (width, VOCAB)
    return shapes


def random(shapes, dtype=np.float32):
    return {name: RANDOM.standard_normal(shape, np.float32).astype(dtype) for name, shape in shapes.items()}


def trained(weights, slots):
    """Adds the slots of an optimizer and the step counter to weights."""
    kept = {f"{name}{slot}": np.zeros(array.shape, np.float32) for name, array in weights.items() for slot in slots}
    return weights | kept | {"global_step": np.array(3, np.int64)}


def architectures():
    """Yields a name, the name of the rules, the class, its configuration, its TensorFlow loader, and the variables."""
    import ml_dtypes
    import transformers as hf
    from transformers.models.albert.modeling_albert import load_tf_weights_in_albert
    from transformers.models.bert.modeling_bert import load_tf_weights_in_bert
    from transformers.models.t5.modeling_t5 import load_tf_weights_in_t5

    common = {"vocab_size": VOCAB, "max_position_embeddings": PLACES, "type_vocab_size": TYPES, "hidden_size": HIDDEN,
              "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": INNER}
    adam, adafactor = ("/adam_m", "/adam_v"), ("_slot_v",)
    config = hf.BertConfig(**common)
    yield "bert", "bert", hf.BertForPreTraining, config, load_tf_weights_in_bert, trained(random(bert()), adam)
    config = hf.AlbertConfig(**common, embedding_size=WIDTH)
    variables = trained(random(albert()), adam)
    yield "albert", "albert", hf.AlbertForPreTraining, config, load_tf_weights_in_albert, variables
    for name, gated, norms in [
        ("t5", False, ("layer_norm", "final_layer_norm")), ("t5-1.1", True, ("layer_norm", "final_layer_norm")),
        ("t5-1.1-rms", True, ("rms_norm", "rms_norm")),
    ]:
        config = hf.T5Config(
            vocab_size=VOCAB, d_model=8, d_kv=4, d_ff=12, num_layers=LAYERS, num_heads=2,
            tie_word_embeddings=not gated, feed_forward_proj="gated-gelu" if gated else "relu",
        )
        weights = random(t5(gated, norms), ml_dtypes.bfloat16)
        yield name, "t5", hf.T5ForConditionalGeneration, config, load_tf_weights_in_t5, trained(weights, adafactor)


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
    for name, known, kind, config, loader, variables in architectures():
        folder = work / name
        source = folder / "tensorflow" / "model.ckpt"
        source.parent.mkdir(parents=True)
        save_variables(source, variables)
        expected = kind(config)
        with contextlib.redirect_stdout(None):
            loader(expected, config, str(source))
        expected.tie_weights()

        convert(source, folder / "rules" / "model.safetensors", "--model", known)
        model, problems = from_pretrained(kind, config, folder / "rules")
        problems += differences(state(model), state(expected))
        yield f"{kind.__name__} of {name}: convert --model {known} makes what {loader.__name__} does", problems

        yield from there_and_back(name, known, expected, folder, weights_of(variables))

        (folder / "struct").mkdir()
        run(RESAVE, known, source, folder / "struct" / "model.safetensors", "hf")
        model, problems = from_pretrained(kind, config, folder / "struct")
        problems += differences(state(model), state(expected))
        yield f"{kind.__name__} of {name}: the struct's dialect makes the same", problems


def weights_of(variables):
    """Returns the weights without slots. The way back calls all normalizations by the names of T5 1.0."""
    weights = {}
    for name, array in variables.items():
        if not name.endswith(("adam_m", "adam_v", "_slot_v", "global_step")):
            name = re.sub("(en|de)coder/rms_norm", r"\1coder/final_layer_norm", name)
            weights[name.replace("rms_norm", "layer_norm")] = array
    return weights


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

    config = hf.BertConfig(vocab_size=VOCAB, max_position_embeddings=PLACES, type_vocab_size=TYPES, hidden_size=HIDDEN,
                           num_hidden_layers=LAYERS, num_attention_heads=2, intermediate_size=INNER, num_labels=LABELS)
    shapes = {name: shape for name, shape in bert().items() if not name.startswith("cls")}
    variables = random(shapes | {"output_weights": (LABELS, HIDDEN), "output_bias": (LABELS,)})
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


def electra_variables():
    """The variables of google-research/electra, in which both models are."""
    tables = {"word": VOCAB, "position": PLACES, "token_type": TYPES}
    shapes = {f"electra/embeddings/{name}_embeddings": (rows, WIDTH) for name, rows in tables.items()}
    shapes |= norm("electra/embeddings/LayerNorm", WIDTH)
    for half in ("electra", "generator"):
        shapes |= dense(f"{half}/embeddings_project", WIDTH, HIDDEN)
        for layer in range(LAYERS):
            at = f"{half}/encoder/layer_{layer}"
            for part in ("self/query", "self/key", "self/value", "output/dense"):
                shapes |= dense(f"{at}/attention/{part}", HIDDEN, HIDDEN)
            shapes |= dense(f"{at}/intermediate/dense", HIDDEN, INNER) | dense(f"{at}/output/dense", INNER, HIDDEN)
            shapes |= norm(f"{at}/attention/output/LayerNorm", HIDDEN) | norm(f"{at}/output/LayerNorm", HIDDEN)
    shapes |= dense("discriminator_predictions/dense", HIDDEN, HIDDEN) | dense("discriminator_predictions/dense_1", HIDDEN, 1)
    shapes |= dense("generator_predictions/dense", HIDDEN, WIDTH) | norm("generator_predictions/LayerNorm", WIDTH)
    return shapes | {"generator_predictions/output_bias": (VOCAB,)}


def electra(work):
    import transformers as hf
    from transformers.models.electra.modeling_electra import load_tf_weights_in_electra

    source = work / "electra" / "model.ckpt"
    source.parent.mkdir(parents=True)
    weights = random(electra_variables())
    save_variables(source, trained(weights, ("/adam_m", "/adam_v")))
    config = hf.ElectraConfig(
        vocab_size=VOCAB, embedding_size=WIDTH, hidden_size=HIDDEN, num_hidden_layers=LAYERS, num_attention_heads=2,
        intermediate_size=INNER, max_position_embeddings=PLACES, type_vocab_size=TYPES,
    )
    for known, kind, half in [
        ("electra", hf.ElectraForPreTraining, "discriminator"), ("electra-generator", hf.ElectraForMaskedLM, "generator"),
    ]:
        expected = kind(config)
        with contextlib.redirect_stdout(None):
            load_tf_weights_in_electra(expected, config, str(source), half)
        expected.tie_weights()
        convert(source, work / known / "model.safetensors", "--model", known)
        model, problems = from_pretrained(kind, config, work / known)
        problems += differences(state(model), state(expected))
        yield f"{kind.__name__}: convert --model {known} makes what load_tf_weights_in_electra does", problems
        yield resaved(known, kind, config, expected, source, work / known)
        parts = {"discriminator": ("electra/", "discriminator"), "generator": ("electra/embeddings/", "generator")}[half]
        own = {name: array for name, array in weights.items() if name.startswith(parts)}
        yield from there_and_back(known, known, expected, work / known, own)


def resaved(known, kind, config, expected, source, folder):
    """Checks that the dialect of a struct makes what the loader of `transformers` does."""
    (folder / "struct").mkdir()
    run(RESAVE, known, source, folder / "struct" / "model.safetensors", "hf")
    model, problems = from_pretrained(kind, config, folder / "struct")
    problems += differences(state(model), state(expected))
    return f"{kind.__name__}: the struct's dialect makes the same", problems


def batch_norm(at, width):
    parts = ("gamma", "beta", "moving_mean", "moving_variance")
    return {f"{at}/BatchNorm/{part}": (width,) for part in parts}


def convolution(at, kind, shape):
    return {f"{at}/{kind}": shape} | batch_norm(at, shape[2] if kind == "depthwise_weights" else shape[3])


def mobilenet_v1():
    """The variables of slim's MobileNet v1 with an eighth of the channels."""
    channels = [max(8, width // 8) for width in (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)]
    shapes = convolution("MobilenetV1/Conv2d_0", "weights", (3, 3, 3, channels[0]))
    for block in range(1, 14):
        inner, outer = channels[block - 1], channels[block]
        at = f"MobilenetV1/Conv2d_{block}"
        shapes |= convolution(f"{at}_depthwise", "depthwise_weights", (3, 3, inner, 1))
        shapes |= convolution(f"{at}_pointwise", "weights", (1, 1, inner, outer))
    logits = "MobilenetV1/Logits/Conv2d_1c_1x1"
    return shapes | {f"{logits}/weights": (1, 1, channels[-1], CLASSES), f"{logits}/biases": (CLASSES,)}


def mobilenet_v2(model):
    """The variables of slim's MobileNet v2 with the channels of a model of `transformers`."""
    shapes, from_torch = {}, {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}

    def add(at, key):
        out, into, height, width = from_torch[f"mobilenet_v2.{key}.convolution.weight"]
        depthwise = at.endswith("depthwise")
        shape = (height, width, out, 1) if depthwise else (height, width, into, out)
        shapes.update(convolution(f"MobilenetV2/{at}", "depthwise_weights" if depthwise else "weights", shape))

    add("Conv", "conv_stem.first_conv")
    add("expanded_conv/depthwise", "conv_stem.conv_3x3")
    add("expanded_conv/project", "conv_stem.reduce_1x1")
    for block in range(1, 17):
        for part, key in (("expand", "expand_1x1"), ("depthwise", "conv_3x3"), ("project", "reduce_1x1")):
            add(f"expanded_conv_{block}/{part}", f"layer.{block - 1}.{key}")
    add("Conv_1", "conv_1x1")
    logits, width = "MobilenetV2/Logits/Conv2d_1c_1x1", from_torch["classifier.weight"][1]
    return shapes | {f"{logits}/weights": (1, 1, width, CLASSES), f"{logits}/biases": (CLASSES,)}


def mobilenet(work):
    import transformers as hf
    from transformers.models.mobilenet_v1.modeling_mobilenet_v1 import load_tf_weights_in_mobilenet_v1
    from transformers.models.mobilenet_v2.modeling_mobilenet_v2 import load_tf_weights_in_mobilenet_v2

    sizes = {"depth_multiplier": 0.125, "num_labels": CLASSES}
    first = hf.MobileNetV1Config(**sizes)
    second = hf.MobileNetV2Config(**sizes, finegrained_output=False)
    average = "/ExponentialMovingAverage"
    for known, kind, config, loader, shapes in [
        ("mobilenet-v1", hf.MobileNetV1ForImageClassification, first, load_tf_weights_in_mobilenet_v1, mobilenet_v1()),
        ("mobilenet-v2", hf.MobileNetV2ForImageClassification, second, load_tf_weights_in_mobilenet_v2,
         mobilenet_v2(hf.MobileNetV2ForImageClassification(second))),
    ]:
        for averaged in (False, True):
            folder = work / f"{known}{'-averaged' if averaged else ''}"
            source = folder / "model.ckpt"
            source.parent.mkdir(parents=True)
            weights = random(shapes)
            averages = random({f"{name}{average}": shape for name, shape in shapes.items()}) if averaged else {}
            save_variables(source, weights | averages | {"global_step": np.array(3, np.int64)})
            expected = kind(config)
            with contextlib.redirect_stdout(None):
                loader(expected, config, str(source))
            convert(source, folder / "model.safetensors", "--model", known)
            model, problems = from_pretrained(kind, config, folder)
            problems += differences(state(model), state(expected))
            yield f"{folder.name}: convert --model {known} makes what {loader.__name__} does", problems
            yield resaved(known, kind, config, expected, source, folder)
            if known == "mobilenet-v2":
                # Statistics have averages too, which are not used.
                used = {name for name in weights if "/moving_" not in name and f"{name}{average}" in averages}
                weights |= {name: averages[f"{name}{average}"] for name in used}
            yield from there_and_back(folder.name, known, expected, folder, weights)


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
    for check in (gpt2, loaders, electra, mobilenet, fine_tuned, published):
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
