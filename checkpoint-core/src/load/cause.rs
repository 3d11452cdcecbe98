//! A data file that is missing, or of another checkpoint, is reported once for all of its variables.

use std::num::NonZero;

use checkpoint_schema::listing::catalog::Variable;
use checkpoint_schema::plan::Plan;

use crate::checkpoint::Checkpoint;
use crate::load::error::LoadError;
use crate::read::{ReadError, Reading};

/// The largest number of variables that are compared with a data file, and their largest total size in bytes.
const COMPARED: (usize, u64) = (64, 16 << 20);

/// The smallest number of damaged variables that show another checkpoint.
const FEW: usize = 3;

/// Replaces the error of a variable by that of its data file, if the file is the cause for other variables of the load too.
pub(super) fn of_file(
    checkpoint: &Checkpoint,
    plan: &Plan<'_>,
    reading: Reading<'_>,
    error: LoadError,
) -> LoadError {
    let LoadError::Read { source, .. } = &error else { return error };
    let shard = checkpoint.get(&source.variable).and_then(|found| found.place.only_shard());
    let Some(shard) = shard else { return error };
    let mut numbers: Vec<usize> = plan.reads.iter().map(|read| read.variable).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let variables = numbers.iter().filter_map(|&number| checkpoint.variables().get(number));
    let of_file: Vec<&Variable> =
        variables.filter(|variable| variable.place.only_shard() == Some(shard)).collect();
    if source.kind.is_of_file() && of_file.len() > 1 {
        return LoadError::File { variables: of_file.len(), source: source.kind.clone() };
    }
    compare(source, of_file, reading).unwrap_or(error)
}

/// Compares the smallest variables of a data file with their checksums. Returns an error if most of them are wrong.
fn compare(
    first: &ReadError,
    mut variables: Vec<&Variable>,
    reading: Reading<'_>,
) -> Option<LoadError> {
    let path = first.kind.mismatched_file()?;
    variables.retain(|variable| {
        variable.name != first.variable && variable.size() > 0 && variable.place.has_checksum()
    });
    variables.sort_by_key(|variable| variable.size());
    let (most, mut left) = COMPARED;
    let affordable = |variable: &&&Variable| {
        let rest = left.checked_sub(variable.size());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    let compared: Vec<&Variable> =
        variables.iter().take(most).take_while(affordable).copied().collect();
    let one = Reading { threads: NonZero::new(1), verify: true, on_progress: None, ..reading };
    let is_wrong = |variable: &&&Variable| {
        let error = one.check(&[**variable]).err();
        error.is_some_and(|error| error.kind.mismatched_file() == Some(path))
    };
    let wrong = compared.iter().filter(is_wrong).count() + 1;
    let compared = compared.len() + 1;
    (wrong >= FEW && 2 * wrong > compared).then(|| LoadError::OtherFile {
        path: path.to_owned(),
        wrong,
        compared,
        variable: first.variable.clone(),
    })
}
