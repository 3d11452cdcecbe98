//! From findings at sites to problems in sentences.

use std::collections::BTreeSet;

use crate::catalog::{Name, Variable};
use crate::description::{Node, Tensor};
use crate::fold::Values;
use crate::plan::coverage::Outside;
use crate::plan::family::families;
use crate::plan::fold;
use crate::plan::route::{RouteId, show};
use crate::plan::shown::Shown;
use crate::plan::suggest::{generalise, nearest};
use crate::plan::walk::{Finding, Walk};
use crate::plan::ways::{VALUE_SUFFIX, object_path};
use crate::problem::{Nearest, Problem, ProblemKind};
use crate::template::{self, Part};

/// How many of the missing variables are compared with every name of the checkpoint.
const SUGGESTED: usize = 100;

/// The findings of a walk, as they are put into words.
pub(super) struct Findings<'w, 'a> {
    walk: &'w Walk<'a>,
    /// The variables that no field takes, without those that the problems so far explain.
    unmapped: BTreeSet<usize>,
    outside: &'w [Outside],
    shown: &'w Shown,
}

impl<'w, 'a> Findings<'w, 'a> {
    pub(super) fn new(
        walk: &'w Walk<'a>,
        unmapped: Vec<usize>,
        outside: &'w [Outside],
        shown: &'w Shown,
    ) -> Self {
        Self { walk, unmapped: unmapped.into_iter().collect(), outside, shown }
    }

    /// Those of the fields, then those of the variables that no field takes.
    pub(super) fn problems(mut self) -> Vec<Problem> {
        let findings = self
            .walk
            .findings
            .iter()
            .map(|(site, finding)| ((site.route, finding.clone()), &site.indices));
        let mut problems: Vec<Problem> = fold(findings)
            .into_iter()
            .enumerate()
            .map(|(number, ((route, finding), axes))| {
                self.of_field(route, &axes, &finding, number < SUGGESTED)
            })
            .collect();
        if self.asks_for_objects() {
            let kind = ProblemKind::ObjectBased;
            problems.insert(0, Problem { field: None, variable: None, count: 1, kind });
        }
        problems.extend(self.beyond());
        let left = self.unmapped.iter();
        let left: Vec<Variable> =
            left.map(|&number| self.shown.variable(self.walk.names, number)).collect();
        problems.extend(families(left.iter()).into_iter().map(|family| Problem {
            field: None,
            variable: Some(family.name),
            count: family.count,
            kind: ProblemKind::Unmapped { found: family.spec, beyond: None },
        }));
        problems
    }

    /// Whether a missing key is the path of an object that is there.
    fn asks_for_objects(&self) -> bool {
        let walk = self.walk;
        walk.names.are_keys()
            && walk.findings.iter().any(|(site, finding)| {
                let value = || walk.routes.name(site.route, &site.indices) + VALUE_SUFFIX;
                *finding == Finding::Missing && walk.catalog.position(value()).is_some()
            })
    }

    fn of_field(
        &mut self,
        route: RouteId,
        axes: &[Values],
        finding: &Finding,
        suggest: bool,
    ) -> Problem {
        let walk = self.walk;
        let routes = &walk.routes;
        let tensor = tensor(&routes.get(route).field.node);
        let kind = match finding {
            Finding::Missing => self.missing(route, axes, suggest),
            Finding::DType { found } => {
                let wanted = tensor.and_then(|tensor| tensor.dtype).unwrap_or(found.dtype);
                ProblemKind::DType { found: found.clone(), wanted }
            }
            Finding::Rank { found, squeezed } => {
                let wanted = tensor.and_then(|tensor| tensor.rank).unwrap_or_default();
                ProblemKind::Rank { found: found.clone(), squeezed: squeezed.clone(), wanted }
            }
            Finding::Squeeze { found, error } => {
                ProblemKind::Squeeze { found: found.clone(), error: error.clone() }
            }
            Finding::Ambiguous(numbers) => self.ambiguous(numbers),
            Finding::Taken { by } => {
                let name = routes.variable(*by, &[]);
                let other = (name != routes.variable(route, &[])).then_some(name);
                ProblemKind::Taken { by: routes.field(*by, &[]), other }
            }
            Finding::Aliases(paths) => self.aliases(route, axes, paths),
            Finding::Hole { seen, variable } => ProblemKind::Hole {
                later: routes.field(route, &with_last(axes, *seen)),
                variable: self.shown.name(walk.names, *variable).to_string(),
            },
            Finding::Ignored { glob } => ProblemKind::Ignored { glob: (*glob).to_owned() },
        };
        let several = matches!(finding, Finding::Aliases(_) | Finding::Hole { .. });
        Problem {
            field: Some(routes.field(route, axes)),
            variable: (!several).then(|| routes.variable(route, axes)),
            count: axes.iter().map(Values::len).product(),
            kind,
        }
    }

    /// The templates of some of the paths of a field.
    fn paths(&self, route: RouteId, axes: &[Values], paths: &[usize]) -> Vec<String> {
        let routes = &self.walk.routes;
        paths
            .iter()
            .filter_map(|&path| Some(routes.variable(routes.by_path(route, path)?, axes)))
            .collect()
    }

    fn aliases(&mut self, route: RouteId, axes: &[Values], paths: &[usize]) -> ProblemKind {
        let routes = &self.walk.routes;
        for route in paths.iter().filter_map(|&path| routes.by_path(route, path)) {
            self.explain(&routes.get(route).template);
        }
        ProblemKind::Aliases { present: self.paths(route, axes, paths) }
    }

    fn ambiguous(&mut self, numbers: &[usize]) -> ProblemKind {
        let variables = self.walk.catalog.variables();
        let names = || numbers.iter().map(|&number| &variables[number].name);
        self.unmapped.retain(|number| !numbers.contains(number));
        ProblemKind::Ambiguous {
            paths: names().map(|key| Name::from(object_path(key)).to_string()).collect(),
            keys: names().map(Name::to_string).collect(),
        }
    }

    fn missing(&mut self, route: RouteId, axes: &[Values], suggest: bool) -> ProblemKind {
        let others: Vec<usize> = (1..self.walk.routes.get(route).field.paths.len()).collect();
        let aliases = self.paths(route, axes, &others);
        let nearest = if suggest { self.nearest(route, axes) } else { None };
        ProblemKind::Missing { aliases, nearest }
    }

    /// What a missing variable may be called; what is explained so is not unmapped any more.
    fn nearest(&mut self, route: RouteId, axes: &[Values]) -> Option<Nearest> {
        let walk = self.walk;
        let last: Vec<usize> = axes.iter().map(Values::last).collect();
        let name = walk.routes.name(route, &last);
        let route = walk.routes.get(route);
        let dtype = tensor(&route.field.node).and_then(|tensor| tensor.dtype);
        let unmapped = self.unmapped.iter().copied();
        let untaken = (0..walk.taken.len()).filter(|&number| walk.taken[number].is_none());
        let (near, name) = nearest(&name, dtype, walk.names, unmapped)
            .or_else(|| nearest(&name, dtype, walk.names, untaken))?;
        let template = generalise(name, route, axes, walk.names);
        self.explain(&template);
        let spec = walk.catalog.variables()[near].spec();
        Some(Nearest { name: show(&template, &route.indices, axes), spec })
    }

    fn explain(&mut self, template: &[Part<'_>]) {
        let fits = |name: &Name| template::invert(template, name.as_bytes()).is_some();
        self.unmapped.retain(|&number| !self.walk.names.of(number).iter().any(fits));
    }

    /// The variables that only the bounds of a list leave out.
    fn beyond(&mut self) -> Vec<Problem> {
        let variables = self.walk.catalog.variables();
        let outside: Vec<&Outside> =
            self.outside.iter().filter(|outside| self.unmapped.remove(&outside.number)).collect();
        let sites = outside.iter().map(|outside| {
            ((outside.site.route, variables[outside.number].spec()), &outside.site.indices)
        });
        let problem = |((route, found), axes): ((RouteId, _), Vec<Values>)| Problem {
            field: None,
            variable: Some(self.walk.routes.variable(route, &axes)),
            count: axes.iter().map(Values::len).product(),
            kind: ProblemKind::Unmapped {
                found,
                beyond: Some(self.walk.routes.field(route, &axes)),
            },
        };
        fold(sites).into_iter().map(problem).collect()
    }
}

/// The tensor that a field takes, once or several times.
fn tensor(node: &'static Node) -> Option<&'static Tensor> {
    match node {
        Node::Tensor(tensor) => Some(tensor),
        Node::Optional(inner) => tensor(inner),
        Node::List(list) => tensor(&list.element),
        Node::Split(parts) => parts.first().and_then(tensor),
        Node::Struct(_) | Node::Dim(_) => None,
    }
}

fn with_last(axes: &[Values], last: usize) -> Vec<Values> {
    let around = axes.len().saturating_sub(1);
    axes.iter().take(around).cloned().chain([Values::from(last)]).collect()
}
