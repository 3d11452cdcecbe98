//! Lists with other indices than those of a range, and lists whose items user code makes.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, Owned, SaveOptions, Tensor, ToCheckpoint,
    rules,
};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2, array};

#[track_caller]
fn check<T: for<'c> FromCheckpoint<'c> + Owned>(lines: &str, expected: &Expect) {
    expected.assert_eq(&said::<T>(&checkpoint(lines), LoadOptions::new()));
}

fn load<T: for<'c> FromCheckpoint<'c>>(lines: &str) -> T {
    T::load_with(&checkpoint(lines), LoadOptions::new()).unwrap().0
}

/// Saves a value and loads it again.
fn again<T: ToCheckpoint + for<'c> FromCheckpoint<'c>>(value: &T) -> T {
    let tensors = value.to_tensors(SaveOptions::new()).unwrap();
    let tensors = tensors.into_iter().map(|(name, tensor)| (name.to_string(), tensor));
    let checkpoint = Checkpoint::from_source("a save", Memory::new(tensors));
    T::load_with(&checkpoint, LoadOptions::new()).unwrap().0
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Gan {
    #[ckpt(path = "<r>x<r>/w", repeat(r in [32, 8, 16]))]
    kernels: Vec<Array1<f32>>,
    #[ckpt(path = "<r>x<r>", repeat(r in [8, 16]))]
    blocks: [Block; 2],
    #[ckpt(path = "rgb_<r>", repeat(r in [16, 8]))]
    rgb: BTreeMap<usize, f32>,
    #[ckpt(path = "noise_<r>", repeat(r in [8, 16]))]
    noise: Option<Arc<Vec<f32>>>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Block {
    b: Option<f32>,
    c: f32,
    d: f32,
}

const GAN: &str = "8x8/w [1]\n16x16/w [2]\n32x32/w [3]\n8x8/c []\n8x8/d []\n16x16/b []\n16x16/c []\n16x16/d []\nrgb_8 []\nrgb_16 []";

#[test]
fn elements_have_the_order_of_the_list() {
    let gan: Gan = load(GAN);
    assert_eq!(gan.kernels.iter().map(Array1::len).collect::<Vec<_>>(), [3, 1, 2]);
    assert_eq!(gan.blocks.each_ref().map(|block| block.b.is_some()), [false, true]);
    assert_eq!(gan.rgb.keys().copied().collect::<Vec<_>>(), [8, 16]);
    assert!(gan.noise.is_none());
    assert_eq!(again(&gan), gan);
    let noisy: Gan = load(&format!("{GAN}\nnoise_8 []\nnoise_16 []"));
    assert_eq!(noisy.noise.as_ref().map(|noise| noise.len()), Some(2));
    assert_eq!(again(&noisy), noisy);
}

#[test]
fn listed_elements_are_there_and_others_are_not() {
    check::<Gan>(
        &GAN.replace("16x16/w [2]\n", "").replace("rgb_16 []", "rgb_16 f64 []\nnoise_16 []"),
        &expect![[r#"
            `Gan` does not fit the checkpoint `memory`: 3 problems
            - field `Gan.kernels[2]`: missing variable `16x16/w`; if it is optional, make the field an `Option`
            - field `Gan.rgb[16]`: `rgb_16` is f64 [], but the field is f32; change the field to f64, or write `cast = "any"`
            - field `Gan.noise[0]`: missing variable `noise_8`; if it is optional, make the field an `Option`"#]],
    );
    check::<Gan>(
        &GAN.replace("16x16/b []\n16x16/c []\n16x16/d []\n", ""),
        &expect![[r#"
            `Gan` does not fit the checkpoint `memory`: 1 problem
            - field `Gan.blocks[1]`: its 2 variables are missing, such as `16x16/c`; remove its index from `repeat`, or load another checkpoint"#]],
    );
    check::<Gan>(
        &format!("{GAN}\n64x64/w [4]\nrgb_32 []\n64x64/c []\n64x64/d []"),
        &expect![[r#"
            `Gan` does not fit the checkpoint `memory`: 3 problems
            - 2 unexpected variables, such as `64x64/c`, have an index that is not listed in `repeat` of `Gan.blocks`; list the index, or add the variables to `ignore`
            - unexpected variable `64x64/w`, f32 [4]; its index is not listed in `repeat` of `Gan.kernels`: list the index, or add the variable to `ignore`
            - unexpected variable `rgb_32`, f32 []; its index is not listed in `repeat` of `Gan.rgb`: list the index, or add the variable to `ignore`"#]],
    );
}

#[test]
fn a_save_writes_the_listed_elements() {
    let gan: Gan = load(GAN);
    let refused = |gan: &Gan| gan.to_tensors(SaveOptions::new()).unwrap_err().to_string();
    let short = Gan { kernels: gan.kernels[1..].to_vec(), ..load(GAN) };
    let long = Gan { kernels: [gan.kernels.clone(), gan.kernels.clone()].concat(), ..load(GAN) };
    let lacks = Gan { rgb: BTreeMap::from([(8, 1.0)]), ..load(GAN) };
    let other = Gan { rgb: BTreeMap::from([(8, 1.0), (16, 1.0), (32, 1.0)]), ..load(GAN) };
    let all = [short, long, lacks, other].map(|gan| refused(&gan)).join("\n");
    expect![[r#"
        `Gan` cannot be saved: 1 problem
        - field `Gan.kernels`: expected 3 items, as `repeat` lists, found 2; change the list or `repeat`
        `Gan` cannot be saved: 1 problem
        - field `Gan.kernels`: expected 3 items, as `repeat` lists, found 6; change the list or `repeat`
        `Gan` cannot be saved: 1 problem
        - field `Gan.rgb`: missing key 16 in the map; `repeat` lists it, so add a value, or remove it from `repeat`
        `Gan` cannot be saved: 1 problem
        - field `Gan.rgb`: unexpected key 32 in the map; add it to `repeat`, or remove it from the map"#]].assert_eq(&all);
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Sparse {
    #[ckpt(path = "op_<i>", repeat(i = any))]
    ops: BTreeMap<usize, Op>,
    #[ckpt(path = "extra_<i:03>", repeat(i = any))]
    extra: Option<BTreeMap<usize, f32>>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Op {
    w: Array1<f32>,
    b: Option<f32>,
    #[ckpt(path = "head_<h>", repeat(h = any))]
    heads: Option<BTreeMap<usize, f32>>,
}

const SPARSE: &str = "op_3/w [1]\nop_10/w [2]\nop_10/b []\nop_10/head_1 []\nop_10/head_7 []\nop_1000000/w [3]\nop_1000000/head_0 []";

#[test]
fn a_map_takes_the_elements_that_are_there() {
    let model: Sparse = load(SPARSE);
    let lens = model.ops.iter().map(|(index, op)| (*index, op.w.len())).collect::<Vec<_>>();
    assert_eq!(lens, [(3, 1), (10, 2), (1_000_000, 3)]);
    let heads = |index| {
        let heads = model.ops[&index].heads.as_ref();
        heads.map(|heads| heads.keys().copied().collect::<Vec<_>>())
    };
    assert_eq!([heads(3), heads(10), heads(1_000_000)], [None, Some(vec![1, 7]), Some(vec![0])]);
    assert!(model.extra.is_none());
    assert_eq!(again(&model), model);
    let more: Sparse = load(&format!("{SPARSE}\nextra_007 []\nextra_1234 []"));
    assert_eq!(more.extra.as_ref().unwrap().keys().copied().collect::<Vec<_>>(), [7, 1234]);
    assert_eq!(again(&more), more);
}

#[test]
fn elements_that_are_there_are_complete() {
    check::<Sparse>(
        &format!("{SPARSE}\nop_4/b []\nop_5/head_5 []"),
        &expect![[r#"
            `Sparse` does not fit the checkpoint `memory`: 1 problem
            - field `Sparse.ops[4..6].w`: missing variable `op_<4..6>/w`; if it is optional, make the field an `Option`"#]],
    );
    check::<Sparse>(
        &format!("{SPARSE}\nop_3/w2 []\nextra_7 []"),
        &expect![[r#"
            `Sparse` does not fit the checkpoint `memory`: 2 problems
            - unexpected variable `extra_7`, f32 []; add a field, or add it to `ignore`
            - unexpected variable `op_3/w2`, f32 []; add a field, or add it to `ignore`"#]],
    );
    check::<Sparse>(
        "Op_3/w [1]\nOp_10/w [2]\nextra_007 []",
        &expect![[r#"
            `Sparse` does not fit the checkpoint `memory`: 2 problems
            - field `Sparse.ops[any].w`: missing variable `op_<i>/w`; did you mean `Op_10/w`, f32 [2]?
            - unexpected variable `Op_3/w`, f32 [1]; add a field, or add it to `ignore`"#]],
    );
    check::<Sparse>(
        "extra_007 []",
        &expect![[r#"
            `Sparse` does not fit the checkpoint `memory`: 1 problem
            - field `Sparse.ops[any].w`: missing variable `op_<i>/w`; if it is optional, make the field an `Option`"#]],
    );
    let empty = Sparse { ops: BTreeMap::new(), extra: None };
    expect![[r#"
        `Sparse` cannot be saved: 1 problem
        - field `Sparse.ops`: the list is empty, but a load needs at least one item; add one, or make the field an `Option`"#]].assert_eq(&empty.to_tensors(SaveOptions::new()).unwrap_err().to_string());
}

mod halved {
    use super::Array1;

    pub(crate) fn load(values: Array1<f32>) -> Result<Array1<f32>, String> {
        let odd = values.iter().find(|value| *value % 2.0 != 0.0);
        odd.map_or_else(|| Ok(&values / 2.0), |odd| Err(format!("{odd} is odd")))
    }

    pub(crate) fn save(values: &Array1<f32>) -> Result<Array1<f32>, String> {
        let doubled = values * 2.0;
        if doubled.iter().all(|value| value.is_finite()) {
            Ok(doubled)
        } else {
            Err("too large".into())
        }
    }
}

fn negative(value: f32) -> f32 {
    -value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "`unmap` takes a reference")]
fn positive(value: &f32) -> f32 {
    -value
}

/// A byte in a field of 64 bits.
#[derive(Debug, PartialEq)]
struct Byte(u8);

impl TryFrom<i64> for Byte {
    type Error = std::num::TryFromIntError;

    fn try_from(value: i64) -> Result<Self, Self::Error> {
        u8::try_from(value).map(Self)
    }
}

impl From<&Byte> for i64 {
    fn from(byte: &Byte) -> Self {
        Self::from(byte.0)
    }
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Made<T> {
    #[ckpt(path = "half_<i>", repeat(i = 1..), cast = "any", with = "halved")]
    halves: Vec<Array1<f32>>,
    #[ckpt(path = "sign_<i>", repeat(i = any), map = "negative", unmap = "positive")]
    signs: Option<BTreeMap<usize, f32>>,
    #[ckpt(path = "byte_<i>", repeat(i in [7, 5]), try_from = "i64")]
    bytes: Box<[Byte; 2]>,
    #[ckpt(path = "plain_<i>", repeat)]
    plain: Vec<T>,
}

const MADE: &str = "half_1 i64 [1]\nhalf_2 i64 [1]\nbyte_5 i64 []\nbyte_7 i64 []\nplain_0 []";

#[test]
fn user_code_makes_each_element() {
    let made: Made<f32> = load(MADE);
    assert_eq!(made.halves, [array![0.0], array![0.0]]);
    assert_eq!((made.signs.as_ref(), &*made.bytes), (None, &[Byte(0), Byte(0)]));
    let made = Made {
        halves: vec![array![1.0, 2.0], array![3.0]],
        signs: Some(BTreeMap::from([(3, 1.0), (9, -2.0)])),
        bytes: Box::new([Byte(200), Byte(100)]),
        plain: vec![0.5_f32],
    };
    assert_eq!(again(&made), made);
    let tensors = made.to_tensors(SaveOptions::new()).unwrap();
    let shown = |(name, tensor): &(_, Tensor)| format!("{name} {}", tensor.spec());
    let names: Vec<String> = tensors.iter().map(shown).collect();
    let expected = "byte_5 i64 []\nbyte_7 i64 []\nhalf_1 f32 [2]\nhalf_2 f32 [1]\nplain_0 f32 []\nsign_3 f32 []\nsign_9 f32 []";
    assert_eq!(names.join("\n"), expected);
    let value = |at: usize| tensors[at].1.clone();
    assert_eq!(value(0).into_array::<i64>().unwrap().into_raw_vec_and_offset().0, [100]);
    assert_eq!(value(2).into_array::<f32>().unwrap().into_raw_vec_and_offset().0, [2.0, 4.0]);
    assert_eq!(value(6).into_array::<f32>().unwrap().into_raw_vec_and_offset().0, [2.0]);
}

#[test]
fn user_code_refuses_an_element() {
    let odd = checkpoint(&MADE.replace("half_2 i64 [1]", "half_2 [2]"));
    let refused = Made::<f32>::load_with(&odd, LoadOptions::new()).unwrap_err();
    assert_eq!(refused.to_string(), "field `Made.halves`: 1 is odd");
    let mut large: Made<f32> = load(MADE);
    large.halves[1].fill(f32::MAX);
    let refused = large.to_tensors(SaveOptions::new()).unwrap_err();
    assert_eq!(refused.to_string(), "field `Made.halves`: too large");
    check::<Made<f32>>(
        &MADE.replace("half_1 i64 [1]\n", ""),
        &expect![[r#"
            `Made` does not fit the checkpoint `memory`: 1 problem
            - field `Made.halves`: index 1 is missing, but `half_2` exists; if the list starts there, write `repeat(i = 2..)`"#]],
    );
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(dialects(tf, hf(separator = ".")))]
struct Both {
    #[ckpt(path = "<r>x<r>/w", repeat(r in [16, 8]))]
    #[ckpt(dialect(hf, path = "blocks/<r>/weight", transpose))]
    blocks: Vec<Array2<f32>>,
    #[ckpt(path = "op_<i>/w", repeat(i = any))]
    #[ckpt(dialect(hf, path = "ops/<i>"))]
    ops: BTreeMap<usize, Array1<f32>>,
}

#[test]
fn numbers_are_the_same_in_all_dialects() {
    expect![[r#"
        <r>x<r>/w -> blocks.<r>.weight : transpose
        op_<i>/w  -> ops.<i>
    "#]]
    .assert_eq(&rules::<Both>("tf", "hf").unwrap().to_string());
    let both: Both = load("8x8/w [2, 3]\n16x16/w [4, 1]\nop_5/w [1]\nop_17/w [2]");
    let tensors = both.to_tensors(SaveOptions::new().dialect("hf")).unwrap();
    let names: Vec<String> = tensors.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["blocks.16.weight", "blocks.8.weight", "ops.17", "ops.5"]);
    let checkpoint = Checkpoint::from_source("a save", Memory::new(tensors));
    let (other, report) = Both::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!((report.dialect, other), (Some("hf"), both));
}
