//! What we read natively is what `TensorFlow` reads.

use checkpoint_core::{Checkpoint, Name};
use checkpoint_tensorflow::{Compared, compare, reads};
use checkpoint_tests::corpus::{Case, cases, real_cases};
use checkpoint_tests::tensorflow::found;

/// What comparing a checkpoint has found.
#[derive(Debug, Default)]
struct Found {
    same: usize,
    listed: usize,
}

#[test]
fn every_tensor_of_the_corpus_is_the_same_bit_by_bit() {
    let Some(version) = found(checkpoint_tensorflow::version(), "the corpus through TensorFlow")
    else {
        return;
    };
    let mut same = 0;
    for case in cases().unwrap().into_iter().chain(real_cases().unwrap()) {
        if case.truth.index_only {
            continue;
        }
        let found = compared(&case);
        eprintln!("{}: TensorFlow {version}: {found:?}", case.name);
        same += found.same;
    }
    assert!(same > 300, "only {same} tensors were compared");
}

fn compared(case: &Case) -> Found {
    let native = Checkpoint::open(&case.prefix).unwrap();
    let tensorflow = checkpoint_tensorflow::open(&case.prefix).unwrap();
    assert_eq!(native.variables().len(), tensorflow.variables().len(), "{}", case.name);
    let mut found = Found::default();
    for truth in &case.truth.tensors {
        match compare(&native, &tensorflow, &Name::from(truth.name.as_str())) {
            Ok(Compared::Same) => found.same += 1,
            Ok(Compared::Listed(dtype)) => {
                assert!(!reads(dtype));
                found.listed += 1;
            }
            Err(difference) => panic!("{}: {difference}", case.name),
        }
    }
    found
}
