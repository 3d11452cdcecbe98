//! What becomes of the variables that no field takes, and of those that a field takes and `ignore` names.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::description::Struct;
use crate::plan::Read;
use crate::plan::ignored::{Rule, rules};
use crate::plan::names::Names;
use crate::plan::route::{RouteId, Site};
use crate::plan::tiles::{self, Wrong};
use crate::plan::walk::{ArrayFinding, Finding, Walk};
use crate::template;

/// What `ignore` and `allow_unmapped` say, for each place where a struct sits.
pub(super) struct Leniency {
    places: Vec<Place>,
}

struct Place {
    /// What names of this place start with.
    start: String,
    /// Which struct says it.
    owner: *const Struct,
    globs: Vec<Rule<'static>>,
    allow_unmapped: bool,
}

impl Leniency {
    pub(super) fn new(walk: &Walk<'_>, allow_unmapped: bool) -> Self {
        let mut places: Vec<Place> = walk
            .lenient
            .iter()
            .map(|(location, separator, owner)| Place {
                start: if location.is_empty() {
                    String::new()
                } else {
                    format!("{location}{separator}")
                },
                owner: std::ptr::from_ref(*owner),
                globs: owner.ignore.iter().flat_map(rules).collect(),
                allow_unmapped: owner.allow_unmapped,
            })
            .collect();
        if allow_unmapped {
            let (start, owner) = (String::new(), std::ptr::null());
            places.push(Place { start, owner, globs: Vec::new(), allow_unmapped });
        }
        Self { places }
    }

    /// The first glob that one of the names of a variable matches, or its key: that is what presets are written for.
    fn ignores_any(&self, names: &Names<'_>, number: usize) -> Option<(&Place, &Rule<'static>)> {
        names.and_key(number).find_map(|name| self.ignores(&name))
    }

    fn allows_any(&self, names: &Names<'_>, number: usize) -> bool {
        names.of(number).iter().any(|name| self.allows(&name.to_string()))
    }

    /// The first glob that a name matches.
    fn ignores(&self, name: &str) -> Option<(&Place, &Rule<'static>)> {
        self.places.iter().find_map(|place| {
            let rest = name.strip_prefix(&place.start)?;
            let rule = place.globs.iter().find(|rule| {
                let absolute = rule.label.starts_with('/');
                rule.glob.matches(if absolute { name } else { rest })
            })?;
            Some((place, rule))
        })
    }

    fn allows(&self, name: &str) -> bool {
        self.places.iter().any(|place| place.allow_unmapped && name.starts_with(&place.start))
    }
}

/// What becomes of the variables that no field takes: their numbers.
#[derive(Debug, Default)]
pub(super) struct Untaken {
    /// By the glob or preset.
    pub(super) ignored: BTreeMap<&'static str, Vec<usize>>,
    /// Let pass.
    pub(super) allowed: Vec<usize>,
    /// Problems.
    pub(super) unmapped: Vec<usize>,
    /// The globs that the user wrote and that match nothing.
    pub(super) idle: Vec<&'static str>,
}

/// Looks at every variable that no field takes.
pub(super) fn untaken(walk: &Walk<'_>, leniency: &Leniency) -> Untaken {
    let mut untaken = Untaken::default();
    let mut used = HashSet::new();
    for (number, taken) in walk.taken.iter().enumerate() {
        if !taken.is_empty() {
            continue;
        }
        if let Some((place, rule)) = leniency.ignores_any(walk.names, number) {
            used.insert((place.owner, rule.label));
            untaken.ignored.entry(rule.label).or_default().push(number);
        } else if leniency.allows_any(walk.names, number) {
            untaken.allowed.push(number);
        } else if !walk.names.come_from(number) {
            untaken.unmapped.push(number);
        }
    }
    for place in &leniency.places {
        for rule in place.globs.iter().filter(|rule| !rule.preset) {
            if used.insert((place.owner, rule.label)) {
                untaken.idle.push(rule.label);
            }
        }
    }
    untaken
}

/// Finds the variables that are loaded, and ignored by the names by which they are loaded.
pub(super) fn find_ignored(walk: &mut Walk<'_>, leniency: &Leniency) {
    if leniency.places.iter().all(|place| place.globs.is_empty()) {
        return;
    }
    for site in walk.taken.iter().flatten() {
        let name = walk.routes.name(site.route, &site.indices);
        if let Some((_, rule)) = leniency.ignores(&name) {
            walk.findings.push((site.clone(), Finding::Ignored { glob: rule.label }));
        }
    }
}

/// Finds the variables of which fields take parts that overlap, or leave something, unless an array of them is broken.
pub(super) fn find_parts(
    walk: &mut Walk<'_>,
    reads: &[Read],
    broken: &BTreeSet<usize>,
    leniency: &Leniency,
) {
    let variables = walk.catalog.variables();
    let elements = |number: usize| variables[number].shape.elements();
    for wrong in tiles::wrong(reads, elements) {
        let found = |read: &Read| variables[read.variable].spec();
        match wrong {
            Wrong::Overlap(first, second) => {
                let (first, second) = (&reads[first], &reads[second]);
                let by = first.site.route;
                let whole = |read: &Read| read.layout.elements() == elements(read.variable);
                let finding = if whole(first) && whole(second) {
                    let name = |read: &Read| walk.routes.name(read.site.route, &read.site.indices);
                    Finding::Taken { by, renamed: name(first) != name(second) }
                } else {
                    Finding::Array(ArrayFinding::Overlap { found: found(first), by })
                };
                walk.findings.push((second.site.clone(), finding));
            }
            Wrong::Gap(read, left) => {
                let read = &reads[read];
                let explained = broken.contains(&read.variable);
                if !explained && !leniency.allows_any(walk.names, read.variable) {
                    let finding = Finding::Array(ArrayFinding::Gap { found: found(read), left });
                    walk.findings.push((read.site.clone(), finding));
                }
            }
        }
    }
}

/// A variable that a field would take at another index.
pub(super) struct Outside {
    pub(super) number: usize,
    /// The field, and the indices that lead to the name.
    pub(super) site: Site,
    /// The list whose index it is, and the number of the indices around it.
    list: (RouteId, usize),
}

impl Outside {
    /// The list, and the indices of the element of it that the variable is of.
    pub(super) fn element(&self) -> (RouteId, Vec<usize>) {
        let (list, depth) = self.list;
        (list, self.site.indices.iter().copied().take(depth + 1).collect())
    }
}

/// A list that has no element where a later one has.
struct Hole {
    index: usize,
    /// The elements after it of which there is something, with a variable of each.
    later: BTreeMap<usize, usize>,
}

/// Finds the holes of lists: unmapped variables at an index after the last that was counted. Those that are explained
/// so are taken out of `unmapped`; those that bounds leave out are returned.
pub(super) fn find_holes(walk: &mut Walk<'_>, unmapped: &mut Vec<usize>) -> Vec<Outside> {
    let mut holes: BTreeMap<(RouteId, Vec<usize>), Hole> = BTreeMap::new();
    let mut outside = Vec::new();
    unmapped.retain(|&number| {
        let Some((site, list, depth)) = misplaced(walk, number) else { return true };
        let (around, seen) = (site.indices[..depth].to_vec(), site.indices[depth]);
        let elements = &walk.lists[&(list, around.clone())];
        if !elements.counted || seen < elements.indices.start {
            // Of an element that is there only in part, the rest of the list says nothing.
            if walk.element_is_whole(list, &around, seen) {
                outside.push(Outside { number, site, list: (list, depth) });
            }
            return true;
        }
        // What is there of the element after the last is not all of it, and of other fields.
        if seen == elements.indices.end {
            return true;
        }
        let hole = Hole { index: elements.indices.end, later: BTreeMap::new() };
        holes.entry((list, around)).or_insert(hole).later.entry(seen).or_insert(number);
        false
    });
    for ((route, around), hole) in holes {
        unmapped.retain(|&number| !is_of_later(walk, number, route, &around, &hole));
        find_hole(walk, route, around, &hole);
    }
    outside
}

/// Whether a variable sits at one of the elements after a hole, though no field there would take it.
fn is_of_later(
    walk: &Walk<'_>,
    number: usize,
    list: RouteId,
    around: &[usize],
    hole: &Hole,
) -> bool {
    let locations =
        hole.later.keys().map(|&index| walk.routes.name(list, &[around, &[index]].concat()));
    locations.filter(|location| !location.is_empty()).any(|location| {
        let names = walk.names.of(number).iter();
        let mut rests = names.filter_map(|name| name.as_bytes().strip_prefix(location.as_bytes()));
        rests.any(|rest| !rest.first().is_some_and(u8::is_ascii_alphanumeric))
    })
}

fn find_hole(walk: &mut Walk<'_>, route: RouteId, mut indices: Vec<usize>, hole: &Hole) {
    let Some((&seen, &variable)) = hole.later.first_key_value() else { return };
    indices.push(hole.index);
    // What was planned as the first element of a list with nothing in it is the hole itself.
    let routes = &walk.routes;
    let at_hole =
        |site: &Site| routes.is_within(site.route, route) && site.indices.starts_with(&indices);
    walk.findings.retain(|(site, finding)| !(*finding == Finding::Missing && at_hole(site)));
    let indices = indices.into();
    walk.findings.push((Site { route, indices }, Finding::Hole { seen, variable }));
}

/// The field that would take a variable if a list had more elements, and the list, with the number of indices around it.
fn misplaced(walk: &Walk<'_>, number: usize) -> Option<(Site, RouteId, usize)> {
    let names = walk.names.of(number);
    walk.routes.ids().find_map(|id| {
        let route = walk.routes.get(id);
        names.iter().find_map(|name| {
            let found = template::invert(&route.template, name.as_bytes())?;
            let value = |index: &&str| {
                found.iter().find(|(name, _)| name == index).map(|&(_, value)| value)
            };
            let indices: Arc<[usize]> = route.indices.iter().map(value).collect::<Option<_>>()?;
            let (list, depth) = list_without(walk, id, &indices)?;
            Some((Site { route: id, indices }, list, depth))
        })
    })
}

/// The outermost list on the way to a route that does not have its index.
fn list_without(walk: &Walk<'_>, route: RouteId, indices: &[usize]) -> Option<(RouteId, usize)> {
    let at = walk.routes.get(route);
    let outer = at.outer.and_then(|outer| list_without(walk, outer, indices));
    outer.or_else(|| {
        at.field.repeat?;
        let depth = at.indices.len().checked_sub(1)?;
        let elements = walk.lists.get(&(route, indices.get(..depth)?.to_vec()))?;
        let seen = indices.get(depth)?;
        (!elements.indices.contains(seen)).then_some((route, depth))
    })
}
