//! Whether the compiler finds the mistakes that can be made in structs with a manifest.
//!
//! `cargo bench -p checkpoint-tests --bench mutants` makes every single mistake of many kinds in the structs of GPT-2, BERT and T5,
//! compiles each with the real compiler, and prints how many were refused, and how many of these by a message that names the
//! field (or the symbol, the assertion, the variable that is left over). What was not is listed. `-- --model t5` does so for
//! one model, `--sample 100` for about so many changes of each, and `--said` prints what the compiler says of what it does
//! not name.
//!
//! Whether a change is a mistake at all is told by `mutants/truth.rs`, which follows the struct with symbols that are known.

#[path = "mod.rs"]
mod mutants;

use std::env;
use std::io;
use std::process::ExitCode;

use mutants::{CASES, Count, Outcome};

fn main() -> io::Result<ExitCode> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let most = value("--sample").map_or(Ok(usize::MAX), |most| most.parse());
    let most = most.map_err(io::Error::other)?;
    let said = arguments.iter().any(|argument| argument == "--said");
    let model = value("--model");
    let compiler = mutants::compiler()?;
    let mut missed = 0;
    for case in CASES.iter().filter(|case| model.as_deref().is_none_or(|name| name == case.name)) {
        let outcome = mutants::run(case, most, &compiler)?;
        print(case.name, &outcome, said);
        missed += outcome.missed.len() + outcome.alarms.len();
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
    for (head, list) in [
        ("not caught", &outcome.missed),
        ("caught, but not named", &outcome.unnamed),
        ("refused, though it is no mistake", &outcome.alarms),
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
