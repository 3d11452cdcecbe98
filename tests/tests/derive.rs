//! The description that the derive macro generates matches the attributes.

#![expect(dead_code, reason = "nothing is loaded here")]

use std::collections::BTreeMap;

use checkpoint_core::{DType, FromCheckpoint, Node};
use checkpoint_schema::model::description::{
    Absent, Cast, Dim, Field, Ignore, Op, Path, Preset, Renamed, Repeat, Squeeze, Struct,
};
use checkpoint_schema::model::expression::{Assertion, AxisLength, Expression, Operator, Relation};
use checkpoint_schema::model::template::Piece;
use ndarray::{Array, Array1, Array2, ArrayD, Dimension, Ix3};

/// Returns the description of a struct.
fn description<'c, T: FromCheckpoint<'c>>() -> &'static Struct {
    let Node::Struct(description) = T::NODE else { panic!("it is a struct") };
    description
}

fn field<'c, T: FromCheckpoint<'c>>(name: &str) -> &'static Field {
    let mut fields = description::<T>().fields.iter();
    fields.find(|field| field.name == name).expect("the field is loaded")
}

/// Formats a path as in an attribute.
fn written(path: &Path) -> String {
    let parts = path.pieces.iter().map(|part| match part {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Index(placeholder) => placeholder.to_string(),
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
    #[ckpt(path = "s<i>", repeat(i = 0..2 * n_layer))]
    symbolic: Vec<Pair>,
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
    let twice = Expression::Pair(Operator::Multiply, &[Expression::Number(2), N_LAYER]);
    assert_eq!(repeat("symbolic"), counts("i", 0, Some(twice)));
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

const N_LAYER: Expression = Expression::Symbol("n_layer");

#[test]
fn a_struct_declares_symbols_and_what_holds_for_them() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n_embd, n_head = 12, local c_in, local c_out = 3, local), cast = "never")]
    #[ckpt(assert(n_embd % n_head == 0, c_in <= c_out), assert(2 * (n_embd + 1) > 7))]
    struct Symbols {
        w: Array1<f32>,
    }

    let symbols = description::<Symbols>();
    let dim = |name, value, local| Dim { name, value, local };
    let expected = [
        dim("n_embd", None, false),
        dim("n_head", Some(12), false),
        dim("c_in", None, true),
        dim("c_out", Some(3), true),
        dim("local", None, false),
    ];
    assert_eq!(symbols.dims, expected);
    let shown: Vec<_> = symbols.asserts.iter().map(Assertion::to_string).collect();
    assert_eq!(shown, ["n_embd % n_head == 0", "c_in <= c_out", "2 * (n_embd + 1) > 7"]);
    assert_eq!(symbols.cast, Some(Cast::Never));
}

#[test]
fn symbols_compare_in_every_way() {
    #[derive(FromCheckpoint)]
    #[ckpt(assert(a == 1, a != 2, a < 3, a <= 4, a > 5, a >= 6))]
    struct Compared {
        w: Array1<f32>,
    }

    let relations = description::<Compared>().asserts.iter().map(|assert| assert.relation);
    assert_eq!(relations.collect::<Vec<_>>(), Relation::ALL);
}

#[test]
fn an_expression_is_read_as_rust_reads_it() {
    #[derive(FromCheckpoint)]
    struct Expressions {
        #[ckpt(shape = [a, 3 * b + 1, a - b - 1, a - (b - 1), a / 2 % b, (a + b) * 2, _, r#type])]
        w: ArrayD<f32>,
    }

    let [Op::Shape(axes)] = field::<Expressions>("w").ops else { panic!("it has a shape") };
    let shown: Vec<_> = axes.iter().map(AxisLength::to_string).collect();
    let expected =
        ["a", "3 * b + 1", "a - b - 1", "a - (b - 1)", "a / 2 % b", "(a + b) * 2", "_", "type"];
    assert_eq!(shown, expected);
}

#[test]
fn transforms_keep_the_order_written() {
    #[derive(FromCheckpoint)]
    struct Transformed {
        #[ckpt(squeeze(0), shape = [_, 6], transpose, reshape[2, _, 4], permute(1, 0, 2))]
        #[ckpt(expand(0, 2), squeeze(2), shape = [1, _, 2, 4])]
        w: ArrayD<f32>,
    }

    const fn of(number: usize) -> AxisLength {
        AxisLength::Is(Expression::Number(number))
    }

    let expected = [
        Op::Squeeze(Squeeze::Axes(&[0])),
        Op::Shape(&const { [AxisLength::Any, of(6)] }),
        Op::Transpose,
        Op::Reshape(&const { [of(2), AxisLength::Any, of(4)] }),
        Op::Permute(&[1, 0, 2]),
        Op::Expand(&[0, 2]),
        Op::Squeeze(Squeeze::Axes(&[2])),
        Op::Shape(&const { [of(1), AxisLength::Any, of(2), of(4)] }),
    ];
    assert_eq!(field::<Transformed>("w").ops, expected);
}

#[test]
fn fields_take_parts_of_one_variable() {
    #[derive(FromCheckpoint)]
    struct Parts {
        #[ckpt(path = "qkv", chunk(axis = 1, index = 0, of = 3))]
        q: Array2<f32>,
        #[ckpt(path = "qkv", slice(axis = 1, range = n..2 * n))]
        k: Array2<f32>,
        #[ckpt(path = "qkv", slice(range = 2 * n.., axis = 1))]
        v: Array2<f32>,
        #[ckpt(slice(axis = 0, range = ..4))]
        head: Array1<f32>,
    }

    let n = Expression::Symbol("n");
    let twice =
        Expression::Pair(Operator::Multiply, &[Expression::Number(2), Expression::Symbol("n")]);
    let slice = |axis, start, end| [Op::Slice { axis, start, end }];
    assert_eq!(field::<Parts>("q").ops, [Op::Chunk { axis: 1, index: 0, of: 3 }]);
    assert_eq!(field::<Parts>("k").ops, slice(1, n, Some(twice)));
    assert_eq!(field::<Parts>("v").ops, slice(1, twice, None));
    assert_eq!(
        field::<Parts>("head").ops,
        slice(0, Expression::Number(0), Some(Expression::Number(4)))
    );
}

#[test]
fn variables_are_joined() {
    #[derive(FromCheckpoint)]
    struct Joined {
        #[ckpt(transpose, concat(axis = 0, paths = ["q/w", "/k<<"]), shape = [_, 4])]
        qk: Array2<f32>,
        #[ckpt(concat(paths = ["h<i>/a", "h<i>/b"], axis = 1), repeat)]
        list: Vec<Array2<f32>>,
        #[ckpt(path = "expert<e>/w", stack(e, axis = 0))]
        experts: Array2<f32>,
        #[ckpt(path = "x<e>/w", alias = "y/<e>", stack(axis = 1, e = 2..n_layer))]
        some: Array2<f32>,
    }

    let shape = Op::Shape(&[AxisLength::Any, AxisLength::Is(Expression::Number(4))]);
    assert_eq!(
        field::<Joined>("qk").ops,
        [Op::Transpose, Op::Concat { axis: 0, repeat: None }, shape]
    );
    assert_eq!(field::<Joined>("list").repeat, Some(Repeat { index: "i", start: 0, end: None }));
    let counts = |start, end| Repeat { index: "e", start, end };
    let stack = |axis, repeat| [Op::Stack { axis, repeat }];
    assert_eq!(field::<Joined>("experts").ops, stack(0, counts(0, None)));
    assert_eq!(field::<Joined>("some").ops, stack(1, counts(2, Some(N_LAYER))));
    let expected = [
        ("qk", ["q/w", "/k<"].as_slice()),
        ("list", &["h<i>/a", "h<i>/b"]),
        ("experts", &["expert<e>/w"]),
        ("some", &["x<e>/w", "y/<e>"]),
    ];
    let expected =
        expected.map(|(name, paths)| (name, paths.iter().map(ToString::to_string).collect()));
    assert_eq!(paths::<Joined>(), expected);
}

#[test]
fn a_symbol_is_a_field_and_has_other_names_below() {
    #[derive(FromCheckpoint)]
    #[ckpt(dims(n_embd, r#type))]
    struct Config {
        #[ckpt(dim)]
        n_embd: usize,
        #[ckpt(dim)]
        r#type: usize,
        #[ckpt(dims(n = n_embd / 2, m = 3))]
        nested: Pair,
    }

    assert!(matches!(field::<Config>("n_embd").node, Node::Dim("n_embd")));
    assert!(matches!(field::<Config>("type").node, Node::Dim("type")));
    assert!(field::<Config>("n_embd").paths.is_empty());
    let half =
        Expression::Pair(Operator::Divide, &[Expression::Symbol("n_embd"), Expression::Number(2)]);
    let (n, m) =
        (Renamed { name: "n", is: half }, Renamed { name: "m", is: Expression::Number(3) });
    assert_eq!(field::<Config>("nested").dims, [n, m]);
}

#[test]
fn a_field_says_what_is_converted() {
    #[derive(FromCheckpoint)]
    struct Converted {
        plain: f32,
        #[ckpt(cast)]
        bare: f32,
        #[ckpt(cast = "any")]
        any: f32,
        #[ckpt(cast = "never")]
        never: f32,
    }

    let cast = |name| field::<Converted>(name).cast;
    assert_eq!(cast("plain"), None);
    assert_eq!(cast("bare"), Some(Cast::Lossless));
    assert_eq!(cast("any"), Some(Cast::Any));
    assert_eq!(cast("never"), Some(Cast::Never));
}

/// A module for `with`.
mod rows {
    use ndarray::{Array1, Array2, ArrayD, Ix2};

    pub(crate) fn load(array: ArrayD<f32>) -> Result<Vec<Array1<f32>>, ndarray::ShapeError> {
        let array: Array2<f32> = array.into_dimensionality::<Ix2>()?;
        Ok(array.rows().into_iter().map(|row| row.to_owned()).collect())
    }
}

#[test]
fn what_makes_the_value_of_a_field_says_what_it_takes() {
    struct Positive(f32);

    impl TryFrom<f32> for Positive {
        type Error = &'static str;

        fn try_from(value: f32) -> Result<Self, Self::Error> {
            if value > 0. { Ok(Self(value)) } else { Err("it is not positive") }
        }
    }

    fn sum(pair: Pair) -> i64 {
        pair.0 + pair.1
    }

    #[derive(FromCheckpoint)]
    struct Made {
        #[ckpt(with = "rows", squeeze)]
        rows: Vec<Array1<f32>>,
        #[ckpt(map = "sum")]
        sum: i64,
        #[ckpt(map = "Some")]
        some: Option<Array1<f64>>,
        #[ckpt(try_from = "f32", cast)]
        positive: Positive,
    }

    let tensor = |name| match field::<Made>(name).node {
        Node::Tensor(tensor) => (tensor.dtype, tensor.rank),
        node => panic!("{node:?}"),
    };
    assert_eq!(tensor("rows"), (Some(DType::Float32), None));
    assert_eq!(tensor("some"), (Some(DType::Float64), Some(1)));
    assert_eq!(tensor("positive"), (Some(DType::Float32), Some(0)));
    assert!(matches!(field::<Made>("sum").node, Node::Struct(pair) if pair.name == "Pair"));
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
