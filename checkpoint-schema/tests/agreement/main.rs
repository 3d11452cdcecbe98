//! Random structs against random checkpoints: a load and the compiler say the same, and what the plainest rules say.
//!
//! A struct is made from a seed, with what its variables hold where it fits (`structs`, `fields`, `steps`, `paths`); then a
//! checkpoint that it fits (`listing`), and changes of that (`changes`). Both sides are asked (`both`), and what they say is
//! compared (`agree`). Some are also compared with an oracle (`judged`, `oracle`). A case that differs is made as small as can be (`minimal`)
//! and shown as its author would write it (`shown`).

#![expect(clippy::cast_possible_truncation, reason = "all numbers are small")]

mod agree;
mod both;
mod chance;
mod changes;
mod fields;
mod judged;
mod keep;
mod listing;
mod minimal;
mod oracle;
mod paths;
mod shown;
mod steps;
mod structs;

use checkpoint_schema::model::description::Node;

use crate::chance::Chance;
use crate::keep::keep;
use crate::listing::Listed;

/// A struct and a checkpoint.
#[derive(Clone, Debug)]
struct Case {
    node: &'static Node,
    listed: Vec<Listed>,
}

/// The case that follows from a seed; `None` if its checkpoint would be large.
fn case(seed: u64) -> Option<Case> {
    let written = structs::write(seed);
    let mut chance = Chance::new(!seed);
    let mut listed = listing::fitting(&written, &mut chance)?;
    for _ in 0..chance.weighted(&[30, 45, 17, 8]) {
        changes::change(&mut listed, &mut chance);
    }
    let node = keep(Node::Struct(keep(written.root)));
    (listed.len() <= 2 * listing::MOST).then_some(Case { node, listed })
}
