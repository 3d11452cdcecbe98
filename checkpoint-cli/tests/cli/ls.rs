//! `ckpt ls`

use checkpoint_core::DType;
use checkpoint_tests::corpus::{cases, real_cases};
use checkpoint_tests::writer::Bundle;
use expect_test::expect;
use serde::Deserialize;

use crate::{ckpt, write};

#[test]
fn it_lists_variables_and_totals() {
    expect![[r#"
         32 B  f32  [4, 2]   dense/w
        176 B  f32  [11, 4]  emb
          8 B  i64  []       global_step
        3 variables, 53 elements, 216 B
    "#]]
    .assert_eq(&ckpt(["ls", "gen/partitioned/part.ckpt"]).good());
    expect![[r#"
        2 B  u16  []  scalar/uint16
        1 B  u2   []  scalar/uint2
        4 B  u32  []  scalar/uint32
        1 B  u4   []  scalar/uint4
        8 B  u64  []  scalar/uint64
        1 B  u8   []  scalar/uint8
        6 variables, 6 elements, 17 B
    "#]]
    .assert_eq(&ckpt(["ls", "gen/scalars/s", "**/u*"]).good());
}

#[test]
fn it_lists_variables_as_a_tree() {
    expect![[r#"
          1.56 MB                         model/
          1.34 MB                           h<0..3>/
        446.98 kB                             attn/
        335.23 kB                               c_attn/
          3.46 kB  3 x f32  [288]                 b
        331.78 kB  3 x f32  [1, 96, 288]          w
        111.74 kB                               c_proj/
          1.15 kB  3 x f32  [96]                  b
        110.59 kB  3 x f32  [1, 96, 96]           w
          4.61 kB                             ln_<1..3>/
          2.30 kB  6 x f32  [96]                b
          2.30 kB  6 x f32  [96]                g
        890.50 kB                             mlp/
        446.98 kB                               c_fc/
          4.61 kB  3 x f32  [384]                 b
        442.37 kB  3 x f32  [1, 96, 384]          w
        443.52 kB                               c_proj/
          1.15 kB  3 x f32  [96]                  b
        442.37 kB  3 x f32  [1, 384, 96]          w
            768 B                           ln_f/
            384 B      f32  [96]              b
            384 B      f32  [96]              g
         24.58 kB      f32  [64, 96]        wpe
        196.61 kB      f32  [512, 96]       wte
        40 variables, 391,008 elements, 1.56 MB
    "#]]
    .assert_eq(&ckpt(["ls", "--tree", "models/gpt2-shakespeare/model.ckpt"]).good());
    expect![[r#"
        3.64 kB      string  []       _CHECKPOINTABLE_OBJECT_GRAPH
          128 B                       model/_functional/_operations/2/
           64 B      f32     [16]       moving_mean/.ATTRIBUTES/VARIABLE_VALUE
           64 B      f32     [16]       moving_variance/.ATTRIBUTES/VARIABLE_VALUE
        2.74 kB                       optimizer/
            8 B      i64     []         _iterations/.ATTRIBUTES/VARIABLE_VALUE
            4 B      f32     []         _learning_rate/.ATTRIBUTES/VARIABLE_VALUE
          908 B                         _trainable_variables/
          512 B      f32     [8, 16]      0/.ATTRIBUTES/VARIABLE_VALUE
          192 B  3 x f32     [16]         <1..4>/.ATTRIBUTES/VARIABLE_VALUE
          192 B      f32     [16, 3]      4/.ATTRIBUTES/VARIABLE_VALUE
           12 B      f32     [3]          5/.ATTRIBUTES/VARIABLE_VALUE
        1.82 kB                         _variables/
        1.02 kB  2 x f32     [8, 16]      <2..4>/.ATTRIBUTES/VARIABLE_VALUE
          384 B  6 x f32     [16]         <4..10>/.ATTRIBUTES/VARIABLE_VALUE
          384 B  2 x f32     [16, 3]      <10..12>/.ATTRIBUTES/VARIABLE_VALUE
           24 B  2 x f32     [3]          <12..14>/.ATTRIBUTES/VARIABLE_VALUE
            8 B      i64     []       save_counter/.ATTRIBUTES/VARIABLE_VALUE
            8 B      i64     []       step/.ATTRIBUTES/VARIABLE_VALUE
        25 variables, 718 elements, 6.52 kB
    "#]]
    .assert_eq(&ckpt(["ls", "--tree", "gen/object-based/ckpt-3"]).good());
}

#[test]
fn numbers_in_a_tree_are_in_the_order_of_numbers() {
    let bundle =
        [("h10/w", 3), ("h2/w", 2), ("h1/w", 2), ("h1", 1), ("h1/", 1), ("/h", 1), ("", 0)]
            .into_iter()
            .filter(|(name, _)| !name.is_empty())
            .fold(Bundle::new(), |bundle, (name, elements)| {
                bundle.tensor(
                    name,
                    DType::UInt8,
                    &[elements],
                    vec![0; usize::try_from(elements).unwrap()],
                )
            });
    let (_folder, prefix) = write(bundle);
    expect![[r#"
        1 B      u8  [1]  /h
        1 B      u8  [1]  h1
        1 B      u8  [1]    
        4 B  2 x u8  [2]  h<1..3>/w
        3 B      u8  [3]  h10/w
        6 variables, 10 elements, 10 B
    "#]]
    .assert_eq(&ckpt(["ls", "--tree", prefix.to_str().unwrap()]).good());
}

#[test]
fn a_name_of_very_many_segments_is_listed() {
    let name = "a/".repeat(30_000) + "b";
    let (_folder, prefix) =
        write(Bundle::new().f32(&name, &[1], &[1.0]).f32("a/b", &[2], &[1.0, 2.0]));
    let list = ckpt(["ls", "--tree", prefix.to_str().unwrap()]).good();
    assert_eq!(list.lines().count(), 4);
}

#[test]
fn globs_choose_and_an_idle_one_is_an_error() {
    let run = ckpt(["ls", "models/gpt2-nano/model.ckpt", "**/wte", "model/h1/ln_?/[bg]"]);
    expect![[r#"
            64 B  f32  [16]       model/h1/ln_1/b
            64 B  f32  [16]       model/h1/ln_1/g
            64 B  f32  [16]       model/h1/ln_2/b
            64 B  f32  [16]       model/h1/ln_2/g
        19.20 kB  f32  [300, 16]  model/wte
        5 variables, 4,864 elements, 19.46 kB
    "#]]
    .assert_eq(&run.good());
    let run = ckpt(["ls", "models/gpt2-nano/model.ckpt", "model/wte", "*wpe"]);
    expect![[r#"
        status 1
        error: no variable matches `*wpe`; `*` stops at `/`, and `**` does not
        19.20 kB  f32  [300, 16]  model/wte
        1 variable, 4,800 elements, 19.20 kB
    "#]]
    .assert_eq(&run.shown());
}

#[test]
fn a_checkpoint_of_nothing_has_no_variables() {
    let (_folder, prefix) = write(Bundle::new());
    let prefix = prefix.to_str().unwrap();
    for arguments in [&["ls", prefix][..], &["ls", "--tree", prefix]] {
        assert_eq!(ckpt(arguments).good(), "the checkpoint has no variables\n");
    }
    assert_eq!(ckpt(["ls", "--json", prefix]).good(), "");
}

#[test]
fn json_has_one_variable_a_line() {
    let (_folder, prefix) =
        write(Bundle::new().f32(b"a\xff\"\x1b\xc2\x9b", &[0, 2], &[]).i64("step", &[], &[7]));
    expect![[r#"
        {"name":"a�\"\u001b\u009b","name_hex":"61ff221bc29b","dtype":"float32","shape":[0,2],"bytes":0}
        {"name":"step","dtype":"int64","shape":[],"bytes":8}
    "#]].assert_eq(&ckpt(["ls", "--json", prefix.to_str().unwrap()]).good());
}

#[test]
fn what_is_listed_of_the_corpus_is_what_tensorflow_lists() {
    #[derive(Debug, Deserialize)]
    struct Line {
        name: String,
        dtype: String,
        shape: Vec<u64>,
        bytes: u64,
    }
    let mut listed = 0;
    for case in cases().unwrap().into_iter().chain(real_cases().unwrap()) {
        let list = ckpt(["ls".as_ref(), "--json".as_ref(), case.prefix.as_os_str()]).good();
        assert_eq!(list.lines().count(), case.truth.tensors.len(), "{}", case.name);
        for (line, truth) in list.lines().zip(&case.truth.tensors) {
            let line: Line = serde_json::from_str(line).unwrap();
            assert_eq!(
                (&line.name, &line.dtype, &line.shape),
                (&truth.name, &truth.dtype, &truth.shape)
            );
            assert!(
                line.bytes == truth.nbytes || truth.sha256.is_none() || line.dtype == "string",
                "{line:?}"
            );
            listed += 1;
        }
    }
    assert!(listed > 300, "only {listed} were listed");
}

#[test]
fn variables_of_objects_are_called_as_the_struct_calls_them() {
    let ls = |arguments: &[&str]| ckpt(["ls", "gen/object-based"].iter().chain(arguments)).shown();
    expect![[r#"
        status 0
          8 B  i64  []       Variable
         64 B  f32  [16]     sequential/batch_normalization/beta
         64 B  f32  [16]     sequential/batch_normalization/gamma
         64 B  f32  [16]     sequential/batch_normalization/moving_mean
         64 B  f32  [16]     sequential/batch_normalization/moving_variance
         64 B  f32  [16]     sequential/hidden/bias
        512 B  f32  [8, 16]  sequential/hidden/kernel
         12 B  f32  [3]      sequential/logits/bias
        192 B  f32  [16, 3]  sequential/logits/kernel
        9 variables, 260 elements, 1.04 kB
    "#]]
    .assert_eq(&ls(&["--naming", "full_name", "sequential/**", "Variable"]));
    expect![[r#"
        status 0
        512 B  f32  [8, 16]  model/_functional/_operations/1/_kernel
        192 B  f32  [16, 3]  model/_functional/_operations/3/_kernel
          8 B  i64  []       model/optimizer/_iterations
          8 B  i64  []       optimizer/_iterations
        3 variables, 177 elements, 712 B
    "#]]
    .assert_eq(&ls(&["--naming", "object_path", "**/_kernel", "**/_iterations"]));
    expect![[r#"
        status 0
        1.04 kB                model/_functional/_operations/
          576 B                  1/
          512 B  f32  [8, 16]      _kernel
           64 B  f32  [16]         bias
          256 B                  2/
           64 B  f32  [16]         beta
           64 B  f32  [16]         gamma
           64 B  f32  [16]         moving_mean
           64 B  f32  [16]         moving_variance
          204 B                  3/
          192 B  f32  [16, 3]      _kernel
           12 B  f32  [3]          bias
        8 variables, 259 elements, 1.04 kB
    "#]]
    .assert_eq(&ls(&["--naming=object_path", "--tree", "model/_functional/**"]));
    expect![[r#"
        status 0
        {"name":"_CHECKPOINTABLE_OBJECT_GRAPH","dtype":"string","shape":[],"bytes":3641}
        {"name":"step","key":"step/.ATTRIBUTES/VARIABLE_VALUE","dtype":"int64","shape":[],"bytes":8}
    "#]]
    .assert_eq(&ls(&["--naming=object_path", "--json", "step", "_CHECK*"]));
}

#[test]
fn names_of_objects_need_an_object_graph() {
    let run = ckpt(["ls", "--naming", "object_path", "models/gpt2-nano"]);
    expect![[r#"
        status 2
        error: the checkpoint has no object graph for `naming = "object_path"`; remove `naming`
    "#]]
    .assert_eq(&run.shown());
    let (_folder, prefix) = write(Bundle::new().f32("_CHECKPOINTABLE_OBJECT_GRAPH", &[1], &[1.0]));
    expect![[r#"
        status 1
        error: `_CHECKPOINTABLE_OBJECT_GRAPH` is f32 [1], but an object graph is a string without axes; the checkpoint is damaged or not of TensorFlow, save it anew
    "#]].assert_eq(&ckpt(["ls", "--naming", "object_path", prefix.to_str().unwrap()]).shown());
}

#[test]
fn the_largest_are_listed_first_or_alone() {
    let list = |options: &[&str]| {
        let (path, globs) = ("models/gpt2-nano", ["model/*", "**/c_fc/*"]);
        ckpt(["ls"].iter().chain(options).chain(&[path]).chain(&globs)).good()
    };
    expect![[r#"
        19.20 kB  f32  [300, 16]    model/wte
         4.10 kB  f32  [1, 16, 64]  model/h0/mlp/c_fc/w
         4.10 kB  f32  [1, 16, 64]  model/h1/mlp/c_fc/w
         2.05 kB  f32  [32, 16]     model/wpe
           256 B  f32  [64]         model/h0/mlp/c_fc/b
           256 B  f32  [64]         model/h1/mlp/c_fc/b
        6 variables, 7,488 elements, 29.95 kB
    "#]]
    .assert_eq(&list(&["--sort", "size"]));
    expect![[r#"
        19.20 kB  f32  [300, 16]    model/wte
         4.10 kB  f32  [1, 16, 64]  model/h0/mlp/c_fc/w
         4.10 kB  f32  [1, 16, 64]  model/h1/mlp/c_fc/w
        the largest 3 of 6 variables, 6,848 elements, 27.39 kB
    "#]]
    .assert_eq(&list(&["--top", "3"]));
    expect![[r#"
         4.10 kB  f32  [1, 16, 64]  model/h0/mlp/c_fc/w
         4.10 kB  f32  [1, 16, 64]  model/h1/mlp/c_fc/w
        19.20 kB  f32  [300, 16]    model/wte
        the largest 3 of 6 variables, 6,848 elements, 27.39 kB
    "#]]
    .assert_eq(&list(&["--top", "3", "--sort", "name"]));
    expect![[r#"
        {"name":"model/wte","dtype":"float32","shape":[300,16],"bytes":19200}
    "#]]
    .assert_eq(&list(&["--top", "1", "--json"]));
    assert_eq!(list(&["--top", "99", "--sort", "name"]), list(&[]));
    assert_eq!(list(&["--top", "99"]), list(&["--sort", "size"]));
    expect![[r#"
        the largest 0 of 6 variables, 0 elements, 0 B
    "#]]
    .assert_eq(&list(&["--top", "0"]));
}

#[test]
fn a_tree_has_an_order_of_its_own() {
    expect![[r#"
        status 2
        error: the argument '--tree' cannot be used with '--sort <ORDER>'

        Usage: ckpt ls --tree <PATH> [GLOB]...

        For more information, try '--help'.
    "#]]
    .assert_eq(&ckpt(["ls", "--tree", "--sort", "size", "models/gpt2-nano"]).shown());
}
