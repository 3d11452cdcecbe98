//! The bytes of an object graph.

use thiserror::Error;

use crate::catalog::Name;
use crate::format::cursor::{Cursor, Position};
use crate::format::error::WireError;
use crate::format::limits::Limits;
use crate::format::object_graph::{Attribute, Child, Node, ObjectGraph, StoredSlot};
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
}

impl ObjectGraph {
    /// Reads an object graph: the string that is stored as [`KEY`](crate::format::object_graph::KEY).
    ///
    /// # Errors
    /// If the bytes are not an object graph, or one that is damaged, or larger than `limits` allow.
    pub fn from_bytes(bytes: &[u8], limits: &Limits) -> Result<Self, GraphError> {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if size > limits.graph_bytes {
            return Err(GraphError::Limit { size, limit: limits.graph_bytes });
        }
        let objects = messages(bytes)
            .try_fold(0, |count: usize, message| message.map(|_| count.saturating_add(1)))?;
        let nodes = messages(bytes).enumerate().map(|(object, message)| {
            let reader = Reader { object, objects };
            reader.node(message?)
        });
        let nodes = nodes.collect::<Result<Vec<_>, _>>()?;
        if nodes.is_empty() { Err(GraphError::Empty) } else { Ok(Self { nodes }) }
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

/// A reader of one object.
struct Reader {
    object: usize,
    /// The number of objects.
    objects: usize,
}

impl Reader {
    fn node(&self, message: Cursor<'_>) -> Result<Node, GraphError> {
        let (mut children, mut attributes, mut slots) = (Vec::new(), Vec::new(), Vec::new());
        for field in Fields::new(message, "an object") {
            let field = field?;
            match (field.number, field.value) {
                (1, Value::Bytes(child)) => children.push(self.child(child)?),
                (2, Value::Bytes(message)) => attributes.push(attribute(message)?),
                (3, Value::Bytes(slot)) => slots.push(self.slot(slot)?),
                _ => {}
            }
        }
        slots.sort_unstable();
        let mut node = Node { children: self.named(children)?, attributes, slots };
        node.children.shrink_to_fit();
        node.attributes.shrink_to_fit();
        node.slots.shrink_to_fit();
        Ok(node)
    }

    /// The children in the order of their names, which are different.
    fn named(&self, mut children: Vec<Child>) -> Result<Vec<Child>, GraphError> {
        children.sort_unstable();
        children.dedup();
        let mut neighbours = children.iter().zip(children.iter().skip(1));
        if let Some((child, _)) = neighbours.find(|(one, other)| one.name == other.name) {
            return Err(GraphError::Children { object: self.object, name: child.name.clone() });
        }
        Ok(children)
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
    fn other(&self, number: i32) -> Result<usize, GraphError> {
        let Self { object, objects } = *self;
        let other = usize::try_from(number).ok().filter(|&other| other < objects);
        other.ok_or(GraphError::Object { object, other: number, objects })
    }
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
