//! The command that writes checkpoints of GPT-2.

use std::path::Path;
use std::process::{Command, Output};

use checkpoint_tests::corpus::sha256;

#[test]
fn options_replace_what_the_released_size_says() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("made/on/the/way");
    let options =
        ["--vocab", "5", "--context", "3", "--embd", "4", "--heads", "2", "--layers", "1"];
    let report = String::from_utf8(generate(&out, &options).stdout).unwrap();
    assert!(report.ends_with("model.ckpt`: 16 tensors of 284 parameters\n"), "{report}");
    let data = std::fs::read(out.join("model.ckpt.data-00000-of-00001")).unwrap();
    assert_eq!(data.len(), 4 * 284);
    // The values never change, so that measurements can be repeated.
    assert_eq!(sha256(&data), "21740fd8bb81eacc755bdf1233d1babd5ddae6a5102f9dbc0b431ded8766ccdc");
}

#[test]
fn a_width_that_the_heads_cannot_share_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let errors = String::from_utf8(generate(dir.path(), &["--heads", "7"]).stderr).unwrap();
    assert_eq!(
        errors,
        "error: 7 heads cannot share a width of 768; set `--embd` to a multiple of `--heads`\n"
    );
    assert_eq!(dir.path().read_dir().unwrap().count(), 0);
}

fn generate(out: &Path, options: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_generate-gpt2")).args(options).arg(out).output().unwrap()
}
