//! Loads by the paths of objects, and by full names.

use std::time::Duration;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadError, LoadOptions};
use checkpoint_tests::corpus;
use checkpoint_tests::writer::{Bundle, Graph};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};
use tempfile::TempDir;

const VALUE: &str = "/.ATTRIBUTES/VARIABLE_VALUE";

/// A model of Keras, whose weights are stored as those of its optimizer.
#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(naming = "object_path", ignore(optimizer, bookkeeping))]
struct ByObjects {
    #[ckpt(path = "model/_functional/_operations")]
    layers: Layers,
    step: i64,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Layers {
    #[ckpt(path = "1")]
    hidden: Dense,
    #[ckpt(path = "2")]
    normalization: Normalization,
    #[ckpt(path = "3")]
    logits: Dense,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Dense {
    #[ckpt(path = "_kernel", alias = "kernel")]
    kernel: Array2<f32>,
    bias: Array1<f32>,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(naming = "object_path")]
struct Normalization {
    gamma: Array1<f32>,
    beta: Array1<f32>,
    moving_mean: Array1<f32>,
    moving_variance: Array1<f32>,
}

/// The same with the names of TF1.
#[derive(FromCheckpoint, Debug, PartialEq)]
#[ckpt(naming = "full_name", ignore("adam/**", bookkeeping))]
struct ByFullNames {
    sequential: Sequential,
    #[ckpt(path = "Variable")]
    step: i64,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Sequential {
    hidden: DenseOfTf1,
    batch_normalization: NormalizationOfTf1,
    logits: DenseOfTf1,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct DenseOfTf1 {
    kernel: Array2<f32>,
    bias: Array1<f32>,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct NormalizationOfTf1 {
    gamma: Array1<f32>,
    beta: Array1<f32>,
    moving_mean: Array1<f32>,
    moving_variance: Array1<f32>,
}

fn keras() -> Checkpoint {
    Checkpoint::open(corpus::case("gen/object-based").unwrap().prefix).unwrap()
}

#[test]
fn the_weights_of_keras_are_loaded_by_the_paths_of_the_model() {
    let checkpoint = keras();
    let (model, mut report) = ByObjects::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let read = |path: &str| {
        let stored = checkpoint.read(path.to_owned() + VALUE).unwrap();
        stored.into_array::<f32>().unwrap()
    };
    let Layers { hidden, normalization, logits } = model.layers;
    assert_eq!(hidden.kernel.into_dyn(), read("optimizer/_trainable_variables/0"));
    assert_eq!(hidden.bias.into_dyn(), read("optimizer/_trainable_variables/1"));
    assert_eq!(normalization.beta.into_dyn(), read("optimizer/_trainable_variables/3"));
    assert_eq!(
        normalization.moving_mean.into_dyn(),
        read("model/_functional/_operations/2/moving_mean")
    );
    assert_eq!(logits.bias.into_dyn(), read("optimizer/_trainable_variables/5"));
    (report.checkpoint, report.elapsed) = ("ckpt-3".into(), Duration::from_micros(1250));
    expect![[r#"
        ByObjects from ckpt-3
          field                                 variable                                         dtype  in the file    in the struct
          layers.hidden.kernel                  model/_functional/_operations/1/_kernel          f32    [8, 16]     -> [8, 16]
          layers.hidden.bias                    model/_functional/_operations/1/bias             f32    [16]        -> [16]
          layers.normalization.gamma            model/_functional/_operations/2/gamma            f32    [16]        -> [16]
          layers.normalization.beta             model/_functional/_operations/2/beta             f32    [16]        -> [16]
          layers.normalization.moving_mean      model/_functional/_operations/2/moving_mean      f32    [16]        -> [16]
          layers.normalization.moving_variance  model/_functional/_operations/2/moving_variance  f32    [16]        -> [16]
          layers.logits.kernel                  model/_functional/_operations/3/_kernel          f32    [16, 3]     -> [16, 3]
          layers.logits.bias                    model/_functional/_operations/3/bias             f32    [3]         -> [3]
          step                                  step                                             i64    []          -> []
          ignored by `bookkeeping`: 2 variables
          ignored by `optimizer`: 14 variables
        9 variables, 1.0 kB, checksums verified, in 1.2 ms
    "#]].assert_eq(&format!("{report}\n"));
}

#[test]
fn full_names_load_the_same() {
    let checkpoint = keras();
    let (by_objects, _) = ByObjects::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let (by_names, report) = ByFullNames::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let Layers { hidden, normalization, logits } = by_objects.layers;
    let Sequential { hidden: first, batch_normalization, logits: last } = by_names.sequential;
    assert_eq!((hidden.kernel, hidden.bias), (first.kernel, first.bias));
    assert_eq!((logits.kernel, logits.bias), (last.kernel, last.bias));
    assert_eq!(normalization.moving_variance, batch_normalization.moving_variance);
    assert_eq!(by_objects.step, by_names.step);
    let ignored: Vec<_> =
        report.ignored.iter().map(|ignored| (ignored.by, ignored.count)).collect();
    assert_eq!(ignored, [("adam/**", 14), ("bookkeeping", 2)]);
}

#[test]
fn a_saved_model_of_others_is_loaded_by_its_objects() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "object_path", ignore(optimizer))]
    struct Regression {
        w: Array1<f32>,
        b: Array1<f32>,
    }
    for case in corpus::real_cases().unwrap() {
        if case.name == "real/tfrust-regression-savedmodel" {
            let model = Regression::load(&case.prefix).unwrap();
            assert_eq!((model.w.len(), model.b.len()), (1, 1));
        }
    }
}

/// Checks the error of a struct that does not fit.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn refused<'c, T: FromCheckpoint<'c>>(checkpoint: &'c Checkpoint, expected: Expect) {
    let Err(error) = T::load_with(checkpoint, LoadOptions::new()) else { panic!("it fits") };
    let error = error.to_string().replace(&checkpoint.path().display().to_string(), "ckpt-3");
    expected.assert_eq(&error);
}

#[test]
fn what_is_left_out_is_said_by_the_paths_of_the_model() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "object_path", ignore(optimizer, bookkeeping))]
    struct Part {
        #[ckpt(path = "model/_functional/_operations/<i>", repeat(i = 1..2))]
        _layers: Vec<Kernel>,
        _step: i64,
    }
    #[derive(FromCheckpoint)]
    struct Kernel {
        _kernel: Array2<f32>,
        _bais: Array1<f32>,
    }
    refused::<Part>(
        &keras(),
        expect![[r#"
            `Part` does not fit the checkpoint `ckpt-3`: 8 problems
            - field `Part._layers[0]._bais`: missing variable `model/_functional/_operations/1/_bais`; did you mean `model/_functional/_operations/1/bias`, f32 [16]?
            - field `Part._step`: missing variable `_step`; did you mean `step`, i64 []?
            - unexpected variable `model/_functional/_operations/2/beta`, f32 [16]; add a field, or add it to `ignore`
            - unexpected variable `model/_functional/_operations/2/gamma`, f32 [16]; add a field, or add it to `ignore`
            - unexpected variable `model/_functional/_operations/2/moving_mean`, f32 [16]; add a field, or add it to `ignore`
            - unexpected variable `model/_functional/_operations/2/moving_variance`, f32 [16]; add a field, or add it to `ignore`
            - unexpected variable `model/_functional/_operations/3/_kernel`, f32 [16, 3]; add a field, or add it to `ignore`
            - unexpected variable `model/_functional/_operations/3/bias`, f32 [3]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn keys_of_objects_are_not_those_of_a_checkpoint_without_a_graph() {
    let checkpoint = Checkpoint::open(corpus::case("models/gpt2-nano").unwrap().prefix).unwrap();
    refused::<ByObjects>(
        &checkpoint,
        expect![[r#"
        `ByObjects` does not fit the checkpoint `ckpt-3`: 1 problem
        - the checkpoint has no object graph for `naming = "object_path"`; remove `naming`"#]],
    );
    refused::<ByFullNames>(
        &checkpoint,
        expect![[r#"
        `ByFullNames` does not fit the checkpoint `ckpt-3`: 1 problem
        - the checkpoint has no object graph for `naming = "full_name"`; remove `naming`"#]],
    );
}

#[test]
fn a_struct_that_takes_keys_literally_is_told_of_the_objects() {
    #[derive(FromCheckpoint)]
    #[ckpt(allow_unmapped)]
    struct Literal {
        #[ckpt(path = "step")]
        _step: i64,
    }
    refused::<Literal>(
        &keras(),
        expect![[r#"
            `Literal` does not fit the checkpoint `ckpt-3`: 1 problem
            - the keys of this checkpoint are paths of objects; write `naming = "object_path"` on the struct to use them"#]],
    );
}

/// Writes a checkpoint of these variables of one element, by their paths.
fn write(graph: &Graph, paths: &[&str]) -> (TempDir, Checkpoint) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("ckpt-1");
    let bundle = Bundle::new().strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph.to_bytes()]);
    let variables = paths.iter().zip(1_u8..);
    let bundle = variables.fold(bundle, |bundle, (path, number)| {
        bundle.f32(format!("{path}{VALUE}"), &[], &[number.into()])
    });
    bundle.write(&prefix).unwrap();
    let checkpoint = Checkpoint::open(prefix).unwrap();
    (folder, checkpoint)
}

/// Adds a variable of an object, with the key of its shortest path.
fn variable(graph: Graph, object: u32, full_name: &str, path: &str) -> Graph {
    graph.variable(object, full_name, &format!("{path}{VALUE}"))
}

#[test]
fn lists_options_and_escapes_work_in_paths_of_objects() {
    #[derive(FromCheckpoint, Debug, PartialEq)]
    #[ckpt(naming = "object_path")]
    struct Model {
        #[ckpt(path = "cells/<i>", repeat)]
        cells: Vec<Cell>,
        absent: Option<f32>,
    }
    #[derive(FromCheckpoint, Debug, PartialEq)]
    struct Cell {
        #[ckpt(path = "a..b.Sc")]
        w: f32,
        #[ckpt(path = "a..b.Sc/.OPTIMIZER_SLOT/optimizer/m")]
        m: Option<f32>,
    }
    let graph = Graph::new().child(0, "cells", 1).child(1, "0", 2).child(1, "1", 3);
    let graph = graph.child(2, "a.b/c", 4).child(3, "a.b/c", 5).child(0, "optimizer", 6);
    let slot = "cells/1/a..b.Sc/.OPTIMIZER_SLOT/optimizer/m";
    let graph = variable(graph.slot(6, 5, "m", 7), 7, "", slot);
    let paths = ["cells/0/a..b.Sc", "cells/1/a..b.Sc"];
    let graph = variable(variable(graph, 4, "", paths[0]), 5, "", paths[1]);
    let (_folder, checkpoint) = write(&graph, &[paths[0], paths[1], slot]);
    let (model, _) = Model::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let cells = vec![Cell { w: 1.0, m: None }, Cell { w: 2.0, m: Some(3.0) }];
    assert_eq!(model, Model { cells, absent: None });
}

#[derive(FromCheckpoint, Debug)]
#[ckpt(naming = "full_name")]
struct Variables {
    #[ckpt(path = "Variable")]
    _first: f32,
    #[ckpt(path = "Variable_1")]
    _second: f32,
}

#[test]
fn a_full_name_of_several_variables_is_refused_with_their_paths() {
    let graph = Graph::new().child(0, "a", 1).child(0, "b", 2).child(0, "c", 3);
    let graph = variable(variable(graph, 1, "Variable", "a"), 2, "Variable", "b");
    let graph = variable(graph, 3, "Variable_1", "c");
    let (_folder, checkpoint) = write(&graph, &["a", "b", "c"]);
    refused::<Variables>(
        &checkpoint,
        expect![[r#"
        `Variables` does not fit the checkpoint `ckpt-3`: 1 problem
        - field `Variables._first`: `Variable` is the full name of 2 variables: `a` and `b`; write the key of one as an absolute path: `/a/.ATTRIBUTES/VARIABLE_VALUE`"#]],
    );
}

#[test]
fn a_variable_that_objects_share_is_loaded_once() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "object_path")]
    struct Tied {
        #[ckpt(path = "embedding/w")]
        _embedding: f32,
        #[ckpt(path = "head/w")]
        _head: f32,
    }
    let graph = Graph::new().child(0, "embedding", 1).child(0, "head", 2);
    let graph = variable(graph.child(1, "w", 3).child(2, "w", 3), 3, "", "embedding/w");
    let (_folder, checkpoint) = write(&graph, &["embedding/w"]);
    refused::<Tied>(
        &checkpoint,
        expect![[r#"
        `Tied` does not fit the checkpoint `ckpt-3`: 1 problem
        - field `Tied._head`: `head/w` is another name of `embedding/w`, which is already loaded by `Tied._embedding`; only one field can take a variable"#]],
    );
}

#[test]
fn a_key_that_the_graph_alone_has_is_missing() {
    let graph = Graph::new().child(0, "Variable", 1).child(0, "Variable_1", 2);
    let graph = variable(variable(graph, 1, "Variable", "a"), 2, "Variable_1", "b");
    let (_folder, checkpoint) = write(&graph, &["a"]);
    refused::<Variables>(
        &checkpoint,
        expect![[r#"
        `Variables` does not fit the checkpoint `ckpt-3`: 1 problem
        - field `Variables._second`: missing variable `Variable_1`; if it is optional, make the field an `Option`"#]],
    );
}

#[test]
fn a_graph_that_is_damaged_stops_the_load() {
    let (_folder, checkpoint) = write(&Graph::new(), &[]);
    let error = Variables::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
    assert!(matches!(error, LoadError::ObjectGraph(_)));
    let json = serde_json::to_value(&error).unwrap();
    expect!["the object graph has no objects, not even the root; the checkpoint is damaged, fetch it again"].assert_eq(json["message"].as_str().unwrap());
}
