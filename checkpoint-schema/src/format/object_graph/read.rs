//! The bytes of an object graph.

use thiserror::Error;

use crate::catalog::Name;
use crate::format::cursor::{Cursor, Position};
use crate::format::error::WireError;
use crate::format::limits::Limits;
use crate::format::object_graph::{Attribute, Child, Ends, ObjectGraph, StoredSlot, in_memory};
use crate::format::wire::{Field, Fields, Value, int32};

/// Why an object graph cannot be read.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError {
    /// It is larger than [`Limits`] allow.
    #[error(
        "the object graph has {size} bytes, and the limit is {limit}; if you trust the checkpoint, raise \
         `Limits::graph_bytes`"
    )]
    Limit {
        /// Its size.
        size: u64,
        /// How large it may be.
        limit: u64,
    },
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
        "object {object} of the object graph leads to two objects by the name `{name}`; the checkpoint is damaged, \
         fetch it again"
    )]
    Children {
        /// The object.
        object: usize,
        /// The name.
        name: Name,
    },
    /// Two things are stored of an object under one name.
    #[error(
        "object {object} of the object graph stores two things as `{name}`; the checkpoint is damaged, fetch it again"
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
    /// Reads an object graph: the string that is stored as [`KEY`](crate::format::object_graph::KEY).
    ///
    /// # Errors
    /// If the bytes are not an object graph, or one that is damaged, or larger than `limits` allow.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, GraphError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let limit = limits.graph_bytes.min(LONGEST);
        if size > limit {
            return Err(GraphError::Limit { size, limit });
        }
        let objects = messages(bytes)
            .try_fold(0, |count: usize, message| message.map(|_| count.saturating_add(1)))?;
        if objects == 0 {
            return Err(GraphError::Empty);
        }
        let mut reader = Reader::new(objects);
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

/// A reader of one object after another.
struct Reader {
    /// Of the objects that are read.
    graph: ObjectGraph,
    /// The number of objects.
    objects: usize,
}

impl Reader {
    fn new(objects: usize) -> Self {
        let ends = Vec::with_capacity(objects);
        let (children, attributes, slots) = (Vec::new(), Vec::new(), Vec::new());
        Self { graph: ObjectGraph { ends, children, attributes, slots }, objects }
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
                    add(&mut self.graph.attributes, start.1, attribute(message)?);
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
        let (mut object, mut name) = (0, Name::default());
        for field in Fields::new(message, "a child") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(number)) => object = int32(number),
                (2, Value::Bytes(bytes)) => name = bytes.rest().into(),
                _ => {}
            }
        }
        Ok(Child { name, object: self.other(object)? })
    }

    fn slot(&self, message: Cursor<'_>) -> Result<StoredSlot, GraphError> {
        let (mut variable, mut name, mut object) = (0, Name::default(), 0);
        for field in Fields::new(message, "a slot variable") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Varint(number)) => variable = int32(number),
                (2, Value::Bytes(bytes)) => name = bytes.rest().into(),
                (3, Value::Varint(number)) => object = int32(number),
                _ => {}
            }
        }
        Ok(StoredSlot { variable: self.other(variable)?, name, object: self.other(object)? })
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

fn attribute(message: Cursor<'_>) -> Result<Attribute, WireError> {
    let mut attribute = Attribute::default();
    for field in Fields::new(message, "an attribute") {
        let field = field?;
        match (field.number, field.value) {
            (1, Value::Bytes(bytes)) => attribute.name = bytes.rest().into(),
            (2, Value::Bytes(bytes)) => attribute.full_name = bytes.rest().into(),
            (3, Value::Bytes(bytes)) => attribute.key = bytes.rest().into(),
            _ => {}
        }
    }
    Ok(attribute)
}
