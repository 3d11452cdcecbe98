"""TensorFlow, safetensors, NumPy and PyTorch checkpoints as NumPy arrays, without TensorFlow.

    import tfckpt

    checkpoint = tfckpt.open("models/124M")      # a mapping of names to arrays; nothing is read yet
    checkpoint["model/wte"]                      # this array is read now, and its checksum verified
    checkpoint.load()                            # all of them at once, on all cores

    params = tfckpt.gpt2("models/124M")          # the nested dictionary of picoGPT

    tfckpt.save("out/model.ckpt", {"a": array})  # as TensorFlow writes it
    tfckpt.convert("models/124M", "gpt2.safetensors", model="gpt2")

Errors are exceptions below `CheckpointError`. Threads may share a checkpoint; reading and saving do not hold the lock of the
interpreter. bfloat16 and other dtypes that NumPy does not have need the package `ml_dtypes`.
"""

from tfckpt._checkpoint import Checkpoint, Spec, open
from tfckpt._convert import ConvertReport, convert
from tfckpt._errors import (
    CheckpointError,
    DamagedError,
    DTypeError,
    ExistsError,
    MismatchError,
    NotFoundError,
    OpenError,
    ReadError,
    RowsError,
    RulesError,
    SaveError,
    VariableNameError,
)
from tfckpt._gpt2 import gpt2
from tfckpt._nest import nest
from tfckpt._save import SaveReport, recover, save

__all__ = [
    "Checkpoint",
    "CheckpointError",
    "ConvertReport",
    "DTypeError",
    "DamagedError",
    "ExistsError",
    "MismatchError",
    "NotFoundError",
    "OpenError",
    "ReadError",
    "RowsError",
    "RulesError",
    "SaveError",
    "SaveReport",
    "Spec",
    "VariableNameError",
    "convert",
    "gpt2",
    "nest",
    "open",
    "recover",
    "save",
]
# What `help` and tracebacks call them.
for _name in __all__:
    globals()[_name].__module__ = "tfckpt"
del _name
