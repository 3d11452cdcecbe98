//! What `ckpt scaffold` writes compiles without warnings, checked against what `ckpt manifest` writes, is as `rustfmt`
//! leaves it, and loads the checkpoint strictly.
//!
//! The structs of all checkpoints are modules of one crate, which is built once.

mod cases;
mod generated;

use std::process::Command;

use checkpoint_core::Checkpoint;

use crate::cases::{Case, cases};
use crate::generated::{Generated, Loaded};

#[test]
fn every_checkpoint_is_loaded_strictly_by_its_scaffold() {
    let cases = cases();
    let modules = cases.iter().enumerate().map(|(number, case)| {
        let module = scaffold(case, &format!("case_{number}.txt"));
        let manifest = manifest(case, &module);
        (module, manifest)
    });
    let generated = Generated::of(modules);
    generated.is_formatted();
    let loaded = generated.load(cases.iter().map(|case| case.path.as_path()));
    assert_eq!(loaded.len(), cases.len());
    for (case, loaded) in cases.iter().zip(loaded) {
        let variables = Checkpoint::open(&case.path).unwrap().variables().len();
        let Loaded { taken, ignored, unmapped, warnings } = loaded;
        assert_eq!(warnings, 0, "{}", case.name);
        // The object graph is no variable where names come from it.
        let graph = variables - (taken + ignored + unmapped);
        assert!(graph <= 1, "{}: {taken} + {ignored} + {unmapped} of {variables}", case.name);
        assert_eq!(
            (taken, unmapped),
            (case.taken.unwrap_or(taken), case.unmapped),
            "{}",
            case.name
        );
        assert!(taken > 0, "{}", case.name);
    }
}

/// What `ckpt scaffold` prints.
fn scaffold(case: &Case, manifest: &str) -> String {
    let arguments = ["scaffold", "--manifest", manifest];
    ckpt(case, &[&arguments[..], case.arguments].concat())
}

/// What `ckpt manifest` prints, with the names that the structs use.
fn manifest(case: &Case, module: &str) -> String {
    let naming = ["object_path", "full_name"];
    let naming =
        naming.into_iter().find(|naming| module.contains(&format!("naming = \"{naming}\"")));
    ckpt(case, &["manifest", "--naming", naming.unwrap_or("key")])
}

fn ckpt(case: &Case, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ckpt"));
    let output = command.args(arguments).arg(&case.path).output().unwrap();
    let messages = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && messages.is_empty(), "{}: {messages}", case.name);
    String::from_utf8(output.stdout).unwrap()
}
