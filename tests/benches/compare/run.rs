//! The choice and the order of checkpoints and ways.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use clap::{Parser, ValueEnum};

use crate::subject::{Files, Subject};
use crate::system::{drop_cached, free_disk, free_memory, peak};
use crate::table::{Measured, Results};
use crate::tensorflow::Python;
use crate::way::Way;

/// Load checkpoints in many ways, and print how long each takes.
///
/// The largest needs 13 GB of disk and 20 GB of memory; what there is no room for is skipped. `TensorFlow` takes part where the
/// program that the environment variable `CHECKPOINT_PYTHON` names, or else `python3`, can import it.
#[derive(Parser)]
struct Arguments {
    /// The folder of the checkpoints, which are written if they are not there; without it they are removed.
    folder: Option<PathBuf>,
    /// The checkpoints: all, if none is named.
    #[arg(long, value_delimiter = ',', value_name = "NAME,...")]
    size: Vec<Subject>,
    /// How often each is loaded in each way.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// How often with nothing in the page cache.
    #[arg(long, default_value_t = 3)]
    cold_rounds: u8,
    /// Do this once, and print the nanoseconds and the bytes of memory.
    #[arg(long, hide = true)]
    way: Option<Way>,
    /// `cargo bench` says it.
    #[arg(long, hide = true)]
    bench: bool,
}

pub(crate) fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    if let (Some(way), Some(folder), [subject]) =
        (arguments.way, &arguments.folder, &arguments.size[..])
    {
        return measure(way, *subject, folder);
    }
    let subjects =
        if arguments.size.is_empty() { Subject::value_variants() } else { &arguments.size };
    let python = Python::find();
    let cores = std::thread::available_parallelism()?;
    let Arguments { rounds, cold_rounds, .. } = arguments;
    println!("{cores} cores, {rounds} rounds of each way, {cold_rounds} out of the page cache");
    if let Some(Python { version, .. }) = &python {
        println!("TensorFlow {version}");
    }
    let mut results = Results::default();
    for &subject in subjects {
        compare(subject, &arguments, python.as_ref(), &mut results)?;
    }
    results.print_targets();
    Ok(())
}

/// Measures all ways to load a checkpoint.
fn compare(
    subject: Subject,
    arguments: &Arguments,
    python: Option<&Python>,
    results: &mut Results,
) -> io::Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = arguments.folder.as_deref().unwrap_or(temporary.path());
    let name = subject.to_possible_value().ok_or(io::ErrorKind::NotFound)?;
    let folder = folder.join(name.get_name());
    let files = Files::new(subject, &folder);
    if let Some(reason) = wanting(&files, &folder)? {
        eprintln!("skipped: {}; {reason}", subject.title());
        return Ok(());
    }
    files.write(subject)?;
    let ways = || {
        let ways = Way::value_variants().iter().copied();
        ways.filter(|way| way.suits(subject) && (python.is_some() || !way.is_tensorflow()))
    };
    let rounds = Rounds { subject, folder: &folder, files: &files, python };
    let drop_all = || files.all().iter().try_for_each(|file| drop_cached(file));
    // New files are in the cache in small pieces, which are slower to read than those from read-ahead.
    let dropped = drop_all();
    for file in files.all() {
        io::copy(&mut File::open(file)?, &mut io::sink())?;
    }
    let warm = rounds.measure(arguments.rounds, &ways().collect::<Vec<_>>(), || Ok(()))?;
    results.add(subject, &files, warm, "in the page cache");
    let cold: Vec<Way> = ways().filter(|way| way.suits_cold(subject)).collect();
    if cold.is_empty() || arguments.cold_rounds == 0 {
        return Ok(());
    }
    if let Err(error) = dropped {
        eprintln!("skipped: {} out of the page cache; {error}", subject.title());
        return Ok(());
    }
    let cold = rounds.measure(arguments.cold_rounds, &cold, drop_all)?;
    results.add(subject, &files, cold, "on disk, nothing in the page cache");
    Ok(())
}

/// Returns the resource that the machine lacks, if any.
fn wanting(files: &Files, folder: &Path) -> io::Result<Option<String>> {
    // The files of both formats.
    let disk = files.bytes / 10 * 21;
    if !files.safetensors.exists() && free_disk(folder)? < disk {
        return Ok(Some(format!("`{}` needs room for {disk} bytes", folder.display())));
    }
    // The files in the page cache, and the loaded tensors.
    let memory = files.bytes * 3 + (1 << 30);
    if free_memory()? < memory {
        return Ok(Some(format!("{memory} bytes of memory are needed")));
    }
    Ok(None)
}

/// The alternating rounds of all ways.
struct Rounds<'a> {
    subject: Subject,
    folder: &'a Path,
    files: &'a Files,
    python: Option<&'a Python>,
}

impl Rounds<'_> {
    /// Runs each way the same number of times, with some preparation before each.
    fn measure(
        &self,
        rounds: u8,
        ways: &[Way],
        before: impl Fn() -> io::Result<()>,
    ) -> io::Result<Vec<Measured>> {
        let mut all: Vec<Measured> = ways.iter().copied().map(Measured::new).collect();
        for _ in 0..rounds {
            // In a virtual machine, memory that was unused for a while is slower when it is first touched. This touches it.
            self.once(&mut Measured::new(Way::ReadNew))?;
            for measured in &mut all {
                before()?;
                // So it is with the memory of the page cache.
                if measured.way == Way::Write {
                    self.once(&mut Measured::new(Way::Write))?;
                }
                self.once(measured)?;
            }
        }
        Ok(all)
    }

    fn once(&self, measured: &mut Measured) -> io::Result<()> {
        let mut command = self.command(measured.way)?;
        let started = Instant::now();
        let output = command.output()?;
        let whole = started.elapsed();
        let text = String::from_utf8_lossy(&output.stdout);
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let nanos = numbers.next().and_then(Result::ok).filter(|_| output.status.success());
        if let Some(nanos) = nanos {
            let peak = numbers.next().and_then(Result::ok);
            measured.push(Duration::from_nanos(nanos), whole, peak);
        } else {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or("it was killed");
            eprintln!("skipped: a round of {}; {last}", measured.way.title());
        }
        Ok(())
    }

    fn command(&self, way: Way) -> io::Result<Command> {
        if let (true, Some(python)) = (way.is_tensorflow(), self.python) {
            return python.command(way, self.files);
        }
        let mut command = Command::new(std::env::current_exe()?);
        let names = (way.to_possible_value(), self.subject.to_possible_value());
        let (Some(way), Some(subject)) = names else {
            return Err(io::ErrorKind::NotFound.into());
        };
        command
            .args(["--way", way.get_name(), "--size", subject.get_name(), "--"])
            .arg(self.folder);
        Ok(command)
    }
}

/// Prints the nanoseconds of one round, and the bytes of memory at the peak above those at the start.
fn measure(way: Way, subject: Subject, folder: &Path) -> io::Result<()> {
    /// The minimum duration of repeated rounds, for ways without much memory. The fastest counts, because the first is slow in a
    /// new process.
    const LONG: Duration = Duration::from_millis(300);

    let files = Files::new(subject, folder);
    let start = peak()?;
    let mut fastest = way.round(subject, &files)?;
    let memory = peak()? - start;
    let begun = Instant::now();
    while way.is_repeated(files.bytes) && begun.elapsed() < LONG {
        fastest = fastest.min(way.round(subject, &files)?);
    }
    println!("{} {memory}", fastest.as_nanos());
    Ok(())
}
