//! The output and the error messages of the command line.

use std::fs;
use std::path::Path;

use checkpoint_examples::gpt2_cli::{Arguments, run};
use clap::{CommandFactory, Parser};
use expect_test::{Expect, expect, expect_file};
use indicatif::ProgressBar;
use tempfile::TempDir;

fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/gpt2-bard"))
}

/// Returns the output of the example, or its error.
fn output(arguments: &[&str]) -> Result<String, String> {
    let arguments = Arguments::try_parse_from([&["gpt2"], arguments].concat()).unwrap();
    let mut out = Vec::new();
    run(&arguments, &mut out, &ProgressBar::hidden()).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

/// Copies the model, so that a test can damage it.
fn copy() -> TempDir {
    let directory = TempDir::new().unwrap();
    for file in fs::read_dir(shipped()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), directory.path().join(file.file_name())).unwrap();
    }
    directory
}

/// Checks the error for the model in `directory`, which is shown as `D`.
#[track_caller]
fn refused(directory: &Path, expected: &Expect) {
    let path = directory.to_str().unwrap();
    let message = output(&["--model", path, "--quiet"]).unwrap_err();
    expected.assert_eq(&message.replace(path, "D"));
}

/// Removes trailing spaces from each line.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
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
    // The last line is the time, which varies.
    let (table, _) = table.rsplit_once(", in ").unwrap();
    expect![[r#"
        Gpt2 from D/model.ckpt in the dialect tf
          field                       variable                     dtype  in the file      in the struct
          wte                         model/wte                    f32    [1024, 128]   -> [1024, 128]
          wpe                         model/wpe                    f32    [128, 128]    -> [128, 128]
          blocks[0..4].ln_1.g         model/h<0..4>/ln_1/g         f32    [128]         -> [128]
          blocks[0..4].ln_1.b         model/h<0..4>/ln_1/b         f32    [128]         -> [128]
          blocks[0..4].attn.c_attn.w  model/h<0..4>/attn/c_attn/w  f32    [1, 128, 384] -> [128, 384]
          blocks[0..4].attn.c_attn.b  model/h<0..4>/attn/c_attn/b  f32    [384]         -> [384]
          blocks[0..4].attn.c_proj.w  model/h<0..4>/attn/c_proj/w  f32    [1, 128, 128] -> [128, 128]
          blocks[0..4].attn.c_proj.b  model/h<0..4>/attn/c_proj/b  f32    [128]         -> [128]
          blocks[0..4].ln_2.g         model/h<0..4>/ln_2/g         f32    [128]         -> [128]
          blocks[0..4].ln_2.b         model/h<0..4>/ln_2/b         f32    [128]         -> [128]
          blocks[0..4].mlp.c_fc.w     model/h<0..4>/mlp/c_fc/w     f32    [1, 128, 512] -> [128, 512]
          blocks[0..4].mlp.c_fc.b     model/h<0..4>/mlp/c_fc/b     f32    [512]         -> [512]
          blocks[0..4].mlp.c_proj.w   model/h<0..4>/mlp/c_proj/w   f32    [1, 512, 128] -> [512, 128]
          blocks[0..4].mlp.c_proj.b   model/h<0..4>/mlp/c_proj/b   f32    [128]         -> [128]
          ln_f.g                      model/ln_f/g                 f32    [128]         -> [128]
          ln_f.b                      model/ln_f/b                 f32    [128]         -> [128]
        52 variables, 3.8 MB, checksums verified"#]]
    .assert_eq(&table.replace(shipped().to_str().unwrap(), "D"));
    let (text, time) = text.rsplit_once("\n15 tokens in ").unwrap();
    assert_eq!(text, "ROMEO:\nI will not stay.\n\nROMEO:\nI will not wish\n");
    assert!(time.ends_with(" s\n"));
}

#[test]
fn quiet_shows_the_text_alone() {
    let text = output(&["--quiet", "--greedy", "--prompt", "To be, or not", "--tokens", "2"]);
    assert_eq!(text.unwrap(), "To be, or not so much\n");
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
    let expected = [
        (r#"   365  " so"  "#, 8.611_99, 0.129_54),
        (r#"   258  " a"  "#, 8.260_59, 0.091_16),
        (r#"   287  " to"  "#, 7.490_54, 0.042_21),
    ];
    assert_eq!(logits.lines().count(), 1 + expected.len());
    for (line, (token, logit, probability)) in logits.lines().skip(1).zip(expected) {
        assert!(line.starts_with(token), "{line}");
        let numbers: Vec<f64> =
            line.split_whitespace().rev().take(2).map(|number| number.parse().unwrap()).collect();
        assert!((numbers[1] - logit).abs() < 1e-3, "{line}");
        assert!((numbers[0] - probability).abs() < 1e-3, "{line}");
    }
    assert_eq!(output(&["--quiet", "--logits"]).unwrap().lines().count(), 1 + 10);
    assert_eq!(output(&["--quiet", "--logits", "0"]).unwrap().lines().count(), 1 + 1024);
}

#[test]
fn the_help_explains_everything() {
    let mut command = Arguments::command();
    expect_file!["gpt2_cli/help.txt"].assert_eq(&trimmed(&command.render_help().to_string()));
    expect_file!["gpt2_cli/long_help.txt"]
        .assert_eq(&trimmed(&command.render_long_help().to_string()));
}

#[test]
fn the_model_is_saved_with_its_files_and_writes_the_same_text() {
    let folder = TempDir::new().unwrap();
    let copy = folder.path().join("copy");
    let path = copy.to_str().unwrap();
    let text = output(&["--greedy", "--tokens", "15", "--quiet", "--save", path]).unwrap();
    let again = output(&["--greedy", "--tokens", "15", "--quiet", "--model", path]).unwrap();
    assert_eq!(text, again);
    for file in ["model.ckpt.index", "model.ckpt.data-00000-of-00001"] {
        assert!(fs::read(copy.join(file)).unwrap() == fs::read(shipped().join(file)).unwrap());
    }
    let error = output(&["--tokens", "0", "--save", path]).unwrap_err().replace(path, "D");
    expect!["`D/model.ckpt.data-00000-of-00001` already exists; save to another path, or replace it with `SaveOptions::overwrite`"].assert_eq(&error);
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
    refused(
        &directory.path().join("x"),
        &expect!["there is no directory `D`; `--model` takes one with the files of a GPT-2"],
    );
}

#[test]
fn a_missing_file_is_named() {
    for (file, expected) in [
        (
            "checkpoint",
            expect![
                "the directory `D` has no `checkpoint` file that selects a checkpoint; open `D/model.ckpt`"
            ],
        ),
        (
            "hparams.json",
            expect![
                "cannot read `D/hparams.json`: no such file; a model directory holds `checkpoint`, `hparams.json`, `encoder.json`, `vocab.bpe`, `model.ckpt.index` and `model.ckpt.data-*`"
            ],
        ),
        (
            "encoder.json",
            expect![
                "cannot read `D/encoder.json`: no such file; a model directory holds `checkpoint`, `hparams.json`, `encoder.json`, `vocab.bpe`, `model.ckpt.index` and `model.ckpt.data-*`"
            ],
        ),
        (
            "vocab.bpe",
            expect![
                "cannot read `D/vocab.bpe`: no such file; a model directory holds `checkpoint`, `hparams.json`, `encoder.json`, `vocab.bpe`, `model.ckpt.index` and `model.ckpt.data-*`"
            ],
        ),
        (
            "model.ckpt.index",
            expect![
                "`D/checkpoint` refers to the checkpoint `model.ckpt`, but there is no `D/model.ckpt.index`; fetch it"
            ],
        ),
        (
            "model.ckpt.data-00000-of-00001",
            expect![
                "cannot open the data file `D/model.ckpt.data-00000-of-00001`: no such file; fetch it too (the struct has 52 variables in this file)"
            ],
        ),
    ] {
        let directory = copy();
        fs::remove_file(directory.path().join(file)).unwrap();
        refused(directory.path(), &expected);
    }
}

#[test]
fn hyper_parameters_of_another_model_are_told_from_the_checkpoint() {
    for (from, to, expected) in [
        (
            r#""n_embd": 128"#,
            r#""n_embd": 256"#,
            expect!["`hparams.json` does not describe the checkpoint: n_embd is 128, not 256"],
        ),
        (
            r#"1024, "n_ctx": 128"#,
            r#"50257, "n_ctx": 1024"#,
            expect![
                "`hparams.json` does not describe the checkpoint: n_vocab is 1024, not 50257, n_ctx is 128, not 1024"
            ],
        ),
        (
            r#""n_layer": 4"#,
            r#""n_layer": 3"#,
            expect!["`hparams.json` does not describe the checkpoint: n_layer is 4, not 3"],
        ),
        (
            r#""n_head": 4"#,
            r#""n_head": 3"#,
            expect!["`hparams.json` divides n_embd 128 among n_head 3, which leaves a rest"],
        ),
        (
            r#""n_head": 4"#,
            r#""n_head": 0"#,
            expect!["`hparams.json` says that n_head is 0; it is at least 1"],
        ),
        (
            r#""n_head": 4, "#,
            "",
            expect![
                "`D/hparams.json` is not what it should be: missing field `n_head` at line 1 column 60"
            ],
        ),
        (
            r#""n_head": 4"#,
            r#""n_head": -4"#,
            expect![
                "`D/hparams.json` is not what it should be: invalid value: integer `-4`, expected usize at line 1 column 59"
            ],
        ),
    ] {
        let directory = copy();
        replace(&directory, "hparams.json", from, to);
        refused(directory.path(), &expected);
    }
}

#[test]
fn damaged_vocabularies_are_refused() {
    for (file, from, to, expected) in [
        (
            "vocab.bpe",
            "\nt h\n",
            "\nth\n",
            expect!["line 148 of `vocab.bpe` is not two tokens with a space between them"],
        ),
        (
            "vocab.bpe",
            "\nt h\n",
            "\nt 中\n",
            expect![[r#"the token "中" has a letter that stands for no byte"#]],
        ),
        (
            "encoder.json",
            "\"th\":",
            "\"中\":",
            expect![[r#"the token "中" has a letter that stands for no byte"#]],
        ),
        ("encoder.json", "\"ROMEO\":858,", "", expect![[r#"`encoder.json` has no token "ROMEO""#]]),
        (
            "encoder.json",
            "{",
            "",
            expect![[
                r#"`D/encoder.json` is not what it should be: invalid type: string "!", expected a map at line 1 column 3"#
            ]],
        ),
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
    refused(
        directory.path(),
        &expect![
            "the model has 1024 tokens, and none with the number 1198; `encoder.json` belongs to another model"
        ],
    );
}

#[test]
fn a_prompt_must_fit_the_context() {
    let long = "x ".repeat(100);
    expect!["the text has 200 tokens, but the model reads 128 at most; shorten it"]
        .assert_eq(&output(&["--prompt", &long]).unwrap_err());
}

#[test]
fn an_empty_prompt_starts_from_the_end_of_a_text() {
    expect!["the prompt is empty, and the vocabulary has no `<|endoftext|>` to start a text from; give a text with `--prompt`"].assert_eq(&output(&["--prompt", ""]).unwrap_err());

    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/corpus/models");
    let shakespeare = corpus.join("gpt2-shakespeare");
    let shakespeare = shakespeare.to_str().unwrap();
    let arguments = ["--model", shakespeare, "--quiet", "--greedy", "--tokens", "10"];
    let text = output(&[&arguments[..], &["--prompt", ""]].concat()).unwrap();
    expect![[r#"
        :
        I'll not then, and I
    "#]]
    .assert_eq(&text);
}

#[cfg(not(feature = "tensorflow"))]
#[test]
fn without_tensorflow_its_source_says_how_to_build_the_example_with_it() {
    let message = output(&["--source", "tensorflow", "--quiet"]).unwrap_err();
    let expected = expect![
        "this example was built without TensorFlow; build it with `cargo run --release -p checkpoint-examples --features tensorflow --example gpt2 -- --source tensorflow`"
    ];
    expected.assert_eq(&message);
}

#[cfg(feature = "tensorflow")]
#[test]
fn through_tensorflow_the_text_is_the_same() {
    use checkpoint_tests::tensorflow::found;
    if found(checkpoint_tensorflow::version(), "GPT-2 through TensorFlow").is_none() {
        return;
    }
    let text =
        |source| output(&["--source", source, "--greedy", "--tokens", "15", "--quiet"]).unwrap();
    assert_eq!(text("tensorflow"), text("native"));
}
