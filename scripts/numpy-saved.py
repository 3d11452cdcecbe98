#!/usr/bin/env python3
"""Writes `tests/corpus/numpy-saved`: arrays as NumPy saves them, which this project saves byte for byte.

    python3 -m venv VENV && VENV/bin/pip install numpy==2.4.6
    VENV/bin/python scripts/numpy-saved.py
"""

import pathlib

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent / "tests" / "corpus" / "numpy-saved"
DTYPES = ["?", "i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16"]


def main():
    arrays = {f"dtypes/{np.dtype(kind).name}": np.arange(6).astype(kind).reshape(2, 3) for kind in DTYPES}
    arrays["scalar"] = np.array(1.5, np.float32)
    arrays["none"] = np.zeros((0, 3), np.int32)
    arrays["dtypes"] = np.arange(3, dtype=np.int64)
    arrays["ü/model.layer 1"] = np.arange(12, dtype=np.float32)
    # The header is as long as a multiple of 64 without padding.
    arrays["rank"] = np.zeros((1, 2, 3, 4, 5, 1, 1, 1, 1, 1, 1, 1), np.uint8)
    ROOT.mkdir(exist_ok=True)
    np.savez(ROOT / "model.npz", **arrays)
    for name, array in arrays.items():
        path = ROOT / "folder" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array)


main()
