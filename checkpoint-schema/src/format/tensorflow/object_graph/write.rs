//! Builds a graph for variables that have only paths: one object for each part of a path.

use std::collections::{BTreeMap, VecDeque};

use crate::format::tensorflow::object_graph::path::{ATTRIBUTES, split_once, unescape};
use crate::format::tensorflow::object_graph::{Attribute, VALUE};
use crate::listing::catalog::Name;

/// An object on the path to variables.
#[derive(Debug, Default)]
struct Tree {
    children: BTreeMap<Name, Self>,
    attributes: Vec<Attribute>,
}

/// The key of a path in `TensorFlow`: that of the variable's value, unless the path names another attribute.
#[must_use]
pub fn key_of(path: &str) -> Name {
    match split_once(path.as_bytes(), ATTRIBUTES) {
        Some(_) => Name::from(path),
        None => Name::from(format!("{path}{ATTRIBUTES}{VALUE}")),
    }
}

/// Builds the bytes of a `TrackableObjectGraph` with variables at these paths. The parts of a path are
/// [escaped](super::escape).
///
/// Objects are numbered breadth first, as in `TensorFlow` (`trackable_object_graph.proto`).
///
/// # Errors
/// Returns the first invalid path: one with a part that is not escaped.
pub fn graph_of<'p>(paths: impl IntoIterator<Item = &'p str>) -> Result<Vec<u8>, &'p str> {
    let mut root = Tree::default();
    for path in paths {
        add(&mut root, path).ok_or(path)?;
    }
    let (mut queue, mut graph, mut count) = (VecDeque::from([&root]), Vec::new(), 1_u64);
    while let Some(object) = queue.pop_front() {
        let mut message = Vec::new();
        for (name, child) in &object.children {
            let mut reference = Vec::new();
            number(&mut reference, 1, count);
            bytes(&mut reference, 2, name.as_bytes());
            bytes(&mut message, 1, &reference);
            count = count.saturating_add(1);
            queue.push_back(child);
        }
        for Attribute { name, full_name, key } in &object.attributes {
            let mut tensor = Vec::new();
            bytes(&mut tensor, 1, name.as_bytes());
            bytes(&mut tensor, 2, full_name.as_bytes());
            bytes(&mut tensor, 3, key.as_bytes());
            bytes(&mut message, 2, &tensor);
        }
        bytes(&mut graph, 1, &message);
    }
    Ok(graph)
}

/// Adds the objects on a path, and the attribute at its end.
fn add(root: &mut Tree, path: &str) -> Option<()> {
    let (object, attribute) = match split_once(path.as_bytes(), ATTRIBUTES) {
        Some((object, attribute)) => (object, unescape(attribute)?),
        None => (path.as_bytes(), Name::from(VALUE)),
    };
    let mut at = root;
    for part in object.split(|&byte| byte == b'/').filter(|part| !part.is_empty()) {
        at = at.children.entry(unescape(part)?).or_default();
    }
    let full_name = Name::default();
    at.attributes.push(Attribute { name: attribute, full_name, key: key_of(path) });
    Some(())
}

/// Appends a field with a number. It is omitted for 0.
fn number(message: &mut Vec<u8>, field: u64, value: u64) {
    if value != 0 {
        varint(message, field << 3);
        varint(message, value);
    }
}

/// Appends a field with bytes.
fn bytes(message: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(message, field << 3 | 2);
    varint(message, u64::try_from(value.len()).unwrap_or(u64::MAX));
    message.extend_from_slice(value);
}

fn varint(message: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return message.push(low & 0x7f);
        }
        message.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::tensorflow::object_graph::ObjectGraph;
    use crate::format::{Budget, Limits};

    #[test]
    fn each_path_leads_to_its_key() {
        let paths = ["a/dense/kernel", "a/dense/bias", "step", "a..b/c.Sd", "v/.ATTRIBUTES/OTHER"];
        let graph = graph_of(paths).unwrap();
        let graph =
            ObjectGraph::from_bytes(&graph, &Budget::new(&Limits::default(), 1 << 20)).unwrap();
        for path in paths {
            assert_eq!(graph.resolve(path).unwrap().key, key_of(path), "{path}");
        }
        assert_eq!(key_of("step"), Name::from("step/.ATTRIBUTES/VARIABLE_VALUE"));
        assert_eq!(graph.objects().count(), 9);
        assert_eq!(graph_of(["a", "b.c"]), Err("b.c"));
    }
}
