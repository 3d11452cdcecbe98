//! `copy`: one variable in two fields, on purpose.

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Memory, SaveOptions, ToCheckpoint};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::expect;
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Agent {
    #[ckpt(path = "q")]
    online: Net,
    #[ckpt(path = "q/w", copy, transpose)]
    target: Array2<f32>,
    #[ckpt(path = "q/b", copy, slice(axis = 0, range = 0..1))]
    first: Array1<f32>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Net {
    w: Array2<f32>,
    b: Array1<f32>,
}

fn loaded() -> Agent {
    let checkpoint = checkpoint("q/w [2, 3]\nq/b [3]");
    let (agent, report) = Agent::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(report.variables, 2);
    agent
}

#[test]
fn both_fields_have_the_elements() {
    let agent = loaded();
    assert_eq!(agent.target, agent.online.w.t());
    assert_eq!(agent.first.to_vec(), [0.0]);
}

#[test]
fn equal_copies_are_saved_once() {
    let agent = loaded();
    let tensors = agent.to_tensors(SaveOptions::new()).unwrap();
    let saved = Checkpoint::from_source("saved", Memory::new(tensors));
    assert_eq!(saved.variables().len(), 2);
    assert_eq!(Agent::load_with(&saved, LoadOptions::new()).unwrap().0, agent);
}

#[test]
fn copies_that_differ_are_not_saved() {
    let mut agent = loaded();
    agent.target[[0, 1]] = -1.0;
    agent.first[0] = -0.0;
    let error = agent.to_tensors(SaveOptions::new()).unwrap_err();
    expect![[r#"
        `Agent` cannot be saved: 2 problems
        - field `Agent.target`: it is a `copy` of `q/w`, but its elements differ; make the two equal, or give it another path
        - field `Agent.first`: it is a `copy` of `q/b`, but its elements differ; make the two equal, or give it another path"#]].assert_eq(&error.to_string());
}

#[test]
fn a_copy_of_nothing_is_a_problem() {
    #[derive(FromCheckpoint)]
    struct Alone {
        #[ckpt(path = "w", copy)]
        _w: Array1<f32>,
        #[ckpt(path = "v", copy)]
        _v: Option<Array1<f32>>,
    }
    let checkpoint = checkpoint("w [2]");
    expect![[r#"
        `Alone` does not fit the checkpoint `memory`: 1 problem
        - field `Alone._w`: no other field takes `w`, of which this is a `copy`; remove `copy`"#]]
    .assert_eq(&said::<Alone>(&checkpoint, LoadOptions::new()));
}
