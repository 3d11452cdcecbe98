#!/usr/bin/env python3
"""Writes the arrays of `tests/corpus/numpy`, and what NumPy reads of them into `tests/corpus/truth/numpy.json`.

    python3 -m venv VENV && VENV/bin/pip install numpy==2.4.6
    VENV/bin/python scripts/numpy-corpus.py
"""

import hashlib
import json
import pathlib
import struct

import numpy as np

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "corpus"
ROOT = CORPUS / "numpy"
RANDOM = np.random.default_rng(7)

# By the kinds of NumPy; of each number both orders of bytes.
NUMBERS = ["i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"]
NAMES = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}


def random(dtype, shape):
    """An array of any bits."""
    dtype = np.dtype(dtype)
    count = int(np.prod(shape)) * dtype.itemsize
    bits = RANDOM.integers(0, 2 if dtype.kind == "b" else 256, count, np.uint8)
    return np.frombuffer(bits.tobytes(), dtype).reshape(shape)


def arrays():
    yield "bool", random("?", (3, 5))
    for dtype in ["i1", "u1"]:
        yield f"numbers/{dtype}", random(dtype, (3, 5))
    for dtype in NUMBERS:
        yield f"numbers/{dtype}", random("<" + dtype, (3, 5))
        yield f"big/{dtype}", random(">" + dtype, (2, 3))
    yield "scalar", np.array(1.5, np.float32)
    yield "none", np.zeros((0, 3), np.int32)
    yield "fortran/matrix", np.asfortranarray(random("<f4", (5, 7)))
    yield "fortran/big", np.asfortranarray(random(">i8", (2, 3, 4)))
    yield "fortran/bytes", np.asfortranarray(np.array([[b"a", b"bc"], [b"", b"d\0e"], [b"\xff", b"g"]]))
    yield "fortran/row", np.asfortranarray(random("<f8", (1, 4)))
    yield "strings/bytes", np.array([b"one", b"", b"three\0\0"])
    yield "strings/text", np.array([["ü", "", "ab"], ["層", "a\0b", "🙂"]])
    yield "strings/big", np.array(["ü", "abc"], ">U3")
    yield "ü/model.layer 1", random("<f4", (2,))


def row_major(array):
    """The elements as little-endian bytes; of strings, each after its length."""
    if array.dtype.kind in "SU":
        strings = (s if isinstance(s, bytes) else s.encode() for s in array.ravel().tolist())
        return b"".join(struct.pack("<Q", len(s)) + s for s in strings)
    return array.astype(array.dtype.newbyteorder("<")).tobytes("C")


def name(dtype):
    if dtype.kind in "SU":
        return "string"
    return "bool" if dtype.kind == "b" else f"{NAMES[dtype.kind]}{dtype.itemsize * 8}"


def truth(array):
    sha256 = hashlib.sha256(row_major(array)).hexdigest()
    return {"dtype": name(array.dtype), "shape": list(array.shape), "sha256": sha256}


def main():
    ROOT.mkdir(exist_ok=True)
    all_arrays = dict(arrays())
    few = {key: all_arrays[key] for key in ["bool", "numbers/f4", "fortran/big", "strings/text", "scalar", "none"]}
    few["zeros"] = np.zeros((300, 40), np.float32)
    np.savez(ROOT / "stored.npz", **all_arrays)
    np.savez_compressed(ROOT / "compressed.npz", **few)
    np.save(ROOT / "one.npy", all_arrays["fortran/matrix"])
    for key, array in few.items():
        if key != "zeros":
            (ROOT / "folder" / key).parent.mkdir(parents=True, exist_ok=True)
            with open(ROOT / "folder" / f"{key}.npy", "wb") as file:
                np.lib.format.write_array(file, array, (2, 0) if key == "bool" else None)
    objects = {
        "good": np.arange(3.0),
        "objects": np.array([1, "two"], object),
        "record": np.zeros(2, [("x", "<f4"), ("y", "<i4")]),
        "time": np.array(["2024-01-01"], "datetime64[D]"),
        "raw": np.zeros(2, "V2"),
        "long": np.zeros(2, np.longdouble),
    }
    np.savez(ROOT / "unsupported.npz", **objects)

    found = {}
    for path in ["stored.npz", "compressed.npz"]:
        with np.load(ROOT / path) as archive:
            found[path] = {key: truth(archive[key]) for key in sorted(archive.files)}
    found["one.npy"] = {"one": truth(np.load(ROOT / "one.npy"))}
    files = sorted((ROOT / "folder").rglob("*.npy"))
    names = [str(file.relative_to(ROOT / "folder").with_suffix("")) for file in files]
    found["folder"] = {key: truth(np.load(file)) for key, file in sorted(zip(names, files))}
    (CORPUS / "truth" / "numpy.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


main()
