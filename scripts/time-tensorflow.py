#!/usr/bin/env python3
"""Loads a checkpoint with TensorFlow, and prints how many nanoseconds that took without the import.

time-tensorflow.py restore PREFIX    reads all tensors with one RestoreV2
time-tensorflow.py again PREFIX      does that once more, some times, and takes the fastest: it is faster than the first
time-tensorflow.py reader PREFIX     opens the checkpoint with load_checkpoint, and gets one tensor after another
time-tensorflow.py variables PREFIX  reads one variable after another, and puts them, squeezed, into nested dictionaries and lists
time-tensorflow.py save PREFIX       writes all tensors, which are in memory, with one SaveV2, twice, and takes the faster
time-tensorflow.py convert PREFIX    reads all tensors as `reader` does, and writes them with `safetensors.numpy.save_file`
time-tensorflow.py version           prints the version of TensorFlow

The benchmark `compare` runs it; nothing else needs it.
"""

import pathlib
import re
import sys
import tempfile
import time

import numpy
import tensorflow


def restore(prefix, times):
    """All tensors at once, as often. What there is to be read is asked before the clock starts."""
    dtypes = tensorflow.train.load_checkpoint(prefix).get_variable_to_dtype_map()
    names = sorted(name for name in dtypes if dtypes[name] != tensorflow.string)
    elapsed = []
    for _ in range(times):
        started = time.perf_counter_ns()
        tensors = read(prefix, names, dtypes)
        elapsed.append(time.perf_counter_ns() - started)
        assert len(tensors) == len(names)
        del tensors
    return min(elapsed)


def read(prefix, names, dtypes):
    slices = [""] * len(names)
    return tensorflow.raw_ops.RestoreV2(
        prefix=prefix, tensor_names=names, shape_and_slices=slices, dtypes=[dtypes[name] for name in names]
    )


def reader(prefix):
    """One tensor after another from a checkpoint that is opened once."""
    started = time.perf_counter_ns()
    checkpoint = tensorflow.train.load_checkpoint(prefix)
    tensors = {name: checkpoint.get_tensor(name) for name in checkpoint.get_variable_to_shape_map()}
    elapsed = time.perf_counter_ns() - started
    assert tensors
    return elapsed


def variables(prefix):
    """One variable after another, as scripts that prepare a model for NumPy do it."""
    started = time.perf_counter_ns()
    model = {}
    for name, _ in tensorflow.train.list_variables(prefix):
        place(model, name.split("/"), numpy.squeeze(tensorflow.train.load_variable(prefix, name)))
    return time.perf_counter_ns() - started


def save(prefix, times):
    """All tensors from memory into a new checkpoint."""
    dtypes = tensorflow.train.load_checkpoint(prefix).get_variable_to_dtype_map()
    names = sorted(name for name in dtypes if dtypes[name] != tensorflow.string)
    tensors = read(prefix, names, dtypes)
    slices = [""] * len(names)
    elapsed = []
    for _ in range(times):
        with tempfile.TemporaryDirectory(dir=pathlib.Path(prefix).parent) as folder:
            saved = str(pathlib.Path(folder) / "saved")
            started = time.perf_counter_ns()
            tensorflow.raw_ops.SaveV2(prefix=saved, tensor_names=names, shape_and_slices=slices, tensors=tensors)
            elapsed.append(time.perf_counter_ns() - started)
    return min(elapsed)


def convert(prefix):
    """All tensors from a checkpoint into a safetensors file."""
    from safetensors.numpy import save_file

    with tempfile.TemporaryDirectory(dir=pathlib.Path(prefix).parent) as folder:
        started = time.perf_counter_ns()
        checkpoint = tensorflow.train.load_checkpoint(prefix)
        tensors = {name: checkpoint.get_tensor(name) for name in checkpoint.get_variable_to_shape_map()}
        save_file(tensors, pathlib.Path(folder) / "converted.safetensors")
        return time.perf_counter_ns() - started


def place(model, parts, array):
    """Puts an array where its name says: `h12/attn/w` into the thirteenth entry of the list `h`."""
    for part in parts[:-1]:
        numbered = re.fullmatch(r"(.*?)_?(\d+)", part)
        if numbered is None:
            model = model.setdefault(part, {})
            continue
        elements = model.setdefault(numbered[1], [])
        while len(elements) <= int(numbered[2]):
            elements.append({})
        model = elements[int(numbered[2])]
    model[parts[-1]] = array


def main():
    match sys.argv[1:]:
        case ["version"]:
            print(tensorflow.__version__)
        case ["restore", prefix]:
            print(restore(prefix, times=1))
        case ["again", prefix]:
            print(restore(prefix, times=4))
        case ["reader", prefix]:
            print(reader(prefix))
        case ["variables", prefix]:
            print(variables(prefix))
        case ["save", prefix]:
            print(save(prefix, times=2))
        case ["convert", prefix]:
            print(convert(prefix))
        case _:
            sys.exit(__doc__)


main()
