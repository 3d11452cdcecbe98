//! An oracle that decides whether a struct fits a checkpoint, by the simplest rules. It is slow, and shares no code with loads or
//! the compiler.
//!
//! It follows every field to the names that it needs, and every variable to the numbers of its elements. Each length in a `shape`
//! or a list is an equation. The value of a symbol is the only number that solves an equation without other unknown symbols. The
//! struct fits if all equations hold, each element is taken once, and no variable is unexpected.

#![expect(clippy::cast_possible_truncation, reason = "all numbers are small")]

mod array;
mod cover;
mod glob;
mod presence;
mod symbols;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::Struct;

use self::symbols::Values;
use self::walk::Walk;

/// The variables of a checkpoint: the dtype and the lengths of each.
pub(crate) type Variables = BTreeMap<String, (DType, Vec<u64>)>;

/// The oracle's answer for a struct and a checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The problems; empty if the struct fits.
    pub(crate) wrong: Vec<String>,
    /// The values of shared symbols, as far as they are known.
    pub(crate) symbols: BTreeMap<String, u64>,
    /// The variables that each field takes, by its path: `Gpt2.blocks[0].w`.
    pub(crate) takes: BTreeMap<String, BTreeSet<String>>,
    /// The variables with an element that is taken twice, or never.
    pub(crate) torn: Vec<String>,
    /// The unexpected variables: neither taken, nor ignored, nor allowed.
    pub(crate) left: Vec<String>,
}

/// Runs the oracle.
pub(crate) fn answer(root: &Struct, variables: &Variables) -> Answer {
    let mut values = Values::default();
    let mut wrong = values.declare(root);
    loop {
        let mut walk = Walk::new(variables, &values);
        walk.root(root);
        let solved = walk.values.solved(&walk.equations);
        if solved != values {
            values = solved;
            continue;
        }
        wrong.append(&mut walk.wrong);
        wrong.extend(values.disagree(&walk.equations));
        wrong.extend(values.fail(&walk.asserted));
        wrong.extend(cover::wrong(&walk));
        let (torn, left, takes) = (cover::torn(&walk), cover::left(&walk), walk.takes());
        return Answer { wrong, symbols: values.shared(), takes, torn, left };
    }
}

impl Answer {
    /// True if the struct fits.
    pub(crate) fn fits(&self) -> bool {
        self.wrong.is_empty() && self.torn.is_empty() && self.left.is_empty()
    }
}
