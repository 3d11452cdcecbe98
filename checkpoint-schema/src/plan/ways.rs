//! The ways to variables in an object graph.
//!
//! There can be very many: their number grows as a power of their length, and cycles make it infinite. Names of objects
//! are found without this list (see [`ObjectGraph::resolve`]); it is for what is said of variables, and for globs.

use crate::format::tensorflow::object_graph::{Object, ObjectGraph, VALUE, escape};
use crate::listing::catalog::{Catalog, Name};

/// How many ways to one object are followed, and how many paths of one variable are listed; shortest first.
pub(super) const WAYS: usize = 16;

/// How many ways are followed.
const ALL_WAYS: usize = 1 << 17;

/// How many steps a way has at most.
const STEPS: usize = 64;

/// How long all paths are together, besides those that keys spell.
const BYTES: usize = 8 << 20;

/// What a key has after the path of an object whose value it is.
pub(crate) const VALUE_SUFFIX: &str = "/.ATTRIBUTES/VARIABLE_VALUE";

/// A way from the root to an object.
struct Way<'g> {
    object: Object<'g>,
    /// The way that it continues, and the name of the last step.
    outer: Option<(usize, &'g Name)>,
    steps: usize,
}

/// The paths that lead to each variable: first the one that its key spells, then the shortest.
pub(super) fn paths(graph: &ObjectGraph, catalog: &Catalog) -> Vec<Vec<Name>> {
    let variables = catalog.variables().iter();
    let mut paths: Vec<Vec<Name>> = variables
        .map(|variable| path_of_key(graph, &variable.name).into_iter().collect())
        .collect();
    let ways = ways(graph);
    let mut bytes = 0;
    for (number, way) in ways.iter().enumerate() {
        for attribute in way.object.attributes() {
            let Some(variable) = catalog.position(attribute.key.as_bytes()) else { continue };
            let paths = &mut paths[variable];
            if paths.len() == WAYS || bytes > BYTES {
                continue;
            }
            let path = path(&ways, number, &attribute.name);
            bytes += path.as_bytes().len();
            // Empty names make paths that are those of something else. A variable at the root has none: it keeps its key.
            if !path.as_bytes().is_empty()
                && !paths.contains(&path)
                && leads_to(graph, path.as_bytes(), &attribute.key)
            {
                paths.push(path);
            }
        }
    }
    paths
}

/// How many names are looked at for those that a description asks for.
const LOOKED_AT: usize = 1 << 20;

/// The paths of what objects store that are asked for, as far as their beginnings are admitted.
pub(super) fn reachable(
    graph: &ObjectGraph,
    admits: &dyn Fn(&[u8]) -> bool,
    asks_for: &dyn Fn(&[u8]) -> bool,
) -> Vec<Name> {
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut open = vec![(graph.root(), Vec::new())];
    while let Some((object, path)) = open.pop() {
        for attribute in object.attributes() {
            let mut name = path.clone();
            if attribute.name.as_bytes() != VALUE.as_bytes() {
                name.extend(b"/.ATTRIBUTES/");
                name.extend(escape(attribute.name.as_bytes()).as_bytes());
            }
            let key = [&name[..], VALUE_SUFFIX.as_bytes()].concat();
            for name in [name, key] {
                if asks_for(&name) {
                    found.push(Name::from(name));
                }
            }
        }
        for (step, child) in object.children() {
            let mut name = path.clone();
            if !name.is_empty() {
                name.push(b'/');
            }
            name.extend(escape(step.as_bytes()).as_bytes());
            looked_at += 1;
            // A step without a name makes no path longer, and would be taken for ever.
            if looked_at < LOOKED_AT && name.len() > path.len() && admits(&name) {
                open.push((child, name));
            }
        }
    }
    found
}

/// The path that a key spells, if it leads to the key.
fn path_of_key(graph: &ObjectGraph, key: &Name) -> Option<Name> {
    let path = object_path(key);
    (!path.is_empty() && leads_to(graph, path, key)).then(|| Name::from(path))
}

/// Whether what is at a path is stored under a key.
fn leads_to(graph: &ObjectGraph, path: &[u8], key: &Name) -> bool {
    graph.resolve(path).is_some_and(|attribute| attribute.key == *key)
}

/// A key without what says that it is of the value of an object.
pub(super) fn object_path(key: &Name) -> &[u8] {
    let key = key.as_bytes();
    key.strip_suffix(VALUE_SUFFIX.as_bytes()).unwrap_or(key)
}

/// The ways to all objects, shortest first, none of which comes to one object twice.
fn ways(graph: &ObjectGraph) -> Vec<Way<'_>> {
    let mut ways = vec![Way { object: graph.root(), outer: None, steps: 0 }];
    let mut found = vec![0_u8; graph.objects().count()];
    let mut next = 0;
    while let Some(&Way { object, steps, .. }) = ways.get(next) {
        for (name, child) in object.children() {
            let found = &mut found[child.number()];
            let more = usize::from(*found) < WAYS && steps < STEPS && ways.len() < ALL_WAYS;
            if more && !comes_to(&ways, next, child) {
                *found += 1;
                ways.push(Way { object: child, outer: Some((next, name)), steps: steps + 1 });
            }
        }
        next += 1;
    }
    ways
}

/// Whether an object is on a way.
fn comes_to(ways: &[Way<'_>], way: usize, object: Object<'_>) -> bool {
    back(ways, way).any(|way| way.object.number() == object.number())
}

/// A way, the one that it continues, and so on to the root.
fn back<'w, 'g>(ways: &'w [Way<'g>], way: usize) -> impl Iterator<Item = &'w Way<'g>> {
    let outer = |way: &&Way<'g>| way.outer.map(|(outer, _)| &ways[outer]);
    std::iter::successors(Some(&ways[way]), outer)
}

/// The path of what is stored under this name of the object at the end of a way.
fn path(ways: &[Way<'_>], way: usize, attribute: &Name) -> Name {
    let mut names: Vec<Name> =
        back(ways, way).filter_map(|way| Some(escape(way.outer?.1.as_bytes()))).collect();
    names.reverse();
    let names: Vec<&[u8]> = names.iter().map(Name::as_bytes).collect();
    let mut path = names.join(&b'/');
    if attribute.as_bytes() != VALUE.as_bytes() {
        path.extend(b"/.ATTRIBUTES/");
        path.extend(escape(attribute.as_bytes()).as_bytes());
    }
    Name::from(path)
}
