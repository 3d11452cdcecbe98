//! `ckpt scaffold`: what it writes. That it loads is tested apart, where it is built.

use checkpoint_tests::writer::Bundle;
use expect_test::expect;

use crate::{ckpt, write};

#[test]
fn families_shared_structs_and_multiples_are_found() {
    expect![[r#"
        use checkpoint_core::FromCheckpoint;
        use ndarray::{Array1, Array2, Array3};

        /// The 28 variables of `models/gpt2-nano/model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(prefix = "model", dims(dim_16, dim_32, dim_300))]
        pub struct Gpt2 {
            #[ckpt(path = "h<i>", repeat)]
            pub h: Vec<Block>,
            pub ln_f: LayerNorm,
            #[ckpt(shape = [dim_32, dim_16])]
            pub wpe: Array2<f32>,
            #[ckpt(shape = [dim_300, dim_16])]
            pub wte: Array2<f32>,
        }

        /// `model/h<i>`
        #[derive(Debug, FromCheckpoint)]
        pub struct Block {
            pub attn: Attention,
            pub ln_1: LayerNorm,
            pub ln_2: LayerNorm,
            pub mlp: Mlp,
        }

        /// `model/ln_f`, `model/h<i>/ln_1` and `model/h<i>/ln_2`
        #[derive(Debug, FromCheckpoint)]
        pub struct LayerNorm {
            #[ckpt(shape = [dim_16])]
            pub b: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub g: Array1<f32>,
        }

        /// `model/h<i>/attn`
        #[derive(Debug, FromCheckpoint)]
        pub struct Attention {
            #[ckpt(dims(inputs = dim_16, outputs = 3 * dim_16))]
            pub c_attn: Conv1d,
            #[ckpt(dims(inputs = dim_16, outputs = dim_16))]
            pub c_proj: Conv1d,
        }

        /// `model/h<i>/mlp`
        #[derive(Debug, FromCheckpoint)]
        pub struct Mlp {
            #[ckpt(dims(inputs = dim_16, outputs = 4 * dim_16))]
            pub c_fc: Conv1d,
            #[ckpt(dims(inputs = 4 * dim_16, outputs = dim_16))]
            pub c_proj: Conv1d,
        }

        /// `model/h<i>/mlp/c_fc`, `model/h<i>/mlp/c_proj`, `model/h<i>/attn/c_attn` and 1 more
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(dims(inputs, outputs))]
        pub struct Conv1d {
            #[ckpt(shape = [outputs])]
            pub b: Array1<f32>,
            #[ckpt(shape = [1, inputs, outputs])]
            pub w: Array3<f32>,
        }
    "#]]
    .assert_eq(&ckpt(["scaffold", "--name", "Gpt2", "models/gpt2-nano"]).good());
}

#[test]
fn paths_of_objects_are_used_where_there_are_any() {
    expect![[r#"
        use checkpoint_core::FromCheckpoint;
        use ndarray::{Array1, Array2};

        /// 9 of the 25 variables of `gen/object-based/ckpt-3`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(naming = "object_path")]
        #[ckpt(dims(dim_3, dim_8, dim_16))]
        #[ckpt(ignore(bookkeeping, optimizer))]
        pub struct Model {
            #[ckpt(path = "model/_functional/_operations")]
            pub model: Operations,
            pub step: i64,
        }

        /// `model/_functional/_operations`
        #[derive(Debug, FromCheckpoint)]
        pub struct Operations {
            #[ckpt(path = "1", dims(inputs = dim_8, outputs = dim_16))]
            pub operation_1: Dense,
            #[ckpt(path = "2")]
            pub batch_norm_operation: BatchNorm,
            #[ckpt(path = "3", dims(inputs = dim_16, outputs = dim_3))]
            pub operation_3: Dense,
        }

        /// `model/_functional/_operations/1` and `model/_functional/_operations/3`
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(dims(inputs, outputs))]
        pub struct Dense {
            #[ckpt(path = "_kernel", shape = [inputs, outputs])]
            pub kernel: Array2<f32>,
            #[ckpt(shape = [outputs])]
            pub bias: Array1<f32>,
        }

        /// `model/_functional/_operations/2`
        #[derive(Debug, FromCheckpoint)]
        pub struct BatchNorm {
            #[ckpt(shape = [dim_16])]
            pub beta: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub gamma: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub moving_mean: Array1<f32>,
            #[ckpt(shape = [dim_16])]
            pub moving_variance: Array1<f32>,
        }
    "#]]
    .assert_eq(&ckpt(["scaffold", "gen/object-based"]).good());
}

#[test]
fn the_user_says_what_paths_call_variables() {
    let written = ckpt(["scaffold", "--naming", "full_name", "gen/object-based"]).good();
    assert!(written.contains("naming = \"full_name\""), "{written}");
    assert!(written.contains("pub sequential: Sequential,"), "{written}");
    let error = ckpt(["scaffold", "--naming", "object_path", "models/gpt2-nano"]).shown();
    expect![[r#"
        status 2
        error: the checkpoint has no object graph, from which the names of `naming = "object_path"` come; take `naming` away
    "#]].assert_eq(&error);
}

#[test]
fn what_structs_do_not_say_is_in_comments() {
    let bundle = Bundle::new()
        .strings("tokens", &[1], &["a"])
        .tensor("half", checkpoint_core::DType::Float16, &[], vec![0; 2])
        .tensor("small", checkpoint_core::DType::Int4, &[2], vec![0; 2])
        .f32("{i}", &[1], &[1.0]);
    let (_folder, prefix) = write(bundle);
    let written = ckpt(["scaffold".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 0
        // Needs the crate `half`, and that feature of `checkpoint-core`.
        // A string is a `Vec<u8>`; where all are UTF-8, it may be a `String`.
        // A `Tensor` holds what has no Rust type, as it is.
        // No path can be these names, so that they are not loaded:
        // - `{i}`

        use checkpoint_core::{FromCheckpoint, Tensor};
        use ndarray::Array1;

        /// 3 of the 4 variables of `model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(dims(dim_2), ignore("{i}"))]
        pub struct Model {
            pub half: half::f16,
            #[ckpt(shape = [dim_2])]
            pub small: Tensor,
            #[ckpt(shape = [1])]
            pub tokens: Array1<Vec<u8>>,
        }
    "#]]
    .assert_eq(&written);
}

#[test]
fn a_name_that_is_none_of_a_struct_is_refused() {
    let run = ckpt(["scaffold", "--name", "my model", "models/gpt2-nano"]);
    assert!(
        run.messages.starts_with(
            "error: invalid value 'my model' for '--name <NAME>': a struct is called like `Gpt2`"
        ),
        "{run:?}"
    );
}
