//! Names of structs, fields and symbols.

use expect_test::expect;

use crate::scaffold;

#[test]
fn fields_keep_what_tells_siblings_apart() {
    expect![[r##"
        #[ckpt(dims(dim_8, dim_42, dim_50))]
        pub struct Model {
            #[ckpt(path = "4x4/const", shape = [4, 4])]
            pub part_4x4_const: Array2<f32>,
            #[ckpt(path = "8x8/conv")]
            pub part_8x8: Conv2d,
            #[ckpt(path = "a_scope_of_many_words/that_all_begin_with/as_others_do_first_tower")]
            #[ckpt(shape = [2])]
            pub as_others_do_first: Array1<f32>,
            #[ckpt(path = "a_scope_of_many_words_that_all_begin_with_as_others_do_first_tower")]
            #[ckpt(shape = [2])]
            pub that_all_begin_with_as_others_do_first: Array1<f32>,
            #[ckpt(path = "a_scope_of_many_words_that_all_begin_with_as_others_do_second_tower")]
            #[ckpt(shape = [2])]
            pub that_all_begin_with_as_others_do_second: Array1<f32>,
            #[ckpt(path = "dnn/input_layer")]
            pub dnn: InputLayer,
            #[ckpt(path = "linear/linear_model/bias/.ATTRIBUTES/VARIABLE_VALUE")]
            #[ckpt(shape = [1])]
            pub linear_bias: Array1<f32>,
            #[ckpt(path = "step/.ATTRIBUTES/VARIABLE_VALUE")]
            pub step: f32,
        }

        pub struct Conv2d {
            #[ckpt(shape = [dim_8])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [3, 3, dim_8, dim_8])]
            pub kernel: Array4<f32>,
        }

        pub struct InputLayer {
            #[ckpt(path = "native_country_embedding/embedding_weights/part_0")]
            #[ckpt(shape = [dim_42, 3])]
            pub native_country_embedding: Array2<f32>,
            #[ckpt(path = "occupation_embedding/embedding_weights", shape = [dim_50, 4])]
            pub occupation_embedding: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("dnn/input_layer/native_country_embedding/embedding_weights/part_0", &[42, 3]),
        ("dnn/input_layer/occupation_embedding/embedding_weights", &[50, 4]),
        ("linear/linear_model/bias/.ATTRIBUTES/VARIABLE_VALUE", &[1]),
        ("step/.ATTRIBUTES/VARIABLE_VALUE", &[]),
        ("4x4/const", &[4, 4]),
        ("8x8/conv/kernel", &[3, 3, 8, 8]),
        ("8x8/conv/bias", &[8]),
        ("a_scope_of_many_words/that_all_begin_with/as_others_do_first_tower", &[2]),
        ("a_scope_of_many_words_that_all_begin_with_as_others_do_first_tower", &[2]),
        ("a_scope_of_many_words_that_all_begin_with_as_others_do_second_tower", &[2]),
    ]));
}

#[test]
fn feature_columns_are_fields_of_their_names() {
    expect![[r#"
        // `concat` joins parts along the axis in which they differ, or else along axis 0.


        #[ckpt(prefix = "linear/linear_model", dims(dim_11, dim_16, dim_67, dim_130))]
        pub struct Model {
            #[ckpt(path = "age_bucketized/weights/part_0", shape = [dim_11, 1])]
            pub age_bucketized: Array2<f32>,
            #[ckpt(path = "age_bucketized_X_education/weights/part_<i>")]
            #[ckpt(concat(i, axis = 0))]
            #[ckpt(shape = [dim_130, 1])]
            pub age_bucketized_x_education: Array2<f32>,
            #[ckpt(shape = [1])]
            pub bias_weights: Array1<f32>,
            #[ckpt(path = "education/weights/part_0", shape = [dim_16, 1])]
            pub education: Array2<f32>,
            #[ckpt(path = "occupation/weights/part_<i>")]
            #[ckpt(concat(i, axis = 0))]
            #[ckpt(shape = [dim_67, 1])]
            pub occupation: Array2<f32>,
        }
    "#]]
    .assert_eq(&scaffold(&[
        ("linear/linear_model/age_bucketized/weights/part_0", &[11, 1]),
        ("linear/linear_model/age_bucketized_X_education/weights/part_0", &[65, 1]),
        ("linear/linear_model/age_bucketized_X_education/weights/part_1", &[65, 1]),
        ("linear/linear_model/bias_weights", &[1]),
        ("linear/linear_model/education/weights/part_0", &[16, 1]),
        ("linear/linear_model/occupation/weights/part_0", &[34, 1]),
        ("linear/linear_model/occupation/weights/part_1", &[33, 1]),
    ]));
}

#[test]
fn structs_are_named_by_their_layers() {
    expect![[r##"
        #[ckpt(dims(dim_16))]
        pub struct Model {
            pub h0: Block,
            #[ckpt(path = "head/self")]
            pub head: SelfAttention,
        }

        pub struct Block {
            pub attn: Attention,
            pub ln_1: LayerNorm,
        }

        pub struct SelfAttention {
            pub key: Dense,
            pub query: Dense,
            pub value: Dense,
        }

        pub struct Attention {
            #[ckpt(dims(outputs = 3 * dim_16))]
            pub c_attn: Conv1d,
            #[ckpt(dims(outputs = dim_16))]
            pub c_proj: Conv1d,
        }

        pub struct LayerNorm {
            #[ckpt(shape = [dim_16])]
            pub b: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub g: Array1<f32>,
        }

        pub struct Dense {
            #[ckpt(shape = [dim_16])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [dim_16, dim_16])]
            pub kernel: Array2<f32>,
        }

        #[ckpt(dims(outputs))]
        pub struct Conv1d {
            #[ckpt(shape = [outputs])]
            pub b: Array1<f32>,
            #[ckpt(shape = [1, dim_16, outputs])]
            pub w: Array3<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("h0/attn/c_attn/w", &[1, 16, 48]),
        ("h0/attn/c_attn/b", &[48]),
        ("h0/attn/c_proj/w", &[1, 16, 16]),
        ("h0/attn/c_proj/b", &[16]),
        ("h0/ln_1/g", &[16]),
        ("h0/ln_1/b", &[16]),
        ("head/self/query/kernel", &[16, 16]),
        ("head/self/query/bias", &[16]),
        ("head/self/key/kernel", &[16, 16]),
        ("head/self/key/bias", &[16]),
        ("head/self/value/kernel", &[16, 16]),
        ("head/self/value/bias", &[16]),
    ]));
}

#[test]
fn structs_are_named_by_their_place_where_it_says_more() {
    expect![[r#"
        #[ckpt(dims(dim_16, dim_32, dim_64))]
        pub struct Model {
            pub bn: BatchNorm,
            pub lstm_cell: LstmCell,
            pub stem: Conv2d,
        }

        pub struct BatchNorm {
            #[ckpt(shape = [dim_16])]
            pub gamma: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub moving_mean: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub moving_variance: Array1<f32>,
        }

        pub struct LstmCell {
            #[ckpt(shape = [dim_64])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [dim_32, dim_64])]
            pub kernel: Array2<f32>,
            #[ckpt(shape = [dim_64])]
            pub peephole: Array1<f32>,
        }

        pub struct Conv2d {
            #[ckpt(shape = [dim_16])]
            pub biases: Array1<f32>,
            #[ckpt(shape = [3, 3, 3, dim_16])]
            pub weights: Array4<f32>,
        }
    "#]]
    .assert_eq(&scaffold(&[
        ("bn/gamma", &[16]),
        ("bn/moving_mean", &[16]),
        ("bn/moving_variance", &[16]),
        ("stem/weights", &[3, 3, 3, 16]),
        ("stem/biases", &[16]),
        ("lstm_cell/kernel", &[32, 64]),
        ("lstm_cell/bias", &[64]),
        ("lstm_cell/peephole", &[64]),
    ]));
}

#[test]
fn structs_of_one_name_are_told_apart_by_what_is_around_them() {
    expect![[r##"
        #[ckpt(dims(dim_16))]
        pub struct Model {
            #[ckpt(path = "attention/output")]
            pub attention: AttentionOutput,
            #[ckpt(path = "ffn/output")]
            pub ffn: FfnOutput,
            pub model: InnerModel,
        }

        pub struct AttentionOutput {
            #[ckpt(shape = [dim_16, dim_16])]
            pub kernel: Array2<f32>,
            pub scale: f32,
        }

        pub struct FfnOutput {
            #[ckpt(shape = [dim_16, dim_16])]
            pub kernel: Array2<f32>,
            pub rate: f32,
        }

        pub struct InnerModel {
            #[ckpt(shape = [2])]
            pub a: Array1<f32>,
            #[ckpt(shape = [2])]
            pub b: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("attention/output/kernel", &[16, 16]),
        ("attention/output/scale", &[]),
        ("ffn/output/kernel", &[16, 16]),
        ("ffn/output/rate", &[]),
        ("model/a", &[2]),
        ("model/b", &[2]),
    ]));
}

#[test]
fn outputs_are_the_axis_of_the_bias() {
    expect![[r##"
        #[ckpt(separator = ".")]
        pub struct Model {
            #[ckpt(path = "<i>", repeat)]
            pub denses: Vec<Dense>,
            #[ckpt(path = "3.scale", shape = [7])]
            pub scale: Array1<f32>,
            #[ckpt(path = "5")]
            pub dense_5: Dense,
        }

        #[ckpt(dims(local outputs))]
        pub struct Dense {
            #[ckpt(shape = [outputs])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [outputs, _])]
            pub weight: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("0.weight", &[9, 8]),
        ("0.bias", &[9]),
        ("1.weight", &[7, 9]),
        ("1.bias", &[7]),
        ("3.scale", &[7]),
        ("5.weight", &[7, 7]),
        ("5.bias", &[7]),
    ]));
}

#[test]
fn outputs_are_the_axis_of_the_normalization() {
    let batch_norm = |name: &str, size: u64| {
        ["beta", "moving_mean", "moving_variance"]
            .map(|end| (format!("{name}/BatchNorm/{end}"), vec![size]))
    };
    let mut variables = vec![
        ("Conv_0a_3x3/weights".to_owned(), vec![3, 3, 3, 16]),
        ("Conv_1a_1x7/weights".to_owned(), vec![1, 7, 16, 24]),
        ("Mixed_5b/Branch_0/Conv/weights".to_owned(), vec![1, 1, 24, 8]),
        ("Mixed_5b/Branch_0/scale".to_owned(), vec![]),
        ("Mixed_5c/Branch_0/Conv/weights".to_owned(), vec![1, 1, 8, 8]),
        ("Mixed_5c/Branch_0/scale".to_owned(), vec![]),
    ];
    for (name, shape) in variables.clone() {
        if let Some(conv) = name.strip_suffix("/weights") {
            variables.extend(batch_norm(conv, shape[3]));
        }
    }
    let variables: Vec<(&str, &[u64])> =
        variables.iter().map(|(name, shape)| (name.as_str(), shape.as_slice())).collect();
    expect![[r##"
        #[ckpt(dims(dim_8, dim_16))]
        pub struct Model {
            #[ckpt(path = "Conv_0a_3x3")]
            #[ckpt(dims(height = 3, width = 3, inputs = 3, outputs = dim_16))]
            pub conv_0a_3x3: ConvBatchNorm,
            #[ckpt(path = "Conv_1a_1x7")]
            #[ckpt(dims(height = 1, width = 7, inputs = dim_16, outputs = 3 * dim_8))]
            pub conv_1a_1x7: ConvBatchNorm,
            #[ckpt(path = "Mixed_5b/Branch_0", dims(inputs = 3 * dim_8))]
            pub mixed_5b: Branch,
            #[ckpt(path = "Mixed_5c/Branch_0", dims(inputs = dim_8))]
            pub mixed_5c: Branch,
        }

        #[ckpt(dims(height, width, inputs, outputs))]
        pub struct ConvBatchNorm {
            #[ckpt(path = "BatchNorm", dims(size = outputs))]
            pub batch_norm: BatchNorm,
            #[ckpt(shape = [height, width, inputs, outputs])]
            pub weights: Array4<f32>,
        }

        #[ckpt(dims(inputs))]
        pub struct Branch {
            #[ckpt(path = "Conv")]
            #[ckpt(dims(height = 1, width = 1, inputs = inputs, outputs = dim_8))]
            pub conv: ConvBatchNorm,
            pub scale: f32,
        }

        #[ckpt(dims(size))]
        pub struct BatchNorm {
            #[ckpt(shape = [size])]
            pub beta: Array1<f32>,
            #[ckpt(shape = [size])]
            pub moving_mean: Array1<f32>,
            #[ckpt(shape = [size])]
            pub moving_variance: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&variables));
}

#[test]
fn places_without_letters_are_named_by_their_contents_and_their_lists() {
    expect![[r##"
        #[ckpt(separator = ".", dims(dim_8))]
        pub struct Model {
            #[ckpt(path = "layer<j>", repeat(j = 1..))]
            pub layers: Vec<Layer>,
            #[ckpt(path = "vit.encoder.layer.<i>.attention", repeat)]
            pub vit_layers: Vec<Attention>,
        }

        #[ckpt(dims(local scale_0))]
        pub struct Layer {
            #[ckpt(path = "<i>", repeat, dims(scale_0 = scale_0))]
            pub blocks: Vec<Block>,
        }

        pub struct Attention {
            pub attention: SelfAttention,
            #[ckpt(shape = [dim_8])]
            pub r_r_bias: Array1<f32>,
        }

        #[ckpt(dims(scale_0))]
        pub struct Block {
            #[ckpt(shape = [scale_0])]
            pub scale: Array1<f32>,
            #[ckpt(shape = [scale_0])]
            pub shift: Array1<f32>,
        }

        pub struct SelfAttention {
            #[ckpt(path = "key.weight", shape = [dim_8, dim_8])]
            pub key: Array2<f32>,
            #[ckpt(path = "query.weight", shape = [dim_8, dim_8])]
            pub query: Array2<f32>,
            #[ckpt(path = "value.weight", shape = [dim_8, dim_8])]
            pub value: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("vit.encoder.layer.0.attention.attention.query.weight", &[8, 8]),
        ("vit.encoder.layer.0.attention.attention.key.weight", &[8, 8]),
        ("vit.encoder.layer.0.attention.attention.value.weight", &[8, 8]),
        ("vit.encoder.layer.0.attention.r_r_bias", &[8]),
        ("vit.encoder.layer.1.attention.attention.query.weight", &[8, 8]),
        ("vit.encoder.layer.1.attention.attention.key.weight", &[8, 8]),
        ("vit.encoder.layer.1.attention.attention.value.weight", &[8, 8]),
        ("vit.encoder.layer.1.attention.r_r_bias", &[8]),
        ("layer1.0.scale", &[8]),
        ("layer1.0.shift", &[8]),
        ("layer1.1.scale", &[8]),
        ("layer1.1.shift", &[8]),
        ("layer2.0.scale", &[9]),
        ("layer2.0.shift", &[9]),
        ("layer2.1.scale", &[9]),
        ("layer2.1.shift", &[9]),
        ("layer3.0.scale", &[9]),
        ("layer3.0.shift", &[9]),
        ("layer3.1.scale", &[9]),
        ("layer3.1.shift", &[9]),
    ]));
}

#[test]
fn elements_are_named_by_the_singular_of_what_is_around_them() {
    expect![[r##"
        #[ckpt(separator = ".")]
        pub struct Model {
            #[ckpt(path = "down_blocks.<i>", repeat)]
            pub down_blocks: Vec<DownBlock>,
            pub up_blocks: UpBlocks,
        }

        pub struct DownBlock {
            #[ckpt(path = "attentions.0.scale", shape = [2])]
            pub attentions_scale: Array1<f32>,
            #[ckpt(shape = [2])]
            pub skip: Array1<f32>,
        }

        pub struct UpBlocks {
            #[ckpt(path = "0.gate", shape = [2])]
            pub gate: Array1<f32>,
            #[ckpt(path = "1")]
            pub up_block_1: UpBlock,
        }

        pub struct UpBlock {
            #[ckpt(path = "attentions.0")]
            pub attentions: Attention,
            #[ckpt(shape = [2])]
            pub scale: Array1<f32>,
            #[ckpt(shape = [2])]
            pub skip: Array1<f32>,
        }

        pub struct Attention {
            #[ckpt(shape = [2])]
            pub scale: Array1<f32>,
            #[ckpt(shape = [2])]
            pub shift: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("down_blocks.0.attentions.0.scale", &[2]),
        ("down_blocks.0.skip", &[2]),
        ("down_blocks.1.attentions.0.scale", &[2]),
        ("down_blocks.1.skip", &[2]),
        ("up_blocks.0.gate", &[2]),
        ("up_blocks.1.attentions.0.scale", &[2]),
        ("up_blocks.1.attentions.0.shift", &[2]),
        ("up_blocks.1.skip", &[2]),
        ("up_blocks.1.scale", &[2]),
    ]));
}
