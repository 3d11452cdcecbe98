//! The model computes the outputs of `OpenAI`'s graph in `TensorFlow` for the same checkpoints.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use checkpoint_core::FromCheckpoint;
use checkpoint_examples::gpt2::{Context, Gpt2, Hparams, LanguageModel, Tokenizer, most_likely};
use serde::Deserialize;

/// The largest difference of logits by rounding, relative to logits of at least 1.
const TOLERANCE: f32 = 1e-4;

/// The outputs of `TensorFlow` for a model.
#[derive(Deserialize)]
struct Reference {
    hparams: Hparams,
    cases: Vec<Case>,
    encode: Vec<Encoded>,
}

#[derive(Deserialize)]
struct Case {
    ids: Vec<usize>,
    text: Option<String>,
    /// The logits at the last position.
    logits_last: Vec<f32>,
    /// The most likely token at every position.
    argmax_all: Vec<usize>,
    /// The most likely tokens to follow, one after another.
    greedy: Vec<usize>,
    /// The margin of each of them over the second most likely.
    margins: Vec<f32>,
    greedy_text: Option<String>,
}

#[derive(Deserialize)]
struct Encoded {
    text: String,
    ids: Vec<usize>,
}

/// A model with its reference.
struct Subject {
    name: &'static str,
    model: LanguageModel,
    tokenizer: Tokenizer,
    reference: Reference,
}

impl Subject {
    fn load(name: &'static str, directory: &Path, reference: &Path) -> Self {
        let hparams = Hparams::read(directory).unwrap();
        let model = LanguageModel::new(Gpt2::load(directory).unwrap(), hparams).unwrap();
        let reference = fs::read_to_string(reference).unwrap();
        let reference: Reference = serde_json::from_str(&reference).unwrap();
        assert!(!reference.cases.is_empty() && !reference.encode.is_empty());
        Self { name, model, tokenizer: Tokenizer::read(directory).unwrap(), reference }
    }
}

/// The models of the repository, and a published one if it is beside the repository.
fn subjects() -> Vec<Subject> {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR"));
    let bard = examples.join("models/gpt2-bard");
    let mut subjects = vec![Subject::load("gpt2-bard", &bard, &bard.join("reference.json"))];
    let mut add = |corpus: &Path, kind: &str, name: &'static str| {
        let reference = corpus.join(format!("truth/gpt2/{name}.json"));
        subjects.push(Subject::load(name, &corpus.join(kind).join(name), &reference));
    };
    let corpus = examples.join("../tests/corpus");
    add(&corpus, "models", "gpt2-nano");
    add(&corpus, "models", "gpt2-shakespeare");
    match published() {
        Ok(corpus) => add(&corpus, "real", "keras-gpt2-toy"),
        // Unlike `eprintln!`, this is shown for tests that pass, too.
        Err(absent) => {
            let notice =
                format!("skipped: keras-gpt2-toy; there is no folder `{}`\n", absent.display());
            io::stderr().write_all(notice.as_bytes()).unwrap();
        }
    }
    subjects
}

/// The folder of the published checkpoints, or its expected path if it is missing.
fn published() -> Result<PathBuf, PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let corpus = beside.join("shared/corpus");
    if corpus.is_dir() { Ok(corpus) } else { Err(corpus) }
}

#[track_caller]
fn assert_close(found: &[f32], expected: &[f32], about: &str) {
    assert_eq!(found.len(), expected.len(), "{about}");
    for (token, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(
            (found - expected).abs() <= TOLERANCE * expected.abs().max(1.0),
            "{about}: the logit of token {token} is {found}, expected {expected}"
        );
    }
}

fn best(logits: &[f32]) -> usize {
    most_likely(logits, 1)[0].0
}

#[test]
fn the_hyper_parameters_are_read() {
    for Subject { name, model, reference, .. } in subjects() {
        assert_eq!(*model.hparams(), reference.hparams, "{name}");
    }
}

#[test]
fn logits_and_most_likely_tokens_are_those_of_tensorflow() {
    for Subject { name, model, reference, .. } in subjects() {
        for case in &reference.cases {
            let logits = model.forward(&case.ids).unwrap();
            let about = format!("{name} {:?}", case.ids);
            assert_close(
                logits.rows().into_iter().next_back().unwrap().as_slice().unwrap(),
                &case.logits_last,
                &about,
            );
            let found: Vec<usize> =
                logits.rows().into_iter().map(|row| best(row.as_slice().unwrap())).collect();
            assert_eq!(found, case.argmax_all, "{about}");
        }
    }
}

#[test]
fn greedy_continuations_are_those_of_tensorflow() {
    for Subject { name, model, tokenizer, reference } in subjects() {
        let mut compared = 0;
        for case in reference.cases.iter().filter(|case| !case.greedy.is_empty()) {
            let mut context = Context::new(&model, &case.ids).unwrap();
            // After a step with a small margin, the texts can differ.
            let sure = case.margins.iter().take_while(|&&margin| margin > 2.0 * TOLERANCE).count();
            for (step, &expected) in case.greedy.iter().enumerate().take(sure) {
                let found = best(context.logits());
                assert_eq!(found, expected, "{name} {:?} step {step}", case.ids);
                context.push(found).unwrap();
            }
            compared += sure;
            if let Some(text) = &case.greedy_text {
                assert_eq!(tokenizer.decode(&case.greedy), *text, "{name}");
            }
        }
        assert!(compared >= 40, "{name}: only {compared} tokens were compared");
    }
}

#[test]
fn a_token_at_a_time_gives_what_all_at_once_give() {
    for Subject { name, model, reference, .. } in subjects() {
        for case in &reference.cases {
            let logits = model.forward(&case.ids).unwrap();
            let mut context = Context::new(&model, &case.ids[..1]).unwrap();
            for (position, row) in logits.rows().into_iter().enumerate() {
                if position > 0 {
                    context.push(case.ids[position]).unwrap();
                }
                let about = format!("{name} {:?} position {position}", case.ids);
                assert_close(context.logits(), row.as_slice().unwrap(), &about);
            }
        }
    }
}

#[test]
fn texts_become_the_tokens_of_the_reference_and_texts_again() {
    for Subject { name, tokenizer, reference, .. } in subjects() {
        let cases =
            reference.cases.iter().filter_map(|case| Some((case.text.as_ref()?, &case.ids)));
        let encoded = reference.encode.iter().map(|encoded| (&encoded.text, &encoded.ids));
        for (text, ids) in cases.chain(encoded) {
            assert_eq!(tokenizer.encode(text).unwrap(), *ids, "{name} {text:?}");
            assert_eq!(tokenizer.decode(ids), *text, "{name}");
        }
    }
}

#[test]
fn a_full_context_forgets_its_older_half() {
    for Subject { name, model, .. } in subjects() {
        let n_ctx = model.hparams().n_ctx;
        let tokens: Vec<usize> = (0..=n_ctx).collect();
        let mut context = Context::new(&model, &tokens[..n_ctx]).unwrap();
        context.push(n_ctx).unwrap();
        let kept = &tokens[n_ctx - n_ctx / 2..];
        assert_eq!(kept.len(), n_ctx / 2 + 1, "{name}");
        assert_close(context.logits(), Context::new(&model, kept).unwrap().logits(), name);
    }
}
