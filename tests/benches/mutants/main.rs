//! The share of mistakes in structs with a manifest that the compiler finds.
//!
//! `cargo bench -p checkpoint-tests --bench mutants` makes every single mistake of many kinds in the structs of GPT-2, BERT, T5
//! and ResNet-50, and checks each. It prints how many were refused, and how many of these by a message that names the field (or
//! the symbol, the assertion, the unexpected variable). The others are listed. All are checked at run time by the function that
//! the compiler calls. One of 40 is also compiled, as are all that the derive macro or the types refuse.
//!
//! The dialects of the examples are changed too, and checked against the manifests of all dialects at once. Some of these mistakes
//! move only elements, such as a `permute` of a square window: tests of the examples compare elements.
//!
//! Values of the structs are saved by structs with a mistake. The save refuses it, or writes other variables. `--model sides` is a program
//! whose fields have functions for each side: each mistake is compiled, and run if it compiles.
//!
//! - `-- --model t5` runs one model.
//! - `--no-loads`, `--no-dialects` and `--no-saves` leave out a part: the check of one dialect, that of all dialects, and saves.
//! - `--sample 100` tries about 100 changes of each.
//! - `--compile 1` compiles all of them.
//! - `--said` prints the messages that do not name the mistake.
//!
//! `mutants/truth.rs` decides whether a change is a mistake at all, by the oracle in the tests of the schema.

#[path = "mod.rs"]
mod mutants;

use std::env;
use std::io;
use std::process::ExitCode;

use mutants::saving::{self, Tally};
use mutants::{CASES, Case, Count, Effort, Outcome, dialects, sides};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str, usual: usize| {
        value(name).map_or(Ok(usual), |number| number.parse().map_err(io::Error::other))
    };
    let effort =
        Effort { tried: number("--sample", usize::MAX)?, compiled: number("--compile", 40)? };
    let said = arguments.iter().any(|argument| argument == "--said");
    let model = value("--model");
    let compiler = mutants::compiler()?;
    let mut missed = 0;
    let is_run = |name: &str| model.as_deref().is_none_or(|model| name == model);
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    for case in CASES.iter().filter(|case| is_run(case.name) && !has("--no-loads")) {
        let outcome = mutants::run(case, effort, &compiler)?;
        print(case.name, &outcome, said);
        missed += outcome.missed.len() + outcome.alarms.len() + outcome.other.len();
    }
    for case in dialects::CASES.iter().filter(|case| is_run(case.name) && !has("--no-dialects")) {
        let outcome = dialects::run(case, effort, &compiler)?;
        print(&format!("dialects of {}", case.name), &outcome, said);
        missed += outcome.missed.len() + outcome.other.len();
    }
    for case in CASES.iter().filter(|case| is_run(case.name) && !has("--no-saves")) {
        missed += print_saving(case, effort.tried)?;
    }
    if is_run("sides") && !has("--no-saves") {
        let sides::Outcome { kinds, missed: unseen } = sides::run(effort, &compiler)?;
        println!("\n| sides | mistakes | by the compiler | by load or save | other variables |");
        println!("| --- | --- | --- | --- | --- |");
        for (kind, sides::Tally { compiler, program, differ }) in &kinds {
            let all = compiler + program + differ;
            println!("| {kind} | {all} | {compiler} | {program} | {differ} |");
        }
        for what in &unseen {
            println!("- not found: {what}");
        }
        missed += unseen.len();
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the table of saves with a model, and the unexpected results. Returns their number.
fn print_saving(case: &Case, tried: usize) -> io::Result<usize> {
    let saving::Outcome { kinds, missed, alarms } = saving::run(case, tried)?;
    println!(
        "\n| saves of {} | mistakes | refused | named | other variables | no mistake |",
        case.name
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut all = Tally::default();
    for (kind, tally) in &kinds {
        row_of_saves(kind, *tally);
        all += *tally;
    }
    row_of_saves("all", all);
    for (head, list) in [("not found", &missed), ("refused, though it is no mistake", &alarms)] {
        if !list.is_empty() {
            println!("\n{head}:\n- {}", list.join("\n- "));
        }
    }
    Ok(missed.len() + alarms.len())
}

/// Prints the table of a model, and the unexpected results.
fn print(name: &str, outcome: &Outcome, said: bool) {
    println!(
        "\n| {name} | mistakes | caught | named | no mistake |\n| --- | --- | --- | --- | --- |"
    );
    let mut all = Count::default();
    for (kind, count) in &outcome.kinds {
        row(kind, count);
        all.mistakes += count.mistakes;
        all.caught += count.caught;
        all.named += count.named;
        all.harmless += count.harmless;
    }
    row("all", &all);
    println!("\n{} of them compiled", outcome.compiled);
    for (head, list) in [
        ("not caught", &outcome.missed),
        ("found by a test of the elements", &outcome.tested),
        ("caught, but not named", &outcome.unnamed),
        ("refused, though it is no mistake", &outcome.alarms),
        ("said otherwise by the compiler", &outcome.other),
    ] {
        if !list.is_empty() {
            println!("\n{head}:");
        }
        for item in list {
            println!("- {}", if said { item } else { item.lines().next().unwrap_or_default() });
        }
    }
}

fn row(name: &str, count: &Count) {
    let Count { mistakes, caught, named, harmless } = count;
    println!("| {name} | {mistakes} | {caught} | {named} | {harmless} |");
}

fn row_of_saves(name: &str, tally: Tally) {
    let Tally { refused, named, differ, harmless } = tally;
    println!("| {name} | {} | {refused} | {named} | {differ} | {harmless} |", refused + differ);
}
