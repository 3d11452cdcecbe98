//! The model computes what TensorFlow does, and what it saves is what it loaded.

use checkpoint_burn_example::Gpt2;
use checkpoint_core::{Checkpoint, FromCheckpoint as _, ToCheckpoint as _};
use serde_json::Value;

const BARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../models/gpt2-bard");

#[test]
fn logits_are_those_of_tensorflow() {
    let model = Gpt2::load(BARD).unwrap();
    let reference = std::fs::read_to_string(format!("{BARD}/reference.json")).unwrap();
    let reference: Value = serde_json::from_str(&reference).unwrap();
    let cases = reference["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let ids: Vec<i32> = serde_json::from_value(case["ids"].clone()).unwrap();
        let expected: Vec<f32> = serde_json::from_value(case["logits_last"].clone()).unwrap();
        let logits = model.logits(&ids, 4).into_data().try_into_vec::<f32>().unwrap();
        let last = &logits[logits.len() - expected.len()..];
        let differences = last.iter().zip(&expected).map(|(one, other)| (one - other).abs());
        let difference = differences.fold(0.0, f32::max);
        assert!(difference < 1e-3, "{} tokens differ by {difference}", ids.len());
    }
}

#[test]
fn saved_parameters_are_those_that_were_loaded() {
    let folder = std::env::temp_dir().join(format!("burn-example-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("saved.ckpt");
    Gpt2::load(BARD).unwrap().save(&path).unwrap();
    let (before, after) = (Checkpoint::open(BARD).unwrap(), Checkpoint::open(&path).unwrap());
    assert_eq!(before.variables().len(), after.variables().len());
    for variable in before.variables() {
        assert_eq!(before.read(&variable.name).unwrap(), after.read(&variable.name).unwrap());
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_guide_shows_this_program() {
    let lines = |text: &'static str| text.lines().map(str::trim).filter(|line| !line.is_empty());
    let program: Vec<&str> = lines(include_str!("../src/lib.rs")).collect();
    let guide = include_str!("../../../docs/burn.md");
    let blocks: Vec<&str> = guide.split("```").skip(1).step_by(2).collect();
    assert!(blocks.len() > 2);
    for line in blocks.into_iter().flat_map(|block| lines(block).skip(1)) {
        assert!(
            program.contains(&line),
            "`docs/burn.md` has a line that the example lacks: {line}"
        );
    }
}
