//! The bytes of an object graph.

use thiserror::Error;

use crate::format::budget::{Budget, OverBudget, length};
use crate::format::cursor::{Cursor, Position};
use crate::format::error::WireError;
use crate::format::tensorflow::object_graph::{
    Attribute, Child, Ends, ObjectGraph, StoredSlot, in_memory,
};
use crate::format::tensorflow::wire::{Field, Fields, Value, int32};
use crate::listing::catalog::Name;

/// Why an object graph cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError {
    /// It is longer than any message of protocol buffers.
    #[error(
        "the object graph has {size} bytes, more than the {LONGEST} that it can have; the checkpoint is damaged, fetch \
         it again"
    )]
    Long {
        /// Its size.
        size: u64,
    },
    /// It asks for more memory than its length justifies.
    #[error(transparent)]
    Memory(#[from] OverBudget),
    /// Its bytes cannot be decoded.
    #[error("the object graph is damaged, fetch the checkpoint again: {0}")]
    Wire(#[from] WireError),
    /// It has no objects.
    #[error(
        "the object graph has no objects, not even the root; the checkpoint is damaged, fetch it again"
    )]
    Empty,
    /// An object leads to one that there is not.
    #[error(
        "object {object} of the object graph leads to object {other}, but there are {objects}, counted from 0; the \
         checkpoint is damaged, fetch it again"
    )]
    Object {
        /// The object.
        object: usize,
        /// The object that it leads to.
        other: i32,
        /// The number of objects.
        objects: usize,
    },
    /// An object leads to two others by one name.
    #[error(
        "object {object} of the object graph leads to two objects by the name `{}`; the checkpoint is damaged, \
         fetch it again",
        name.short()
    )]
    Children {
        /// The object.
        object: usize,
        /// The name.
        name: Name,
    },
    /// Two things are stored of an object under one name.
    #[error(
        "object {object} of the object graph stores two things as `{}`; the checkpoint is damaged, fetch it again",
        name.short()
    )]
    Attributes {
        /// The object.
        object: usize,
        /// The name.
        name: Name,
    },
}

/// No message of protocol buffers is longer.
const LONGEST: u64 = (2 << 30) - 1;

impl ObjectGraph {
    /// Reads an object graph: the string that is stored as [`KEY`](crate::format::tensorflow::object_graph::KEY).
    ///
    /// # Errors
    /// If the bytes are not an object graph, or one that is damaged, or that asks for more than `budget` allows.
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

/// The memory of what belongs to an object, in lists that grow and are sorted, besides the bytes of names.
const CHILD: u64 = 128;
const ATTRIBUTE: u64 = 288;
const SLOT: u64 = 160;

/// A reader of one object after another.
struct Reader<'b> {
    budget: &'b Budget,
    /// Of the objects that are read.
    graph: ObjectGraph,
    /// The number of objects.
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

    /// The graph of all objects.
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

    /// Charges a part of an object, with names of this length.
    fn charge(&self, part: u64, names: usize) -> Result<(), OverBudget> {
        self.budget.charge("the object graph", part.saturating_add(length(names)))
    }

    /// The object of this number.
    fn other(&self, number: i32) -> Result<u32, GraphError> {
        let (object, objects) = (self.graph.ends.len(), self.objects);
        let is_there = |&other: &u32| in_memory(other) < objects;
        let other = u32::try_from(number).ok().filter(is_there);
        other.ok_or(GraphError::Object { object, other: number, objects })
    }
}

/// Adds what is not the same as what was added last from `start` on: what is there again and again takes no memory.
fn add<T: PartialEq>(list: &mut Vec<T>, start: usize, next: T) {
    let added = list.get(start..).unwrap_or_default();
    if added.last() != Some(&next) {
        list.push(next);
    }
}

/// Sorts the list from `start` on, and keeps one of those that are the same there.
fn sort<T: Ord>(list: &mut Vec<T>, start: usize) -> &[T] {
    if list.len().saturating_sub(start) > 1 {
        let mut part = list.split_off(start);
        part.sort_unstable();
        part.dedup();
        list.append(&mut part);
    }
    list.get(start..).unwrap_or_default()
}

/// The first name that two in a row have.
fn twice<T>(list: &[T], name: impl Fn(&T) -> &Name) -> Option<Name> {
    let mut neighbours = list.iter().zip(list.iter().skip(1));
    neighbours.find(|(one, other)| name(one) == name(other)).map(|(one, _)| name(one).clone())
}

/// The length of a list, which is less than that of the message.
fn count<T>(list: &[T]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}
