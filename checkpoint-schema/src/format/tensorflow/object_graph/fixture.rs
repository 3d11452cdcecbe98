//! Object graphs for tests.

use std::collections::HashMap;

use crate::format::tensorflow::fixture::{bytes, number};
use crate::format::tensorflow::object_graph::{ObjectGraph, VALUE};
use crate::format::{Budget, Limits};

/// The message of a graph with these objects. Each object is the concatenation of its fields.
pub(crate) fn message(objects: &[Vec<u8>]) -> Vec<u8> {
    objects.iter().flat_map(|object| bytes(1, object)).collect()
}

/// A field with a reference to a child object.
pub(crate) fn child(name: &str, object: u64) -> Vec<u8> {
    bytes(1, &[number(1, object), bytes(2, name.as_bytes())].concat())
}

/// A field with an attribute of an object.
pub(crate) fn attribute(name: &str, full_name: &str, key: &str) -> Vec<u8> {
    let fields = [(1, name), (2, full_name), (3, key)];
    bytes(2, &fields.map(|(field, text)| bytes(field, text.as_bytes())).concat())
}

/// A field that makes an object a variable.
pub(crate) fn value(key: &str) -> Vec<u8> {
    attribute(VALUE, "", key)
}

/// A field with a slot variable of an optimizer.
pub(crate) fn slot(variable: u64, name: &str, object: u64) -> Vec<u8> {
    bytes(3, &[number(1, variable), bytes(2, name.as_bytes()), number(3, object)].concat())
}

/// Builds a graph from lines. Names are not escaped.
///
/// - `model/dense` adds an object, and all objects on its path;
/// - `model/dense/kernel: dense/kernel` adds a variable with this full name, and the default key of `TensorFlow`;
/// - `model/first -> model/dense` adds a reference to an existing object;
/// - `slot optimizer v momentum: v/Momentum` adds a slot variable of an optimizer for another variable.
pub(crate) fn graph(lines: &str) -> ObjectGraph {
    let mut text = Text { objects: vec![Vec::new()], numbers: HashMap::from([(String::new(), 0)]) };
    lines.lines().map(str::trim).filter(|line| !line.is_empty()).for_each(|line| text.line(line));
    ObjectGraph::from_bytes(&message(&text.objects), &Budget::new(&Limits::default(), 0)).unwrap()
}

struct Text {
    objects: Vec<Vec<u8>>,
    /// The numbers of the objects, by path.
    numbers: HashMap<String, u64>,
}

impl Text {
    fn line(&mut self, line: &str) {
        if let Some((path, other)) = line.split_once(" -> ") {
            let (outer, name) = path.rsplit_once('/').unwrap_or(("", path));
            let (outer, other) = (self.at(outer), self.at(other));
            self.numbers.insert(path.to_owned(), other);
            return self.add(outer, child(name, other));
        }
        let (path, full_name) = line.split_once(':').unwrap_or((line, ""));
        let full_name = full_name.trim();
        if let Some(slot) = path.strip_prefix("slot ") {
            return self.slot(slot, full_name);
        }
        let object = self.at(path);
        if line.contains(':') {
            let key = format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
            self.add(object, attribute(VALUE, full_name, &key));
        }
    }

    fn slot(&mut self, words: &str, full_name: &str) {
        let [optimizer, variable, name] = words.split(' ').collect::<Vec<_>>()[..] else {
            panic!("a slot is `slot optimizer variable name`")
        };
        let key =
            format!("{variable}/.OPTIMIZER_SLOT/{optimizer}/{name}/.ATTRIBUTES/VARIABLE_VALUE");
        let other = self.object();
        self.add(other, attribute(VALUE, full_name, &key));
        let (optimizer, variable) = (self.at(optimizer), self.at(variable));
        self.add(optimizer, slot(variable, name, other));
    }

    /// The object at a path.
    fn at(&mut self, path: &str) -> u64 {
        if let Some(&number) = self.numbers.get(path) {
            return number;
        }
        let (outer, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (outer, number) = (self.at(outer), self.object());
        self.add(outer, child(name, number));
        self.numbers.insert(path.to_owned(), number);
        number
    }

    fn object(&mut self) -> u64 {
        self.objects.push(Vec::new());
        u64::try_from(self.objects.len()).unwrap() - 1
    }

    fn add(&mut self, object: u64, field: Vec<u8>) {
        self.objects[usize::try_from(object).unwrap()].extend(field);
    }
}
