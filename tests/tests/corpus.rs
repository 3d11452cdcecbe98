//! We read the same as `TensorFlow`.

use checkpoint_core::Checkpoint;
use checkpoint_tests::corpus::{Case, case, cases, real_cases, sha256_of_tensor};

/// Opens all checkpoints of the corpus.
fn checkpoints() -> Vec<(Case, Checkpoint)> {
    let cases = cases().unwrap().into_iter().chain(real_cases().unwrap());
    let checkpoints = cases.map(|case| {
        let checkpoint = Checkpoint::open(&case.prefix).unwrap();
        (case, checkpoint)
    });
    checkpoints.collect()
}

#[test]
fn every_variable_is_listed_with_its_dtype_and_shape() {
    let mut listed = 0;
    for (case, checkpoint) in checkpoints() {
        let truth = case
            .truth
            .tensors
            .iter()
            .map(|tensor| (tensor.name.clone(), &tensor.dtype[..], tensor.shape.clone()));
        let variables = checkpoint.variables();
        let ours = variables.iter().map(|variable| {
            let name = String::from_utf8(variable.name.as_bytes().to_vec()).unwrap();
            (name, variable.dtype.name(), variable.shape.dims().to_vec())
        });
        assert_eq!(ours.collect::<Vec<_>>(), truth.collect::<Vec<_>>(), "{}", case.name);
        listed += variables.len();
    }
    assert!(listed > 300, "only {listed} variables were listed");
}

#[test]
fn every_element_is_the_one_that_tensorflow_reads() {
    let mut compared = 0;
    for (case, checkpoint) in checkpoints() {
        for truth in &case.truth.tensors {
            let read = checkpoint.read(&truth.name).unwrap();
            let hash = sha256_of_tensor(&read);
            // If TensorFlow refuses a checkpoint, its results for the original checkpoint are expected.
            let expected = truth.sha256.clone().unwrap_or_else(|| of_little_endian(&truth.name));
            assert_eq!(hash, expected, "{} {}", case.name, truth.name);
            let mut pieces = Vec::new();
            let visit = |piece: &[u8]| pieces.extend_from_slice(piece);
            checkpoint.read_pieces(&truth.name, visit).unwrap();
            assert!(pieces == read.as_bytes(), "{} {}", case.name, truth.name);
            compared += 1;
        }
    }
    assert!(compared > 300, "only {compared} tensors were compared");
}

fn of_little_endian(name: &str) -> String {
    let tensors = case("gen/dtypes").unwrap().truth.tensors;
    tensors.into_iter().find(|tensor| tensor.name == name).unwrap().sha256.unwrap()
}
