#!/usr/bin/env python3
"""Writes the models of `checkpoint-candle/tests/models`: small TensorFlow checkpoints, and what `transformers` computes with them.

    apt-get install python3-torch       # 1.13
    /usr/bin/python3 -m venv --system-site-packages VENV
    VENV/bin/pip install transformers==4.46.3 'tensorflow-cpu<2.18' 'numpy<2'
    VENV/bin/python scripts/candle-references.py

The weights are random. TensorFlow writes them, under the names of google-research/bert and of Mesh TensorFlow. `transformers` loads
them by its own loaders for these checkpoints, which share no code with this project.
"""

import json
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("USE_TF", "0")  # No models of `transformers` in TensorFlow.

import numpy as np  # noqa: E402: TensorFlow reads the environment when it is imported
import tensorflow as tf  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from transformers.models.bert.modeling_bert import load_tf_weights_in_bert  # noqa: E402
from transformers.models.t5.modeling_t5 import load_tf_weights_in_t5  # noqa: E402

MODELS = pathlib.Path(__file__).resolve().parent.parent / "checkpoint-candle" / "tests" / "models"
RANDOM = np.random.default_rng(21)

BERT = {
    "vocab_size": 40,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.1,
    "max_position_embeddings": 20,
    "type_vocab_size": 2,
    "initializer_range": 0.02,
    "layer_norm_eps": 1e-12,
    "pad_token_id": 0,
    "model_type": "bert",
}
T5 = {
    "vocab_size": 40,
    "d_model": 16,
    "d_kv": 8,
    "d_ff": 24,
    "num_layers": 2,
    "num_heads": 2,
    "relative_attention_num_buckets": 32,
    "dropout_rate": 0.1,
    "layer_norm_epsilon": 1e-6,
    "initializer_factor": 1.0,
    "feed_forward_proj": "relu",
    "is_encoder_decoder": True,
    "pad_token_id": 0,
    "eos_token_id": 1,
    "decoder_start_token_id": 0,
}


def normal(*shape, scale=0.3):
    return (scale * RANDOM.standard_normal(shape)).astype(np.float32)


def bert_variables():
    hidden, inner = BERT["hidden_size"], BERT["intermediate_size"]
    variables = {
        "bert/embeddings/word_embeddings": normal(BERT["vocab_size"], hidden),
        "bert/embeddings/position_embeddings": normal(BERT["max_position_embeddings"], hidden),
        "bert/embeddings/token_type_embeddings": normal(BERT["type_vocab_size"], hidden),
        "cls/predictions/output_bias": normal(BERT["vocab_size"]),
        "cls/seq_relationship/output_weights": normal(2, hidden),
        "cls/seq_relationship/output_bias": normal(2),
        "global_step": np.int64(7),
    }

    def dense(path, rows, columns):
        variables[f"{path}/kernel"] = normal(rows, columns)
        variables[f"{path}/bias"] = normal(columns)

    def norm(path):
        variables[f"{path}/LayerNorm/gamma"] = 1 + normal(hidden)
        variables[f"{path}/LayerNorm/beta"] = normal(hidden)

    norm("bert/embeddings")
    for number in range(BERT["num_hidden_layers"]):
        layer = f"bert/encoder/layer_{number}"
        for part in ["query", "key", "value"]:
            dense(f"{layer}/attention/self/{part}", hidden, hidden)
        dense(f"{layer}/attention/output/dense", hidden, hidden)
        norm(f"{layer}/attention/output")
        dense(f"{layer}/intermediate/dense", hidden, inner)
        dense(f"{layer}/output/dense", inner, hidden)
        norm(f"{layer}/output")
    dense("bert/pooler/dense", hidden, hidden)
    dense("cls/predictions/transform/dense", hidden, hidden)
    norm("cls/predictions/transform")
    for slot in ["adam_m", "adam_v"]:
        variables[f"bert/pooler/dense/kernel/{slot}"] = normal(hidden, hidden)
    return variables


def t5_variables():
    model, inner, wide = T5["d_model"], T5["d_ff"], T5["d_kv"] * T5["num_heads"]
    variables = {"shared/embedding": normal(T5["vocab_size"], model, scale=1), "global_step": np.int64(7)}

    def attention(path):
        for part in ["q", "k", "v"]:
            variables[f"{path}/{part}"] = normal(model, wide)
        variables[f"{path}/o"] = normal(wide, model)

    for stack, parts in [
        ("encoder", ["SelfAttention", "DenseReluDense"]),
        ("decoder", ["SelfAttention", "EncDecAttention", "DenseReluDense"]),
    ]:
        for block in range(T5["num_layers"]):
            for number, part in enumerate(parts):
                layer = f"{stack}/block_{block:03}/layer_{number:03}"
                variables[f"{layer}/layer_norm/scale"] = 1 + normal(model)
                if part == "DenseReluDense":
                    variables[f"{layer}/{part}/wi/kernel"] = normal(model, inner)
                    variables[f"{layer}/{part}/wo/kernel"] = normal(inner, model)
                else:
                    attention(f"{layer}/{part}")
        bias = normal(T5["num_heads"], T5["relative_attention_num_buckets"], scale=1)
        variables[f"{stack}/block_000/layer_000/SelfAttention/relative_attention_bias"] = bias
        variables[f"{stack}/final_layer_norm/scale"] = 1 + normal(model)
    return variables


def save(folder, variables, config):
    """Writes a checkpoint and the configuration, and returns the prefix."""
    folder.mkdir(parents=True, exist_ok=True)
    prefix = str(folder / "model.ckpt")
    names = sorted(variables)
    tensors = [tf.constant(variables[name]) for name in names]
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=names, shape_and_slices=[""] * len(names), tensors=tensors)
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    return prefix


def expect(folder, **values):
    """Writes inputs and outputs: tensors by their names, each with its shape and its elements."""

    def tensor(value):
        return {"shape": list(value.shape), "elements": value.reshape(-1).tolist()}

    values = {name: tensor(value) for name, value in values.items()}
    by = {"transformers": transformers.__version__, "torch": torch.__version__}
    (folder / "expected.json").write_text(json.dumps({"by": by, **values}) + "\n")


@torch.no_grad()
def bert():
    folder = MODELS / "bert"
    prefix = save(folder, bert_variables(), BERT)
    config = transformers.BertConfig(**BERT)
    model = load_tf_weights_in_bert(transformers.BertForPreTraining(config), config, prefix).eval()
    input_ids = torch.tensor([[2, 11, 25, 39, 7, 8, 3], [2, 30, 31, 3, 0, 0, 0]])
    token_type_ids = torch.tensor([[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0, 0]])
    attention_mask = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    output = model.bert(input_ids, attention_mask, token_type_ids).last_hidden_state
    expect(
        folder,
        input_ids=input_ids,
        token_type_ids=token_type_ids,
        attention_mask=attention_mask,
        last_hidden_state=output,
    )


@torch.no_grad()
def t5():
    folder = MODELS / "t5"
    prefix = save(folder, t5_variables(), T5)
    config = transformers.T5Config(**T5)
    model = load_tf_weights_in_t5(transformers.T5ForConditionalGeneration(config), config, prefix).eval()
    # No padding, which `candle` has no mask for. In the decoder it has the buckets of the encoder, which are the same up to a
    # distance of 7.
    input_ids = torch.tensor([[5, 17, 33, 9, 21, 4, 38, 12, 26, 13, 1]])
    decoder_input_ids = torch.tensor([[0, 14, 6, 29, 35, 22]])
    output = model(input_ids=input_ids, decoder_input_ids=decoder_input_ids)
    expect(
        folder,
        input_ids=input_ids,
        decoder_input_ids=decoder_input_ids,
        encoder_last_hidden_state=output.encoder_last_hidden_state,
        logits=output.logits[:, -1],
    )


if __name__ == "__main__":
    bert()
    t5()
