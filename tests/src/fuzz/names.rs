//! The names of variables in an object graph. Each listed name leads to its variable.

use std::collections::HashMap;

use checkpoint_core::FromCheckpoint;
use checkpoint_schema::format::Budget;
use checkpoint_schema::format::tensorflow::object_graph::{KEY, Object, ObjectGraph, VALUE};
use checkpoint_schema::listing::catalog::{Catalog, Name, Place, Variable};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, plan};
use ndarray::ArrayD;

use super::{check_message, small_limits};

/// The maximum number of names per variable, besides the one in its key.
const MOST: usize = 16;

/// A struct that finds few variables in any graph, so that its errors are long.
#[derive(FromCheckpoint)]
#[ckpt(naming = "object_path")]
#[expect(dead_code, reason = "it is planned, and never loaded")]
struct Objects {
    #[ckpt(path = "model/dense/kernel")]
    kernel: ArrayD<f32>,
    #[ckpt(path = "layers/<i>", repeat)]
    layers: Vec<ArrayD<f32>>,
    #[ckpt(path = "a")]
    optional: Option<ArrayD<f32>>,
}

/// The same with full names.
#[derive(FromCheckpoint)]
#[ckpt(naming = "full_name")]
#[expect(dead_code, reason = "it is planned, and never loaded")]
struct FullNames {
    #[ckpt(path = "dense/kernel")]
    kernel: ArrayD<f32>,
    #[ckpt(path = "a")]
    optional: Option<ArrayD<f32>>,
}

/// Reads an object graph. The checkpoint has the variables of every other object.
pub(super) fn names(bytes: &[u8]) {
    if let Ok(graph) =
        ObjectGraph::from_bytes(bytes, &Budget::new(&small_limits(), bytes.len() as u64))
    {
        let attributes = graph.objects().step_by(2).flat_map(Object::attributes);
        let keys = attributes.map(|attribute| attribute.key.clone());
        let variable = |name| Variable {
            name,
            dtype: DType::Float32,
            shape: Shape::default(),
            place: Place::Opaque,
        };
        let variables = keys.chain([Name::from(KEY)]).map(variable).collect();
        check(&graph, &Catalog::new(variables, 1));
    }
}

/// Checks that the names of the variables are consistent, and plans loads by them.
///
/// # Panics
///
/// When they are not.
pub fn check(graph: &ObjectGraph, catalog: &Catalog) {
    let leads_to = |name: &Name| graph.resolve(name).map(|attribute| attribute.key.clone());
    check_names(Naming::ObjectPath, graph, catalog, |name, key| {
        leads_to(name).as_ref() == Some(key)
    });
    let mut stored: HashMap<&Name, Vec<&Name>> = HashMap::new();
    for value in graph.objects().filter_map(|object| object.attribute(VALUE)) {
        if catalog.position(&value.key).is_some() {
            stored.entry(&value.full_name).or_default().push(&value.key);
        }
    }
    check_names(Naming::FullName, graph, catalog, |name, key| {
        stored.get(name).is_some_and(|keys| keys.iter().all(|other| *other == key))
    });
}

/// Checks that each listed name belongs to its variable, or is its key if it has no name.
fn check_names(
    naming: Naming,
    graph: &ObjectGraph,
    catalog: &Catalog,
    is_name: impl Fn(&Name, &Name) -> bool,
) {
    let names = Names::new(naming, catalog, Some(graph)).expect("there is a graph");
    for (number, variable) in catalog.variables().iter().enumerate() {
        let listed = names.of(number);
        assert!(!listed.is_empty() && listed.len() <= MOST + 1, "{} names", listed.len());
        let keeps_key = *listed == [variable.name.clone()];
        assert!(
            keeps_key || listed.iter().all(|name| is_name(name, &variable.name)),
            "{naming:?} calls {:?} {listed:?}",
            variable.name
        );
    }
    let node = match naming {
        Naming::FullName => const { &<FullNames as FromCheckpoint<'static>>::NODE },
        _ => const { &<Objects as FromCheckpoint<'static>>::NODE },
    };
    let planned = plan(node, &names, PlanOptions::default());
    for problem in planned.err().into_iter().flatten() {
        check_message(&problem);
    }
}
