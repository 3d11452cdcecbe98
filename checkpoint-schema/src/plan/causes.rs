//! One cause of many problems.

use std::collections::BTreeSet;

use crate::catalog::Name;
use crate::description::{Node, Struct};
use crate::plan::names::Names;
use crate::plan::route::Site;
use crate::plan::symbols::{Origin, SymbolId, Symbols};
use crate::plan::walk::{Finding, Walk};
use crate::plan::{Binding, solve};
use crate::problem::{Problem, ProblemKind, Says, SymbolValue};
use crate::template::{self, Part};

/// How many missing variables are looked for under other names.
const LOOKED_FOR: usize = 8;

/// What the names of missing variables start with, and what those in the checkpoint start with instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) written: String,
    pub(super) found: String,
    pub(super) explained: usize,
}

/// The prefix by which all missing variables are there, if they are more than those that are found.
pub(super) fn prefix(walk: &Walk<'_>) -> Option<Prefix> {
    let sites = walk.findings.iter().filter(|(_, finding)| *finding == Finding::Missing);
    let name = |(site, _): &(Site, Finding)| {
        let route = walk.routes.get(site.route);
        (walk.routes.name(site.route, &site.indices), text_before_index(&route.template))
    };
    let missing: Vec<(String, usize)> = sites.map(name).collect();
    let found = walk.taken.iter().filter(|sites| !sites.is_empty()).count();
    if missing.len() < 2 || missing.len() <= found {
        return None;
    }
    let most = |candidates: BTreeSet<(String, String)>| {
        let explained = |(written, found): &(String, String)| {
            let is_there = |(name, _): &&(String, usize)| {
                let rest = name.strip_prefix(written.as_str());
                rest.is_some_and(|rest| walk.names.has(&format!("{found}{rest}")))
            };
            missing.iter().filter(is_there).count()
        };
        let counted = candidates.into_iter().map(|candidate| (explained(&candidate), candidate));
        // Of several, the shortest: candidates are in the order of what is written.
        counted.rev().max_by_key(|(count, _)| *count)
    };
    let few = missing.iter().take(LOOKED_FOR);
    let candidates = few.flat_map(|(name, text)| prefixes(name, *text, walk.names));
    let (explained, (written, found)) = most(candidates.collect())?;
    (explained * 10 >= missing.len() * 9).then_some(Prefix { written, found, explained })
}

/// The length of what a template starts with before its first index.
fn text_before_index(template: &[Part<'_>]) -> usize {
    let text = |part: &Part<'_>| match part {
        Part::Text(text) => Some(text.len()),
        Part::Index(_) => None,
    };
    template.iter().map_while(text).sum()
}

/// The prefixes of a name, none of which is longer than this, each with one under which the rest of the name is there.
fn prefixes(name: &str, longest: usize, names: &Names<'_>) -> Vec<(String, String)> {
    let variables = names.catalog().variables();
    let all = || (0..variables.len()).flat_map(|number| names.of(number)).filter_map(Name::as_str);
    let starts = std::iter::once(0).chain(name.match_indices('/').map(|(at, _)| at + 1));
    let starts = starts.take_while(|start| *start <= longest);
    let mut found = Vec::new();
    for (written, rest) in starts.filter_map(|at| name.split_at_checked(at)) {
        for other in all().filter_map(|other| other.strip_suffix(rest)) {
            if other.is_empty() || other.ends_with(['/', '.']) {
                found.push((written.to_owned(), other.to_owned()));
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    found
}

impl Prefix {
    pub(super) fn problem(&self) -> Problem {
        let Self { written, found, explained } = self.clone();
        let kind = ProblemKind::Prefix { written, found };
        Problem { field: None, variable: None, count: explained, kind }
    }

    /// A template of a field, with the prefix that is there.
    pub(super) fn corrected<'p>(&'p self, template: &[Part<'p>]) -> Option<Vec<Part<'p>>> {
        let mut rest = template.to_vec();
        let mut written = self.written.as_str();
        while !written.is_empty() {
            let Part::Text(text) = rest.first()? else { return None };
            if let Some(tail) = text.strip_prefix(written) {
                rest[0] = Part::Text(tail);
                break;
            }
            written = written.strip_prefix(text)?;
            rest.remove(0);
        }
        rest.insert(0, Part::Text(&self.found));
        Some(rest)
    }

    /// Whether a name is under the prefix that is there, if there is one.
    pub(super) fn explains(&self, name: &Name) -> bool {
        !self.found.is_empty() && name.as_bytes().starts_with(self.found.as_bytes())
    }
}

/// Whether a template gives a name.
pub(super) fn gives(template: &[Part<'_>], name: &Name) -> bool {
    template::invert(template, name.as_bytes()).is_some()
}

/// Declares all symbols that the structs of a tree share, with the values that they and the options give.
pub(super) fn declare(
    node: &'static Node,
    bind: &[Binding],
    problems: &mut Vec<Problem>,
) -> Symbols {
    let mut symbols = Symbols::new();
    declare_names(node, &mut symbols);
    let names: Vec<&'static str> = symbols.names().collect();
    for Binding { name, value, required } in bind {
        match names.iter().find(|known| *known == name) {
            Some(name) => {
                symbols.declare(name, Some(*value), Origin::Bound);
            }
            None if *required => {
                let near = names.iter().map(|known| (strsim::osa_distance(name, known), *known));
                let nearest = near.filter(|(distance, _)| *distance <= 2).min();
                let nearest = nearest.map(|(_, name)| name);
                let kind = ProblemKind::Unbound { symbol: name.clone(), nearest };
                problems.push(Problem { field: None, variable: None, count: 1, kind });
            }
            None => {}
        }
    }
    declare_values(node, &mut symbols, problems);
    symbols
}

fn declare_names(node: &'static Node, symbols: &mut Symbols) {
    each_struct(node, &mut |owner| {
        for dim in owner.dims.iter().filter(|dim| !dim.local) {
            symbols.declare(dim.name, None, Origin::Struct);
        }
    });
}

fn declare_values(node: &'static Node, symbols: &mut Symbols, problems: &mut Vec<Problem>) {
    each_struct(node, &mut |owner| {
        for dim in owner.dims.iter().filter(|dim| !dim.local) {
            let value = dim.value.map(|value| value as u64);
            let Some((first, origin)) = symbols.declare(dim.name, value, Origin::Struct) else {
                continue;
            };
            let given =
                SymbolValue { name: dim.name, value: Some(first), says: says(origin), by: None };
            let kind = ProblemKind::Declared { given, other: value.unwrap_or_default() };
            let problem = Problem { field: None, variable: None, count: 1, kind };
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    });
}

fn each_struct(node: &'static Node, visit: &mut impl FnMut(&'static Struct)) {
    match node {
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) => {}
        Node::Optional(inner) => each_struct(inner, visit),
        Node::List(list) => each_struct(&list.element, visit),
        Node::Struct(owner) => {
            visit(owner);
            owner.fields.iter().for_each(|field| each_struct(&field.node, visit));
        }
    }
}

/// The problems of symbols.
pub(super) fn of_symbols(symbols: &Symbols, wrong: &solve::Wrong) -> Vec<Problem> {
    let contradictions = wrong.contradictions.iter().map(|contradiction| {
        let name = symbols.get(contradiction.symbol).name;
        let (value, says) = (Some(contradiction.given), says(contradiction.origin));
        let given = SymbolValue { name, value, says, by: None };
        let (found, variables) = (contradiction.found, contradiction.count);
        ProblemKind::Symbol { given, found, variables }
    });
    let asserted = wrong.asserted.iter().map(|failed| ProblemKind::Assertion {
        owner: failed.owner,
        assertion: failed.assertion.to_string(),
        values: failed.values.clone(),
    });
    let varied = wrong.varied.iter().map(|(id, values)| ProblemKind::Varied {
        symbol: symbols.get(*id).name,
        values: values.clone(),
    });
    let problem = |kind| Problem { field: None, variable: None, count: 1, kind };
    contradictions.chain(asserted).chain(varied).map(problem).collect()
}

/// Symbols with their values.
pub(super) fn values(walk: &Walk<'_>, ids: &[SymbolId]) -> Vec<SymbolValue> {
    let name = |number: usize| walk.catalog.variables()[number].name.to_string();
    let value = |id: &SymbolId| {
        let symbol = walk.symbols.get(*id);
        let by = symbol.only_variable().map(name);
        let says = symbol.value.map_or(Says::Variables, |(_, origin)| says(origin));
        SymbolValue { name: symbol.name, value: symbol.value.map(|(value, _)| value), says, by }
    };
    ids.iter().map(value).collect()
}

fn says(origin: Origin) -> Says {
    match origin {
        Origin::Struct => Says::Struct,
        Origin::Bound => Says::Options,
        Origin::Variables => Says::Variables,
    }
}
