//! The object graph of a checkpoint of `tf.train.Checkpoint`.

use std::collections::BTreeMap;

use super::wire::{bytes_field, int_field};

/// A graph of objects. The first one is the root.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    objects: BTreeMap<u32, Vec<u8>>,
}

impl Graph {
    /// Creates an empty graph.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a named edge from an object to another one.
    #[must_use]
    pub fn child(self, object: u32, name: &str, other: u32) -> Self {
        let mut message = Vec::new();
        int_field(&mut message, 1, other.into());
        bytes_field(&mut message, 2, name.as_bytes());
        self.with(other).field(object, 1, &message)
    }

    /// Makes an object a variable.
    #[must_use]
    pub fn variable(self, object: u32, full_name: &str, key: &str) -> Self {
        self.attribute(object, "VARIABLE_VALUE", full_name, key)
    }

    /// Adds an attribute of an object.
    #[must_use]
    pub fn attribute(self, object: u32, name: &str, full_name: &str, key: &str) -> Self {
        let mut message = Vec::new();
        for (number, text) in [(1, name), (2, full_name), (3, key)] {
            bytes_field(&mut message, number, text.as_bytes());
        }
        self.field(object, 2, &message)
    }

    /// Adds a slot variable of an optimizer for another variable.
    #[must_use]
    pub fn slot(self, optimizer: u32, variable: u32, name: &str, other: u32) -> Self {
        let mut message = Vec::new();
        int_field(&mut message, 1, variable.into());
        bytes_field(&mut message, 2, name.as_bytes());
        int_field(&mut message, 3, other.into());
        self.with(variable).with(other).field(optimizer, 3, &message)
    }

    /// Adds objects up to this one.
    fn with(mut self, object: u32) -> Self {
        self.objects.entry(object).or_default();
        self
    }

    fn field(mut self, object: u32, number: u64, message: &[u8]) -> Self {
        bytes_field(self.objects.entry(object).or_default(), number, message);
        self
    }

    /// Returns the bytes of the message.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let count = self.objects.keys().next_back().map_or(0, |last| last + 1);
        let mut message = Vec::new();
        for number in 0..count {
            bytes_field(&mut message, 1, self.objects.get(&number).map_or(&[], Vec::as_slice));
        }
        message
    }
}
