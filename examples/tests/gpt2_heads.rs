//! Weights that are split as they are loaded equal the parts of whole weights.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_examples::gpt2::{Gpt2, Gpt2Heads, Hparams, LayerNorm};
use checkpoint_tests::gpt2;
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, Axis, s};

fn bard() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/gpt2-bard")
}

/// The model of the repository, and a published one if it is beside the repository.
fn models() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let published = beside.join("shared/corpus/real/keras-gpt2-toy");
    if published.is_dir() {
        return vec![bard(), published];
    }
    let notice = format!("skipped: keras-gpt2-toy; there is no folder `{}`\n", published.display());
    io::stderr().write_all(notice.as_bytes()).unwrap();
    vec![bard()]
}

fn load<T: for<'c> FromCheckpoint<'c>>(directory: &Path) -> T {
    let hparams = Hparams::read(directory).unwrap();
    let checkpoint = Checkpoint::open(directory).unwrap();
    T::load_with(&checkpoint, LoadOptions::new().bind_all(&hparams)).unwrap().0
}

#[test]
fn each_head_has_its_part_of_the_weights() {
    for directory in models() {
        let Hparams { n_embd, n_head, n_layer, .. } = Hparams::read(&directory).unwrap();
        let (whole, heads): (Gpt2, Gpt2Heads) = (load(&directory), load(&directory));
        let width = n_embd / n_head;

        assert_eq!((heads.wte, heads.wpe), (whole.wte, whole.wpe));
        assert_eq!(heads.blocks.len(), n_layer);
        for (block, whole) in heads.blocks.into_iter().zip(whole.blocks) {
            for (part, (weights, bias)) in
                block.attn.qkv.iter().zip(&block.attn.qkv_bias).enumerate()
            {
                assert_eq!(weights.dim(), (n_head, n_embd, width));
                for head in 0..n_head {
                    let start = part * n_embd + head * width;
                    let of_head = s![.., start..start + width];
                    let c_attn = &whole.attn.c_attn;
                    assert_eq!(weights.index_axis(Axis(0), head), c_attn.w.slice(of_head));
                    assert_eq!(bias.row(head), c_attn.b.slice(s![start..start + width]));
                }
            }
            for (head, weights) in block.attn.proj.outer_iter().enumerate() {
                let of_head = s![head * width..(head + 1) * width, ..];
                assert_eq!(weights, whole.attn.c_proj.w.slice(of_head));
            }
            assert_eq!(block.attn.proj_bias, whole.attn.c_proj.b);
            assert_eq!(block.mlp.c_fc.w, whole.mlp.c_fc.w);
        }
    }
}

/// Queries, keys and values in three fields, which take parts of the same variables.
#[derive(FromCheckpoint)]
#[ckpt(prefix = "model", dims(n_embd))]
#[ckpt(ignore("model/w[tp]e", "model/ln_f/*", "model/h*/ln_*/*", "model/h*/mlp/**"))]
struct Parts {
    #[ckpt(path = "h<i>/attn", repeat)]
    blocks: Vec<AttentionParts>,
}

#[derive(FromCheckpoint)]
#[ckpt(ignore("c_proj/*"))]
struct AttentionParts {
    #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 0, of = 3))]
    q: Array2<f32>,
    #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 1, of = 3))]
    k: Array2<f32>,
    #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 2, of = 3))]
    v: Array2<f32>,
    #[ckpt(path = "c_attn/b", shape = [3 * n_embd], slice(axis = 0, range = ..n_embd))]
    q_bias: Array1<f32>,
    #[ckpt(path = "c_attn/b", slice(axis = 0, range = n_embd..2 * n_embd))]
    k_bias: Array1<f32>,
    #[ckpt(path = "c_attn/b", slice(axis = 0, range = 2 * n_embd..))]
    v_bias: Array1<f32>,
}

#[test]
fn three_fields_take_the_thirds_of_one_variable() {
    for directory in models() {
        let (whole, parts): (Gpt2, Parts) = (load(&directory), load(&directory));
        let n_embd = whole.wte.ncols();
        assert_eq!(parts.blocks.len(), whole.blocks.len());
        for (block, whole) in parts.blocks.into_iter().zip(whole.blocks) {
            let third = |number: usize| number * n_embd..(number + 1) * n_embd;
            for (number, (w, b)) in
                [(block.q, block.q_bias), (block.k, block.k_bias), (block.v, block.v_bias)]
                    .into_iter()
                    .enumerate()
            {
                assert_eq!(w, whole.attn.c_attn.w.slice(s![.., third(number)]));
                assert_eq!(b, whole.attn.c_attn.b.slice(s![third(number)]));
            }
        }
    }
}

/// Checks the error of loading the model of the repository.
#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(options: LoadOptions<'_>, expected: &Expect) {
    refused_from::<T>(&Checkpoint::open(bard()).unwrap(), options, expected);
}

#[track_caller]
fn refused_from<T: for<'c> FromCheckpoint<'c>>(
    checkpoint: &Checkpoint,
    options: LoadOptions<'_>,
    expected: &Expect,
) {
    let Err(error) = T::load_with(checkpoint, options) else { panic!("it was loaded") };
    let path = checkpoint.path().display().to_string();
    expected.assert_eq(&error.to_string().replace(&path, "model.ckpt"));
}

fn hparams() -> Hparams {
    Hparams::read(bard()).unwrap()
}

#[test]
fn heads_that_nothing_counts_are_asked_for() {
    refused::<Gpt2Heads>(
        LoadOptions::new(),
        &expect![[r#"
            `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Gpt2Heads.blocks[0..4].attn.qkv`: no variable determines `n_head`; write `dims(n_head = ...)` on the struct, or bind it with `LoadOptions::bind`
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn heads_that_do_not_share_the_width_are_refused_once() {
    let hparams = Hparams { n_head: 5, ..hparams() };
    refused::<Gpt2Heads>(
        LoadOptions::new().bind_all(&hparams),
        &expect![[r#"
            `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - `Gpt2Heads` asserts that `n_embd % n_head == 0`, but `n_embd` is 128 and `n_head` is 5; this is another model
            in the dialect `hf` there are 2 problems"#]],
    );
}

#[test]
fn a_width_that_is_not_that_of_the_checkpoint_is_one_symbol() {
    let hparams = Hparams { n_embd: 64, ..hparams() };
    refused::<Gpt2Heads>(
        LoadOptions::new().bind_all(&hparams),
        &expect![[r#"
            `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - `n_embd` is bound to 64, but 128 in the checkpoint: 18 variables agree, such as `model/h0/attn/c_proj/b` of `Gpt2Heads.blocks[0].attn.proj_bias`; bind it to that, or load another checkpoint
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn layers_that_are_not_those_of_the_checkpoint_are_one_symbol() {
    for (n_layer, expected) in [
        (
            3,
            expect![[r#"
                `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
                - `n_layer` is bound to 3, but 4 in the checkpoint: its list has that many items; bind it to that, or load another checkpoint
                in the dialect `hf` there is 1 problem"#]],
        ),
        (
            12,
            expect![[r#"
                `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
                - `n_layer` is bound to 12, but 4 in the checkpoint: its list has that many items; bind it to that, or load another checkpoint
                in the dialect `hf` there is 1 problem"#]],
        ),
    ] {
        let hparams = Hparams { n_layer, ..hparams() };
        refused::<Gpt2Heads>(LoadOptions::new().bind_all(&hparams), &expected);
    }
}

#[test]
fn all_that_another_model_has_otherwise_is_a_line_each() {
    let hparams = Hparams { n_vocab: 50_257, n_ctx: 1024, n_embd: 768, n_head: 12, n_layer: 12 };
    refused::<Gpt2Heads>(
        LoadOptions::new().bind_all(&hparams),
        &expect![[r#"
            `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 5 problems
            - `n_embd` is bound to 768, but 128 in the checkpoint: 18 variables agree, such as `model/h0/attn/c_proj/b` of `Gpt2Heads.blocks[0].attn.proj_bias`; bind it to that, or load another checkpoint
            - `n_layer` is bound to 12, but 4 in the checkpoint: its list has that many items; bind it to that, or load another checkpoint
            - `Gpt2Heads` asserts that `n_embd % n_head == 0`, but `n_embd` is 128 and `n_head` is 12; this is another model
            - field `Gpt2Heads.wte`: `model/wte` is f32 [1024, 128] in the checkpoint, but [50257, 128] in the struct, as [n_vocab, n_embd]; `n_vocab` is 50257, as it is bound
            - field `Gpt2Heads.wpe`: `model/wpe` is f32 [128, 128] in the checkpoint, but [1024, 128] in the struct, as [n_ctx, n_embd]; `n_ctx` is 1024, as it is bound
            in the dialect `hf` there is 1 problem"#]],
    );
}

#[test]
fn a_symbol_that_is_misspelled_is_found() {
    let options = LoadOptions::new().bind_all(&hparams()).bind("n_heads", 4);
    refused::<Gpt2Heads>(
        options,
        &expect![[r#"
            `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - `n_heads` is bound, but no struct declares it; did you mean `n_head`?
            in the dialect `hf` there are 2 problems"#]],
    );
}

#[test]
fn a_model_below_a_scope_is_called_that() {
    let folder = tempfile::tempdir().unwrap();
    let small = gpt2::Hparams { n_vocab: 9, n_ctx: 5, n_embd: 4, n_head: 2, n_layer: 2 };
    gpt2::write(&small, folder.path()).unwrap();
    let checkpoint = Checkpoint::open(folder.path()).unwrap();
    refused_from::<Gpt2Heads>(
        &checkpoint,
        LoadOptions::new().bind_all(&small).prefix("module"),
        &expect![[r#"
            `Gpt2Heads` in the dialect `tf` does not fit the checkpoint `model.ckpt`: 1 problem
            - 28 variables are not where the struct expects them, but without `module/`; load with another `LoadOptions::prefix`, or change the paths
            in the dialect `hf` there is 1 problem"#]],
    );
}

/// A model in which only the attributes of `c_attn` differ.
macro_rules! attention {
    ($name:ident: $($attention:tt)*) => {
        #[derive(FromCheckpoint)]
        #[ckpt(prefix = "model", dims(n_embd))]
        #[ckpt(ignore("model/w[tp]e", "model/h*/ln_*/*", "model/h*/mlp/**"))]
        #[expect(dead_code, reason = "it is not loaded")]
        struct $name {
            ln_f: LayerNorm,
            #[ckpt(path = "h<i>/attn", repeat)]
            blocks: Vec<Attention>,
        }

        #[derive(FromCheckpoint)]
        #[ckpt(ignore("c_proj/*", "c_attn/b"))]
        #[expect(dead_code, reason = "it is not loaded")]
        struct Attention { $($attention)* }
    };
}

#[test]
fn parts_that_do_not_divide_the_axis_are_refused() {
    attention! { Fifths:
        #[ckpt(path = "c_attn/w", squeeze(0), split(axis = 1))]
        qkv: [Array2<f32>; 5],
    }
    refused::<Fifths>(
        LoadOptions::new(),
        &expect![[r#"
            `Fifths` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Fifths.blocks[0..4].qkv`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384], here [128, 384], but `split(axis = 1)` cannot divide axis 1, of length 384, into 5 equal parts; use `split` with `sizes`, or `slice` with a `range`"#]],
    );
}

#[test]
fn sizes_that_are_too_small_for_the_axis_are_added_up() {
    attention! { Sizes:
        #[ckpt(path = "c_attn/w", squeeze(0), shape = [n_embd, _])]
        #[ckpt(split(axis = 1, sizes = [n_embd, n_embd]))]
        qk: [Array2<f32>; 2],
    }
    refused::<Sizes>(
        LoadOptions::new(),
        &expect![[r#"
            `Sizes` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Sizes.blocks[0..4].qk`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384], here [128, 384], but axis 1 has length 384, and the parts of `split(axis = 1, sizes = [n_embd, n_embd])` add up to 256; change the sizes"#]],
    );
}

#[test]
fn a_part_that_no_field_takes_is_counted() {
    attention! { NoValues:
        #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 0, of = 3))]
        q: Array2<f32>,
        #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 1, of = 3))]
        k: Array2<f32>,
    }
    refused::<NoValues>(
        LoadOptions::new(),
        &expect![[r#"
            `NoValues` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `NoValues.blocks[0..4].q`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384], but no field takes 16384 of its elements; take the other parts too"#]],
    );
}

#[test]
fn a_part_that_two_fields_take_is_named_with_both() {
    attention! { Twice:
        #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 0, of = 3))]
        q: Array2<f32>,
        #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 1, of = 3))]
        k: Array2<f32>,
        #[ckpt(path = "c_attn/w", squeeze(0), chunk(axis = 1, index = 1, of = 3))]
        v: Array2<f32>,
    }
    refused::<Twice>(
        LoadOptions::new(),
        &expect![[r#"
            `Twice` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Twice.blocks[0..4].v`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384], but `Twice.blocks[].k` also takes some of its elements; the parts of a variable must not overlap"#]],
    );
}

#[test]
fn a_slice_that_ends_too_early_leaves_a_gap() {
    attention! { Early:
        #[ckpt(path = "c_attn/w", squeeze(0), shape = [n_embd, _], slice(axis = 1, range = ..n_embd))]
        q: Array2<f32>,
        #[ckpt(path = "c_attn/w", squeeze(0), slice(axis = 1, range = n_embd..3 * n_embd - 1))]
        kv: Array2<f32>,
    }
    refused::<Early>(
        LoadOptions::new(),
        &expect![[r#"
            `Early` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Early.blocks[0..4].q`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384], but no field takes 128 of its elements; take the other parts too"#]],
    );
}

#[test]
fn a_unit_axis_that_is_not_squeezed_is_named() {
    attention! { Unsqueezed:
        #[ckpt(path = "c_attn/w", split(axis = 1))]
        qkv: [Array2<f32>; 3],
    }
    refused::<Unsqueezed>(
        LoadOptions::new(),
        &expect![[r#"
            `Unsqueezed` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Unsqueezed.blocks[0..4].qkv`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384], but `split(axis = 1)` cannot divide axis 1, of length 128, into 3 equal parts; use `split` with `sizes`, or `slice` with a `range`"#]],
    );
}

#[test]
fn a_shape_the_other_way_round_is_told_to_transpose() {
    attention! { Transposed:
        #[ckpt(path = "c_attn/w", squeeze(0), shape = [384, 128])]
        qkv: Array2<f32>,
    }
    refused::<Transposed>(
        LoadOptions::new(),
        &expect![[r#"
            `Transposed` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Transposed.blocks[0..4].qkv`: `model/h<0..4>/attn/c_attn/w` is f32 [1, 128, 384] in the checkpoint, here [128, 384], but [384, 128] in the struct; its axes are transposed, so write `transpose` before"#]],
    );
}
