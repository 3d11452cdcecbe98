//! A sample of the mistakes of `cargo bench -p checkpoint-tests --bench mutants`.

#[path = "../benches/mutants/mod.rs"]
mod mutants;

use mutants::{CASES, Effort, Outcome, dialects};

#[test]
fn the_compiler_names_mistakes_of_a_dozen_kinds() {
    let compiler = mutants::compiler().unwrap();
    let Outcome { kinds, missed, alarms, unnamed, other, compiled } =
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
