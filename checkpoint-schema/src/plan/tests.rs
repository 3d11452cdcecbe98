//! Tests a small model of two layers with checkpoints that differ from it.

mod causes;
mod objects;

use expect_test::{Expect, expect};

use super::{Plan, PlanOptions, plan};
use crate::listing::catalog::{Catalog, Name, Place, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;
use crate::model::description::{
    Borrow, Field, Ignore, List, Naming, Node, Op, Path, Preset, Repeat, Squeeze, Struct, Tensor,
};
use crate::model::expression::{AxisLength, Expression};
use crate::model::template::{Form, Piece, Placeholder};
use crate::naming::{Names, near_names};

const fn array(rank: usize) -> Node {
    Node::Tensor(Tensor {
        dtype: Some(DType::Float32),
        rank: Some(rank),
        or_string: false,
        borrow: Borrow::Never,
    })
}

const WEIGHT: &Path = &path(&[Piece::Text("w")]);

const fn field(name: &'static str, path: &'static Path, node: Node) -> Field {
    Field { name, paths: std::slice::from_ref(path), node, ..Field::EMPTY }
}

const fn path(pieces: &'static [Piece<'static>]) -> Path {
    Path { absolute: false, pieces }
}

const INDEX: Piece<'static> =
    Piece::Index(Placeholder { index: "i", factor: 1, offset: 0, form: Form::Plain });
const REPEAT: Repeat = Repeat { index: "i", start: 0, end: None };

const BLOCK: Struct = Struct {
    name: "Block",
    prefix: Path::EMPTY,
    naming: None,
    separator: None,
    cast: None,
    dims: &[],
    asserts: &[],
    fields: &[
        field("g", &path(&[Piece::Text("ln_1/g")]), array(1)),
        Field {
            ops: &[Op::Squeeze(Squeeze::ToRank)],
            ..field("w", &path(&[Piece::Text("attn/c_attn/w")]), array(2))
        },
        field("bias", &path(&[Piece::Text("bias")]), Node::Optional(&array(1))),
    ],
    ignore: &[Ignore::Glob("mask")],
    ..Struct::EMPTY
};

const MODEL: Struct = Struct {
    name: "Model",
    prefix: path(&[Piece::Text("model")]),
    naming: None,
    separator: None,
    cast: None,
    dims: &[],
    asserts: &[],
    fields: &[
        Field {
            paths: &[path(&[Piece::Text("wte")]), path(&[Piece::Text("embedding")])],
            ..field("wte", &Path::EMPTY, array(2))
        },
        BLOCKS,
    ],
    ignore: &[Ignore::Preset(Preset::Optimizer), Ignore::Glob("global_step")],
    ..Struct::EMPTY
};

const BLOCKS: Field = Field {
    repeat: Some(REPEAT),
    ..field(
        "blocks",
        &path(&[Piece::Text("h"), INDEX]),
        Node::List(&List { element: Node::Struct(&BLOCK), len: None, is_keyed: false }),
    )
};

const GOOD: &str = "
    global_step i64 []
    model/h0/attn/c_attn/w f32 [1, 4, 12]
    model/h0/ln_1/g f32 [4]
    model/h0/mask f32 [1]
    model/h1/attn/c_attn/w f32 [1, 4, 12]
    model/h1/ln_1/g f32 [4]
    model/h1/mask f32 [1]
    model/wte f32 [9, 4]
    model/wte/Adam f32 [9, 4]";

/// A checkpoint with one variable on each line: name, dtype, shape.
fn catalog(lines: &str) -> Catalog {
    let variable = |line: &str| {
        let (name, spec) = line.trim().split_once(' ').unwrap();
        let (dtype, dims) = spec.split_once(" [").unwrap();
        let dims = dims.trim_end_matches(']').split(", ").filter(|dim| !dim.is_empty());
        Variable {
            name: Name::from(name),
            dtype: DType::all().find(|other| other.to_string() == dtype).unwrap(),
            shape: Shape::new(dims.map(|dim| dim.parse().unwrap()).collect::<Vec<_>>()).unwrap(),
            place: Place::Slices(Box::default()),
        }
    };
    let variables = lines.lines().filter(|line| !line.trim().is_empty()).map(variable).collect();
    Catalog::new(variables, 1)
}

fn shown(plan: &Plan<'_>, catalog: &Catalog) -> String {
    let rows = plan.rows(catalog).into_iter().map(|row| {
        format!(
            "{} = {}, {} -> {}, {} times\n",
            row.field, row.variable, row.found, row.shape, row.count
        )
    });
    let absent = plan.absent().into_iter().map(|field| format!("absent: {field}\n"));
    let ignored = plan
        .ignored
        .iter()
        .map(|(glob, variables)| format!("ignored by {glob}: {}\n", variables.len()));
    let idle = plan.idle.iter().map(|glob| format!("matches nothing: {glob}\n"));
    rows.chain(absent).chain(ignored).chain(idle).collect()
}

fn check_node(node: Node, lines: &str, options: PlanOptions<'_>, expected: Expect) {
    let catalog = catalog(lines);
    check_names(node, &Names::of_keys(&catalog), options, expected);
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn check_names(node: Node, names: &Names<'_>, options: PlanOptions<'_>, expected: Expect) {
    let node = Box::leak(Box::new(node));
    let plain = options.prefix.is_empty() && options.bind.is_empty() && !options.allow_unmapped;
    // A manifest does not contain all object paths.
    if plain && names.naming() == Naming::Key && matches!(node, Node::Struct(_)) {
        the_compiler_says_the_same(node, names);
    }
    expected.assert_eq(&match plan(node, names, options) {
        Ok(planned) => shown(&planned, names.catalog()),
        Err(problems) => {
            problems.iter().flat_map(|problem| [problem.to_string(), "\n".into()]).collect()
        }
    });
}

/// Checks that a manifest gives the same problems as planning. The messages are equal unless they report a common cause.
fn the_compiler_says_the_same(node: &'static Node, names: &Names<'_>) {
    let planned = plan(node, names, PlanOptions::default()).err().unwrap_or_default();
    let checked = crate::fit::tests::problems(node, names);
    // An `Option` without a variable in any manifest is no problem of a load.
    let checked = checked.lines().skip(1).filter(|line| !line.contains("no manifest has"));
    let mut checked: Vec<String> = checked.map(str::to_owned).collect();
    assert_eq!(planned.is_empty(), checked.is_empty(), "{planned:?}\n{checked:?}");
    let mut planned: Vec<String> = planned.iter().map(|problem| format!("- {problem}")).collect();
    planned.sort();
    checked.sort();
    assert_eq!(planned, checked);
}

fn check(lines: &str, expected: Expect) {
    check_node(Node::Struct(&MODEL), lines, PlanOptions::default(), expected);
}

/// A model with one field.
fn one(field: Field) -> Node {
    let fields = Box::leak(Box::new([field]));
    Node::Struct(Box::leak(Box::new(Struct {
        fields,
        ignore: &[Ignore::Preset(Preset::Optimizer)],
        prefix: Path::EMPTY,
        ..MODEL
    })))
}

#[test]
fn a_checkpoint_that_fits_is_planned_and_layers_are_one_row() {
    check(
        GOOD,
        expect![[r#"
        Model.wte = model/wte, f32 [9, 4] -> [9, 4], 1 times
        Model.blocks[0..2].g = model/h<0..2>/ln_1/g, f32 [4] -> [4], 2 times
        Model.blocks[0..2].w = model/h<0..2>/attn/c_attn/w, f32 [1, 4, 12] -> [4, 12], 2 times
        absent: Model.blocks[0..2].bias
        ignored by global_step: 1
        ignored by mask: 2
        ignored by optimizer: 1
    "#]],
    );
}

#[test]
fn what_is_joined_is_compared_after_the_steps_before() {
    const BOTH: Field = Field {
        paths: &[path(&[Piece::Text("g")]), path(&[Piece::Text("b")])],
        ops: &[
            Op::Expand(&[0]),
            Op::Concat { axis: 0, repeat: None },
            Op::Shape(&[AxisLength::Any, FOUR]),
        ],
        ..field("both", &Path::EMPTY, array(2))
    };
    const FOUR: AxisLength = AxisLength::Is(Expression::Number(4));
    check_node(
        one(BOTH),
        "g f32 [4]\nb f32 [4]",
        PlanOptions::default(),
        expect![[r#"
            Model.both = g, f32 [4] -> [2, 4], 1 times
            Model.both = b, f32 [4] -> [2, 4], 1 times
        "#]],
    );
}

#[test]
fn variables_that_are_joined_have_as_many_axes() {
    const BOTH: Field = Field {
        paths: &[path(&[Piece::Text("a")]), path(&[Piece::Text("b")])],
        ops: &[Op::Concat { axis: 1, repeat: None }],
        ..field("both", &Path::EMPTY, array(2))
    };
    let node = Box::leak(Box::new(one(BOTH)));
    let catalog = catalog("a f32 [2, 4]\nb f32 [2]");
    let problems = plan(node, &Names::of_keys(&catalog), PlanOptions::default()).unwrap_err();
    expect!["field `Model.both`: `b` is f32 [2], but the first that `concat(axis = 1)` joins is [2, 4]; only the axis of `concat` may differ"]
        .assert_eq(&problems.iter().map(ToString::to_string).collect::<String>());
}

#[test]
fn parts_are_counted_after_the_steps_before() {
    const PARTS: [&[Op]; 3] = [
        &[Op::Shape(&[AxisLength::Any]), Op::Chunk { axis: 0, index: 0, of: 3 }],
        &[Op::Expand(&[0]), Op::Chunk { axis: 1, index: 1, of: 3 }, Op::Squeeze(Squeeze::ToRank)],
        &[Op::Chunk { axis: 0, index: 1, of: 2 }, Op::Chunk { axis: 0, index: 0, of: 2 }],
    ];
    for (ops, left) in PARTS.into_iter().zip([8, 8, 9]) {
        let node = one(Field { ops, ..field("w", WEIGHT, array(1)) });
        let catalog = catalog("w f32 [12]");
        let node = Box::leak(Box::new(node));
        the_compiler_says_the_same(node, &Names::of_keys(&catalog));
        let problems = plan(node, &Names::of_keys(&catalog), PlanOptions::default()).unwrap_err();
        let gap = format!(
            "field `Model.w`: `w` is f32 [12], but no field takes {left} of its elements; take the other parts too"
        );
        assert_eq!(problems.iter().map(ToString::to_string).collect::<Vec<_>>(), [gap]);
    }
}

#[test]
fn a_length_that_is_a_number_is_compared() {
    let node = one(Field {
        ops: &[Op::Shape(&[AxisLength::Is(Expression::Number(7)), AxisLength::Any])],
        ..field("w", WEIGHT, array(2))
    });
    check_node(
        node,
        "w f32 [4, 3]",
        PlanOptions::default(),
        expect![[r#"
            field `Model.w`: `w` is f32 [4, 3] in the checkpoint, but [7, 3] in the struct, as [7, _]
        "#]],
    );
}

#[test]
fn a_typo_is_one_line_for_all_layers_with_the_right_name() {
    check(
        &GOOD.replace("c_attn", "c_atn"),
        expect![[r#"
        field `Model.blocks[0..2].w`: missing variable `model/h<0..2>/attn/c_attn/w`; did you mean `model/h<0..2>/attn/c_atn/w`, f32 [1, 4, 12]?
    "#]],
    );
}

#[test]
fn several_problems_come_together() {
    let lines = GOOD.replace("model/wte f32", "model/wte f64").replace("[1, 4, 12]", "[2, 4, 12]")
        + "\nextra bool []";
    check(
        &lines,
        expect![[r#"
            field `Model.wte`: `model/wte` is f64 [9, 4], but the field is f32; change the field to f64, or write `cast = "any"`
            field `Model.blocks[0..2].w`: `model/h<0..2>/attn/c_attn/w` is f32 [2, 4, 12], but the field has 2 dimensions; change the field to rank 3
            unexpected variable `extra`, bool []; add a field, or add it to `ignore`
        "#]],
    );
}

#[test]
fn a_layer_that_is_missing_before_others_is_a_hole() {
    check(
        &GOOD.replace("/h1/", "/h2/"),
        expect![[r#"
            field `Model.blocks[1]`: its variables are missing, but `model/h2/attn/c_attn/w` of `Model.blocks[2]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
        "#]],
    );
    check(
        &GOOD.replace("/h0/", "/h2/"),
        expect![[r#"
            field `Model.blocks`: index 0 is missing, but `model/h1/attn/c_attn/w` exists; if the list starts there, write `repeat(i = 1..)`
        "#]],
    );
}

#[test]
fn what_a_name_does_to_a_terminal_is_shown_and_not_done() {
    check(
        &GOOD.replace("model/wte", "model/w\u{1b}[e"),
        expect![[r#"
            field `Model.wte`: missing variable `model/wte` or `model/embedding`; if it is optional, make the field an `Option`
            unexpected variable `model/w\u{1b}[e`, f32 [9, 4]; add a field, or add it to `ignore`
        "#]],
    );
}

#[test]
fn a_list_without_elements_says_what_was_looked_for() {
    check(
        &GOOD.replace("model/h", "model/layer"),
        expect![[r#"
            4 variables are named `layer`, but `h` in the struct; change the paths
            unexpected variable `model/layer<0..2>/mask`, f32 [1]; add a field, or add it to `ignore`
        "#]],
    );
    check(
        "model/wte f32 [9, 4]",
        expect![[r#"
            field `Model.blocks[0]`: its 2 variables are missing, such as `model/h0/ln_1/g`; if it is optional, make the field an `Option`
        "#]],
    );
}

#[test]
fn an_alias_is_taken_if_it_alone_is_there() {
    check(
        &GOOD.replace("model/wte", "model/embedding"),
        expect![[r#"
        Model.wte = model/embedding, f32 [9, 4] -> [9, 4], 1 times
        Model.blocks[0..2].g = model/h<0..2>/ln_1/g, f32 [4] -> [4], 2 times
        Model.blocks[0..2].w = model/h<0..2>/attn/c_attn/w, f32 [1, 4, 12] -> [4, 12], 2 times
        absent: Model.blocks[0..2].bias
        ignored by global_step: 1
        ignored by mask: 2
        ignored by optimizer: 1
    "#]],
    );
    check(
        &(GOOD.to_owned() + "\nmodel/embedding f32 [9, 4]"),
        expect![[r#"
            field `Model.wte`: the checkpoint has `model/wte` and `model/embedding`, but the field takes one; remove the other from the field, and `ignore` it
        "#]],
    );
    check(
        &GOOD.replace("model/wte ", "model/other "),
        expect![[r#"
        field `Model.wte`: missing variable `model/wte` or `model/embedding`; if it is optional, make the field an `Option`
        unexpected variable `model/other`, f32 [9, 4]; add a field, or add it to `ignore`
    "#]],
    );
}

#[test]
fn what_is_optional_is_there_or_not() {
    check(
        &(GOOD.to_owned() + "\nmodel/h1/bias f32 [4]"),
        expect![[r#"
        Model.wte = model/wte, f32 [9, 4] -> [9, 4], 1 times
        Model.blocks[0..2].g = model/h<0..2>/ln_1/g, f32 [4] -> [4], 2 times
        Model.blocks[0..2].w = model/h<0..2>/attn/c_attn/w, f32 [1, 4, 12] -> [4, 12], 2 times
        Model.blocks[1].bias = model/h1/bias, f32 [4] -> [4], 1 times
        absent: Model.blocks[0].bias
        ignored by global_step: 1
        ignored by mask: 2
        ignored by optimizer: 1
    "#]],
    );
    check(
        &(GOOD.to_owned() + "\nmodel/h1/bias f32 [4, 1]"),
        expect![[r#"
            field `Model.blocks[1].bias`: `model/h1/bias` is f32 [4, 1], but the field has 1 dimension; `squeeze` removes axes of length 1
        "#]],
    );
}

#[test]
fn a_variable_is_not_both_loaded_and_ignored() {
    check_node(
        one(field("step", const { &path(&[Piece::Text("w/Adam")]) }, array(1))),
        "w/Adam f32 [1]",
        PlanOptions::default(),
        expect![[r#"
            field `Model.step`: `w/Adam` is loaded, but `ignore` matches it too, by `optimizer`; remove one of the two
        "#]],
    );
    let owner = Box::leak(Box::new(Struct { fields: MODEL.fields, ..MODEL }));
    owner.ignore =
        &[Ignore::Glob("model/w*"), Ignore::Glob("nothing/**"), Ignore::Preset(Preset::Optimizer)];
    check_node(
        Node::Struct(owner),
        GOOD,
        PlanOptions::default(),
        expect![[r#"
            field `Model.wte`: `model/wte` is loaded, but `ignore` matches it too, by `model/w*`; remove one of the two
            unexpected variable `global_step`, i64 []; add a field, or write `ignore(bookkeeping)`
        "#]],
    );
}

#[test]
fn a_variable_is_loaded_once() {
    let fields = Box::leak(Box::new([
        field("a", const { &path(&[Piece::Text("w")]) }, array(1)),
        field("b", const { &path(&[Piece::Text("w")]) }, array(1)),
    ]));
    let node = Node::Struct(Box::leak(Box::new(Struct { fields, prefix: Path::EMPTY, ..MODEL })));
    check_node(
        node,
        "w f32 [1]",
        PlanOptions::default(),
        expect![[r#"
        field `Model.b`: `w` is already loaded by `Model.a`; only one field can take a variable
    "#]],
    );
}

#[test]
fn bounds_limit_what_a_list_takes() {
    let bounded = |start, end| {
        let element = array(1);
        let list = Box::leak(Box::new(List { element, len: None, is_keyed: false }));
        one(Field {
            repeat: Some(Repeat { index: "i", start, end }),
            ..field("w", const { &path(&[Piece::Text("w"), INDEX]) }, Node::List(list))
        })
    };
    let lines = "w0 f32 [1]\nw1 f32 [1]\nw2 f32 [1]";
    check_node(
        bounded(0, Some(Expression::Number(3))),
        lines,
        PlanOptions::default(),
        expect![[r#"
        Model.w[0..3] = w<0..3>, f32 [1] -> [1], 3 times
    "#]],
    );
    check_node(
        bounded(0, Some(Expression::Number(2))),
        lines,
        PlanOptions::default(),
        expect![[r#"
            unexpected variable `w2`, f32 [1], beyond the bounds of `Model.w`; widen them, or add it to `ignore`
        "#]],
    );
    check_node(
        bounded(1, None),
        lines,
        PlanOptions::default(),
        expect![[r#"
            unexpected variable `w0`, f32 [1], beyond the bounds of `Model.w`; widen them, or add it to `ignore`
        "#]],
    );
    check_node(
        bounded(0, Some(Expression::Number(5))),
        lines,
        PlanOptions::default(),
        expect![[r#"
            field `Model.w[3..5]`: missing variable `w<3..5>`; if it is optional, make the field an `Option`
        "#]],
    );
}

#[test]
fn the_options_put_a_prefix_before_every_path_and_let_variables_pass() {
    let lines = GOOD.replace("model/", "module/model/") + "\nextra bool []";
    let options = PlanOptions { prefix: "module", allow_unmapped: true, ..PlanOptions::default() };
    check_node(
        Node::Struct(&MODEL),
        &lines,
        options,
        expect![[r#"
            Model.wte = module/model/wte, f32 [9, 4] -> [9, 4], 1 times
            Model.blocks[0..2].g = module/model/h<0..2>/ln_1/g, f32 [4] -> [4], 2 times
            Model.blocks[0..2].w = module/model/h<0..2>/attn/c_attn/w, f32 [1, 4, 12] -> [4, 12], 2 times
            absent: Model.blocks[0..2].bias
            ignored by global_step: 1
            ignored by mask: 2
            ignored by optimizer: 1
        "#]],
    );
}

#[test]
fn squeeze_and_rank_say_what_to_write() {
    let squeezed =
        |ops, rank| Field { ops, ..field("w", const { &path(&[Piece::Text("w")]) }, array(rank)) };
    let says = |ops, rank, spec: &str, expected| {
        check_node(
            one(squeezed(ops, rank)),
            &format!("w {spec}"),
            PlanOptions::default(),
            expected,
        );
    };
    says(
        &[],
        2,
        "f32 [1, 4, 12]",
        expect![[r#"
            field `Model.w`: `w` is f32 [1, 4, 12], but the field has 2 dimensions; `squeeze` removes axes of length 1
        "#]],
    );
    says(
        &[],
        1,
        "f32 []",
        expect![[r#"
            field `Model.w`: `w` is f32 [], but the field has 1 dimension; it is a scalar, so change the field to `f32`
        "#]],
    );
    says(
        &[Op::Squeeze(Squeeze::Axes(&[0]))],
        1,
        "f32 [1, 4, 12]",
        expect![[r#"
            field `Model.w`: `w` is f32 [1, 4, 12], which is [4, 12] after the steps, but the field has 1 dimension; change the field to rank 2
        "#]],
    );
    says(
        &[Op::Squeeze(Squeeze::Axes(&[0]))],
        1,
        "f32 [4, 12]",
        expect![[r#"
        field `Model.w`: `w` is f32 [4, 12], but `squeeze` cannot remove axis 0; only axes of length 1 can be removed
    "#]],
    );
    says(
        &[Op::Squeeze(Squeeze::ToRank)],
        2,
        "f32 [1, 4, 1]",
        expect![[r#"
        field `Model.w`: `w` is f32 [1, 4, 1], which `squeeze` can make [4, 1] or [1, 4]; write the axis, as in `squeeze(0)`
    "#]],
    );
}

#[test]
fn only_a_struct_names_its_variables() {
    check_node(
        array(1),
        "w f32 [1]",
        PlanOptions::default(),
        expect![[r#"
            only a struct has paths of variables; load a struct with a field of this type
        "#]],
    );
}

#[test]
fn the_variables_near_to_a_name_are_found_the_nearest_first() {
    let nearest = |name| {
        let catalog = catalog(GOOD);
        let names = Names::of_keys(&catalog);
        let near = near_names(name, &names).into_iter().take(2);
        near.map(|(_, _, name)| name.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(nearest("model/wt"), ["model/wte"]);
    assert_eq!(nearest("modle/h1/ln_1/g"), ["model/h1/ln_1/g", "model/h0/ln_1/g"]);
    assert_eq!(nearest("conv2d/kernel"), [""; 0]);
}
