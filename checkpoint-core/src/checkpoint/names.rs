//! Lookup of variables by any of their names: keys, object paths and full names, each with or without `:0`.

use std::collections::BTreeMap;

use checkpoint_schema::format::tensorflow::object_graph::ObjectGraph;
use checkpoint_schema::listing::catalog::{Catalog, Name, Variable};
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::{Names, full_names, near_names};
use smallvec::{SmallVec, smallvec};

use crate::checkpoint::Checkpoint;
use crate::read::{ReadError, ReadErrorKind, failed};

/// The maximum number of suggested names.
const SUGGESTED: usize = 3;

/// The suffix of a key, after the object path.
const VALUE_SUFFIX: &[u8] = b"/.ATTRIBUTES/VARIABLE_VALUE";

/// Names of variables in the object graph of a checkpoint.
#[derive(Debug)]
pub(crate) struct ObjectNames {
    graph: ObjectGraph,
    /// The indices of the variables with each full name.
    full_names: BTreeMap<Name, Vec<usize>>,
}

impl ObjectNames {
    pub(crate) fn new(graph: ObjectGraph, catalog: &Catalog) -> Self {
        let full_names = full_names(&graph, catalog).into_iter();
        let full_names = full_names.map(|(name, numbers)| (Name::from(name), numbers)).collect();
        Self { graph, full_names }
    }

    /// The indices of the variables with this name in the graph.
    fn numbers(&self, catalog: &Catalog, name: &[u8]) -> Vec<usize> {
        let value = self.graph.resolve(name);
        match value.and_then(|value| catalog.position(value.key.as_bytes())) {
            Some(number) => vec![number],
            None => self.full_names.get(&Name::from(name)).cloned().unwrap_or_default(),
        }
    }
}

impl Checkpoint {
    /// Returns the variable with this name; `None` if there is none, or if several have it as their full name.
    ///
    /// The name is the key of the variable, an object path, or a full name. Each may end in `:0`, as the names of tensors in
    /// `TensorFlow` do. The object graph is read only if the name is not a key.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&Variable> {
        self.get_only(&self.numbers(name.as_ref())).map(|(_, variable)| variable)
    }

    /// Returns the variable with this name, in any of the forms that [`get`](Self::get) accepts.
    ///
    /// # Errors
    /// Returns an error with the nearest names if there is none, or if there are several.
    pub fn find(&self, name: impl AsRef<[u8]>) -> Result<&Variable, ReadError> {
        self.find_number(name.as_ref()).map(|(_, variable)| variable)
    }

    /// The variables with these names. Names often have the order of the variables, so each is compared with the one after the
    /// last before it is looked up.
    pub(crate) fn find_many<T: AsRef<[u8]>>(
        &self,
        names: impl IntoIterator<Item = T>,
    ) -> Result<Vec<&Variable>, ReadError> {
        let mut next = 0_usize;
        let find = |name: T| {
            let name = name.as_ref();
            let after = self.variables().get(next).filter(|it| it.name.as_bytes() == name);
            let (number, variable) = match after {
                Some(variable) => (next, variable),
                None => self.find_number(name)?,
            };
            next = number.saturating_add(1);
            Ok(variable)
        };
        names.into_iter().map(find).collect()
    }

    /// The variable with this name, and its index.
    fn find_number(&self, name: &[u8]) -> Result<(usize, &Variable), ReadError> {
        let numbers = self.numbers(name);
        if let Some(only) = self.get_only(&numbers) {
            return Ok(only);
        }
        let asked = Name::from(name);
        let kind = if numbers.is_empty() {
            let nearest = self.nearest(name).into_iter().map(|(name, _)| name).collect();
            ReadErrorKind::Missing { nearest }
        } else {
            let variables = numbers.iter().filter_map(|&number| self.variables().get(number));
            let keys = variables.map(|variable| variable.name.clone()).take(SUGGESTED).collect();
            ReadErrorKind::Ambiguous { variables: numbers.len(), keys }
        };
        Err(failed(&asked, kind))
    }

    /// Returns up to three names near this one, of all kinds, with their variables. The nearest is first.
    #[must_use]
    pub fn nearest(&self, name: impl AsRef<[u8]>) -> Vec<(Name, &Variable)> {
        let name = name.as_ref();
        let name = Name::from(name.strip_suffix(b":0").unwrap_or(name)).to_string();
        let catalog = self.catalog();
        let mut kinds = vec![Names::of_keys(catalog)];
        if let Some(object_names) = self.object_names() {
            let named = |keys| Names::new(keys, catalog, Some(&object_names.graph)).ok();
            kinds.extend([Naming::ObjectPath, Naming::FullName].into_iter().filter_map(named));
        }
        let mut near: Vec<_> = kinds.iter().flat_map(|names| near_names(&name, names)).collect();
        // One suggestion for each variable is enough.
        near.sort_by_key(|&(distance, ..)| distance);
        let mut nearest: Vec<(Name, &Variable)> = Vec::new();
        for (_, number, name) in near {
            let Some(variable) = catalog.variables().get(number) else { continue };
            let is_known = nearest.iter().any(|(_, known)| known.name == variable.name);
            if nearest.len() < SUGGESTED && !is_known {
                nearest.push((Name::from(name), variable));
            }
        }
        nearest
    }

    /// The only one of these indices, and its variable; `None` for several.
    fn get_only(&self, numbers: &[usize]) -> Option<(usize, &Variable)> {
        let [number] = *numbers else { return None };
        Some((number, self.variables().get(number)?))
    }

    /// The indices of the variables with this name. Only a full name can have several.
    fn numbers(&self, name: &[u8]) -> SmallVec<[usize; 1]> {
        let catalog = self.catalog();
        let of_tensor = name.strip_suffix(b":0");
        let names = || [Some(name), of_tensor].into_iter().flatten();
        if let Some(number) = names().find_map(|name| catalog.position(name)) {
            return smallvec![number];
        }
        if let Some(object_names) = self.object_names() {
            let mut numbers = names().map(|name| object_names.numbers(catalog, name));
            return numbers.find(|numbers| !numbers.is_empty()).unwrap_or_default().into();
        }
        // Keys contain the object path, so this works without a readable graph.
        let key = |name: &[u8]| catalog.position([name, VALUE_SUFFIX].concat());
        names().find_map(key).into_iter().collect()
    }
}
