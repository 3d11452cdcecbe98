//! What we read is what `TensorFlow` reads.

use checkpoint_core::{Checkpoint, ReadErrorKind};
use checkpoint_schema::dtype::DType;
use checkpoint_tests::corpus::{Case, Format, cases, real_cases, sha256};

/// The V2 checkpoints of the corpus, opened.
fn bundles() -> Vec<(Case, Checkpoint)> {
    let cases = cases().unwrap().into_iter().chain(real_cases().unwrap());
    let bundles = cases.filter(|case| case.truth.format == Format::V2).map(|case| {
        let checkpoint = Checkpoint::open(&case.prefix).unwrap();
        (case, checkpoint)
    });
    bundles.collect()
}

#[test]
fn every_variable_is_listed_with_its_dtype_and_shape() {
    let mut listed = 0;
    for (case, checkpoint) in bundles() {
        let truth = case
            .truth
            .tensors
            .iter()
            .map(|tensor| (tensor.name.clone(), &tensor.dtype[..], tensor.shape.clone()));
        let variables = checkpoint.catalog().variables();
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
fn every_number_is_the_one_that_tensorflow_reads() {
    let mut compared = 0;
    for (case, checkpoint) in bundles() {
        for tensor in &case.truth.tensors {
            let Some(truth) = &tensor.sha256 else { continue };
            match checkpoint.read(&tensor.name) {
                Ok(read) => {
                    let bytes = read.unwrap().as_bytes().to_vec();
                    assert_eq!(sha256(&bytes), *truth, "{} {}", case.name, tensor.name);
                    let (variable, mut pieces) =
                        (checkpoint.catalog().get(&tensor.name), Vec::new());
                    checkpoint
                        .read_pieces(variable.unwrap(), |piece| pieces.extend_from_slice(piece))
                        .unwrap();
                    assert_eq!(pieces, bytes, "{} {}", case.name, tensor.name);
                    compared += 1;
                }
                Err(error) => {
                    let sliced =
                        case.name == "gen/partitioned" || tensor.dtype == DType::String.name();
                    let unsupported = matches!(error.kind, ReadErrorKind::Unsupported { .. });
                    assert!(sliced && unsupported, "{} {}: {error}", case.name, tensor.name);
                }
            }
        }
    }
    assert!(compared > 300, "only {compared} tensors were compared");
}
