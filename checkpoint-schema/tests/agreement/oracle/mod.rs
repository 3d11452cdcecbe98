//! Whether a struct fits a checkpoint, told by the plainest rules that say it: slow, and without any code of a load or of
//! the compiler.
//!
//! Every field is followed to the names that it asks for, every variable to the numbers of its elements. All lengths that a
//! `shape` or a list says are equations; a symbol is the one number that solves an equation in which no other is unknown.
//! Then all equations hold, each element is taken once, and nothing is left over; or else the struct does not fit.

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

/// What the oracle says of a struct and a checkpoint.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// What is wrong; nothing if the struct fits.
    pub(crate) wrong: Vec<String>,
    /// The symbols that all structs share, as far as they have values.
    pub(crate) symbols: BTreeMap<String, u64>,
    /// The variables that each field takes: `Gpt2.blocks[0].w`.
    pub(crate) takes: BTreeMap<String, BTreeSet<String>>,
    /// The variables of which an element is taken twice, or by no field.
    pub(crate) torn: Vec<String>,
    /// The variables that no field takes, though none is ignored or let pass.
    pub(crate) left: Vec<String>,
}

/// Asks the oracle.
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
    /// Whether the struct fits.
    pub(crate) fn fits(&self) -> bool {
        self.wrong.is_empty() && self.torn.is_empty() && self.left.is_empty()
    }
}
