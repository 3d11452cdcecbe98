//! `ckpt diff`: the differences between two checkpoints.

mod report;
mod values;

use std::io::Write as _;
use std::path::PathBuf;

use checkpoint_core::{Checkpoint, Name, ReadError, Rules, Variable, convert_plan};
use clap::Args;
use indicatif::DecimalBytes;

use self::report::Report;
use self::values::{Difference, compare, is_comparable};
use crate::command::{Threads, open};
use crate::failure::{Failure, Status};
use crate::in_order::in_order;
use crate::output::{self, Errors, counted};
use crate::rule_args::RuleArgs;
use crate::verify::bar;

#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// A checkpoint
    first: PathBuf,
    /// The checkpoint to compare it with
    second: PathBuf,
    /// Memory for the index of each besides 8 times its length [default: 64 MB]
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    threads: Threads,
    /// Compare names, dtypes and shapes alone
    #[arg(long)]
    no_values: bool,
}

/// A variable of both checkpoints.
#[derive(Clone, Copy, Debug)]
struct Pair<'c> {
    first: &'c Variable,
    second: &'c Variable,
}

/// The difference between a pair of variables, or the error with the number of the unreadable checkpoint.
type Compared = Result<Option<Difference>, (usize, ReadError)>;

impl Diff {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let [first, second] = [&self.first, &self.second].map(|path| open(path, self.memory));
        let (first, ignored) = converted(first?, &self.rules.rules()?)?;
        let (second, others) = converted(second?, &self.rules.ignored()?)?;
        let (pairs, mut report) = pairs(&first, &second);
        let size = |pair: &Pair<'_>| pair.first.size();
        let is_read = |pair: &Pair<'_>| {
            let Pair { first, second } = pair;
            // Reading an unreadable variable reports its error.
            let is_damaged = first.defect().is_some() || second.defect().is_some();
            !self.no_values && (is_comparable(first, second) || is_damaged)
        };
        let total =
            pairs.iter().filter(|pair| is_read(pair)).map(size).fold(0, u64::saturating_add);
        let bar = bar(total);
        let paths = [&first, &second].map(|one| Name::from(one.path().display().to_string()));
        let mut errors = Errors::default();
        let work = |pair: &Pair<'_>| -> Compared {
            if is_read(pair) { compare(&first, &second, pair) } else { Ok(None) }
        };
        in_order(self.threads.count(), &pairs, work, |pair, compared| {
            bar.inc(if is_read(pair) { size(pair) } else { 0 });
            match compared {
                Ok(difference) => report.add(*pair, difference, is_read(pair)),
                Err((number, error)) => {
                    let path = paths.get(number).map(Name::short);
                    let path = path.map(|path| format!("in `{path}`, ")).unwrap_or_default();
                    bar.suspend(|| errors.add(&format_args!("{path}{error}")));
                }
            }
            Ok::<(), Failure>(())
        })?;
        bar.finish_and_clear();
        errors.finish();
        let status = match (errors.count, report.is_same()) {
            (0, true) => Status::Good,
            (0, false) => Status::Bad,
            _ => Status::Unusable,
        };
        output::finish(status, |out| {
            report.write(out, &paths)?;
            for (path, ignored) in paths.iter().zip([&ignored, &others]) {
                for (glob, count) in ignored {
                    let count = counted(*count as u64, "variable");
                    writeln!(out, "ignored by `{glob}` in `{}`: {count}", path.short())?;
                }
            }
            let variables = counted(pairs.len() as u64, "variable");
            match status {
                Status::Good if self.no_values => {
                    writeln!(out, "{variables}: the same names, dtypes and shapes")
                }
                Status::Good => writeln!(out, "{variables}, {}: the same", DecimalBytes(total)),
                _ => writeln!(out, "{}", report.totals(errors.count)),
            }
        })
    }
}

/// Converts a checkpoint by rules. Returns it with the numbers of ignored variables.
fn converted(
    checkpoint: Checkpoint,
    rules: &Rules,
) -> Result<(Checkpoint, Vec<(String, usize)>), Failure> {
    // Without rules, damaged variables are reported one by one.
    if *rules == Rules::default() {
        return Ok((checkpoint, Vec::new()));
    }
    let (_, decided) = convert_plan(&checkpoint, rules, &[])?;
    let ignored = decided.ignored.into_iter().map(|(glob, numbers)| (glob, numbers.len()));
    Ok((checkpoint.converted(rules)?, ignored.collect()))
}

/// Returns the variables that both have, and a report of the others. Both catalogs are sorted by name.
fn pairs<'c>(first: &'c Checkpoint, second: &'c Checkpoint) -> (Vec<Pair<'c>>, Report<'c>) {
    let of_second = |first: &'c Variable| {
        let second = second.catalog().get(&first.name)?;
        Some(Pair { first, second })
    };
    let pairs: Vec<Pair<'c>> = first.variables().iter().filter_map(of_second).collect();
    let only = |one: &'c Checkpoint, other: &'c Checkpoint| {
        let variables = one.variables().iter();
        variables.filter(|variable| other.catalog().get(&variable.name).is_none()).collect()
    };
    let only = [only(first, second), only(second, first)];
    (pairs, Report::new(only))
}
