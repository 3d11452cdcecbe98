"""GPT-2 in NumPy, in the way of picoGPT: the parameters come from `tfckpt` and not from TensorFlow.

    python checkpoint-python/examples/picogpt.py examples/models/gpt2-bard --tokens 40
"""

import argparse
import json
import pathlib

import numpy as np

import tfckpt


def gelu(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    exp = np.exp(x - x.max(axis=-1, keepdims=True))
    return exp / exp.sum(axis=-1, keepdims=True)


def normalize(x, g, b):
    return g * (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) + b


def linear(x, w, b):
    return x @ w + b


def feed_forward(x, c_fc, c_proj):
    return linear(gelu(linear(x, **c_fc)), **c_proj)


def attend(x, c_attn, c_proj, n_head):
    qkv = [np.split(part, n_head, axis=-1) for part in np.split(linear(x, **c_attn), 3, axis=-1)]
    mask = (1 - np.tri(len(x), dtype=x.dtype)) * -1e10
    heads = [softmax(q @ k.T / np.sqrt(q.shape[-1]) + mask) @ v for q, k, v in zip(*qkv)]
    return linear(np.hstack(heads), **c_proj)


def transform(x, mlp, attn, ln_1, ln_2, n_head):
    x = x + attend(normalize(x, **ln_1), **attn, n_head=n_head)
    return x + feed_forward(normalize(x, **ln_2), **mlp)


def gpt2(ids, wte, wpe, blocks, ln_f, n_head):
    """The logits of the token after each of `ids`."""
    x = wte[ids] + wpe[range(len(ids))]
    for block in blocks:
        x = transform(x, **block, n_head=n_head)
    return normalize(x, **ln_f) @ wte.T


def main():
    parser = argparse.ArgumentParser(description="Continue a text by the likeliest tokens.")
    parser.add_argument("model", type=pathlib.Path, help="a directory as OpenAI released GPT-2")
    parser.add_argument("--tokens", type=int, default=40)
    parser.add_argument("--start", default="Ċ", help="the first token, as `encoder.json` spells it")
    arguments = parser.parse_args()

    params = tfckpt.gpt2(arguments.model)
    hparams = json.loads((arguments.model / "hparams.json").read_text(encoding="utf-8"))
    encoder = json.loads((arguments.model / "encoder.json").read_text(encoding="utf-8"))
    ids = [encoder[arguments.start]]
    for _ in range(arguments.tokens):
        logits = gpt2(ids[-hparams["n_ctx"] :], **params, n_head=hparams["n_head"])
        ids.append(int(logits[-1].argmax()))
    tokens = {number: token for token, number in encoder.items()}
    print("".join(tokens[number] for number in ids).replace("Ġ", " ").replace("Ċ", "\n"))


if __name__ == "__main__":
    main()
