//! A crate of generated modules.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crate, which is written, and not yet built.
pub(crate) struct Generated {
    folder: PathBuf,
    modules: Vec<String>,
}

/// What one load has done: numbers of variables, and of warnings.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) taken: usize,
    pub(crate) ignored: usize,
    pub(crate) unmapped: usize,
    pub(crate) warnings: usize,
}

const MANIFEST: &str = r#"
[package]
name = "scaffolds"
version = "0.0.0"
edition = "2024"
publish = false

[dependencies]
checkpoint-core = { path = "CORE", features = ["half", "num-complex"] }
half = "2"
ndarray = "0.17"
num-complex = { version = "0.4", default-features = false }

[profile.dev]
debug = false
incremental = false

[workspace]
"#;

/// Loads the paths that it is given, each as the root of its module.
const MAIN: &str = r#"
use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};

fn load<T: for<'c> FromCheckpoint<'c>>(path: String) {
    let checkpoint = Checkpoint::open(&path).unwrap();
    let loaded = T::load_with(&checkpoint, LoadOptions::new());
    let (_, report) = loaded.unwrap_or_else(|error| panic!("{path}: {error}"));
    let ignored: usize = report.ignored.iter().map(|ignored| ignored.count).sum();
    let (unmapped, warnings) = (report.unmapped.len(), report.warnings.len());
    println!("{} {ignored} {unmapped} {warnings}", report.variables);
}

fn main() {
    let mut paths = std::env::args().skip(1);
"#;

impl Generated {
    /// A crate of these modules, each with the manifest that it is checked against.
    pub(crate) fn of(modules: impl Iterator<Item = (String, String)>) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("scaffolds");
        let _ = fs::remove_dir_all(folder.join("src"));
        fs::create_dir_all(folder.join("src")).unwrap();
        let write = |file: &str, text: &str| fs::write(folder.join(file), text).unwrap();
        let core = root.join("checkpoint-core");
        write("Cargo.toml", &MANIFEST.replace("CORE", &core.display().to_string()));
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        // What is usual, whatever the repository has.
        write("rustfmt.toml", "");
        let (mut lib, mut main) = (String::from("#![deny(warnings)]\n"), String::from(MAIN));
        let mut names = Vec::new();
        for (number, (module, manifest)) in modules.enumerate() {
            let name = format!("case_{number}");
            write(&format!("{name}.txt"), &manifest);
            write(&format!("src/{name}.rs"), &module);
            writeln!(lib, "pub mod {name};").unwrap();
            writeln!(main, "    load::<scaffolds::{name}::Model>(paths.next().unwrap());").unwrap();
            names.push(name);
        }
        write("src/lib.rs", &lib);
        write("src/main.rs", &(main + "}\n"));
        Self { folder, modules: names }
    }

    /// Makes sure that `rustfmt` has nothing to change, if it is there.
    pub(crate) fn is_formatted(&self) {
        let files = self.modules.iter().map(|name| self.folder.join(format!("src/{name}.rs")));
        let mut command = Command::new("rustfmt");
        let checked = command.args(["--edition", "2024", "--check"]).args(files).output();
        match checked {
            Ok(output) => {
                let found = String::from_utf8_lossy(&output.stdout);
                assert!(
                    output.status.success(),
                    "{found}{}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
            Err(error) => {
                // A passing test does not hide what is written so.
                let _ = writeln!(io::stderr(), "skipped: whether scaffolds are formatted; {error}");
            }
        }
    }

    /// Builds the crate, and loads a checkpoint by each of the modules.
    pub(crate) fn load<'p>(&self, paths: impl Iterator<Item = &'p Path>) -> Vec<Loaded> {
        let mut command = Command::new(env!("CARGO"));
        command.args(["run", "--quiet", "--offline"]).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", self.folder.join("target")).arg("--").args(paths);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        lines.lines().map(loaded).collect()
    }
}

fn loaded(line: &str) -> Loaded {
    let numbers: Vec<usize> = line.split(' ').map(|number| number.parse().unwrap()).collect();
    let [taken, ignored, unmapped, warnings] = numbers[..] else { panic!("{line}") };
    Loaded { taken, ignored, unmapped, warnings }
}
