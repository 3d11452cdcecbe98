//! Saves: a saved value loads as the same value, attribute by attribute. Errors of values that cannot be saved.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::Path;

use checkpoint_core::{
    Checkpoint, DType, FromCheckpoint, LoadOptions, Memory, Owned, SaveOptions, SavedShadow,
    Tensor, Tied, ToCheckpoint,
};
use checkpoint_tests::memory::{checkpoint, counting};
use expect_test::{Expect, expect};
use ndarray::{
    ArcArray1, Array1, Array2, Array3, Array4, ArrayD, ArrayView2, CowArray, Ix2, ShapeBuilder,
    arr0, array, s,
};

/// Saves a value as a checkpoint in memory.
fn saved<T: ToCheckpoint>(value: &T, options: SaveOptions<'_>) -> Checkpoint {
    let tensors = value.to_tensors(options).unwrap();
    Checkpoint::from_source("saved", Memory::new(tensors))
}

fn load<T: for<'c> FromCheckpoint<'c> + Owned>(checkpoint: &Checkpoint) -> T {
    T::load_with(checkpoint, LoadOptions::new()).unwrap().0
}

/// Returns the variables of a checkpoint with their elements.
fn contents(checkpoint: &Checkpoint) -> Vec<(String, Tensor)> {
    checkpoint.tensors().map(|(name, tensor)| (name.to_string(), tensor.unwrap())).collect()
}

/// Loads a value from these variables, saves it like them, and checks that the result is the same. Returns the value.
fn there_and_back<T>(lines: &str)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + PartialEq + Debug,
{
    let checkpoint = checkpoint(lines);
    let value: T = load(&checkpoint);
    let again = saved(&value, SaveOptions::new().like(&checkpoint));
    assert_eq!(contents(&again), contents(&checkpoint));
    assert_eq!(load::<T>(&again), value);
}

/// The same, also without a checkpoint for `like`.
fn there_and_back_alone<T>(lines: &str)
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + PartialEq + Debug,
{
    there_and_back::<T>(lines);
    let checkpoint = checkpoint(lines);
    let again = saved(&load::<T>(&checkpoint), SaveOptions::new());
    assert_eq!(contents(&again), contents(&checkpoint));
}

fn refused<T: ToCheckpoint>(value: &T, options: SaveOptions<'_>, expected: Expect) {
    expected.assert_eq(&value.to_tensors(options).unwrap_err().to_string());
}

#[test]
fn names_are_written_as_they_are_read() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(prefix = "model", separator = ".", rename_all = "kebab-case")]
    struct Model {
        global_step: i64,
        #[ckpt(path = "h<i:02>", repeat(i = 1..4))]
        blocks: Vec<Block>,
        #[ckpt(path = "/outside", alias = "/beyond")]
        outside: Vec<f32>,
        #[ckpt(flatten)]
        rest: Rest,
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(separator = "/")]
    struct Block {
        #[ckpt(path = "conv<2*i+1:_>")]
        w: Array2<f32>,
        #[ckpt(path = "e<j>", repeat(j))]
        experts: [Array1<f32>; 2],
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Rest(#[ckpt(path = "a")] f32, #[ckpt(skip)] u8);

    there_and_back_alone::<Model>(
        "model.global-step i64 []\nmodel.a []\noutside [3]
         model.h01/conv_3 [2, 3]\nmodel.h01/e0 [4]\nmodel.h01/e1 [4]
         model.h02/conv_5 [2, 3]\nmodel.h02/e0 [4]\nmodel.h02/e1 [4]
         model.h03/conv_7 [2, 3]\nmodel.h03/e0 [4]\nmodel.h03/e1 [4]",
    );
    // An alias is written if it was read, and otherwise the path.
    let alias = "model.global-step i64 []\nmodel.a []\nbeyond [3]
         model.h01/conv_3 [2, 3]\nmodel.h01/e0 [4]\nmodel.h01/e1 [4]
         model.h02/conv_5 [2, 3]\nmodel.h02/e0 [4]\nmodel.h02/e1 [4]
         model.h03/conv_7 [2, 3]\nmodel.h03/e0 [4]\nmodel.h03/e1 [4]";
    there_and_back::<Model>(alias);
    let again = saved(&load::<Model>(&checkpoint(alias)), SaveOptions::new());
    assert!(again.catalog().get("outside").is_some());
}

#[test]
fn steps_are_taken_back() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(dims(d, h = 2))]
    struct Model {
        #[ckpt(squeeze(0), transpose)]
        a: Array2<f32>,
        #[ckpt(expand(0, 3))]
        b: Array4<f32>,
        #[ckpt(permute(1, 2, 0))]
        c: Array3<f32>,
        #[ckpt(shape = [d, d], reshape[d, h, _], permute(1, 0, 2))]
        q: Array3<f32>,
        #[ckpt(split(axis = 1, sizes = [1, 2]), transpose)]
        parts: (Array2<f32>, Array2<f32>),
        #[ckpt(path = "thirds", chunk(axis = 0, index = 0, of = 3))]
        first: Array1<f32>,
        #[ckpt(path = "thirds", chunk(axis = 0, index = 1, of = 3))]
        second: Array1<f32>,
        #[ckpt(path = "thirds", chunk(axis = 0, index = 2, of = 3))]
        third: Array1<f32>,
        #[ckpt(path = "cut", slice(axis = 1, range = ..2), transpose)]
        left: Array2<f32>,
        #[ckpt(path = "cut", slice(axis = 1, range = 2..))]
        right: Array2<f32>,
        #[ckpt(path = "s<i>", stack(i, axis = 1))]
        stacked: Array2<f32>,
        #[ckpt(path = "n<i>", repeat)]
        nested: Vec<Nested>,
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(dims(local m))]
    struct Nested {
        #[ckpt(shape = [m], reshape[2, _])]
        w: Array2<f32>,
    }

    there_and_back_alone::<Model>(
        "a [1, 3, 4]\nb [2, 3]\nc [2, 3, 4]\nq [4, 4]\nparts [2, 3]\nthirds [6]\ncut [3, 5]
         s0 [3]\ns1 [3]\ns2 [3]\ns3 [3]\nn0/w [6]\nn1/w [8]",
    );
}

#[test]
fn a_step_that_says_too_little_is_taken_back_like_the_checkpoint() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        #[ckpt(squeeze)]
        w: Array2<f32>,
        #[ckpt(reshape[2, _])]
        r: Array2<f32>,
        #[ckpt(concat(axis = 0, paths = ["x", "y"]))]
        joined: Array1<f32>,
    }

    there_and_back::<Model>("w [1, 2, 3]\nr [4, 3]\nx [2]\ny [3]");
    there_and_back::<Model>("w [2, 1, 3]\nr [12]\nx [4]\ny [1]");
    let model: Model = load(&checkpoint("w [1, 2, 3]\nr [4, 3]\nx [2]\ny [3]"));
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
            `Model` cannot be saved: 3 problems
            - field `Model.w`: the shape of the variable before `squeeze` is unknown; write its axes, as in `squeeze(0)`, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `squeeze` is [2, 3])
            - field `Model.r`: the shape of the variable before `reshape[2, _]` is unknown; write the shape before it, as in `shape = [n, m], reshape[...]`, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `reshape[2, _]` is [2, 6])
            - field `Model.joined`: the shape of the variable before `concat(axis = 0)` is unknown; take the variables into fields of their own, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `concat(axis = 0)` is [5])"#]],
    );
}

#[test]
fn a_manifest_says_what_steps_have_thrown_away() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(manifest = "corpus/manifests/informed.txt")]
    struct Model {
        #[ckpt(squeeze)]
        w: Array2<f32>,
        #[ckpt(reshape[2, _])]
        r: Array2<f32>,
        #[ckpt(concat(axis = 0, paths = ["x", "y"]))]
        both: Array1<f32>,
        #[ckpt(path = "joined/part_<p>", concat(p, axis = 0))]
        joined: Array2<f32>,
    }

    let parts = "joined/part_0 [2, 3]\njoined/part_1 [2, 3]\njoined/part_2 [2, 3]";
    there_and_back_alone::<Model>(&format!("{parts}\nr [4, 3]\nw [1, 2, 3]\nx [2]\ny [3]"));
    // Another checkpoint is closer than a manifest.
    there_and_back::<Model>("joined/part_0 [1, 3]\nr [12]\nw [2, 1, 3]\nx [4]\ny [1]");
    // The manifest is of a model with other lengths.
    let mut model: Model =
        load(&checkpoint("joined/part_0 [7, 3]\nr [2, 2]\nw [1, 7, 9]\nx [4]\ny [4]"));
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
            `Model` cannot be saved: 2 problems
            - field `Model.r`: the shape of the variable before `reshape[2, _]` is unknown; write the shape before it, as in `shape = [n, m], reshape[...]`, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `reshape[2, _]` is [2, 2])
            - field `Model.both`: the shape of the variable before `concat(axis = 0)` is unknown; take the variables into fields of their own, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `concat(axis = 0)` is [8])"#]],
    );
    // Unit axes, and equal parts as TensorFlow cuts them, do not depend on lengths.
    (model.r, model.both) = (Array2::zeros((2, 6)), Array1::zeros(5));
    let again = saved(&model, SaveOptions::new());
    let shape = |name: &str| again.catalog().get(name).unwrap().shape.to_string();
    assert_eq!(
        ["w", "joined/part_0", "joined/part_2"].map(shape),
        ["[1, 7, 9]", "[3, 3]", "[2, 3]"]
    );
}

#[test]
fn options_lists_and_maps_hold_what_there_is() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        head: Option<Head>,
        #[ckpt(path = "r<i>", repeat(i = 4..))]
        to_rgb: BTreeMap<usize, Array1<f32>>,
        #[ckpt(path = "aux<i>", repeat)]
        aux: Option<Vec<f32>>,
        #[ckpt(default, shape = [2])]
        scale: Array1<f32>,
        #[ckpt(default = "three")]
        count: i64,
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Head {
        w: Array2<f32>,
        b: Option<Array1<f32>>,
    }

    fn three(_: &[usize]) -> i64 {
        3
    }

    there_and_back_alone::<Model>(
        "head/w [2, 3]\nhead/b [3]\nr4 [1]\nr5 [2]\naux0 []\nscale [2]\ncount i64 []",
    );
    there_and_back_alone::<Model>("head/w [2, 3]\nr4 [1]\nscale [2]\ncount i64 []");
    // A missing variable with a default exists after a save.
    let mut model: Model = load(&checkpoint("r4 [1]"));
    let again = saved(&model, SaveOptions::new());
    assert_eq!(again.variables().len(), 3);
    assert_eq!(load::<Model>(&again), model);
    model.to_rgb.insert(6, array![1.0]);
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
        `Model` cannot be saved: 1 problem
        - field `Model.to_rgb`: missing key 5 in the map; its keys must be contiguous from 4"#]],
    );
    model.to_rgb.clear();
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
            `Model` cannot be saved: 1 problem
            - field `Model.to_rgb`: the list is empty, but a load needs at least one item; add one, or make the field an `Option`"#]],
    );
}

#[test]
fn lists_that_may_be_empty_are_those_of_any_indices() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        w: Array1<f32>,
        #[ckpt(path = "extra_<i>", repeat(i = any))]
        extras: BTreeMap<usize, Option<Array1<f32>>>,
    }

    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Counted {
        w: Array1<f32>,
        #[ckpt(path = "extra_<i>", repeat)]
        extras: Vec<Option<Array1<f32>>>,
    }

    there_and_back_alone::<Model>("w [2]");
    there_and_back_alone::<Model>("w [2]\nextra_3 [1]");
    refused(
        &Counted { w: array![1.0], extras: Vec::new() },
        SaveOptions::new(),
        expect![[r#"
            `Counted` cannot be saved: 1 problem
            - field `Counted.extras`: the list is empty, but a load needs at least one item; add one, or make the field an `Option`"#]],
    );
}

#[test]
fn items_that_a_load_would_not_find_are_refused() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        #[ckpt(path = "block_<i>", repeat)]
        blocks: Vec<Option<Array1<f32>>>,
        #[ckpt(path = "size_<i>", repeat(i = any))]
        sizes: BTreeMap<usize, Option<Array1<f32>>>,
        #[ckpt(path = "layer_<i>", repeat(i = 0..2))]
        layers: Vec<Option<Array1<f32>>>,
    }

    // A list with an end can have any items.
    there_and_back_alone::<Model>("block_0 [1]\nlayer_1 [1]");
    let some = || Some(array![1.0]);
    refused(
        &Model {
            blocks: vec![some(), None],
            sizes: BTreeMap::from([(4, some()), (8, None)]),
            layers: vec![some(), None],
        },
        SaveOptions::new(),
        expect![[r#"
            `Model` cannot be saved: 2 problems
            - field `Model.blocks[1]`: the item has no variables, so a load would not find it; remove it from the list, or give it a value
            - field `Model.sizes[8]`: the item has no variables, so a load would not find it; remove it from the list, or give it a value"#]],
    );
}

#[test]
fn elements_are_of_any_kind() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        flags: Array1<bool>,
        small: Vec<u8>,
        words: Array2<String>,
        raw: Vec<Vec<u8>>,
        name: String,
        any: Tensor,
        shared: ArcArray1<i32>,
        dynamic: ArrayD<f64>,
        #[ckpt(transpose)]
        columns: Array2<Vec<u8>>,
        empty: Array2<f32>,
    }

    let tensors = [
        ("flags", Tensor::from_array(array![true, false, true]).unwrap()),
        ("small", Tensor::from_array(array![1_u8, 2]).unwrap()),
        ("words", Tensor::from_strings([2, 1], ["a", ""]).unwrap()),
        ("raw", Tensor::from_strings([2], [&b"\xff"[..], b"b"]).unwrap()),
        ("name", Tensor::from_strings([], ["x"]).unwrap()),
        ("any", Tensor::from_bytes(DType::BFloat16, [2], &[1, 2, 3, 4]).unwrap()),
        ("shared", Tensor::from_array(array![7_i32]).unwrap()),
        ("dynamic", Tensor::from_array(array![[0.5_f64]]).unwrap()),
        ("columns", Tensor::from_strings([2, 3], ["a", "b", "c", "d", "e", "f"]).unwrap()),
        ("empty", Tensor::from_array(Array2::<f32>::zeros((3, 0))).unwrap()),
    ];
    let checkpoint = Checkpoint::from_source("memory", Memory::new(tensors));
    let model: Model = load(&checkpoint);
    assert_eq!(model.columns[[2, 1]], b"f");
    let again = saved(&model, SaveOptions::new());
    assert_eq!(contents(&again), contents(&checkpoint));
    assert_eq!(load::<Model>(&again), model);
}

#[test]
fn bytes_are_a_string_where_the_checkpoint_has_one() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        bytes: Vec<u8>,
    }

    let string = Tensor::from_strings([], ["abc"]).unwrap();
    let checkpoint = Checkpoint::from_source("memory", Memory::new([("bytes", string)]));
    let model: Model = load(&checkpoint);
    let like = saved(&model, SaveOptions::new().like(&checkpoint));
    assert_eq!(contents(&like), contents(&checkpoint));
    let alone = saved(&model, SaveOptions::new());
    assert_eq!(alone.variables()[0].spec().to_string(), "u8 [3]");
}

#[test]
fn arrays_are_saved_from_any_memory() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Model<'a> {
        viewed: ArrayView2<'a, f32>,
        either: CowArray<'a, f32, Ix2>,
        #[ckpt(transpose)]
        fortran: Array2<f32>,
        #[ckpt(path = "gaps")]
        gaps: CowArray<'a, f32, Ix2>,
    }

    let whole = counting(&[4, 6]).into_dimensionality::<Ix2>().unwrap();
    let mut fortran = Array2::zeros((4, 6).f());
    fortran.assign(&whole);
    let model = Model {
        viewed: whole.slice(s![..;-1, ..]),
        either: CowArray::from(whole.t()),
        fortran,
        gaps: CowArray::from(whole.slice(s![1..3, ..;2])),
    };
    let again = saved(&model, SaveOptions::new());
    let array = |name: &str| again.read_array::<f32>(name).unwrap();
    assert_eq!(array("viewed"), model.viewed.to_owned().into_dyn());
    assert_eq!(array("either"), whole.t().into_dyn());
    assert_eq!(array("fortran"), whole.t().into_dyn());
    assert_eq!(array("gaps"), model.gaps.to_owned().into_dyn());
}

#[test]
fn generic_structs_are_saved() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model<T, const N: usize> {
        #[ckpt(path = "h<i>", repeat)]
        blocks: [T; N],
        twice: Twice<T>,
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Twice<T> {
        a: T,
        b: Option<T>,
    }

    there_and_back_alone::<Model<Array1<f32>, 2>>("h0 [2]\nh1 [3]\ntwice/a [1]");
}

#[test]
fn symbols_hold_in_what_is_saved() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(dims(d, n_head), assert(d % n_head == 0))]
    struct Model {
        #[ckpt(shape = [d, d], reshape[d, n_head, _])]
        w: Array3<f32>,
        #[ckpt(shape = [d])]
        b: Array1<f32>,
        #[ckpt(dim)]
        n_head: usize,
    }

    let w = Array3::zeros((6, 2, 3));
    let mut model = Model { w, b: Array1::zeros(6), n_head: 2 };
    let again = saved(&model, SaveOptions::new());
    let options = LoadOptions::new().bind("n_head", 2);
    assert_eq!(Model::load_with(&again, options).unwrap().0, model);
    model.b = Array1::zeros(4);
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
            `Model` cannot be saved: 1 problem
            - field `Model.b`: `b` is f32 [4] in the checkpoint, but [6] in the struct, as [d]; `d` is 6, as it is bound"#]],
    );
    model.b = Array1::zeros(6);
    model.n_head = 3;
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
        `Model` cannot be saved: 1 problem
        - field `Model.w`: it holds [6, 2, 3], but a load of what is saved would make [6, 3, 2]; give it that shape, or symbols other values"#]],
    );
}

#[test]
fn hyper_parameters_bind_symbols_that_no_array_says() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(dims(d, n_head))]
    struct Model {
        #[ckpt(shape = [d], slice(axis = 0, range = ..n_head))]
        #[ckpt(path = "w")]
        first: Array1<f32>,
        #[ckpt(path = "w", slice(axis = 0, range = n_head..))]
        rest: Array1<f32>,
    }

    let model = Model { first: array![1.0, 2.0], rest: array![3.0] };
    let options = SaveOptions::new().bind_all(&BTreeMap::from([("n_head", 2), ("n_layer", 12)]));
    let again = saved(&model, options);
    assert_eq!(again.read_array::<f32>("w").unwrap(), array![1.0, 2.0, 3.0].into_dyn());
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
        `Model` cannot be saved: 1 problem
        - field `Model.first`: no variable determines `n_head`; write `dims(n_head = ...)` on the struct, or bind it with `LoadOptions::bind`"#]],
    );
    refused(
        &model,
        SaveOptions::new().bind_all(&3),
        expect![
            "`bind_all` gets no values: it is neither a struct nor a map; give it a struct or a map with integers, or use `bind`"
        ],
    );
}

#[test]
fn code_of_the_program_takes_back_what_it_made() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    struct Model {
        #[ckpt(with = "halves")]
        step: i64,
        #[ckpt(map = "exponential", unmap = "logarithm")]
        scale: Array1<f64>,
        #[ckpt(try_from = "i64")]
        epoch: Epoch,
    }

    mod halves {
        pub(super) fn load(step: i64) -> Result<i64, String> {
            if step % 2 == 0 { Ok(step / 2) } else { Err(format!("{step} is odd")) }
        }

        #[expect(clippy::trivially_copy_pass_by_ref, reason = "so it is called")]
        pub(super) fn save(step: &i64) -> Result<i64, String> {
            step.checked_mul(2).ok_or_else(|| format!("{step} is too large"))
        }
    }

    fn exponential(scale: Array1<f64>) -> Array1<f64> {
        scale.mapv_into(f64::exp2)
    }

    fn logarithm(scale: &Array1<f64>) -> Array1<f64> {
        scale.mapv(f64::log2)
    }

    #[derive(PartialEq, Debug)]
    struct Epoch(u8);

    impl TryFrom<i64> for Epoch {
        type Error = std::num::TryFromIntError;

        fn try_from(epoch: i64) -> Result<Self, Self::Error> {
            epoch.try_into().map(Self)
        }
    }

    impl From<&Epoch> for i64 {
        fn from(epoch: &Epoch) -> Self {
            epoch.0.into()
        }
    }

    let mut model = Model { step: 3, scale: array![1.0, 8.0], epoch: Epoch(7) };
    let again = saved(&model, SaveOptions::new());
    assert_eq!(again.read_array::<i64>("step").unwrap().into_iter().next(), Some(6));
    assert_eq!(load::<Model>(&again), model);
    model.step = i64::MAX;
    refused(
        &model,
        SaveOptions::new(),
        expect!["field `Model.step`: 9223372036854775807 is too large"],
    );
}

#[test]
fn all_problems_are_said_at_once() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Model {
        #[ckpt(path = "h<i>", repeat)]
        blocks: Vec<Block>,
        #[ckpt(split(axis = 0))]
        parts: [Array2<f32>; 2],
    }

    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Block {
        #[ckpt(squeeze)]
        w: Array2<f32>,
        #[ckpt(reshape[_, 2])]
        b: Array2<f32>,
    }

    let block = || Block { w: Array2::zeros((2, 3)), b: Array2::zeros((3, 2)) };
    let parts = [Array2::zeros((2, 3)), Array2::zeros((2, 4))];
    let model = Model { blocks: (0..12).map(|_| block()).collect(), parts };
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
            `Model` cannot be saved: 3 problems
            - field `Model.blocks[0..12].w`: the shape of the variable before `squeeze` is unknown; write its axes, as in `squeeze(0)`, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `squeeze` is [2, 3])
            - field `Model.blocks[0..12].b`: the shape of the variable before `reshape[_, 2]` is unknown; write the shape before it, as in `shape = [n, m], reshape[...]`, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `reshape[_, 2]` is [3, 2])
            - field `Model.parts`: `split(axis = 0)` cannot join parts of shapes [2, 3] and [2, 4]; the parts may differ only in the length of that axis"#]],
    );
}

#[test]
fn two_fields_on_one_variable_and_parts_that_leave_a_gap_are_refused() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Model {
        #[ckpt(path = "h<i>", repeat(i = 1..2))]
        one: Vec<f32>,
        #[ckpt(path = "h1")]
        other: f32,
        #[ckpt(path = "c", chunk(axis = 0, index = 0, of = 2))]
        half: Array1<f32>,
    }

    let model = Model { one: vec![1.0], other: 2.0, half: array![1.0] };
    refused(
        &model,
        SaveOptions::new(),
        expect![[r#"
        `Model` cannot be saved: 2 problems
        - field `Model.half`: `c` is f32 [2], but no field takes 1 of its elements; take the other parts too
        - field `Model.other`: `h1` is already loaded by `Model.one`; only one field can take a variable"#]],
    );
}

#[test]
fn other_variables_are_kept_from_the_checkpoint() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(ignore(optimizer, "global_step"))]
    struct Model {
        w: Array1<f32>,
    }

    let checkpoint = checkpoint("global_step i64 []\nw [2]\nw/adam_m [2]\nw/adam_v [2]");
    let mut model: Model = load(&checkpoint);
    model.w[0] = 7.0;
    let options = || SaveOptions::new().like(&checkpoint);
    let again = saved(&model, options().keep(["**/adam_*", "global_step"]));
    assert_eq!(again.variables().len(), 4);
    assert_eq!(again.read_array::<f32>("w").unwrap(), array![7.0, 1.0].into_dyn());
    assert_eq!(again.read_array::<f32>("w/adam_v").unwrap(), counting(&[2]));
    assert_eq!(saved(&model, options()).variables().len(), 1);
    assert_eq!(saved(&model, options().keep(["**"])).variables().len(), 4);
    refused(
        &model,
        SaveOptions::new().keep(["**"]),
        expect!["`keep`: `**` has no checkpoint to copy from; give one with `SaveOptions::like`"],
    );
    refused(
        &model,
        options().keep(["w"]),
        expect!["`keep`: `w` matches variables that fields write; remove it"],
    );
    refused(
        &model,
        options().keep(["v"]),
        expect!["`keep`: `v` matches no variable of the checkpoint in `like`; remove it"],
    );
    refused(
        &model,
        options().keep(["[a"]),
        expect!["`SaveOptions::keep`: `[a` is not a glob: `[` is not closed by `]`"],
    );
}

#[test]
fn numbers_are_saved_as_the_dtype_that_holds_them() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(cast = "any")]
    struct Model {
        half: Array1<f32>,
        count: i64,
        exact: Array1<f64>,
    }

    let tensors = [
        ("half", Tensor::from_bytes(DType::BFloat16, [2], &[0x80, 0x3f, 0, 0x40]).unwrap()),
        ("count", Tensor::from_array(arr0(7_i32)).unwrap()),
        ("exact", Tensor::from_array(array![0.5_f32]).unwrap()),
    ];
    let checkpoint = Checkpoint::from_source("memory", Memory::new(tensors));
    let mut model: Model = load(&checkpoint);
    let like = || SaveOptions::new().like(&checkpoint);
    assert_eq!(contents(&saved(&model, like())), contents(&checkpoint));
    // A value that does not fit the variable's dtype is saved with that of the field.
    model.half[0] = 1.000_1;
    model.count = 1 << 40;
    let specs = |options| -> Vec<String> {
        let again = saved(&model, options);
        again.variables().iter().map(|variable| variable.spec().to_string()).collect()
    };
    assert_eq!(specs(like()), ["i64 []", "f32 [1]", "f32 [2]"]);
    assert_eq!(specs(SaveOptions::new()), ["i64 []", "f64 [1]", "f32 [2]"]);
    assert_eq!(specs(SaveOptions::new().dtype(DType::Float16)), ["i64 []", "f16 [1]", "f16 [2]"]);
    let rounded = saved(&model, SaveOptions::new().dtype(DType::BFloat16));
    assert_eq!(load::<Model>(&rounded).half, array![1.0, 2.0]);
    model.exact[0] = 1e30;
    refused(
        &model,
        SaveOptions::new().dtype(DType::Float16),
        expect!["`exact` has numbers that are too large for f16; save it as another dtype"],
    );
}

#[test]
fn a_user_loads_changes_saves_and_loads_again() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(prefix = "model", ignore("model/h*/**"))]
    struct Embeddings {
        wte: Array2<f32>,
        wpe: Array2<f32>,
        ln_f: Norm,
    }

    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Norm {
        g: Array1<f32>,
        b: Array1<f32>,
    }

    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/models/gpt2-nano/model.ckpt");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out/model.ckpt");
    let checkpoint = Checkpoint::open(&from).unwrap();
    let mut model: Embeddings = load(&checkpoint);
    let like = || SaveOptions::new().like(&checkpoint).keep(["**"]);
    let report = model.save_with(&path, like()).unwrap();
    assert_eq!(report.variables, checkpoint.variables().len());
    for end in ["index", "data-00000-of-00001"] {
        let bytes = |path: &Path| fs::read(path.with_extension(format!("ckpt.{end}"))).unwrap();
        assert!(bytes(&path) == bytes(&from), "the {end} differs");
    }
    model.wte.row_mut(7).fill(0.5);
    let error = model.save_with(&path, like()).unwrap_err();
    assert!(error.to_string().contains("already exists"), "{error}");
    model.save_with(&path, like().overwrite(true)).unwrap();
    let again: Embeddings = load(&Checkpoint::open(&path).unwrap());
    assert_eq!(again.wte, model.wte);
    assert_eq!(again.wte.row(7), Array1::from_elem(16, 0.5));
    model.save(folder.path().join("part.ckpt")).unwrap();
    assert_eq!(Embeddings::load(folder.path().join("part.ckpt")).unwrap().wpe, model.wpe);
}

#[test]
fn a_struct_may_borrow_from_the_checkpoint_that_it_overwrites() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Model<'a> {
        w: ArrayView2<'a, f32>,
    }

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let whole = counting(&[40, 60]).into_dimensionality::<Ix2>().unwrap();
    Model { w: whole.view() }.save(&path).unwrap();
    let checkpoint = Checkpoint::open_in_memory(&path).unwrap();
    let (model, _) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let inverted = Model { w: model.w.slice(s![..;-1, ..]) };
    inverted.save_with(&path, SaveOptions::new().overwrite(true)).unwrap();
    let again = Checkpoint::open(&path).unwrap().read_array::<f32>("w").unwrap();
    assert_eq!(again, whole.slice(s![..;-1, ..]).into_dyn());
}

#[test]
fn parts_of_an_index_are_cut_as_they_were_or_as_tensorflow_cuts() {
    #[derive(Debug, PartialEq, FromCheckpoint, ToCheckpoint)]
    struct Known {
        #[ckpt(path = "w/part_<p>", concat(p = 0..4, axis = 0))]
        w: Array2<f32>,
    }
    #[derive(Debug, PartialEq, FromCheckpoint, ToCheckpoint)]
    struct Counted {
        #[ckpt(path = "w/part_<p>", transpose, concat(p, axis = 1), shape = [3, _])]
        w: Array2<f32>,
    }

    let parts = "w/part_0 [3, 3]\nw/part_1 [3, 3]\nw/part_2 [3, 3]\nw/part_3 [2, 3]";
    there_and_back_alone::<Known>(parts);
    there_and_back::<Counted>(parts);
    // Like a checkpoint whose parts are not as equal as possible.
    there_and_back::<Known>("w/part_0 [1, 3]\nw/part_1 [3, 3]\nw/part_2 [0, 3]\nw/part_3 [7, 3]");
    let counted: Counted = load(&checkpoint(parts));
    refused(
        &counted,
        SaveOptions::new(),
        expect![[r#"
            `Counted` cannot be saved: 1 problem
            - field `Counted.w`: the shape of the variable before `concat(p, axis = 1)` is unknown; write their number, as in `concat(p = 0..4, axis = 0)`, or save with `SaveOptions::like` and a checkpoint that has the variable (the shape after `concat(p, axis = 1)` is [3, 11])"#]],
    );
}

#[test]
fn blocks_of_an_axis_go_back_to_their_places() {
    #[derive(Debug, PartialEq, FromCheckpoint, ToCheckpoint)]
    struct Cell {
        #[ckpt(path = "kernel", split(axis = 0, sizes = [3, 2]), transpose, reorder(axis = 0, order = [0, 2, 1, 3]))]
        weights: (Array2<f32>, Array2<f32>),
        #[ckpt(reorder(axis = 0, order = [1, 2, 0]), expand(0))]
        bias: Array2<f32>,
        #[ckpt(path = "c<i>", repeat, reorder(axis = 1, order = [1, 0]))]
        cells: Vec<Array2<f32>>,
    }

    there_and_back_alone::<Cell>("kernel [5, 8]\nbias [6]\nc0 [2, 4]\nc1 [3, 2]");
}

#[test]
fn steps_before_one_that_says_too_little_are_followed() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(dims(n))]
    struct Model {
        #[ckpt(squeeze, reshape[2, _])]
        w: Array2<f32>,
        #[ckpt(squeeze, concat(axis = 0, paths = ["x", "y"]))]
        joined: Array1<f32>,
        #[ckpt(path = "b<i>", repeat(i = 0..n), reshape[n, _])]
        counted: Vec<Array2<f32>>,
        #[ckpt(shape = [2 * n * n], reshape[n, _])]
        squared: Array2<f32>,
    }

    there_and_back::<Model>("w [3, 1, 4]\nx [2, 1]\ny [1, 3]\nb0 [6]\nb1 [2, 2]\nsquared [8]");
}

#[test]
fn names_are_those_of_the_checkpoint_to_be_like() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(shadow = "ExponentialMovingAverage", ignore("old/**"))]
    struct Model {
        #[ckpt(path = "kernel", alias = "w")]
        kernel: Array1<f32>,
        #[ckpt(path = "head", tie = ["lm_head"])]
        head: Array1<f32>,
        #[ckpt(path = "norm", alias = "old")]
        norm: Norm,
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(separator = ".")]
    struct Norm {
        #[ckpt(shadow = "never")]
        g: Array1<f32>,
    }

    there_and_back::<Model>(
        "w/ExponentialMovingAverage [2]\nhead/ExponentialMovingAverage [3]\nlm_head [3]\nnorm.g [1]",
    );
}

#[test]
fn a_variable_with_several_names_has_one_average() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(shadow = "Ema")]
    struct Model {
        #[ckpt(tie = ["lm_head"])]
        head: Array1<f32>,
    }

    let model = Model { head: array![1.0, 2.0] };
    for (shadow, names) in [
        (SavedShadow::Plain, "head lm_head"),
        (SavedShadow::Average, "head/Ema lm_head"),
        (SavedShadow::Both, "head head/Ema lm_head"),
    ] {
        let checkpoint = saved(&model, SaveOptions::new().tied(Tied::Each).shadow(shadow));
        let found: Vec<String> = contents(&checkpoint).into_iter().map(|(name, _)| name).collect();
        assert_eq!(found.join(" "), names);
        assert_eq!(load::<Model>(&checkpoint), model);
    }
}

#[test]
fn a_renamed_symbol_that_no_array_says_is_bound() {
    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(dims(rows))]
    struct Model {
        #[ckpt(flatten, dims(n = rows))]
        inner: Inner,
    }

    #[derive(FromCheckpoint, ToCheckpoint, PartialEq, Debug)]
    #[ckpt(dims(n))]
    struct Inner {
        #[ckpt(shape = [_], reshape[n, _])]
        w: Array2<f32>,
    }

    let model = Model { inner: Inner { w: array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] } };
    let checkpoint = saved(&model, SaveOptions::new());
    let (again, _) = Model::load_with(&checkpoint, LoadOptions::new().bind("rows", 2)).unwrap();
    assert_eq!(again, model);
}

#[test]
fn a_save_writes_whole_variables() {
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Model {
        #[ckpt(path = "w", chunk(axis = 0, index = 0, of = 2))]
        half: Array1<f32>,
        #[ckpt(path = "v", slice(axis = 0, range = ..2))]
        start: Array1<f32>,
    }

    // A flattened struct allows other variables around its own fields.
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Other {
        w: Array1<f32>,
    }

    #[derive(FromCheckpoint, ToCheckpoint)]
    struct Flat {
        #[ckpt(flatten)]
        other: Other,
        #[ckpt(path = "v", slice(axis = 0, range = ..2))]
        start: Array1<f32>,
    }

    let checkpoint = checkpoint("w [4]\nv [5]");
    let model: Model = load(&checkpoint);
    refused(
        &model,
        SaveOptions::new().like(&checkpoint),
        expect![[r#"
        `Model` cannot be saved: 2 problems
        - field `Model.start`: `v` is f32 [5], but no field takes 3 of its elements; take the other parts too
        - field `Model.half`: `w` is f32 [4], but no field takes 2 of its elements; take the other parts too"#]],
    );

    let flat: Flat = load(&checkpoint);
    refused(
        &flat,
        SaveOptions::new().like(&checkpoint),
        expect![[r#"
        `Flat` cannot be saved: 1 problem
        - field `Flat.start`: `v` is f32 [5], but no field takes 3 of its elements; take the other parts too"#]],
    );
}
