//! Loads of GPT-2: nested and flat structs, reports, and errors.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadError, LoadOptions, OpenOptions};
use checkpoint_schema::format::Limits;
use checkpoint_tests::corpus;
use checkpoint_tests::writer::Bundle;
use checkpoint_tests::writer::index::shard_path;
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};
use tempfile::TempDir;

#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(prefix = "model")]
struct Gpt2 {
    wte: Array2<f32>,
    wpe: Array2<f32>,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
    ln_f: LayerNorm,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Block {
    ln_1: LayerNorm,
    attn: Attention,
    ln_2: LayerNorm,
    mlp: Mlp,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct LayerNorm {
    g: Array1<f32>,
    b: Array1<f32>,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Attention {
    c_attn: Conv1d,
    c_proj: Conv1d,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Mlp {
    c_fc: Conv1d,
    c_proj: Conv1d,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Conv1d {
    #[ckpt(squeeze)]
    w: Array2<f32>,
    b: Array1<f32>,
}

/// A part of the model, with full names in the leaves.
#[derive(FromCheckpoint)]
#[ckpt(ignore("model/h*/[lm]*/**", "model/h*/attn/c_proj/*"))]
struct Gpt2Flat {
    #[ckpt(path = "model/wte")]
    wte: Array2<f32>,
    #[ckpt(path = "model/wpe")]
    wpe: Array2<f32>,
    #[ckpt(flatten, repeat(i))]
    blocks: Vec<FlatBlock>,
    #[ckpt(path = "model/ln_f")]
    ln_f: LayerNorm,
}

#[derive(FromCheckpoint)]
struct FlatBlock {
    #[ckpt(path = "model/h<i>/attn/c_attn/w", squeeze)]
    c_attn_w: Array2<f32>,
    #[ckpt(path = "model/h<i>/attn/c_attn/b")]
    c_attn_b: Array1<f32>,
}

fn shakespeare() -> Checkpoint {
    Checkpoint::open(corpus::case("models/gpt2-shakespeare").unwrap().prefix).unwrap()
}

#[test]
fn both_spellings_load_the_same() {
    let checkpoint = shakespeare();
    let (nested, _) = Gpt2::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let (flat, _) = Gpt2Flat::load_with(&checkpoint, LoadOptions::new().threads(1)).unwrap();
    assert_eq!((nested.blocks.len(), flat.blocks.len()), (3, 3));
    assert_eq!((flat.wte, flat.wpe, flat.ln_f), (nested.wte, nested.wpe, nested.ln_f));
    for (flat, nested) in flat.blocks.into_iter().zip(nested.blocks) {
        assert_eq!(flat.c_attn_w.dim(), (96, 288));
        assert_eq!((flat.c_attn_w, flat.c_attn_b), (nested.attn.c_attn.w, nested.attn.c_attn.b));
    }
}

#[test]
fn each_value_lands_where_its_name_says() {
    let checkpoint = shakespeare();
    let (model, _) = Gpt2::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let read = |name: &str| checkpoint.read(name).unwrap().into_array::<f32>().unwrap();
    assert_eq!(model.wte.into_dyn(), read("model/wte"));
    for (layer, block) in model.blocks.into_iter().enumerate() {
        let read = |name: &str| read(&format!("model/h{layer}/{name}"));
        assert_eq!(
            block.mlp.c_proj.w.insert_axis(ndarray::Axis(0)).into_dyn(),
            read("mlp/c_proj/w")
        );
        assert_eq!(block.attn.c_proj.b.into_dyn(), read("attn/c_proj/b"));
        assert_eq!(block.ln_2.g.into_dyn(), read("ln_2/g"));
    }
}

#[test]
fn a_path_and_an_opened_checkpoint_load_the_same() {
    let (with, _) = Gpt2::load_with(&shakespeare(), LoadOptions::new().verify(false)).unwrap();
    assert_eq!(Gpt2::load(corpus::case("models/gpt2-shakespeare").unwrap().prefix).unwrap(), with);
}

/// The parts of the report that do not depend on the machine.
#[test]
fn the_report_is_a_table_folded_by_layer() {
    let (_, mut report) = Gpt2Flat::load_with(&shakespeare(), LoadOptions::new()).unwrap();
    (report.checkpoint, report.elapsed) = ("model.ckpt".into(), Duration::from_micros(1250));
    expect![[r#"
        Gpt2Flat from model.ckpt
          field                  variable                     dtype  in the file     in the struct
          wte                    model/wte                    f32    [512, 96]    -> [512, 96]
          wpe                    model/wpe                    f32    [64, 96]     -> [64, 96]
          blocks[0..3].c_attn_w  model/h<0..3>/attn/c_attn/w  f32    [1, 96, 288] -> [96, 288]
          blocks[0..3].c_attn_b  model/h<0..3>/attn/c_attn/b  f32    [288]        -> [288]
          ln_f.g                 model/ln_f/g                 f32    [96]         -> [96]
          ln_f.b                 model/ln_f/b                 f32    [96]         -> [96]
          ignored by `model/h*/[lm]*/**`: 24 variables
          ignored by `model/h*/attn/c_proj/*`: 6 variables
        10 variables, 557.2 kB, checksums verified, in 1.2 ms
    "#]]
    .assert_eq(&format!("{report}\n"));
    expect![[r#"
        [
          {
            "by": "model/h*/[lm]*/**",
            "count": 24,
            "variables": [
              "model/h<0..3>/ln_<1..3>/b",
              "model/h<0..3>/ln_<1..3>/g",
              "model/h<0..3>/mlp/c_fc/b",
              "model/h<0..3>/mlp/c_fc/w",
              "model/h<0..3>/mlp/c_proj/b",
              "model/h<0..3>/mlp/c_proj/w"
            ]
          },
          {
            "by": "model/h*/attn/c_proj/*",
            "count": 6,
            "variables": [
              "model/h<0..3>/attn/c_proj/b",
              "model/h<0..3>/attn/c_proj/w"
            ]
          }
        ]"#]]
    .assert_eq(&serde_json::to_string_pretty(&report.ignored).unwrap());
    expect![[r#"{"field":"Gpt2Flat.blocks[0..3].c_attn_w","variable":"model/h<0..3>/attn/c_attn/w","count":3,"found":{"dtype":"float32","shape":[1,96,288]},"partly_taken":false,"dtype":"float32","shape":[96,288],"parts":1,"partly_filled":false}"#]].assert_eq(&serde_json::to_string(&report.loaded[2]).unwrap());
}

/// Writes the smallest GPT-2, of two layers. `change` gets a tensor's name, and adds something in its place.
fn gpt2_but(change: impl Fn(Bundle, &str, &[u64]) -> Bundle) -> (TempDir, Checkpoint) {
    let mut tensors: Vec<(String, Vec<u64>)> = vec![
        ("model/wte".into(), vec![5, 2]),
        ("model/wpe".into(), vec![3, 2]),
        ("model/ln_f/g".into(), vec![2]),
        ("model/ln_f/b".into(), vec![2]),
    ];
    for layer in 0..2 {
        for (name, shape) in [
            ("ln_1/g", &[2][..]),
            ("ln_1/b", &[2]),
            ("ln_2/g", &[2]),
            ("ln_2/b", &[2]),
            ("attn/c_attn/w", &[1, 2, 6]),
            ("attn/c_attn/b", &[6]),
            ("attn/c_proj/w", &[1, 2, 2]),
            ("attn/c_proj/b", &[2]),
            ("mlp/c_fc/w", &[1, 2, 8]),
            ("mlp/c_fc/b", &[8]),
            ("mlp/c_proj/w", &[1, 8, 2]),
            ("mlp/c_proj/b", &[2]),
        ] {
            tensors.push((format!("model/h{layer}/{name}"), shape.to_vec()));
        }
    }
    let bundle =
        tensors.iter().fold(Bundle::new(), |bundle, (name, shape)| change(bundle, name, shape));
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    bundle.write(&prefix).unwrap();
    let checkpoint = Checkpoint::open(prefix).unwrap();
    (folder, checkpoint)
}

fn zeros(bundle: Bundle, name: &str, shape: &[u64]) -> Bundle {
    let elements = usize::try_from(shape.iter().product::<u64>()).unwrap();
    bundle.f32(name, shape, &vec![0.0; elements])
}

fn refused(change: impl Fn(Bundle, &str, &[u64]) -> Bundle, expected: Expect) {
    let (_folder, checkpoint) = gpt2_but(change);
    // No tensor is needed for the error: the data files are removed.
    let data = checkpoint.path().with_file_name("model.ckpt.data-00000-of-00001");
    std::fs::remove_file(data).unwrap();
    let error = Gpt2::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
    assert!(matches!(error, LoadError::Mismatch(_)));
    expected.assert_eq(
        &error.to_string().replace(&checkpoint.path().display().to_string(), "model.ckpt"),
    );
}

#[test]
fn a_typo_is_one_line_that_names_field_variable_and_the_right_name() {
    refused(
        |bundle, name, shape| zeros(bundle, &name.replace("c_attn/w", "c_atn/w"), shape),
        expect![[r#"
            `Gpt2` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Gpt2.blocks[0..2].attn.c_attn.w`: missing variable `model/h<0..2>/attn/c_attn/w`; did you mean `model/h<0..2>/attn/c_atn/w`, f32 [1, 2, 6]?"#]],
    );
}

#[test]
fn all_problems_come_at_once() {
    refused(
        |bundle, name, shape| match name {
            "model/wte" => bundle.f64(name, &[1], &[1.0]),
            "model/h0/mlp/c_fc/w" => zeros(bundle, name, &[2, 2, 8]),
            "model/h1/ln_1/g" => bundle,
            "model/ln_f/g" => zeros(zeros(bundle, name, shape), "model/lm_head", &[3]),
            _ => zeros(bundle, name, shape),
        },
        expect![[r#"
            `Gpt2` does not fit the checkpoint `model.ckpt`: 5 problems
            - field `Gpt2.wte`: `model/wte` is f64 [1], but the field is f32; change the field to f64, or write `cast = "any"`
            - field `Gpt2.blocks[1].ln_1.g`: missing variable `model/h1/ln_1/g`; if it is optional, make the field an `Option`
            - field `Gpt2.wte`: `model/wte` is f64 [1], but the field has 2 dimensions; change the field to rank 1
            - field `Gpt2.blocks[0].mlp.c_fc.w`: `model/h0/mlp/c_fc/w` is f32 [2, 2, 8], but the field has 2 dimensions; change the field to rank 3
            - unexpected variable `model/lm_head`, f32 [3]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn an_error_serializes_with_its_problems() {
    let (_folder, checkpoint) = gpt2_but(|bundle, name, shape| match name {
        "model/wpe" => bundle.f64(name, &[1, 1], &[1.0]),
        _ => zeros(bundle, name, shape),
    });
    let error = Gpt2::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
    let json = serde_json::to_value(&error).unwrap();
    assert_eq!(json["message"], error.to_string());
    expect![[r#"
        [
          {
            "count": 1,
            "field": "Gpt2.wpe",
            "found": {
              "dtype": "float64",
              "shape": [
                1,
                1
              ]
            },
            "kind": "dtype",
            "message": "field `Gpt2.wpe`: `model/wpe` is f64 [1, 1], but the field is f32; change the field to f64, or write `cast = \"any\"`",
            "variable": "model/wpe",
            "wanted": {
              "dtype": "float32"
            }
          }
        ]"#]].assert_eq(&serde_json::to_string_pretty(&json["problems"]).unwrap());
}

#[derive(FromCheckpoint, Debug)]
struct Shared {
    #[ckpt(path = "w<i>", repeat)]
    all: Vec<Array1<f32>>,
}

/// A thousand variables share the same bytes.
#[test]
fn a_load_can_be_limited_in_what_it_takes() {
    let bundle = (0..1000).fold(Bundle::new(), |bundle, number| {
        bundle.f32(format!("w{number}"), &[4], &[1.0, 2.0, 3.0, 4.0])
    });
    let (mut index, shards) = bundle.in_memory().unwrap();
    index.entries.iter_mut().for_each(|(_, entry)| entry.offset = 0);
    let folder = TempDir::new().unwrap();
    let prefix = folder.path().join("model.ckpt");
    index.write(&prefix).unwrap();
    fs::write(shard_path(&prefix, 0, 1), &shards[0][..16]).unwrap();
    let checkpoint = Checkpoint::open(&prefix).unwrap();
    let load = |most| Shared::load_with(&checkpoint, LoadOptions::new().max_bytes(most));
    let (shared, report) = load(16_000).unwrap();
    assert_eq!((shared.all.len(), report.bytes), (1000, 16_000));
    expect!["field `Shared.all[999]`: cannot read `w999`: with it, the tensors take 16000 bytes of memory, and the limit is 15999; load less, or raise `LoadOptions::max_bytes` or `Limits::load_bytes`"].assert_eq(&load(15_999).unwrap_err().to_string());
    let mut limits = Limits::default();
    limits.load_bytes = 40;
    let limited = OpenOptions::new().limits(limits).open(&prefix).unwrap();
    let names = |count| (0..count).map(|number| format!("w{number}"));
    assert_eq!(limited.read_many(names(2)).unwrap().len(), 2);
    expect!["cannot read `w2`: with it, the tensors take 48 bytes of memory, and the limit is 40; load less, or raise `LoadOptions::max_bytes` or `Limits::load_bytes`"].assert_eq(&limited.read_many(names(3)).unwrap_err().to_string());
    assert!(matches!(Shared::load_with(&limited, LoadOptions::new()), Err(LoadError::Read { .. })));
}

#[derive(FromCheckpoint, Debug)]
struct Four {
    #[ckpt(path = "w<i>", repeat(i = 0..4))]
    _all: Vec<Array1<f32>>,
}

/// Writes four variables to the first of two data files, and returns its path.
fn four() -> (TempDir, Checkpoint, PathBuf) {
    let folder = TempDir::new().unwrap();
    let prefix = folder.path().join("model.ckpt");
    let bundle = (0..4).fold(Bundle::new().shards(2), |bundle, number| {
        bundle.f32(format!("w{number}"), &[2], &[1.0, 2.0])
    });
    bundle.write(&prefix).unwrap();
    let checkpoint = Checkpoint::open(&prefix).unwrap();
    (folder, checkpoint, shard_path(&prefix, 0, 2))
}

fn not_loaded(folder: &TempDir, checkpoint: &Checkpoint) -> String {
    let error = Four::load_with(checkpoint, LoadOptions::new()).unwrap_err();
    error.to_string().replace(&folder.path().display().to_string(), "D")
}

#[test]
fn a_data_file_that_is_missing_is_one_error_with_a_count() {
    let (folder, checkpoint, file) = four();
    fs::remove_file(&file).unwrap();
    expect!["cannot open the data file `D/model.ckpt.data-00000-of-00002`: no such file; fetch it too (the struct has 4 variables in this file)"].assert_eq(&not_loaded(&folder, &checkpoint));
}

#[test]
fn a_data_file_of_another_checkpoint_is_one_error_with_a_count() {
    let (folder, checkpoint, file) = four();
    fs::write(&file, [7; 32]).unwrap();
    expect!["checksum mismatch in 4 of the 4 compared variables in the data file `D/model.ckpt.data-00000-of-00002`, such as `w0`; the file is of another checkpoint or damaged, fetch it and its index again"].assert_eq(&not_loaded(&folder, &checkpoint));
    // Cut after the first variable.
    let (folder, checkpoint, file) = four();
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..8]).unwrap();
    expect!["checksum mismatch in 3 of the 4 compared variables in the data file `D/model.ckpt.data-00000-of-00002`, such as `w1`; the file is of another checkpoint or damaged, fetch it and its index again"].assert_eq(&not_loaded(&folder, &checkpoint));
}

#[test]
fn a_damaged_variable_is_no_other_checkpoint() {
    let (folder, checkpoint, file) = four();
    let mut bytes = fs::read(&file).unwrap();
    bytes[0] ^= 1;
    bytes[8] ^= 1;
    fs::write(&file, bytes).unwrap();
    expect!["field `Four._all[0]`: cannot read `w0`: the checksum of its 8 bytes at byte 0 of the data file `D/model.ckpt.data-00000-of-00002` is 61fcb496, but the checkpoint says 28c0c9b1; the file is damaged or of another checkpoint, fetch it again"].assert_eq(&not_loaded(&folder, &checkpoint));
}
