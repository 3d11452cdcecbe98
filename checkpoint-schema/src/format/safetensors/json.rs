//! JSON for safetensors: objects with unique keys.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use smallvec::SmallVec;

use crate::format::budget::{Budget, length};
use crate::format::safetensors::error::JsonError;
use crate::listing::catalog::Name;

/// The memory of a pair of strings without their bytes, in a growing list.
const PAIR: u64 = 160;

/// A document being read, and any error other than its syntax.
pub(super) struct Document<'b> {
    budget: &'b Budget,
    stopped: RefCell<Option<JsonError>>,
}

impl<'b> Document<'b> {
    pub(super) fn new(budget: &'b Budget) -> Self {
        Self { budget, stopped: RefCell::new(None) }
    }

    /// Reads JSON that starts at byte `at` of its file.
    pub(super) fn read<'d, S: DeserializeSeed<'d>>(
        &self,
        json: &'d [u8],
        at: u64,
        seed: S,
    ) -> Result<S::Value, JsonError> {
        // It is faster to check all characters at once. Of wrong ones, the parser tells the position.
        let read = match std::str::from_utf8(json) {
            Ok(text) => all(serde_json::Deserializer::from_str(text), seed),
            Err(_) => all(serde_json::Deserializer::from_slice(json), seed),
        };
        read.map_err(|error| {
            let stopped = self.stopped.borrow_mut().take();
            stopped.unwrap_or_else(|| syntax(json, at, &error))
        })
    }

    /// Stops with an error other than a syntax error.
    pub(super) fn stop<E: Error>(&self, error: impl Into<JsonError>) -> E {
        *self.stopped.borrow_mut() = Some(error.into());
        E::custom("stopped")
    }

    /// Charges memory to the budget.
    pub(super) fn charge<E: Error>(&self, what: &'static str, bytes: u64) -> Result<(), E> {
        self.budget.charge(what, bytes).map_err(|error| self.stop(error))
    }

    /// Charges a variable of this rank, with a name of this length.
    pub(super) fn charge_variable<E: Error>(&self, name: &str, rank: usize) -> Result<(), E> {
        self.budget.variables(1, length(name.len()), rank).map_err(|error| self.stop(error))
    }
}

/// Reads a value with nothing after it.
fn all<'d, R: serde_json::de::Read<'d>, S: DeserializeSeed<'d>>(
    mut deserializer: serde_json::Deserializer<R>,
    seed: S,
) -> serde_json::Result<S::Value> {
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end().map(|()| value)
}

/// Converts an error of the parser, with its position in the file.
fn syntax(json: &[u8], at: u64, error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    let text = error.to_string();
    let place = format!(" at line {line} column {column}");
    // The text can contain a value of the document.
    let problem = Name::from(text.strip_suffix(&place).unwrap_or(&text)).short().to_string();
    let lines = json.split_inclusive(|&byte| byte == b'\n').take(line.saturating_sub(1));
    let before = lines.fold(0, |before: u64, line| before.saturating_add(length(line.len())));
    let within = before.saturating_add(length(column.saturating_sub(1)));
    JsonError::Syntax { at: at.saturating_add(within), problem }
}

/// The entries of an object.
pub(super) trait Entries<'d> {
    /// The name of the object in messages.
    const WHAT: &'static str;

    /// Reads the value of this key, the next value in `map`.
    fn entry<M: MapAccess<'d>>(&mut self, key: Cow<'d, str>, map: &mut M) -> Result<(), M::Error>;
}

/// Deserializes an object into its entries.
pub(super) struct Object<E>(pub(super) E);

impl<'d, E: Entries<'d>> DeserializeSeed<'d> for Object<E> {
    type Value = E;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<E, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'d, E: Entries<'d>> Visitor<'d> for Object<E> {
    type Value = E;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(E::WHAT)
    }

    fn visit_map<M: MapAccess<'d>>(self, mut map: M) -> Result<E, M::Error> {
        let Self(mut entries) = self;
        while let Some(key) = map.next_key_seed(Text)? {
            entries.entry(key, &mut map)?;
        }
        Ok(entries)
    }
}

/// A string, borrowed from the document if it has no escapes.
pub(super) struct Text;

impl<'d> DeserializeSeed<'d> for Text {
    type Value = Cow<'d, str>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Cow<'d, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'d> Visitor<'d> for Text {
    type Value = Cow<'d, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'d str) -> Result<Cow<'d, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Cow<'d, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// An array of non-negative integers. Only the first `most` are kept.
pub(super) struct Numbers {
    pub(super) most: usize,
}

impl<'d> DeserializeSeed<'d> for Numbers {
    type Value = SmallVec<[u64; 2]>;

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'d> Visitor<'d> for Numbers {
    type Value = SmallVec<[u64; 2]>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of integers")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut numbers = SmallVec::new();
        while let Some(number) = array.next_element()? {
            if numbers.len() < self.most {
                numbers.push(number);
            }
        }
        Ok(numbers)
    }
}

/// A key and its string.
pub(super) type Pair<'d> = (Cow<'d, str>, Cow<'d, str>);

/// An object of strings, as pairs of key and string.
pub(super) struct Strings<'s, 'b, 'd> {
    document: &'s Document<'b>,
    pairs: Vec<Pair<'d>>,
}

impl<'s, 'b> Strings<'s, 'b, '_> {
    pub(super) fn new(document: &'s Document<'b>) -> Object<Self> {
        Object(Self { document, pairs: Vec::new() })
    }
}

impl<'d> Strings<'_, '_, 'd> {
    /// The pairs, in the order of their unique keys.
    pub(super) fn sorted<E: Error>(mut self) -> Result<Vec<Pair<'d>>, E> {
        self.pairs.sort_unstable();
        let twice = self.pairs.array_windows().find(|[one, other]| one.0 == other.0);
        match twice {
            Some([(key, _), _]) => Err(self.document.stop(JsonError::twice(key))),
            None => Ok(self.pairs),
        }
    }
}

impl<'d> Entries<'d> for Strings<'_, '_, 'd> {
    const WHAT: &'static str = "an object of strings";

    fn entry<M: MapAccess<'d>>(&mut self, key: Cow<'d, str>, map: &mut M) -> Result<(), M::Error> {
        let value = map.next_value_seed(Text)?;
        let text = key.len().saturating_add(value.len());
        self.document.charge("pairs of strings", PAIR.saturating_add(length(text)))?;
        self.pairs.push((key, value));
        Ok(())
    }
}

impl JsonError {
    pub(super) fn twice(key: &str) -> Self {
        Self::Duplicate { key: Name::from(key) }
    }
}
