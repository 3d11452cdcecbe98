//! `ckpt scaffold`: what it writes. That it loads is tested apart, where it is built.

use checkpoint_tests::writer::Bundle;
use expect_test::expect;

use crate::{ckpt, corpus, write};

#[test]
fn families_shared_structs_and_multiples_are_found() {
    expect![[r#"
        use checkpoint_core::FromCheckpoint;
        use ndarray::{Array1, Array2, Array3};

        /// The 28 variables of `models/gpt2-nano/model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(prefix = "model", dims(n_embd, n_ctx, n_vocab))]
        pub struct Gpt2 {
            #[ckpt(path = "h<i>", repeat)]
            pub h: Vec<Block>,
            pub ln_f: LayerNorm,
            #[ckpt(shape = [n_ctx, n_embd])]
            pub wpe: Array2<f32>,
            #[ckpt(shape = [n_vocab, n_embd])]
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
            #[ckpt(shape = [n_embd])]
            pub b: Array1<f32>,
            #[ckpt(shape = [n_embd])]
            pub g: Array1<f32>,
        }

        /// `model/h<i>/attn`
        #[derive(Debug, FromCheckpoint)]
        pub struct Attention {
            #[ckpt(dims(inputs = n_embd, outputs = 3 * n_embd))]
            pub c_attn: Conv1d,
            #[ckpt(dims(inputs = n_embd, outputs = n_embd))]
            pub c_proj: Conv1d,
        }

        /// `model/h<i>/mlp`
        #[derive(Debug, FromCheckpoint)]
        pub struct Mlp {
            #[ckpt(dims(inputs = n_embd, outputs = 4 * n_embd))]
            pub c_fc: Conv1d,
            #[ckpt(dims(inputs = 4 * n_embd, outputs = n_embd))]
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
        // Names are full names of variables, which read best here; `--naming` takes others.

        use checkpoint_core::FromCheckpoint;
        use ndarray::{Array1, Array2};

        /// 9 of the 25 variables of `gen/object-based/ckpt-3`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(naming = "full_name")]
        #[ckpt(dims(dim_8, dim_16))]
        #[ckpt(ignore(bookkeeping, optimizer))]
        pub struct Model {
            #[ckpt(path = "Variable")]
            pub variable: i64,
            pub sequential: Sequential,
        }

        /// `sequential`
        #[derive(Debug, FromCheckpoint)]
        pub struct Sequential {
            pub batch_normalization: BatchNorm,
            #[ckpt(dims(inputs = dim_8, outputs = dim_16))]
            pub hidden: Dense,
            #[ckpt(dims(inputs = dim_16, outputs = 3))]
            pub logits: Dense,
        }

        /// `sequential/batch_normalization`
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

        /// `sequential/hidden` and `sequential/logits`
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(dims(inputs, outputs))]
        pub struct Dense {
            #[ckpt(shape = [outputs])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [inputs, outputs])]
            pub kernel: Array2<f32>,
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
        error: the checkpoint has no object graph for `naming = "object_path"`; remove `naming`
    "#]]
    .assert_eq(&error);
}

#[test]
fn parts_of_a_checkpoint_are_taken() {
    let part = ["scaffold", "--save", "--root", "model/h0/attn", "models/gpt2-nano"];
    expect![[r#"
        use checkpoint_core::{FromCheckpoint, ToCheckpoint};
        use ndarray::{Array1, Array3};

        /// 4 of the 28 variables of `models/gpt2-nano/model.ckpt`.
        #[derive(Debug, FromCheckpoint, ToCheckpoint)]
        #[ckpt(prefix = "model/h0/attn")]
        #[ckpt(dims(n_embd))]
        #[ckpt(ignore(
            "model/h0/ln_1/**",
            "model/h0/ln_2/**",
            "model/h0/mlp/**",
            "model/h1/**",
            "model/ln_f/**",
            "model/wpe",
            "model/wte"
        ))]
        pub struct Model {
            #[ckpt(dims(outputs = 3 * n_embd))]
            pub c_attn: Conv1d,
            #[ckpt(dims(outputs = n_embd))]
            pub c_proj: Conv1d,
        }

        /// `model/h0/attn/c_attn` and `model/h0/attn/c_proj`
        #[derive(Debug, FromCheckpoint, ToCheckpoint)]
        #[ckpt(dims(outputs))]
        pub struct Conv1d {
            #[ckpt(shape = [outputs])]
            pub b: Array1<f32>,
            #[ckpt(shape = [1, n_embd, outputs])]
            pub w: Array3<f32>,
        }
    "#]]
    .assert_eq(&ckpt(part).good());
    let without =
        ["scaffold", "--ignore", "model/h*/**", "--only", "model/w*", "--only", "model/h*/**"];
    let without = ckpt([&without[..], &["models/gpt2-nano"]].concat()).good();
    expect![[r#"
        use checkpoint_core::FromCheckpoint;
        use ndarray::Array2;

        /// 2 of the 28 variables of `models/gpt2-nano/model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(prefix = "model")]
        #[ckpt(dims(n_embd, n_ctx, n_vocab))]
        #[ckpt(ignore("model/h*/**", "model/ln_f/**"))]
        pub struct Model {
            #[ckpt(shape = [n_ctx, n_embd])]
            pub wpe: Array2<f32>,
            #[ckpt(shape = [n_vocab, n_embd])]
            pub wte: Array2<f32>,
        }
    "#]]
    .assert_eq(&without);
}

#[test]
fn a_glob_that_matches_nothing_is_an_error() {
    let error = ckpt(["scaffold", "--only", "modle/**", "models/gpt2-nano"]).shown();
    expect![[r#"
        status 1
        error: no variable matches `modle/**`; `ckpt ls` lists the names
    "#]]
    .assert_eq(&error);
    let error = ckpt(["scaffold", "--ignore", "a[", "models/gpt2-nano"]).shown();
    expect![[r#"
        status 2
        error: invalid value 'a[' for '--ignore <GLOB>': `a[` is not a glob: `[` is not closed by `]`

        For more information, try '--help'.
    "#]].assert_eq(&error);
}

#[test]
fn lengths_have_the_names_of_hyper_parameters() {
    let bundle = Bundle::new().f32("wte", &[9, 8], &[0.0; 72]).f32("bias", &[11], &[0.0; 11]);
    let (folder, prefix) = write(bundle);
    let parameters = r#"{"n_vocab": 9, "n_embd": 8, "n_ctx": 11, "n_positions": 11}"#;
    std::fs::write(folder.path().join("hparams.json"), parameters).unwrap();
    let written = ckpt(["scaffold".as_ref(), prefix.as_os_str()]).shown_of(&prefix);
    expect![[r#"
        status 0
        use checkpoint_core::FromCheckpoint;
        use ndarray::{Array1, Array2};

        /// The 2 variables of `model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(dims(n_embd, n_vocab, dim_11))]
        pub struct Model {
            #[ckpt(shape = [dim_11])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [n_vocab, n_embd])]
            pub wte: Array2<f32>,
        }
    "#]]
    .assert_eq(&written);
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
        #[ckpt(ignore("{i}"))]
        pub struct Model {
            pub half: half::f16,
            #[ckpt(shape = [2])]
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

#[test]
fn another_checkpoint_is_a_dialect() {
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("nano.safetensors");
    let prefix = corpus().join("models/gpt2-nano");
    let [from, to] = [&prefix, &other].map(|path| path.display().to_string());
    ckpt(["convert", "--model", "gpt2", &from, &to]).good();
    let text = ckpt(["scaffold", "--dialect", &format!("hf={to}"), &from]);
    let text = text.good();
    for line in [
        "#[ckpt(dialects(tf, hf(separator = \".\")))]",
        "#[ckpt(path = \"h<i>\", repeat, dialect(hf, path = \"/h/<i>\"))]",
    ] {
        assert!(text.contains(line), "{text}");
    }
    assert!(!text.contains("no match"), "{text}");
    let unnamed = "write a name and a path: `hf=PATH`";
    let uppercase = "a dialect is called like `hf`: lowercase letters and digits";
    for (option, problem) in [("hf", unnamed), ("Hf=x", uppercase), ("=x", uppercase)] {
        let run = ckpt(["scaffold", "--dialect", option, "x"]);
        assert_eq!((run.status, &run.data[..]), (2, ""), "{run:?}");
        assert!(run.messages.contains(problem), "{run:?}");
    }
}
