//! Rules for the names and layouts of a checkpoint, in the language of the attributes. Each rule is a line.
//!
//! ```text
//! # From OpenAI's GPT-2 to that of `transformers`.
//! naming key
//! model/wte                -> wte.weight
//! model/h<i>/attn/c_attn/w -> h.<i>.attn.c_attn.weight : squeeze(0)
//! model/h<i>/qkv           -> h.<i>.q, h.<i>.k, h.<i>.v : split(axis = 1)
//! optional output/bias     -> head.bias
//! prefer model/wte/average -> wte.weight
//! ignore optimizer, "global_step"
//! keep "extra/**"
//! alias to "", "transformer."
//! reverse ignore "**.attn.bias"
//! ```
//!
//! Paths before and after `->` can have indices, as in `#[ckpt(path = "...")]`. Steps follow a colon with spaces around it.
//! Rules are as strict as structs. Each variable must match one rule, be ignored, or be kept unchanged. Each rule must match a
//! variable, unless it is `optional` or `prefer`. All problems are reported together.
//!
//! `naming` sets the kind of the names before `->`: `key`, `object_path` or `full_name`, as in `#[ckpt(naming = "...")]`.
//!
//! `alias from` lists alternative prefixes of the names before `->`. A name with the first prefix may have another one instead.
//! `alias to` does the same for the names after `->`: the first prefix is written. `reverse ignore` ignores such names. Both are
//! for reversed rules.

mod alias;
mod decide;
mod dialects;
mod display;
mod known;
mod parse;
mod reverse;
mod steps;
mod summary;

use std::collections::BTreeSet;
use std::fmt;

pub use self::decide::{Decided, Target, TargetSource};
pub use self::summary::SummaryRow;
use crate::listing::catalog::{Name, Spec};
use crate::model::description::{Ignore, Naming, Op};
use crate::model::template::Piece;

/// Rules for the names and layouts of a conversion: see [`parse`](Self::parse) for their text.
///
/// The text of rules is never freed. A conversion is planned like a struct, and struct descriptions are constants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    lines: Vec<Rule>,
    /// The kind of the names before `->`; `None` stands for keys.
    naming: Option<Naming>,
    /// The kind of the names after `->`, in reversed rules.
    target_naming: Option<Naming>,
    /// The names for kept variables that have several.
    alike: BTreeSet<Name>,
    ignore: Vec<Ignore<'static>>,
    /// The variables to skip when the rules are reversed.
    reverse_ignore: Vec<Ignore<'static>>,
    /// Alternative prefixes of source names. The first is the one in the rules.
    aliases: Vec<Vec<String>>,
    /// Alternative prefixes of target names. The first is written.
    reverse_aliases: Vec<Vec<String>>,
    keep: Vec<String>,
    /// True if variables without a rule are kept.
    keep_all: bool,
    /// True if rules may match nothing, because the checkpoint is a part of a larger one.
    of_part: bool,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    /// The line number, from 1.
    line: usize,
    /// The sources. Several are joined.
    from: Vec<Template>,
    /// The targets. Several are split.
    to: Vec<Template>,
    steps: Vec<Op>,
    /// True if the variable may be missing.
    optional: bool,
    /// True if the rule replaces other rules with the same target name.
    preferred: bool,
}

/// A path with indices.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    text: &'static str,
    pieces: Vec<Piece<'static>>,
}

impl Template {
    fn indices(&self) -> impl Iterator<Item = &'static str> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Index(placeholder) => Some(placeholder.index),
            Piece::Text(_) => None,
        })
    }

    /// The smallest value of the indices for which no number is negative.
    fn first(&self) -> usize {
        let first = |piece: &Piece<'_>| match piece {
            Piece::Index(placeholder) => placeholder.first(),
            Piece::Text(_) => 0,
        };
        self.pieces.iter().map(first).max().unwrap_or_default()
    }
}

/// All problems of rules.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RulesError {
    /// The problems, at least one.
    pub problems: Vec<RuleProblem>,
}

/// As `Display`, so that an error returned from `main` is printed as its message.
impl fmt::Debug for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A problem of rules, or of rules and a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleProblem {
    /// A line is not a valid rule.
    Line {
        /// The line number, from 1.
        line: usize,
        /// The message.
        problem: String,
    },
    /// A glob outside the rules, such as `ckpt convert --ignore`, cannot be parsed.
    Glob {
        /// The message.
        problem: String,
    },
    /// A rule cannot be reversed.
    NoWayBack {
        /// The line.
        line: usize,
        /// The step.
        step: String,
        /// The fix.
        way_out: &'static str,
    },
    /// No rule can express a field of a struct.
    Field {
        /// The field.
        field: String,
        /// The reason.
        reason: String,
    },
    /// A struct has no such dialect.
    Dialect {
        /// The dialect.
        dialect: String,
        /// The names of all dialects of the struct.
        known: Vec<&'static str>,
    },
    /// No rule matches any variable.
    Other {
        /// A variable of the checkpoint.
        example: String,
    },
    /// No rule matches any key, but some match names of another kind.
    OtherNaming {
        /// The naming of the matched names.
        naming: Naming,
        /// A variable under its name of that kind.
        example: String,
    },
    /// A rule matches no variable.
    Idle {
        /// The line.
        line: usize,
        /// The path.
        path: &'static str,
        /// The nearest variable.
        nearest: Option<String>,
    },
    /// A variable that a rule joins is missing.
    Missing {
        /// The line.
        line: usize,
        /// The name.
        name: String,
    },
    /// A number in a new name would be negative.
    Negative {
        /// The line.
        line: usize,
        /// The path of the new name.
        path: &'static str,
        /// The source variable of the rule.
        name: String,
    },
    /// Several rules take the whole of a variable.
    Taken {
        /// The lines.
        lines: Vec<usize>,
        /// The variable.
        name: String,
    },
    /// A rule matches ignored variables, whose names differ only in numbers.
    Ignored {
        /// The line.
        line: usize,
        /// Their merged name.
        name: String,
        /// Their number.
        count: usize,
        /// The glob or preset.
        glob: String,
    },
    /// No rule matches these variables, whose names differ only in numbers.
    Unmapped {
        /// Their merged name.
        family: String,
        /// The dtype and shape of each.
        spec: Spec,
        /// Their number.
        count: usize,
    },
    /// Two variables would have one name.
    Twice {
        /// The lines.
        lines: [Option<usize>; 2],
        /// The name.
        name: String,
    },
    /// The steps of a rule cannot be applied.
    Steps {
        /// The line.
        line: usize,
        /// The message about the variable.
        problem: String,
    },
}

impl fmt::Display for RuleProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { line, problem } | Self::Steps { line, problem } => {
                write!(f, "line {line}: {problem}")
            }
            Self::Glob { problem } => f.write_str(problem),
            Self::NoWayBack { line, step, way_out } => {
                write!(f, "line {line}: `{step}` has no way back; {way_out}")
            }
            Self::Field { field, reason } => write!(f, "field `{field}`: {reason}"),
            Self::Dialect { dialect, known } => {
                write!(f, "no dialect `{dialect}`; the struct has {}", names(known))
            }
            Self::Other { example } => write!(
                f,
                "no rule takes any variable, such as `{example}`; the rules are for another checkpoint"
            ),
            Self::OtherNaming { naming, example } => write!(
                f,
                "no rule takes any key, but `{example}` is {}; write the line `naming {}`",
                if *naming == Naming::ObjectPath { "an object path" } else { "a full name" },
                naming.word()
            ),
            Self::Idle { line, path, nearest: Some(nearest) } => {
                write!(f, "line {line}: missing variable `{path}`; did you mean `{nearest}`?")
            }
            Self::Idle { line, path, nearest: None } => {
                write!(f, "line {line}: missing variable `{path}`; remove the line")
            }
            Self::Missing { line, name } => {
                write!(
                    f,
                    "line {line}: missing variable `{name}` to join with the others; remove it"
                )
            }
            Self::Negative { line, path, name } => write!(
                f,
                "line {line}: a number in `{path}` would be negative for `{name}`; write a rule of its own for that"
            ),
            Self::Taken { lines, name } => {
                let lines = joined(lines, " and ");
                write!(f, "lines {lines} take `{name}`; leave one of them")
            }
            Self::Ignored { line, name, count, glob } => {
                let (taken, them) = several(name, *count);
                write!(
                    f,
                    "line {line} takes {taken}, but `{glob}` ignores {them}; remove one of the two"
                )
            }
            Self::Unmapped { family, spec, count } => {
                let (taken, them) = several(family, *count);
                write!(f, "no rule takes {taken}, {spec}; write one, or `ignore` {them}")
            }
            Self::Twice { lines, name } => write!(
                f,
                "two variables would be called `{name}`{}; give each a name of its own",
                in_lines(lines)
            ),
        }
    }
}

/// A variable or a family of variables, and its pronoun.
fn several(name: &str, count: usize) -> (String, &'static str) {
    match count {
        1 => (format!("`{name}`"), "it"),
        count => (format!("the {count} variables `{name}`"), "them"),
    }
}

/// The lines of two rules, in parentheses.
fn in_lines(lines: &[Option<usize>]) -> String {
    let lines = joined(lines.iter().flatten(), ", and line ");
    if lines.is_empty() { lines } else { format!(" (line {lines})") }
}

fn joined<'l>(lines: impl IntoIterator<Item = &'l usize>, by: &str) -> String {
    lines.into_iter().map(ToString::to_string).collect::<Vec<_>>().join(by)
}

/// The names of dialects, in quotes.
fn names(known: &[&str]) -> String {
    let known: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    if known.is_empty() { "no dialects".to_owned() } else { known.join(", ") }
}

/// One line for each problem.
impl fmt::Display for RulesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        write!(f, "the rules have {count} problem{}", if count == 1 { "" } else { "s" })?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl std::error::Error for RulesError {}

#[cfg(test)]
mod tests;
