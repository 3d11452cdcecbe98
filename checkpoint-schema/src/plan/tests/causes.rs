//! Tests that many problems with one cause are reported once.

use expect_test::{Expect, expect};

use super::{GOOD, INDEX, REPEAT, array, check, check_node, field, path};
use crate::model::description::{Dim, Field, Ignore, List, Node, Op, Path, Repeat, Struct};
use crate::model::expression::{AxisLength, Expression};
use crate::model::template::{Form, Piece, Placeholder};
use crate::plan::PlanOptions;

const N: AxisLength = AxisLength::Is(Expression::Symbol("n"));
const LAYERS: Dim = Dim { name: "layers", value: None, local: false };

const BLOCK: Struct = Struct {
    name: "Block",
    fields: &[
        Field { ops: &[Op::Shape(&[N])], ..field("g", &path(&[Piece::Text("g")]), array(1)) },
        Field { ops: &[Op::Shape(&[N])], ..field("b", &path(&[Piece::Text("b")]), array(1)) },
    ],
    ..Struct::EMPTY
};

/// A model with a list of `layers` elements, and the value of a symbol.
const fn counted(dims: &'static [Dim]) -> Struct {
    Struct { name: "Model", dims, fields: &[BLOCKS, WIDTH], ..Struct::EMPTY }
}

const BLOCKS: Field = Field {
    repeat: Some(Repeat { index: "i", start: 0, end: Some(Expression::Symbol("layers")) }),
    ..field(
        "blocks",
        &path(&[Piece::Text("h"), INDEX]),
        Node::List(&List { element: Node::Struct(&BLOCK), len: None, is_keyed: false }),
    )
};

const WIDTH: Field = Field { name: "n", node: Node::Dim("n"), ..Field::EMPTY };

const ANY: Struct = counted(&[LAYERS, Dim { name: "n", value: None, local: false }]);
const FOUR: Struct =
    counted(&[Dim { value: Some(4), ..LAYERS }, Dim { name: "n", value: None, local: false }]);

/// Four blocks.
const BLOCKS_OF_FOUR: &str = "
    h0/b f32 [3]
    h0/g f32 [3]
    h1/b f32 [3]
    h1/g f32 [3]
    h2/b f32 [3]
    h2/g f32 [3]
    h3/b f32 [3]
    h3/g f32 [3]";

fn without(lines: &str, part: &str) -> String {
    lines.lines().filter(|line| !line.contains(part)).collect::<Vec<_>>().join("\n")
}

fn says(model: &'static Struct, lines: &str, expected: Expect) {
    check_node(Node::Struct(model), lines, PlanOptions::default(), expected);
}

#[test]
fn a_hole_in_a_list_that_a_symbol_counts_is_a_hole() {
    says(
        &ANY,
        &without(BLOCKS_OF_FOUR, "h1"),
        expect![[r#"
        field `Model.blocks[1]`: its variables are missing, but `h2/b` of `Model.blocks[2]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
    "#]],
    );
}

#[test]
fn a_hole_is_one_also_where_variables_may_be_left() {
    const LAX: Struct = Struct { allow_unmapped: true, ..ANY };
    says(
        &LAX,
        &without(BLOCKS_OF_FOUR, "h1"),
        expect![[r#"
            field `Model.blocks[1]`: its variables are missing, but `h2/b` of `Model.blocks[2]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
        "#]],
    );
}

#[test]
fn wrong_names_after_thousands_of_compared_names_get_no_suggestion() {
    const WEIGHTS: Struct = Struct {
        name: "Model",
        fields: &[
            field("kernel", &path(&[Piece::Text("kernels/x")]), array(1)),
            field("bias", &path(&[Piece::Text("bias")]), array(1)),
        ],
        ignore: &[Ignore::Glob("other/*")],
        ..Struct::EMPTY
    };
    let letter = |number: usize| char::from(b"abcdefghijklmnopqrstuvwxyz"[number % 26]);
    let other = |number: usize| {
        let name: String = [number, number / 26, number / 676].map(letter).iter().collect();
        format!("other/{name} f32 [3]\n")
    };
    let lines = |others| (0..others).map(other).collect::<String>() + "bais f32 [3]";
    says(
        &WEIGHTS,
        &lines(100),
        expect![[r#"
        field `Model.kernel`: missing variable `kernels/x`; if it is optional, make the field an `Option`
        field `Model.bias`: missing variable `bias`; did you mean `bais`, f32 [3]?
    "#]],
    );
    says(
        &WEIGHTS,
        &lines(5_000),
        expect![[r#"
        field `Model.kernel`: missing variable `kernels/x`; if it is optional, make the field an `Option`
        field `Model.bias`: missing variable `bias`; if it is optional, make the field an `Option`
        unexpected variable `bais`, f32 [3]; add a field, or add it to `ignore`
    "#]],
    );
}

/// A list of these elements at `path<index>`.
const fn list(name: &'static str, path: &'static Path, own: Repeat, of: &'static List) -> Field {
    Field { repeat: Some(own), ..field(name, path, Node::List(of)) }
}

const INNER: Repeat = Repeat { index: "j", ..REPEAT };
const INNER_INDEX: Piece<'static> =
    Piece::Index(Placeholder { index: "j", factor: 1, offset: 0, form: Form::Plain });

const PLAIN: Struct = Struct {
    name: "Plain",
    fields: &[field("g", &path(&[Piece::Text("g")]), array(1))],
    ..Struct::EMPTY
};

const LAYER: Struct = Struct {
    name: "Layer",
    fields: &[
        PLAIN.fields[0],
        list(
            "biases",
            &path(&[Piece::Text("bias_"), INNER_INDEX]),
            INNER,
            &List { element: Node::Optional(&array(1)), len: None, is_keyed: false },
        ),
    ],
    ..Struct::EMPTY
};

/// Two lists, of which the second has elements with lists of their own.
const TWO_LISTS: Struct = Struct {
    name: "Model",
    fields: &[
        list(
            "plain",
            &path(&[Piece::Text("a"), INDEX]),
            REPEAT,
            &List { element: Node::Struct(&PLAIN), len: None, is_keyed: false },
        ),
        list(
            "layers",
            &path(&[Piece::Text("h"), INDEX]),
            REPEAT,
            &List { element: Node::Struct(&LAYER), len: None, is_keyed: false },
        ),
    ],
    ..Struct::EMPTY
};

#[test]
fn a_hole_in_an_inner_list_is_found_beside_other_lists() {
    const LAX: Struct = Struct { allow_unmapped: true, ..TWO_LISTS };
    for model in [&TWO_LISTS, &LAX] {
        says(
            model,
            "
            a0/g f32 [3]
            a1/g f32 [3]
            h0/bias_0 f32 [3]
            h0/bias_2 f32 [3]
            h0/g f32 [3]
            h1/bias_2 f32 [3]
            h1/g f32 [3]",
            expect![[r#"
                field `Model.layers[0].biases[1]`: its variables are missing, but `h0/bias_2` of `Model.layers[0].biases[2]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
                field `Model.layers[1].biases`: index 0 is missing, but `h1/bias_2` exists; if the list starts there, write `repeat(j = 2..)`
            "#]],
        );
    }
}

#[test]
fn an_element_that_bounds_ask_for_is_one_problem() {
    says(
        &FOUR,
        &without(BLOCKS_OF_FOUR, "h1"),
        expect![[r#"
        field `Model.blocks[1]`: its 2 variables are missing, such as `h1/g`; change the bounds of its list, or load another checkpoint
    "#]],
    );
}

#[test]
fn that_a_symbol_has_no_value_is_not_said_where_its_variables_are_missing_or_wrong() {
    says(
        &ANY,
        "step i64 []",
        expect![[r#"
        field `Model.blocks[0]`: its 2 variables are missing, such as `h0/g`; if it is optional, make the field an `Option`
        unexpected variable `step`, i64 []; add a field, or add it to `ignore`
    "#]],
    );
    says(
        &ANY,
        &BLOCKS_OF_FOUR.replace("/b f32 [3]", "/b f32 []").replace("/g f32 [3]", "/g f32 []"),
        expect![[r#"
            field `Model.blocks[0..4].g`: `h<0..4>/g` is f32 [] in the checkpoint, but [n] in the struct
            field `Model.blocks[0..4].b`: `h<0..4>/b` is f32 [] in the checkpoint, but [n] in the struct
        "#]],
    );
}

#[test]
fn a_struct_under_another_path_is_one_problem() {
    says(
        &ANY,
        &BLOCKS_OF_FOUR.replace("    h", "    g"),
        expect![[r#"
            8 variables are named `g`, but `h` in the struct; change the paths
        "#]],
    );
    says(
        &ANY,
        &(BLOCKS_OF_FOUR.replace("h2/b", "h2_b").replace("h2/g", "h2_g")),
        expect![[r#"
        field `Model.blocks[2]`: its variables are missing, but `h3/b` of `Model.blocks[3]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
        unexpected variable `h2_b`, f32 [3]; add a field, or add it to `ignore`
        unexpected variable `h2_g`, f32 [3]; add a field, or add it to `ignore`
    "#]],
    );
}

#[test]
fn a_slot_is_not_what_was_meant_by_its_variable() {
    check(
        &(without(GOOD, "h1/ln_1/g") + "\nmodel/h1/ln_1/g/Adam f32 [4]"),
        expect![[r#"
        field `Model.blocks[1].g`: missing variable `model/h1/ln_1/g`; if it is optional, make the field an `Option`
    "#]],
    );
}

#[test]
fn one_dtype_of_many_fields_is_one_problem() {
    const FIELDS: [Field; 3] = [
        field("a", &path(&[Piece::Text("a")]), array(1)),
        field("b", &path(&[Piece::Text("b")]), array(1)),
        field("c", &path(&[Piece::Text("c")]), array(1)),
    ];
    const THREE: Struct = Struct { name: "Model", fields: &FIELDS, ..Struct::EMPTY };
    says(
        &THREE,
        "a bf16 [1]\nb bf16 [2]\nc bf16 [3]",
        expect![[r#"
            3 variables are bf16, such as `a` of `Model.a`, but their fields are f32; write `cast = "lossless"` on the struct, or change the fields to bf16
        "#]],
    );
    says(
        &THREE,
        "a f64 [1]\nb f64 [2]\nc f64 [3]",
        expect![[r#"
            3 variables are f64, such as `a` of `Model.a`, but their fields are f32; write `cast = "any"` on the struct, or change the fields to f64
        "#]],
    );
    says(
        &THREE,
        "a string [1]\nb string [2]\nc string [3]",
        expect![[r#"
            3 variables are string, such as `a` of `Model.a`, but their fields are f32; change the fields to string
        "#]],
    );
    says(
        &THREE,
        "a bf16 [1]\nb bf16 [2]\nc f64 [3]",
        expect![[r#"
            field `Model.a`: `a` is bf16 [1], but the field is f32; change the field to bf16, or write `cast`
            field `Model.b`: `b` is bf16 [2], but the field is f32; change the field to bf16, or write `cast`
            field `Model.c`: `c` is f64 [3], but the field is f32; change the field to f64, or write `cast = "any"`
        "#]],
    );
}

#[test]
fn of_two_variables_that_disagree_both_are_named() {
    says(
        &ANY,
        "h0/b f32 [3]\nh0/g f32 [5]",
        expect![[r#"
            field `Model.blocks[0].b`: `h0/b` is f32 [3] in the checkpoint, but [5] in the struct, as [n]; `n` is 5 in `h0/g` of `Model.blocks[0].g`
        "#]],
    );
}

#[test]
fn a_shape_with_other_axes_is_said_once() {
    const ONE: Field = Field {
        ops: &[Op::Shape(&[AxisLength::Is(Expression::Number(1)), N])],
        ..field("w", &path(&[Piece::Text("w")]), array(2))
    };
    const WIDE: Struct = Struct { fields: &[ONE], ..ANY };
    says(
        &WIDE,
        "w f32 [3]",
        expect![[r#"
        field `Model.w`: `w` is f32 [3] in the checkpoint, but [1, n] in the struct; `expand` adds axes of length 1
    "#]],
    );
    says(
        &WIDE,
        "w f32 [1, 1, 3]",
        expect![[r#"
        field `Model.w`: `w` is f32 [1, 1, 3] in the checkpoint, but [1, n] in the struct; `squeeze` removes axes of length 1
    "#]],
    );
}
