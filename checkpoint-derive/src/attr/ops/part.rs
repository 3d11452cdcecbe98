//! Attributes that take parts of a variable, or move them.

use checkpoint_schema::model::description::{Op, order_problem};
use checkpoint_schema::model::expression::Expression;

use crate::attr::expression::{self, ends, expression, expressions};
use crate::attr::keyed::{Keyed, place};
use crate::attr::syntax::{Written, items};
use crate::attr::value;
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
                diag.error(list, "`sizes` lists no part; write a length for each, or remove it");
            }
            Some(&*sizes.leak())
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
            format!("part {index} of {of} does not exist; the last one is {last}"),
        );
    }
    Some(Op::Chunk { axis, index, of })
}

/// `slice(axis = 0, range = a..b)`. Either end may be open.
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

/// `reorder(axis = 0, order = [0, 2, 1, 3])`
pub(crate) fn reorder(diag: &mut Diag, written: &Written) -> Option<Op> {
    let example = "reorder(axis = 0, order = [0, 2, 1, 3])";
    let keys = Keyed::read(diag, written, &["axis", "order"], example);
    let axis = keys.number(diag, "axis");
    let (key, value) = keys.need(diag, "order")?;
    let list = keys.brackets(diag, key, value)?;
    let blocks = items(diag, list.stream());
    let numbers: Option<Vec<usize>> = blocks.iter().map(|block| value::number(block)).collect();
    let Some(order) = numbers else {
        diag.error(&list, format!("`order` is a list of whole numbers; write `{example}`"));
        return None;
    };
    if let Some(error) = order_problem(&order) {
        diag.error(&list, error);
        return None;
    }
    Some(Op::Reorder { axis: axis?, order: order.leak() })
}
