use expect_test::expect;

use super::*;
use crate::format::tensorflow::object_graph::fixture::{attribute, child, graph, message, value};
use crate::format::{Budget, Limits};
use crate::listing::catalog::{Place, Variable};
use crate::listing::dtype::DType;
use crate::listing::shape::Shape;

fn catalog<'k>(keys: impl IntoIterator<Item = &'k str>) -> Catalog {
    let variable = |key| Variable {
        name: Name::from(key),
        dtype: DType::Float32,
        shape: Shape::default(),
        place: Place::Slices(Box::default()),
    };
    Catalog::new(keys.into_iter().map(variable).collect(), 1)
}

/// The listed names of each variable, in the order of the keys. Asserts that each can be found.
fn listed(naming: Naming, lines: &str, stored: &[&str]) -> Vec<String> {
    let (graph, catalog) = (graph(lines), catalog(stored.iter().copied()));
    let names = Names::new(naming, &catalog, Some(&graph)).unwrap();
    let of = |number| {
        let of: Vec<String> = names.of(number).iter().map(Name::to_string).collect();
        assert!(of.iter().all(|name| names.find(name) == Matches::One(number)), "{of:?}");
        of.join(", ")
    };
    (0..stored.len()).map(of).collect()
}

const ITER: &str = "optimizer/iter/.ATTRIBUTES/VARIABLE_VALUE";
const KERNEL: &str = "optimizer/weights/0/.ATTRIBUTES/VARIABLE_VALUE";

/// The layout of Keras 3: the weights are stored under the optimizer, and the model is part of a cycle.
const KERAS: &str = "
    optimizer/weights/0: sequential/dense/kernel
    optimizer/iter: adam/iteration
    model/layers/0/kernel -> optimizer/weights/0
    model/dense -> model/layers/0
    model/optimizer -> optimizer
    model/dense/model -> model";

#[test]
fn a_variable_is_listed_by_the_ways_to_it_first_by_its_own() {
    assert_eq!(
        listed(Naming::ObjectPath, KERAS, &[ITER, KERNEL]),
        [
            "optimizer/iter, model/optimizer/iter",
            "optimizer/weights/0, model/dense/kernel, model/layers/0/kernel, model/optimizer/weights/0"
        ]
    );
}

#[test]
fn a_way_that_is_not_listed_is_found_all_the_same() {
    let (graph, catalog) = (graph(KERAS), catalog([ITER, KERNEL]));
    let names = Names::new(Naming::ObjectPath, &catalog, Some(&graph)).unwrap();
    let round = "model/dense/model/layers/0/model/dense/kernel";
    assert_eq!(names.find(round), Matches::One(1));
    assert_eq!(names.find(KERNEL), Matches::One(1));
    assert_eq!(names.find("model/dense"), Matches::Nothing);
    assert_eq!(names.find("sequential/dense/kernel"), Matches::Nothing);
}

#[test]
fn ways_whose_number_grows_as_a_power_are_followed_only_so_far() {
    let steps = (0..200).map(|step| format!("s{step}/a -> s{0}\ns{step}/b -> s{0}\n", step + 1));
    let lines: String = steps.chain(["s200/w: w".to_owned()]).collect();
    let (graph, catalog) = (graph(&lines), catalog(["s200/w/.ATTRIBUTES/VARIABLE_VALUE"]));
    let names = Names::new(Naming::ObjectPath, &catalog, Some(&graph)).unwrap();
    let shown: Vec<String> = names.of(0).iter().map(Name::to_string).collect();
    assert_eq!(shown.len(), 16);
    assert_eq!(shown[..4], ["s200/w", "s199/a/w", "s199/b/w", "s198/a/a/w"]);
    let longest = format!("s0/{}/w", ["a"; 200].join("/"));
    assert_eq!(names.find(&longest), Matches::One(0));
}

#[test]
fn a_way_whose_path_is_that_of_something_else_is_not_listed() {
    let root = [child("", 1), child("a", 1)].concat();
    let bytes = message(&[root, [value("w"), child("", 1)].concat()]);
    let (graph, catalog) = (
        ObjectGraph::from_bytes(&bytes, &Budget::new(&Limits::default(), 0)).unwrap(),
        catalog(["w"]),
    );
    let names = Names::new(Naming::ObjectPath, &catalog, Some(&graph)).unwrap();
    assert_eq!(names.of(0), [Name::from("a")]);
    assert_eq!(names.find("a"), Matches::One(0));
    assert_eq!(names.find("a/"), Matches::One(0));
    assert_eq!(names.find(""), Matches::Nothing);
}

#[test]
fn of_very_many_full_names_the_first_are_listed_and_all_found() {
    let count = 1000;
    let root = (0..count).flat_map(|number| child(&number.to_string(), number + 1)).collect();
    let variable = |number: u64| attribute(VALUE, &format!("n{number:03}"), "w");
    let objects: Vec<_> = std::iter::once(root).chain((0..count).map(variable)).collect();
    let graph =
        ObjectGraph::from_bytes(&message(&objects), &Budget::new(&Limits::default(), 0)).unwrap();
    let catalog = catalog(["w"]);
    let names = Names::new(Naming::FullName, &catalog, Some(&graph)).unwrap();
    assert_eq!(names.of(0).len(), 16);
    assert!((0..count).all(|number| names.find(&format!("n{number:03}")) == Matches::One(0)));
}

#[test]
fn what_an_optimizer_keeps_is_called_as_its_key_says() {
    let key = "v/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE";
    let lines = "v: v\nslot optimizer v m: v/Momentum";
    assert_eq!(listed(Naming::ObjectPath, lines, &[key]), ["v/.OPTIMIZER_SLOT/optimizer/m"]);
    assert_eq!(listed(Naming::FullName, lines, &[key]), ["v/Momentum"]);
}

#[test]
fn what_the_graph_does_not_name_keeps_its_key() {
    let keys = ["_CHECKPOINTABLE_OBJECT_GRAPH", "it/.ATTRIBUTES/ITERATOR_STATE", ITER];
    for by in [Naming::ObjectPath, Naming::FullName] {
        assert_eq!(listed(by, "it", &keys), keys);
    }
    assert_eq!(listed(Naming::FullName, "optimizer/iter:", &[ITER]), [ITER]);
}

#[test]
fn a_full_name_of_several_variables_is_that_of_none() {
    let lines = "a: Variable\nb: Variable\nc: other";
    let keys = ["a", "b", "c"].map(|path| format!("{path}/.ATTRIBUTES/VARIABLE_VALUE"));
    let keys = keys.each_ref().map(String::as_str);
    assert_eq!(listed(Naming::FullName, lines, &keys), [keys[0], keys[1], "other"]);
    let (graph, catalog) = (graph(lines), catalog(keys));
    let names = Names::new(Naming::FullName, &catalog, Some(&graph)).unwrap();
    assert_eq!(names.find("Variable"), Matches::Several(vec![0, 1]));
    assert_eq!(names.find(keys[2]), Matches::Nothing);
}

#[test]
fn keys_are_names_without_a_graph() {
    let catalog = catalog([ITER, KERNEL]);
    let names = Names::new(Naming::Key, &catalog, None).unwrap();
    assert_eq!(names.find(ITER), Matches::One(0));
    assert_eq!(names.find("optimizer/iter"), Matches::Nothing);
    assert_eq!(names.of(0), [Name::from(ITER)]);
    let problem = Names::new(Naming::ObjectPath, &catalog, None).unwrap_err().remove(0);
    expect![[r#"
        the checkpoint has no object graph for `naming = "object_path"`; remove `naming`
    "#]]
    .assert_eq(&format!("{problem}\n"));
}
