//! All names of variables: keys, paths of objects and full names, with or without `:0`, wherever a name is expected.

use std::fs;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions};
use checkpoint_tests::writer::{Bundle, Graph};
use expect_test::expect;
use ndarray::{Array0, arr0, array};
use tempfile::TempDir;

/// Writes a checkpoint. `net` leads to a kernel named `dense/kernel`, and to a bias. Two other variables are both named
/// `Variable`, and one is at the root.
fn written() -> TempDir {
    let value = |path: &str| format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
    let graph = Graph::new()
        .child(0, "net", 1)
        .child(1, "kernel", 2)
        .child(1, "bias", 3)
        .child(0, "step", 4)
        .child(0, "epoch", 5)
        .variable(0, "root", &value(""))
        .variable(2, "dense/kernel", &value("net/kernel"))
        .variable(3, "dense/bias", &value("net/bias"))
        .variable(4, "Variable", &value("step"))
        .variable(5, "Variable", &value("epoch"));
    let folder = TempDir::new().unwrap();
    Bundle::new()
        .f32(value(""), &[], &[0.5])
        .f32(value("net/kernel"), &[2], &[1.0, 2.0])
        .f32(value("net/bias"), &[1], &[3.0])
        .i64(value("step"), &[], &[7])
        .i64(value("epoch"), &[], &[8])
        .strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph.to_bytes()])
        .write(folder.path().join("model"))
        .unwrap();
    folder
}

const KERNEL: &str = "net/kernel/.ATTRIBUTES/VARIABLE_VALUE";

#[test]
fn every_way_to_read_takes_every_form_of_a_name() {
    let folder = written();
    let checkpoint = Checkpoint::open(folder.path().join("model")).unwrap();
    for name in [KERNEL, "net/kernel", "dense/kernel"] {
        for name in [name.to_owned(), format!("{name}:0")] {
            let name = &name[..];
            let bytes = [1.0_f32, 2.0].map(f32::to_ne_bytes).concat();
            assert_eq!(checkpoint.get(name).unwrap().name.to_string(), KERNEL, "{name}");
            assert_eq!(checkpoint.find(name).unwrap().name.to_string(), KERNEL);
            assert_eq!(checkpoint.read(name).unwrap().as_bytes(), bytes);
            assert_eq!(checkpoint.read_array::<f32>(name).unwrap(), array![1.0, 2.0].into_dyn());
            assert_eq!(checkpoint.read_rows(name, 1..2).unwrap().as_bytes(), &bytes[4..]);
            let mut into = [0.0_f32; 2];
            checkpoint.read_into(name, &mut into).unwrap();
            assert_eq!(into.map(f32::to_ne_bytes).concat(), bytes);
            let mut pieces = Vec::new();
            checkpoint.read_pieces(name, |piece| pieces.extend_from_slice(piece)).unwrap();
            assert_eq!(pieces, bytes);
            assert_eq!(checkpoint.read_many([name]).unwrap()[0].as_bytes(), bytes);
            checkpoint.verify(name).unwrap();
            checkpoint.verify_many([name], LoadOptions::new()).unwrap();
        }
    }
}

#[test]
fn names_in_any_order_are_read_in_their_order() {
    let bundle = ["a", "b", "c", "d", "e"].iter().zip([1.0, 2.0, 3.0, 4.0, 5.0_f32]);
    let bundle =
        bundle.fold(Bundle::new(), |bundle, (name, value)| bundle.f32(*name, &[], &[value]));
    let folder = TempDir::new().unwrap();
    bundle.write(folder.path().join("model")).unwrap();
    let checkpoint = Checkpoint::open(folder.path().join("model")).unwrap();
    let read = |names: &[&str]| -> Vec<f32> {
        let tensors = checkpoint.read_many(names).unwrap().into_iter();
        tensors.map(|tensor| tensor.into_array::<f32>().unwrap()[[]]).collect()
    };
    assert_eq!(read(&["a", "b", "c", "d", "e"]), [1.0, 2.0, 3.0, 4.0, 5.0]);
    assert_eq!(read(&["e", "d", "c", "b", "a"]), [5.0, 4.0, 3.0, 2.0, 1.0]);
    assert_eq!(read(&["b", "c:0", "e", "e", "a", "b", "d"]), [2.0, 3.0, 5.0, 5.0, 1.0, 2.0, 4.0]);
    expect!["cannot read `f`: the checkpoint has no such variable; did you mean `a`, `b` or `c`?"]
        .assert_eq(&checkpoint.read_many(["a", "b", "f"]).unwrap_err().to_string());
}

#[derive(FromCheckpoint)]
#[ckpt(naming = "object_path", allow_unmapped)]
struct AtRoot {
    // A path with a leading slash starts at the root, and the key has another leading slash.
    #[ckpt(path = "//.ATTRIBUTES/VARIABLE_VALUE")]
    root: Array0<f32>,
}

#[test]
fn a_variable_at_the_root_is_called_by_its_key_and_its_full_name() {
    let folder = written();
    let checkpoint = Checkpoint::open(folder.path().join("model")).unwrap();
    for name in ["/.ATTRIBUTES/VARIABLE_VALUE", "root", "root:0"] {
        assert_eq!(checkpoint.read_array::<f32>(name).unwrap(), arr0(0.5).into_dyn(), "{name}");
    }
    let (at_root, _) = AtRoot::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(at_root.root, arr0(0.5));
}

#[test]
fn a_name_that_is_not_there_is_told_with_near_ones_of_all_kinds() {
    let folder = written();
    let checkpoint = Checkpoint::open(folder.path().join("model")).unwrap();
    let names = ["net/kernle", "dense/kernl:0", "net/kernel/.ATTRIBUTES/VARIABLE", "Variable", "x"];
    let errors = names.map(|name| format!("{}\n", checkpoint.read(name).unwrap_err()));
    assert!(names.iter().all(|name| checkpoint.get(name).is_none()));
    expect![[r#"
        cannot read `net/kernle`: the checkpoint has no such variable; did you mean `net/kernel`?
        cannot read `dense/kernl:0`: the checkpoint has no such variable; did you mean `dense/kernel`?
        cannot read `net/kernel/.ATTRIBUTES/VARIABLE`: the checkpoint has no such variable; did you mean `net/kernel/.ATTRIBUTES/VARIABLE_VALUE`?
        cannot read `Variable`: it is the full name of 2 variables; ask for one by its key, such as `epoch/.ATTRIBUTES/VARIABLE_VALUE`
        cannot read `x`: the checkpoint has no such variable; `Checkpoint::variables` lists what it has
    "#]].assert_eq(&errors.concat());
}

#[test]
fn keys_spell_paths_of_objects_where_the_graph_cannot_be_read() {
    let folder = written();
    fs::remove_file(folder.path().join("model.data-00000-of-00001")).unwrap();
    let checkpoint = Checkpoint::open(folder.path().join("model")).unwrap();
    assert_eq!(checkpoint.get("net/kernel:0").unwrap().name.to_string(), KERNEL);
    assert_eq!(checkpoint.get("dense/kernel"), None);
}
