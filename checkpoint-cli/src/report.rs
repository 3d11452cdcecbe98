//! `ckpt report`: a page for a browser.

mod compared;
mod data;
mod heat_map;
mod page;
mod values;

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, Name, ReadError, Rules, Variable};
use checkpoint_scaffold::Options;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::naming::Names;
use clap::Args;

use self::data::{Data, Structs};
use self::values::{Detail, ElementSummary};
use crate::arguments::{CheckpointArgs, Threads};
use crate::damage::Damage;
use crate::diff::{Both, converted, converted_both};
use crate::failure::{Failure, Status};
use crate::file;
use crate::in_order::in_order;
use crate::object_names::ObjectNames;
use crate::rule_args::RuleArgs;
use crate::scaffold::structs;
use crate::verify::bar;

#[derive(Args, Debug)]
pub(crate) struct Report {
    #[command(flatten)]
    place: CheckpointArgs,
    /// Second checkpoint, for comparison
    second: Option<PathBuf>,
    #[command(flatten)]
    rules: RuleArgs,
    #[command(flatten)]
    threads: Threads,
    /// Output file, written as a whole or not [default: `-`, standard output]
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Do not read tensors: no statistics, histograms and heat maps
    #[arg(long)]
    no_values: bool,
}

/// The result of reading a variable.
type Outcome = Result<ElementSummary, ReadError>;

impl Report {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let (checkpoint, second, naming) = self.checkpoints()?;
        let second = second.as_ref();
        let graph = match ObjectNames::read(&checkpoint) {
            // Without the graph, the keys are enough for the page, except for its structs.
            Err(failure) if naming == Naming::Key => Err(failure),
            read => Ok(read?),
        };
        let names = match &graph {
            Ok(graph) => graph.names(naming, checkpoint.catalog())?,
            Err(_) => Names::of_keys(checkpoint.catalog()),
        };
        let called = called(&checkpoint, &names, second);
        let values = (!self.no_values).then(|| self.read(&called));
        let mut damage = Damage::new(checkpoint.catalog());
        let mut data = Data::new(&checkpoint, &called, structs_of(&checkpoint, &graph, naming));
        for outcome in values.transpose()?.into_iter().flatten() {
            if let Some(error) = data.add(outcome) {
                damage.add(error);
            }
        }
        let errors_of_second = match second {
            Some(second) => {
                let both = Both { first: &checkpoint, second, with_values: !self.no_values };
                data.compare(both, &called, &self.threads)?
            }
            None => 0,
        };
        file::write(self.output.as_deref().unwrap_or(Path::new("-")), &page::page(&data)?)?;
        damage.tell();
        Ok(if errors_of_second > 0 { Status::Bad } else { damage.status() })
    }

    /// Returns the checkpoints with the names of the rules, and the kind of names of the page.
    fn checkpoints(&self) -> Result<(Checkpoint, Option<Checkpoint>, Naming), Failure> {
        let first = self.place.open()?;
        if let Some(second) = &self.second {
            let both = converted_both([first, self.place.open_beside(second)?], &self.rules)?;
            let [first, second] = both.map(|(checkpoint, _)| checkpoint);
            return Ok((first, Some(second), Naming::Key));
        }
        let rules = self.rules.rules()?;
        // Names alone convert nothing, so that the page still has the object graph.
        if rules == Rules::default().named_by(rules.naming()) {
            return Ok((first, None, rules.naming()));
        }
        let converted = converted(&first, &rules)?.map(|(converted, _)| converted);
        Ok((converted.unwrap_or(first), None, Naming::Key))
    }

    /// Reads all variables, several at once, each in pieces.
    fn read(&self, called: &[Called<'_>]) -> Result<Vec<Outcome>, Failure> {
        let variables: Vec<&Variable> = called.iter().map(|one| one.variable).collect();
        let detail = Detail::of(&variables);
        let size = variables.iter().map(|variable| variable.size()).fold(0, u64::saturating_add);
        let bar = bar(size);
        let read = |one: &Called<'_>| {
            values::read(one.checkpoint, one.variable, detail, |bytes| bar.inc(bytes))
        };
        let mut outcomes = Vec::with_capacity(variables.len());
        in_order(self.threads.count(), called, read, |_, outcome| {
            outcomes.push(outcome);
            Ok::<(), Failure>(())
        })?;
        bar.finish_and_clear();
        Ok(outcomes)
    }
}

/// Returns the structs of `ckpt scaffold`, or the reason why there are none.
fn structs_of(
    checkpoint: &Checkpoint,
    graph: &Result<ObjectNames, Failure>,
    naming: Naming,
) -> Structs {
    let naming = Some(naming).filter(|naming| *naming != Naming::Key);
    let path = checkpoint.path().display().to_string();
    let options = Options::new("Model", &path, checkpoint.budget());
    match graph {
        Ok(graph) => structs(checkpoint, graph, naming, options).into(),
        Err(failure) => Structs::Problem(failure.to_string()),
    }
}

/// A variable with the name that the page calls it by.
struct Called<'c> {
    name: String,
    variable: &'c Variable,
    checkpoint: &'c Checkpoint,
}

/// Returns all variables with the first of their names, and those of only the second checkpoint, sorted by name.
fn called<'c>(
    checkpoint: &'c Checkpoint,
    names: &Names<'c>,
    second: Option<&'c Checkpoint>,
) -> Vec<Called<'c>> {
    let with_name = |(number, variable): (usize, &'c Variable)| {
        let name: &Name = names.of(number).first().unwrap_or(&variable.name);
        Called { name: name.to_string(), variable, checkpoint }
    };
    let mut called: Vec<_> =
        names.catalog().variables().iter().enumerate().map(with_name).collect();
    if let Some(second) = second {
        let [_, only] = Both { first: checkpoint, second, with_values: false }.only();
        called.extend(only.into_iter().map(|variable| Called {
            name: variable.name.to_string(),
            variable,
            checkpoint: second,
        }));
    }
    called.sort_by(|one, other| one.name.cmp(&other.name));
    called
}
