//! Reads object graphs.

use thiserror::Error;

use crate::format::budget::{Budget, OverBudget, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::WireError;
use crate::format::tensorflow::object_graph::{
    Attribute, Child, Ends, ObjectGraph, StoredSlot, in_memory,
};
use crate::format::tensorflow::wire::{Field, Fields, Value, int32};
use crate::listing::catalog::Name;

/// Errors of reading an object graph.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError {
    /// The graph is longer than the maximum of protocol buffers.
    #[error(
        "the object graph has {size} bytes, more than the {LONGEST} that it can have; the checkpoint is damaged, fetch \
         it again"
    )]
    Long {
        /// The size of the graph, in bytes.
        size: u64,
    },
    /// The graph needs more memory than its length justifies.
    #[error(transparent)]
    Memory(#[from] OverBudget),
    /// The bytes cannot be decoded.
    #[error("the object graph is damaged, fetch the checkpoint again: {0}")]
    Wire(#[from] WireError),
    /// The graph has no objects.
    #[error(
        "the object graph has no objects, not even the root; the checkpoint is damaged, fetch it again"
    )]
    Empty,
    /// An object refers to one that does not exist.
    #[error(
        "object {object} of the object graph leads to object {other}, but there are {objects}, counted from 0; the \
         checkpoint is damaged, fetch it again"
    )]
    Object {
        /// The number of the object.
        object: usize,
        /// The number of the object that it refers to.
        other: i32,
        /// The number of objects.
        objects: usize,
    },
    /// An object has two children with the same name.
    #[error(
        "object {object} of the object graph leads to two objects by the name `{}`; the checkpoint is damaged, \
         fetch it again",
        name.short()
    )]
    Children {
        /// The number of the object.
        object: usize,
        /// The name.
        name: Name,
    },
    /// An object has two attributes with the same name.
    #[error(
        "object {object} of the object graph stores two things as `{}`; the checkpoint is damaged, fetch it again",
        name.short()
    )]
    Attributes {
        /// The number of the object.
        object: usize,
        /// The name.
        name: Name,
    },
}

/// The maximum length of a protocol buffer message, in bytes.
const LONGEST: u64 = (2 << 30) - 1;

impl ObjectGraph {
    /// Reads an object graph from the string stored as [`KEY`](crate::format::tensorflow::object_graph::KEY).
    ///
    /// # Errors
    /// Returns an error if the bytes are not an object graph, are damaged, or exceed `budget`.
    pub fn from_bytes(bytes: &[u8], budget: &Budget) -> Result<Self, GraphError> {
        let size = length(bytes.len());
        if size > LONGEST {
            return Err(GraphError::Long { size });
        }
        let objects = messages(bytes)
            .try_fold(0, |count: usize, message| message.map(|_| count.saturating_add(1)))?;
        if objects == 0 {
            return Err(GraphError::Empty);
        }
        budget.charge("the object graph", length(objects).saturating_mul(OBJECT))?;
        let mut reader = Reader::new(objects, budget);
        messages(bytes).try_for_each(|message| reader.object(message?))?;
        Ok(reader.finish())
    }
}

/// The messages of the objects.
fn messages(bytes: &[u8]) -> impl Iterator<Item = Result<Cursor<'_>, WireError>> {
    let fields = Fields::new(Cursor::new(bytes, Position::File(0)), "the object graph");
    fields.filter_map(|field| match field {
        Ok(Field { number: 1, value: Value::Bytes(message) }) => Some(Ok(message)),
        Ok(_) => None,
        Err(error) => Some(Err(error)),
    })
}

/// The memory of an object.
const OBJECT: u64 = 16;

/// The memory of parts of objects without the bytes of names, in lists that grow and are sorted.
const CHILD: u64 = 128;
const ATTRIBUTE: u64 = 288;
const SLOT: u64 = 160;

/// Reads objects one after another.
struct Reader<'b> {
    budget: &'b Budget,
    /// The graph of the objects read so far.
    graph: ObjectGraph,
    /// The total number of objects.
    objects: usize,
}

impl<'b> Reader<'b> {
    fn new(objects: usize, budget: &'b Budget) -> Self {
        let ends = Vec::with_capacity(objects);
        let (children, attributes, slots) = (Vec::new(), Vec::new(), Vec::new());
        Self { budget, graph: ObjectGraph { ends, children, attributes, slots }, objects }
    }

    fn object(&mut self, message: Cursor<'_>) -> Result<(), GraphError> {
        let ObjectGraph { children, attributes, slots, .. } = &self.graph;
        let start = (children.len(), attributes.len(), slots.len());
        for field in Fields::new(message, "an object") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(message)) => {
                    let child = self.child(message)?;
                    add(&mut self.graph.children, start.0, child);
                }
                (2, Value::Bytes(message)) => {
                    let attribute = self.attribute(message)?;
                    add(&mut self.graph.attributes, start.1, attribute);
                }
                (3, Value::Bytes(message)) => {
                    let slot = self.slot(message)?;
                    add(&mut self.graph.slots, start.2, slot);
                }
                _ => {}
            }
        }
        let (object, graph) = (self.graph.ends.len(), &mut self.graph);
        let children = sort(&mut graph.children, start.0);
        if let Some(name) = twice(children, |child| &child.name) {
            return Err(GraphError::Children { object, name });
        }
        let attributes = sort(&mut graph.attributes, start.1);
        if let Some(name) = twice(attributes, |attribute| &attribute.name) {
            return Err(GraphError::Attributes { object, name });
        }
        sort(&mut graph.slots, start.2);
        graph.ends.push(Ends {
            children: count(&graph.children),
            attributes: count(&graph.attributes),
            slots: count(&graph.slots),
        });
        Ok(())
    }

    /// The complete graph.
    fn finish(self) -> ObjectGraph {
        let mut graph = self.graph;
        graph.children.shrink_to_fit();
        graph.attributes.shrink_to_fit();
        graph.slots.shrink_to_fit();
        graph
    }

    fn child(&self, message: Cursor<'_>) -> Result<Child, GraphError> {
        let (mut object, mut name) = (0, &[][..]);
        for field in Fields::new(message, "a child") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(number)) => object = int32(number),
                (2, Value::Bytes(bytes)) => name = bytes.rest(),
                _ => {}
            }
        }
        self.charge(CHILD, name.len())?;
        Ok(Child { name: name.into(), object: self.other(object)? })
    }

    fn slot(&self, message: Cursor<'_>) -> Result<StoredSlot, GraphError> {
        let (mut variable, mut name, mut object) = (0, &[][..], 0);
        for field in Fields::new(message, "a slot variable") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(number)) => variable = int32(number),
                (2, Value::Bytes(bytes)) => name = bytes.rest(),
                (3, Value::Varint(number)) => object = int32(number),
                _ => {}
            }
        }
        self.charge(SLOT, name.len())?;
        let (variable, object) = (self.other(variable)?, self.other(object)?);
        Ok(StoredSlot { variable, name: name.into(), object })
    }

    fn attribute(&self, message: Cursor<'_>) -> Result<Attribute, GraphError> {
        let (mut name, mut full_name, mut key) = (&[][..], &[][..], &[][..]);
        for field in Fields::new(message, "an attribute") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(bytes)) => name = bytes.rest(),
                (2, Value::Bytes(bytes)) => full_name = bytes.rest(),
                (3, Value::Bytes(bytes)) => key = bytes.rest(),
                _ => {}
            }
        }
        let names = name.len().saturating_add(full_name.len()).saturating_add(key.len());
        self.charge(ATTRIBUTE, names)?;
        Ok(Attribute { name: name.into(), full_name: full_name.into(), key: key.into() })
    }

    /// Charges a part of an object, with names of this total length.
    fn charge(&self, part: u64, names: usize) -> Result<(), OverBudget> {
        self.budget.charge("the object graph", part.saturating_add(length(names)))
    }

    /// Checks that the object with this number exists.
    fn other(&self, number: i32) -> Result<u32, GraphError> {
        let (object, objects) = (self.graph.ends.len(), self.objects);
        let is_there = |&other: &u32| in_memory(other) < objects;
        let other = u32::try_from(number).ok().filter(is_there);
        other.ok_or(GraphError::Object { object, other: number, objects })
    }
}

/// Adds an item, unless it equals the last item added after `start`. So consecutive duplicates take no memory.
fn add<T: PartialEq>(list: &mut Vec<T>, start: usize, next: T) {
    let added = list.get(start..).unwrap_or_default();
    if added.last() != Some(&next) {
        list.push(next);
    }
}

/// Sorts the list from `start`, and removes duplicates there.
fn sort<T: Ord>(list: &mut Vec<T>, start: usize) -> &[T] {
    if list.len().saturating_sub(start) > 1 {
        let mut part = list.split_off(start);
        part.sort_unstable();
        part.dedup();
        list.append(&mut part);
    }
    list.get(start..).unwrap_or_default()
}

/// The first name that two neighbours share.
fn twice<T>(list: &[T], name: impl Fn(&T) -> &Name) -> Option<Name> {
    let mut neighbours = list.iter().zip(list.iter().skip(1));
    neighbours.find(|(one, other)| name(one) == name(other)).map(|(one, _)| name(one).clone())
}

/// The length of a list, which is less than the length of the message.
fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
