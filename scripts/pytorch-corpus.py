#!/usr/bin/env python3
"""Writes the files of `tests/corpus/pytorch`, and what PyTorch reads of them into `tests/corpus/truth/pytorch.json`.

    apt-get install python3-torch       # 1.13
    /usr/bin/python3 scripts/pytorch-corpus.py
"""

import collections
import hashlib
import json
import pathlib
import struct

import torch

CORPUS = pathlib.Path(__file__).resolve().parent.parent / "tests" / "corpus"
ROOT = CORPUS / "pytorch"

DTYPES = {
    torch.float32: "float32", torch.float64: "float64", torch.float16: "float16", torch.bfloat16: "bfloat16",
    torch.int64: "int64", torch.int32: "int32", torch.int16: "int16", torch.int8: "int8", torch.uint8: "uint8",
    torch.bool: "bool", torch.complex64: "complex64", torch.complex128: "complex128",
}


def random(dtype, *shape):
    """A tensor of any bits."""
    count = torch.Size(shape).numel()
    width = torch.empty((), dtype=dtype).element_size()
    if dtype == torch.bool:
        return torch.randint(0, 2, shape) == 1
    bits = torch.randint(0, 256, (count * width,), dtype=torch.uint8)
    return bits.view(dtype).reshape(shape) if count else torch.empty(shape, dtype=dtype)


def views():
    matrix = random(torch.float32, 6, 8)
    cube = random(torch.int16, 3, 4, 5)
    return collections.OrderedDict([
        ("whole", matrix), ("tied", matrix), ("transposed", matrix.t()), ("rows", matrix[2:5]), ("columns", matrix[:, 1:3]),
        ("steps", matrix[::2, ::3]), ("last", matrix[5, 7]), ("permuted", cube.permute(2, 0, 1)), ("middle", cube[:, 1:2]),
        ("expanded", random(torch.float64, 3, 1).expand(3, 7)), ("same", torch.tensor(2.5).expand(4, 5)),
        ("none", matrix[3:3]), ("parameter", torch.nn.Parameter(random(torch.float32, 2, 2))),
    ])


def model():
    torch.manual_seed(3)
    layers = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
    optimizer = torch.optim.Adam(layers.parameters())
    layers(torch.ones(5, 3)).sum().backward()
    optimizer.step()
    return layers, optimizer


def leaves(value, path=()):
    """The tensors and scalars in containers; a list of scalars of one type is one tensor."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, path + (str(key),))
    elif isinstance(value, (list, tuple)):
        kinds = {type(inner) for inner in value}
        if len(kinds) == 1 and kinds <= {int, float, bool, str}:
            yield ".".join(path), value
        else:
            for number, inner in enumerate(value):
                yield from leaves(inner, path + (str(number),))
    elif value is not None:
        yield ".".join(path), value


def truth(value):
    if isinstance(value, str) or isinstance(value, (list, tuple)) and isinstance(value[0], str):
        texts = [value] if isinstance(value, str) else value
        data = b"".join(struct.pack("<Q", len(text.encode())) + text.encode() for text in texts)
        dtype, shape = "string", [] if isinstance(value, str) else [len(value)]
    elif isinstance(value, torch.dtype):
        text = str(value).encode()
        data, dtype, shape = struct.pack("<Q", len(text)) + text, "string", []
    else:
        if not isinstance(value, torch.Tensor):
            kind = value[0] if isinstance(value, (list, tuple)) else value
            value = torch.tensor(value, dtype=torch.float64 if isinstance(kind, float) else None)
        dtype, shape = DTYPES[value.dtype], list(value.shape)
        plain = value.detach().contiguous().clone().reshape(-1)
        data = bytes(plain.view(torch.uint8).tolist()) if plain.numel() else b""
    return {"dtype": dtype, "shape": shape, "sha256": hashlib.sha256(data).hexdigest()}


def save(found, name, value, **options):
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(value, path, **options)
    value = torch.load(path)
    root = path.stem
    found[name] = {key or root: truth(leaf) for key, leaf in sorted(leaves(value))}


def main():
    torch.manual_seed(7)
    found = {}
    save(found, "dtypes.pt", {name: random(dtype, 2, 3) for dtype, name in DTYPES.items()})
    save(found, "views.pth", views())
    save(found, "protocol4.pt", views(), pickle_protocol=4)
    save(found, "tensor.pt", random(torch.float16, 3, 2))
    layers, optimizer = model()
    training = {
        "model": layers.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "loss": 0.25, "best": True, "none": None,
        "name": "tiny ü", "dtype": torch.bfloat16, "history": [0.5, 0.25], "classes": ("a", "b"), "mixed": [1, 0.5],
        "shape": torch.Size([2, 3]), "empty": [], "nested": {"list": [{"w": torch.ones(2)}, torch.zeros(())]},
        "far": [-(2**62), 2**62, -1, 300, 70000], 7: 8,
    }
    save(found, "training.pt", training)
    state = list(layers.state_dict().items())
    shards, names = [dict(state[::2]), dict(state[1::2])], {}
    for number, shard in enumerate(shards, 1):
        name = f"pytorch_model-{number:05}-of-00002.bin"
        (ROOT / "sharded").mkdir(exist_ok=True)
        torch.save(shard, ROOT / "sharded" / name)
        names.update({key: name for key in shard})
    index = {"metadata": {"total_size": 0}, "weight_map": names}
    (ROOT / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2))
    found["sharded"] = {key: truth(tensor) for key, tensor in sorted(state)}
    torch.save({"w": torch.ones(1)}, ROOT / "legacy.pt", _use_new_zipfile_serialization=False)
    (CORPUS / "truth" / "pytorch.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


main()
