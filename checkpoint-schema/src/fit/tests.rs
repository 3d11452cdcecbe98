//! Checks against manifests report the same problems as planning with checkpoints.

use crate::manifest::{Listing, Table};
use crate::model::description::Node;
use crate::naming::Names;

/// The problems of a description with a checkpoint.
pub(crate) fn problems(node: &Node, names: &Names<'_>) -> String {
    let Node::Struct(root) = node else { return String::new() };
    let listing = Listing::of(names);
    let table = Table::of(&listing.entries(root.ignore));
    table.with("test", |manifest| {
        let lines = crate::fit::check(node, &[manifest]).remove(0).problems;
        let head = if lines.is_empty() { String::new() } else { "head".to_owned() };
        lines.iter().fold(head, |text, line| text + "\n- " + &line.message)
    })
}
