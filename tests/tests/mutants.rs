//! A sample of the mistakes of `cargo bench -p checkpoint-tests --bench mutants`.

#[path = "../benches/mutants/mod.rs"]
mod mutants;

use mutants::{CASES, Effort, Outcome};

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
