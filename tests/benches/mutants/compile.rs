//! The compiler itself, called for one source at a time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde::Deserialize;
use tempfile::TempDir;

/// The compiler, with the crates that the sources use. The first source builds these crates.
pub(crate) struct Compiler {
    built: Mutex<Option<Built>>,
    folder: TempDir,
}

/// The files of each built crate.
type Built = BTreeMap<String, Vec<PathBuf>>;

/// The result of a program.
pub(crate) enum Ran {
    /// The compiler refused it.
    Refused,
    /// It ended with this code; `None` for a signal.
    Ended(Option<i32>),
}

/// An error of the compiler.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    /// The whole text.
    pub(crate) text: String,
    /// The lines of the source that it refers to.
    pub(crate) lines: Vec<usize>,
}

impl Compiler {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self { built: Mutex::new(None), folder: tempfile::tempdir()? })
    }

    /// Returns the compiler's errors for a source, whose files are in `folder`. The list is empty if it compiles.
    pub(crate) fn compile(
        &self,
        number: usize,
        source: &str,
        folder: &Path,
    ) -> io::Result<Vec<Complaint>> {
        let arguments = ["--crate-type=lib", "--emit=metadata"];
        let file = self.folder.path().join(format!("model_{number}.rs"));
        self.rustc(&file, source, folder, &arguments, "rmeta")
    }

    /// Compiles a program, and runs it.
    pub(crate) fn run(&self, number: usize, source: &str, folder: &Path) -> io::Result<Ran> {
        let arguments = ["--crate-type=bin", "--emit=link"];
        let file = self.folder.path().join(format!("program_{number}.rs"));
        let complaints = self.rustc(&file, source, folder, &arguments, "rlib")?;
        if !complaints.is_empty() {
            return Ok(Ran::Refused);
        }
        let output = Command::new(file.with_extension("out")).output()?;
        Ok(Ran::Ended(output.status.code()))
    }

    /// Calls the compiler. Crates are files with an extension: `rmeta` or `rlib`.
    fn rustc(
        &self,
        file: &Path,
        source: &str,
        folder: &Path,
        arguments: &[&str],
        extension: &str,
    ) -> io::Result<Vec<Complaint>> {
        fs::write(file, source)?;
        let output = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"))
            .args(["--edition=2024", "--error-format=json"])
            .args(arguments)
            .args(self.crates(extension)?)
            .arg("-o")
            .arg(file.with_extension("out"))
            .arg(file)
            .env("CARGO_MANIFEST_DIR", folder)
            .output()?;
        let lines = output.stderr.split(|&byte| byte == b'\n');
        let errors = lines.filter_map(|line| serde_json::from_slice::<Message>(line).ok());
        let complaints: Vec<_> =
            errors.filter(|message| message.level == "error").map(Complaint::from).collect();
        if complaints.is_empty() && !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr)));
        }
        Ok(complaints)
    }

    /// Returns the arguments for the crates that the sources use.
    fn crates(&self, extension: &str) -> io::Result<Vec<String>> {
        let mut built = self.built.lock().expect("no thread panics");
        let built = match &mut *built {
            Some(built) => built,
            none => none.insert(build()?),
        };
        let mut arguments = Vec::new();
        for name in ["checkpoint_core", "ndarray", "half"] {
            let files = built.get(name).into_iter().flatten();
            let mut files = files.filter(|file| file.extension().is_some_and(|it| it == extension));
            let file = files.next().ok_or_else(|| io::Error::other(format!("no `{name}`")))?;
            arguments.push(format!("--extern={name}={}", file.display()));
            if let Some(folder) = file.parent() {
                // The library itself is beside the folder of its dependencies.
                arguments.push(format!("-Ldependency={}", folder.join("deps").display()));
                arguments.push(format!("-Ldependency={}", folder.display()));
            }
        }
        Ok(arguments)
    }
}

/// Builds `checkpoint-core` with the features of the tests.
fn build() -> io::Result<Built> {
    let output = Command::new(env!("CARGO"))
        .args(["build", "--locked", "--message-format=json", "-p", "checkpoint-core"])
        .args(["--features", "mmap,half,num-complex"])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other("cannot build `checkpoint-core`"));
    }
    let lines = output.stdout.split(|&byte| byte == b'\n');
    let artifacts = lines.filter_map(|line| serde_json::from_slice::<Artifact>(line).ok());
    Ok(artifacts.map(|it| (it.target.name, it.filenames)).collect())
}

/// A message of cargo about a built library.
#[derive(Deserialize)]
struct Artifact {
    target: Target,
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// A message of the compiler.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "message")]
    text: String,
    level: String,
    spans: Vec<Span>,
}

#[derive(Deserialize)]
struct Span {
    file_name: PathBuf,
    line_start: usize,
    line_end: usize,
    is_primary: bool,
}

impl From<Message> for Complaint {
    fn from(message: Message) -> Self {
        let is_ours = |span: &&Span| {
            span.is_primary && span.file_name.file_stem().is_some_and(|name| name != "mod")
        };
        let spans = message.spans.iter().filter(is_ours);
        let lines = spans.flat_map(|span| span.line_start..=span.line_end).collect();
        Self { text: message.text, lines }
    }
}
