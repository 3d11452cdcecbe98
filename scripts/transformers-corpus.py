#!/usr/bin/env python3
"""Writes `tests/corpus/transformers`: tiny checkpoints of seven architectures, and what `transformers` makes of them.

    apt-get install python3-torch
    /usr/bin/python3 -m venv --system-site-packages VENV
    VENV/bin/pip install transformers==4.46.3 safetensors 'tensorflow-cpu<2.18' 'numpy<2'
    VENV/bin/python scripts/transformers-corpus.py

`TensorFlow` writes each checkpoint. The loader of `transformers` reads it into its own model, and `save_pretrained` writes
`model.safetensors`. All elements of a checkpoint are different numbers, so an element in a wrong place is found.
"""

import contextlib
import os
import pathlib
import shutil
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("USE_TF", "0")  # No models of `transformers` in TensorFlow.

import numpy as np  # noqa: E402: TensorFlow reads the environment when it is imported

import architectures  # noqa: E402

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "corpus" / "transformers"


def numbered(shapes, dtype):
    """Returns arrays in which all elements differ: 1, 2, 3, ... in order of the names, or numbers of different bits."""
    arrays, first = {}, 1
    for name, shape in sorted(shapes.items()):
        count = int(np.prod(shape))
        numbers = np.arange(first, first + count)
        if dtype != np.float32:
            # A `bfloat16` holds few whole numbers. These bits are those of numbers from the smallest normal one.
            bits = (numbers + 0x7F).astype(np.uint16)
            assert bits.max() < 0x7F80, "no more finite numbers"
            numbers = bits.view(dtype)
        arrays[name] = numbers.astype(dtype).reshape(shape)
        first += count
    return arrays


def averages(arrays):
    """Returns the averages of MobileNet v2: other numbers, for all variables and thus also for statistics, which are not used."""
    return {f"{name}/ExponentialMovingAverage": -array for name, array in arrays.items()}


def write(prefix, arrays):
    """Writes a checkpoint as `Saver` does: the variables in order of their names."""
    import tensorflow as tf

    names = sorted(arrays)
    tensors = [tf.constant(arrays[name]) for name in names]
    tf.raw_ops.SaveV2(prefix=str(prefix), tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors)


def save(model, prefix, target):
    """Fills a model with a checkpoint of TensorFlow, and saves it."""
    filled = model.kind(model.config)
    with contextlib.redirect_stdout(None):
        model.load(filled, model.config, str(prefix))
    filled.tie_weights()
    with tempfile.TemporaryDirectory() as folder:
        filled.save_pretrained(folder)
        shutil.copyfile(f"{folder}/model.safetensors", target)


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for model in architectures.models():
        folder = CORPUS / model.name
        folder.mkdir(parents=True)
        prefix = folder / "model.ckpt"
        if model.name == "electra-generator":
            # Both models are in one checkpoint of TensorFlow.
            prefix = CORPUS / "electra" / "model.ckpt"
        else:
            arrays = numbered(model.shapes, model.dtype)
            more = averages(arrays) if model.name == "mobilenet-v2" else {}
            write(prefix, arrays | more)
        save(model, prefix, folder / "model.safetensors")


if __name__ == "__main__":
    main()
