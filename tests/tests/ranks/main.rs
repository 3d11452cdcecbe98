//! `parallel`: each rank loads its part, and saves it.

use checkpoint_core::{
    Checkpoint, DType, FromCheckpoint, LoadError, LoadOptions, LoadReport, Memory, Name, Rank,
    Tensor,
};
use checkpoint_tests::conformance::bundle;
use checkpoint_tests::mapped::{Log, Mapped, taken};
use checkpoint_tests::memory::{checkpoint, said};
use checkpoint_tests::writer::Bundle;
use expect_test::expect;
use ndarray::{Array, Array1, Array2, Array3, ArrayD, ArrayView2, Axis, CowArray, Ix2};
use proptest::prelude::*;

mod save;

/// Tensors of these names and shapes, all of whose elements differ.
fn numbered(shapes: Vec<(String, Vec<usize>)>) -> Vec<(Name, Tensor)> {
    let mut next = 0.0_f32;
    let mut tensors = Vec::new();
    for (name, shape) in shapes {
        let elements = ArrayD::from_shape_simple_fn(shape, || {
            next += 1.0;
            next
        });
        tensors.push((Name::from(&*name), Tensor::from_array(elements).unwrap()));
    }
    tensors
}

fn rank(index: usize, size: usize) -> LoadOptions<'static> {
    LoadOptions::new().rank(Rank::new(index, size).unwrap())
}

/// Fields with all kinds of steps. All lengths that ranks divide are multiples of 12.
#[derive(FromCheckpoint)]
#[ckpt(dims(n, m))]
struct Model {
    #[ckpt(shape = [n, m], parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    rows: Array2<f32>,
    #[ckpt(shape = [_, n], parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    columns: Array2<f32>,
    #[ckpt(transpose, parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    from_columns: Array2<f32>,
    #[ckpt(transpose, parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    from_rows: Array2<f32>,
    #[ckpt(squeeze, split(axis = 1), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    qkv: [Array2<f32>; 3],
    #[ckpt(path = "bias", split(axis = 0), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    biases: [Array1<f32>; 3],
    #[ckpt(reshape[12, _, m], permute(1, 0, 2), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    heads: Array3<f32>,
    #[ckpt(concat(axis = 0, paths = ["a", "b", "c"]), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    joined: Array2<f32>,
    #[ckpt(concat(axis = 0, paths = ["d", "e"]), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    across: Array2<f32>,
    #[ckpt(path = "expert_<e>", stack(e, axis = 0), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    experts: Array2<f32>,
    #[ckpt(path = "slot_<e>", stack(e, axis = 1), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    slots: Array2<f32>,
    #[ckpt(path = "halves", chunk(axis = 0, index = 0, of = 2), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    first: Array2<f32>,
    #[ckpt(path = "halves", chunk(axis = 0, index = 1, of = 2))]
    second: Array2<f32>,
    #[ckpt(path = "pair", slice(axis = 1, range = ..m))]
    before: Array2<f32>,
    #[ckpt(path = "pair", slice(axis = 1, range = m..), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    after: Array2<f32>,
    #[ckpt(cast, parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    wide: Array2<f64>,
    #[ckpt(reorder(axis = 0, order = [1, 0]), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    swapped: Array2<f32>,
    #[ckpt(path = "h<i>", repeat, parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    list: Vec<Array1<f32>>,
    #[ckpt(parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    tokens: Vec<String>,
    #[ckpt(parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    maybe: Option<ArrayD<f32>>,
    #[ckpt(path = "rows", copy, transpose)]
    whole: Array2<f32>,
    scale: f32,
}

/// The numbers of ranks that all its fields name.
const RANKS: [usize; 5] = [1, 2, 3, 4, 6];

/// Lengths of a [`Model`].
#[derive(Clone, Copy, Debug)]
struct Lengths {
    n: usize,
    m: usize,
    k: usize,
    c: usize,
}

impl Lengths {
    fn any() -> impl Strategy<Value = Self> {
        let twelves = || (1_usize..4).prop_map(|number| 12 * number);
        let lengths = (twelves(), twelves(), 1_usize..7, twelves());
        lengths.prop_map(|(n, m, k, c)| Self { n, m, k, c })
    }

    fn tensors(self) -> Vec<(Name, Tensor)> {
        let Self { n, m, k, c } = self;
        let mut shapes: Vec<(String, Vec<usize>)> = [
            ("rows", vec![n, m]),
            ("columns", vec![k, n]),
            ("from_columns", vec![k, c]),
            ("from_rows", vec![c, k]),
            ("qkv", vec![1, k, 3 * c]),
            ("bias", vec![3 * c]),
            ("heads", vec![12 * c, m]),
            ("a", vec![5, k]),
            ("b", vec![7, k]),
            ("c", vec![c, k]),
            ("d", vec![2, c]),
            ("e", vec![3, c]),
            ("halves", vec![2 * k, c]),
            ("pair", vec![c, m + k]),
            ("wide", vec![k, c]),
            ("swapped", vec![2 * k, c]),
            ("h0", vec![c]),
            ("h1", vec![n]),
            ("maybe", vec![k, c]),
            ("scale", vec![]),
        ]
        .map(|(name, shape)| (name.to_owned(), shape))
        .to_vec();
        shapes.extend((0..12).map(|number| (format!("expert_{number}"), vec![k])));
        shapes.extend((0..5).map(|number| (format!("slot_{number}"), vec![c])));
        let mut tensors = numbered(shapes);
        let tokens = (0..c).map(|number| format!("token {number}"));
        let tokens = Tensor::from_strings([c as u64], tokens.collect::<Vec<_>>()).unwrap();
        tensors.push((Name::from("tokens"), tokens));
        tensors
    }
}

/// Joins the parts of all ranks along an axis.
fn joined<T: Clone, D: ndarray::RemoveAxis>(
    axis: usize,
    parts: impl Iterator<Item = Array<T, D>>,
) -> Array<T, D> {
    let parts: Vec<_> = parts.collect();
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    ndarray::concatenate(Axis(axis), &views).unwrap()
}

/// Checks that the parts of all ranks, joined along the axes of their fields, are the whole.
fn check_parts(whole: &Model, parts: &[Model]) {
    macro_rules! joined {
        ($($axis:literal: $($place:tt).+;)+) => {$(
            let found = joined($axis, parts.iter().map(|part| part.$($place).+.clone()));
            assert_eq!(found, whole.$($place).+, stringify!($($place).+));
        )+};
    }
    joined! {
        0: rows;
        1: columns;
        0: from_columns;
        1: from_rows;
        1: heads;
        0: joined;
        1: across;
        0: experts;
        0: slots;
        1: first;
        0: after;
        1: wide;
        1: swapped;
    }
    for part in 0..3 {
        let of_part = |model: &Model| (model.qkv[part].clone(), model.biases[part].clone());
        let (qkv, biases): (Vec<_>, Vec<_>) = parts.iter().map(of_part).unzip();
        assert_eq!(joined(1, qkv.into_iter()), whole.qkv[part]);
        assert_eq!(joined(0, biases.into_iter()), whole.biases[part]);
    }
    for item in 0..2 {
        assert_eq!(joined(0, parts.iter().map(|part| part.list[item].clone())), whole.list[item]);
    }
    let tokens: Vec<String> = parts.iter().flat_map(|part| part.tokens.clone()).collect();
    assert_eq!(tokens, whole.tokens);
    let maybe = parts.iter().filter_map(|part| part.maybe.clone());
    assert_eq!(Some(joined(1, maybe)), whole.maybe);
    for part in parts {
        assert_eq!(part.second, whole.second);
        assert_eq!(part.before, whole.before);
        assert_eq!(part.whole, whole.whole);
        assert_eq!(part.scale.to_bits(), whole.scale.to_bits());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_parts_of_all_ranks_are_the_whole(lengths in Lengths::any(), verify in any::<bool>()) {
        let tensors = lengths.tensors();
        let (mapped, _) = Mapped::opened(bundle(&tensors));
        let memory = Checkpoint::from_source("memory", Memory::new(tensors));
        // Tensors in memory have no checksums, and are read whole.
        for (checkpoint, is_partial) in [(mapped, !verify), (memory, false)] {
            let whole = Model::load_with(&checkpoint, LoadOptions::new()).unwrap().0;
            for size in RANKS {
                let load = |index| {
                    let options = rank(index, size).verify_parts(verify);
                    let (part, report) = Model::load_with(&checkpoint, options).unwrap();
                    assert_eq!(report.unverified > 0, is_partial && size > 1, "{report}");
                    assert_eq!(report.dims[0], ("m".to_owned(), lengths.m as u64));
                    part
                };
                check_parts(&whole, &(0..size).map(load).collect::<Vec<_>>());
            }
        }
    }
}

#[derive(FromCheckpoint)]
#[allow(dead_code, reason = "only loaded")]
struct Wide {
    #[ckpt(parallel(axis = 0, of = [2, 4, 8]))]
    rows: Array2<f32>,
    #[ckpt(parallel(axis = 1, of = [2, 4, 8]))]
    columns: Array2<f32>,
    #[ckpt(split(axis = 1), parallel(axis = 1, of = [2, 4, 8]))]
    qkv: [Array2<f32>; 3],
    #[ckpt(transpose, parallel(axis = 0, of = [2, 4, 8]))]
    turned: Array2<f32>,
}

/// Rows of 72 KiB.
fn wide() -> Bundle {
    let (rows, columns) = (64, 18 << 10);
    let number = |n: u64| f32::from(u16::try_from(n % 65_521).unwrap());
    let bytes = || (0..rows * columns).flat_map(|n| number(n).to_le_bytes()).collect::<Vec<u8>>();
    ["rows", "columns", "qkv", "turned"].iter().fold(Bundle::new(), |bundle, name| {
        bundle.tensor(name, DType::Float32, &[rows, columns], bytes())
    })
}

fn asked_for(log: &Log) -> u64 {
    taken(log).into_iter().map(|(_, range)| range.end - range.start).sum()
}

#[test]
fn each_rank_reads_its_part_and_little_else() {
    let (checkpoint, log) = Mapped::opened(wide());
    let total: u64 = checkpoint.variables().iter().map(|it| it.bytes().unwrap()).sum();
    for size in [2, 4, 8] {
        for index in 0..size {
            let (_, report) = Wide::load_with(&checkpoint, rank(index, size)).unwrap();
            let (bytes, share) = (asked_for(&log), total / size as u64);
            assert_eq!(bytes, report.bytes);
            assert!(bytes >= share && 100 * bytes <= 105 * share, "{bytes} of {share}");
            assert_eq!((report.verified, report.unverified), (false, 4));
        }
    }
    // Verification reads all, once.
    let (_, report) = Wide::load_with(&checkpoint, rank(1, 4).verify_parts(true)).unwrap();
    assert_eq!((asked_for(&log), report.bytes, report.verified), (total, total, true));
}

#[derive(FromCheckpoint)]
#[allow(dead_code, reason = "only loaded")]
struct Columns {
    #[ckpt(parallel(axis = 1, of = [2, 4]))]
    w: Array2<f32>,
}

#[test]
fn a_rank_reads_the_slices_of_a_partitioned_variable_that_it_needs() {
    let bytes: Vec<u8> = (0..40_u8).collect();
    let bundle =
        Bundle::new().partition("w", DType::Float32, &[2, 4], (1, &[1, 1, 2]), &bytes[..32]);
    let (checkpoint, log) = Mapped::opened(bundle);
    let (columns, report) = Columns::load_with(&checkpoint, rank(0, 2)).unwrap();
    assert_eq!(columns.w.dim(), (2, 2));
    // Two of the three slices, whole.
    assert_eq!((asked_for(&log), report.bytes, report.verified), (16, 16, true));
    // The bytes from the first wanted one to the last, of the last slice.
    let (_, report) = Columns::load_with(&checkpoint, rank(2, 4)).unwrap();
    assert_eq!((asked_for(&log), report.bytes, report.verified), (12, 12, false));
}

#[test]
fn damage_between_the_parts_is_found_if_parts_are_verified() {
    let damaged = || {
        let (mut mapped, _) = Mapped::new(wide());
        // The last column of the first row of `columns`.
        let row = 72 << 10;
        mapped.files[0].bytes[64 * row + row - 1] ^= 1;
        Checkpoint::from_source("mapped", mapped)
    };
    let says = |verify| Wide::load_with(&damaged(), rank(0, 2).verify_parts(verify)).map(drop);
    says(false).unwrap();
    let error = says(true).unwrap_err().to_string();
    assert!(
        error.starts_with("field `Wide.columns`: cannot read `columns`: the checksum"),
        "{error}"
    );
}

#[test]
fn lengths_that_ranks_do_not_divide_are_told_before_anything_is_read() {
    let (checkpoint, log) = Mapped::opened(Bundle::new().f32("w", &[2, 6], &[0.0; 12]));
    let error = said::<Columns>(&checkpoint, rank(0, 4));
    expect![[r#"
        `Columns` does not fit the checkpoint `mapped`: 1 problem
        - field `Columns.w`: `w` is f32 [2, 6], but `parallel(axis = 1)` cannot divide axis 1, of length 6, among 4 ranks; list only divisors of it in `of`"#]].assert_eq(&error);
    assert_eq!(taken(&log), []);
    assert_eq!(said::<Columns>(&checkpoint, rank(0, 2)), "it fits");
    assert_eq!(said::<Columns>(&checkpoint, LoadOptions::new()), "it fits");
}

#[test]
fn an_axis_is_of_the_array_after_all_steps() {
    #[derive(FromCheckpoint)]
    #[allow(dead_code, reason = "only loaded")]
    struct Model {
        #[ckpt(parallel(axis = 2, of = [2]))]
        any: ArrayD<f32>,
        #[ckpt(reorder(axis = 0, order = [1, 0]), parallel(axis = 0, of = [2]))]
        gates: Array2<f32>,
    }

    let checkpoint = checkpoint("any [2, 4]\ngates [4, 2]");
    let said = |size| match Model::load_with(&checkpoint, rank(0, size)) {
        Err(LoadError::Mismatch(mismatch)) => mismatch.to_string(),
        other => panic!("{:?}", other.map(drop)),
    };
    expect![[r#"
        `Model` does not fit the checkpoint `memory`: 2 problems
        - field `Model.any`: `any` is f32 [2, 4], which has no axis 2 for `parallel(axis = 2)`; axes are counted from 0
        - field `Model.gates`: `gates` is f32 [4, 2], which `parallel(axis = 0)` cannot express with strides for 2 ranks; list other numbers in `of`, or divide another axis"#]].assert_eq(&said(2));
}

#[test]
fn the_number_of_ranks_is_one_that_every_field_names() {
    #[derive(FromCheckpoint)]
    #[allow(dead_code, reason = "only loaded")]
    struct Layers {
        #[ckpt(path = "h<i>", repeat)]
        layers: Vec<Columns>,
    }

    #[derive(FromCheckpoint)]
    #[allow(dead_code, reason = "only loaded")]
    struct Plain {
        w: Array2<f32>,
    }

    let columns = checkpoint("h0/w [2, 12]");
    expect!["field `Layers.layers[].w`: `parallel` is for 2 or 4 ranks, not for 3; name 3 in `of`, or start as many processes as it names"]
        .assert_eq(&said::<Layers>(&columns, rank(0, 3)));
    expect!["`Plain` has no `parallel`, so each of 4 ranks would load all of it; write it on the fields that ranks divide, or remove `LoadOptions::rank`"]
        .assert_eq(&said::<Plain>(&checkpoint("w [2, 12]"), rank(0, 4)));
}

#[test]
fn defaults_are_parts_too() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n))]
    struct Model {
        #[ckpt(shape = [n, 2])]
        #[allow(dead_code, reason = "it has `n`")]
        w: Array2<f32>,
        #[ckpt(default, shape = [n, 3], transpose, parallel(axis = 1, of = [2, 4]))]
        zeros: Array2<f32>,
        #[ckpt(default = "ones", shape = [n], parallel(axis = 0, of = [2, 4]))]
        ones: Array1<f32>,
    }

    fn ones(shape: &[usize]) -> Array1<f32> {
        Array1::ones(shape[0])
    }

    let checkpoint = checkpoint("w [6, 2]");
    let (model, _) = Model::load_with(&checkpoint, rank(1, 2)).unwrap();
    assert_eq!((model.zeros, model.ones), (Array2::zeros((3, 3)), Array1::ones(3)));
    expect![[r#"
        `Model` does not fit the checkpoint `memory`: 2 problems
        - field `Model.zeros`: it is [3, 6] by its `default`, but `parallel(axis = 1)` cannot divide axis 1, of length 6, among 4 ranks; list only divisors of it in `of`
        - field `Model.ones`: it is [6] by its `default`, but `parallel(axis = 0)` cannot divide axis 0, of length 6, among 4 ranks; list only divisors of it in `of`"#]].assert_eq(&said::<Model>(&checkpoint, rank(1, 4)));
}

#[test]
fn parts_are_borrowed() {
    #[derive(FromCheckpoint)]
    struct Model<'a> {
        #[ckpt(parallel(axis = 0, of = [2]))]
        rows: ArrayView2<'a, f32>,
        #[ckpt(parallel(axis = 1, of = [2]), transpose)]
        columns: ArrayView2<'a, f32>,
        #[ckpt(parallel(axis = 0, of = [2]))]
        cow: CowArray<'a, f32, Ix2>,
    }

    let folder = tempfile::tempdir().unwrap();
    let values: Vec<f32> = (0..8_u8).map(f32::from).collect();
    let bundle = ["rows", "columns", "cow"]
        .iter()
        .fold(Bundle::new(), |bundle, name| bundle.f32(name, &[4, 2], &values));
    bundle.write(folder.path().join("model.ckpt")).unwrap();
    let checkpoint = Checkpoint::open_in_memory(folder.path().join("model.ckpt")).unwrap();
    let (model, report) = Model::load_with(&checkpoint, rank(1, 2)).unwrap();
    assert_eq!(model.rows, ndarray::array![[4.0, 5.0], [6.0, 7.0]]);
    assert_eq!(model.columns, ndarray::array![[4.0, 6.0], [5.0, 7.0]]);
    assert_eq!(model.cow, model.rows);
    // The load verifies all of what they borrow from.
    assert!(report.borrowed.verified && report.borrowed.variables.len() == 3);
}

#[test]
fn tied_variables_are_compared_as_a_whole() {
    #[derive(FromCheckpoint)]
    #[allow(dead_code, reason = "only loaded")]
    struct Model {
        #[ckpt(tie = ["lm_head"], parallel(axis = 0, of = [2]))]
        wte: Array2<f32>,
    }

    let tied = |last: f32| {
        let bundle = Bundle::new().f32("wte", &[2, 1], &[1.0, 2.0]);
        Mapped::opened(bundle.f32("lm_head", &[2, 1], &[1.0, last])).0
    };
    let load = |last| Model::load_with(&tied(last), rank(0, 2)).map(|(model, _)| model.wte[[0, 0]]);
    assert_eq!(load(2.0).unwrap().to_bits(), 1.0_f32.to_bits());
    assert!(matches!(load(3.0).unwrap_err(), LoadError::Tied { .. }));
}

#[test]
fn a_dialect_has_the_same_parts() {
    #[derive(FromCheckpoint)]
    #[ckpt(dialects(tf, hf(separator = ".")))]
    struct Model {
        #[ckpt(path = "w", parallel(axis = 1, of = [2]))]
        #[ckpt(dialect(hf, path = "weight", transpose))]
        w: Array2<f32>,
    }

    let load = |lines: &str| Model::load_with(&checkpoint(lines), rank(1, 2)).unwrap().0.w;
    assert_eq!(load("w [2, 4]"), ndarray::array![[2.0, 3.0], [6.0, 7.0]]);
    assert_eq!(load("weight [4, 2]"), ndarray::array![[4.0, 6.0], [5.0, 7.0]]);
}

#[test]
fn the_report_has_the_rank() {
    let (_, report): (Columns, LoadReport) =
        Columns::load_with(&checkpoint("w [2, 4]"), rank(1, 2)).unwrap();
    let text = report.to_string();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "Columns from memory, rank 1 of 2");
    assert_eq!(lines[2], "  w      w         f32    part of [2, 4] -> [2, 2]");
}
