//! After the walk: what symbols are, and with them every array.

use std::collections::BTreeSet;

use crate::description::{Op, Struct};
use crate::expression::{Assertion, Axis, Expression};
use crate::plan::arrays::{self, Built, Outcome};
use crate::plan::symbols::{Contradiction, Equation, Scope, SymbolId};
use crate::plan::walk::{ArrayFinding, Finding, Pending, Walk};
use crate::plan::{Few, Output, Read, Step};

/// What was found wrong beside the sites of fields.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    pub(super) contradictions: Vec<Contradiction>,
    pub(super) asserted: Vec<Failed>,
    /// Symbols that have several values, with these.
    pub(super) varied: Vec<(SymbolId, Vec<u64>)>,
}

/// An assertion that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failed {
    pub(super) owner: &'static str,
    pub(super) assertion: Assertion,
    /// The symbols in it, with their values.
    pub(super) values: Vec<(&'static str, u64)>,
}

/// Solves the symbols of a walk, and does the steps of all its arrays.
pub(super) fn solve(walk: &mut Walk<'_>) -> (Wrong, Vec<Option<Few<Built>>>) {
    let lists: Vec<Equation> = walk.equations.iter().map(|(_, equation)| *equation).collect();
    let mut wrong = Wrong { contradictions: walk.symbols.solve(&lists), ..Wrong::default() };
    // An array whose steps need symbols says more once these have values.
    let mut told = vec![0; walk.arrays.len()];
    let outcome_of = |walk: &Walk<'_>, array| arrays::build(array, walk.catalog, &walk.symbols);
    let mut outcomes: Vec<Outcome> =
        walk.arrays.iter().map(|array| outcome_of(walk, array)).collect();
    loop {
        let mut news = Vec::new();
        for (told, outcome) in told.iter_mut().zip(&outcomes) {
            news.extend(outcome.equations.iter().skip(*told));
            *told = outcome.equations.len();
        }
        if news.is_empty() {
            break;
        }
        wrong.contradictions.extend(walk.symbols.solve(&news));
        for (array, outcome) in walk.arrays.iter().zip(&mut outcomes) {
            if array.needs_symbols() {
                *outcome = outcome_of(walk, array);
            }
        }
    }
    let unsaid = unsaid(walk, &outcomes);
    let mut built = Vec::with_capacity(outcomes.len());
    for (number, outcome) in outcomes.into_iter().enumerate() {
        let scope = walk.arrays[number].scope;
        let findings = outcome.findings.into_iter();
        let findings = findings.filter(|(_, finding)| !waits(walk, scope, finding, &unsaid));
        let findings: Vec<_> =
            findings.map(|(site, finding)| (site, Finding::Array(finding))).collect();
        walk.findings.extend(findings);
        built.push(outcome.built);
    }
    lists_agree(walk);
    pending(walk, &unsaid);
    wrong.asserted = asserted(walk);
    wrong.varied = walk.symbols.varied();
    walk.findings.retain(|(_, finding)| !wrong.explains(finding));
    (wrong, built)
}

/// The symbols of which something would say more that is not there, or that has other axes: that is the problem, and not
/// that they have no value.
fn unsaid(walk: &Walk<'_>, outcomes: &[Outcome]) -> Vec<SymbolId> {
    let mut unsaid = Vec::new();
    for (scope, expression) in &walk.unsaid {
        walk.symbols.of(*scope, expression, &mut unsaid);
    }
    for (array, outcome) in walk.arrays.iter().zip(outcomes) {
        for (_, finding) in &outcome.findings {
            let ArrayFinding::Shape { at, axes, .. } = finding else { continue };
            for axis in axes.iter().filter(|_| at.rank() != axes.len()) {
                if let Axis::Is(expression) = axis {
                    walk.symbols.of(array.scope, expression, &mut unsaid);
                }
            }
        }
    }
    unsaid.sort_unstable();
    unsaid.dedup();
    unsaid
}

/// Whether a finding is only that such a symbol has no value.
fn waits(walk: &Walk<'_>, scope: Scope, finding: &ArrayFinding, unsaid: &[SymbolId]) -> bool {
    let (ArrayFinding::Unknown { symbol } | ArrayFinding::Shapeless { unknown: Some(symbol) }) =
        finding
    else {
        return false;
    };
    let mut symbols = Vec::new();
    walk.symbols.of(scope, &Expression::Symbol(symbol), &mut symbols);
    symbols.iter().any(|symbol| unsaid.binary_search(symbol).is_ok())
}

impl Wrong {
    /// Whether a finding at a site follows from what is wrong with symbols.
    fn explains(&self, finding: &Finding) -> bool {
        let varied = |id: &SymbolId| self.varied.iter().any(|(symbol, _)| symbol == id);
        match finding {
            Finding::Array(ArrayFinding::Shape { symbols, .. }) => {
                !symbols.is_empty() && symbols.iter().all(varied)
            }
            _ => self.asserted.iter().any(|failed| failed.explains(finding)),
        }
    }
}

impl Failed {
    /// Whether a step cannot be done because the symbols of the assertion do not go together.
    fn explains(&self, finding: &Finding) -> bool {
        let Finding::Array(finding) = finding else { return false };
        let mut explained = false;
        let mut visit = |name| explained |= self.values.iter().any(|(symbol, _)| *symbol == name);
        match finding {
            ArrayFinding::NoNumber { expression, .. } => expression.symbols(&mut visit),
            ArrayFinding::Step { op: Op::Reshape(axes), .. } => {
                for axis in *axes {
                    if let Axis::Is(expression) = axis {
                        expression.symbols(&mut visit);
                    }
                }
            }
            _ => {}
        }
        explained
    }
}

/// Finds the lists that have another number of elements than symbols say.
fn lists_agree(walk: &mut Walk<'_>) {
    for (site, equation) in &walk.equations {
        let Equation { scope, expression, found, .. } = equation;
        let wanted = walk.symbols.value(*scope, expression);
        if let Some(wanted) = wanted.filter(|wanted| wanted != found) {
            let mut symbols = Vec::new();
            walk.symbols.of(*scope, expression, &mut symbols);
            let finding = ArrayFinding::Elements { found: *found, wanted, symbols };
            walk.findings.push((site.clone(), Finding::Array(finding)));
        }
    }
}

/// Fills in what steps need of symbols.
fn pending(walk: &mut Walk<'_>, unsaid: &[SymbolId]) {
    for (step, site, scope, pending) in &walk.pending {
        match pending {
            Pending::Dim(symbol) => {
                if let Some(value) = walk.symbols.value(*scope, &Expression::Symbol(symbol)) {
                    walk.steps[*step] = Step::Dim(value);
                    continue;
                }
                let finding = ArrayFinding::Unknown { symbol };
                if !waits(walk, *scope, &finding, unsaid) {
                    walk.findings.push((site.clone(), Finding::Array(finding)));
                }
            }
            Pending::Shape(field, tensor) => {
                let shape = arrays::written_shape(field, tensor, *scope, &walk.symbols);
                walk.steps[*step] = Step::Absent(shape.ok());
            }
        }
    }
}

/// The assertions that do not hold.
fn asserted(walk: &Walk<'_>) -> Vec<Failed> {
    let mut failed = Vec::new();
    for (scope, owner) in &walk.asserts {
        for assertion in owner.asserts {
            let failure = fails(walk, *scope, owner, assertion);
            failed.extend(failure.filter(|failure| !failed.contains(failure)));
        }
    }
    failed
}

fn fails(walk: &Walk<'_>, scope: Scope, owner: &Struct, assertion: &Assertion) -> Option<Failed> {
    let value = |expression| walk.symbols.value(scope, expression);
    let (left, right) = (&assertion.left, &assertion.right);
    let mut names = Vec::new();
    left.symbols(&mut |name| names.push(name));
    right.symbols(&mut |name| names.push(name));
    names.dedup();
    let known =
        |name: &'static str| Some((name, walk.symbols.value(scope, &Expression::Symbol(name))?));
    // Of symbols without values there is nothing to say.
    let values: Vec<_> = names.into_iter().map(known).collect::<Option<_>>()?;
    let holds = value(left)
        .zip(value(right))
        .is_some_and(|(left, right)| assertion.relation.holds(left, right));
    (!holds).then_some(Failed { owner: owner.name, assertion: *assertion, values })
}

/// The variables of arrays that could not be built.
pub(super) fn broken(walk: &Walk<'_>, built: &[Option<Few<Built>>]) -> BTreeSet<usize> {
    let arrays = walk.arrays.iter().zip(built).filter(|(_, built)| built.is_none());
    arrays.flat_map(|(array, _)| array.pieces.iter().map(|piece| piece.variable)).collect()
}

/// The outputs and reads of arrays that are all built.
pub(super) fn outputs(walk: &Walk<'_>, built: Vec<Option<Few<Built>>>) -> (Vec<Output>, Vec<Read>) {
    let (mut outputs, mut reads) =
        (Vec::with_capacity(built.len()), Vec::with_capacity(built.len()));
    for (array, built) in walk.arrays.iter().zip(built) {
        for built in built.into_iter().flatten() {
            let output = outputs.len();
            let Built { dtype, shape, borrow, strides, reads: read } = built;
            for (piece, layout) in read {
                let piece = &array.pieces[piece];
                let (variable, site) = (piece.variable, piece.site.clone());
                reads.push(Read { variable, output, layout, site });
            }
            outputs.push(Output { dtype, shape, borrow, strides });
        }
    }
    (outputs, reads)
}
