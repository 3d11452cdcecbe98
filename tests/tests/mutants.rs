//! A sample of the mistakes of `cargo bench -p checkpoint-tests --bench mutants`.

#[path = "../benches/mutants/mod.rs"]
mod mutants;

use mutants::{CASES, Effort, Outcome, dialects, saving, sides};

#[test]
fn the_compiler_names_mistakes_of_a_dozen_kinds() {
    let compiler = mutants::compiler().unwrap();
    let Outcome { kinds, missed, alarms, unnamed, other, compiled, .. } =
        mutants::run(&CASES[0], Effort { tried: 12, compiled: 1 }, &compiler).unwrap();
    let none: [String; 0] = [];
    assert_eq!([missed, alarms, unnamed, other].concat(), none);
    assert!(compiled >= 10, "{compiled}");
    let mistakes: usize = kinds.values().map(|count| count.mistakes).sum();
    let named: usize = kinds.values().map(|count| count.named).sum();
    assert!(mistakes >= 10 && named == mistakes, "{named} of {mistakes} in {:?}", kinds.keys());
}

#[test]
fn the_check_names_mistakes_in_ties_copies_and_constants() {
    let compiler = mutants::compiler().unwrap();
    let words = CASES.iter().find(|case| case.name == "words").unwrap();
    let all = Effort { tried: usize::MAX, compiled: 0 };
    let Outcome { kinds, missed, alarms, .. } = mutants::run(words, all, &compiler).unwrap();
    let none: [String; 0] = [];
    assert_eq!([missed, alarms].concat(), none);
    for kind in ["tie wrong", "copy wrong", "constant wrong"] {
        let count = &kinds[kind];
        assert!(count.mistakes > 0 && count.named == count.mistakes, "{kind}");
    }
}

#[test]
fn the_compiler_refuses_mistakes_in_dialects() {
    let compiler = mutants::compiler().unwrap();
    let gpt2 = dialects::CASES.iter().find(|case| case.name == "gpt2").unwrap();
    let dozen = Effort { tried: 12, compiled: 1 };
    let Outcome { kinds, missed, compiled, .. } = dialects::run(gpt2, dozen, &compiler).unwrap();
    let none: [String; 0] = [];
    assert_eq!(missed, none);
    let mistakes: usize = kinds.values().map(|count| count.mistakes).sum();
    assert!(compiled >= 10 && mistakes >= 10, "{mistakes} of {compiled}");
}

#[test]
fn a_save_refuses_mistakes_or_writes_other_variables() {
    let saves = |name: &str, tried| {
        let case = CASES.iter().find(|case| case.name == name).unwrap();
        saving::run(case, tried).unwrap()
    };
    for (name, tried) in [("gpt2", 50), ("words", 50), ("mobilenet-v1-hf", 12)] {
        let saving::Outcome { kinds, missed, alarms } = saves(name, tried);
        let none: [String; 0] = [];
        assert_eq!([missed, alarms].concat(), none, "{name}");
        let refused: usize = kinds.values().map(|tally| tally.refused).sum();
        let differ: usize = kinds.values().map(|tally| tally.differ).sum();
        assert!(refused > 0 && differ > 0, "{name}: {kinds:?}");
    }
}

#[test]
fn a_mistake_on_one_side_of_a_field_is_refused_or_changes_what_is_saved() {
    let compiler = mutants::compiler().unwrap();
    let dozen = Effort { tried: 12, compiled: 1 };
    let sides::Outcome { kinds, missed } = sides::run(dozen, &compiler).unwrap();
    let none: [String; 0] = [];
    assert_eq!(missed, none);
    let found = kinds.values().map(|it| [it.compiler, it.program + it.differ]);
    let found = found.fold([0, 0], |all, it| [all[0] + it[0], all[1] + it[1]]);
    assert!(found.iter().all(|count| *count > 0), "{kinds:?}");
}
