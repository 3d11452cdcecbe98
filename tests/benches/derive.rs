//! What the derive costs, beside `serde`'s.
//!
//! `cargo bench -p checkpoint-tests --bench derive` writes a crate with very many copies of the structs of GPT-2, checks it with
//! `FromCheckpoint`, with `Deserialize` and without either in turn, and prints what each adds, in the fastest of some rounds.

use std::io;
use std::time::Duration;

use checkpoint_tests::project::{Project, least_and_median};

/// How often each crate is checked.
const ROUNDS: usize = 5;

/// How many copies of the structs there are.
const COPIES: usize = 200;

fn main() -> io::Result<()> {
    // `cargo test --benches` runs it with nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let dependencies = "ndarray = { version = \"0.17\", features = [\"serde\"] }\nserde = { version = \"1\", features = [\"derive\"] }";
    let project = Project::new(env!("CARGO_TARGET_TMPDIR"), "derived", dependencies)?;
    let sources = [
        source("", "", ""),
        source("#[derive(serde::Deserialize)]", "", ""),
        source(
            "#[derive(checkpoint_core::FromCheckpoint)]",
            "#[ckpt(prefix = \"model\")]",
            "#[ckpt(path = \"h<i>\", repeat)]",
        ),
    ];
    project.time(&sources[0])?;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (source, times) in sources.iter().zip(&mut times) {
            times.push(project.time(source)?);
        }
    }
    print(&times.map(|times| least_and_median(&times)));
    Ok(())
}

fn print([none, serde, ours]: &[(Duration, Duration); 3]) {
    println!("| derive, on {} structs | `cargo check` | added | added, middle one |", 6 * COPIES);
    println!("| --- | --- | --- | --- |");
    for (name, times) in [("none", none), ("`Deserialize`", serde), ("`FromCheckpoint`", ours)] {
        println!(
            "| {name} | {:.2} s | {:.2} s | {:.2} s |",
            times.0.as_secs_f64(),
            times.0.saturating_sub(none.0).as_secs_f64(),
            times.1.saturating_sub(none.1).as_secs_f64(),
        );
    }
    let ratio = |of: fn(&(Duration, Duration)) -> Duration| {
        let added = |times| of(times).saturating_sub(of(none)).as_secs_f64();
        added(ours) / added(serde)
    };
    println!("\nratio {:.2}, middle one {:.2}", ratio(|times| times.0), ratio(|times| times.1));
}

/// The copies, each in a module.
fn source(derive: &str, root: &str, blocks: &str) -> String {
    let structs = include_str!("compiled/gpt2.rs");
    let squeeze = if root.is_empty() { "" } else { "#[ckpt(squeeze)]" };
    let structs = structs
        .replace("DERIVE", derive)
        .replace("ROOT", root)
        .replace("BLOCKS", blocks)
        .replace("SQUEEZE", squeeze);
    let modules = (0..COPIES).map(|copy| {
        format!("pub mod copy_{copy} {{\nuse ndarray::{{Array1, Array2}};\n{structs}}}\n")
    });
    modules.collect()
}
