//! `ckpt verify --against tensorflow`: compares with what `TensorFlow` reads.

use std::collections::BTreeSet;
use std::io::Write as _;

use checkpoint_core::{Checkpoint, DType, Name, Variable};
use checkpoint_tensorflow::{Compared, compare};
use indicatif::{DecimalBytes, HumanCount};

use crate::arguments::{CheckpointArgs, Threads};
use crate::failure::{Failure, Status};
use crate::in_order::in_order;
use crate::output::{self, counted};
use crate::verify::bar;

/// Compares the variables of `TensorFlow` with ours.
pub(super) fn tensorflow(place: &CheckpointArgs, threads: &Threads) -> Result<Status, Failure> {
    let native = place.open()?;
    let theirs = checkpoint_tensorflow::open(place.path())?;
    let size = |name: &Name| native.catalog().get(name).map_or(0, Variable::size);
    let names = names([&native, &theirs]);
    let total = names.iter().map(size).fold(0, u64::saturating_add);
    let bar = bar(total);
    let (mut different, mut listed) = (0, Vec::new());
    let read = |name: &Name| compare(&native, &theirs, name);
    in_order(threads.count(), &names, read, |name, result| {
        bar.inc(size(name));
        match result {
            Ok(Compared::Same) => {}
            Ok(Compared::Listed(dtype)) => listed.push(dtype),
            Err(difference) => {
                different += 1;
                bar.suspend(|| output::error(&difference));
            }
        }
        Ok::<(), Failure>(())
    })?;
    bar.finish_and_clear();
    let variables = counted(names.len() as u64, "variable");
    let tensorflow = format!("TensorFlow {}", checkpoint_tensorflow::version()?);
    let status = if different == 0 { Status::Good } else { Status::Bad };
    output::finish(status, |out| {
        if different == 0 {
            let size = DecimalBytes(total);
            return writeln!(
                out,
                "{variables}, {size}: {tensorflow} reads the same{}",
                but(&listed)
            );
        }
        let different = HumanCount(different);
        writeln!(out, "different or not read: {different} of {variables}, by {tensorflow}")
    })
}

/// Returns the names that any of them lists, sorted.
fn names(checkpoints: [&Checkpoint; 2]) -> Vec<Name> {
    let variables = checkpoints.into_iter().flat_map(Checkpoint::variables);
    let names: BTreeSet<_> = variables.map(|variable| &variable.name).collect();
    names.into_iter().cloned().collect()
}

/// Describes the variables that were not compared.
fn but(listed: &[DType]) -> String {
    if listed.is_empty() {
        return String::new();
    }
    let dtypes: BTreeSet<_> = listed.iter().map(ToString::to_string).collect();
    let dtypes = Vec::from_iter(dtypes).join(", ");
    format!(
        ", but for the elements of {} that it was not asked for: {dtypes}",
        counted(listed.len() as u64, "variable")
    )
}
