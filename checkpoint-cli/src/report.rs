//! `ckpt report`: a page for a browser.

mod data;
mod grid;
mod page;
mod values;

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, Name, ReadError, Variable};
use checkpoint_scaffold::Options;
use checkpoint_schema::model::description::Naming;
use checkpoint_schema::plan::Names;
use clap::Args;

use self::data::{Data, Structs};
use self::values::{Detail, Values};
use crate::command::{Place, Threads};
use crate::damage::Damage;
use crate::failure::{Failure, Status};
use crate::file;
use crate::in_order::in_order;
use crate::ls::naming;
use crate::object_names::ObjectNames;
use crate::scaffold::structs;
use crate::verify::bar;

#[derive(Args, Debug)]
pub(crate) struct Report {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    threads: Threads,
    /// Write to this file, whole or not at all [default: `-`, standard output]
    #[arg(short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Read no tensors: leave out statistics, histograms and heat maps
    #[arg(long)]
    no_values: bool,
    /// Names of variables: `key`, `object_path` or `full_name`
    #[arg(
        long,
        value_name = "KIND",
        default_value = Naming::Key.word(),
        value_parser = naming(),
        hide_possible_values = true
    )]
    naming: Naming,
}

/// The result of reading a variable.
type Outcome = Result<Values, ReadError>;

impl Report {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let checkpoint = self.place.open()?;
        let graph = match ObjectNames::read(&checkpoint) {
            // Without the graph, the keys are enough for the page, except for its structs.
            Err(failure) if self.naming == Naming::Key => Err(failure),
            read => Ok(read?),
        };
        let names = match &graph {
            Ok(graph) => graph.names(self.naming, checkpoint.catalog())?,
            Err(_) => Names::of_keys(checkpoint.catalog()),
        };
        let called = called(&names);
        let values = (!self.no_values).then(|| self.read(&checkpoint, &called));
        let mut damage = Damage::new(checkpoint.catalog());
        let mut data = Data::new(&checkpoint, &called, self.structs(&checkpoint, &graph));
        for outcome in values.transpose()?.into_iter().flatten() {
            if let Some(error) = data.add(outcome) {
                damage.add(error);
            }
        }
        file::write(self.output.as_deref().unwrap_or(Path::new("-")), &page::page(&data)?)?;
        damage.tell();
        Ok(damage.status())
    }

    /// Reads all variables, several at once, each in pieces.
    fn read(
        &self,
        checkpoint: &Checkpoint,
        called: &[(String, &Variable)],
    ) -> Result<Vec<Outcome>, Failure> {
        let variables: Vec<&Variable> = called.iter().map(|(_, variable)| *variable).collect();
        let detail = Detail::of(&variables);
        let size = variables.iter().map(|variable| variable.size()).fold(0, u64::saturating_add);
        let bar = bar(size);
        let read = |variable: &&Variable| {
            values::read(checkpoint, variable, detail, |bytes| bar.inc(bytes))
        };
        let mut outcomes = Vec::with_capacity(variables.len());
        in_order(self.threads.count(), &variables, read, |_, outcome| {
            outcomes.push(outcome);
            Ok::<(), Failure>(())
        })?;
        bar.finish_and_clear();
        Ok(outcomes)
    }

    /// Returns the structs of `ckpt scaffold`, or the reason why there are none.
    fn structs(&self, checkpoint: &Checkpoint, graph: &Result<ObjectNames, Failure>) -> Structs {
        let naming = Some(self.naming).filter(|naming| *naming != Naming::Key);
        let path = checkpoint.path().display().to_string();
        let options = Options::new("Model", &path, checkpoint.budget());
        match graph {
            Ok(graph) => structs(checkpoint, graph, naming, options).into(),
            Err(failure) => Structs::Problem(failure.to_string()),
        }
    }
}

/// Returns all variables with the first of their names, sorted by name.
fn called<'c>(names: &Names<'c>) -> Vec<(String, &'c Variable)> {
    let with_name = |(number, variable): (usize, &'c Variable)| {
        let name: &Name = names.of(number).first().unwrap_or(&variable.name);
        (name.to_string(), variable)
    };
    let mut called: Vec<_> =
        names.catalog().variables().iter().enumerate().map(with_name).collect();
    called.sort_by(|(one, _), (other, _)| one.cmp(other));
    called
}
