//! Rules for names and layouts, on the command line.

use std::path::PathBuf;

use checkpoint_core::{Naming, Rules};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::failure::Failure;
use crate::file;
use crate::ls::naming;

/// The rules of a conversion.
#[derive(Args, Debug)]
pub(crate) struct RuleArgs {
    /// File of rules, one per line; `-` for standard input
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,
    /// One rule: `FROM -> TO`, or `FROM -> TO : STEPS`
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,
    /// Rules from TensorFlow to PyTorch for a model, such as `gpt2`
    #[arg(long, value_name = "NAME", value_parser = models(), hide_possible_values = true)]
    model: Option<String>,
    /// Names before `->`: `key`, `object_path` or `full_name`
    #[arg(long, value_name = "KIND", value_parser = naming(), hide_possible_values = true)]
    naming: Option<Naming>,
    /// Reverse the rules
    #[arg(long)]
    reverse: bool,
    /// Skip variables: a glob, `optimizer`, `bookkeeping` or `ema`
    #[arg(long, value_name = "GLOB")]
    ignore: Vec<String>,
    /// Keep variables that no rule matches unchanged
    #[arg(long, value_name = "GLOB")]
    keep: Vec<String>,
}

fn models() -> PossibleValuesParser {
    PossibleValuesParser::new(Rules::known_models().collect::<Vec<_>>())
}

impl RuleArgs {
    /// The model that is converted from TensorFlow to PyTorch, if it is one.
    pub(crate) fn to_pytorch(&self) -> Option<&str> {
        self.model.as_deref().filter(|_| !self.reverse)
    }

    pub(crate) fn rules(&self) -> Result<Rules, Failure> {
        let mut rules = match &self.model {
            Some(model) => Rules::known(model).unwrap_or_default(),
            None => Rules::default(),
        };
        for path in &self.rules {
            let failed = |error| Failure::Rules { file: path.to_owned(), error };
            let bytes = file::read(path)?;
            rules = rules.and(Rules::parse(&String::from_utf8_lossy(&bytes)).map_err(failed)?);
        }
        rules = rules.and(Rules::parse(&self.rule.join("\n"))?);
        if let Some(naming) = self.naming {
            rules = rules.named_by(naming);
        }
        if self.reverse {
            rules = rules.reversed()?;
        }
        for glob in &self.keep {
            rules = rules.keep(glob)?;
        }
        Ok(rules.and(self.ignored()?))
    }

    /// Returns the rules of the second checkpoint of a comparison: it has the names after `->`, or those of the first if no rule
    /// changes them.
    pub(crate) fn of_second(&self, first: &Rules) -> Result<Rules, Failure> {
        let naming = if first.is_empty() { first.naming() } else { first.target_naming() };
        let ignored = self.ignored()?;
        Ok(if naming == Naming::Key { ignored } else { ignored.named_by(naming) })
    }

    /// Returns rules that ignore the variables of `--ignore`, independent of other rules.
    fn ignored(&self) -> Result<Rules, Failure> {
        let ignore = |rules: Rules, glob: &String| Ok(rules.ignore(glob)?);
        self.ignore.iter().try_fold(Rules::default(), ignore)
    }
}
