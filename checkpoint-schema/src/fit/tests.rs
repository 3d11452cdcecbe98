//! What is said of manifests is what planning says of checkpoints.

use crate::description::Node;
use crate::manifest::{Listing, Table};
use crate::plan::Names;

/// The problems between a description and what a checkpoint lists.
pub(crate) fn problems(node: &Node, names: &Names<'_>) -> String {
    let Node::Struct(root) = node else { return String::new() };
    let listing = Listing::of(names);
    let table = Table::of(&listing.entries(root.ignore));
    let said = table.with("test", |manifest| crate::fit::check(node, &[manifest]));
    let problems: Vec<String> = said.into_iter().flat_map(|said| said.problems).collect();
    if problems.is_empty() { String::new() } else { format!("\n- {}", problems.join("\n- ")) }
}
