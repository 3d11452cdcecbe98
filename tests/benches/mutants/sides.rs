//! Mistakes on one side of a field with two: the functions that convert values when they are loaded, and back.
//!
//! The compiler refuses the program, or its load or its save fails, or what it saves differs from what it loaded.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;
use std::path::Path;

use super::compile::{Compiler, Ran};
use super::{Effort, on_all_cores};

const PROGRAM: &str = include_str!("sides/program.rs");

/// The attributes that name one side. Others, such as `with`, name both.
const SIDES: [&str; 2] = ["map", "unmap"];

/// Texts of functions, and others that compute something else.
const SWAPS: [[&str; 2]; 8] = [
    ["* 2.0", "* 3.0"],
    ["/ 2.0", "/ 3.0"],
    ["root * root", "root + root"],
    ["f32::sqrt", "f32::abs"],
    [".rows()", ".columns()"],
    ["Axis(0)", "Axis(1)"],
    ["+ 1", "+ 2"],
    ["- 1", "- 2"],
];

/// The results for a kind of change.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    /// The mistakes that the compiler refuses.
    pub(crate) compiler: usize,
    /// The mistakes that the load or the save refuses.
    pub(crate) program: usize,
    /// The mistakes with which other variables are saved than were loaded.
    pub(crate) differ: usize,
}

/// The results for the program.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The results by kind.
    pub(crate) kinds: BTreeMap<&'static str, Tally>,
    /// The mistakes that show nowhere.
    pub(crate) missed: Vec<String>,
}

/// A program with one mistake.
struct Change {
    kind: &'static str,
    what: String,
    program: String,
}

/// Makes changes to the program, compiles each, and runs it.
pub(crate) fn run(effort: Effort, compiler: &Compiler) -> io::Result<Outcome> {
    let none = Change { kind: "none", what: String::new(), program: PROGRAM.to_owned() };
    let changes = all();
    let step = changes.len().div_ceil(effort.tried.max(1)).max(1);
    let changes: Vec<Change> =
        std::iter::once(none).chain(changes.into_iter().step_by(step)).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ran =
        on_all_cores(&changes, |number, change| compiler.run(number, &change.program, folder))?;
    let mut outcome = Outcome::default();
    for (change, ran) in changes.iter().zip(ran) {
        if change.kind == "none" {
            assert!(matches!(ran, Ran::Ended(Some(0))), "the program itself fails");
            continue;
        }
        let tally = outcome.kinds.entry(change.kind).or_default();
        match ran {
            Ran::Refused => tally.compiler += 1,
            Ran::Ended(Some(0)) => {
                outcome.missed.push(format!("{}: {}", change.kind, change.what));
            }
            // The codes are those of the program.
            Ran::Ended(Some(5)) => tally.differ += 1,
            Ran::Ended(_) => tally.program += 1,
        }
    }
    Ok(outcome)
}

/// Returns all changes of what is before `main`.
fn all() -> Vec<Change> {
    let lines: Vec<&str> = PROGRAM.lines().collect();
    let main = lines.iter().position(|line| line.starts_with("fn main")).expect("there is `main`");
    let mut changes = Vec::new();
    for at in 0..main {
        let what = format!("line {}, `{}`", at + 1, lines[at].trim());
        let mut put = |kind, range: RangeInclusive<usize>, by: &[&str]| {
            let mut lines = lines.clone();
            lines.splice(range, by.iter().copied());
            changes.push(Change { kind, what: what.clone(), program: lines.join("\n") });
        };
        for line in without_sides(lines[at]) {
            put("attribute dropped", at..=at, &[&line]);
        }
        for [own, other] in SWAPS.iter().filter(|[own, _]| lines[at].contains(own)) {
            put("function changed", at..=at, &[&lines[at].replace(own, other)]);
        }
        if let Some(end) = end_of(&lines, at) {
            put("function removed", at..=end, &[]);
            if let Some(body) = nothing_done(lines[at]) {
                put("function does nothing", at + 1..=end - 1, &[&body]);
            }
        }
    }
    changes
}

/// Returns an attribute without one of its sides, for each of them.
fn without_sides(line: &str) -> Vec<String> {
    let list = line.trim().strip_prefix("#[ckpt(").and_then(|rest| rest.strip_suffix(")]"));
    let items: Vec<&str> = list.into_iter().flat_map(|list| list.split(", ")).collect();
    let is_side =
        |item: &str| item.split_once(" = ").is_some_and(|(name, _)| SIDES.contains(&name));
    let without = |at: usize| {
        let mut items = items.clone();
        items.remove(at);
        format!("#[ckpt({})]", items.join(", "))
    };
    (0..items.len()).filter(|&at| is_side(items[at])).map(without).collect()
}

/// Returns the last line of a function or an `impl` that starts at a line.
fn end_of(lines: &[&str], at: usize) -> Option<usize> {
    let text = lines[at].trim_start();
    let starts = ["fn ", "pub fn ", "impl "].iter().any(|start| text.starts_with(start));
    let closing = format!("{}}}", &lines[at][..lines[at].len() - text.len()]);
    let end = lines[at..].iter().position(|line| *line == closing)?;
    starts.then_some(at + end)
}

/// Returns the body that makes a function return its argument, if the types are equal.
fn nothing_done(line: &str) -> Option<String> {
    let (_, rest) = line.split_once('(')?;
    let (parameter, result) = rest.strip_suffix(" {")?.split_once(") -> ")?;
    let (name, ty) = parameter.split_once(": ")?;
    let ty = ty.trim_start_matches('&');
    match result.strip_prefix(ty) {
        Some("") => Some(format!("{name}.clone()")),
        _ if result.starts_with(&format!("Result<{ty},")) => Some(format!("Ok({name}.clone())")),
        _ => None,
    }
}
