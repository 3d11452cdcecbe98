//! Memory that works in a constant and at run time: borrowed cells, filled from the front.

/// Cells that are lent, of which the first few are in use.
///
/// A constant has no heap, so the caller lends arrays, and a load lends vectors. A stack that is full drops what is pushed,
/// and notes it: the caller throws the result away and lends more. Until it does, what lies beyond the cells is read as the
/// last one. So links lead to cells before their own, or loops along them could be endless.
///
/// A call of a generic function is what costs most in a constant: what is done for each variable goes to the cells itself.
pub(crate) struct Stack<'m, T> {
    pub(crate) cells: &'m mut [T],
    pub(crate) len: usize,
    pub(crate) is_full: bool,
}

/// A range of cells of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) at: usize,
    pub(crate) len: usize,
}

impl Span {
    pub(crate) const EMPTY: Self = Self { at: 0, len: 0 };

    /// The index after the last cell.
    pub(crate) const fn end(self) -> usize {
        self.at + self.len
    }

    /// As much of it as there are cells.
    const fn within(self, cells: usize) -> Self {
        let at = if self.at < cells { self.at } else { cells };
        Self { at, len: if self.len < cells - at { self.len } else { cells - at } }
    }
}

impl<'m, T: Copy> Stack<'m, T> {
    /// An empty stack over these cells, one at least.
    pub(crate) const fn over(cells: &'m mut [T]) -> Self {
        Self { cells, len: 0, is_full: false }
    }

    /// Adds a value; returns its index.
    pub(crate) const fn push(&mut self, value: T) -> usize {
        if self.len == self.cells.len() {
            self.is_full = true;
        } else {
            self.cells[self.len] = value;
            self.len += 1;
        }
        self.len - 1
    }

    /// The number of values.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Whether a value did not fit.
    pub(crate) const fn is_full(&self) -> bool {
        self.is_full
    }

    /// Removes all values from this index on.
    pub(crate) const fn truncate(&mut self, len: usize) {
        if len < self.len {
            self.len = len;
        }
    }

    pub(crate) const fn get(&self, at: usize) -> T {
        if at < self.cells.len() { self.cells[at] } else { self.cells[self.cells.len() - 1] }
    }

    pub(crate) const fn at(&mut self, at: usize) -> &mut T {
        let last = self.cells.len() - 1;
        &mut self.cells[if at < last { at } else { last }]
    }

    /// All values.
    pub(crate) const fn all(&self) -> &[T] {
        self.cells.split_at(self.len).0
    }

    /// The values of a range.
    pub(crate) const fn part(&self, span: Span) -> &[T] {
        part(self.cells, span.within(self.cells.len()))
    }

    /// The values of a range, to be changed.
    pub(crate) const fn part_mut(&mut self, span: Span) -> &mut [T] {
        let span = span.within(self.cells.len());
        self.cells.split_at_mut(span.at).1.split_at_mut(span.len).0
    }

    /// The range of all values from an index on.
    pub(crate) const fn since(&self, at: usize) -> Span {
        Span { at, len: self.len.saturating_sub(at) }
    }
}

/// A range of a slice, in a constant.
pub(crate) const fn part<T>(all: &[T], span: Span) -> &[T] {
    all.split_at(span.at).1.split_at(span.len).0
}
