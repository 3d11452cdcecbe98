//! Mistakes in structs that fit a checkpoint, of which the compiler should find each one.

mod change;
mod compile;
mod judge;
mod model;
mod text;
mod truth;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use self::change::Change;
use self::compile::{Compiler, Complaint};
use self::model::Model;
use self::truth::{Facts, Taken};

/// A model, and what is known of its manifests.
pub(crate) struct Case {
    /// The name of the model.
    pub(crate) name: &'static str,
    /// The source of its structs.
    source: &'static str,
    /// The folder, from that of the repository, in which the manifests are named.
    folder: &'static str,
    /// The manifests, and what the symbols are in each.
    manifests: &'static [(&'static str, &'static [(&'static str, u64)])],
}

/// The models.
pub(crate) const CASES: [Case; 3] = [
    Case {
        name: "gpt2",
        source: include_str!("gpt2.rs"),
        folder: "tests",
        manifests: &[(
            "benches/mutants/gpt2.txt",
            &[("n_vocab", 50257), ("n_ctx", 1024), ("n_embd", 768), ("n_head", 12)],
        )],
    },
    Case {
        name: "bert",
        source: include_str!("../../../examples/src/bert.rs"),
        folder: "examples",
        manifests: &[(
            "manifests/bert-base.txt",
            &[
                ("vocab", 30522),
                ("positions", 512),
                ("types", 2),
                ("hidden", 768),
                ("intermediate", 3072),
                ("layers", 12),
                ("heads", 12),
            ],
        )],
    },
    Case {
        name: "t5",
        source: include_str!("../../../examples/src/t5.rs"),
        folder: "examples",
        manifests: &[
            (
                "manifests/t5-small.txt",
                &[
                    ("vocab", 32128),
                    ("d_model", 512),
                    ("d_ff", 2048),
                    ("inner", 512),
                    ("heads", 8),
                    ("buckets", 32),
                    ("blocks", 6),
                ],
            ),
            (
                "manifests/t5-1.1-small.txt",
                &[
                    ("vocab", 32128),
                    ("d_model", 512),
                    ("d_ff", 1024),
                    ("inner", 384),
                    ("heads", 6),
                    ("buckets", 32),
                    ("blocks", 8),
                ],
            ),
        ],
    },
];

/// What came of a kind of change.
#[derive(Default)]
pub(crate) struct Count {
    /// The mistakes of it.
    pub(crate) mistakes: usize,
    /// Those that the compiler found.
    pub(crate) caught: usize,
    /// Those of them that it named.
    pub(crate) named: usize,
    /// Changes that are no mistake.
    pub(crate) harmless: usize,
}

/// What came of a model.
#[derive(Default)]
pub(crate) struct Outcome {
    /// By kind.
    pub(crate) kinds: BTreeMap<&'static str, Count>,
    /// The mistakes that the compiler did not find.
    pub(crate) missed: Vec<String>,
    /// Those that it found, and did not name, with what it said.
    pub(crate) unnamed: Vec<String>,
    /// What it refused though it is no mistake, with what it said.
    pub(crate) alarms: Vec<String>,
}

/// Compiles at most so many changes of a model, evenly spread over all.
pub(crate) fn run(case: &Case, most: usize, compiler: &Compiler) -> io::Result<Outcome> {
    let model = Model::parse(case.source);
    let facts = case.facts()?;
    for facts in &facts {
        let Taken { wrong, left, .. } = truth::follow(&model, facts);
        assert!(wrong.is_empty() && left.is_empty(), "{}: {wrong:?}, {left:?}", case.name);
    }
    let complaints = compiler.compile(0, &model.source().0, &case.folder())?;
    assert!(complaints.is_empty(), "{}: {complaints:#?}", case.name);

    let changes = change::all(&model);
    let step = changes.len().div_ceil(most.max(1)).max(1);
    let changes: Vec<Change> = changes.into_iter().step_by(step).collect();
    let said = compile_all(&changes, &case.folder(), compiler)?;
    let mut outcome = Outcome::default();
    for (change, complaints) in changes.iter().zip(&said) {
        outcome.add(change, complaints, &facts);
    }
    Ok(outcome)
}

impl Case {
    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.folder)
    }

    fn facts(&self) -> io::Result<Vec<Facts>> {
        let read = |&(file, symbols): &(&str, &[(&str, u64)])| {
            Ok(Facts::new(&fs::read(self.folder().join(file))?, symbols))
        };
        self.manifests.iter().map(read).collect()
    }
}

/// Compiles all, on all cores.
fn compile_all(
    changes: &[Change],
    folder: &Path,
    compiler: &Compiler,
) -> io::Result<Vec<Vec<Complaint>>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(change) = changes.get(number) else { return };
            let said = compiler.compile(number, &change.model.source().0, folder);
            done.lock().expect("no thread panics").insert(number, said);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    done.into_inner().expect("no thread panics").into_values().collect()
}

impl Outcome {
    fn add(&mut self, change: &Change, complaints: &[Complaint], facts: &[Facts]) {
        let taken: Vec<Taken> = facts.iter().map(|it| truth::follow(&change.model, it)).collect();
        let wrong = taken.iter().find(|taken| !taken.fits());
        let count = self.kinds.entry(change.kind).or_default();
        let what = format!("{}: {}", change.kind, change.what);
        let said = || {
            let said: Vec<_> = complaints.iter().map(|complaint| complaint.text.as_str()).collect();
            format!("{what}\n    {}", said.join("\n    "))
        };
        let Some(wrong) = wrong else {
            count.harmless += 1;
            if !complaints.is_empty() {
                self.alarms.push(said());
            }
            return;
        };
        count.mistakes += 1;
        if complaints.is_empty() {
            let why = wrong.wrong.iter().chain(&wrong.left).take(3).cloned().collect::<Vec<_>>();
            return self.missed.push(format!("{what}\n    {}", why.join("; ")));
        }
        count.caught += 1;
        let (_, lines) = change.model.source();
        if taken.iter().any(|taken| judge::is_named(complaints, change, taken, &lines)) {
            count.named += 1;
        } else {
            self.unnamed.push(said());
        }
    }
}

/// Builds what the models need.
pub(crate) fn compiler() -> io::Result<Compiler> {
    Compiler::new()
}
