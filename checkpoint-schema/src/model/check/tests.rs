use super::*;
use crate::listing::dtype::DType;
use crate::model::description::{Borrow, Dim, List, Renamed, Repeat, Squeeze, Tensor};
use crate::model::expression::{Assertion, AxisLength, Expression, Relation};
use crate::model::template::{Form, Placeholder};

const ARRAY: Node = Node::Tensor(Tensor {
    dtype: Some(DType::Float32),
    rank: Some(2),
    or_string: false,
    borrow: Borrow::Never,
});
const SCALAR: Node = Node::Tensor(Tensor {
    dtype: Some(DType::Float32),
    rank: Some(0),
    or_string: false,
    borrow: Borrow::Never,
});
const INDEX: Piece<'static> =
    Piece::Index(Placeholder { index: "i", factor: 1, offset: 0, form: Form::Plain });
const PLAIN: Path = Path { absolute: false, pieces: &[Piece::Text("w")] };
const INDEXED: Path = Path { absolute: false, pieces: &[Piece::Text("h"), INDEX] };
const REPEAT: Option<Repeat> = Some(Repeat { index: "i", start: 0, end: None });
const FIELD: Field = Field { name: "w", paths: &[PLAIN], node: ARRAY, ..Field::EMPTY };
const STRUCT: Struct = Struct {
    name: "Model",
    prefix: Path::EMPTY,
    naming: None,
    separator: None,
    cast: None,
    dims: &[],
    asserts: &[],
    fields: &[FIELD],
    ignore: &[],
    ..Struct::EMPTY
};

fn of(field: Field) -> Node {
    Node::Struct(leak(Struct { fields: std::slice::from_ref(leak(field)), ..STRUCT }))
}

fn list(element: Node, len: Option<usize>) -> Node {
    Node::List(leak(List { element, len, is_keyed: false }))
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

fn item(node: &Node) {
    field(node, 0);
}

fn refused(check: fn(&Node), node: Node, expected: &str) {
    let panic = std::panic::catch_unwind(|| check(&node)).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some(expected));
}

#[test]
fn a_description_that_makes_sense_passes() {
    root(&of(FIELD));
    item(&of(Field { absent: Absent::Zero, node: SCALAR, ..FIELD }));
    item(&of(Field { absent: Absent::Function, ..FIELD }));
    root(&of(Field { repeat: REPEAT, paths: &[INDEXED], node: list(of(FIELD), Some(3)), ..FIELD }));
    let flat = of(Field { paths: &[INDEXED], ..FIELD });
    item(&flat);
    root(&of(Field { repeat: REPEAT, paths: &[Path::EMPTY], node: list(flat, None), ..FIELD }));
}

#[test]
fn an_index_that_nothing_binds_stops_the_root() {
    let sentence =
        "field `Model.w`: unbound index `<i>`; write `repeat(i)` on the field that repeats";
    refused(root, of(Field { paths: &[INDEXED], ..FIELD }), sentence);
}

#[test]
fn an_index_that_a_path_does_not_use_is_refused() {
    let list = list(of(FIELD), None);
    refused(
        item,
        of(Field { name: "blocks", repeat: REPEAT, node: list, ..FIELD }),
        "field `Model.blocks[].w`: its path does not contain `<i>`, so all items would load the same variable; add `<i>` to the path",
    );
    let absolute = of(Field { paths: &[Path { absolute: true, ..PLAIN }], ..FIELD });
    refused(
        item,
        of(Field { repeat: REPEAT, paths: &[INDEXED], node: self::list(absolute, None), ..FIELD }),
        "field `Model.w[].w`: its path does not contain `<i>`, so all items would load the same variable; add `<i>` to the path",
    );
}

#[test]
fn an_index_is_bound_once() {
    let inner = of(Field { repeat: REPEAT, paths: &[INDEXED], node: list(ARRAY, None), ..FIELD });
    refused(
        item,
        of(Field { repeat: REPEAT, paths: &[INDEXED], node: list(inner, None), ..FIELD }),
        "field `Model.w[].w[]`: the index `i` is already used by an outer field; rename this one",
    );
}

#[test]
fn a_number_in_a_name_is_not_negative() {
    const SHIFTED: Piece<'static> =
        Piece::Index(Placeholder { index: "i", factor: 2, offset: -3, form: Form::Padded(3) });
    const PATH: Path = Path { absolute: false, pieces: &[Piece::Text("h"), SHIFTED] };
    refused(
        item,
        of(Field { repeat: REPEAT, paths: &[PATH], node: list(ARRAY, None), ..FIELD }),
        "field `Model.w[]`: `<2*i-3:03>` is negative where `i` is 0; start at 2, as in `i = 2..`",
    );
}

#[test]
fn bounds_agree_with_the_length_of_an_array() {
    let repeat = Some(Repeat { index: "i", start: 2, end: Some(Expression::Number(14)) });
    refused(
        item,
        of(Field { repeat, paths: &[INDEXED], node: list(ARRAY, Some(10)), ..FIELD }),
        "field `Model.w[]`: `repeat` has 12 items, but the array has 10; change the length of one of them",
    );
}

/// A struct with `naming` around another one, with a third one between.
fn nested(outer: Option<Naming>, inner: Option<Naming>) -> Node {
    let inner = Struct { name: "Inner", naming: inner, ..STRUCT };
    let inner = Node::Struct(leak(Struct { fields: leak([FIELD]), ..inner }));
    let between = of(Field { name: "inner", node: inner, ..FIELD });
    let fields = leak([Field { name: "between", node: between, ..FIELD }]);
    Node::Struct(leak(Struct { name: "Outer", naming: outer, fields, ..STRUCT }))
}

#[test]
fn all_structs_call_variables_by_names_of_one_kind() {
    for naming in [None, Some(Naming::Key), Some(Naming::ObjectPath)] {
        root(&nested(naming, None));
        root(&nested(naming, naming));
        item(&nested(None, naming));
    }
    root(&nested(None, Some(Naming::Key)));
    let other = "field `Outer.between.inner`: `Inner` has `naming = \"full_name\"`, but `Outer` around it has \
                 `naming = \"object_path\"`; all names of a model are of one kind, so remove one of the two";
    refused(item, nested(Some(Naming::ObjectPath), Some(Naming::FullName)), other);
    let none = "field `Outer.between.inner`: `Inner` has `naming = \"object_path\"`, but `Outer` around it has none; write it \
                there";
    refused(root, nested(None, Some(Naming::ObjectPath)), none);
}

#[test]
fn a_default_needs_a_meaning() {
    refused(
        item,
        of(Field { absent: Absent::Zero, ..FIELD }),
        "field `Model.w`: `default` cannot know the shape of its zeros; \
         write `shape = [...]` too, or `default = \"a function\"` that makes the value",
    );
    refused(
        item,
        of(Field { absent: Absent::Function, node: Node::Optional(leak(ARRAY)), ..FIELD }),
        "field `Model.w`: an `Option` is `None` when absent; remove `default`",
    );
    let view =
        Node::Tensor(Tensor { dtype: None, rank: Some(1), or_string: false, borrow: Borrow::Must });
    refused(
        item,
        of(Field { absent: Absent::Zero, node: view, ..FIELD }),
        "field `Model.w`: the zeros of `default` cannot be borrowed; let the field be a `CowArray`",
    );
}

#[test]
fn a_variable_goes_to_one_field() {
    let list = Field { name: "list", repeat: REPEAT, node: list(SCALAR, None), ..FIELD };
    let part = Field { name: "part", node: of(FIELD), ..FIELD };
    let fields = leak([FIELD, list, part]);
    let node = |shared| Node::Struct(leak(Struct { fields, shared, ..STRUCT }));
    field(&node(&[[0, 2]]), 2);
    refused(
        |node| field(node, 1),
        node(&[[0, 1]]),
        "field `Model.list[]`: it takes the same variable as `w`; give one of them another path",
    );
}

#[test]
fn a_sentence_that_is_too_long_is_cut() {
    let name = leak("ü".repeat(600));
    let panic =
        std::panic::catch_unwind(|| item(&of(Field { name, absent: Absent::Zero, ..FIELD })))
            .unwrap_err();
    let sentence = panic.downcast_ref::<String>().unwrap();
    assert!(sentence.starts_with("field `Model.ü") && sentence.len() <= 1024, "{sentence}");
}

const N: Expression = Expression::Symbol("n");
const TWO_AXES: Op = Op::Shape(&[AxisLength::Is(N), AxisLength::Any]);

fn with(ops: &'static [Op], node: Node) -> Node {
    of(Field { ops, node, ..FIELD })
}

#[test]
fn steps_that_give_the_rank_of_the_field_pass() {
    let three = Node::Tensor(Tensor {
        dtype: None,
        rank: Some(3),
        or_string: false,
        borrow: Borrow::Never,
    });
    item(&with(&[TWO_AXES, Op::Transpose], ARRAY));
    item(&with(&[TWO_AXES, Op::Expand(&[0]), Op::Permute(&[2, 0, 1])], three));
    item(&with(
        &[TWO_AXES, Op::Reshape(&[AxisLength::Any; 3]), Op::Squeeze(Squeeze::Axes(&[2]))],
        ARRAY,
    ));
    let ops = leak([Op::Stack { axis: 2, repeat: REPEAT.unwrap() }]);
    item(&of(Field { ops, paths: &[INDEXED], node: three, ..FIELD }));
    refused(
        item,
        with(ops, three),
        "field `Model.w`: its path does not contain `<i>`, so the same variable would be joined to itself; add `<i>` to the path",
    );
    let parts = Node::Split(leak([ARRAY; 2]));
    item(&with(&[Op::Split { axis: 1, sizes: None }, TWO_AXES], parts));
}

#[test]
fn steps_that_give_another_rank_are_refused() {
    let cases: [(&'static [Op], &str); 6] = [
        (
            &[TWO_AXES, Op::Expand(&[0])],
            "`shape` lists 2 axes, but the array has rank 1 at this step; change the list, or the type of the field",
        ),
        (
            &[Op::Permute(&[0])],
            "`permute` lists 1 axis, but the array has rank 2 at this step; change the list, or the type of the field",
        ),
        (
            &[Op::Reshape(&[AxisLength::Any; 3])],
            "`reshape` lists 3 axes, but the array has rank 2 at this step; change the list, or the type of the field",
        ),
        (
            &[Op::Squeeze(Squeeze::Axes(&[3]))],
            "`squeeze` refers to axis 3, but the array has rank 3; axes are numbered from 0",
        ),
        (
            &[Op::Chunk { axis: 2, index: 0, of: 2 }],
            "`chunk` refers to axis 2, but the array has rank 2; axes are numbered from 0",
        ),
        (
            &[Op::Split { axis: 0, sizes: None }],
            "`split` makes several arrays, but the field holds one; make it an array `[T; N]` or a tuple",
        ),
    ];
    for (ops, expected) in cases {
        refused(item, with(ops, ARRAY), &format!("field `Model.w`: {expected}"));
    }
    refused(
        item,
        with(&[Op::Transpose], of(FIELD)),
        "field `Model.w`: `transpose` applies to variables, but the field has none of its own; write it on the nested fields",
    );
}

#[test]
fn parts_are_arrays_and_as_many_as_are_written() {
    let two = Node::Split(leak([ARRAY; 2]));
    refused(
        item,
        with(&[], two),
        "field `Model.w`: its 2 values have no source; write `split(axis = 0)` for parts of \
         one variable, or `repeat(i)` for several variables",
    );
    refused(
        item,
        with(&[Op::Split { axis: 0, sizes: Some(&[N]) }], two),
        "field `Model.w`: `sizes` lists 1 lengths, but the field has 2 parts; list one length for each part",
    );
    refused(
        item,
        with(&[Op::Split { axis: 0, sizes: None }], Node::Split(leak([ARRAY, of(FIELD)]))),
        "field `Model.w`: the parts that `split` makes are arrays, and part 1 holds something else; write arrays",
    );
}

#[test]
fn a_symbol_is_declared_in_the_struct_or_around_it() {
    let declared = leak([Dim { name: "n", value: None, local: false }]);
    let inner = with(&[TWO_AXES], ARRAY);
    let unknown = "undeclared symbol `n`; write `dims(n)` on the struct, or on one around it";
    refused(root, inner, &format!("field `Model.w`: {unknown}"));
    let end = Some(Expression::Symbol("n"));
    let repeat = Repeat { index: "i", start: 0, end };
    for op in [Op::Stack { axis: 0, repeat }, Op::Concat { axis: 0, repeat: Some(repeat) }] {
        refused(root, with(leak([op]), ARRAY), &format!("field `Model.w`: {unknown}"));
    }
    item(&inner);
    let around =
        |dims, field: Field| Node::Struct(leak(Struct { dims, fields: leak([field]), ..STRUCT }));
    root(&around(declared, Field { node: inner, ..FIELD }));
    let renamed = leak([Renamed { name: "n", is: Expression::Symbol("d") }]);
    let d = leak([Dim { name: "d", value: None, local: false }]);
    root(&around(d, Field { dims: renamed, node: inner, ..FIELD }));
    refused(
        root,
        around(&[], Field { dims: renamed, node: inner, ..FIELD }),
        "field `Model.w`: undeclared symbol `d`; write `dims(d)` on the struct, or on one around it",
    );
    let local = leak([Dim { name: "n", value: None, local: true }]);
    let own =
        Node::Struct(leak(Struct { name: "Own", dims: local, fields: leak([FIELD]), ..STRUCT }));
    refused(
        root,
        around(d, Field { dims: renamed, node: own, ..FIELD }),
        "field `Model.w`: `dims` says what `n` is, but `Own` declares it as `local`; write `dims(n)` there, and each field gives it a value",
    );
    let asserts = leak([Assertion { left: N, relation: Relation::Equal, right: N }]);
    let asserting = Struct { asserts, fields: leak([FIELD]), ..STRUCT };
    refused(root, Node::Struct(leak(asserting)), &format!("field `Model.w`: {unknown}"));
}

/// An invalid field in three nested structs, each with its own constants or without.
fn in_three(inner: Checks, between: Checks, outer: Checks) -> Node {
    let within = |name, checks, field: Field| {
        Node::Struct(leak(Struct { name, checks, fields: leak([field]), ..STRUCT }))
    };
    let inner = within("Inner", inner, Field { absent: Absent::Zero, ..FIELD });
    let between = within("Between", between, Field { name: "inner", node: inner, ..FIELD });
    within("Outer", outer, Field { name: "between", node: between, ..FIELD })
}

#[test]
fn a_mistake_is_reported_by_one_constant() {
    use Checks::{Outer, Own};
    let sentence = |start| {
        format!(
            "field `{start}`: `default` cannot know the shape of its zeros; write `shape = [...]` too, or \
             `default = \"a function\"` that makes the value"
        )
    };
    let whole = sentence("Outer.between.inner.w");
    for checks in [Own, Outer] {
        refused(root, in_three(checks, checks, checks), &whole);
        refused(item, in_three(Outer, Outer, checks), &whole);
        item(&in_three(Outer, Own, checks));
        item(&in_three(Own, Outer, checks));
    }
    for whose in [[Own, Outer, Outer], [Outer, Own, Outer], [Outer, Outer, Own]] {
        let [inner, between, outer] = whose;
        assert!(!makes_sense(&in_three(inner, between, outer)));
    }
    let sense = |node: &Node| assert!(!makes_sense(node));
    refused(sense, in_three(Outer, Outer, Outer), &whole);
}

#[test]
fn a_mistake_between_two_structs_is_reported_by_the_outer_one() {
    let of = |checks, field: Field| {
        Node::Struct(leak(Struct { checks, fields: leak([field]), ..STRUCT }))
    };
    let inner = of(Checks::Own, FIELD);
    let list = of(Checks::Own, Field { repeat: REPEAT, node: list(inner, None), ..FIELD });
    let sentence = "field `Model.w[].w`: its path does not contain `<i>`, so all items would load the same variable; add `<i>` to the path";
    refused(item, list, sentence);
    item(&of(Checks::Own, Field { node: list, ..FIELD }));
    assert!(!makes_sense(&list));
}

#[test]
fn a_struct_that_is_refused_has_no_other_mistakes() {
    let empty = Struct { checks: Checks::Refused, fields: &[], ..STRUCT };
    let around = of(Field { node: Node::Struct(leak(empty)), ..FIELD });
    item(&around);
    assert!(!makes_sense(&around));
    assert!(makes_sense(&of(FIELD)));
}
