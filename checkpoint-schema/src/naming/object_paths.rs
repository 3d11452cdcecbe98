//! The paths to variables in an object graph.
//!
//! There can be very many: their number grows exponentially with their length, and cycles make it infinite. The lookup of object
//! names does not need this list (see [`ObjectGraph::resolve`]). It is for messages and globs.

use crate::format::tensorflow::object_graph::{Object, ObjectGraph, VALUE, VALUE_SUFFIX, escape};
use crate::listing::catalog::{Catalog, Name};

/// The maximum number of paths to one object that are followed, and of listed paths of one variable; shortest first.
pub(crate) const WAYS: usize = 16;

/// The maximum number of all paths that are followed.
const ALL_WAYS: usize = 1 << 17;

/// The maximum number of steps in a path.
const STEPS: usize = 64;

/// The maximum total length of all paths in bytes, not counting those contained in keys.
const BYTES: usize = 8 << 20;

/// A way from the root to an object.
struct Way<'g> {
    object: Object<'g>,
    /// The path that it extends, and the name of its last step.
    outer: Option<(usize, &'g Name)>,
    steps: usize,
}

/// The paths to each variable: first the one contained in its key, then the shortest.
pub(crate) fn paths(graph: &ObjectGraph, catalog: &Catalog) -> Vec<Vec<Name>> {
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
            // Empty names produce the paths of other objects. A variable at the root has no path, and keeps its key.
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

/// The maximum number of names to check against a description.
const LOOKED_AT: usize = 1 << 20;

/// The paths to stored values that are asked for. Follows only beginnings that are admitted.
pub(crate) fn reachable(
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
            // A step with an empty name does not extend the path, so the loop would not end.
            if looked_at < LOOKED_AT && name.len() > path.len() && admits(&name) {
                open.push((child, name));
            }
        }
    }
    found
}

/// The path contained in a key, if it leads to the key.
fn path_of_key(graph: &ObjectGraph, key: &Name) -> Option<Name> {
    let path = object_path(key);
    (!path.is_empty() && leads_to(graph, path, key)).then(|| Name::from(path))
}

/// True if the value at a path is stored under a key.
fn leads_to(graph: &ObjectGraph, path: &[u8], key: &Name) -> bool {
    graph.resolve(path).is_some_and(|attribute| attribute.key == *key)
}

/// A key without the suffix for the value of an object.
pub(crate) fn object_path(key: &Name) -> &[u8] {
    let key = key.as_bytes();
    key.strip_suffix(VALUE_SUFFIX.as_bytes()).unwrap_or(key)
}

/// The paths to all objects, shortest first. No path visits an object twice.
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

/// True if an object is on a path.
fn comes_to(ways: &[Way<'_>], way: usize, object: Object<'_>) -> bool {
    back(ways, way).any(|way| way.object.number() == object.number())
}

/// A path, the one that it extends, and so on to the root.
fn back<'w, 'g>(ways: &'w [Way<'g>], way: usize) -> impl Iterator<Item = &'w Way<'g>> {
    let outer = |way: &&Way<'g>| way.outer.map(|(outer, _)| &ways[outer]);
    std::iter::successors(Some(&ways[way]), outer)
}

/// The path to the stored value with this name, of the object at the end of a way.
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
