//! An object graph. Every object is found by its names.

use checkpoint_schema::format::Budget;
use checkpoint_schema::format::tensorflow::object_graph::{Object, ObjectGraph, escape, unescape};
use checkpoint_schema::listing::catalog::Name;

use super::{check_message, small_limits};

/// Reads an object graph. Its bytes are also used as a name.
pub(super) fn object_graph(bytes: &[u8]) {
    let name = unescape(escape(bytes).as_bytes());
    assert_eq!(name, Some(Name::from(bytes)), "it is not unescaped");
    match ObjectGraph::from_bytes(bytes, &Budget::new(&small_limits(), bytes.len() as u64)) {
        Ok(graph) => check(&graph),
        Err(error) => check_message(&error),
    }
}

/// Checks that a graph is consistent.
///
/// # Panics
///
/// When it is not.
pub fn check(graph: &ObjectGraph) {
    let count = graph.objects().count();
    assert!(count > 0, "there is no root");
    for (number, object) in graph.objects().enumerate() {
        assert_eq!(object.number(), number);
        for (name, child) in object.children() {
            assert!(child.number() < count, "there is no such object");
            assert_eq!(object.child(name.as_bytes()).map(Object::number), Some(child.number()));
        }
        for attribute in object.attributes() {
            let found = object.attribute(attribute.name.as_bytes()).map(|found| &found.name);
            assert_eq!(found, Some(&attribute.name));
        }
        for slot in object.slots() {
            assert!(slot.object.number() < count, "there is no such object");
            assert!(object.slot(slot.variable, slot.name.as_bytes()).is_some());
        }
    }
    check_paths(graph);
}

/// Checks that paths lead to the same objects as their names. (An empty path leads to the root, whatever its children's names.)
fn check_paths(graph: &ObjectGraph) {
    for (name, child) in graph.root().children().filter(|(name, _)| !name.as_bytes().is_empty()) {
        let path = escape(name.as_bytes());
        let number = |path: &[u8]| graph.object(path).map(Object::number);
        assert_eq!(number(path.as_bytes()), Some(child.number()));
        for (name, grandchild) in child.children() {
            let path = [path.as_bytes(), b"/", escape(name.as_bytes()).as_bytes()].concat();
            assert_eq!(number(&path), Some(grandchild.number()));
        }
    }
}
