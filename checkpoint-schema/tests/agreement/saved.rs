//! A save reverses a load: the variables of a loaded value are those that were read, and a load of them makes the value again.

use std::fmt::Display;
use std::panic;

use checkpoint_schema::listing::catalog::Catalog;
use checkpoint_schema::model::description::Node;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{Plan, PlanOptions, plan};
use checkpoint_schema::problem::{Problem, ProblemKind};
use checkpoint_schema::save::{
    Held, Listing, SaveContext, SaveProblem, SaveProblemKind, variables,
};

use crate::held::held;
use crate::{Case, case, listing, run};

/// The number of cases.
const CASES: usize = 5_000;

/// The maximum number of mismatches that are printed.
const SHOWN: usize = 5;

/// The result of saving a loaded value.
enum Saved {
    /// The struct does not fit, or a function makes a part of it.
    NoValue,
    /// It is rejected, as it should be.
    Rejected,
    /// It can be saved only like its checkpoint.
    Like,
    /// It can also be saved alone.
    Alone,
}

/// Saves the value that a case loads: like its checkpoint, and alone. Returns the difference as an error, if there is one.
fn saved(case: &Case) -> Result<Saved, String> {
    let catalog = listing::catalog(&case.listed);
    let names = Names::of_keys(&catalog);
    let Ok(first) = plan(case.node, &names, PlanOptions::default()) else {
        return Ok(Saved::NoValue);
    };
    let Some(value) = held(case.node, &first) else { return Ok(Saved::NoValue) };
    let like = SaveContext { like: Some(&names), ..SaveContext::default() };
    let found = match variables(case.node, &value, like) {
        Ok(found) => found,
        Err(problems) if problems.iter().all(|problem| is_unsaid(problem, &first)) => {
            return Ok(Saved::Rejected);
        }
        Err(problems) => return Err(lines("like", &problems)),
    };
    same_variables(&first, &catalog, &found)?;
    if !same_value(case.node, &found, &value)? {
        return Ok(Saved::Rejected);
    }
    match variables(case.node, &value, SaveContext::default()) {
        Ok(found) if same_value(case.node, &found, &value)? => Ok(Saved::Alone),
        _ => Ok(Saved::Like),
    }
}

/// True if the checkpoint lacks a variable that would show the shape of a `default` field or of a constant.
fn is_unsaid(problem: &SaveProblem, plan: &Plan<'_>) -> bool {
    match problem.kind {
        SaveProblemKind::Unsaid { .. } => {
            (0..plan.outputs.len()).any(|output| plan.reads_of(output).is_empty())
        }
        SaveProblemKind::Constant { .. } => true,
        _ => false,
    }
}

fn lines<P: Display>(when: &str, problems: &[P]) -> String {
    problems.iter().map(|problem| format!("{when}: {problem}")).collect::<Vec<_>>().join("\n")
}

/// Checks that each variable that a load reads is written, with its shape.
fn same_variables(plan: &Plan<'_>, catalog: &Catalog, found: &Listing) -> Result<(), String> {
    for read in &plan.reads {
        let variable = &catalog.variables()[read.variable];
        let name = variable.name.as_str().unwrap_or_default();
        let other = found.others.iter().find(|other| other.name == name);
        let of = other.map_or(name, |other| &other.of);
        let shape = found.catalog.get(of).map(|saved| saved.shape.to_string());
        if shape != Some(variable.shape.to_string()) {
            return Err(format!("`{name}` is {}, but saved as {shape:?}\n", variable.shape));
        }
    }
    Ok(())
}

/// Checks that a load of saved variables makes the same parts. Returns false if it is rejected because fields take only a part of a
/// variable, or because `ignore` matches a variable that was loaded under another name.
fn same_value(node: &'static Node, found: &Listing, value: &[Held]) -> Result<bool, String> {
    let names = Names::of_keys(&found.catalog);
    let (bind, whole) = (&found.dims, true);
    let again = match plan(node, &names, PlanOptions { bind, whole, ..PlanOptions::default() }) {
        Ok(again) => held(node, &again),
        Err(problems) => {
            let is_known =
                |problem: &Problem| matches!(problem.kind, ProblemKind::Gap | ProblemKind::Ignored);
            let others = problems.iter().any(|problem| !is_known(problem));
            return if others { Err(lines("a load again", &problems)) } else { Ok(false) };
        }
    };
    // A symbol that only a list without variables could give is 0.
    if again.as_deref() == Some(value) || value.contains(&Held::Dim(0)) {
        return Ok(true);
    }
    Err(format!("saved: {value:?}\nloaded again: {again:?}\n"))
}

fn difference(case: &Case) -> Option<String> {
    panic::catch_unwind(|| saved(case)).ok()?.err()
}

#[test]
fn a_save_reverses_a_load() {
    let (mut alone, mut like, mut rejected, mut differ) = (0, 0, 0, Vec::new());
    let (seed, cases) = run(CASES);
    for case in (seed..).take(cases).filter_map(case) {
        match saved(&case) {
            Ok(Saved::NoValue) => {}
            Ok(Saved::Rejected) => rejected += 1,
            Ok(Saved::Like) => like += 1,
            Ok(Saved::Alone) => alone += 1,
            Err(_) => differ.push(case),
        }
    }
    println!("{alone} are saved alone, {like} only like their checkpoint, {rejected} are rejected");
    let shown = differ
        .iter()
        .take(SHOWN)
        .map(|case| format!("{case}{}", difference(case).unwrap_or_default()));
    let shown: Vec<String> = shown.collect();
    assert!(differ.is_empty(), "{} cases differ, such as\n{}", differ.len(), shown.join("\n"));
    assert!(alone > 500 && like > 100 && rejected < 100, "{alone} {like} {rejected}");
}
