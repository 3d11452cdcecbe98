//! `parallel(axis = 1, of = [1, 2, 4])`: each rank takes an equal part of an axis.

use crate::attr::keyed::Keyed;
use crate::attr::syntax::{Written, items, tokens};
use crate::attr::value;
use crate::diag::Diag;

const EXAMPLE: &str = "parallel(axis = 1, of = [1, 2, 4])";

/// The axis that ranks divide, and the possible numbers of ranks.
pub(crate) struct Parallel {
    pub(crate) axis: usize,
    pub(crate) of: Vec<usize>,
}

pub(crate) fn read(diag: &mut Diag, written: &Written) -> Option<Parallel> {
    let keys = Keyed::read(diag, written, &["axis", "of"], EXAMPLE);
    let axis = keys.number(diag, "axis");
    let (key, list) = keys.need(diag, "of")?;
    let list = keys.brackets(diag, key, list)?;
    let (mut of, mut wrong) = (Vec::new(), false);
    for item in items(diag, list.stream()) {
        match value::number(&item).filter(|ranks| *ranks > 0) {
            None => diag
                .error(tokens(&item), "expected a number of ranks above 0; write `of = [1, 2, 4]`"),
            Some(ranks) if of.contains(&ranks) => {
                diag.error(tokens(&item), format!("{ranks} ranks are named twice; remove one"));
            }
            Some(ranks) => {
                of.push(ranks);
                continue;
            }
        }
        wrong = true;
    }
    if of.is_empty() && !wrong {
        diag.error(list, format!("`of` lists no number of ranks; write `{EXAMPLE}`"));
        return None;
    }
    Some(Parallel { axis: axis?, of })
}
