//! Memory for constants and run time: borrowed cells, filled from the front.

/// Declares a record once: its fields, and the value of each in an empty cell, `NONE`. Cells in a constant start
/// without references where possible: if any cell has one, each write to a cell costs the compiler time in proportion to the number
/// of cells.
macro_rules! record {
    ($(#[$meta:meta])* $name:ident $(<$life:lifetime>)? {
        $($(#[$doc:meta])* $field:ident: $type:ty = $empty:expr,)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name $(<$life>)? {
            $($(#[$doc])* pub(crate) $field: $type,)*
        }

        impl $(<$life>)? $name $(<$life>)? {
            pub(crate) const NONE: Self = Self { $($field: $empty,)* };
        }
    };
}
pub(crate) use record;

/// No item, frame, instance or symbol.
pub(crate) const NONE: usize = usize::MAX;

/// The index of the element that is walked if a list takes any elements, but has none.
pub(crate) const ANY: usize = NONE - 1;

/// A stack over borrowed cells.
///
/// A constant has no heap, so the caller lends arrays; a load lends vectors. A full stack drops pushed values and records that.
/// The caller then discards the result and lends more memory. Until then, an index beyond the cells reads the last cell. So
/// links must lead to earlier cells, or loops along them might not end.
///
/// Calls of generic functions are the largest cost in a constant. Code that runs for each variable accesses the cells directly.
pub(crate) struct Stack<'m, T> {
    pub(crate) cells: &'m mut [T],
    pub(crate) len: usize,
    pub(crate) is_full: bool,
    /// True if dropped values count as values.
    pub(crate) counts: bool,
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

    /// The part of the range that is within the cells.
    const fn within(self, cells: usize) -> Self {
        let at = if self.at < cells { self.at } else { cells };
        Self { at, len: if self.len < cells - at { self.len } else { cells - at } }
    }
}

impl<'m, T: Copy> Stack<'m, T> {
    /// Creates an empty stack over these cells. There must be at least one.
    pub(crate) const fn over(cells: &'m mut [T]) -> Self {
        Self { cells, len: 0, is_full: false, counts: false }
    }

    /// Creates an empty stack that is never full: its length counts dropped values, too.
    pub(crate) const fn counting(cells: &'m mut [T]) -> Self {
        Self { counts: true, ..Self::over(cells) }
    }

    /// Adds a value. Returns its index.
    pub(crate) const fn push(&mut self, value: T) -> usize {
        if self.len < self.cells.len() {
            self.cells[self.len] = value;
            self.len += 1;
        } else if self.counts {
            self.len += 1;
        } else {
            self.is_full = true;
        }
        self.len - 1
    }

    /// Adds cells with any values. Returns their range; an empty one if they do not fit.
    pub(crate) const fn reserve(&mut self, len: usize) -> Span {
        let at = self.len;
        if len > self.cells.len() - at {
            self.is_full = true;
            return Span { at, len: 0 };
        }
        self.len += len;
        Span { at, len }
    }

    /// Adds the values of a range again.
    pub(crate) const fn repeat(&mut self, span: Span) {
        if self.counts {
            self.len += span.len;
            return;
        }
        let mut at = span.at;
        while at < span.end() {
            let _ = self.push(self.get(at));
            at += 1;
        }
    }

    /// The number of values.
    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// True if a value did not fit.
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

    /// A value that stays where it is: a copy of a large one takes time in a constant.
    pub(crate) const fn see(&self, at: usize) -> &T {
        let last = self.cells.len() - 1;
        &self.cells[if at < last { at } else { last }]
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

    /// The values of a range, mutable.
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
