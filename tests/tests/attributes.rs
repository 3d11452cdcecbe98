//! The page `checkpoint-derive/attributes.md` is correct: its messages, sections and presets.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use checkpoint_schema::model::description::Preset;

fn page() -> String {
    read("../checkpoint-derive/attributes.md")
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Returns the tested messages of the compiler and of loads.
fn tested() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let topics = fs::read_dir(root.join("ui")).unwrap().map(|topic| topic.unwrap().path());
    let cases = topics.flat_map(|topic| fs::read_dir(topic).unwrap());
    let cases = cases.map(|case| case.unwrap().path());
    let printed = cases.filter(|case| case.extension().is_some_and(|end| end == "stderr"));
    let planned = ["tests.rs", "tests/causes.rs", "tests/objects.rs", "../naming/names/tests.rs"]
        .map(|file| root.join("../checkpoint-schema/src/plan").join(file));
    let checked = root.join("../checkpoint-schema/src/model/check/tests.rs");
    let loaded = [
        "dialects",
        "to_checkpoint",
        "symbols",
        "transforms",
        "casts",
        "custom",
        "field_types",
        "views",
        "shadow",
        "tied",
        "copies",
        "lists",
        "constants",
        "ranks/main",
        "ranks/save",
    ]
    .map(|test| root.join("tests").join(test).with_extension("rs"));
    let files = printed.chain(planned).chain([checked]).chain(loaded);
    files.map(|file: PathBuf| fs::read_to_string(file).unwrap()).collect()
}

/// Returns the message in a line of a test: in quotes, or a problem in a list.
fn message(line: &str) -> &str {
    let line = line.trim().trim_start_matches("expect![");
    let quoted = line.strip_prefix('"').and_then(|rest| rest.split_once('"'));
    let listed = || line.trim_start_matches("- ").split("\"#]]").next().unwrap_or(line);
    quoted.map_or_else(listed, |(message, _)| message.trim_start_matches("- "))
}

#[test]
fn every_message_in_the_page_is_one_that_a_test_holds() {
    let (page, tested) = (page(), tested());
    let tested: BTreeSet<_> = tested.lines().map(message).collect();
    let starts = [
        "error",
        "field `",
        "the checkpoint ",
        "the keys ",
        "no field ",
        "2 fields ",
        "3 variables ",
        "structs fix ",
        "`n_",
        "`Model` ",
    ];
    let is_message = |line: &&str| starts.iter().any(|start| line.starts_with(start));
    let messages: Vec<_> = page.lines().filter(is_message).collect();
    assert!(messages.len() > 40, "the search finds too little: {messages:#?}");
    let unknown: Vec<_> = messages.iter().filter(|message| !tested.contains(*message)).collect();
    assert!(unknown.is_empty(), "no test prints {unknown:#?}");
}

#[test]
fn the_page_has_every_word() {
    let page = page();
    let unknown = read("ui/unknown-option/attribute.stderr");
    let expected =
        unknown.lines().filter(|line| line.starts_with("error: unknown attribute `colour`"));
    let words = expected
        .flat_map(|line| line.split('`').skip(1).step_by(2).filter(|word| *word != "colour"));
    let words: Vec<_> = words.collect();
    assert!(words.contains(&"prefix") && words.contains(&"path"), "{words:?}");
    for word in words {
        assert!(page.contains(&format!("\n### `{word}`\n")), "`{word}` has no section");
    }
    let (_, not_yet) = page.split_once("\n## Not supported yet\n").unwrap();
    let unsupported = read("ui/unsupported/attribute.stderr");
    let words = unsupported.lines().filter(|line| line.ends_with("is not supported yet"));
    let words: Vec<_> = words.filter_map(|line| line.split('`').nth(1)).collect();
    assert!(!words.is_empty());
    for word in words {
        assert!(
            not_yet.contains(&format!("`{word}`")),
            "`{word}` is not in the list of what is to come"
        );
    }
}

#[test]
fn the_page_has_the_globs_of_every_preset() {
    let page = page();
    for preset in Preset::ALL {
        let globs: Vec<_> = preset.globs().iter().map(|glob| format!("`{glob}`")).collect();
        let row = format!("| `{}` | {} |", preset.word(), globs.join(", "));
        assert!(page.lines().any(|line| line == row), "there is no row {row}");
    }
}
