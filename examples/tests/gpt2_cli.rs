//! The command line: what it shows, and what it says when something is wrong.

use std::fs;
use std::path::Path;

use checkpoint_examples::gpt2_cli::{Arguments, run};
use clap::{CommandFactory, Parser};
use expect_test::{Expect, expect};
use indicatif::ProgressBar;
use tempfile::TempDir;

fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/gpt2-bard"))
}

/// What the example writes, or why it fails.
fn output(arguments: &[&str]) -> Result<String, String> {
    let arguments = Arguments::try_parse_from([&["gpt2"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    run(&arguments, &mut out, &ProgressBar::hidden()).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

/// A copy of the model, to be spoilt.
fn copy() -> TempDir {
    let directory = TempDir::new().unwrap();
    for file in fs::read_dir(shipped()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.path().join(file.file_name())).unwrap();
    }
    directory
}

/// Checks what is said about the model in `directory`, which is called `D`.
#[track_caller]
fn refused(directory: &Path, expected: &Expect) {
    let path = directory.to_str().unwrap();
    let message = output(&["--model", path, "--quiet"]).unwrap_err();
    expected.assert_eq(&message.replace(path, "D"));
}

fn replace(directory: &TempDir, file: &str, from: &str, to: &str) {
    let path = directory.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn what_was_loaded_is_shown_then_the_text_then_how_long_it_took() {
    let shown = output(&["--greedy", "--tokens", "15"]).unwrap();
    let (table, text) = shown.split_once("\n\n").unwrap();
    // All but the last line, which says how long it took.
    let (table, _) = table.rsplit_once(", in ").unwrap();
    expect![[r#"
        Gpt2 from D/model.ckpt
          field                       variable                     dtype  in the file      in the struct
          wte                         model/wte                    f32    [1024, 128]   -> [1024, 128]
          wpe                         model/wpe                    f32    [128, 128]    -> [128, 128]
    "#]]
    .assert_eq(&table.replace(shipped().to_str().unwrap(), "D"));
    let (text, time) = text.rsplit_once("\n15 tokens in ").unwrap();
    assert_eq!(text, "ROMEO:\nI will not stay.\n\nROMEO:\nI will not\n");
    assert!(time.ends_with(" s\n"));
}

#[test]
fn quiet_shows_the_text_alone() {
    let text = output(&["--quiet", "--greedy", "--prompt", "To be, or not", "--tokens", "2"]);
    assert_eq!(text.unwrap(), "To be, or not to be\n");
    assert_eq!(output(&["--quiet", "--tokens", "0", "--prompt", "x"]).unwrap(), "x\n");
}

#[test]
fn the_same_seed_writes_the_same_text() {
    let text = |seed| output(&["--quiet", "--tokens", "20", "--seed", seed]).unwrap();
    assert_eq!(text("7"), text("7"));
    assert_ne!(text("7"), text("8"));
}

#[test]
fn one_candidate_is_what_greedy_takes() {
    let text = |arguments: &[&str]| output(&[&["--quiet"], arguments].concat()).unwrap();
    assert_eq!(text(&["--top-k", "1"]), text(&["--greedy"]));
    assert_eq!(text(&["--temperature", "1e-9"]), text(&["--greedy"]));
}

#[test]
fn a_text_can_outgrow_the_context() {
    let text = output(&["--quiet", "--tokens", "300"]).unwrap();
    assert!(text.starts_with("ROMEO:\n"));
    // The model reads 128 tokens, which are less than 4 letters on average.
    assert!(text.len() > 128 * 4);
}

#[test]
fn logits_are_shown_instead_of_a_text() {
    let logits = output(&["--quiet", "--prompt", "To be, or not", "--logits", "3"]).unwrap();
    expect![[""]].assert_eq(&logits);
    assert_eq!(output(&["--quiet", "--logits"]).unwrap().lines().count(), 1 + 10);
    assert_eq!(output(&["--quiet", "--logits", "0"]).unwrap().lines().count(), 1 + 1024);
}

#[test]
fn the_help_explains_everything() {
    expect![[""]].assert_eq(&Arguments::command().render_help().to_string());
    expect![[""]].assert_eq(&Arguments::command().render_long_help().to_string());
}

#[test]
fn contradictory_arguments_are_refused() {
    for arguments in [
        &["gpt2", "--greedy", "--seed", "1"][..],
        &["gpt2", "--logits", "--tokens", "1"],
        &["gpt2", "--temperature", "0"],
        &["gpt2", "--temperature", "-1"],
        &["gpt2", "--temperature", "inf"],
        &["gpt2", "--temperature", "warm"],
    ] {
        assert!(Arguments::try_parse_from(arguments).is_err(), "{arguments:?}");
    }
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let directory = TempDir::new().unwrap();
    refused(&directory.path().join("x"), &expect![[""]]);
}

#[test]
fn a_missing_file_is_named() {
    for (file, expected) in [
        ("checkpoint", expect![[""]]),
        ("hparams.json", expect![[""]]),
        ("encoder.json", expect![[""]]),
        ("vocab.bpe", expect![[""]]),
        ("model.ckpt.index", expect![[""]]),
        ("model.ckpt.data-00000-of-00001", expect![[""]]),
    ] {
        let directory = copy();
        fs::remove_file(directory.path().join(file)).unwrap();
        refused(directory.path(), &expected);
    }
}

#[test]
fn hyper_parameters_of_another_model_are_told_from_the_checkpoint() {
    for (from, to, expected) in [
        (r#""n_embd": 128"#, r#""n_embd": 256"#, expect![[""]]),
        (r#"1024, "n_ctx": 128"#, r#"50257, "n_ctx": 1024"#, expect![[""]]),
        (r#""n_layer": 4"#, r#""n_layer": 3"#, expect![[""]]),
        (r#""n_head": 4"#, r#""n_head": 3"#, expect![[""]]),
        (r#""n_head": 4"#, r#""n_head": 0"#, expect![[""]]),
        (r#""n_head": 4, "#, "", expect![[""]]),
        (r#""n_head": 4"#, r#""n_head": -4"#, expect![[""]]),
    ] {
        let directory = copy();
        replace(&directory, "hparams.json", from, to);
        refused(directory.path(), &expected);
    }
}

#[test]
fn damaged_vocabularies_are_refused() {
    for (file, from, to, expected) in [
        ("vocab.bpe", "\nt h\n", "\nth\n", expect![[""]]),
        ("vocab.bpe", "\nt h\n", "\nt 中\n", expect![[""]]),
        ("encoder.json", "\"th\":", "\"中\":", expect![[""]]),
        ("encoder.json", "\"R\":49,", "", expect![[""]]),
        ("encoder.json", "{", "", expect![[""]]),
    ] {
        let directory = copy();
        replace(&directory, file, from, to);
        refused(directory.path(), &expected);
    }
}

#[test]
fn the_tokenizer_of_another_model_is_told() {
    let directory = copy();
    replace(&directory, "encoder.json", "\":198", "\":1198");
    refused(directory.path(), &expect![[""]]);
}

#[test]
fn a_prompt_must_fit_the_context() {
    let long = "x ".repeat(100);
    expect![[""]].assert_eq(&output(&["--prompt", &long]).unwrap_err());
}

#[test]
fn an_empty_prompt_starts_from_the_end_of_a_text() {
    expect![[""]].assert_eq(&output(&["--prompt", ""]).unwrap_err());

    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/models");
    let shakespeare = corpus.join("gpt2-shakespeare");
    let shakespeare = shakespeare.to_str().unwrap();
    let arguments = ["--model", shakespeare, "--quiet", "--greedy", "--tokens", "10"];
    let text = output(&[&arguments[..], &["--prompt", ""]].concat()).unwrap();
    expect![[""]].assert_eq(&text);
}
