//! Random structs against random checkpoints: a load, the compiler and an oracle agree.
//!
//! A struct is generated from a seed, with the variables that fit it (`structs`, `fields`, `steps`, `paths`). A checkpoint that
//! fits is generated from it (`listing`), and changed (`changes`). The results of both sides (`both`) are compared (`agree`).
//! Some are also compared with an oracle (`judged`, `oracle`). A mismatch is minimized (`minimal`), and shown as its author would
//! write it (`shown`).

#![expect(clippy::cast_possible_truncation, reason = "all numbers are small")]

mod agree;
mod both;
mod chance;
mod changes;
mod dialects;
mod fields;
mod held;
mod judged;
mod keep;
mod listing;
mod minimal;
mod oracle;
mod paths;
mod saved;
mod shown;
mod steps;
mod structs;

use std::env;

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

/// Returns the first seed of a run, and the number of its cases: those of `CHECKPOINT_SEED` and `CHECKPOINT_CASES`, or 0 and this
/// number.
fn run(cases: usize) -> (u64, usize) {
    let number = |name| env::var_os(name).map(|number| number.to_str().unwrap().parse().unwrap());
    (
        number("CHECKPOINT_SEED").unwrap_or(0),
        number("CHECKPOINT_CASES").map_or(cases, |it| it as usize),
    )
}

/// Generates the case of a seed. Returns `None` if its checkpoint would be large.
fn case(seed: u64) -> Option<Case> {
    let written = structs::write(seed);
    let mut chance = Chance::new(!seed);
    let mut listed = listing::fitting(&written, &mut chance)?;
    for _ in 0..chance.weighted(&[30, 45, 17, 8]) {
        changes::change(&mut listed, &mut chance);
    }
    listed.sort_by(|one, other| one.name.cmp(&other.name));
    listed.dedup_by(|one, other| one.name == other.name);
    let node = keep(Node::Struct(keep(written.root)));
    (listed.len() <= 2 * listing::MOST).then_some(Case { node, listed })
}
