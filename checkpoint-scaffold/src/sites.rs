//! The paths of a struct, for its doc comment.

use crate::structs::{Holds, Structs};
use crate::text::{cut, seen};

/// The maximum number of paths in the doc comment.
const SAID: usize = 3;
const WIDTH: usize = 96;

/// The first paths of each struct, with indices, and the number of its paths.
#[derive(Debug)]
pub(super) struct Sites(Vec<Of>);

#[derive(Clone, Debug, Default)]
struct Of {
    paths: Vec<String>,
    count: usize,
}

impl Sites {
    pub(super) fn of(structs: &Structs, prefix: &str, separator: &str) -> Self {
        let mut sites = Self(vec![Of::default(); structs.len()]);
        if let Some(root) = sites.0.last_mut() {
            *root = Of { paths: vec![prefix.to_owned()], count: 1 };
        }
        for number in (0..structs.len()).rev() {
            let around = sites.0.get(number).cloned().unwrap_or_default();
            for field in &structs.get(number).fields {
                let Holds::Struct(within) = field.holds else { continue };
                let Some(of) = sites.0.get_mut(within) else { continue };
                of.count = of.count.saturating_add(around.count);
                let index = structs.index(field);
                for outer in &around.paths {
                    let inner = field.path.iter().map(|segment| segment.written(index).to_string());
                    let path = [outer.clone()].into_iter().filter(|outer| !outer.is_empty());
                    if of.paths.len() < SAID {
                        let path = path.chain(inner).collect::<Vec<_>>().join(separator);
                        of.paths.push(beginning(path));
                    }
                }
            }
        }
        sites
    }

    /// Formats the paths: `model/h<i>/ln_1` and 12 more. As many of the first paths as fit into a line are listed.
    pub(super) fn said(&self, number: usize) -> String {
        let Some(Of { paths, count }) = self.0.get(number) else { return String::new() };
        let paths: Vec<String> = paths.iter().map(|path| cut(&seen(path))).collect();
        let mut said = String::new();
        for len in 1..=paths.len() {
            let longer = listed(paths.get(..len).unwrap_or_default(), count.saturating_sub(len));
            if len > 1 && longer.chars().count() > WIDTH {
                break;
            }
            said = longer;
        }
        said
    }
}

/// Truncates a path to the width of a line.
fn beginning(mut path: String) -> String {
    let end = path.char_indices().nth(WIDTH).map_or(path.len(), |(end, _)| end);
    path.truncate(end);
    path
}

fn listed(paths: &[String], others: usize) -> String {
    match paths {
        _ if others > 0 => format!("{} and {others} more", paths.join(", ")),
        [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
        _ => paths.concat(),
    }
}
