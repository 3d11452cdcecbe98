//! Rules for names and layouts, on the command line.

use std::path::PathBuf;

use checkpoint_core::Rules;
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::failure::Failure;
use crate::file;

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
        if self.reverse {
            rules = rules.reversed()?;
        }
        for glob in &self.keep {
            rules = rules.keep(glob)?;
        }
        Ok(rules.and(self.ignored()?))
    }

    /// Returns rules that ignore the variables of `--ignore`, independent of other rules.
    pub(crate) fn ignored(&self) -> Result<Rules, Failure> {
        let ignore = |rules: Rules, glob: &String| Ok(rules.ignore(glob)?);
        self.ignore.iter().try_fold(Rules::default(), ignore)
    }
}
