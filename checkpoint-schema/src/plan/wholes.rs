//! Structs of which the checkpoint has nothing, and dtypes that many fields share: said once, not for each variable.

use std::collections::HashSet;

use crate::description::{Cast, Node};
use crate::dtype::DType;
use crate::fold::Values;
use crate::plan::findings::tensor;
use crate::plan::route::{RouteId, Site};
use crate::plan::walk::{Finding, Walk};
use crate::problem::{Problem, ProblemKind};

/// From how many fields on a dtype is said once.
const MANY: usize = 3;

/// The structs of which something is there.
pub(super) struct Alive(HashSet<(RouteId, Vec<usize>)>);

impl Alive {
    pub(super) fn new(walk: &Walk<'_>) -> Self {
        let mut alive = HashSet::new();
        for site in walk.taken.iter().flatten() {
            for place in around(walk, site) {
                // Those around a place that is known are known too.
                if !alive.insert(place) {
                    break;
                }
            }
        }
        Self(alive)
    }

    /// The outermost struct around a missing variable of which nothing is there.
    pub(super) fn top(&self, walk: &Walk<'_>, site: &Site, finding: &Finding) -> Option<RouteId> {
        if *finding != Finding::Missing {
            return None;
        }
        let dead = around(walk, site).take_while(|place| !self.0.contains(place));
        dead.last().map(|(route, _)| route)
    }
}

/// The structs around a site, from the innermost, but for the root.
fn around(walk: &Walk<'_>, site: &Site) -> impl Iterator<Item = (RouteId, Vec<usize>)> {
    let outer = |route: &RouteId| walk.routes.get(*route).outer;
    let routes = std::iter::successors(outer(&site.route), outer);
    routes.map(|route| {
        let depth = walk.routes.get(route).indices.len();
        (route, site.indices.iter().take(depth).copied().collect())
    })
}

/// A field of which variables are missing: the route to it, and the values of the indices.
pub(super) type Place = (RouteId, Vec<Values>);

/// What is said of a struct of which `missing` are all the variables; `None` if that differs from one to another.
pub(super) fn problem(
    walk: &Walk<'_>,
    (top, axes): &Place,
    missing: &[(Place, Problem)],
) -> Option<Problem> {
    let routes = &walk.routes;
    let location = routes.variable(*top, axes);
    let nearest = |problem: &Problem| match &problem.kind {
        ProblemKind::Missing { nearest, .. } => {
            nearest.as_ref().map(|nearest| nearest.name.clone())
        }
        _ => None,
    };
    let mut names = missing.iter().map(|((route, axes), problem)| {
        let rest = routes.variable(*route, axes).strip_prefix(&location)?.to_owned();
        Some(nearest(problem)?.strip_suffix(&rest)?.to_owned())
    });
    let found = names.next().flatten();
    let kind = match found {
        Some(found) if !location.is_empty() => {
            if !names.all(|other| other.as_ref() == Some(&found)) {
                return None;
            }
            ProblemKind::Elsewhere { found }
        }
        _ if missing.iter().any(|(_, problem)| nearest(problem).is_some()) => return None,
        _ => {
            let (first, axes) = &missing.first()?.0;
            ProblemKind::Absent {
                variables: missing.len(),
                example: routes.name(*first, &axes.iter().map(Values::first).collect::<Vec<_>>()),
                bounded: is_bounded(walk, *top, axes),
            }
        }
    };
    Some(Problem {
        field: Some(routes.field(*top, axes)),
        variable: Some(location).filter(|location| !location.is_empty()),
        count: axes.iter().map(Values::len).product::<usize>() * missing.len(),
        kind,
    })
}

/// Whether a field is an element that the bounds of its list ask for.
fn is_bounded(walk: &Walk<'_>, route: RouteId, axes: &[Values]) -> bool {
    let at = walk.routes.get(route);
    let around = at.indices.len().checked_sub(1).filter(|_| at.field.repeat.is_some());
    around.is_some_and(|around| {
        let indices = axes.iter().take(around).map(Values::first).collect();
        walk.lists.get(&(route, indices)).is_some_and(|elements| !elements.counted)
    })
}

/// What is found at places that differ only in their indices, and the struct of which nothing is there.
pub(super) type Folded = ((RouteId, Finding, Option<RouteId>), Vec<Values>);

/// Groups the missing variables of each struct of which nothing is there, where the first of them was; all else is a group
/// by itself.
pub(super) fn groups(walk: &Walk<'_>, findings: Vec<Folded>) -> Vec<(Option<Place>, Vec<Folded>)> {
    let mut groups: Vec<(Option<Place>, Vec<Folded>)> = Vec::new();
    for folded in findings {
        let ((.., top), axes) = &folded;
        let whole = top.map(|top| {
            let depth = walk.routes.get(top).indices.len();
            (top, axes.iter().take(depth).cloned().collect())
        });
        let same = |(other, _): &&mut (Option<Place>, Vec<Folded>)| *other == whole;
        match whole.as_ref().and_then(|_| groups.iter_mut().rfind(same)) {
            Some((_, group)) => group.push(folded),
            None => groups.push((whole, vec![folded])),
        }
    }
    groups
}

/// Takes out of what was found the dtypes that many fields share.
pub(super) fn dtypes(walk: &Walk<'_>, findings: &mut Vec<Folded>) -> Vec<Problem> {
    let mut groups: Vec<([DType; 2], Option<Cast>)> =
        findings.iter().filter_map(|folded| dtype(walk, folded)).collect();
    groups.sort_unstable_by_key(|([found, wanted], _)| [found.number(), wanted.number()]);
    let many = groups.chunk_by(|one, other| one == other).filter(|group| group.len() >= MANY);
    let many: Vec<_> = many.map(|group| group[0]).collect();
    let problem = |group: ([DType; 2], Option<Cast>)| {
        let taken: Vec<Folded> =
            findings.extract_if(.., |folded| dtype(walk, folded) == Some(group)).collect();
        let ((route, ..), axes) = taken.first()?;
        let first: Vec<usize> = axes.iter().map(Values::first).collect();
        let ([found, wanted], cast) = group;
        let example = walk.routes.name(*route, &first);
        let places = |(_, axes): &Folded| axes.iter().map(Values::len).product::<usize>();
        let count = taken.iter().map(places).sum();
        let kind = ProblemKind::DTypes { found, wanted, cast, example };
        Some(Problem { field: None, variable: None, count, kind })
    };
    many.into_iter().filter_map(problem).collect()
}

/// The dtype that was found, and that of the field.
fn dtype(walk: &Walk<'_>, folded: &Folded) -> Option<([DType; 2], Option<Cast>)> {
    let ((route, Finding::DType { found, cast }, _), _) = folded else { return None };
    let node: &'static Node = &walk.routes.get(*route).field.node;
    Some(([found.dtype, tensor(node)?.dtype?], *cast))
}
