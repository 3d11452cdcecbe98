//! The parts of a struct that a checkpoint has.

use std::collections::{BTreeMap, BTreeSet};

use checkpoint_schema::model::description::{Absent, Cast, Field, Indices, Node, Path, Struct};
use checkpoint_schema::model::template::{Form, Piece, Placeholder};

use super::Variables;
use super::symbols::Scope;

/// A place in the tree.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// The path of the field: `Gpt2.blocks[0].w`.
    pub(super) path: String,
    /// The name so far; `None` if there is no variable.
    pub(super) name: Option<String>,
    pub(super) separator: Option<&'static str>,
    pub(super) indices: BTreeMap<&'static str, usize>,
    /// The indices in the name.
    pub(super) named: BTreeSet<&'static str>,
    pub(super) scope: Scope,
    pub(super) cast: Option<Cast>,
    /// The suffix of averages after the names of their variables.
    pub(super) shadow: Option<&'static str>,
    /// True if averages are never taken.
    pub(super) never: bool,
}

impl Place {
    /// Follows one of the paths of a field.
    pub(super) fn along(&self, field: &Field, path: usize) -> Self {
        let mut place = self.clone();
        place.never |= field.never_averaged;
        if let Some(path) = field.paths.get(path) {
            place.go(path);
        }
        place
    }

    /// Enters a struct.
    pub(super) fn into_struct(self, item: &Struct) -> Self {
        let mut place = self;
        place.separator = item.separator.or(place.separator);
        place.cast = item.cast.or(place.cast);
        if item.shadow.is_some() {
            (place.shadow, place.never) = (item.shadow, false);
        }
        place.go(&item.prefix);
        place
    }

    /// Sets the value of an index.
    pub(super) fn at(&self, index: &'static str, value: usize) -> Self {
        let mut place = self.clone();
        place.indices.insert(index, value);
        place
    }

    fn go(&mut self, path: &Path) {
        if path.absolute {
            self.name = None;
            self.named.clear();
        }
        if path.pieces.is_empty() {
            return;
        }
        let mut name =
            self.name.take().map_or_else(String::new, |name| name + self.separator.unwrap_or("/"));
        for part in path.pieces {
            match part {
                Piece::Text(text) => name += text,
                Piece::Index(placeholder) => {
                    name += &self.number(placeholder);
                    self.named.insert(placeholder.index);
                }
            }
        }
        self.name = Some(name);
    }

    fn number(&self, placeholder: &Placeholder<'_>) -> String {
        let Placeholder { index, factor, offset, form } = placeholder;
        // An index that is not bound is in no name.
        let Some(value) = self.indices.get(index) else { return placeholder.to_string() };
        let Some(number) = (factor * value).checked_add_signed(*offset) else {
            return placeholder.to_string();
        };
        match (form, number) {
            (Form::Plain, _) => number.to_string(),
            (Form::Padded(digits), _) => format!("{number:0digits$}"),
            (Form::Suffix, 0) => String::new(),
            (Form::Suffix, _) => format!("_{number}"),
        }
    }

    /// Returns the names of a field's variables, by one of its paths: those that are joined, or one. An average takes the place
    /// of its variable if it exists.
    pub(super) fn names(&self, field: &Field, path: usize, all: &Variables) -> Vec<String> {
        let paths = if field.joins_paths() { 0..field.paths.len() } else { path..path + 1 };
        let name = |path| {
            let place = self.along(field, path);
            let (name, average) = place.both();
            let is_there = |average: &String| !place.never && all.contains_key(average);
            if let Some(average) = average.filter(is_there) {
                return average;
            }
            let mut names = [name.clone()].into_iter().chain(self.ties(field));
            names.find(|name| all.contains_key(name)).unwrap_or(name)
        };
        paths.map(name).collect()
    }

    /// Returns all possible names of a field's variables, by one of its paths. A constant has no average.
    pub(super) fn all_names(&self, field: &Field, path: usize) -> Vec<String> {
        let paths = if field.joins_paths() { 0..field.paths.len() } else { path..path + 1 };
        let has_average = !matches!(field.node, Node::Constant(_));
        let both = |path| {
            let (name, average) = self.along(field, path).both();
            [name].into_iter().chain(average.filter(|_| has_average))
        };
        paths.flat_map(both).chain(self.ties(field)).collect()
    }

    /// Returns the tied names of a field's variable, without that of its path.
    pub(super) fn ties(&self, field: &Field) -> Vec<String> {
        let name = |tie: &Path| {
            let mut place = self.clone();
            place.go(tie);
            place.name.unwrap_or_default()
        };
        field.ties.iter().map(name).collect()
    }

    /// Returns the plain name of a place, and that of its average.
    fn both(&self) -> (String, Option<String>) {
        let name = self.name.clone().unwrap_or_default();
        let average =
            self.shadow.map(|shadow| format!("{name}{}{shadow}", self.separator.unwrap_or("/")));
        (name, average)
    }
}

/// True if some variable of a field's node exists.
pub(super) fn is_there(
    all: &Variables,
    field: &Field,
    path: usize,
    node: &Node,
    at: &Place,
) -> bool {
    match node {
        Node::Tensor(_) | Node::Split(_) | Node::Constant(_) => {
            let first = match field.stack() {
                Some((_, repeat)) => at.at(repeat.index, repeat.start),
                None => at.clone(),
            };
            first.names(field, path, all).iter().any(|name| all.contains_key(name))
        }
        Node::Dim(_) => false,
        Node::Optional(inner) => is_there(all, field, path, inner, at),
        Node::List(list) => {
            let Some(repeat) = field.repeat else { return false };
            let there = |index: &usize| {
                is_there(all, field, path, &list.element, &at.at(repeat.index, *index))
            };
            match field.indices {
                Indices::Range => there(&repeat.start),
                Indices::Listed(values) => values.iter().any(there),
                Indices::Any => numbers(all).any(|index| there(&index)),
            }
        }
        Node::Struct(item) => {
            let place = at.along(field, path).into_struct(item);
            item.fields.iter().any(|field| {
                (0..field.paths.len()).any(|path| is_there(all, field, path, &field.node, &place))
            })
        }
    }
}

/// All numbers that an index can have.
pub(super) fn numbers(all: &Variables) -> std::ops::Range<usize> {
    let digits = |name: &String| {
        let numbers = name.split(|letter: char| !letter.is_ascii_digit());
        numbers.filter_map(|digits| digits.parse().ok()).max().unwrap_or(0)
    };
    let most: usize = all.keys().map(digits).max().unwrap_or_default();
    0..most.saturating_add(3)
}

/// True if no variable of a field's node is missing.
pub(super) fn is_whole(
    all: &Variables,
    field: &Field,
    path: usize,
    node: &Node,
    at: &Place,
) -> bool {
    match node {
        Node::Tensor(_) | Node::Split(_) | Node::List(_) => is_there(all, field, path, node, at),
        Node::Dim(_) | Node::Constant(_) | Node::Optional(_) => true,
        Node::Struct(item) => {
            let place = at.along(field, path).into_struct(item);
            item.fields.iter().filter(|field| field.absent == Absent::Problem).all(|field| {
                let whole = |path| is_whole(all, field, path, &field.node, &place);
                field.paths.is_empty() || (0..field.paths.len()).any(whole)
            })
        }
    }
}
