//! The part of an array that a rank takes.

use std::borrow::Cow;
use std::ops::Range;

use crate::fit::{Factor, Stack, View};
use crate::model::description::Field;
use crate::plan::Share;

/// A range of an axis of an array.
pub(super) struct Cut {
    pub(super) axis: usize,
    pub(super) range: Range<u64>,
}

impl Cut {
    /// The part of a field's array with these lengths that a rank takes; `None` for all of it. The axis is divisible: the check
    /// ensures that.
    pub(super) fn of(field: &Field, share: Option<Share>, dims: &[u64]) -> Option<Self> {
        let (axis, Share { index, ranks }) = (field.parallel?.axis, share?);
        let len = dims.get(axis)?.checked_div(ranks as u64)?;
        let start = len.saturating_mul(index as u64);
        Some(Self { axis, range: start..start.saturating_add(len) })
    }

    /// The length of the part.
    pub(super) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// The part within `len` indices from `start` on, counted from there. `None` if the rank takes none of them.
    pub(super) fn within(&self, start: u64, len: u64) -> Option<Range<u64>> {
        let Range { start: first, end } = self.range;
        let (first, end) = (first.max(start), end.min(start + len));
        let is_empty = first >= end && len > 0;
        (!is_empty).then(|| first.saturating_sub(start)..end.saturating_sub(start))
    }
}

/// The elements of a variable that an array takes: a view with its own factors.
pub(super) struct Taken<'f> {
    pub(super) view: View,
    pub(super) factors: Cow<'f, [Factor]>,
}

impl Taken<'_> {
    /// A range of an axis that strides can express.
    pub(super) fn range(&self, axis: usize, range: &Range<u64>) -> Self {
        let len = self.factors.len();
        let mut memory = vec![Factor::NONE; 2 * len + 1];
        memory[..len].copy_from_slice(&self.factors);
        let mut stack = Stack::over(&mut memory);
        stack.len = len;
        let view = View { factors: stack.since(0), ..self.view };
        let count = range.end - range.start;
        let view = view.slice(axis, range.start, count, &mut stack).unwrap_or(view);
        let factors = stack.part(view.factors).to_vec();
        Self { view, factors: factors.into() }
    }
}
