//! A crate is compiled again when a manifest of its structs changes.

use checkpoint_tests::project::Project;

const MODEL: &str = r#"
use checkpoint_core::FromCheckpoint;

#[derive(FromCheckpoint)]
#[ckpt(manifest = "model.txt")]
pub struct Model {
    pub step: i64,
}
"#;

/// Runs the compiler. Returns true if it succeeds, and its messages.
fn check(project: &Project) -> (bool, String) {
    let output = project.check().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_manifest_that_has_changed_is_read_again() {
    let project = Project::new(env!("CARGO_TARGET_TMPDIR"), "rebuilt", "").unwrap();
    project.write("src/lib.rs", MODEL).unwrap();
    project.write("model.txt", "step  i64 []\n").unwrap();
    let (good, first) = check(&project);
    assert!(good, "{first}");
    let (_, again) = check(&project);
    assert!(!again.contains("Checking rebuilt"), "it is compiled again: {again}");
    project.write("model.txt", "step  i65 []\n").unwrap();
    let (good, changed) = check(&project);
    let expected = "error: cannot read the manifest `model.txt`: line 1: unknown dtype `i65`";
    assert!(!good && changed.contains(expected), "{changed}");
    assert!(changed.contains("--> src/lib.rs:5:19"), "{changed}");
    project.write("model.txt", "step  i64 []\n").unwrap();
    assert!(check(&project).0);
}
