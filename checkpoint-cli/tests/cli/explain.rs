//! `ckpt explain`

use checkpoint_tests::writer::Bundle;
use expect_test::expect;

use crate::{ckpt, data_file, flip, three, write};

fn explain(path: &str, name: &str) -> String {
    ckpt(["explain", path, name]).good()
}

#[test]
fn the_family_and_the_field_of_a_variable_are_said() {
    expect![[r#"
        model/h1/attn/c_attn/w
          dtype      f32
          shape      [1, 96, 288]
          elements   27,648
          size       110.59 kB
          stored     bytes 448512..559104 of data file 0, CRC-32C cdd288d5
          family     model/h<0..3>/attn/c_attn/w, 3 variables
          field      Model.h[1].attn.c_attn.w, in `Conv1d`:
                     #[ckpt(shape = [1, inputs, outputs])]
                     pub w: Array3<f32>,
    "#]]
    .assert_eq(&explain("models/gpt2-shakespeare", "model/h1/attn/c_attn/w"));
}

#[test]
fn all_names_of_a_variable_are_said() {
    expect![[r#"
        optimizer/_trainable_variables/0/.ATTRIBUTES/VARIABLE_VALUE
          dtype      f32
          shape      [8, 16]
          elements   128
          size       512 B
          stored     bytes 1844..2356 of data file 0, CRC-32C 1e33cc17
          object     optimizer/_trainable_variables/0
          object     model/optimizer/_trainable_variables/0
          object     model/_functional/_operations/1/_kernel
          full name  sequential/hidden/kernel
          field      Model.sequential.hidden.kernel, in `Dense`:
                     #[ckpt(shape = [inputs, outputs])]
                     pub kernel: Array2<f32>,
    "#]]
    .assert_eq(&explain("gen/object-based", "sequential/hidden/kernel"));
}

#[test]
fn every_slice_is_said() {
    expect![[r#"
        emb
          dtype      f32
          shape      [11, 4]
          elements   44
          size       176 B
          stored     in 3 slices
          slice      [0..4, 0..4]: bytes 32..96 of data file 0, CRC-32C b3833f86
          slice      [4..8, 0..4]: bytes 96..160 of data file 0, CRC-32C b3833f86
          slice      [8..11, 0..4]: bytes 160..208 of data file 0, CRC-32C 2f7d4ee9
          field      Model.emb, in `Model`:
                     #[ckpt(shape = [dim_11, 4])]
                     pub emb: Array2<f32>,
    "#]]
    .assert_eq(&explain("gen/partitioned", "emb"));
}

/// A weight with its slots, and one without.
fn slots() -> Bundle {
    ["w", "w/adam_m", "w/adam_v", "w/b", "v", "v_slot_v"]
        .into_iter()
        .fold(Bundle::new(), |bundle, name| bundle.f32(name, &[1], &[1.0]))
}

#[test]
fn a_variable_knows_its_slots_and_a_slot_its_variable() {
    let (_folder, prefix) = write(slots());
    let prefix = prefix.to_str().unwrap();
    let said = ["w", "w/adam_v", "v", "v_slot_v"].map(|name| {
        let explained = explain(prefix, name);
        let lines = explained.lines().filter(|line| line.starts_with("  slot"));
        format!("{name}\n{}\n", lines.collect::<Vec<_>>().join("\n"))
    });
    expect![[r#"
        w
          slot       w/adam_m
          slot       w/adam_v
        w/adam_v
          slot of    w
        v
          slot       v_slot_v
        v_slot_v
          slot of    v
    "#]]
    .assert_eq(&said.concat());
}

#[test]
fn json_says_the_same() {
    expect![[r##"
        {"name":"emb","dtype":"float32","shape":[11,4],"bytes":176,"stored":[{"data_file":0,"offset":32,"size":64,"crc32c":"b3833f86","slice":[[0,0],[4,4]]},{"data_file":0,"offset":96,"size":64,"crc32c":"b3833f86","slice":[[4,0],[4,4]]},{"data_file":0,"offset":160,"size":48,"crc32c":"2f7d4ee9","slice":[[8,0],[3,4]]}],"objects":[],"full_names":[],"slots":[],"field":{"path":"Model.emb","structure":"Model","text":"#[ckpt(shape = [dim_11, 4])]\npub emb: Array2<f32>,"}}
    "##]].assert_eq(&ckpt(["explain", "--json", "gen/partitioned", "emb"]).good());
    let (_folder, prefix) = write(slots());
    let prefix = prefix.to_str().unwrap();
    expect![[r#"
        {"name":"w/adam_m","dtype":"float32","shape":[1],"bytes":4,"stored":[{"data_file":0,"offset":4,"size":4,"crc32c":"dd54c4ab"}],"objects":[],"full_names":[],"preset":{"name":"optimizer","glob":"**/adam_[mv]"},"slot_of":"w","slots":[]}
    "#]].assert_eq(&ckpt(["explain", "--json", prefix, "w/adam_m"]).good());
}

#[test]
fn a_checksum_is_compared_if_that_is_asked() {
    let (_folder, prefix) = write(three());
    let verify = |name| ckpt(["explain", "--verify", prefix.to_str().unwrap(), name]);
    assert!(verify("a").good().contains("\n  checksum   right\n"));
    flip(&data_file(&prefix), 3);
    let run = verify("a");
    assert_eq!(run.status, 1);
    assert!(run.data.contains("\n  checksum   wrong\n"), "{run:?}");
    assert!(run.messages.starts_with("error: cannot read `a`: "), "{run:?}");
    assert_eq!(verify("step").status, 0);
}

#[test]
fn near_names_are_said_where_there_is_no_such_variable() {
    let run = ckpt(["explain", "models/gpt2-nano", "model/h0/ln_1/x"]);
    expect![[r#"
        status 1
        error: missing variable `model/h0/ln_1/x`; did you mean `model/h0/ln_1/b`, f32 [16], or `model/h0/ln_1/g`, f32 [16], or `model/h0/ln_2/b`, f32 [16]?
    "#]].assert_eq(&run.shown());
}
