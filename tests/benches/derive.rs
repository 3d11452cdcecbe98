//! The compile time of the derive macro.
//!
//! `cargo bench -p checkpoint-tests --bench derive` writes a crate with very many copies of the structs of GPT-2. It checks the
//! crate with `FromCheckpoint`, with `Deserialize` and without either in turn, and prints what each adds, in the fastest of some
//! rounds. Then it builds programs that load one struct of very many fields, and prints the time that each adds to an empty
//! program.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use checkpoint_tests::project::{Project, least_and_median};

/// The number of rounds for each crate.
const ROUNDS: usize = 5;

/// The number of copies of the structs.
const COPIES: usize = 200;

fn main() -> io::Result<()> {
    // `cargo test --benches` runs it without measuring.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    beside_serde()?;
    flat()
}

fn beside_serde() -> io::Result<()> {
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
    print(&rounds(&sources, |source| project.time(source))?);
    Ok(())
}

/// The numbers of fields in one struct.
const FIELDS: [usize; 2] = [500, 2000];

/// Builds programs that load one struct, after an empty one.
fn flat() -> io::Result<()> {
    let project = Project::new(env!("CARGO_TARGET_TMPDIR"), "flat", "ndarray = \"0.17\"")?;
    let sources = ["fn main() {}".to_owned(), program(FIELDS[0]), program(FIELDS[1])];
    let times = rounds(&sources, |source| project.time_build(source))?;
    let [empty, loading @ ..] = &times;
    println!("\n| program that loads one struct | `cargo build` | added | added, middle one |");
    println!("| --- | --- | --- | --- |");
    println!("| none | {:.2} s | | |", empty.0.as_secs_f64());
    for (fields, times) in FIELDS.iter().zip(loading) {
        row(&format!("{fields} fields"), times, empty);
    }
    Ok(())
}

fn program(fields: usize) -> String {
    let fields = (0..fields).fold(String::new(), |mut written, number| {
        let _ = writeln!(written, "    pub w{number}: Array1<f32>,");
        written
    });
    format!(
        "use checkpoint_core::FromCheckpoint;\nuse ndarray::Array1;\n\n\
         #[derive(FromCheckpoint)]\npub struct Model {{\n{fields}}}\n\n\
         fn main() {{\n    \
             let model = Model::load(\"model.ckpt\").unwrap();\n    \
             println!(\"{{}}\", model.w0.len());\n\
         }}\n"
    )
}

/// Returns the minimum and the median of the times of each source. The first run, which compiles the dependencies, is not
/// counted.
fn rounds<const N: usize>(
    sources: &[String; N],
    time: impl Fn(&str) -> io::Result<Duration>,
) -> io::Result<[(Duration, Duration); N]> {
    time(&sources[0])?;
    let mut times = [(); N].map(|()| Vec::new());
    for _ in 0..ROUNDS {
        for (source, times) in sources.iter().zip(&mut times) {
            times.push(time(source)?);
        }
    }
    Ok(times.map(|times| least_and_median(&times)))
}

fn print([none, serde, ours]: &[(Duration, Duration); 3]) {
    println!("| derive, on {} structs | `cargo check` | added | added, middle one |", 6 * COPIES);
    println!("| --- | --- | --- | --- |");
    for (name, times) in [("none", none), ("`Deserialize`", serde), ("`FromCheckpoint`", ours)] {
        row(name, times, none);
    }
    let ratio = |of: fn(&(Duration, Duration)) -> Duration| {
        let added = |times| of(times).saturating_sub(of(none)).as_secs_f64();
        added(ours) / added(serde)
    };
    println!("\nratio {:.2}, middle one {:.2}", ratio(|times| times.0), ratio(|times| times.1));
}

fn row(name: &str, times: &(Duration, Duration), before: &(Duration, Duration)) {
    println!(
        "| {name} | {:.2} s | {:.2} s | {:.2} s |",
        times.0.as_secs_f64(),
        times.0.saturating_sub(before.0).as_secs_f64(),
        times.1.saturating_sub(before.1).as_secs_f64(),
    );
}

/// Returns the copies, each in a module.
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
