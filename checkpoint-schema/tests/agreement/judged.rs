//! A load agrees with the oracle: whether a struct fits, the values of its symbols, and the variables of its fields.

use std::collections::BTreeMap;
use std::panic;

use checkpoint_schema::model::description::{Field, Node, Struct};

use crate::both::{self, Said};
use crate::oracle::{self, Answer};
use crate::{Case, case, minimal, run};

/// The number of cases.
const CASES: usize = 2_000;

/// The maximum number of mismatches that are printed.
const SHOWN: usize = 5;

/// The maximum number of elements of a variable. The oracle follows each one.
const ELEMENTS: u64 = 20_000;

/// The results of both for a case.
struct Judged {
    said: Said,
    answer: Answer,
}

impl Judged {
    fn of(root: &Struct, case: &Case) -> Self {
        let said = both::say(case.node, &case.listed).without_unknown();
        let variables = case.listed.iter();
        let variables = variables.map(|it| (it.name.clone(), (it.dtype, it.shape.clone())));
        Self { said, answer: oracle::answer(root, &variables.collect()) }
    }

    /// Returns the difference, if any.
    fn difference(&self) -> Option<String> {
        let Self { said: Said { planned, solved, reads, .. }, answer } = self;
        if planned.is_empty() != answer.fits() {
            let planned: Vec<_> = planned.iter().map(ToString::to_string).collect();
            let Answer { wrong, torn, left, .. } = answer;
            return Some(format!(
                "the load: {planned:#?}\nthe rules: {wrong:#?}, torn {torn:?}, left {left:?}\n"
            ));
        }
        let solved: BTreeMap<String, u64> =
            solved.as_ref()?.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        if solved != answer.symbols {
            return Some(format!("the load: {solved:?}\nthe rules: {:?}\n", answer.symbols));
        }
        let differ = *reads != answer.takes;
        differ.then(|| format!("the load: {reads:#?}\nthe rules: {:#?}\n", answer.takes))
    }

    /// True if the results may differ. This applies if elements are torn apart, which only the oracle allows; if a field renames
    /// the symbol of its own bound, which only a load allows; and if a symbol is on both sides of a difference, which only the
    /// oracle solves.
    fn may_differ(&self, root: &Struct) -> bool {
        let torn = |problem: &String| problem.contains("cannot express with strides");
        let said: Vec<String> = self.said.planned.iter().map(ToString::to_string).collect();
        let solves_more = self.said.solved.as_ref().is_some_and(|solved| {
            let symbols = &self.answer.symbols;
            solved.len() < symbols.len() && solved.iter().all(|(k, v)| symbols.get(*k) == Some(v))
        });
        said.iter().any(torn) || renames_bound(root) || solves_more
    }
}

/// True if a field renames symbols and has a bound in symbols.
fn renames_bound(item: &Struct) -> bool {
    let of_field = |field: &Field| {
        let bound = field.repeat.and_then(|repeat| repeat.end);
        let mut symbols = false;
        bound.inspect(|end| end.symbols(&mut |_| symbols = true));
        symbols && !field.dims.is_empty() || within(&field.node)
    };
    item.fields.iter().any(of_field)
}

fn within(node: &Node) -> bool {
    match node {
        Node::Struct(inner) => renames_bound(inner),
        Node::Optional(inner) => within(inner),
        Node::List(list) => within(&list.element),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => false,
    }
}

/// Returns the mismatch of a case, if any.
fn otherwise(case: &Case) -> Option<String> {
    let Node::Struct(root) = case.node else { return None };
    let judged = panic::catch_unwind(|| Judged::of(root, case)).ok()?;
    judged.difference().filter(|_| !judged.may_differ(root))
}

#[test]
fn a_load_says_what_the_plainest_rules_say() {
    let small = |case: &Case| case.listed.iter().all(|it| it.elements() <= ELEMENTS);
    let (mut fit, mut refused, mut known, mut differ) = (0, 0, 0, Vec::new());
    let (seed, cases) = run(CASES);
    for case in (seed..).filter_map(case).filter(small).take(cases) {
        let Node::Struct(root) = case.node else { continue };
        let judged = Judged::of(root, &case);
        *(if judged.answer.fits() { &mut fit } else { &mut refused }) += 1;
        match judged.difference() {
            Some(_) if judged.may_differ(root) => known += 1,
            Some(_) => differ.push(case),
            None => {}
        }
    }
    let shown = differ.iter().take(SHOWN).map(|case| {
        let case = minimal::minimal(case, |case| otherwise(case).is_some());
        format!("{case}{}", otherwise(&case).unwrap_or_default())
    });
    let shown: Vec<String> = shown.collect();
    assert!(differ.is_empty(), "{} cases differ, such as\n{}", differ.len(), shown.join("\n"));
    println!("{fit} fit, {refused} do not; {known} differ as they may");
    assert!(fit > 400 && refused > 400, "{fit} fit, {refused} do not");
    assert!(known > 0, "no case differs as it may; take `may_differ` out");
}
