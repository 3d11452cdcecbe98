"""The checkpoints of the repository, and what TensorFlow and NumPy read from them."""

import hashlib
import json
import pathlib
import struct

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CORPUS = REPOSITORY / "tests" / "corpus"
BARD = REPOSITORY / "examples" / "models" / "gpt2-bard"
# What others published, where it lies beside the repository.
PUBLISHED = REPOSITORY.parent / "shared" / "corpus"


def cases():
    """The names of all checkpoints, each with its folder of the corpus."""
    for root, kinds in [(CORPUS, ["crafted", "gen", "models"]), (PUBLISHED, ["real"])]:
        for kind in kinds:
            for file in sorted((root / "truth" / kind).glob("*.json")):
                yield root, f"{kind}/{file.stem}"


def truth(root, name):
    """What TensorFlow reads: the prefix, and the tensors by their names."""
    read = json.loads((root / "truth" / f"{name}.json").read_text(encoding="utf-8"))
    return root / name / read["prefix"], read, {tensor["name"]: tensor for tensor in read["tensors"]}


def sha256(array):
    """The hash of an array, as the truth has it."""
    if array.dtype != object:
        return hashlib.sha256(array.tobytes()).hexdigest()
    strings = (struct.pack("<Q", len(string)) + string for string in array.reshape(-1).tolist())
    return hashlib.sha256(b"".join(strings)).hexdigest()
