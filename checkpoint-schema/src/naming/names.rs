//! The names of a checkpoint's variables, as used in the paths of a struct.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::format::tensorflow::object_graph::{KEY, ObjectGraph, VALUE, VALUE_SUFFIX};
use crate::listing::catalog::{Catalog, Name, Variable};
use crate::model::description::Naming;
use crate::naming::object_paths;
use crate::problem::{Problem, ProblemKind, wording as say};

/// The names of all variables of a checkpoint, as the paths of a struct spell them.
///
/// With [`Naming::ObjectPath`] a variable has one name for each path to it in the object graph. Lookup accepts all of them;
/// only the shortest are listed. A variable keeps its key if the graph does not name it, or shares its name with another.
#[derive(Debug)]
pub struct Names<'a> {
    catalog: &'a Catalog,
    by: By<'a>,
}

#[derive(Debug)]
enum By<'a> {
    Key,
    Object {
        graph: &'a ObjectGraph,
        listed: Vec<Vec<Name>>,
    },
    /// The paths of objects, as far as keys contain them.
    KeyPath {
        listed: Vec<Vec<Name>>,
    },
    FullName {
        variables: BTreeMap<&'a [u8], Vec<usize>>,
        listed: Vec<Vec<Name>>,
    },
}

/// The variables with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matches {
    Nothing,
    /// The variable with this number.
    One(usize),
    /// Several variables with these numbers.
    Several(Vec<usize>),
}

impl<'a> Names<'a> {
    /// Creates the names of a checkpoint's variables, with this object graph.
    ///
    /// # Errors
    /// Returns an error if `naming` needs an object graph and there is none.
    pub fn new(
        naming: Naming,
        catalog: &'a Catalog,
        graph: Option<&'a ObjectGraph>,
    ) -> Result<Self, Vec<Problem>> {
        let by = match (naming, graph) {
            (Naming::Key, _) => By::Key,
            (Naming::ObjectPath, Some(graph)) => By::Object {
                graph,
                listed: keep_keys(catalog, object_paths::paths(graph, catalog)),
            },
            (Naming::FullName, Some(graph)) => {
                let variables = full_names(graph, catalog);
                let listed = keep_keys(catalog, listed(&variables, catalog));
                By::FullName { variables, listed }
            }
            (Naming::ObjectPath | Naming::FullName, None) => {
                let message = say::filled(say::NO_GRAPH, &[&naming.word()]);
                return Err(vec![Problem::of(ProblemKind::NoGraph, message)]);
            }
        };
        Ok(Self { catalog, by })
    }

    /// The object paths contained in keys: each key without `/.ATTRIBUTES/VARIABLE_VALUE`. For checkpoints with an unreadable object
    /// graph.
    #[must_use]
    pub fn of_key_paths(catalog: &'a Catalog) -> Self {
        let path = |key: &Name| {
            let path = object_paths::object_path(key);
            // The path may already be the key of another variable.
            let is_other = path.len() < key.as_bytes().len() && catalog.position(path).is_some();
            let is_free = !path.is_empty() && !is_other;
            if is_free { Name::from(path) } else { key.clone() }
        };
        let listed = catalog.variables().iter().map(|variable| vec![path(&variable.name)]);
        Self { catalog, by: By::KeyPath { listed: listed.collect() } }
    }

    /// The keys under which variables are stored.
    #[must_use]
    pub fn of_keys(catalog: &'a Catalog) -> Self {
        Self { catalog, by: By::Key }
    }

    /// The checkpoint.
    #[must_use]
    pub fn catalog(&self) -> &'a Catalog {
        self.catalog
    }

    /// The names of the variable with this number; at least one. The first is the one that matches its key.
    #[must_use]
    pub fn of(&self, number: usize) -> &[Name] {
        match &self.by {
            By::Key => std::slice::from_ref(&self.catalog.variables()[number].name),
            By::Object { listed, .. } | By::KeyPath { listed } | By::FullName { listed, .. } => {
                &listed[number]
            }
        }
    }

    /// The names of the variable with this number, and its key.
    pub(crate) fn and_key(&self, number: usize) -> impl Iterator<Item = String> {
        let key = &self.catalog.variables()[number].name;
        self.of(number).iter().chain([key]).map(ToString::to_string)
    }

    /// Finds the variables with a name.
    pub(crate) fn find(&self, name: &str) -> Matches {
        let found = match &self.by {
            By::Key => return self.catalog.position(name).map_or(Matches::Nothing, Matches::One),
            By::Object { graph, .. } => graph
                .resolve(name)
                .and_then(|attribute| self.catalog.position(attribute.key.as_bytes())),
            By::KeyPath { .. } => self.catalog.position(name.to_owned() + VALUE_SUFFIX),
            By::FullName { variables, .. } => {
                match variables.get(name.as_bytes()).map(Vec::as_slice) {
                    Some([number]) => Some(*number),
                    Some(several) => return Matches::Several(several.to_vec()),
                    None => None,
                }
            }
        };
        let kept = || self.catalog.position(name).filter(|&number| self.keeps_key(number));
        found.or_else(kept).map_or(Matches::Nothing, Matches::One)
    }

    /// The variable with this name, if there is exactly one.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&'a Variable> {
        let Matches::One(number) = self.find(name) else { return None };
        self.catalog.variables().get(number)
    }

    /// The number of the variable with this name, if there is exactly one.
    pub(crate) fn number_of(&self, name: &Name) -> Option<usize> {
        match self.find(name.as_str()?) {
            Matches::One(number) => Some(number),
            Matches::Nothing | Matches::Several(_) => None,
        }
    }

    /// The names shared by several variables, each with the paths and keys of these.
    pub(crate) fn ambiguous(&self) -> Vec<(Name, Vec<(String, String)>)> {
        let By::FullName { variables, .. } = &self.by else { return Vec::new() };
        let keys = self.catalog.variables();
        let named = |number: &usize| {
            let key = &keys[*number].name;
            (Name::from(object_paths::object_path(key)).to_string(), key.to_string())
        };
        let several = variables.iter().filter(|(_, numbers)| numbers.len() > 1);
        several
            .map(|(name, numbers)| (Name::from(*name), numbers.iter().map(named).collect()))
            .collect()
    }

    /// The names in the object graph that are asked for, each with its variable. Follows only beginnings that are admitted.
    pub(crate) fn reachable(
        &self,
        admits: impl Fn(&[u8]) -> bool,
        asks_for: impl Fn(&[u8]) -> bool,
    ) -> Vec<(Name, usize)> {
        let By::Object { graph, .. } = &self.by else { return Vec::new() };
        let found = object_paths::reachable(graph, &admits, &asks_for);
        let number = |name: Name| {
            let number = self.number_of(&name)?;
            Some((name, number))
        };
        found.into_iter().filter_map(number).collect()
    }

    fn keeps_key(&self, number: usize) -> bool {
        self.of(number).contains(&self.catalog.variables()[number].name)
    }

    /// True if the names come from the variable with this number, the object graph.
    pub(crate) fn come_from(&self, number: usize) -> bool {
        !self.are_keys() && self.catalog.variables()[number].name.as_bytes() == KEY.as_bytes()
    }

    /// The kind of the names.
    #[must_use]
    pub fn naming(&self) -> Naming {
        match self.by {
            By::Key => Naming::Key,
            By::Object { .. } | By::KeyPath { .. } => Naming::ObjectPath,
            By::FullName { .. } => Naming::FullName,
        }
    }

    /// True if the names are the keys.
    pub(crate) fn are_keys(&self) -> bool {
        matches!(self.by, By::Key)
    }
}

/// The variables of each full name, by number in the catalog.
#[must_use]
pub fn full_names<'g>(graph: &'g ObjectGraph, catalog: &Catalog) -> BTreeMap<&'g [u8], Vec<usize>> {
    let mut variables: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for value in graph.objects().filter_map(|object| object.attribute(VALUE)) {
        let full_name = value.full_name.as_bytes();
        if let Some(number) = catalog.position(value.key.as_bytes())
            && !full_name.is_empty()
        {
            variables.entry(full_name).or_default().push(number);
        }
    }
    for numbers in variables.values_mut() {
        numbers.sort_unstable();
        numbers.dedup();
    }
    variables
}

/// The full names that belong to a single variable, limited in number.
fn listed(variables: &BTreeMap<&[u8], Vec<usize>>, catalog: &Catalog) -> Vec<Vec<Name>> {
    let mut listed = vec![Vec::new(); catalog.variables().len()];
    for (name, numbers) in variables {
        if let [number] = numbers[..]
            && listed[number].len() < object_paths::WAYS
        {
            listed[number].push(Name::from(*name));
        }
    }
    listed
}

/// Uses the keys of variables without a name.
fn keep_keys(catalog: &Catalog, mut listed: Vec<Vec<Name>>) -> Vec<Vec<Name>> {
    for (names, variable) in listed.iter_mut().zip(catalog.variables()) {
        if names.is_empty() {
            names.push(variable.name.clone());
        }
    }
    listed
}
