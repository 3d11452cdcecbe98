//! `ckpt show`

use checkpoint_core::DType;
use checkpoint_tests::writer::Bundle;
use expect_test::{expect, expect_file};

use crate::{ckpt, data_file, flip, three, write};

/// A few elements of every dtype of a width, of the bytes 0, 1, 2, ...
fn every_dtype() -> Bundle {
    let dtypes = DType::all().filter_map(|dtype| Some((dtype, dtype.width()?)));
    dtypes.fold(Bundle::new(), |bundle, (dtype, width)| {
        let bytes: Vec<u8> =
            (0..u8::MAX).map(|byte| byte.wrapping_mul(37)).take(3 * width).collect();
        bundle.tensor(dtype.name(), dtype, &[3], bytes)
    })
}

#[test]
fn each_dtype_has_its_own_form() {
    let (_folder, prefix) = write(every_dtype());
    let show = |dtype: DType| ckpt(["show", prefix.to_str().unwrap(), dtype.name()]).good();
    let shown = DType::all().filter(|dtype| dtype.width().is_some()).map(|dtype| {
        let without_place = |line: &&str| !line.starts_with("  stored");
        show(dtype).lines().filter(without_place).collect::<Vec<_>>().join("\n")
    });
    let shown = shown.collect::<Vec<_>>().join("\n") + "\n";
    expect_file!["every_dtype.txt"].assert_eq(&shown);
}

#[test]
fn what_is_known_of_a_variable_is_shown() {
    expect![[r#"
        model/wte
          dtype      f32
          shape      [512, 96]
          elements   49,152
          size       196.61 kB
          stored     bytes 1367424..1564032 of data file 0, CRC-32C feaa22e5
          min        -0.5055271
          max        0.48349363
          mean       -0.00032057916
          std        0.10760262
          NaN        0
          infinite   0
          zero       0
          values     [-0.08572699, 0.062834874, 0.02849885, 0.18717529, -0.09358265, -0.05480032, 0.23261276, 0.026405418, ...]
    "#]]
        .assert_eq(&ckpt(["show", "models/gpt2-shakespeare/model.ckpt", "model/wte"]).good());
}

#[test]
fn as_many_values_are_shown_as_are_asked_for() {
    let (_folder, prefix) = write(three());
    let values = |name, values| {
        let shown = ckpt(["show", "--values", values, prefix.to_str().unwrap(), name]).good();
        shown.lines().last().unwrap().to_owned()
    };
    assert_eq!(values("a", "0"), "  values     [...]");
    assert_eq!(values("a", "1"), "  values     [1.0, ...]");
    assert_eq!(values("a", "2"), "  values     [1.0, 2.0]");
    assert_eq!(values("a", "99"), "  values     [1.0, 2.0]");
}

#[test]
fn a_scalar_and_nothing_at_all_are_shown() {
    let bundle = Bundle::new().i64("step", &[], &[-7]).f32("none", &[0, 3], &[]);
    let (_folder, prefix) = write(bundle);
    let show = |name| ckpt(["show", prefix.to_str().unwrap(), name]).good();
    expect![[r#"
        step
          dtype      i64
          shape      []
          elements   1
          size       8 B
          stored     bytes 0..8 of data file 0, CRC-32C fb0233e4
          values     [-7]
    "#]]
    .assert_eq(&show("step"));
    expect![[r#"
        none
          dtype      f32
          shape      [0, 3]
          elements   0
          size       0 B
          stored     bytes 8..8 of data file 0, CRC-32C 00000000
          values     []
    "#]]
    .assert_eq(&show("none"));
}

#[test]
fn strings_are_quoted_and_long_ones_cut() {
    let long = "ü".repeat(101);
    let strings = [&b"a\"b\\\n"[..], b"\xff\x00", b"", long.as_bytes(), b"five"];
    let bundle = Bundle::new().strings("s", &[5], &strings).strings("one", &[], &["1"]);
    let (_folder, prefix) = write(bundle);
    let show = |name| ckpt(["show", "--values", "4", prefix.to_str().unwrap(), name]).good();
    expect![[r#"
        s
          dtype      string
          shape      [5]
          elements   5
          size       223 B
          stored     bytes 0..223 of data file 0, CRC-32C 389efec9
          shortest   0 bytes
          longest    202 bytes
          empty      1
          values     ["a\"b\\\n", "\xff\0", "", "üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü"... (202 bytes), ...]
    "#]].assert_eq(&show("s"));
    expect![[r#"
        one
          dtype      string
          shape      []
          elements   1
          size       6 B
          stored     bytes 223..229 of data file 0, CRC-32C 49bd1c92
          values     ["1"]
    "#]]
    .assert_eq(&show("one"));
}

#[test]
fn variants_are_shown_as_their_messages() {
    let bundle = Bundle::new().variants("iterators", &[2], &[&b"\x0a\x01a"[..], b""]);
    let (_folder, prefix) = write(bundle);
    expect![[r#"
        iterators
          dtype      variant
          shape      [2]
          elements   2
          size       13 B
          stored     bytes 0..13 of data file 0, CRC-32C d88eb52e
          shortest   0 bytes
          longest    3 bytes
          empty      1
          values     ["\n\u{1}a", ""]
    "#]]
    .assert_eq(&ckpt(["show", prefix.to_str().unwrap(), "iterators"]).good());
}

#[test]
fn a_variable_in_slices_is_shown_as_a_whole() {
    expect![[r#"
        emb
          dtype      f32
          shape      [11, 4]
          elements   44
          size       176 B
          stored     in 3 slices
          min        -1.8039427
          max        2.1889832
          mean       -0.06881179
          std        1.0011004
          NaN        0
          infinite   0
          zero       0
          values     [-1.138214, 0.9314237, -0.5054812, 1.3290871, 0.8075584, -1.2883941, 0.37356865, -0.06277111, ...]
    "#]].assert_eq(&ckpt(["show", "gen/partitioned/part.ckpt", "emb"]).good());
}

#[test]
fn infinities_and_nans_are_counted_and_kept_out_of_the_mean() {
    let values = [1.0, f32::NAN, f32::INFINITY, -3.0, f32::NEG_INFINITY, 0.0];
    let (_folder, prefix) = write(Bundle::new().f32("w", &[6], &values));
    expect![[r#"
        w
          dtype      f32
          shape      [6]
          elements   6
          size       24 B
          stored     bytes 0..24 of data file 0, CRC-32C d3e184a1
          min        -3.0
          max        1.0
          mean       -0.6666667
          std        1.6996732
          NaN        1
          infinite   2
          zero       1
          values     [1.0, NaN, inf, -3.0, -inf, 0.0]
    "#]]
    .assert_eq(&ckpt(["show", prefix.to_str().unwrap(), "w"]).good());
}

#[test]
fn a_name_that_is_not_there_has_the_nearest_one_named() {
    let show = |name| ckpt(["show", "models/gpt2-nano/model.ckpt", name]).shown();
    expect![[r#"
        status 1
        error: missing variable `model/h0/ln_1/w`; did you mean `model/h0/ln_1/b`, f32 [16]?
    "#]]
    .assert_eq(&show("model/h0/ln_1/w"));
    expect![[r#"
        status 1
        error: missing variable `bert/embeddings`; `ckpt ls` lists the names
    "#]]
    .assert_eq(&show("bert/embeddings"));
    // Names below it, and in another scope.
    expect![[r#"
        status 1
        error: missing variable `model/ln_f`; did you mean `model/ln_f/b`, f32 [16]?
    "#]]
    .assert_eq(&show("model/ln_f"));
    expect![[r#"
        status 1
        error: missing variable `wte`; did you mean `model/wte`, f32 [300, 16]?
    "#]]
    .assert_eq(&show("wte"));
    assert!(show("h0").contains("`ckpt ls` lists the names"));
}

#[test]
fn a_variable_is_found_by_its_name_as_it_is_printed() {
    let bundle = Bundle::new().f32(b"a\n\xff", &[1], &[1.0]).f32("a\\nb", &[1], &[2.0]).f32(
        "a\nb",
        &[1],
        &[3.0],
    );
    let (_folder, prefix) = write(bundle);
    let value = |name| {
        let shown = ckpt(["show", prefix.to_str().unwrap(), name]).good();
        shown.lines().last().unwrap().to_owned()
    };
    assert_eq!(value("a\\n\\xff"), "  values     [1.0]");
    assert_eq!(value("a\\nb"), "  values     [2.0]");
    assert_eq!(value("a\nb"), "  values     [3.0]");
}

#[test]
fn of_a_damaged_variable_the_values_are_not_shown() {
    let (folder, prefix) = write(three());
    flip(&data_file(&prefix), 10_000);
    let run = ckpt(["show", prefix.to_str().unwrap(), "b/w"]);
    expect![[r#"
        status 1
        error: cannot read `b/w`: the checksum of its 1200000 bytes at byte 8 of the data file `models/model.ckpt.data-00000-of-00001` is 8f690254, but the checkpoint says 8401c680; the file is damaged or of another checkpoint, fetch it again
        b/w
          dtype      f32
          shape      [300, 1000]
          elements   300,000
          size       1.20 MB
          stored     bytes 8..1200008 of data file 0, CRC-32C 8401c680
    "#]].assert_eq(&run.shown().replace(&folder.path().display().to_string(), "models"));
}

#[test]
fn a_variable_of_an_object_has_all_its_names() {
    let show = |name| ckpt(["show", "gen/object-based", name]).good();
    let by_key = show("optimizer/_trainable_variables/5/.ATTRIBUTES/VARIABLE_VALUE");
    expect![[r#"
        optimizer/_trainable_variables/5/.ATTRIBUTES/VARIABLE_VALUE
          dtype      f32
          shape      [3]
          elements   3
          size       12 B
          stored     bytes 2740..2752 of data file 0, CRC-32C e0c5c990
          min        -0.0009991963
          max        0.0009999553
          mean       0.0003335094
          std        0.00094236527
          NaN        0
          infinite   0
          zero       0
          values     [-0.0009991963, 0.0009997692, 0.0009999553]
          object     optimizer/_trainable_variables/5
          object     model/optimizer/_trainable_variables/5
          object     model/_functional/_operations/3/bias
          full name  sequential/logits/bias
    "#]]
    .assert_eq(&by_key);
    assert_eq!(show("model/_functional/_operations/3/bias"), by_key);
    assert_eq!(show("model/optimizer/_trainable_variables/5"), by_key);
    assert_eq!(show("sequential/logits/bias"), by_key);
}

#[test]
fn a_damaged_object_graph_keeps_no_variable_from_being_shown() {
    let bundle = Bundle::new().f32("w", &[1], &[1.0]);
    let (_folder, prefix) =
        write(bundle.strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &["\x0a\x7f"]));
    expect![[r#"
        status 1
        error: the object graph is damaged, fetch the checkpoint again: the object graph at byte 2 is cut: it has 0 of 127 bytes
        w
          dtype      f32
          shape      [1]
          elements   1
          size       4 B
          stored     bytes 0..4 of data file 0, CRC-32C dd54c4ab
          values     [1.0]
    "#]].assert_eq(&ckpt(["show", prefix.to_str().unwrap(), "w"]).shown());
}

#[test]
fn a_histogram_is_drawn() {
    let shown = ckpt(["show", "--plot", "models/gpt2-shakespeare", "model/wte"]).good();
    let plot = |shown: &str| {
        let lines = shown.lines().skip_while(|line| !line.starts_with("  plot"));
        let lines = lines.take_while(|line| !line.starts_with("  values"));
        // A line without an indent keeps those of the others in the snapshot.
        ["drawn"].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    };
    expect![[r#"
        drawn
          plot       -0.5625  ▏                                         1
                        -0.5  ▏                                         3
                     -0.4375  ▏                                         28
                      -0.375  ▍                                         108
                     -0.3125  █▋                                        437
                       -0.25  ████▌                                     1,154
                     -0.1875  ███████████████▍                          3,855
                      -0.125  ████████████████████████████████████▌     9,154
                     -0.0625  ███████████████████████████████████████▌  9,914
                         0.0  ████████████████████████████████████████  10,027
                      0.0625  ███████████████████████████████████▋      8,955
                       0.125  ██████████████                            3,524
                      0.1875  █████▊                                    1,454
                        0.25  █▋                                        430
                      0.3125  ▎                                         88
                       0.375  ▏                                         16
                      0.4375  ▏                                         4"#]]
    .assert_eq(&plot(&shown));
    let numbers: Vec<i64> = (0..100).map(|number| number * number % 7).collect();
    let nans = [f32::NAN, 0.5, f32::INFINITY, 0.5];
    let bundle = Bundle::new().i64("i", &[100], &numbers).f32("f", &[4], &nans);
    let (_folder, prefix) = write(bundle);
    let prefix = prefix.to_str().unwrap();
    expect![[r#"
        drawn
          plot       0  ████████████████████▋                     15
                     1  ████████████████████████████████████████  29
                     2  ██████████████████████████████████████▌   28
                     3                                            0
                     4  ██████████████████████████████████████▌   28"#]]
    .assert_eq(&plot(&ckpt(["show", "--plot", prefix, "i"]).good()));
    expect![[r#"
        drawn
          plot       0.5  ████████████████████████████████████████  2"#]]
    .assert_eq(&plot(&ckpt(["show", "--plot", prefix, "f"]).good()));
}

#[test]
fn elements_without_an_order_have_no_histogram() {
    let complex =
        [1.0_f32, 2.0, 3.0, 4.0].into_iter().flat_map(f32::to_le_bytes).collect::<Vec<_>>();
    let bundle =
        Bundle::new().tensor("c", DType::Complex64, &[2], complex).strings("s", &[2], &["a", "b"]);
    let (_folder, prefix) = write(bundle);
    let messages = ["c", "s"].map(|name| {
        let run = ckpt(["show", "--plot", prefix.to_str().unwrap(), name]);
        assert_eq!(run.status, 0);
        run.messages
    });
    expect![[r#"
        note: no plot of `c`; its elements are c64, not real numbers
        note: no plot of `s`; its elements are string, not real numbers
    "#]]
    .assert_eq(&messages.concat());
}
