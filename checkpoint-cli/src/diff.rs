//! `ckpt diff`: the differences between two checkpoints.

mod report;
mod values;

use std::io::Write as _;
use std::path::PathBuf;

use checkpoint_core::{
    Catalog, Checkpoint, Name, Naming, ReadError, Rules, Variable, convert_plan,
};
use clap::Args;
use indicatif::{DecimalBytes, ProgressBar};

use self::report::Report;
pub(crate) use self::report::index;
pub(crate) use self::values::Difference;
use self::values::{compare, is_comparable};
use crate::arguments::{Threads, open};
use crate::failure::{Failure, Status};
use crate::in_order::in_order;
use crate::output::{self, Errors, counted};
use crate::rule_args::RuleArgs;
use crate::verify::bar;

#[derive(Args, Debug)]
pub(crate) struct Diff {
    /// First checkpoint
    first: PathBuf,
    /// Second checkpoint
    second: PathBuf,
    /// Memory for each index, beyond 8 times its length [default: 64 MB]
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    threads: Threads,
    /// Do not compare values
    #[arg(long)]
    no_values: bool,
}

/// A variable of both checkpoints.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair<'c> {
    pub(crate) first: &'c Variable,
    pub(crate) second: &'c Variable,
}

/// The difference between a pair of variables, or the error with the number of the unreadable checkpoint.
pub(crate) type Compared = Result<Option<Difference>, (usize, ReadError)>;

/// Two checkpoints with the same names.
#[derive(Clone, Copy)]
pub(crate) struct Both<'c> {
    pub(crate) first: &'c Checkpoint,
    pub(crate) second: &'c Checkpoint,
    /// False if only names, dtypes and shapes are compared.
    pub(crate) with_values: bool,
}

impl<'c> Both<'c> {
    /// Returns the variables that both have. The catalogs are sorted by name.
    pub(crate) fn pairs(self) -> Vec<Pair<'c>> {
        let of_second = |first: &'c Variable| {
            let second = self.second.catalog().get(&first.name)?;
            Some(Pair { first, second })
        };
        self.first.variables().iter().filter_map(of_second).collect()
    }

    /// Returns the variables of only the first checkpoint, and of only the second.
    pub(crate) fn only(self) -> [Vec<&'c Variable>; 2] {
        let only = |one: &'c Checkpoint, other: &Checkpoint| {
            let variables = one.variables().iter();
            variables.filter(|variable| other.catalog().get(&variable.name).is_none()).collect()
        };
        [only(self.first, self.second), only(self.second, self.first)]
    }

    /// True if the elements of a pair are compared.
    pub(crate) fn is_read(self, Pair { first, second }: &Pair<'_>) -> bool {
        // Reading an unreadable variable reports its error.
        let is_damaged = first.defect().is_some() || second.defect().is_some();
        self.with_values && (is_comparable(first, second) || is_damaged)
    }

    /// Returns the number of bytes of the first checkpoint that are compared.
    pub(crate) fn size(self, pairs: &[Pair<'_>]) -> u64 {
        let read = pairs.iter().filter(|pair| self.is_read(pair));
        read.map(|pair| pair.first.size()).fold(0, u64::saturating_add)
    }

    /// Compares pairs, several at once. Passes the results to `take` in the order of the pairs.
    pub(crate) fn compare(
        self,
        threads: &Threads,
        pairs: &[Pair<'c>],
        bar: &ProgressBar,
        mut take: impl FnMut(Pair<'c>, Compared),
    ) -> Result<(), Failure> {
        let work = |pair: &Pair<'_>| {
            if self.is_read(pair) { compare(self.first, self.second, pair) } else { Ok(None) }
        };
        in_order(threads.count(), pairs, work, |pair, compared| {
            bar.inc(if self.is_read(pair) { pair.first.size() } else { 0 });
            take(*pair, compared);
            Ok(())
        })
    }
}

impl Diff {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let [first, second] = [&self.first, &self.second].map(|path| open(path, self.memory));
        let [(first, ignored), (second, others)] = converted_both([first?, second?], &self.rules)?;
        let both = Both { first: &first, second: &second, with_values: !self.no_values };
        let (pairs, mut report) = (both.pairs(), Report::new(both.only()));
        let total = both.size(&pairs);
        let bar = bar(total);
        let paths = [&first, &second].map(|one| Name::from(one.path().display().to_string()));
        let mut errors = Errors::default();
        both.compare(&self.threads, &pairs, &bar, |pair, compared| match compared {
            Ok(difference) => report.add(pair, difference, both.is_read(&pair)),
            Err((number, error)) => {
                let path = paths.get(number).map(Name::short);
                let path = path.map(|path| format!("in `{path}`, ")).unwrap_or_default();
                bar.suspend(|| errors.add(&format_args!("{path}{error}")));
            }
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

/// A converted checkpoint, and the numbers of ignored variables.
pub(crate) type Converted = (Checkpoint, Vec<(String, usize)>);

/// Converts the checkpoints of a comparison.
pub(crate) fn converted_both(
    [first, second]: [Checkpoint; 2],
    rules: &RuleArgs,
) -> Result<[Converted; 2], Failure> {
    let mut of_first = rules.rules()?;
    let mut of_second = rules.of_second(&of_first)?;
    let are_names_compared = of_first.is_empty() && of_first.naming() != Naming::Key;
    if are_names_compared {
        // One checkpoint can have the names as its keys.
        match [has_graph(&first)?, has_graph(&second)?] {
            [true, false] => of_second = of_second.named_by(Naming::Key),
            [false, true] => of_first = of_first.named_by(Naming::Key),
            _ => {}
        }
    }
    let mut converted_first = converted(&first, &of_first)?;
    // Of several names of a variable, the one that the other checkpoint has is compared.
    if of_second.naming() != Naming::Key {
        of_second = of_second.named_like(catalog(&first, converted_first.as_ref()));
    }
    let converted_second = converted(&second, &of_second)?;
    if are_names_compared && of_first.naming() != Naming::Key {
        of_first = of_first.named_like(catalog(&second, converted_second.as_ref()));
        converted_first = converted(&first, &of_first)?;
    }
    let or_whole = |whole, converted: Option<Converted>| converted.unwrap_or((whole, Vec::new()));
    Ok([or_whole(first, converted_first), or_whole(second, converted_second)])
}

fn catalog<'c>(whole: &'c Checkpoint, converted: Option<&'c Converted>) -> &'c Catalog {
    converted.map_or(whole, |(converted, _)| converted).catalog()
}

fn has_graph(checkpoint: &Checkpoint) -> Result<bool, Failure> {
    Ok(checkpoint.object_graph()?.is_some())
}

/// Converts a checkpoint by rules; `None` if there are none.
pub(crate) fn converted(
    checkpoint: &Checkpoint,
    rules: &Rules,
) -> Result<Option<Converted>, Failure> {
    // Without rules, damaged variables are reported one by one.
    if *rules == Rules::default() {
        return Ok(None);
    }
    let (_, decided) = convert_plan(checkpoint, rules, &[])?;
    let ignored = decided.ignored.into_iter().map(|(glob, numbers)| (glob, numbers.len()));
    Ok(Some((checkpoint.converted(rules)?, ignored.collect())))
}
