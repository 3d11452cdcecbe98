//! Crates that are compiled separately, to test the compiler's messages or to measure compile times.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A crate in a folder of its own.
#[derive(Debug)]
pub struct Project {
    folder: PathBuf,
    target: PathBuf,
}

impl Project {
    /// Creates a crate of this name, with `checkpoint-core` and `dependencies` in its `Cargo.toml`. Dependencies are compiled
    /// once for all crates in one scratch folder, such as `env!("CARGO_TARGET_TMPDIR")`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn new(scratch: impl AsRef<Path>, name: &str, dependencies: &str) -> io::Result<Self> {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let projects = scratch.as_ref().join("projects");
        let (folder, target) = (projects.join(name), projects.join("target"));
        fs::create_dir_all(folder.join("src"))?;
        let core = workspace.join("checkpoint-core").canonicalize()?;
        let core = core.display();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
             checkpoint-core = {{ path = '{core}' }}\n{dependencies}\n\n[workspace]\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Self { folder, target })
    }

    /// Writes a file of the crate, such as `src/lib.rs`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: impl AsRef<[u8]>) -> io::Result<()> {
        fs::write(self.folder.join(file), text)
    }

    /// Runs `cargo check`.
    ///
    /// # Errors
    ///
    /// When it cannot be run.
    pub fn check(&self) -> io::Result<Output> {
        self.cargo("check")
    }

    fn cargo(&self, command: &str) -> io::Result<Output> {
        let mut cargo = Command::new(env!("CARGO"));
        let cargo = cargo.args([command, "--offline", "--color=never"]).current_dir(&self.folder);
        // The environment of this test's crate does not apply to the compiled crate.
        let cargo = cargo.env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        cargo.output()
    }

    /// Measures `cargo check` of this source, with compiled dependencies.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or fails.
    pub fn time(&self, source: &str) -> io::Result<Duration> {
        self.write("src/lib.rs", source)?;
        self.time_of("check")
    }

    /// Measures the processor time of `cargo check` of this source, with compiled dependencies. It does not depend on other
    /// programs. Linux only.
    ///
    /// # Errors
    ///
    /// When it cannot be run or measured, or fails.
    pub fn processor_time(&self, source: &str) -> io::Result<Duration> {
        let before = of_children()?;
        self.time(source)?;
        Ok(of_children()?.saturating_sub(before))
    }

    /// Measures `cargo build` of this source of a program, with compiled dependencies.
    ///
    /// # Errors
    ///
    /// When it cannot be run, or fails.
    pub fn time_build(&self, source: &str) -> io::Result<Duration> {
        self.write("src/main.rs", source)?;
        self.time_of("build")
    }

    fn time_of(&self, command: &str) -> io::Result<Duration> {
        let start = Instant::now();
        let Output { status, stderr, .. } = self.cargo(command)?;
        let time = start.elapsed();
        let said = String::from_utf8_lossy(&stderr);
        if status.success() { Ok(time) } else { Err(io::Error::other(said.into_owned())) }
    }
}

/// Returns the processor time of all programs that this one has run.
fn of_children() -> io::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    // The name of the program, in brackets, may have blanks. The times of the children are fields 16 and 17, in hundredths.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let hundredths: Vec<u64> = fields.skip(13).take(2).flat_map(str::parse).collect();
    Ok(Duration::from_millis(10 * hundredths.iter().sum::<u64>()))
}

/// Returns the minimum and the median of some times.
///
/// # Panics
///
/// When there are none.
#[must_use]
pub fn least_and_median(times: &[Duration]) -> (Duration, Duration) {
    let mut times = times.to_vec();
    times.sort_unstable();
    (times[0], times[times.len() / 2])
}
