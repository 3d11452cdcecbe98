//! The object graph of a checkpoint that `tf.train.Checkpoint` wrote: which object leads to which variable.
//!
//! The keys of such a checkpoint are paths through objects, but each variable is stored once, under the shortest of the
//! paths that lead to it. All the other paths are known by this graph alone. Objects are shared, and lead back to where
//! they are reached from.

#[cfg(test)]
pub(crate) mod fixture;
mod path;
mod read;
#[cfg(test)]
mod tests;

use std::fmt;

pub use self::path::{escape, unescape};
pub use self::read::GraphError;

use crate::catalog::Name;

/// The key of the variable that holds the object graph: a string without axes.
pub const KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// The attribute of a variable that is its value.
pub const VALUE: &str = "VARIABLE_VALUE";

/// A `TrackableObjectGraph`: the objects of a checkpoint, the first of which is the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectGraph {
    /// One at least. All numbers of objects in them are numbers of these.
    nodes: Vec<Node>,
}

/// A `TrackableObject`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Node {
    /// In the order of their names, each of which is there once.
    children: Vec<Child>,
    attributes: Vec<Attribute>,
    /// In the order of variables and names.
    slots: Vec<StoredSlot>,
}

/// An `ObjectReference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Child {
    name: Name,
    object: usize,
}

/// A `SlotVariableReference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct StoredSlot {
    variable: usize,
    name: Name,
    object: usize,
}

/// What is stored of an object: a `SerializedTensor`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attribute {
    /// Its name: [`VALUE`] for what a variable holds.
    pub name: Name,
    /// What the variable was called in TF1: not necessarily of this variable only, and often empty.
    pub full_name: Name,
    /// The key under which it is stored. A checkpoint need not have it: some objects store nothing, and of some this is
    /// only the beginning of the key.
    pub key: Name,
}

/// An object of a graph.
#[derive(Clone, Copy)]
pub struct Object<'g> {
    graph: &'g ObjectGraph,
    number: usize,
}

/// A variable that an optimizer keeps for another one: a momentum, an average.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Slot<'g> {
    /// The variable that it is kept for.
    pub variable: Object<'g>,
    /// What the optimizer calls it: `momentum`.
    pub name: &'g Name,
    /// The variable that is kept.
    pub object: Object<'g>,
}

impl ObjectGraph {
    /// The object that all others are reached from.
    #[must_use]
    pub fn root(&self) -> Object<'_> {
        Object { graph: self, number: 0 }
    }

    /// All objects, in the order of their numbers.
    pub fn objects(&self) -> impl Iterator<Item = Object<'_>> {
        (0..self.nodes.len()).map(|number| Object { graph: self, number })
    }
}

impl<'g> Object<'g> {
    /// Its number in the graph; that of the root is 0.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// The objects that it leads to, by their names, which are not escaped. They are in the order of the names.
    pub fn children(self) -> impl Iterator<Item = (&'g Name, Self)> {
        self.node().children.iter().map(move |child| (&child.name, self.other(child.object)))
    }

    /// The object that it leads to by this name, which is not escaped.
    pub fn child(self, name: impl AsRef<[u8]>) -> Option<Self> {
        let children = &self.node().children;
        let found =
            children.binary_search_by(|child| child.name.as_bytes().cmp(name.as_ref())).ok()?;
        children.get(found).map(|child| self.other(child.object))
    }

    /// What is stored of it.
    #[must_use]
    pub fn attributes(self) -> &'g [Attribute] {
        &self.node().attributes
    }

    /// What is stored of it under this name; [`VALUE`] is what a variable holds.
    pub fn attribute(self, name: impl AsRef<[u8]>) -> Option<&'g Attribute> {
        self.attributes().iter().find(|attribute| attribute.name.as_bytes() == name.as_ref())
    }

    /// The variables that it keeps for others, if it is an optimizer.
    pub fn slots(self) -> impl Iterator<Item = Slot<'g>> {
        self.node().slots.iter().map(move |slot| Slot {
            variable: self.other(slot.variable),
            name: &slot.name,
            object: self.other(slot.object),
        })
    }

    /// The variable that it keeps for another one under this name, which is not escaped.
    pub fn slot(self, variable: Self, name: impl AsRef<[u8]>) -> Option<Self> {
        let (slots, wanted) = (&self.node().slots, (variable.number, name.as_ref()));
        let key = |slot: &'g StoredSlot| (slot.variable, slot.name.as_bytes());
        let found = slots.binary_search_by(|slot| key(slot).cmp(&wanted)).ok()?;
        slots.get(found).map(|slot| self.other(slot.object))
    }

    fn node(self) -> &'g Node {
        const NOTHING: &Node =
            &Node { children: Vec::new(), attributes: Vec::new(), slots: Vec::new() };
        self.graph.nodes.get(self.number).unwrap_or(NOTHING)
    }

    fn other(self, number: usize) -> Self {
        Self { number, ..self }
    }
}

/// Its number: what it leads to may lead back to it.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.number).finish()
    }
}
