//! Routes: the ways through a description from the root to its fields.
//!
//! A route is the same for all elements of a list; a route and the indices of the lists on it are a [`Site`], one place
//! in the value that is loaded. What is said of many sites of one route is said once (see [`fold`](crate::fold)).

use std::fmt::Write as _;
use std::sync::Arc;

use crate::catalog::{Name, is_plain};
use crate::description::{Field, Path, Struct};
use crate::fold::Values;
use crate::template::{self, Part, Placeholder};

/// The number of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RouteId(usize);

/// One place in the value that is loaded: a route, and the values of the indices that the fields on it bind, from the
/// outermost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) route: RouteId,
    pub(crate) indices: Arc<[usize]>,
}

/// A field, as it is reached.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    pub(crate) outer: Option<RouteId>,
    pub(crate) field: &'static Field,
    owner: &'static Struct,
    separator: &'static str,
    /// The whole template, from the root of the checkpoint.
    pub(crate) template: Vec<Part<'a>>,
    /// The names of the indices that it is within, from the outermost.
    pub(crate) indices: Vec<&'static str>,
}

/// All routes that were met.
#[derive(Debug)]
pub(crate) struct Routes<'a> {
    /// Put before every path.
    prefix: &'a str,
    all: Vec<Route<'a>>,
    /// The routes to the fields of the root, and of the struct at each route: by the number of the field and of its path.
    inner: Vec<Vec<Vec<Option<RouteId>>>>,
}

impl<'a> Routes<'a> {
    pub(crate) fn new(prefix: &'a str) -> Self {
        Self { prefix, all: Vec::new(), inner: vec![Vec::new()] }
    }

    pub(crate) fn get(&self, id: RouteId) -> &Route<'a> {
        &self.all[id.0]
    }

    /// The route from a struct at `outer` to one of its fields, by one of the field's paths.
    pub(crate) fn add(
        &mut self,
        outer: Option<RouteId>,
        owner: &'static Struct,
        field: usize,
        path: usize,
    ) -> RouteId {
        if let Some(id) = self.met(outer, field, path) {
            return id;
        }
        let route = self.route(outer, owner, field, path);
        let id = RouteId(self.all.len());
        self.all.push(route);
        self.inner.push(Vec::new());
        let fields = &mut self.inner[at(outer)];
        fields.resize(fields.len().max(field + 1), Vec::new());
        let paths = &mut fields[field];
        paths.resize(paths.len().max(path + 1), None);
        paths[path] = Some(id);
        id
    }

    /// The route to a field by one of its paths, if it was met.
    fn met(&self, outer: Option<RouteId>, field: usize, path: usize) -> Option<RouteId> {
        *self.inner[at(outer)].get(field)?.get(path)?
    }

    fn route(
        &self,
        outer: Option<RouteId>,
        owner: &'static Struct,
        field: usize,
        path: usize,
    ) -> Route<'a> {
        let field = &owner.fields[field];
        let path = field.paths.get(path).unwrap_or(&Path::EMPTY);
        let separator = self.separator(outer, owner);
        let mut template = self.location(outer);
        for part in [&owner.prefix, path] {
            if part.absolute {
                template = self.location(None);
            }
            join(&mut template, separator, part.parts);
        }
        let mut indices = outer.map_or_else(Vec::new, |outer| self.get(outer).indices.clone());
        indices.extend(field.repeat.map(|repeat| repeat.index));
        indices.extend(field.stack().map(|(_, repeat)| repeat.index));
        Route { outer, field, owner, separator, template, indices }
    }

    /// The joiner in a struct at `outer`.
    pub(crate) fn separator(&self, outer: Option<RouteId>, owner: &'static Struct) -> &'static str {
        let inherited = || outer.map_or("/", |outer| self.get(outer).separator);
        owner.separator.unwrap_or_else(inherited)
    }

    /// The route to the same field by another of its paths.
    pub(crate) fn by_path(&mut self, id: RouteId, path: usize) -> RouteId {
        let Route { outer, owner, field, .. } = *self.get(id);
        let number = owner.fields.iter().position(|other| std::ptr::eq(other, field));
        number.map_or(id, |number| self.add(outer, owner, number, path))
    }

    /// The route to the same field by another of its paths, if it was met.
    pub(crate) fn met_by_path(&self, id: RouteId, path: usize) -> Option<RouteId> {
        let Route { outer, owner, field, .. } = *self.get(id);
        let number = owner.fields.iter().position(|other| std::ptr::eq(other, field))?;
        self.met(outer, number, path)
    }

    /// Where a struct at `outer` sits.
    pub(crate) fn location(&self, outer: Option<RouteId>) -> Vec<Part<'a>> {
        match outer {
            Some(outer) => self.get(outer).template.clone(),
            None if self.prefix.is_empty() => Vec::new(),
            None => vec![Part::Text(self.prefix)],
        }
    }

    /// The routes of all fields, in the order in which they were met.
    pub(crate) fn ids(&self) -> impl Iterator<Item = RouteId> + use<> {
        (0..self.all.len()).map(RouteId)
    }

    /// Whether `outer` is on the way to `route`, or is it.
    pub(crate) fn is_within(&self, route: RouteId, outer: RouteId) -> bool {
        let mut at = Some(route);
        while let Some(id) = at {
            if id == outer {
                return true;
            }
            at = self.get(id).outer;
        }
        false
    }

    /// `Gpt2.blocks[0..12].attn.c_attn.w`
    pub(crate) fn field(&self, route: RouteId, indices: &[Values]) -> String {
        let mut out = String::with_capacity(64);
        self.write_field(route, indices, &mut out);
        // A list without an index is the list itself.
        out.truncate(out.strip_suffix("[]").map_or(out.len(), str::len));
        out
    }

    fn write_field(&self, id: RouteId, indices: &[Values], out: &mut String) {
        let route = self.get(id);
        match route.outer {
            Some(outer) => self.write_field(outer, indices, out),
            None => out.push_str(route.owner.name),
        }
        out.push('.');
        out.push_str(route.field.name);
        if route.field.repeat.is_some() {
            // Writing to a string does not fail.
            let stacked = usize::from(route.field.stack().is_some());
            let _ = match indices.get(route.indices.len() - 1 - stacked) {
                Some(values) => write!(out, "[{values}]"),
                None => write!(out, "[]"),
            };
        }
    }

    /// `model/h<0..12>/attn/c_attn/w`
    pub(crate) fn variable(&self, route: RouteId, indices: &[Values]) -> String {
        let route = self.get(route);
        show(&route.template, &route.indices, indices)
    }

    /// The name of the variable at a site; an index that nothing binds stays as it is written.
    pub(crate) fn name(&self, route: RouteId, indices: &[usize]) -> String {
        let mut name = String::new();
        self.write_name(route, indices, &mut name);
        name
    }

    /// Makes `name` the name of the variable at a site.
    pub(crate) fn write_name(&self, route: RouteId, indices: &[usize], name: &mut String) {
        let route = self.get(route);
        let value = |index: &str| {
            let at = route.indices.iter().rposition(|other| *other == index)?;
            indices.get(at).copied()
        };
        name.clear();
        if template::render(&route.template, value, name).is_err() {
            *name = show(&route.template, &[], &[]);
        }
    }
}

/// Where the routes from one are, those from the root first.
fn at(outer: Option<RouteId>) -> usize {
    outer.map_or(0, |outer| outer.0 + 1)
}

/// Appends `parts`, with the separator between two that are not empty.
fn join(template: &mut Vec<Part<'_>>, separator: &'static str, parts: &'static [Part<'static>]) {
    if !template.is_empty() && !parts.is_empty() && !separator.is_empty() {
        template.push(Part::Text(separator));
    }
    template.extend(parts);
}

/// A template with the values of its indices: the number of a single one, else `<0..12>`. Its text can be that of a
/// checkpoint, and is shown as names are.
pub(crate) fn show(template: &[Part<'_>], names: &[&str], indices: &[Values]) -> String {
    let mut out = String::with_capacity(64);
    for part in template {
        match part {
            Part::Text(text) if is_plain(text) => out.push_str(text),
            Part::Text(text) => out.push_str(&Name::from(*text).to_string()),
            Part::Index(placeholder) => {
                let at = names.iter().rposition(|name| *name == placeholder.index);
                match at.and_then(|at| indices.get(at)) {
                    Some(values) => show_index(placeholder, values, &mut out),
                    None => out.push_str(&placeholder.to_string()),
                }
            }
        }
    }
    out
}

fn show_index(placeholder: &Placeholder<'_>, values: &Values, out: &mut String) {
    if let Some(value) = values.single() {
        // The only index has a value.
        let _ = template::render(&[Part::Index(*placeholder)], |_| Some(value), out);
        return;
    }
    let values = values.to_string();
    let plain = placeholder.factor == 1 && placeholder.offset == 0;
    let index = if plain { values } else { format!("({values})") };
    out.push_str(&Placeholder { index: &index, ..*placeholder }.to_string());
}
