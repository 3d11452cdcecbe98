//! Paths through a graph: `model/dense/kernel`.

use crate::format::tensorflow::object_graph::{Attribute, Object, ObjectGraph, VALUE};
use crate::listing::catalog::Name;

/// The separator before the name of an attribute.
pub(super) const ATTRIBUTES: &str = "/.ATTRIBUTES/";

/// The separator between a variable and the optimizer of its slot variable.
const SLOT: &str = "/.OPTIMIZER_SLOT/";

impl ObjectGraph {
    /// The object at a path: the [escaped](escape) names from the root, joined by `/`. The empty path is the root.
    ///
    /// The path of a slot variable is `<path of the variable>/.OPTIMIZER_SLOT/<path of the optimizer>/<name>`.
    pub fn object(&self, path: impl AsRef<[u8]>) -> Option<Object<'_>> {
        let path = path.as_ref();
        let Some((variable, rest)) = split_once(path, SLOT) else { return self.walk(path) };
        let at = rest.iter().rposition(|&byte| byte == b'/')?;
        let (optimizer, name) = rest.split_at_checked(at)?;
        let name = unescape(name.get(1..)?)?;
        self.walk(optimizer)?.slot(self.walk(variable)?, name.as_bytes())
    }

    /// The attribute at a path. By default, it is the value of the [`object`](Self::object) at the path. A suffix
    /// `/.ATTRIBUTES/<name>` selects another attribute.
    ///
    /// The checkpoint may lack the [key](Attribute::key), so look it up in the catalog.
    pub fn resolve(&self, path: impl AsRef<[u8]>) -> Option<&Attribute> {
        let path = path.as_ref();
        let Some((object, name)) = split_once(path, ATTRIBUTES) else {
            return self.object(path)?.attribute(VALUE);
        };
        self.object(object)?.attribute(unescape(name)?.as_bytes())
    }

    fn walk(&self, path: &[u8]) -> Option<Object<'_>> {
        if path.is_empty() {
            return Some(self.root());
        }
        let mut names = path.split(|&byte| byte == b'/');
        names.try_fold(self.root(), |object, name| object.child(unescape(name)?.as_bytes()))
    }
}

/// The parts before and after a separator.
pub(super) fn split_once<'p>(path: &'p [u8], mark: &str) -> Option<(&'p [u8], &'p [u8])> {
    let at = path.windows(mark.len()).position(|window| window == mark.as_bytes())?;
    let (before, rest) = path.split_at_checked(at)?;
    Some((before, rest.get(mark.len()..)?))
}

/// Escapes a name for a path: `.` becomes `..`, and `/` becomes `.S`.
pub fn escape(name: impl AsRef<[u8]>) -> Name {
    let mut escaped = Vec::with_capacity(name.as_ref().len());
    for &byte in name.as_ref() {
        match byte {
            b'.' => escaped.extend(b".."),
            b'/' => escaped.extend(b".S"),
            byte => escaped.push(byte),
        }
    }
    Name::from(escaped)
}

/// Reverses [`escape`]. `None` if no name has this escaped form.
pub fn unescape(escaped: impl AsRef<[u8]>) -> Option<Name> {
    let mut name = Vec::with_capacity(escaped.as_ref().len());
    let mut bytes = escaped.as_ref().iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b'/' => return None,
            b'.' => match bytes.next() {
                Some(b'.') => name.push(b'.'),
                Some(b'S') => name.push(b'/'),
                _ => return None,
            },
            byte => name.push(byte),
        }
    }
    Some(Name::from(name))
}
