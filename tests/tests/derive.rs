//! What the derive writes down of a struct says what is written in the struct.

#![expect(dead_code, reason = "nothing is loaded here")]

use std::collections::BTreeMap;

use checkpoint_core::FromCheckpoint;
use checkpoint_core::schema::description::{
    Absent, Field, Ignore, Node, Op, Path, Preset, Repeat, Squeeze, Struct,
};
use checkpoint_core::schema::dtype::DType;
use checkpoint_core::schema::expression::Expression;
use checkpoint_core::schema::template::Part;
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, Ix3};

/// What the struct takes.
fn description<'c, T: FromCheckpoint<'c>>() -> &'static Struct {
    let Node::Struct(description) = T::NODE else { panic!("it is a struct") };
    description
}

fn field<'c, T: FromCheckpoint<'c>>(name: &str) -> &'static Field {
    let mut fields = description::<T>().fields.iter();
    fields.find(|field| field.name == name).expect("the field is loaded")
}

/// The path as it could be written.
fn written(path: &Path) -> String {
    let parts = path.parts.iter().map(|part| match part {
        Part::Text(text) => (*text).to_owned(),
        Part::Index(placeholder) => placeholder.to_string(),
    });
    let root = if path.absolute { "/" } else { "" };
    root.to_owned() + &parts.collect::<String>()
}

fn paths<'c, T: FromCheckpoint<'c>>() -> Vec<(&'static str, Vec<String>)> {
    let fields = description::<T>().fields.iter();
    fields.map(|field| (field.name, field.paths.iter().map(written).collect())).collect()
}

#[derive(FromCheckpoint)]
struct Paths {
    plain: Array1<f32>,
    r#type: Array1<f32>,
    #[ckpt(path = "attn/c_attn/w")]
    other: Array1<f32>,
    #[ckpt(path = "/global_step")]
    absolute: i64,
    #[ckpt(path = "h<2*i+1:_>/w<<")]
    template: Array1<f32>,
    #[ckpt(alias = "kernel", path = "w", alias = "weight")]
    aliases: Array1<f32>,
    #[ckpt(alias = "second")]
    first: Array1<f32>,
    #[ckpt(flatten)]
    nested: Pair,
}

#[derive(FromCheckpoint)]
struct Pair(#[ckpt(path = "a")] i64, #[ckpt(path = "b")] i64);

#[test]
fn a_path_is_the_name_of_the_field_unless_another_is_written() {
    let expected = [
        ("plain", ["plain"].as_slice()),
        ("type", &["type"]),
        ("other", &["attn/c_attn/w"]),
        ("absolute", &["/global_step"]),
        ("template", &["h<2*i+1:_>/w<"]),
        ("aliases", &["w", "kernel", "weight"]),
        ("first", &["first", "second"]),
        ("nested", &[""]),
    ];
    let expected =
        expected.map(|(name, paths)| (name, paths.iter().map(ToString::to_string).collect()));
    assert_eq!(paths::<Paths>(), expected);
}

#[test]
fn the_fields_of_a_tuple_are_named_for_their_position() {
    assert_eq!(paths::<Pair>(), [("0", vec!["a".to_owned()]), ("1", vec!["b".to_owned()])]);
}

#[test]
fn a_newtype_adds_nothing_to_the_path() {
    #[derive(FromCheckpoint)]
    struct Weights(Array2<f32>);

    #[derive(FromCheckpoint)]
    struct Named(#[ckpt(path = "w")] Array2<f32>);

    assert_eq!(field::<Weights>("0").paths, [Path::EMPTY]);
    assert_eq!(paths::<Named>(), [("0", vec!["w".to_owned()])]);
}

#[test]
fn a_struct_without_fields_takes_nothing() {
    #[derive(FromCheckpoint)]
    struct Nothing;

    #[derive(FromCheckpoint)]
    struct Empty {}

    assert_eq!(description::<Nothing>().name, "Nothing");
    assert!(description::<Nothing>().fields.is_empty());
    assert!(description::<Empty>().fields.is_empty());
}

#[test]
fn each_case_of_serde_renames_the_fields() {
    macro_rules! name_in {
        ($case:literal) => {{
            #[derive(FromCheckpoint)]
            #[ckpt(rename_all = $case)]
            struct Renamed {
                ln_f_2_weight: i64,
                #[ckpt(path = "as_written")]
                other: i64,
            }
            let paths = paths::<Renamed>();
            assert_eq!(paths[1].1, ["as_written"]);
            paths[0].1[0].clone()
        }};
    }
    assert_eq!(name_in!("lowercase"), "ln_f_2_weight");
    assert_eq!(name_in!("UPPERCASE"), "LN_F_2_WEIGHT");
    assert_eq!(name_in!("PascalCase"), "LnF2Weight");
    assert_eq!(name_in!("camelCase"), "lnF2Weight");
    assert_eq!(name_in!("snake_case"), "ln_f_2_weight");
    assert_eq!(name_in!("SCREAMING_SNAKE_CASE"), "LN_F_2_WEIGHT");
    assert_eq!(name_in!("kebab-case"), "ln-f-2-weight");
    assert_eq!(name_in!("SCREAMING-KEBAB-CASE"), "LN-F-2-WEIGHT");
}

#[test]
fn a_struct_has_a_prefix_a_separator_and_what_it_ignores() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "tower_<t>", separator = ".")]
    #[ckpt(ignore(optimizer, "extra/**", bookkeeping, ema), allow_unmapped)]
    struct Tower {
        w: Array1<f32>,
    }
    #[derive(FromCheckpoint)]
    struct Plain {
        w: Array1<f32>,
    }

    let tower = description::<Tower>();
    assert_eq!(written(&tower.prefix), "tower_<t>");
    assert_eq!(tower.separator, Some("."));
    assert!(tower.allow_unmapped);
    let [optimizer, bookkeeping, ema] =
        [Preset::Optimizer, Preset::Bookkeeping, Preset::Ema].map(Ignore::Preset);
    assert_eq!(tower.ignore, [optimizer, Ignore::Glob("extra/**"), bookkeeping, ema]);

    let plain = description::<Plain>();
    assert_eq!(plain.prefix, Path::EMPTY);
    assert_eq!(plain.separator, None);
    assert!(!plain.allow_unmapped && plain.ignore.is_empty());
}

#[derive(FromCheckpoint)]
struct Lists {
    #[ckpt(path = "h<i>", repeat)]
    alone: Vec<Pair>,
    #[ckpt(path = "x<j>/y<j:_>", repeat)]
    once: Vec<Array1<f32>>,
    #[ckpt(flatten, repeat(i))]
    named: [Indexed; 3],
    #[ckpt(path = "layer<l>/expert<e>", repeat(e))]
    inner: BTreeMap<usize, Pair>,
    #[ckpt(path = "r<i>", repeat(i = 1..13))]
    bounded: Vec<Pair>,
    #[ckpt(path = "r<k>", repeat(k = 13..))]
    open: Vec<Pair>,
    #[ckpt(path = "maybe<i>", repeat)]
    optional: Option<Vec<Pair>>,
    one: Pair,
}

#[derive(FromCheckpoint)]
struct Indexed {
    #[ckpt(path = "flat<i>")]
    w: Array1<f32>,
}

#[test]
fn a_list_counts_an_index() {
    let repeat = |name| field::<Lists>(name).repeat;
    let counts = |index, start, end| Some(Repeat { index, start, end });
    assert_eq!(repeat("alone"), counts("i", 0, None));
    assert_eq!(repeat("once"), counts("j", 0, None));
    assert_eq!(repeat("named"), counts("i", 0, None));
    assert_eq!(repeat("inner"), counts("e", 0, None));
    assert_eq!(repeat("bounded"), counts("i", 1, Some(Expression::Number(13))));
    assert_eq!(repeat("open"), counts("k", 13, None));
    assert_eq!(repeat("optional"), counts("i", 0, None));
    assert_eq!(repeat("one"), None);
}

#[test]
fn a_list_takes_what_its_elements_take() {
    let node = |name| field::<Lists>(name).node;
    let Node::List(alone) = node("alone") else { panic!("{:?}", node("alone")) };
    assert!(matches!(alone.element, Node::Struct(pair) if pair.name == "Pair"));
    assert_eq!(alone.len, None);
    assert!(matches!(node("named"), Node::List(list) if list.len == Some(3)));
    assert!(matches!(node("optional"), Node::Optional(Node::List(_))));
    assert!(matches!(node("one"), Node::Struct(pair) if pair.name == "Pair"));
}

#[test]
fn squeeze_removes_these_axes_or_those_too_many() {
    #[derive(FromCheckpoint)]
    struct Squeezed {
        none: Array2<f32>,
        #[ckpt(squeeze)]
        bare: ArrayD<f32>,
        #[ckpt(squeeze(0))]
        one: Array2<f32>,
        #[ckpt(squeeze(2, 0))]
        two: Array2<f32>,
    }

    let ops = |name| field::<Squeezed>(name).ops;
    assert_eq!(ops("none"), []);
    assert_eq!(ops("bare"), [Op::Squeeze(Squeeze::ToRank)]);
    assert_eq!(ops("one"), [Op::Squeeze(Squeeze::Axes(&[0]))]);
    assert_eq!(ops("two"), [Op::Squeeze(Squeeze::Axes(&[2, 0]))]);
}

fn tenth(_shape: &[usize]) -> f32 {
    0.1
}

#[test]
fn a_field_that_may_be_absent_says_what_fills_it() {
    #[derive(FromCheckpoint)]
    struct Progress {
        strict: i64,
        #[ckpt(default)]
        step: i64,
        #[ckpt(default = "tenth")]
        rate: f32,
        loss: Option<f32>,
        #[ckpt(skip)]
        history: Vec<String>,
    }

    let absent = |name| field::<Progress>(name).absent;
    assert_eq!(absent("strict"), Absent::Problem);
    assert_eq!(absent("step"), Absent::Zero);
    assert_eq!(absent("rate"), Absent::Function);
    assert_eq!(absent("loss"), Absent::Problem);
    assert!(matches!(field::<Progress>("loss").node, Node::Optional(Node::Tensor(_))));
    let names: Vec<_> = description::<Progress>().fields.iter().map(|field| field.name).collect();
    assert_eq!(names, ["strict", "step", "rate", "loss"]);
}

#[test]
fn a_parameter_stands_for_the_type_of_a_field() {
    #[derive(FromCheckpoint)]
    struct Linear<T, D: Dimension> {
        w: Array<T, D>,
    }

    let Node::Tensor(tensor) = field::<Linear<f64, Ix3>>("w").node else {
        panic!("it is an array")
    };
    assert_eq!((tensor.dtype, tensor.rank), (Some(DType::Float64), Some(3)));
}
