//! The object graph of a checkpoint written by `tf.train.Checkpoint`: the paths from objects to variables.
//!
//! The keys of such a checkpoint are paths through objects. Each variable is stored once, under its shortest path. Only
//! this graph contains the other paths. Objects can be shared, and references can form cycles.

#[cfg(test)]
pub(crate) mod fixture;
mod path;
mod read;
#[cfg(test)]
mod tests;
mod write;

use std::cmp::Ordering;
use std::fmt;

pub use self::path::{escape, unescape};
pub use self::read::GraphError;
pub use self::write::{graph_of, key_of};

use crate::listing::catalog::Name;

/// The key of the variable with the object graph, a scalar string.
pub const KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// The suffix of a key after the path of the object with that value.
pub(crate) const VALUE_SUFFIX: &str = "/.ATTRIBUTES/VARIABLE_VALUE";

/// The attribute with the value of a variable.
pub const VALUE: &str = "VARIABLE_VALUE";

/// A `TrackableObjectGraph`: the objects of a checkpoint. The first object is the root.
///
/// The parts of all objects are in three shared lists. An empty object takes two bytes in the file, and twelve bytes here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectGraph {
    /// The ends of each object's parts: at least one item.
    ends: Vec<Ends>,
    /// The children of each object, sorted by name, without duplicates.
    ///
    /// Object numbers here and in the slots are indices into `ends`.
    children: Vec<Child>,
    /// The attributes of each object, sorted by name, without duplicates.
    attributes: Vec<Attribute>,
    /// The slots of each object, sorted by variable and name.
    slots: Vec<StoredSlot>,
}

/// The ends of a `TrackableObject`'s parts in the lists. They start at the ends of the previous object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ends {
    children: u32,
    attributes: u32,
    slots: u32,
}

/// An `ObjectReference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Child {
    name: Name,
    object: u32,
}

/// A `SlotVariableReference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct StoredSlot {
    variable: u32,
    name: Name,
    object: u32,
}

/// A stored attribute of an object: a `SerializedTensor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// The name of the attribute: [`VALUE`] for the value of a variable.
    pub name: Name,
    /// The name of the variable in TF1. It is not always unique, and often empty.
    pub full_name: Name,
    /// The key under which the attribute is stored. A checkpoint does not always have it: some objects store nothing, and
    /// for some this is only a prefix of the key.
    pub key: Name,
}

/// An object of a graph.
#[derive(Clone, Copy)]
pub struct Object<'g> {
    graph: &'g ObjectGraph,
    number: usize,
}

/// A slot variable, which an optimizer stores for another variable, such as a momentum or an average.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Slot<'g> {
    /// The variable that the slot belongs to.
    pub variable: Object<'g>,
    /// The name of the slot in the optimizer, such as `momentum`.
    pub name: &'g Name,
    /// The slot variable.
    pub object: Object<'g>,
}

impl ObjectGraph {
    /// The root: all other objects are reachable from it.
    #[must_use]
    pub fn root(&self) -> Object<'_> {
        Object { graph: self, number: 0 }
    }

    /// Iterates over all objects, in the order of their numbers.
    pub fn objects(&self) -> impl Iterator<Item = Object<'_>> {
        (0..self.ends.len()).map(|number| Object { graph: self, number })
    }
}

impl<'g> Object<'g> {
    /// The number of the object in the graph. The root is 0.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// The child objects with their unescaped names, in the order of the names.
    pub fn children(self) -> impl Iterator<Item = (&'g Name, Self)> {
        self.own_children().iter().map(move |child| (&child.name, self.other(child.object)))
    }

    /// The child object with this unescaped name.
    pub fn child(self, name: impl AsRef<[u8]>) -> Option<Self> {
        let child = find(self.own_children(), |child| child.name.as_bytes().cmp(name.as_ref()))?;
        Some(self.other(child.object))
    }

    /// The stored attributes, in the order of their names.
    #[must_use]
    pub fn attributes(self) -> &'g [Attribute] {
        self.own(&self.graph.attributes, |ends| ends.attributes)
    }

    /// The attribute with this name. The value of a variable is [`VALUE`].
    pub fn attribute(self, name: impl AsRef<[u8]>) -> Option<&'g Attribute> {
        find(self.attributes(), |attribute| attribute.name.as_bytes().cmp(name.as_ref()))
    }

    /// The slot variables, if the object is an optimizer.
    pub fn slots(self) -> impl Iterator<Item = Slot<'g>> {
        self.own_slots().iter().map(move |slot| Slot {
            variable: self.other(slot.variable),
            name: &slot.name,
            object: self.other(slot.object),
        })
    }

    /// The slot variable with this unescaped name for another variable.
    pub fn slot(self, variable: Self, name: impl AsRef<[u8]>) -> Option<Self> {
        let wanted = (variable.number, name.as_ref());
        let slot = find(self.own_slots(), |slot| {
            (in_memory(slot.variable), slot.name.as_bytes()).cmp(&wanted)
        })?;
        Some(self.other(slot.object))
    }

    fn own_children(self) -> &'g [Child] {
        self.own(&self.graph.children, |ends| ends.children)
    }

    fn own_slots(self) -> &'g [StoredSlot] {
        self.own(&self.graph.slots, |ends| ends.slots)
    }

    /// The part of a list that belongs to this object.
    fn own<T>(self, list: &'g [T], end: impl Fn(&Ends) -> u32) -> &'g [T] {
        let ends = &self.graph.ends;
        let end_of = |number: usize| ends.get(number).map_or(0, |ends| in_memory(end(ends)));
        let start = self.number.checked_sub(1).map_or(0, end_of);
        list.get(start..end_of(self.number)).unwrap_or_default()
    }

    fn other(self, number: u32) -> Self {
        Self { number: in_memory(number), ..self }
    }
}

/// The item of a sorted list that compares as equal.
fn find<T>(list: &[T], compare: impl Fn(&T) -> Ordering) -> Option<&T> {
    list.get(list.binary_search_by(compare).ok()?)
}

/// Converts a number to an index into vectors in memory.
fn in_memory(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Prints only the number, since references can form cycles.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.number).finish()
    }
}
