"""The variables of the seven architectures whose TensorFlow checkpoints `transformers` 4.46 loads, in tiny sizes.

For the scripts beside it. Widths are square wherever those of the published models are, so that no shape shows a wrong transpose.
"""

import collections
import functools

VOCAB, PLACES, TYPES, HIDDEN, WIDTH, INNER, LAYERS, CLASSES = 19, 7, 2, 6, 4, 10, 2, 5

# The configuration of BERT, ALBERT and ELECTRA.
SIZES = {"vocab_size": VOCAB, "max_position_embeddings": PLACES, "type_vocab_size": TYPES, "hidden_size": HIDDEN,
         "num_hidden_layers": LAYERS, "num_attention_heads": 2, "intermediate_size": INNER}

# A model of `transformers`: `rules` are those of `ckpt convert`, and `load` fills a model from a checkpoint of TensorFlow.
Model = collections.namedtuple("Model", "name rules kind config load shapes dtype")


def dense(name, inputs, outputs):
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def norm(name, width):
    return {f"{name}/gamma": (width,), f"{name}/beta": (width,)}


def embeddings(width):
    tables = {"word": VOCAB, "position": PLACES, "token_type": TYPES}
    return {f"bert/embeddings/{name}_embeddings": (rows, width) for name, rows in tables.items()} | norm(
        "bert/embeddings/LayerNorm", width
    )


def heads(width):
    return (
        dense("bert/pooler/dense", HIDDEN, HIDDEN)
        | dense("cls/predictions/transform/dense", HIDDEN, width)
        | norm("cls/predictions/transform/LayerNorm", width)
        | {"cls/predictions/output_bias": (VOCAB,)}
        | {"cls/seq_relationship/output_weights": (2, HIDDEN), "cls/seq_relationship/output_bias": (2,)}
    )


def gpt2():
    """The variables of openai/gpt-2."""
    shapes = {"model/wte": (VOCAB, HIDDEN), "model/wpe": (PLACES, HIDDEN)}
    norms, layers = ["model/ln_f"], {}
    for layer in range(LAYERS):
        at = f"model/h{layer}"
        norms += [f"{at}/ln_1", f"{at}/ln_2"]
        layers |= {f"{at}/attn/c_attn": (HIDDEN, 3 * HIDDEN), f"{at}/attn/c_proj": (HIDDEN, HIDDEN)}
        layers |= {f"{at}/mlp/c_fc": (HIDDEN, 4 * HIDDEN), f"{at}/mlp/c_proj": (4 * HIDDEN, HIDDEN)}
    shapes |= {f"{name}/{part}": (HIDDEN,) for name in norms for part in "gb"}
    for name, (inputs, outputs) in layers.items():
        shapes |= {f"{name}/w": (1, inputs, outputs), f"{name}/b": (outputs,)}
    return shapes


def bert():
    """The variables of google-research/bert."""
    shapes = embeddings(HIDDEN) | heads(HIDDEN)
    for layer in range(LAYERS):
        at = f"bert/encoder/layer_{layer}"
        for part in ("self/query", "self/key", "self/value", "output/dense"):
            shapes |= dense(f"{at}/attention/{part}", HIDDEN, HIDDEN)
        shapes |= dense(f"{at}/intermediate/dense", HIDDEN, INNER) | dense(f"{at}/output/dense", INNER, HIDDEN)
        shapes |= norm(f"{at}/attention/output/LayerNorm", HIDDEN) | norm(f"{at}/output/LayerNorm", HIDDEN)
    return shapes


def albert():
    """The variables of google-research/albert."""
    shapes = embeddings(WIDTH) | heads(WIDTH) | dense("bert/encoder/embedding_hidden_mapping_in", WIDTH, HIDDEN)
    at = "bert/encoder/transformer/group_0/inner_group_0"
    for part in ("self/query", "self/key", "self/value", "output/dense"):
        shapes |= dense(f"{at}/attention_1/{part}", HIDDEN, HIDDEN)
    shapes |= dense(f"{at}/ffn_1/intermediate/dense", HIDDEN, INNER)
    shapes |= dense(f"{at}/ffn_1/intermediate/output/dense", INNER, HIDDEN)
    return shapes | norm(f"{at}/LayerNorm", HIDDEN) | norm(f"{at}/LayerNorm_1", HIDDEN)


def t5(gated, norms):
    """The variables of Mesh TensorFlow's T5. Attention is square, so that shapes do not show a wrong transpose."""
    width, inner, heads_, buckets = 4, 6, 2, 8
    shapes = {"shared/embedding": (VOCAB, width)}
    for stack, kinds in (("encoder", ["SelfAttention"]), ("decoder", ["SelfAttention", "EncDecAttention"])):
        for block in range(LAYERS):
            at = f"{stack}/block_{block:03}"
            for layer, kind in enumerate(kinds):
                shapes |= {f"{at}/layer_{layer:03}/{kind}/{part}": (width, width) for part in "qkvo"}
            for layer in range(len(kinds) + 1):
                shapes[f"{at}/layer_{layer:03}/{norms[0]}/scale"] = (width,)
            ffn = f"{at}/layer_{len(kinds):03}/DenseReluDense"
            shapes |= {f"{ffn}/{part}/kernel": (width, inner) for part in (["wi_0", "wi_1"] if gated else ["wi"])}
            shapes[f"{ffn}/wo/kernel"] = (inner, width)
        shapes[f"{stack}/block_000/layer_000/SelfAttention/relative_attention_bias"] = (heads_, buckets)
        shapes[f"{stack}/{norms[1]}/scale"] = (width,)
    if gated:
        shapes["decoder/logits/kernel"] = (width, VOCAB)
    return shapes


def electra():
    """The variables of google-research/electra, in which both models are."""
    tables = {"word": VOCAB, "position": PLACES, "token_type": TYPES}
    shapes = {f"electra/embeddings/{name}_embeddings": (rows, WIDTH) for name, rows in tables.items()}
    shapes |= norm("electra/embeddings/LayerNorm", WIDTH)
    for half in ("electra", "generator"):
        shapes |= dense(f"{half}/embeddings_project", WIDTH, HIDDEN)
        for layer in range(LAYERS):
            at = f"{half}/encoder/layer_{layer}"
            for part in ("self/query", "self/key", "self/value", "output/dense"):
                shapes |= dense(f"{at}/attention/{part}", HIDDEN, HIDDEN)
            shapes |= dense(f"{at}/intermediate/dense", HIDDEN, INNER) | dense(f"{at}/output/dense", INNER, HIDDEN)
            shapes |= norm(f"{at}/attention/output/LayerNorm", HIDDEN) | norm(f"{at}/output/LayerNorm", HIDDEN)
    shapes |= dense("discriminator_predictions/dense", HIDDEN, HIDDEN) | dense("discriminator_predictions/dense_1", HIDDEN, 1)
    shapes |= dense("generator_predictions/dense", HIDDEN, WIDTH) | norm("generator_predictions/LayerNorm", WIDTH)
    return shapes | {"generator_predictions/output_bias": (VOCAB,)}


def batch_norm(at, width):
    parts = ("gamma", "beta", "moving_mean", "moving_variance")
    return {f"{at}/BatchNorm/{part}": (width,) for part in parts}


def convolution(at, kind, shape):
    return {f"{at}/{kind}": shape} | batch_norm(at, shape[2] if kind == "depthwise_weights" else shape[3])


def mobilenet_v1(model):
    """The variables of slim's MobileNet v1 with the channels of a model of `transformers`."""
    from_torch = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    stem = from_torch["mobilenet_v1.conv_stem.convolution.weight"]
    shapes = convolution("MobilenetV1/Conv2d_0", "weights", (3, 3, 3, stem[0]))
    for block in range(1, 14):
        outer, inner, _, _ = from_torch[f"mobilenet_v1.layer.{2 * block - 1}.convolution.weight"]
        at = f"MobilenetV1/Conv2d_{block}"
        shapes |= convolution(f"{at}_depthwise", "depthwise_weights", (3, 3, inner, 1))
        shapes |= convolution(f"{at}_pointwise", "weights", (1, 1, inner, outer))
    logits, width = "MobilenetV1/Logits/Conv2d_1c_1x1", from_torch["classifier.weight"][1]
    return shapes | {f"{logits}/weights": (1, 1, width, CLASSES), f"{logits}/biases": (CLASSES,)}


def mobilenet_v2(model):
    """The variables of slim's MobileNet v2 with the channels of a model of `transformers`."""
    shapes, from_torch = {}, {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}

    def add(at, key):
        out, into, height, width = from_torch[f"mobilenet_v2.{key}.convolution.weight"]
        depthwise = at.endswith("depthwise")
        shape = (height, width, out, 1) if depthwise else (height, width, into, out)
        shapes.update(convolution(f"MobilenetV2/{at}", "depthwise_weights" if depthwise else "weights", shape))

    add("Conv", "conv_stem.first_conv")
    add("expanded_conv/depthwise", "conv_stem.conv_3x3")
    add("expanded_conv/project", "conv_stem.reduce_1x1")
    for block in range(1, 17):
        for part, key in (("expand", "expand_1x1"), ("depthwise", "conv_3x3"), ("project", "reduce_1x1")):
            add(f"expanded_conv_{block}/{part}", f"layer.{block - 1}.{key}")
    add("Conv_1", "conv_1x1")
    logits, width = "MobilenetV2/Logits/Conv2d_1c_1x1", from_torch["classifier.weight"][1]
    return shapes | {f"{logits}/weights": (1, 1, width, CLASSES), f"{logits}/biases": (CLASSES,)}


def models():
    """Yields the models. BERT comes with its heads for the pre-training tasks, and GPT-2 as a language model."""
    import ml_dtypes
    import numpy as np
    import transformers as hf
    from transformers.models.albert.modeling_albert import load_tf_weights_in_albert
    from transformers.models.bert.modeling_bert import load_tf_weights_in_bert
    from transformers.models.electra.modeling_electra import load_tf_weights_in_electra
    from transformers.models.gpt2.modeling_gpt2 import load_tf_weights_in_gpt2
    from transformers.models.mobilenet_v1.modeling_mobilenet_v1 import load_tf_weights_in_mobilenet_v1
    from transformers.models.mobilenet_v2.modeling_mobilenet_v2 import load_tf_weights_in_mobilenet_v2
    from transformers.models.t5.modeling_t5 import load_tf_weights_in_t5

    config = hf.GPT2Config(vocab_size=VOCAB, n_positions=PLACES, n_embd=HIDDEN, n_layer=LAYERS, n_head=2)

    def load_gpt2(model, config, path):
        load_tf_weights_in_gpt2(model.transformer, config, path)

    yield Model("gpt2", "gpt2", hf.GPT2LMHeadModel, config, load_gpt2, gpt2(), np.float32)

    config = hf.BertConfig(**SIZES)
    yield Model("bert", "bert", hf.BertForPreTraining, config, load_tf_weights_in_bert, bert(), np.float32)
    config = hf.AlbertConfig(**SIZES, embedding_size=WIDTH)
    yield Model("albert", "albert", hf.AlbertForPreTraining, config, load_tf_weights_in_albert, albert(), np.float32)

    for name, gated, norms in [
        ("t5", False, ("layer_norm", "final_layer_norm")), ("t5-1.1", True, ("layer_norm", "final_layer_norm")),
        ("t5-1.1-rms", True, ("rms_norm", "rms_norm")),
    ]:
        config = hf.T5Config(
            vocab_size=VOCAB, d_model=4, d_kv=2, d_ff=6, num_layers=LAYERS, num_heads=2, relative_attention_num_buckets=8,
            tie_word_embeddings=not gated, feed_forward_proj="gated-gelu" if gated else "relu",
        )
        kind, shapes = hf.T5ForConditionalGeneration, t5(gated, norms)
        yield Model(name, "t5", kind, config, load_tf_weights_in_t5, shapes, ml_dtypes.bfloat16)

    config = hf.ElectraConfig(**SIZES, embedding_size=WIDTH)
    for name, kind, half in [
        ("electra", hf.ElectraForPreTraining, "discriminator"), ("electra-generator", hf.ElectraForMaskedLM, "generator"),
    ]:
        load = functools.partial(load_tf_weights_in_electra, discriminator_or_generator=half)
        yield Model(name, name, kind, config, load, electra(), np.float32)

    sizes = {"depth_multiplier": 0.01, "min_depth": 2, "num_labels": CLASSES}
    kind, config = hf.MobileNetV1ForImageClassification, hf.MobileNetV1Config(**sizes)
    load, shapes = load_tf_weights_in_mobilenet_v1, mobilenet_v1(kind(config))
    yield Model("mobilenet-v1", "mobilenet-v1", kind, config, load, shapes, np.float32)
    kind = hf.MobileNetV2ForImageClassification
    config = hf.MobileNetV2Config(**sizes, depth_divisible_by=1, expand_ratio=2, finegrained_output=False)
    load, shapes = load_tf_weights_in_mobilenet_v2, mobilenet_v2(kind(config))
    yield Model("mobilenet-v2", "mobilenet-v2", kind, config, load, shapes, np.float32)
