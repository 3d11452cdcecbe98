//! Names out of an object graph, also where there is none that can be read.

use std::fs;
use std::path::PathBuf;

use checkpoint_tests::writer::{Bundle, Graph};
use expect_test::{Expect, expect};
use tempfile::TempDir;

use crate::{ckpt, data_file, write};

/// Two layers that the graph calls, and a variable at its root.
fn written() -> (TempDir, PathBuf) {
    let value = |path: &str| format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
    let graph = Graph::new()
        .child(0, "layers", 1)
        .child(1, "0", 2)
        .child(1, "1", 3)
        .variable(0, "scale", &value(""))
        .variable(2, "dense/kernel", &value("layers/0"))
        .variable(3, "dense_1/kernel", &value("layers/1"));
    let bundle = Bundle::new()
        .f32(value(""), &[], &[0.5])
        .f32(value("layers/0"), &[2], &[1.0, 2.0])
        .f32(value("layers/1"), &[2], &[3.0, 4.0])
        .strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph.to_bytes()]);
    write(bundle)
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn check(arguments: &[&str], without_data: bool, expected: Expect) {
    let (_folder, prefix) = written();
    if without_data {
        fs::remove_file(data_file(&prefix)).unwrap();
    }
    let place = prefix.display().to_string();
    let arguments = arguments.iter().map(|word| word.replace("model.ckpt", &place));
    expected.assert_eq(&ckpt(arguments).shown_of(&prefix));
}

#[test]
fn a_variable_at_the_root_is_listed_by_its_key() {
    check(
        &["ls", "--naming", "object_path", "model.ckpt"],
        false,
        expect![[r#"
        status 0
          4 B  f32     []   /.ATTRIBUTES/VARIABLE_VALUE
        234 B  string  []   _CHECKPOINTABLE_OBJECT_GRAPH
          8 B  f32     [2]  layers/0
          8 B  f32     [2]  layers/1
        4 variables, 6 elements, 254 B
    "#]],
    );
    check(
        &["scaffold", "model.ckpt"],
        false,
        expect![[r#"
        status 0
        // Names are paths of objects, which read best here; `--naming` takes others.

        use checkpoint_core::FromCheckpoint;
        use ndarray::Array1;

        /// 3 of the 4 variables of `model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(naming = "object_path", ignore(bookkeeping))]
        pub struct Model {
            #[ckpt(path = "//.ATTRIBUTES/VARIABLE_VALUE")]
            pub value: f32,
            #[ckpt(path = "layers/<i>", repeat, shape = [2])]
            pub layers: Vec<Array1<f32>>,
        }
    "#]],
    );
}

#[test]
fn show_and_explain_take_full_names_with_their_output() {
    check(
        &["show", "model.ckpt", "dense_1/kernel:0"],
        false,
        expect![[r#"
            status 0
            layers/1/.ATTRIBUTES/VARIABLE_VALUE
              dtype      f32
              shape      [2]
              elements   2
              size       8 B
              stored     bytes 12..20 of data file 0, CRC-32C 0fc5648a
              min        3.0
              max        4.0
              mean       3.5
              std        0.5
              NaN        0
              infinite   0
              zero       0
              values     [3.0, 4.0]
              object     layers/1
              full name  dense_1/kernel
        "#]],
    );
    check(
        &["explain", "model.ckpt", "layers/0:0"],
        false,
        expect![[r#"
        status 0
        layers/0/.ATTRIBUTES/VARIABLE_VALUE
          dtype      f32
          shape      [2]
          elements   2
          size       8 B
          stored     bytes 4..12 of data file 0, CRC-32C 28c0c9b1
          object     layers/0
          full name  dense/kernel
          family     layers/<0..2>/.ATTRIBUTES/VARIABLE_VALUE, 2 variables
          field      Model.layers[0], in `Model`:
                     #[ckpt(path = "layers/<i>", repeat, shape = [2])]
                     pub layers: Vec<Array1<f32>>,
    "#]],
    );
    check(
        &["show", "model.ckpt", "dense_1/kernle:0"],
        false,
        expect![[r#"
        status 1
        error: missing variable `dense_1/kernle:0`; did you mean `dense_1/kernel`, f32 [2]?
    "#]],
    );
}

#[test]
fn without_the_graph_keys_tell_the_paths_of_objects() {
    check(
        &["ls", "--naming", "object_path", "model.ckpt"],
        true,
        expect![[r#"
        status 0
        note: cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too; paths of objects are taken from the keys
          4 B  f32     []   /.ATTRIBUTES/VARIABLE_VALUE
        234 B  string  []   _CHECKPOINTABLE_OBJECT_GRAPH
          8 B  f32     [2]  layers/0
          8 B  f32     [2]  layers/1
        4 variables, 6 elements, 254 B
    "#]],
    );
    check(
        &["ls", "--naming", "full_name", "model.ckpt"],
        true,
        expect![[r#"
        status 1
        note: cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too; paths of objects are taken from the keys
        error: only the object graph has full names; fetch its data file, or use `--naming object_path`
    "#]],
    );
    check(
        &["explain", "model.ckpt", "layers/0"],
        true,
        expect![[r#"
        status 0
        note: cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too; paths of objects are taken from the keys
        layers/0/.ATTRIBUTES/VARIABLE_VALUE
          dtype      f32
          shape      [2]
          elements   2
          size       8 B
          stored     bytes 4..12 of data file 0, CRC-32C 28c0c9b1
          object     layers/0
          family     layers/<0..2>/.ATTRIBUTES/VARIABLE_VALUE, 2 variables
          field      Model.layers[0], in `Model`:
                     #[ckpt(path = "layers/<i>", repeat, shape = [2])]
                     pub layers: Vec<Array1<f32>>,
    "#]],
    );
}

#[test]
fn a_manifest_and_a_scaffold_take_paths_of_objects_from_keys_without_the_graph() {
    check(
        &["manifest", "--naming", "object_path", "model.ckpt"],
        true,
        expect![[r#"
        status 0
        note: cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too; paths of objects are taken from the keys
        # the variables of a checkpoint, with dtypes and shapes: written by `ckpt manifest`
        naming = "object_path"
        /.ATTRIBUTES/VARIABLE_VALUE  f32 []  key /.ATTRIBUTES/VARIABLE_VALUE
        layers/<0..2>  f32 [2]
    "#]],
    );
    check(
        &["scaffold", "model.ckpt"],
        true,
        expect![[r#"
        status 0
        note: cannot read `_CHECKPOINTABLE_OBJECT_GRAPH`: cannot open the data file `model.ckpt.data-00000-of-00001`: no such file; fetch it too; paths of objects are taken from the keys
        use checkpoint_core::FromCheckpoint;
        use ndarray::Array1;

        /// 3 of the 4 variables of `model.ckpt`.
        #[derive(Debug, FromCheckpoint)]
        #[ckpt(naming = "object_path", ignore(bookkeeping))]
        pub struct Model {
            #[ckpt(path = "//.ATTRIBUTES/VARIABLE_VALUE")]
            pub value: f32,
            #[ckpt(path = "layers/<i>", repeat, shape = [2])]
            pub layers: Vec<Array1<f32>>,
        }
    "#]],
    );
}

#[test]
fn no_struct_is_called_as_a_type_that_it_uses() {
    check(
        &["scaffold", "--name", "Vec", "model.ckpt"],
        false,
        expect![[r#"
        status 2
        error: invalid value 'Vec' for '--name <NAME>': the structs use a type of that name; choose another, such as `Model`

        For more information, try '--help'.
    "#]],
    );
}

#[test]
fn conversions_take_the_names_of_a_graph() {
    let (folder, prefix) = written();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let (from, to, back) = (prefix.display().to_string(), place("x.npz"), place("back.ckpt"));
    let run = |arguments: &[&str]| {
        let said = ckpt(arguments).shown_of(&prefix);
        said.replace(&folder.path().display().to_string(), "DIR")
    };
    let said = run(&["convert", "--naming", "full_name", "--dry-run", &from, &to]);
    expect![[r#"
        status 0
        scale  f32 []
        dense/kernel  f32 [2]
        dense_1/kernel  f32 [2]
        3 variables; nothing was written
    "#]]
    .assert_eq(&said);
    let rules =
        ["--naming", "object_path", "--rule", "layers/<i> -> l.<i>", "--ignore", "*/.ATTRIBUTES/*"];
    ckpt([&["convert"], &rules[..], &[&from, &to]].concat()).good();
    expect![[r#"
        status 0
        8 B  f32  [2]  l.0
        8 B  f32  [2]  l.1
        2 variables, 4 elements, 16 B
    "#]]
    .assert_eq(&run(&["ls", &to]));
    // Rules compare both ways, and lead back to an object graph.
    ckpt([&["diff"], &rules[..], &[&from, &to]].concat()).good();
    ckpt([&["convert", "--reverse"], &rules[..4], &[&to, &back]].concat()).good();
    let said = ckpt(["ls", "--naming", "object_path", &back]).good();
    assert!(said.contains("  layers/1\n"), "{said}");
    ckpt([&["diff", "--reverse"], &rules[..4], &[&to, &back]].concat()).good();
    // Without rules, names are compared, with those of a checkpoint without a graph too.
    let naming = ["diff", "--naming", "object_path", "--ignore", "*/.ATTRIBUTES/*"];
    ckpt([&naming[..], &[&from, &back]].concat()).good();
    expect![[r#"
        status 1
        only in `model.ckpt`:
          dense/kernel  f32 [2]
          dense_1/kernel  f32 [2]
          scale  f32 []
        only in `DIR/x.npz`:
          l.<0..2>  2 x f32 [2]
        3 variables only in the first, 2 variables only in the second
    "#]]
    .assert_eq(&run(&["diff", "--naming", "full_name", &from, &to]));
    expect![[r#"
        status 2
        error: the checkpoint has no object graph for `naming = "full_name"`; remove `naming`
    "#]]
    .assert_eq(&run(&["diff", "--naming", "full_name", &to, &to]));
    // Rules in other names say which.
    let rule = ["convert", "--rule", "layers/<i> -> l.<i>"];
    expect![[r#"
        status 2
        error: the rules have 1 problem
        - no rule takes any key, but `layers/0` is an object path; write `--naming object_path`
    "#]]
    .assert_eq(&run(&[&rule[..], &[&from, &to]].concat()));
}

#[test]
fn variables_with_several_paths_are_compared_by_one_of_both_checkpoints() {
    let value = |path: &str| format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
    let written = |key: &str, names: [&str; 2]| {
        let graph = Graph::new().child(0, names[0], 1).child(0, names[1], 1);
        let graph = graph.variable(1, "w", &value(key));
        let bundle = Bundle::new().f32(value(key), &[2], &[1.0, 2.0]);
        write(bundle.strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph.to_bytes()]))
    };
    let (_first, one) = written("a", ["a", "b"]);
    let (_second, other) = written("b", ["b", "c"]);
    let said = ckpt([
        "diff".as_ref(),
        "--naming".as_ref(),
        "object_path".as_ref(),
        one.as_os_str(),
        other.as_os_str(),
    ]);
    assert_eq!(said.good(), "1 variable, 8 B: the same\n");
}

#[test]
fn a_conversion_to_a_format_without_strings_names_the_way_out() {
    let (folder, prefix) = written();
    let to = folder.path().join("x.npz");
    let said = ckpt(["convert".as_ref(), prefix.as_os_str(), to.as_os_str()]).shown_of(&prefix);
    let said = said.replace(&folder.path().display().to_string(), "DIR");
    expect![[r#"
        status 2
        error: cannot save `DIR/x.npz`: 2 problems
        - `/.ATTRIBUTES/VARIABLE_VALUE` cannot be the path of a file; rename it
        - `_CHECKPOINTABLE_OBJECT_GRAPH` is string [], which NumPy cannot hold; use the names in it, by `--naming full_name` or `--naming object_path`, or save as TensorFlow
    "#]].assert_eq(&said);
}
