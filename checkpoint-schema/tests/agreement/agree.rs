//! The compiler reports the same problems as a load.

use std::collections::{BTreeMap, BTreeSet};
use std::panic;

use checkpoint_schema::problem::Problem;

use crate::{Case, both, case, minimal, run, structs};

/// The number of cases.
const CASES: usize = 10_000;

/// The maximum number of mismatches that are printed.
const SHOWN: usize = 5;

/// The problems of a load, except those of its options, of borrowing, and of object graphs. Each occurs in some cases.
const KINDS: [&str; 32] = [
    "Missing",
    "Absent",
    "Elsewhere",
    "DType",
    "DTypes",
    "Rank",
    "Step",
    "Shape",
    "NoValue",
    "NoNumber",
    "Shapeless",
    "Elements",
    "Overlap",
    "Gap",
    "Symbol",
    "Varied",
    "Declared",
    "Assertion",
    "Renamed",
    "Prefix",
    "Slots",
    "Taken",
    "Aliases",
    "Hole",
    "Ignored",
    "Unmapped",
    "Beyond",
    "ObjectBased",
    "Averages",
    "Tied",
    "Copy",
    "Parallel",
];

/// The result of all cases.
#[derive(Default)]
struct Outcome {
    /// The number of cases that fit. The next field is the number of those that do not.
    fit: usize,
    refused: usize,
    /// The number of cases with each kind of problem.
    kinds: BTreeMap<String, usize>,
    /// The mismatches.
    differ: Vec<Case>,
}

impl Outcome {
    fn add(&mut self, case: Case) {
        let said = both::say(case.node, &case.listed);
        let fits = said.planned.is_empty();
        *(if fits { &mut self.fit } else { &mut self.refused }) += 1;
        let kinds: BTreeSet<String> = said.planned.iter().map(kind).collect();
        for kind in kinds {
            *self.kinds.entry(kind).or_default() += 1;
        }
        if said.comparable().differs() {
            self.differ.push(case);
        }
    }
}

/// Returns the name of a problem's kind.
fn kind(problem: &Problem) -> String {
    format!("{:?}", problem.kind)
}

/// True if a load and the compiler disagree on a case.
fn differs(case: &Case) -> bool {
    let said = panic::catch_unwind(|| both::say(case.node, &case.listed).comparable());
    said.is_ok_and(|said| said.differs())
}

/// Minimizes a case, and formats it with both results.
fn shown(case: &Case) -> String {
    let case = minimal::minimal(case, differs);
    let said = both::say(case.node, &case.listed).comparable();
    let [load, compiler] = said.alone();
    let line = |who: &str, line: &String| format!("{who}: {line}\n");
    let load = load.iter().map(|it| line("only the load", it));
    let compiler = compiler.iter().map(|it| line("only the compiler", it));
    let symbols = format!("symbols: {:?} and {:?}\n", said.solved, said.constant);
    format!("{case}{}{symbols}", load.chain(compiler).collect::<String>())
}

#[test]
fn a_load_and_the_compiler_say_the_same() {
    let mut outcome = Outcome::default();
    let (seed, cases) = run(CASES);
    (seed..).take(cases).filter_map(case).for_each(|case| outcome.add(case));
    let Outcome { fit, refused, kinds, differ } = outcome;
    println!("{fit} cases fit, {refused} do not; with each kind of problem: {kinds:#?}");
    let shown: Vec<String> = differ.iter().take(SHOWN).map(shown).collect();
    assert!(differ.is_empty(), "{} cases differ, such as\n{}", differ.len(), shown.join("\n"));
    // A generator without enough of both would test nothing.
    assert!(fit > 2000 && refused > 2000, "{fit} {refused}");
    let rare: Vec<_> = KINDS.iter().filter(|kind| kinds.get(**kind) < Some(&5)).collect();
    assert!(rare.is_empty(), "few cases have {rare:?}");
}

#[test]
fn structs_have_lists_of_all_kinds() {
    let roots: Vec<_> = (0..300).map(|seed| structs::write(seed).root).collect();
    let written = format!("{roots:?}");
    for kind in ["indices: Range", "indices: Listed(", "indices: Any", "is_keyed: true"] {
        assert!(written.matches(kind).count() >= 10, "{kind}");
    }
}
