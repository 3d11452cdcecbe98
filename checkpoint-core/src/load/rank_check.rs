//! Checks that fields with `parallel` name the number of ranks.

use checkpoint_schema::model::description::{Node, Parallel, Struct};

use crate::load::error::model;
use crate::system::rank::Rank;

/// A number of ranks that a struct is not for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unnamed {
    pub(crate) model: &'static str,
    pub(crate) ranks: usize,
    /// A field with `parallel`, and the numbers of ranks that it names; `None` if no field has it.
    pub(crate) parallel: Option<(String, Vec<usize>)>,
}

/// Checks that all fields with `parallel` name the number of ranks, and that there is one.
pub(crate) fn check(node: &Node, rank: Rank) -> Result<(), Unnamed> {
    let (model, ranks) = (model(node), rank.size());
    let mut all = Vec::new();
    add(node, model, &mut all);
    let refused = all.iter().find(|(_, parallel)| !parallel.of.contains(&ranks));
    let parallel = match refused {
        Some((field, parallel)) => Some((field.clone(), parallel.of.to_vec())),
        None if all.is_empty() => None,
        None => return Ok(()),
    };
    Err(Unnamed { model, ranks, parallel })
}

/// Adds the fields with `parallel` below a place.
fn add(node: &Node, place: &str, all: &mut Vec<(String, Parallel)>) {
    match node {
        Node::Struct(Struct { fields, .. }) => {
            for field in *fields {
                let list = if field.repeat.is_some() { "[]" } else { "" };
                let place = format!("{place}.{}{list}", field.name);
                add(&field.node, &place, all);
                all.extend(field.parallel.map(|parallel| (place, parallel)));
            }
        }
        Node::Optional(inner) => add(inner, place, all),
        Node::List(list) => add(&list.element, place, all),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => {}
    }
}
