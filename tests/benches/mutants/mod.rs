//! Mistakes in structs that fit a checkpoint. The compiler should find each one.

mod change;
mod check;
mod compile;
mod describe;
pub(crate) mod dialects;
#[path = "../../../checkpoint-schema/tests/agreement/held.rs"]
mod held;
mod judge;
mod model;
#[expect(dead_code, reason = "what symbols are and fields take is of the other tests")]
#[path = "../../../checkpoint-schema/tests/agreement/oracle/mod.rs"]
mod oracle;
pub(crate) mod saving;
pub(crate) mod sides;
mod text;
mod truth;
mod variant;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use self::change::Change;
use self::check::Manifests;
use self::compile::{Compiler, Complaint};
use self::model::Model;
use self::oracle::Answer;

/// A model in one dialect, with its manifests.
pub(crate) struct Case {
    /// The name of the model.
    pub(crate) name: &'static str,
    /// The sources of its structs.
    sources: &'static [&'static str],
    /// The root, if it is not the first struct with a manifest.
    root: Option<&'static str>,
    /// The dialect, if it is not the first.
    dialect: Option<&'static str>,
    /// The folder of the manifests, from that of the repository.
    folder: &'static str,
    /// The manifests.
    manifests: &'static [&'static str],
}

const BERT: &str = include_str!("../../../examples/src/bert.rs");
const MOBILENET: &str = include_str!("../../../examples/src/mobilenet.rs");
const ELECTRA: &str = include_str!("../../../examples/src/electra.rs");
const GPT2: &[&str] = &[include_str!("../../../examples/src/gpt2/model.rs")];
const ALBERT: &[&str] = &[include_str!("../../../examples/src/albert.rs"), BERT];
const T5: &[&str] = &[include_str!("../../../examples/src/t5.rs")];
const MOBILENET_V2: &[&str] = &[include_str!("../../../examples/src/mobilenet_v2.rs"), MOBILENET];

/// The models. Those with two dialects are listed in each.
pub(crate) const CASES: [Case; 25] = [
    of_tests("gpt2", &[include_str!("gpt2.rs")], &["benches/mutants/gpt2.txt"]),
    of_examples("bert", &[BERT], &["manifests/bert-base.txt"]),
    of_examples("t5", T5, &["manifests/t5-small.txt", "manifests/t5-1.1-small.txt"]),
    of_examples(
        "efficientnet",
        &[include_str!("../../../examples/src/efficientnet.rs")],
        &["manifests/efficientnet-b0.txt"],
    ),
    of_tests("resnet", &[include_str!("resnet.rs")], &["benches/mutants/resnet.txt"]),
    of_examples("lstm", &[include_str!("../../../examples/src/lstm.rs")], &["manifests/lstm.txt"]),
    of_examples(
        "wide-deep",
        &[include_str!("../../../examples/src/wide_deep.rs")],
        &["manifests/wide-deep.txt"],
    ),
    of_examples(
        "stylegan",
        &[include_str!("../../../examples/src/stylegan.rs")],
        &["manifests/stylegan.txt"],
    ),
    of_tests("words", &[include_str!("words.rs")], &["benches/mutants/words.txt"]),
    of_examples("gpt2-tf", GPT2, &["manifests/gpt2-124M.txt"]),
    in_hf("gpt2-hf", GPT2, &["manifests/gpt2-bard-hf.txt"]),
    in_hf("bert-hf", &[BERT], &["manifests/bert-base-hf.txt"]),
    Case {
        root: Some("FineTunedBert"),
        ..of_examples("bert-fine-tuned-tf", &[BERT], &["manifests/bert-base-classifier.txt"])
    },
    Case {
        root: Some("FineTunedBert"),
        ..in_hf("bert-fine-tuned-hf", &[BERT], &["manifests/bert-base-classifier-hf.txt"])
    },
    of_examples("albert-tf", ALBERT, &["manifests/albert-base.txt"]),
    in_hf("albert-hf", ALBERT, &["manifests/albert-base-hf.txt"]),
    in_hf("t5-hf", T5, &["manifests/t5-small-hf.txt", "manifests/t5-1.1-small-hf.txt"]),
    of_examples("electra-tf", &[ELECTRA, BERT], &["manifests/electra-small.txt"]),
    in_hf("electra-hf", &[ELECTRA, BERT], &["manifests/electra-small-hf.txt"]),
    Case {
        root: Some("Generator"),
        ..of_examples("electra-generator-tf", &[ELECTRA, BERT], &["manifests/electra-small.txt"])
    },
    Case {
        root: Some("Generator"),
        ..in_hf(
            "electra-generator-hf",
            &[ELECTRA, BERT],
            &["manifests/electra-small-generator-hf.txt"],
        )
    },
    of_examples("mobilenet-v1-tf", &[MOBILENET], &["manifests/mobilenet-v1.txt"]),
    in_hf("mobilenet-v1-hf", &[MOBILENET], &["manifests/mobilenet-v1-hf.txt"]),
    of_examples("mobilenet-v2-tf", MOBILENET_V2, &["manifests/mobilenet-v2.txt"]),
    in_hf("mobilenet-v2-hf", MOBILENET_V2, &["manifests/mobilenet-v2-hf.txt"]),
];

type Texts = &'static [&'static str];

const fn of_tests(name: &'static str, sources: Texts, manifests: Texts) -> Case {
    Case { name, sources, root: None, dialect: None, folder: "tests", manifests }
}

const fn of_examples(name: &'static str, sources: Texts, manifests: Texts) -> Case {
    Case { folder: "examples", ..of_tests(name, sources, manifests) }
}

const fn in_hf(name: &'static str, sources: Texts, manifests: Texts) -> Case {
    Case { dialect: Some("hf"), ..of_examples(name, sources, manifests) }
}

/// The numbers of changes of a model that are tried and compiled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    /// The maximum number that are tried, evenly spread over all.
    pub(crate) tried: usize,
    /// One of this many is compiled, besides those that the derive macro or the types of fields refuse; 0 for none at all.
    pub(crate) compiled: usize,
}

impl Effort {
    /// True if the change of a number is compiled.
    fn compiles(self, number: usize, is_undescribed: bool) -> bool {
        let sampled = number.checked_rem(self.compiled) == Some(0);
        self.compiled > 0 && (sampled || is_undescribed)
    }
}

/// The results for a kind of change.
#[derive(Default)]
pub(crate) struct Count {
    /// The number of mistakes.
    pub(crate) mistakes: usize,
    /// The number of mistakes that the compiler found.
    pub(crate) caught: usize,
    /// The number of those that its messages name.
    pub(crate) named: usize,
    /// The number of changes that are no mistake.
    pub(crate) harmless: usize,
}

/// The results for a model.
#[derive(Default)]
pub(crate) struct Outcome {
    /// The results by kind.
    pub(crate) kinds: BTreeMap<&'static str, Count>,
    /// The mistakes that only a test of the elements finds.
    pub(crate) tested: Vec<String>,
    /// The mistakes that the compiler did not find.
    pub(crate) missed: Vec<String>,
    /// Mistakes that it found, but did not name: the reason, and its messages.
    pub(crate) unnamed: Vec<String>,
    /// Changes that it refused although they are no mistake, with its messages.
    pub(crate) alarms: Vec<String>,
    /// Changes for which the messages of the compiler differ from those of the check at run time.
    pub(crate) other: Vec<String>,
    /// The number of compiled changes.
    pub(crate) compiled: usize,
}

/// Makes changes to a model, and checks the messages for each.
///
/// Most are checked at run time, by the function that the compiler runs in a constant. This takes a thousandth of the time. A
/// change without a description is compiled, and so are some others, for which the compiler must report the same.
pub(crate) fn run(case: &Case, effort: Effort, compiler: &Compiler) -> io::Result<Outcome> {
    let model = case.model();
    let manifests = Manifests::read(&case.folder(), &[case.manifests.to_vec()])?;
    let as_it_is = Asked::of(&Change::none(&model), &manifests);
    assert!(as_it_is.fits(), "{}: {:#?}", case.name, as_it_is.answers);
    let checked = as_it_is.checked.unwrap_or_default();
    assert!(checked.is_empty(), "{}: {checked:#?}", case.name);

    let changes = change::all(&model);
    let step = changes.len().div_ceil(effort.tried.max(1)).max(1);
    let changes: Vec<Change> = changes.into_iter().step_by(step).collect();
    let mut asked = on_all_cores(&changes, |_, change| Ok(Asked::of(change, &manifests)))?;
    let is_compiled =
        |(number, asked): (usize, &Asked)| effort.compiles(number, asked.checked.is_none());
    let chosen = asked.iter().enumerate().map(is_compiled).collect::<Vec<bool>>();
    let said = on_all_cores(&changes, |number, change| {
        let source = || change.model.source().0;
        let said = || compiler.compile(number, &source(), &case.folder());
        chosen[number].then(said).transpose()
    })?;
    let mut outcome = Outcome::default();
    for ((change, asked), said) in changes.iter().zip(&mut asked).zip(said) {
        outcome.compiled += usize::from(said.is_some());
        outcome.add(change, asked, said);
    }
    Ok(outcome)
}

/// The results for a change.
struct Asked {
    /// The answers of the oracle for each manifest.
    answers: Vec<Answer>,
    /// The messages of the check at run time; `None` without a description.
    checked: Option<Vec<Complaint>>,
}

impl Asked {
    fn of(change: &Change, manifests: &Manifests) -> Self {
        let described = describe::describe(&change.model);
        let answers = manifests
            .all
            .iter()
            .map(|it| truth::follow(&described, &truth::variables(&it.listing)));
        Self {
            answers: answers.collect(),
            checked: described.ok().map(|node| manifests.check(node)),
        }
    }

    fn fits(&self) -> bool {
        self.answers.iter().all(Answer::fits)
    }
}

impl Case {
    /// Returns the structs in the dialect, with its manifests.
    fn model(&self) -> Model {
        let mut model = Model::parse(self.sources, self.root).without_functions();
        model = match self.dialect {
            Some(dialect) => model.other_dialect(dialect),
            None => model.first_dialect(),
        };
        let root = model.structs.iter_mut().find(|item| item.name == model.root);
        let mut words = root.into_iter().flat_map(|item| &mut item.words);
        let manifest = words.find(|word| word.name == "manifest").expect("a root has manifests");
        manifest.rest = match self.manifests {
            [one] => format!("= {one:?}"),
            all => format!(
                "({})",
                all.iter().map(|file| format!("{file:?}")).collect::<Vec<_>>().join(", ")
            ),
        };
        model
    }

    fn folder(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.folder)
    }
}

/// Returns the folder of the examples.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// Applies a function to all changes, on all cores.
fn on_all_cores<C: Sync, T: Send>(
    changes: &[C],
    with: impl Fn(usize, &C) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(change) = changes.get(number) else { return };
            let came = with(number, change);
            if came.is_err() {
                next.store(changes.len(), Ordering::Relaxed);
            }
            done.lock().expect("no thread panics").insert(number, came);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    done.into_inner().expect("no thread panics").into_values().collect()
}

/// Returns the messages of complaints.
fn texts(said: &[Complaint]) -> String {
    said.iter().map(|it| it.text.clone()).collect::<Vec<_>>().join("\n    ")
}

impl Outcome {
    /// Compares the messages of the check at run time with those of the compiler.
    fn compare(
        &mut self,
        change: &Change,
        checked: Option<&[Complaint]>,
        compiled: Option<&[Complaint]>,
    ) {
        if let (Some(checked), Some(compiled)) = (checked, compiled)
            && !check::is_same(checked, compiled)
        {
            let what = format!("{}: {}", change.kind, change.what);
            let (checked, compiled) = (texts(checked), texts(compiled));
            self.other.push(format!("{what}\n    {checked}\n    in place of\n    {compiled}"));
        }
    }

    /// Adds a change, with the compiler's messages if it was compiled.
    fn add(&mut self, change: &Change, asked: &mut Asked, compiled: Option<Vec<Complaint>>) {
        let what = format!("{}: {}", change.kind, change.what);
        self.compare(change, asked.checked.as_deref(), compiled.as_deref());
        // A change that was neither checked nor compiled is not part of the sample.
        let Some(complaints) = compiled.or_else(|| asked.checked.take()) else { return };
        let count = self.kinds.entry(change.kind).or_default();
        let said = || format!("{what}\n    {}", texts(&complaints));
        let Some(wrong) = asked.answers.iter().find(|answer| !answer.fits()) else {
            count.harmless += 1;
            if !complaints.is_empty() {
                self.alarms.push(said());
            }
            return;
        };
        count.mistakes += 1;
        if complaints.is_empty() {
            let why = wrong.wrong.iter().chain(&wrong.torn).chain(&wrong.left).take(3);
            let why: Vec<String> = why.cloned().collect();
            return self.missed.push(format!("{what}\n    {}", why.join("; ")));
        }
        count.caught += 1;
        let (_, lines) = change.model.source();
        if asked.answers.iter().any(|it| judge::is_named(&complaints, change, it, &lines)) {
            count.named += 1;
        } else {
            self.unnamed.push(format!(
                "{what}; {}\n    {}",
                judge::reason(&complaints),
                texts(&complaints)
            ));
        }
    }
}

/// Builds the dependencies of the models.
pub(crate) fn compiler() -> io::Result<Compiler> {
    Compiler::new()
}
