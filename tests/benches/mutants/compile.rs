//! The compiler itself, called for one source at a time.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;
use tempfile::TempDir;

/// The compiler, with the crates that the sources use.
pub(crate) struct Compiler {
    arguments: Vec<String>,
    folder: TempDir,
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
    /// Builds `checkpoint-core` with the features of the tests.
    pub(crate) fn new() -> io::Result<Self> {
        let output = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--message-format=json", "-p", "checkpoint-core"])
            .args(["--features", "mmap,half,num-complex"])
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other("cannot build `checkpoint-core`"));
        }
        let mut files = BTreeMap::new();
        for line in output.stdout.split(|&byte| byte == b'\n') {
            if let Ok(Artifact { target, filenames }) = serde_json::from_slice(line) {
                let library = |file: &&PathBuf| file.extension().is_some_and(|end| end == "rmeta");
                files
                    .extend(filenames.iter().find(library).map(|file| (target.name, file.clone())));
            }
        }
        let mut arguments: Vec<String> =
            ["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=json"]
                .map(str::to_owned)
                .into();
        for name in ["checkpoint_core", "ndarray", "half"] {
            let file = files.get(name).ok_or_else(|| io::Error::other(format!("no `{name}`")))?;
            arguments.push(format!("--extern={name}={}", file.display()));
            if let Some(folder) = file.parent() {
                arguments.push(format!("-Ldependency={}", folder.display()));
            }
        }
        Ok(Self { arguments, folder: tempfile::tempdir()? })
    }

    /// Returns the compiler's errors for a source, whose files are in `folder`. The list is empty if it compiles.
    pub(crate) fn compile(
        &self,
        number: usize,
        source: &str,
        folder: &Path,
    ) -> io::Result<Vec<Complaint>> {
        let file = self.folder.path().join(format!("model_{number}.rs"));
        fs::write(&file, source)?;
        let output = Command::new(Path::new(env!("CARGO")).with_file_name("rustc"))
            .args(&self.arguments)
            .arg("-o")
            .arg(file.with_extension("rmeta"))
            .arg(&file)
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
