//! Every type that a field can have.

#![expect(clippy::float_cmp, reason = "what is loaded is what was written, bit for bit")]

use std::collections::BTreeMap;
use std::sync::Arc;

use checkpoint_core::{
    BuildError, Checkpoint, Element, FromCheckpoint, LoadError, LoadOptions, LoadReport, Memory,
    Owned, Parts, Tensor,
};
use checkpoint_schema::model::description::Node;
use checkpoint_tests::corpus;
use checkpoint_tests::writer::Bundle;
use expect_test::expect;
use ndarray::{
    ArcArray, Array, Array0, Array1, Array2, Array3, Array4, Array5, Array6, ArrayD, Dimension,
    Ix2, arr0, array,
};

fn load<T: for<'a> FromCheckpoint<'a>>(bundle: Bundle) -> Result<(T, LoadReport), LoadError> {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    bundle.write(&prefix).unwrap();
    T::load_with(&Checkpoint::open(prefix).unwrap(), LoadOptions::new())
}

#[test]
fn arrays_of_every_rank() {
    #[derive(FromCheckpoint)]
    struct Arrays {
        r0: Array0<f32>,
        r1: Array1<f32>,
        r2: Array2<f32>,
        r3: Array3<f32>,
        r4: Array4<f32>,
        r5: Array5<f32>,
        r6: Array6<f32>,
        any: ArrayD<f32>,
        shared: ArcArray<f32, Ix2>,
        list: Vec<f32>,
    }
    let values: Vec<f32> = (0..12_u8).map(f32::from).collect();
    let shapes =
        [&[][..], &[12], &[3, 4], &[3, 2, 2], &[3, 2, 2, 1], &[1, 3, 2, 2, 1], &[1, 3, 1, 2, 2, 1]];
    let mut bundle = Bundle::new();
    for (rank, shape) in shapes.into_iter().enumerate() {
        let elements = usize::try_from(shape.iter().product::<u64>()).unwrap();
        bundle = bundle.f32(format!("r{rank}"), shape, &values[..elements]);
    }
    let bundle = bundle.f32("any", &[2, 6], &values).f32("shared", &[6, 2], &values).f32(
        "list",
        &[12],
        &values,
    );
    let arrays = load::<Arrays>(bundle).unwrap().0;
    assert_eq!(arrays.r0, arr0(0.0));
    assert_eq!(arrays.r1.to_vec(), values);
    assert_eq!(arrays.r2[[2, 3]], 11.0);
    assert_eq!(arrays.r3[[1, 0, 1]], 5.0);
    assert_eq!((arrays.r4.dim(), arrays.r4[[0, 1, 1, 0]]), ((3, 2, 2, 1), 3.0));
    assert_eq!((arrays.r5.dim(), arrays.r5[[0, 2, 0, 0, 0]]), ((1, 3, 2, 2, 1), 8.0));
    assert_eq!(arrays.r6.shape(), [1, 3, 1, 2, 2, 1]);
    assert_eq!((arrays.any.shape(), arrays.any[[1, 0]]), (&[2, 6][..], 6.0));
    assert_eq!(arrays.shared[[5, 1]], 11.0);
    assert_eq!(arrays.list, values);
}

#[test]
fn scalars_of_every_type() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "scalar", allow_unmapped)]
    struct Scalars {
        float: f32,
        double: f64,
        int8: i8,
        int16: i16,
        int32: i32,
        int64: i64,
        uint8: u8,
        uint16: u16,
        uint32: u32,
        uint64: u64,
        bool: bool,
    }
    let checkpoint = Checkpoint::open(corpus::case("gen/scalars").unwrap().prefix).unwrap();
    let (scalars, _) = Scalars::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let bytes = |name: &str| checkpoint.read(name).unwrap().as_bytes().to_vec();
    assert_eq!(scalars.float.to_ne_bytes().to_vec(), bytes("scalar/float"));
    assert_eq!(scalars.double.to_ne_bytes().to_vec(), bytes("scalar/double"));
    assert_eq!(scalars.int8.to_ne_bytes().to_vec(), bytes("scalar/int8"));
    assert_eq!(scalars.int16.to_ne_bytes().to_vec(), bytes("scalar/int16"));
    assert_eq!(scalars.int32.to_ne_bytes().to_vec(), bytes("scalar/int32"));
    assert_eq!(scalars.int64.to_ne_bytes().to_vec(), bytes("scalar/int64"));
    assert_eq!(scalars.uint8.to_ne_bytes().to_vec(), bytes("scalar/uint8"));
    assert_eq!(scalars.uint16.to_ne_bytes().to_vec(), bytes("scalar/uint16"));
    assert_eq!(scalars.uint32.to_ne_bytes().to_vec(), bytes("scalar/uint32"));
    assert_eq!(scalars.uint64.to_ne_bytes().to_vec(), bytes("scalar/uint64"));
    assert_eq!(vec![u8::from(scalars.bool)], bytes("scalar/bool"));
}

#[test]
fn any_byte_but_zero_is_true() {
    #[derive(FromCheckpoint)]
    struct Mask {
        mask: Vec<bool>,
    }
    let bundle = Bundle::new().tensor(
        "mask",
        checkpoint_schema::listing::dtype::DType::Bool,
        &[4],
        vec![0, 1, 2, 255],
    );
    assert_eq!(load::<Mask>(bundle).unwrap().0.mask, [false, true, true, true]);
}

#[test]
fn what_may_be_absent() {
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Model {
        bias: Option<Array1<f32>>,
        head: Option<Head>,
        #[ckpt(path = "extra_<i>", repeat)]
        extras: Option<Vec<f32>>,
        #[ckpt(default)]
        step: i64,
        #[ckpt(default = "ones")]
        scale: Array1<f32>,
        #[ckpt(skip)]
        cache: Vec<u8>,
    }
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Head {
        w: Array1<f32>,
        b: Array1<f32>,
    }
    fn ones(shape: &[usize]) -> Array1<f32> {
        assert!(shape.is_empty(), "nothing solves the shape");
        Array1::ones(2)
    }
    let (absent, report) = load::<Model>(Bundle::new()).unwrap();
    let none = Model {
        bias: None,
        head: None,
        extras: None,
        step: 0,
        scale: array![1.0, 1.0],
        cache: vec![],
    };
    assert_eq!(absent, none);
    assert_eq!(report.absent, ["Model.bias", "Model.head", "Model.extras"]);
    assert_eq!(report.defaulted, ["Model.step", "Model.scale"]);

    let bundle = Bundle::new()
        .f32("bias", &[1], &[1.0])
        .f32("head/w", &[1], &[2.0])
        .f32("head/b", &[1], &[3.0])
        .f32("extra_0", &[], &[4.0])
        .i64("step", &[], &[5])
        .f32("scale", &[1], &[6.0]);
    let (present, report) = load::<Model>(bundle).unwrap();
    let head = Some(Head { w: array![2.0], b: array![3.0] });
    let all = Model {
        bias: Some(array![1.0]),
        head,
        extras: Some(vec![4.0]),
        step: 5,
        scale: array![6.0],
        cache: vec![],
    };
    assert_eq!(present, all);
    assert!(report.absent.is_empty() && report.defaulted.is_empty());

    let half = load::<Model>(Bundle::new().f32("head/b", &[1], &[3.0])).unwrap_err().to_string();
    assert!(half.contains("field `Model.head.w`: missing variable `head/w`"), "{half}");
}

#[test]
fn lists_arrays_and_maps_of_anything() {
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Model {
        #[ckpt(path = "table_<i>", repeat(i))]
        tables: Vec<Array1<f32>>,
        #[ckpt(path = "pair_<i:03>", repeat)]
        pair: [Box<f32>; 2],
        #[ckpt(path = "layer<i:_>", repeat(i = 1..))]
        layers: BTreeMap<usize, Layer>,
        #[ckpt(path = "odd<2*i+1>", repeat(i = 0..2))]
        odd: Arc<Vec<f32>>,
    }
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Layer {
        #[ckpt(path = "part_<k>", repeat)]
        parts: Vec<f32>,
    }
    let mut bundle = Bundle::new();
    for (number, name) in [
        "table_0",
        "table_1",
        "table_2",
        "pair_000",
        "pair_001",
        "layer_1/part_0",
        "layer_1/part_1",
        "layer_2/part_0",
        "odd1",
        "odd3",
    ]
    .into_iter()
    .enumerate()
    {
        let shape = if number < 3 { &[1][..] } else { &[] };
        bundle = bundle.f32(name, shape, &[f32::from(u8::try_from(number).unwrap())]);
    }
    let expected = Model {
        tables: vec![array![0.0], array![1.0], array![2.0]],
        pair: [Box::new(3.0), Box::new(4.0)],
        layers: BTreeMap::from([
            (1, Layer { parts: vec![5.0, 6.0] }),
            (2, Layer { parts: vec![7.0] }),
        ]),
        odd: Arc::new(vec![8.0, 9.0]),
    };
    assert_eq!(load::<Model>(bundle).unwrap().0, expected);
}

#[test]
fn generic_structs_and_tuples() {
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Linear<T, D: Dimension> {
        #[ckpt(squeeze)]
        kernel: Array<T, D>,
        bias: Option<Array1<T>>,
    }
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Scale(#[ckpt(path = "scale")] f32);
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Model<T: Element> {
        dense: Linear<f32, Ix2>,
        wide: Linear<f64, Ix2>,
        #[ckpt(flatten)]
        scale: Scale,
        counts: Vec<T>,
    }
    let bundle = Bundle::new()
        .f32("dense/kernel", &[1, 1, 2], &[1.0, 2.0])
        .f64("wide/kernel", &[2, 1], &[3.0, 4.0])
        .f64("wide/bias", &[1], &[5.0])
        .f32("scale", &[], &[6.0])
        .i32("counts", &[1], &[7]);
    let expected = Model {
        dense: Linear { kernel: array![[1.0, 2.0]], bias: None },
        wide: Linear { kernel: array![[3.0], [4.0]], bias: Some(array![5.0]) },
        scale: Scale(6.0),
        counts: vec![7],
    };
    assert_eq!(load::<Model<i32>>(bundle).unwrap().0, expected);
}

#[test]
fn an_empty_tensor_keeps_its_shape() {
    #[derive(FromCheckpoint)]
    struct Model {
        empty: Array2<f32>,
    }
    let (model, report) = load::<Model>(Bundle::new().f32("empty", &[0, 3], &[])).unwrap();
    assert_eq!(model.empty.dim(), (0, 3));
    assert_eq!(report.bytes, 0);
}

#[test]
fn an_implementation_by_hand_that_takes_something_else_gets_an_error() {
    #[derive(Debug)]
    struct Wrong;
    impl<'c> FromCheckpoint<'c> for Wrong {
        const NODE: Node = <f32 as FromCheckpoint<'c>>::NODE;

        fn build(parts: &mut Parts<'c>) -> Result<Self, BuildError> {
            parts.list().map(|_| Self)
        }
    }
    #[derive(FromCheckpoint, Debug)]
    struct Model {
        wrong: Wrong,
    }
    let error = load::<Model>(Bundle::new().f32("wrong", &[], &[1.0])).unwrap_err().to_string();
    assert_eq!(
        error,
        "`build` takes a list, but `NODE` has another part here; take the parts in the order of `NODE`"
    );
    let _ = |model: Model| model.wrong;
}

fn load_tensors<T: for<'c> FromCheckpoint<'c> + Owned, const N: usize>(
    tensors: [(&str, Tensor); N],
) -> Result<T, LoadError> {
    let checkpoint = Checkpoint::from_source("memory", Memory::new(tensors));
    T::load_with(&checkpoint, LoadOptions::new()).map(|(value, _)| value)
}

fn strings(shape: &[u64], strings: &[&[u8]]) -> Tensor {
    Tensor::from_strings(shape, strings).unwrap()
}

#[test]
fn strings_of_every_type() {
    #[derive(FromCheckpoint)]
    struct Strings {
        text: String,
        bytes: Vec<u8>,
        numbers: Vec<u8>,
        tokens: Vec<String>,
        array: Array1<String>,
        any: ArrayD<Vec<u8>>,
        maybe: Option<Vec<String>>,
        boxed: Box<Array1<String>>,
        shared: Arc<Vec<Vec<u8>>>,
    }

    let names: [&[u8]; 3] = ["ä".as_bytes(), b"", b"c"];
    let strings: Strings = load_tensors([
        ("text", strings(&[], &names[..1])),
        ("bytes", strings(&[], &[b"\xff\0"])),
        ("numbers", Tensor::from_array(array![3_u8, 1, 4]).unwrap()),
        ("tokens", strings(&[3], &names)),
        ("array", strings(&[2], &names[1..])),
        ("any", strings(&[1, 2], &[b"\xfe", b"b"])),
        ("maybe", strings(&[0], &[])),
        ("boxed", strings(&[1], &[b"box"])),
        ("shared", strings(&[1], &[b"arc"])),
    ])
    .unwrap();
    assert_eq!((strings.text.as_str(), strings.bytes), ("ä", vec![0xff, 0]));
    assert_eq!(
        (strings.numbers, strings.tokens),
        (vec![3, 1, 4], ["ä", "", "c"].map(str::to_owned).to_vec())
    );
    assert_eq!(strings.array, array![String::new(), "c".to_owned()]);
    assert_eq!(strings.any, array![[vec![0xfe], b"b".to_vec()]].into_dyn());
    assert_eq!((strings.maybe, strings.boxed[0].as_str()), (Some(vec![]), "box"));
    assert_eq!(*strings.shared, [b"arc"]);
}

#[test]
fn a_string_that_is_not_utf_8_is_no_string() {
    #[derive(FromCheckpoint, Debug)]
    struct Model {
        tokens: Vec<String>,
    }
    let tokens = strings(&[2], &[b"a", b"\xff"]);
    let error = load_tensors::<Model, 1>([("tokens", tokens)]).unwrap_err().to_string();
    expect!["field `Model.tokens`: the string number 1 (from 0) is not UTF-8, so it cannot be a `String`; let the elements of the field be `Vec<u8>`"].assert_eq(&error);
    let _ = |model: Model| model.tokens;
}

#[test]
fn strings_are_split_and_joined_as_numbers_are() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(path = "table", split(axis = 1), squeeze)]
        columns: (Vec<String>, Array1<Vec<u8>>),
        #[ckpt(concat(axis = 0, paths = ["a", "b"]))]
        all: Vec<String>,
    }
    let model: Model = load_tensors([
        ("table", strings(&[2, 2], &[b"a", b"b", b"c", b"d"])),
        ("a", strings(&[1], &[b"x"])),
        ("b", strings(&[2], &[b"y", b"z"])),
    ])
    .unwrap();
    assert_eq!(model.columns.0, ["a", "c"]);
    assert_eq!(model.columns.1, array![b"b".to_vec(), b"d".to_vec()]);
    assert_eq!(model.all, ["x", "y", "z"]);
}

#[test]
fn a_tensor_holds_anything() {
    #[derive(FromCheckpoint)]
    struct Model {
        half: Tensor,
        #[ckpt(transpose)]
        table: Tensor,
        maybe: Option<Box<Tensor>>,
        #[ckpt(split(axis = 0))]
        rows: [Tensor; 2],
    }
    let half = Tensor::from_array(arr0(half::f16::ONE)).unwrap();
    let matrix = array![[1_i16, 2], [3, 4]];
    let model: Model = load_tensors([
        ("half", half.clone()),
        ("table", strings(&[2, 2], &[b"a", b"b", b"c", b"d"])),
        ("rows", Tensor::from_array(matrix).unwrap()),
    ])
    .unwrap();
    assert_eq!((model.half, model.maybe), (half, None));
    assert_eq!(model.table, strings(&[2, 2], &[b"a", b"c", b"b", b"d"]));
    assert_eq!(model.rows[1], Tensor::from_array(array![[3_i16, 4]]).unwrap());
}

#[test]
fn parts_of_variables_in_arrays_and_tuples() {
    #[derive(FromCheckpoint)]
    struct Model {
        #[ckpt(split(axis = 0))]
        array: [Vec<f32>; 3],
        #[ckpt(split(axis = 0, sizes = [1, 2]))]
        pair: (Arc<Array1<f32>>, Box<Array1<f32>>),
        #[ckpt(split(axis = 0))]
        maybe: Option<[Array1<f32>; 2]>,
        #[ckpt(path = "eight", split(axis = 0), squeeze(0))]
        eight: (f32, f32, f32, f32, f32, f32, f32, f32),
        #[ckpt(path = "list_<i>", repeat, split(axis = 0))]
        list: Vec<Arc<[Array1<f32>; 2]>>,
    }
    let numbers = |len: u8| Tensor::from_array(Array1::from_iter((0..len).map(f32::from))).unwrap();
    let model: Model = load_tensors([
        ("array", numbers(3)),
        ("pair", numbers(3)),
        ("eight", numbers(8)),
        ("list_0", numbers(2)),
        ("list_1", numbers(4)),
    ])
    .unwrap();
    assert_eq!(model.array, [[0.0], [1.0], [2.0]]);
    assert_eq!((model.pair.0.to_vec(), model.pair.1.to_vec()), (vec![0.0], vec![1.0, 2.0]));
    assert_eq!((model.maybe, model.eight.7), (None, 7.0));
    assert_eq!(model.list[1][1], array![2.0, 3.0]);
}

#[test]
fn floats_of_16_bits_and_complex_numbers() {
    use half::{bf16, f16};
    use num_complex::Complex;

    #[derive(FromCheckpoint)]
    struct Model {
        half: Array1<f16>,
        brain: ArrayD<bf16>,
        one: f16,
        signal: Array2<Complex<f32>>,
        list: Vec<Complex<f64>>,
        unit: Complex<f64>,
    }
    let halves = Array1::from_iter([0.5, -2.0].map(f16::from_f32));
    let brains = Array1::from_iter([0.5, -2.0].map(bf16::from_f32));
    let signal = array![[Complex::new(1.0_f32, -2.0)], [Complex::new(0.5, 0.0)]];
    let unit = Complex::new(0.0_f64, 1.0);
    let bytes =
        |values: &[f64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let dtype = |name| {
        checkpoint_schema::listing::dtype::DType::all().find(|dtype| dtype.to_string() == name)
    };
    let bundle = Bundle::new()
        .tensor("half", dtype("f16").unwrap(), &[2], vec![0x00, 0x38, 0x00, 0xc0])
        .tensor("brain", dtype("bf16").unwrap(), &[2], vec![0x00, 0x3f, 0x00, 0xc0])
        .tensor("one", dtype("f16").unwrap(), &[], vec![0x00, 0x3c])
        .tensor(
            "signal",
            dtype("c64").unwrap(),
            &[2, 1],
            [1.0_f32, -2.0, 0.5, 0.0]
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect::<Vec<u8>>(),
        )
        .tensor("list", dtype("c128").unwrap(), &[1], bytes(&[0.0, 1.0]))
        .tensor("unit", dtype("c128").unwrap(), &[], bytes(&[0.0, 1.0]));
    let model = load::<Model>(bundle).unwrap().0;
    assert_eq!((model.half, model.brain, model.one), (halves, brains.into_dyn(), f16::ONE));
    assert_eq!((model.signal, model.list, model.unit), (signal, vec![unit], unit));
}
