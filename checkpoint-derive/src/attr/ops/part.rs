//! Words that take parts of a variable.

use crate::attr::expression::{self, Expression, ends, expression, expressions};
use crate::attr::keyed::{Keyed, place};
use crate::attr::ops::Op;
use crate::attr::syntax::Written;
use crate::diag::Diag;

/// `split(axis = 1, sizes = [a, b, b])`
pub(crate) fn split(diag: &mut Diag, written: &Written) -> Option<Op> {
    let keys = Keyed::read(diag, written, &["axis", "sizes"], "split(axis = 1, sizes = [a, b])");
    let axis = keys.number(diag, "axis");
    let sizes = match keys.get("sizes") {
        None => None,
        Some((key, value)) => {
            let list = keys.brackets(diag, key, value)?;
            let sizes = expressions(diag, list.stream())?;
            if sizes.is_empty() {
                diag.error(list, "`sizes` names no part; write a length for each, or remove it");
            }
            Some(sizes)
        }
    };
    Some(Op::Split { axis: axis?, sizes })
}

/// `chunk(axis = 0, index = 1, of = 3)`
pub(crate) fn chunk(diag: &mut Diag, written: &Written) -> Option<Op> {
    let example = "chunk(axis = 0, index = 1, of = 3)";
    let keys = Keyed::read(diag, written, &["axis", "index", "of"], example);
    let axis = keys.number(diag, "axis");
    let index = keys.number(diag, "index");
    let of = keys.number(diag, "of");
    let (axis, index, of) = (axis?, index?, of?);
    if of == 0 {
        let (key, value) = keys.need(diag, "of")?;
        diag.error(place(key, value), "`of` is the number of parts; write one above 0");
    } else if index >= of {
        let (key, value) = keys.need(diag, "index")?;
        let last = of - 1;
        diag.error(
            place(key, value),
            format!("there is no part {index} of {of}; the last one is {last}"),
        );
    }
    Some(Op::Chunk { axis, index, of })
}

/// `slice(axis = 0, range = a..b)`, of which either end may be left open.
pub(crate) fn slice(diag: &mut Diag, written: &Written) -> Option<Op> {
    let example = "slice(axis = 0, range = a..b)";
    let keys = Keyed::read(diag, written, &["axis", "range"], example);
    let axis = keys.number(diag, "axis");
    let (key, range) = keys.need(diag, "range")?;
    let place = place(key, range);
    let [start, end] = ends(diag, range, &place)?;
    if start.is_empty() && end.is_empty() {
        diag.error(place, "the range is all of the axis; remove `slice`");
        return None;
    }
    let start = match start {
        [] => Some(Expression::Number(0)),
        start => expression(diag, start, &place),
    };
    let number = start.as_ref().and_then(Expression::number);
    let end = expression::end(diag, end, number, &place).ok();
    Some(Op::Slice { axis: axis?, start: start?, end: end? })
}
