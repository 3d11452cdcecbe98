//! Lists whose items user code makes: `repeat` beside `with`, `map` or `try_from`.

use std::collections::BTreeMap;
use std::sync::Arc;

use checkpoint_schema::model::description::Node;

use crate::load::parts::{BuildError, Parts};
use crate::save::SaveError;
use crate::traits::values::Values;

/// A list that `repeat` fills, whatever its items are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold what `repeat` loads",
    label = "one value for each index does not fit in here",
    note = "a field with `repeat` is a `Vec<T>`, `[T; N]` or `BTreeMap<usize, T>`, or an `Option`, `Box` or `Arc` of these"
)]
pub trait Items: Sized {
    /// The type of its items.
    type Item;
    /// The number of items, if the type fixes it.
    const LEN: Option<usize>;
    /// True if the items have the values of the index as keys.
    const IS_KEYED: bool;
    /// The number of `Option`s around the list.
    const OPTIONS: usize;

    /// Builds the list of its items.
    ///
    /// # Errors
    /// Returns an error if an item cannot be built.
    fn gather<'c, C>(
        parts: &mut Parts<'c, C>,
        build: impl FnMut(&mut Parts<'c, C>) -> Result<Self::Item, BuildError>,
    ) -> Result<Self, BuildError>;

    /// Adds the number of items, or the keys, and then the items.
    ///
    /// # Errors
    /// Returns an error if an item cannot be added.
    fn put_each<'s, 'v, C>(
        &'s self,
        values: &mut Values<'v, C>,
        put: impl FnMut(&'s Self::Item, &mut Values<'v, C>) -> Result<(), SaveError>,
    ) -> Result<(), SaveError>;
}

/// The description of a list in this number of `Option`s, from that of the list itself.
///
/// # Panics
/// Panics if there are several `Option`s. In a constant, this is a compile error.
#[expect(clippy::panic, reason = "a panic in a constant is a compile error with this text")]
#[must_use]
pub const fn items_node(options: usize, list: &'static Node) -> Node {
    match options {
        0 => *list,
        1 => Node::Optional(list),
        _ => panic!("a list in several `Option`s is not supported; use one `Option`"),
    }
}

impl<T> Items for Vec<T> {
    type Item = T;
    const LEN: Option<usize> = None;
    const IS_KEYED: bool = false;
    const OPTIONS: usize = 0;

    fn gather<'c, C>(
        parts: &mut Parts<'c, C>,
        mut build: impl FnMut(&mut Parts<'c, C>) -> Result<T, BuildError>,
    ) -> Result<Self, BuildError> {
        let indices = parts.list()?;
        let mut list = Self::with_capacity(indices.len());
        for _ in indices {
            list.push(build(parts)?);
        }
        Ok(list)
    }

    fn put_each<'s, 'v, C>(
        &'s self,
        values: &mut Values<'v, C>,
        mut put: impl FnMut(&'s T, &mut Values<'v, C>) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        values.list(self.len());
        self.iter().try_for_each(|item| put(item, values))
    }
}

impl<T, const N: usize> Items for [T; N] {
    type Item = T;
    const LEN: Option<usize> = Some(N);
    const IS_KEYED: bool = false;
    const OPTIONS: usize = 0;

    fn gather<'c, C>(
        parts: &mut Parts<'c, C>,
        build: impl FnMut(&mut Parts<'c, C>) -> Result<T, BuildError>,
    ) -> Result<Self, BuildError> {
        let items = Vec::gather(parts, build)?;
        items.try_into().map_err(|_| BuildError::Order { wanted: "a list of another length" })
    }

    fn put_each<'s, 'v, C>(
        &'s self,
        values: &mut Values<'v, C>,
        mut put: impl FnMut(&'s T, &mut Values<'v, C>) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        values.list(N);
        self.iter().try_for_each(|item| put(item, values))
    }
}

/// The keys are the values of the index.
impl<T> Items for BTreeMap<usize, T> {
    type Item = T;
    const LEN: Option<usize> = None;
    const IS_KEYED: bool = true;
    const OPTIONS: usize = 0;

    fn gather<'c, C>(
        parts: &mut Parts<'c, C>,
        mut build: impl FnMut(&mut Parts<'c, C>) -> Result<T, BuildError>,
    ) -> Result<Self, BuildError> {
        parts.list()?.into_iter().map(|index| Ok((index, build(parts)?))).collect()
    }

    fn put_each<'s, 'v, C>(
        &'s self,
        values: &mut Values<'v, C>,
        mut put: impl FnMut(&'s T, &mut Values<'v, C>) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        values.keys(self.keys().copied());
        self.values().try_for_each(|item| put(item, values))
    }
}

impl<L: Items> Items for Option<L> {
    type Item = L::Item;
    const LEN: Option<usize> = L::LEN;
    const IS_KEYED: bool = L::IS_KEYED;
    const OPTIONS: usize = L::OPTIONS + 1;

    fn gather<'c, C>(
        parts: &mut Parts<'c, C>,
        build: impl FnMut(&mut Parts<'c, C>) -> Result<L::Item, BuildError>,
    ) -> Result<Self, BuildError> {
        if parts.present()? { L::gather(parts, build).map(Some) } else { Ok(None) }
    }

    fn put_each<'s, 'v, C>(
        &'s self,
        values: &mut Values<'v, C>,
        put: impl FnMut(&'s L::Item, &mut Values<'v, C>) -> Result<(), SaveError>,
    ) -> Result<(), SaveError> {
        values.present(self.is_some());
        self.as_ref().map_or(Ok(()), |list| list.put_each(values, put))
    }
}

macro_rules! pointers {
    ($($pointer:ident)*) => {$(
        impl<L: Items> Items for $pointer<L> {
            type Item = L::Item;
            const LEN: Option<usize> = L::LEN;
            const IS_KEYED: bool = L::IS_KEYED;
            const OPTIONS: usize = L::OPTIONS;

            fn gather<'c, C>(
                parts: &mut Parts<'c, C>,
                build: impl FnMut(&mut Parts<'c, C>) -> Result<L::Item, BuildError>,
            ) -> Result<Self, BuildError> {
                L::gather(parts, build).map(Self::new)
            }

            fn put_each<'s, 'v, C>(
                &'s self,
                values: &mut Values<'v, C>,
                put: impl FnMut(&'s L::Item, &mut Values<'v, C>) -> Result<(), SaveError>,
            ) -> Result<(), SaveError> {
                (**self).put_each(values, put)
            }
        }
    )*};
}

pointers!(Box Arc);
