#!/usr/bin/env python3
"""Times whole processes that load a GPT-2 of 124 million parameters: the interpreter's start, imports and all arrays.

    python checkpoint-python/bench/load.py [--rounds 5] [--folder FOLDER]

It needs `tfckpt`. `tensorflow` and `safetensors` take part where this Python can import them. Arrays of random numbers are written
into a temporary folder (1 GB), or into FOLDER, where they stay. Each round of each way is a process of its own, and the ways take
turns, with the files in the page cache. The processor time is that of all threads, which other programs change
less. The peak memory is that of the process, from which the size of the arrays is subtracted.
"""

import argparse
import importlib.util
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy as np

import tfckpt

# Each way is a program of its own; `path` is the path of the TensorFlow checkpoint without an ending.
WAYS = {
    "tfckpt": "import tfckpt\narrays = tfckpt.open(path).load()",
    "tfckpt, mapped": "import tfckpt\narrays = tfckpt.open(path, mmap=True).load()",
    "tfckpt, on one thread": "import tfckpt\narrays = tfckpt.open(path).load(threads=1)",
    "tfckpt.gpt2": "import tfckpt\narrays = tfckpt.gpt2(path)",
    "tfckpt, the safetensors file": "import tfckpt\narrays = tfckpt.open(path + '.safetensors').load()",
    "safetensors.numpy.load_file": (
        "from safetensors.numpy import load_file\narrays = load_file(path + '.safetensors')"
    ),
    # picoGPT opens the checkpoint again for each variable.
    "TensorFlow, as picoGPT does": (
        "import numpy as np\nimport tensorflow as tf\n"
        "names = [name for name, _ in tf.train.list_variables(path)]\n"
        "arrays = {name: np.squeeze(tf.train.load_variable(path, name)) for name in names}"
    ),
    "TensorFlow, one reader": (
        "import tensorflow as tf\nreader = tf.train.load_checkpoint(path)\n"
        "arrays = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}"
    ),
    "only `import numpy`": "import numpy",
}
PACKAGES = {"safetensors.numpy": "safetensors", "TensorFlow": "tensorflow"}


def gpt2(width=768, layers=12, words=50257, context=1024):
    """The shapes of the smallest GPT-2."""
    linear = lambda name, inputs, outputs: {f"{name}/w": (1, inputs, outputs), f"{name}/b": (outputs,)}
    norm = lambda name: {f"{name}/g": (width,), f"{name}/b": (width,)}
    shapes = {"model/wte": (words, width), "model/wpe": (context, width), **norm("model/ln_f")}
    for layer in (f"model/h{number}" for number in range(layers)):
        shapes |= {**norm(f"{layer}/ln_1"), **norm(f"{layer}/ln_2")}
        shapes |= linear(f"{layer}/attn/c_attn", width, 3 * width) | linear(f"{layer}/attn/c_proj", width, width)
        shapes |= linear(f"{layer}/mlp/c_fc", width, 4 * width) | linear(f"{layer}/mlp/c_proj", 4 * width, width)
    return shapes


def write(path):
    """Writes the checkpoint and the same arrays as safetensors."""
    if not path.with_name("model.ckpt.safetensors").exists():
        numbers = np.random.default_rng(0)
        arrays = {name: numbers.standard_normal(shape, np.float32) for name, shape in gpt2().items()}
        tfckpt.save(path, arrays, overwrite=True)
        tfckpt.save(f"{path}.safetensors", arrays, overwrite=True)


def run(program, path):
    """Runs a program, and returns the seconds, those of the processor, and the peak memory in bytes."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", f"path = {str(path)!r}\n{program}"], env=environment, stderr=subprocess.PIPE
    )
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(said.decode(errors="replace"))
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def is_there(way):
    package = next((package for start, package in PACKAGES.items() if way.startswith(start)), None)
    there = package is None or importlib.util.find_spec(package) is not None
    if not there:
        print(f"skipped: {way}; there is no package `{package}`", file=sys.stderr)
    return there


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="processes of each way")
    parser.add_argument("--folder", type=pathlib.Path, help="folder of the checkpoints, which are written if missing")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "model.ckpt"
        # The system counts the memory of this process to that of the others, so that it stays small.
        writer = multiprocessing.get_context("spawn").Process(target=write, args=(path,))
        writer.start()
        writer.join()
        checkpoint = tfckpt.open(path)
        size = sum(checkpoint.spec(name).nbytes for name in checkpoint)
        ways = {way: program for way, program in WAYS.items() if is_there(way)}
        rounds = {way: [] for way in ways}
        # The first round reads the files and the packages into the page cache.
        for number in range(arguments.rounds + 1):
            # Where the system is a guest, memory that nobody has used for a while costs more when it is touched.
            run(WAYS["tfckpt"], path)
            for way, program in ways.items():
                measured = run(program, path)
                if number > 0:
                    rounds[way].append(measured)
    print(f"{os.cpu_count()} cores, {arguments.rounds} rounds, {size / 1e6:.0f} MB of arrays, whole processes\n")
    print("| way | fastest | times as long as `tfckpt` | processor time | times as much | peak memory beside the arrays |")
    print("| --- | --- | --- | --- | --- | --- |")
    least = {way: [min(column) for column in zip(*measured)][:2] for way, measured in rounds.items()}
    for way, (seconds, processor) in least.items():
        base_seconds, base_processor = least["tfckpt"]
        peak = max(peak for _, _, peak in rounds[way])
        beside = peak if "only" in way else peak - size
        print(
            f"| {way} | {seconds:.3f} s | {seconds / base_seconds:.1f} | {processor:.3f} s | {processor / base_processor:.1f} "
            f"| {beside / 1e6:.0f} MB |"
        )


if __name__ == "__main__":
    main()
