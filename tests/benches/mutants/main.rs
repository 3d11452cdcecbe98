//! Whether the compiler finds the mistakes that can be made in structs with a manifest.
//!
//! `cargo bench -p checkpoint-tests --bench mutants` makes every single mistake of many kinds in the structs of GPT-2, BERT, T5 and
//! ResNet-50, checks each, and prints how many were refused, and how many of these by a message that names the field (or the
//! symbol, the assertion, the variable that is left over). What was not is listed. All are checked at run time by what the compiler
//! calls, and one of 40 by the compiler too, as are all that the derive or the types refuse. `-- --model t5` does so for one
//! model, `--sample 100` for about so many changes of each, `--compile 1` with the compiler for all of them, and `--said` prints what
//! is said of what is not named.
//!
//! Whether a change is a mistake at all is told by `mutants/truth.rs`, which asks the oracle of the tests of the schema.

#[path = "mod.rs"]
mod mutants;

use std::env;
use std::io;
use std::process::ExitCode;

use mutants::{CASES, Count, Effort, Outcome};

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
    for case in CASES.iter().filter(|case| model.as_deref().is_none_or(|name| name == case.name)) {
        let outcome = mutants::run(case, effort, &compiler)?;
        print(case.name, &outcome, said);
        missed += outcome.missed.len() + outcome.alarms.len() + outcome.other.len();
    }
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints the table of a model, and what is not as it should be.
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
