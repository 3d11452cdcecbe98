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
mod write;

use std::cmp::Ordering;
use std::fmt;

pub use self::path::{escape, unescape};
pub use self::read::GraphError;
pub use self::write::{graph_of, key_of};

use crate::listing::catalog::Name;

/// The key of the variable that holds the object graph: a string without axes.
pub const KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

/// The attribute of a variable that is its value.
pub const VALUE: &str = "VARIABLE_VALUE";

/// A `TrackableObjectGraph`: the objects of a checkpoint, the first of which is the root.
///
/// The parts of all objects are in three lists, so that an object of nothing, which takes two bytes in the file, takes
/// twelve here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectGraph {
    /// Of each object; of one at least.
    ends: Vec<Ends>,
    /// Of each object those in the order of their names, each of which is there once. All numbers of objects, here and
    /// in the slots, are numbers of `ends`.
    children: Vec<Child>,
    /// Of each object those in the order of their names, each of which is there once.
    attributes: Vec<Attribute>,
    /// Of each object those in the order of variables and names.
    slots: Vec<StoredSlot>,
}

/// Where what belongs to a `TrackableObject` ends in the lists; it starts where that of the object before it ends.
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

/// What is stored of an object: a `SerializedTensor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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
        (0..self.ends.len()).map(|number| Object { graph: self, number })
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
        self.own_children().iter().map(move |child| (&child.name, self.other(child.object)))
    }

    /// The object that it leads to by this name, which is not escaped.
    pub fn child(self, name: impl AsRef<[u8]>) -> Option<Self> {
        let child = find(self.own_children(), |child| child.name.as_bytes().cmp(name.as_ref()))?;
        Some(self.other(child.object))
    }

    /// What is stored of it, in the order of the names.
    #[must_use]
    pub fn attributes(self) -> &'g [Attribute] {
        self.own(&self.graph.attributes, |ends| ends.attributes)
    }

    /// What is stored of it under this name; [`VALUE`] is what a variable holds.
    pub fn attribute(self, name: impl AsRef<[u8]>) -> Option<&'g Attribute> {
        find(self.attributes(), |attribute| attribute.name.as_bytes().cmp(name.as_ref()))
    }

    /// The variables that it keeps for others, if it is an optimizer.
    pub fn slots(self) -> impl Iterator<Item = Slot<'g>> {
        self.own_slots().iter().map(move |slot| Slot {
            variable: self.other(slot.variable),
            name: &slot.name,
            object: self.other(slot.object),
        })
    }

    /// The variable that it keeps for another one under this name, which is not escaped.
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

    /// What belongs to it of a list.
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

/// The element of a sorted list that is equal to what is wanted.
fn find<T>(list: &[T], compare: impl Fn(&T) -> Ordering) -> Option<&T> {
    list.get(list.binary_search_by(compare).ok()?)
}

/// A number of what is in memory.
fn in_memory(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Its number: what it leads to may lead back to it.
impl fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Object").field(&self.number).finish()
    }
}
