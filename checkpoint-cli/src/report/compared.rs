//! The differences from another checkpoint, as `ckpt diff` finds them.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::Called;
use super::data::Data;
use crate::arguments::Threads;
use crate::diff::{Both, Difference, Pair, index};
use crate::failure::Failure;
use crate::number::rounded;
use crate::output::Errors;
use crate::verify::bar;

#[derive(Debug, Serialize)]
pub(super) struct Compared {
    /// The path of the second checkpoint.
    path: String,
    /// The differences, by the index of the variable. Equal variables are left out.
    differences: BTreeMap<usize, Kind>,
}

/// The difference of a variable.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    OnlyFirst,
    OnlySecond,
    /// The other dtype and shape if they differ, and the difference of the elements if there is one.
    Both {
        #[serde(skip_serializing_if = "Option::is_none")]
        spec: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        elements: Option<ElementDifferences>,
    },
    /// The error of the second checkpoint.
    Problem(String),
}

#[derive(Debug, Serialize)]
struct ElementDifferences {
    /// The number of elements that differ, and the number of those that are NaN in one alone.
    different: u64,
    nans: u64,
    /// The largest absolute and relative differences, formatted.
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<[String; 2]>,
    /// The index and the values of the first.
    index: Vec<u64>,
    values: [String; 2],
}

impl ElementDifferences {
    fn new(found: Difference, pair: &Pair<'_>) -> Self {
        Self {
            different: found.elements,
            nans: found.nans,
            most: found.most.map(|(most, relative)| {
                [format!("{:?}", rounded(most)), format!("{relative:.2e}")]
            }),
            index: index(found.first, pair.first.shape.dims()),
            values: found.values,
        }
    }
}

impl Data<'_> {
    /// Adds the differences between two checkpoints. Returns the number of errors of the second, which are printed; those of the first
    /// have been.
    pub(super) fn compare(
        &mut self,
        both: Both<'_>,
        called: &[Called<'_>],
        threads: &Threads,
    ) -> Result<u64, Failure> {
        let numbers: HashMap<&[u8], usize> = called
            .iter()
            .enumerate()
            .map(|(number, one)| (one.variable.name.as_bytes(), number))
            .collect();
        let number =
            |variable: &checkpoint_core::Variable| numbers.get(variable.name.as_bytes()).copied();
        let mut differences = BTreeMap::new();
        let [first, second] = both.only();
        differences.extend(first.into_iter().filter_map(number).map(|at| (at, Kind::OnlyFirst)));
        differences.extend(second.into_iter().filter_map(number).map(|at| (at, Kind::OnlySecond)));
        let pairs = both.pairs();
        let bar = bar(both.size(&pairs));
        let mut errors = Errors::default();
        both.compare(threads, &pairs, &bar, |pair, compared| {
            let kind = match compared {
                Ok(found) => {
                    let [one, other] = [pair.first.spec(), pair.second.spec()];
                    let spec = (one != other).then(|| other.to_string());
                    let elements = found.map(|found| ElementDifferences::new(found, &pair));
                    let is_same = spec.is_none() && elements.is_none();
                    (!is_same).then_some(Kind::Both { spec, elements })
                }
                Err((0, _)) => None,
                Err((_, error)) => {
                    bar.suspend(|| errors.add(&error));
                    Some(Kind::Problem(error.to_string()))
                }
            };
            differences.extend(number(pair.first).zip(kind));
        })?;
        bar.finish_and_clear();
        errors.finish();
        let path = both.second.path().display().to_string();
        self.compared = Some(Compared { path, differences });
        Ok(errors.count)
    }
}
