//! The results of a load and of the compiler for a checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use checkpoint_schema::fit;
use checkpoint_schema::manifest::{Listing, Table};
use checkpoint_schema::model::description::{Field, Node, Struct};
use checkpoint_schema::model::dialect::Dialect;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, Share, plan};
use checkpoint_schema::problem::{Problem, ProblemKind};

use crate::listing::{self, Listed};

/// The results of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The problems of a load, in its order.
    pub(crate) planned: Vec<Problem>,
    /// The sentences of the compiler, in its order.
    pub(crate) checked: Vec<String>,
    /// The values of the struct's symbols in a load, if it fits.
    pub(crate) solved: Option<BTreeMap<&'static str, u64>>,
    /// The variables that a load reads into each field, if it fits.
    pub(crate) reads: BTreeMap<String, BTreeSet<String>>,
    /// The values of the same symbols in the compiler.
    pub(crate) constant: BTreeMap<&'static str, u64>,
}

/// Runs both.
pub(crate) fn say(node: &'static Node, listed: &[Listed]) -> Said {
    run(node, Dialect::FIRST, listed)
}

/// Runs both for a dialect of a struct.
pub(crate) fn say_in(name: &'static str, node: &'static Node, listed: &[Listed]) -> Said {
    run(node, Dialect { name, prefix: 0 }, listed)
}

fn run(node: &'static Node, dialect: Dialect<'_>, listed: &[Listed]) -> Said {
    let Node::Struct(root) = node else { panic!("a struct is loaded") };
    let catalog = listing::catalog(listed);
    let names = Names::of_keys(&catalog);
    let ranks = ranks(root, dialect).unwrap_or(1);
    let planned = |index| {
        let share = (ranks > 1).then_some(Share { index, ranks });
        plan(node, &names, PlanOptions { dialect, share, ..PlanOptions::default() })
    };
    let mut reads: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // A rank reads some of the variables that `concat` joins.
    for plan in (0..ranks).filter_map(|index| planned(index).ok()) {
        for read in &plan.reads {
            let name = catalog.variables()[read.variable].name.as_str().unwrap_or_default();
            reads.entry(plan.field(read)).or_default().insert(name.to_owned());
        }
    }
    let planned = planned(0);
    let known = symbols(root);
    let solved = planned.as_ref().ok().map(|plan| {
        let name = |name: &str| known.iter().copied().find(|known| *known == name);
        plan.dims.iter().filter_map(|(symbol, value)| Some((name(symbol)?, *value))).collect()
    });
    let planned = planned.err().unwrap_or_default();
    let (checked, constant) = constant(node, dialect, root, &names);
    Said { planned, checked, solved, reads, constant }
}

fn constant(
    node: &Node,
    dialect: Dialect<'_>,
    root: &Struct,
    names: &Names<'_>,
) -> (Vec<String>, BTreeMap<&'static str, u64>) {
    let own = root.dialects.iter().find(|own| own.name == dialect.name);
    let ignore = own.and_then(|own| own.ignore).unwrap_or(root.ignore);
    let table = Table::of(&Listing::of(names).entries(ignore));
    table.with("manifest", |manifest| {
        let subject = fit::Subject { dialect, model: 0 };
        let said = fit::check_in(node, &[manifest], &[subject]).remove(0);
        let fit::Said { problems, symbols: values, .. } = said;
        // A load reports globs that match nothing as warnings.
        let problems = problems.into_iter().filter(|problem| problem.kind != ProblemKind::Idle);
        let lines = problems.map(|problem| problem.message).collect();
        let value =
            |name: &str| values.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
        let names = symbols(root).into_iter();
        (lines, names.filter_map(|name| Some((name, value(name)?))).collect())
    })
}

/// Returns the largest number of ranks that fields name, if any.
fn ranks(owner: &Struct, dialect: Dialect<'_>) -> Option<usize> {
    let of_field = |field: &Field| {
        let own = field.dialects.iter().find(|own| own.name == dialect.name);
        let field = own.map_or(field, |own| &own.field);
        let own = field.parallel.and_then(|parallel| parallel.of.iter().copied().max());
        own.max(ranks_of(&field.node, dialect))
    };
    owner.fields.iter().filter_map(of_field).max()
}

fn ranks_of(node: &Node, dialect: Dialect<'_>) -> Option<usize> {
    match node {
        Node::Struct(inner) => ranks(inner, dialect),
        Node::Optional(inner) => ranks_of(inner, dialect),
        Node::List(list) => ranks_of(&list.element, dialect),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => None,
    }
}

/// Returns the symbols that all structs share.
pub(crate) fn symbols(owner: &Struct) -> Vec<&'static str> {
    let shared = owner.dims.iter().filter(|dim| !dim.local).map(|dim| dim.name);
    let mut symbols: Vec<_> = shared.collect();
    for field in owner.fields {
        symbols.extend(of_node(&field.node));
    }
    symbols.sort_unstable();
    symbols.dedup();
    symbols
}

fn of_node(node: &Node) -> Vec<&'static str> {
    match node {
        Node::Struct(inner) => symbols(inner),
        Node::Optional(inner) => of_node(inner),
        Node::List(list) => of_node(&list.element),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => Vec::new(),
    }
}

impl Said {
    /// Removes messages about symbols without a value. The compiler leaves them to the options of a load.
    pub(crate) fn without_unknown(mut self) -> Self {
        self.planned.retain(|problem| {
            let unknown = problem.message.contains("bind it with `LoadOptions::bind`");
            !(unknown && matches!(problem.kind, ProblemKind::NoValue | ProblemKind::Shapeless))
        });
        self
    }

    /// Removes intended differences. Only the compiler reports an `Option` without variables in any manifest. A variable with a
    /// similar name is then no problem of its own.
    pub(crate) fn comparable(self) -> Self {
        let mut said = self.without_unknown();
        let (never, checked): (Vec<String>, Vec<String>) =
            said.checked.into_iter().partition(|line| line.contains("no manifest has"));
        said.checked = checked;
        if never.iter().any(|line| line.contains("did you mean")) {
            let is_unmapped = |line: &str| line.contains("unexpected variable");
            said.planned.retain(|problem| !is_unmapped(&problem.message));
            said.checked.retain(|line| !is_unmapped(line));
        }
        said
    }

    /// Returns the messages of both, sorted.
    pub(crate) fn sentences(&self) -> [Vec<String>; 2] {
        let planned = self.planned.iter().map(ToString::to_string).collect();
        let mut both: [Vec<String>; 2] = [planned, self.checked.clone()];
        for side in &mut both {
            side.sort();
        }
        both
    }

    /// True if only one refuses the case, if a message is only in one, or if the values of symbols differ.
    pub(crate) fn differs(&self) -> bool {
        let values = self.solved.as_ref().is_some_and(|solved| *solved != self.constant);
        values || !self.alone().concat().is_empty()
    }

    /// Returns the messages of each that the other lacks.
    pub(crate) fn alone(&self) -> [Vec<String>; 2] {
        let [planned, checked] = self.sentences();
        let without = |these: &[String], others: &[String]| {
            let mut others = others.to_vec();
            let is_alone = |line: &&String| {
                let at = others.iter().position(|other| other == *line);
                at.map(|at| others.remove(at)).is_none()
            };
            these.iter().filter(is_alone).cloned().collect::<Vec<_>>()
        };
        [without(&planned, &checked), without(&checked, &planned)]
    }
}
