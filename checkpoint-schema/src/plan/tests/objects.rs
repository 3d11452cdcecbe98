//! The tests of the planner with names from an object graph.

use expect_test::{Expect, expect};

use super::{INDEX, REPEAT, array, catalog, check_names, field, path};
use crate::format::tensorflow::object_graph::fixture::graph;
use crate::model::description::{Field, Ignore, List, Naming, Node, Path, Preset, Struct};
use crate::model::template::Piece;
use crate::naming::Names;
use crate::plan::{PlanOptions, plan};

const DENSE: Struct = Struct {
    name: "Dense",
    prefix: Path::EMPTY,
    naming: None,
    separator: None,
    cast: None,
    dims: &[],
    asserts: &[],
    fields: &[
        field("kernel", &path(&[Piece::Text("_kernel")]), array(2)),
        field("bias", &path(&[Piece::Text("bias")]), array(1)),
    ],
    ignore: &[],
    ..Struct::EMPTY
};

const MODEL: Struct = Struct {
    name: "Model",
    prefix: Path::EMPTY,
    naming: None,
    separator: None,
    cast: None,
    dims: &[],
    asserts: &[],
    fields: &[
        Field {
            repeat: Some(REPEAT),
            ..field(
                "layers",
                &path(&[Piece::Text("model/layers/"), INDEX]),
                Node::List(&List { element: Node::Struct(&DENSE), len: None, is_keyed: false }),
            )
        },
        field("step", &path(&[Piece::Text("step")]), array(0)),
    ],
    ignore: &[Ignore::Preset(Preset::Optimizer), Ignore::Preset(Preset::Bookkeeping)],
    ..Struct::EMPTY
};

/// The layout of Keras 3: the weights are stored under the optimizer.
const GRAPH: &str = "
    model/layers
    optimizer/_trainable_variables/0: sequential/dense/kernel
    optimizer/_trainable_variables/1: sequential/dense/bias
    optimizer/_trainable_variables/2: sequential/dense_1/kernel
    optimizer/_trainable_variables/3: sequential/dense_1/bias
    optimizer/_iterations: adam/iteration
    optimizer/_variables/1: adam/dense_kernel_momentum
    model/layers/0/_kernel -> optimizer/_trainable_variables/0
    model/layers/0/bias -> optimizer/_trainable_variables/1
    model/layers/1/_kernel -> optimizer/_trainable_variables/2
    model/layers/1/bias -> optimizer/_trainable_variables/3
    model/optimizer -> optimizer
    save_counter: save_counter
    step: Variable";

const STORED: &str = "
    optimizer/_trainable_variables/0 f32 [4, 3]
    optimizer/_trainable_variables/1 f32 [3]
    optimizer/_trainable_variables/2 f32 [3, 2]
    optimizer/_trainable_variables/3 f32 [2]
    optimizer/_iterations i64 []
    optimizer/_variables/1 f32 [4, 3]
    save_counter i64 []
    step f32 []";

/// The variables at these paths, and the object graph itself.
fn stored(lines: &str) -> String {
    let line = |line: &str| {
        let (path, spec) = line.trim().split_once(' ')?;
        Some(format!("{path}/.ATTRIBUTES/VARIABLE_VALUE {spec}\n"))
    };
    lines.lines().filter_map(line).collect::<String>() + "_CHECKPOINTABLE_OBJECT_GRAPH string []"
}

fn check(naming: Naming, model: Struct, lines: (&str, &str), expected: Expect) {
    let (graph, catalog) = (graph(lines.0), catalog(&stored(lines.1)));
    let names = Names::new(naming, &catalog, Some(&graph)).unwrap();
    check_names(Node::Struct(leak(model)), &names, PlanOptions::default(), expected);
}

/// A model with a one-dimensional variable at each of these paths.
fn flat(fields: &[(&'static str, &'static str)]) -> Struct {
    let field = |&(name, at): &(&'static str, &'static str)| {
        let path = Path {
            absolute: at.starts_with('/'),
            pieces: leak([Piece::Text(at.trim_start_matches('/'))]),
        };
        field(name, leak(path), array(1))
    };
    let fields = Box::leak(fields.iter().map(field).collect::<Box<_>>());
    Struct { fields, ignore: &[], ..MODEL }
}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

#[test]
fn a_variable_is_taken_by_any_path_that_leads_to_it() {
    check(
        Naming::ObjectPath,
        MODEL,
        (GRAPH, STORED),
        expect![[r#"
        Model.layers[0].kernel = model/layers/0/_kernel, f32 [4, 3] -> [4, 3], 1 times
        Model.layers[0].bias = model/layers/0/bias, f32 [3] -> [3], 1 times
        Model.layers[1].kernel = model/layers/1/_kernel, f32 [3, 2] -> [3, 2], 1 times
        Model.layers[1].bias = model/layers/1/bias, f32 [2] -> [2], 1 times
        Model.step = step, f32 [] -> [], 1 times
        ignored by bookkeeping: 2
        ignored by optimizer: 2
    "#]],
    );
    check(
        Naming::ObjectPath,
        flat(&[("a", "b/y/y/x"), ("x", "x")]),
        ("a: a\nb/x -> a\nb/y -> b\nx: x", "a f32 [1]\nx f32 [1]"),
        expect![[r#"
            Model.a = b/y/y/x, f32 [1] -> [1], 1 times
            Model.x = x, f32 [1] -> [1], 1 times
        "#]],
    );
}

#[test]
fn a_wrong_path_is_told_the_nearest_that_leads_to_a_variable() {
    let graph = GRAPH.replace("/_kernel", "/kernel").replace("step:", "stop:");
    check(
        Naming::ObjectPath,
        MODEL,
        (&graph, &STORED.replace("step", "stop")),
        expect![[r#"
        field `Model.layers[0..2].kernel`: missing variable `model/layers/<0..2>/_kernel`; did you mean `model/layers/<0..2>/kernel`, f32 [3, 2]?
        field `Model.step`: missing variable `step`; did you mean `stop`, f32 []?
    "#]],
    );
}

#[test]
fn what_no_field_takes_is_called_by_the_path_nearest_to_what_is_loaded() {
    const KERNELS: Struct = Struct { fields: &[DENSE.fields[0]], ..DENSE };
    const ONLY: Struct = Struct {
        fields: &[
            Field {
                node: Node::List(&List {
                    element: Node::Struct(&KERNELS),
                    len: None,
                    is_keyed: false,
                }),
                ..MODEL.fields[0]
            },
            MODEL.fields[1],
        ],
        ignore: &[Ignore::Glob("save_counter")],
        ..MODEL
    };
    check(
        Naming::ObjectPath,
        ONLY,
        (GRAPH, STORED),
        expect![[r#"
            2 of the 4 unexpected variables are slots of an optimizer, such as `optimizer/_iterations`; write `ignore(optimizer)`
            unexpected variable `model/layers/0/bias`, f32 [3]; add a field, or add it to `ignore`
            unexpected variable `model/layers/1/bias`, f32 [2]; add a field, or add it to `ignore`
        "#]],
    );
}

#[test]
fn a_preset_does_not_take_the_weights_of_keras_for_those_of_the_optimizer() {
    const NONE: Struct = Struct { fields: &[MODEL.fields[1]], ..MODEL };
    check(
        Naming::ObjectPath,
        NONE,
        (GRAPH, STORED),
        expect![[r#"
        unexpected variable `optimizer/_trainable_variables/0`, f32 [4, 3]; add a field, or add it to `ignore`
        unexpected variable `optimizer/_trainable_variables/1`, f32 [3]; add a field, or add it to `ignore`
        unexpected variable `optimizer/_trainable_variables/2`, f32 [3, 2]; add a field, or add it to `ignore`
        unexpected variable `optimizer/_trainable_variables/3`, f32 [2]; add a field, or add it to `ignore`
    "#]],
    );
}

#[test]
fn a_hole_is_found_in_any_of_the_names() {
    let graph = GRAPH.replace("model/layers/1/", "model/layers/2/");
    check(
        Naming::ObjectPath,
        MODEL,
        (&graph, STORED),
        expect![[r#"
        field `Model.layers[1]`: its variables are missing, but `model/layers/2/_kernel` of `Model.layers[2]` exists; the indices of a list must be contiguous, or listed, as in `repeat(i in [0, 2])`
    "#]],
    );
}

#[test]
fn a_path_may_end_in_the_attribute_of_the_object() {
    let model = flat(&[("w", "b/c/.ATTRIBUTES/VARIABLE_VALUE")]);
    check(
        Naming::ObjectPath,
        model,
        ("b/c: c", "b/c f32 [1]"),
        expect![[r#"
        Model.w = b/c/.ATTRIBUTES/VARIABLE_VALUE, f32 [1] -> [1], 1 times
    "#]],
    );
}

#[test]
fn a_shared_variable_is_loaded_once() {
    let graph = "a: a\nb/c -> a";
    let model = flat(&[("first", "a"), ("second", "b/c")]);
    check(
        Naming::ObjectPath,
        model,
        (graph, "a f32 [1]"),
        expect![[r#"
        field `Model.second`: `b/c` is another name of `a`, which is already loaded by `Model.first`; only one field can take a variable
    "#]],
    );
}

#[test]
fn full_names_are_those_of_tf1() {
    let graph = "a: dense/kernel\nb: dense/bias\nc:\nopt\nslot opt a m: dense/kernel/Momentum";
    let lines = "a f32 [1]\nb f32 [1]\nc f32 [1]\na/.OPTIMIZER_SLOT/opt/m f32 [1]";
    let model = flat(&[("kernel", "dense/kernel"), ("bias", "dense/bias")]);
    check(
        Naming::FullName,
        model,
        (graph, lines),
        expect![[r#"
            unexpected variable `dense/kernel/Momentum`, f32 [1]; add a field, or write `ignore(optimizer)`
            unexpected variable `c/.ATTRIBUTES/VARIABLE_VALUE`, f32 [1]; add a field, or add it to `ignore`
        "#]],
    );
    let model = flat(&[
        ("kernel", "dense/kernel"),
        ("bias", "dense/bais"),
        ("c", "/c/.ATTRIBUTES/VARIABLE_VALUE"),
    ]);
    let ignore = &[Ignore::Glob("**/Momentum")];
    check(
        Naming::FullName,
        Struct { ignore, ..model },
        (graph, lines),
        expect![[r#"
        field `Model.bias`: missing variable `dense/bais`; did you mean `dense/bias`, f32 [1]?
    "#]],
    );
}

#[test]
fn a_full_name_of_several_variables_is_refused_with_all_of_them() {
    let graph = "a/v: Variable\nb/v: Variable\nc/v: Variable\nd: other";
    let lines = "a/v f32 [1]\nb/v f32 [1]\nc/v f32 [1]\nd f32 [1]";
    let model = flat(&[("v", "Variable"), ("d", "other")]);
    check(
        Naming::FullName,
        model,
        (graph, lines),
        expect![[r#"
        field `Model.v`: `Variable` is the full name of 3 variables: `a/v`, `b/v` and `c/v`; write the key of one as an absolute path: `/a/v/.ATTRIBUTES/VARIABLE_VALUE`
    "#]],
    );
    let model = flat(&[("v", "/b/v/.ATTRIBUTES/VARIABLE_VALUE"), ("d", "other")]);
    check(
        Naming::FullName,
        model,
        (graph, lines),
        expect![[r#"
        unexpected variable `a/v/.ATTRIBUTES/VARIABLE_VALUE`, f32 [1]; add a field, or add it to `ignore`
        unexpected variable `c/v/.ATTRIBUTES/VARIABLE_VALUE`, f32 [1]; add a field, or add it to `ignore`
    "#]],
    );
    let many = |spec: &str| (0..9).map(|n| format!("m/{n}{spec}")).collect::<Vec<_>>().join("\n");
    let model = flat(&[("v", "Variable")]);
    check(
        Naming::FullName,
        model,
        (&many(": Variable"), &many(" f32 [1]")),
        expect![[r#"
        field `Model.v`: `Variable` is the full name of 9 variables: `m/0`, `m/1`, `m/2`, `m/3` and 5 more; write the key of one as an absolute path: `/m/0/.ATTRIBUTES/VARIABLE_VALUE`
    "#]],
    );
}

#[test]
fn a_struct_that_asks_for_keys_is_told_of_the_objects() {
    let model = flat(&[("a", "a"), ("b", "b")]);
    check(
        Naming::Key,
        model,
        ("a: a\nc: c", "a f32 [1]\nc f32 [1]"),
        expect![[r#"
            the keys of this checkpoint are paths of objects; write `naming = "object_path"` on the struct to use them
            field `Model.b`: missing variable `b`; if it is optional, make the field an `Option`
            unexpected variable `_CHECKPOINTABLE_OBJECT_GRAPH`, string []; add a field, or write `ignore(bookkeeping)`
            unexpected variable `c/.ATTRIBUTES/VARIABLE_VALUE`, f32 [1]; add a field, or add it to `ignore`
        "#]],
    );
}

#[test]
fn what_is_let_pass_has_the_names_of_the_struct() {
    const LAYERS: Struct = Struct { fields: &[MODEL.fields[0]], ignore: &[], ..MODEL };
    let (graph, catalog) = (graph(GRAPH), catalog(&stored(STORED)));
    let names = Names::new(Naming::ObjectPath, &catalog, Some(&graph)).unwrap();
    let options = PlanOptions { allow_unmapped: true, ..PlanOptions::default() };
    let plan = plan(leak(Node::Struct(&LAYERS)), &names, options).unwrap();
    let passed: Vec<String> =
        plan.named(&plan.unmapped).iter().map(|variable| variable.name.to_string()).collect();
    expect![[r#"
        _CHECKPOINTABLE_OBJECT_GRAPH
        optimizer/_iterations
        optimizer/_variables/1
        save_counter
        step"#]]
    .assert_eq(&passed.join("\n"));
}
