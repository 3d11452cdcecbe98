//! A crate is compiled again when a manifest of its structs changes.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const MODEL: &str = r#"
use checkpoint_core::FromCheckpoint;

#[derive(FromCheckpoint)]
#[ckpt(manifest = "model.txt")]
pub struct Model {
    pub step: i64,
}
"#;

/// A crate with one struct, in a folder of its own.
fn crate_with(manifest: &str) -> TempDir {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let core = workspace.join("checkpoint-core");
    let cargo = format!(
        "[package]\nname = \"model\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\ncheckpoint-core = {{ path = {core:?} }}\n\n[workspace]\n"
    );
    fs::create_dir(folder.path().join("src")).unwrap();
    fs::write(folder.path().join("Cargo.toml"), cargo).unwrap();
    fs::write(folder.path().join("src/lib.rs"), MODEL).unwrap();
    fs::write(folder.path().join("model.txt"), manifest).unwrap();
    fs::copy(workspace.join("Cargo.lock"), folder.path().join("Cargo.lock")).unwrap();
    folder
}

/// What `cargo check` says: whether it was well, and its messages.
fn check(folder: &Path) -> (bool, String) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rebuild");
    let mut cargo = Command::new(env!("CARGO"));
    let cargo = cargo.args(["check", "--offline", "--color=never"]).current_dir(folder);
    let Output { status, stderr, .. } = cargo.env("CARGO_TARGET_DIR", target).output().unwrap();
    (status.success(), String::from_utf8(stderr).unwrap())
}

#[test]
fn a_manifest_that_has_changed_is_read_again() {
    let folder = crate_with("step  i64 []\n");
    let (good, first) = check(folder.path());
    assert!(good, "{first}");
    let (_, again) = check(folder.path());
    assert!(!again.contains("Checking model"), "it is compiled again: {again}");
    fs::write(folder.path().join("model.txt"), "step  i65 []\n").unwrap();
    let (good, changed) = check(folder.path());
    let expected = "error: cannot read the manifest `model.txt`: line 1: there is no dtype `i65`";
    assert!(!good && changed.contains(expected), "{changed}");
    assert!(changed.contains("--> src/lib.rs:5:19"), "{changed}");
    fs::write(folder.path().join("model.txt"), "step  i64 []\n").unwrap();
    assert!(check(folder.path()).0);
}
