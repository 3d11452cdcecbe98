//! Families of names as lists.

use expect_test::expect;

use crate::scaffold;

#[test]
fn numbers_run_on_through_the_elements_of_a_list() {
    expect![[r##"
        #[ckpt(dims(dim_8))]
        pub struct Model {
            #[ckpt(path = "layer_<i>", repeat)]
            pub layers: Vec<Layer>,
            #[ckpt(path = "tower_<i>/conv_<i>/w", repeat, shape = [dim_8, dim_8])]
            pub towers: Vec<Array2<f32>>,
        }

        pub struct Layer {
            pub attention: Attention,
            #[ckpt(path = "dense<i:_>/kernel", shape = [dim_8, dim_8])]
            pub dense: Array2<f32>,
            #[ckpt(path = "norm_<2*i+2>", shape = [dim_8])]
            pub norm: Array1<f32>,
        }

        pub struct Attention {
            #[ckpt(path = "norm_<2*i+1>")]
            pub norm: LayerNorm,
            pub scale: f32,
        }

        pub struct LayerNorm {
            #[ckpt(shape = [dim_8])]
            pub beta: Array1<f32>,
            #[ckpt(shape = [dim_8])]
            pub gamma: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("layer_0/attention/norm_1/beta", &[8]),
        ("layer_0/attention/norm_1/gamma", &[8]),
        ("layer_0/attention/scale", &[]),
        ("layer_0/dense/kernel", &[8, 8]),
        ("layer_0/norm_2", &[8]),
        ("layer_1/attention/norm_3/beta", &[8]),
        ("layer_1/attention/norm_3/gamma", &[8]),
        ("layer_1/attention/scale", &[]),
        ("layer_1/dense_1/kernel", &[8, 8]),
        ("layer_1/norm_4", &[8]),
        ("layer_2/attention/norm_5/beta", &[8]),
        ("layer_2/attention/norm_5/gamma", &[8]),
        ("layer_2/attention/scale", &[]),
        ("layer_2/dense_2/kernel", &[8, 8]),
        ("layer_2/norm_6", &[8]),
        ("tower_0/conv_0/w", &[8, 8]),
        ("tower_1/conv_1/w", &[8, 8]),
    ]));
}

#[test]
fn a_list_within_a_list_follows_both_indices() {
    expect![[r##"
        #[ckpt(dims(dim_8))]
        pub struct Model {
            #[ckpt(path = "stage_<j>", repeat)]
            pub stages: Vec<Stage>,
        }

        pub struct Stage {
            #[ckpt(path = "block_<i>", repeat)]
            pub blocks: Vec<Block>,
        }

        pub struct Block {
            #[ckpt(path = "norm_<j+3>", shape = [dim_8])]
            pub norm: Array1<f32>,
            #[ckpt(shape = [dim_8, dim_8])]
            pub w: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("stage_0/block_0/norm_3", &[8]),
        ("stage_0/block_0/w", &[8, 8]),
        ("stage_0/block_1/norm_3", &[8]),
        ("stage_0/block_1/w", &[8, 8]),
        ("stage_1/block_0/norm_4", &[8]),
        ("stage_1/block_0/w", &[8, 8]),
        ("stage_1/block_1/norm_4", &[8]),
        ("stage_1/block_1/w", &[8, 8]),
    ]));
}

#[test]
fn a_number_may_be_smaller_than_the_index() {
    expect![[r##"
        #[ckpt(dims(dim_8))]
        pub struct Model {
            #[ckpt(path = "layer_<i>", repeat(i = 1..))]
            pub layers: Vec<Layer>,
        }

        pub struct Layer {
            #[ckpt(shape = [dim_8])]
            pub bias: Array1<f32>,
            #[ckpt(path = "block_<i-1>/w", shape = [dim_8])]
            pub block: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("layer_1/block_0/w", &[8]),
        ("layer_1/bias", &[8]),
        ("layer_2/block_1/w", &[8]),
        ("layer_2/bias", &[8]),
        ("layer_3/block_2/w", &[8]),
        ("layer_3/bias", &[8]),
    ]));
}

#[test]
fn a_tail_may_break_a_period() {
    expect![[r##"
        #[ckpt(prefix = "net", dims(dim_8, dim_10))]
        pub struct Model {
            #[ckpt(path = "<2*i>", repeat(i = 0..3))]
            pub conv2ds: Vec<Conv2d>,
            #[ckpt(path = "<2*i+1>", repeat)]
            pub layer_norms: Vec<LayerNorm>,
            #[ckpt(path = "6")]
            pub dense_6: Dense,
        }

        pub struct Conv2d {
            #[ckpt(shape = [dim_8])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [3, 3, _, dim_8])]
            pub kernel: Array4<f32>,
        }

        pub struct LayerNorm {
            #[ckpt(shape = [dim_8])]
            pub beta: Array1<f32>,
            #[ckpt(shape = [dim_8])]
            pub gamma: Array1<f32>,
        }

        pub struct Dense {
            #[ckpt(shape = [dim_10])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [dim_8, dim_10])]
            pub kernel: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("net/0/kernel", &[3, 3, 3, 8]),
        ("net/0/bias", &[8]),
        ("net/1/gamma", &[8]),
        ("net/1/beta", &[8]),
        ("net/2/kernel", &[3, 3, 8, 8]),
        ("net/2/bias", &[8]),
        ("net/3/gamma", &[8]),
        ("net/3/beta", &[8]),
        ("net/4/kernel", &[3, 3, 8, 8]),
        ("net/4/bias", &[8]),
        ("net/5/gamma", &[8]),
        ("net/5/beta", &[8]),
        ("net/6/kernel", &[8, 10]),
        ("net/6/bias", &[10]),
    ]));
}

#[test]
fn what_some_elements_lack_is_optional() {
    expect![[r#"
        pub struct Model {
            #[ckpt(path = "unit_<i>", repeat(i = 1..))]
            pub units: Vec<Unit>,
        }

        pub struct Unit {
            #[ckpt(path = "conv1/w", shape = [2, 2])]
            pub conv1: Array2<f32>,
            #[ckpt(path = "conv2/w", shape = [2, 2])]
            pub conv2: Array2<f32>,
            #[ckpt(path = "shortcut/w", shape = [2, 2])]
            pub shortcut: Option<Array2<f32>>,
        }
    "#]]
    .assert_eq(&scaffold(&[
        ("unit_1/conv1/w", &[2, 2]),
        ("unit_1/conv2/w", &[2, 2]),
        ("unit_1/shortcut/w", &[2, 2]),
        ("unit_2/conv1/w", &[2, 2]),
        ("unit_2/conv2/w", &[2, 2]),
        ("unit_3/conv1/w", &[2, 2]),
        ("unit_3/conv2/w", &[2, 2]),
    ]));
}

#[test]
fn variables_without_names_are_a_list_if_their_shapes_are_equal() {
    expect![[r##"
        #[ckpt(dims(dim_10, dim_128, dim_784))]
        pub struct Model {
            #[ckpt(path = "Variable", shape = [dim_784, dim_128])]
            pub variable: Array2<f32>,
            #[ckpt(path = "Variable_1", shape = [dim_128])]
            pub variable_1: Array1<f32>,
            #[ckpt(path = "Variable_2", shape = [dim_128, dim_128])]
            pub variable_2: Array2<f32>,
            #[ckpt(path = "Variable_3", shape = [dim_128])]
            pub variable_3: Array1<f32>,
            #[ckpt(path = "Variable_4", shape = [dim_128, dim_10])]
            pub variable_4: Array2<f32>,
            #[ckpt(path = "Variable_5", shape = [dim_10])]
            pub variable_5: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("Variable", &[784, 128]),
        ("Variable_1", &[128]),
        ("Variable_2", &[128, 128]),
        ("Variable_3", &[128]),
        ("Variable_4", &[128, 10]),
        ("Variable_5", &[10]),
    ]));
    expect![[r##"
        #[ckpt(dims(dim_16))]
        pub struct Model {
            #[ckpt(path = "Variable<i:_>", repeat, shape = [dim_16, dim_16])]
            pub variables: Vec<Array2<f32>>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("Variable", &[16, 16]),
        ("Variable_1", &[16, 16]),
        ("Variable_2", &[16, 16]),
    ]));
}

#[test]
fn a_variable_belongs_to_one_number_that_continues() {
    expect![[r#"
        pub struct Model {
            #[ckpt(path = "layer<i>", repeat)]
            pub layers: Vec<Layer>,
        }

        pub struct Layer {
            #[ckpt(path = "w_<i+1>")]
            pub w: f32,
            #[ckpt(path = "w_1_<i>")]
            pub w_1: f32,
        }
    "#]]
    .assert_eq(&scaffold(&[
        ("layer0/w_1", &[]),
        ("layer0/w_1_0", &[]),
        ("layer1/w_1_1", &[]),
        ("layer1/w_2", &[]),
    ]));
}

#[test]
fn resolutions_and_numbers_with_holes_are_listed() {
    expect![[r##"
        #[ckpt(dims(dim_8))]
        pub struct Model {
            #[ckpt(path = "G")]
            pub g: G,
            #[ckpt(path = "b<i>/w", repeat(i in [4, 8, 16, 32]), shape = [2])]
            pub b: Vec<Array1<f32>>,
            #[ckpt(path = "block_<i>", repeat(i in [0, 1, 3]))]
            pub blocks: Vec<Block>,
        }

        pub struct G {
            #[ckpt(path = "4x4/const", shape = [dim_8, 4, 4])]
            pub g_4x4_const: Array3<f32>,
            #[ckpt(path = "<i>x<i>/conv", repeat(i in [8, 16, 32]))]
            pub resolutions: Vec<Conv2d>,
        }

        pub struct Block {
            #[ckpt(path = "norm_<i>/x", shape = [2])]
            pub norm_x: Array1<f32>,
            #[ckpt(shape = [2])]
            pub w: Array1<f32>,
        }

        #[ckpt(dims(local outputs))]
        pub struct Conv2d {
            #[ckpt(shape = [outputs])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [3, 3, dim_8, outputs])]
            pub weight: Array4<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("G/4x4/const", &[8, 4, 4]),
        ("G/8x8/conv/weight", &[3, 3, 8, 8]),
        ("G/8x8/conv/bias", &[8]),
        ("G/16x16/conv/weight", &[3, 3, 8, 8]),
        ("G/16x16/conv/bias", &[8]),
        ("G/32x32/conv/weight", &[3, 3, 8, 4]),
        ("G/32x32/conv/bias", &[4]),
        ("b4/w", &[2]),
        ("b8/w", &[2]),
        ("b16/w", &[2]),
        ("b32/w", &[2]),
        ("block_0/norm_0/x", &[2]),
        ("block_0/w", &[2]),
        ("block_1/norm_1/x", &[2]),
        ("block_1/w", &[2]),
        ("block_3/norm_3/x", &[2]),
        ("block_3/w", &[2]),
    ]));
}

#[test]
fn layers_with_their_widths_in_their_names_are_no_list() {
    expect![[r##"
        #[ckpt(dims(dim_10, dim_64, dim_128))]
        pub struct Model {
            #[ckpt(path = "dense_10/w", shape = [dim_128, dim_10])]
            pub dense_10: Array2<f32>,
            #[ckpt(path = "dense_64/w", shape = [2, dim_64])]
            pub dense_64: Array2<f32>,
            #[ckpt(path = "dense_128/w", shape = [dim_64, dim_128])]
            pub dense_128: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("dense_64/w", &[2, 64]),
        ("dense_128/w", &[64, 128]),
        ("dense_10/w", &[128, 10]),
    ]));
}

#[test]
fn parts_of_a_variable_are_joined() {
    expect![[r#"
        // `concat` joins parts along the axis in which they differ, or else along axis 0.


        #[ckpt(dims(dim_8, dim_9, dim_16))]
        pub struct Model {
            #[ckpt(path = "age/weights/part_0", shape = [dim_9, 1])]
            pub age: Array2<f32>,
            #[ckpt(path = "dnn/layer_<j>", repeat)]
            pub dnn_layers: Vec<Dense>,
            #[ckpt(path = "item_embedding/embedding_weights/part_<i>")]
            #[ckpt(concat(i, axis = 0))]
            #[ckpt(shape = [dim_9, dim_16])]
            pub item_embedding: Array2<f32>,
            #[ckpt(path = "uneven/part_<i>", repeat)]
            pub uneven_parts: Vec<Array2<f32>>,
            #[ckpt(path = "wide/part_<i>", concat(i, axis = 1), shape = [3, dim_8])]
            pub wide: Array2<f32>,
        }

        pub struct Dense {
            #[ckpt(path = "bias/part_<i>", concat(i, axis = 0))]
            pub bias: Array1<f32>,
            #[ckpt(path = "kernel/part_<i>", concat(i, axis = 0))]
            pub kernel: Array2<f32>,
        }
    "#]]
    .assert_eq(&scaffold(&[
        ("age/weights/part_0", &[9, 1]),
        ("dnn/layer_0/kernel/part_0", &[8, 16]),
        ("dnn/layer_0/kernel/part_1", &[8, 16]),
        ("dnn/layer_0/bias/part_0", &[16]),
        ("dnn/layer_0/bias/part_1", &[16]),
        ("dnn/layer_1/kernel/part_0", &[32, 7]),
        ("dnn/layer_1/kernel/part_1", &[32, 7]),
        ("dnn/layer_1/bias/part_0", &[7]),
        ("dnn/layer_1/bias/part_1", &[7]),
        ("item_embedding/embedding_weights/part_0", &[5, 16]),
        ("item_embedding/embedding_weights/part_1", &[4, 16]),
        ("wide/part_0", &[3, 4]),
        ("wide/part_1", &[3, 2]),
        ("wide/part_2", &[3, 2]),
        ("uneven/part_0", &[3, 4]),
        ("uneven/part_1", &[2, 2]),
    ]));
}
