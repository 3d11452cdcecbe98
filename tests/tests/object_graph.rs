//! The object graphs of checkpoints: the variable of each path.

use std::fs;

use checkpoint_core::{Checkpoint, Limits, ObjectGraphError, OpenOptions};
use checkpoint_schema::format::tensorflow::object_graph::Object;
use checkpoint_tests::corpus::{self, Case};
use checkpoint_tests::writer::{Bundle, Graph};
use expect_test::{Expect, expect};
use tempfile::TempDir;

const KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

fn open(case: &Case) -> Checkpoint {
    Checkpoint::open(&case.prefix).unwrap()
}

/// Returns the key of a path.
fn key(checkpoint: &Checkpoint, path: &str) -> Option<String> {
    let graph = checkpoint.object_graph().unwrap().unwrap();
    graph.resolve(path).map(|attribute| attribute.key.to_string())
}

/// The keys of all objects equal the keys of the checkpoint, except for the graph itself.
#[test]
fn the_objects_name_every_key_of_the_checkpoint() {
    let checkpoint = open(&corpus::case("gen/object-based").unwrap());
    let graph = checkpoint.object_graph().unwrap().unwrap();
    let mut named: Vec<_> = graph
        .objects()
        .flat_map(Object::attributes)
        .map(|attribute| attribute.key.clone())
        .collect();
    named.sort();
    let variables = checkpoint.variables().iter();
    let keys: Vec<_> = variables.map(|variable| variable.name.clone()).collect();
    assert_eq!(named, keys.into_iter().filter(|key| key.as_str() != Some(KEY)).collect::<Vec<_>>());
}

#[test]
fn the_paths_of_a_keras_model_lead_to_where_its_weights_are() {
    let checkpoint = open(&corpus::case("gen/object-based").unwrap());
    for (path, stored) in [
        ("model/_functional/_operations/1/_kernel", Some("optimizer/_trainable_variables/0")),
        ("model/_functional/_operations/3/bias", Some("optimizer/_trainable_variables/5")),
        ("optimizer/_trainable_variables/5", Some("optimizer/_trainable_variables/5")),
        ("model/optimizer/_momentums/1", Some("optimizer/_variables/4")),
        ("step", Some("step")),
        ("model/_functional/_operations/0/_kernel", None),
        ("model/_functional/_operations/1", None),
        (KEY, None),
    ] {
        let stored = stored.map(|stored| format!("{stored}/.ATTRIBUTES/VARIABLE_VALUE"));
        assert_eq!(key(&checkpoint, path), stored, "{path}");
    }
}

#[test]
fn a_saved_model_of_others_has_a_graph_too() {
    for case in corpus::real_cases().unwrap() {
        if case.name == "real/tfrust-regression-savedmodel" {
            let stored = Some("optimizer/learning_rate/.ATTRIBUTES/VARIABLE_VALUE".to_owned());
            assert_eq!(key(&open(&case), "optimizer/learning_rate"), stored);
        }
    }
}

#[test]
fn a_name_based_checkpoint_has_none() {
    let checkpoint = open(&corpus::case("models/gpt2-nano").unwrap());
    assert!(checkpoint.object_graph().unwrap().is_none());
}

/// Writes a checkpoint with this in place of a graph.
fn checkpoint(bundle: Bundle, limits: &Limits) -> (TempDir, Checkpoint) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("ckpt-1");
    bundle.write(&prefix).unwrap();
    let checkpoint = OpenOptions::new().limits(limits.clone()).open(prefix).unwrap();
    (folder, checkpoint)
}

fn of_strings(strings: &[&[u8]], shape: &[u64]) -> Bundle {
    Bundle::new().strings(KEY, shape, strings)
}

#[test]
fn a_graph_is_read_in_either_byte_order() {
    let graph = Graph::new().child(0, "w", 1).variable(1, "", "w's key").to_bytes();
    for bundle in [of_strings(&[&graph], &[]), of_strings(&[&graph], &[]).big_endian()] {
        let (_folder, checkpoint) = checkpoint(bundle, &Limits::default());
        assert_eq!(key(&checkpoint, "w").as_deref(), Some("w's key"));
    }
}

/// Returns the error of a graph. The folder is shown as `models`.
fn error(bundle: Bundle, limits: &Limits) -> String {
    let (folder, checkpoint) = checkpoint(bundle, limits);
    said(&folder, &checkpoint.object_graph().unwrap_err())
}

fn said(folder: &TempDir, error: &ObjectGraphError) -> String {
    error.to_string().replace(&folder.path().display().to_string(), "models")
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn refused(bundle: Bundle, expected: Expect) {
    expected.assert_eq(&error(bundle, &Limits::default()));
}

#[test]
fn what_is_no_graph_is_refused() {
    refused(
        Bundle::new().f32(KEY, &[1], &[1.0]),
        expect![[
            r#"`_CHECKPOINTABLE_OBJECT_GRAPH` is f32 [1], but an object graph is a string without axes; the checkpoint is damaged or not of TensorFlow, save it anew"#
        ]],
    );
    refused(
        of_strings(&[b"a", b"b"], &[2]),
        expect![[
            r#"`_CHECKPOINTABLE_OBJECT_GRAPH` is string [2], but an object graph is a string without axes; the checkpoint is damaged or not of TensorFlow, save it anew"#
        ]],
    );
    refused(
        of_strings(&[b""], &[]),
        expect![
            "the object graph has no objects, not even the root; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        of_strings(&[b"\x0a\xff"], &[]),
        expect![
            "the object graph is damaged, fetch the checkpoint again: the object graph at byte 2 is cut: it has 0 of 1 bytes"
        ],
    );
}

#[test]
fn a_graph_that_was_changed_or_cut_is_refused() {
    let graph = Graph::new().child(0, "w", 1).to_bytes();
    let (folder, checkpoint) = checkpoint(of_strings(&[&graph], &[]), &Limits::default());
    let data = folder.path().join("ckpt-1.data-00000-of-00001");
    let mut bytes = fs::read(&data).unwrap();
    bytes[7] ^= 1;
    fs::write(&data, &bytes).unwrap();
    let says = || said(&folder, &checkpoint.object_graph().unwrap_err());
    expect!["cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: the checksum of its 16 bytes at byte 0 of the data file `models/ckpt-1.data-00000-of-00001` is dfaea2e8, but the checkpoint says 2b9074a0; the file is damaged or of another checkpoint, fetch it again"].assert_eq(&says());
    fs::write(&data, &bytes[..7]).unwrap();
    expect![[r#"cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: cannot read byte 0 of the data file `models/ckpt-1.data-00000-of-00001`: unexpected end of file"#]].assert_eq(&says());
}

#[test]
fn a_graph_that_asks_for_too_much_memory_is_refused() {
    let mut limits = Limits::default();
    (limits.memory, limits.memory_per_byte) = (10_000, 2);
    let objects = [10, 0].repeat(2000);
    expect!["too much memory for the object graph: 33185 bytes needed up to here, and the limit for a file of this length is 18290; if you trust the file, raise `Limits::memory`"].assert_eq(&error(of_strings(&[&objects], &[]), &limits));
}
