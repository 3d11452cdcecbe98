//! The data of the page, as JSON.
//!
//! Variables are arrays without keys. Their dtypes and shapes are indices into lists. This makes a page of many variables small.

use std::collections::{BTreeMap, HashMap};

use checkpoint_core::{Checkpoint, DType, Defect, ReadError, Shape, Variable};
use checkpoint_scaffold::Scaffold;
use checkpoint_schema::model::family::families;
use serde::Serialize;

use super::compared::Compared;
use super::values::ElementSummary;
use super::{Called, Outcome};
use crate::failure::Failure;
use crate::output::known_size;

/// The maximum length of structs in a page, in bytes.
const MAX_STRUCTS: usize = 1 << 20;

#[derive(Debug, Serialize)]
pub(super) struct Data<'c> {
    /// The version of `ckpt`.
    version: &'static str,
    path: String,
    dtypes: Vec<DTypeName>,
    shapes: Vec<&'c Shape>,
    /// Sorted by their names.
    variables: Vec<Row>,
    /// Families of more than one variable, with the same dtype and shape and names that differ only in numbers.
    families: Vec<Family>,
    /// The values of each variable; empty if none were read.
    values: Vec<Option<ElementSummary>>,
    /// The errors of variables that cannot be read.
    problems: BTreeMap<usize, String>,
    structs: Structs,
    /// The comparison with another checkpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) compared: Option<Compared>,
}

/// The name of a dtype, such as `f32`.
#[derive(Debug, Serialize)]
struct DTypeName(&'static str);

/// The name, the indices of the dtype and the shape, and the size if it is known.
#[derive(Debug, Serialize)]
struct Row(String, usize, usize, Option<u64>);

/// The name, and the indices of the variables.
#[derive(Debug, Serialize)]
struct Family(String, Vec<usize>);

/// Structs for the checkpoint.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Structs {
    Text(String),
    /// The reason why there are none.
    Problem(String),
}

impl From<Result<Scaffold, Failure>> for Structs {
    fn from(structs: Result<Scaffold, Failure>) -> Self {
        match structs.map(|structs| structs.to_string()) {
            Ok(text) if text.len() <= MAX_STRUCTS => Self::Text(text),
            Ok(_) => Self::Problem("the structs are too long for a page".to_owned()),
            Err(failure) => Self::Problem(failure.to_string()),
        }
    }
}

impl<'c> Data<'c> {
    /// Creates the data, except for values.
    pub(super) fn new(checkpoint: &Checkpoint, called: &[Called<'c>], structs: Structs) -> Self {
        let mut dtypes = Numbers::default();
        let mut shapes = Numbers::default();
        let row = |Called { name, variable, .. }: &Called<'c>| {
            let size = known_size(variable.size(), variable.shape.elements());
            let shape = shapes.number(&variable.shape);
            Row(name.clone(), dtypes.number(variable.dtype), shape, size)
        };
        let variables = called.iter().map(row).collect();
        let problem = |(number, one): (usize, &Called<'_>)| {
            one.variable.defect().map(|defect: &Defect| (number, defect.to_string()))
        };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            path: checkpoint.path().display().to_string(),
            dtypes: dtypes.all.into_iter().map(|dtype: DType| DTypeName(dtype.short())).collect(),
            shapes: shapes.all,
            variables,
            families: several(called),
            values: Vec::new(),
            problems: called.iter().enumerate().filter_map(problem).collect(),
            structs,
            compared: None,
        }
    }

    /// Adds the values of the next variable. An error is added to the page, and returned.
    pub(super) fn add(&mut self, outcome: Outcome) -> Option<ReadError> {
        match outcome {
            Ok(values) => {
                self.values.push(Some(values));
                None
            }
            Err(error) => {
                self.problems.insert(self.values.len(), error.to_string());
                self.values.push(None);
                Some(error)
            }
        }
    }
}

/// Returns the families of more than one variable.
fn several(called: &[Called<'_>]) -> Vec<Family> {
    let renamed: Vec<Variable> = called
        .iter()
        .map(|one| Variable { name: one.name.as_str().into(), ..one.variable.clone() })
        .collect();
    let families = families(renamed.iter()).into_iter();
    let several = families.filter(|family| family.members.len() > 1);
    several.map(|family| Family(family.name, family.members)).collect()
}

/// Distinct values, each with its index.
struct Numbers<T> {
    all: Vec<T>,
    known: HashMap<T, usize>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { all: Vec::new(), known: HashMap::new() }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Numbers<T> {
    fn number(&mut self, value: T) -> usize {
        *self.known.entry(value).or_insert_with(|| {
            self.all.push(value);
            self.all.len() - 1
        })
    }
}
