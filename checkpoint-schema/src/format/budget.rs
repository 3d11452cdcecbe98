//! Memory budgets for reading checkpoints.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use thiserror::Error;

use crate::format::limits::Limits;

/// The memory of a variable without its name and shape: its entry in the index, and later data.
///
/// Later data is, for example, a line of a listing or a field of a struct.
const VARIABLE: u64 = 800;

/// The memory of a byte of a name, including texts derived from the name.
const NAME_BYTE: u64 = 8;

/// The memory of a slice without its axes: listed, located and stored.
const SLICE: u64 = 320;

/// The memory of an axis of a shape or slice.
const AXIS: u64 = 64;

/// The memory budget for reading a file. Memory is charged before it is allocated.
///
/// Clones share one account, so several threads can charge it.
///
/// ```
/// use checkpoint_schema::format::{Budget, Limits};
///
/// let mut limits = Limits::default();
/// (limits.memory, limits.memory_per_byte) = (100, 8);
/// let budget = Budget::new(&limits, 5);
/// budget.charge("a list", 140)?;
/// assert!(budget.charge("another", 1).is_err());
/// # Ok::<(), checkpoint_schema::format::OverBudget>(())
/// ```
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limits: Limits,
    allowed: u64,
    taken: AtomicU64,
}

/// The error of a file that needs more memory than its length justifies.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "too much memory for {what}: {needed} bytes needed up to here, and the limit for a file of this length is {allowed}; if \
     you trust the file, raise `Limits::memory`"
)]
#[non_exhaustive]
pub struct OverBudget {
    /// The purpose of the memory, for messages.
    pub what: &'static str,
    /// The total memory needed so far, in bytes.
    pub needed: u64,
    /// The memory limit, in bytes.
    pub allowed: u64,
}

impl Budget {
    /// Creates a budget for a file of `len` bytes, or for several files of this total length.
    #[must_use]
    pub fn new(limits: &Limits, len: u64) -> Self {
        Self::with(limits, limits.memory, len, 0)
    }

    /// Creates a budget for another file of `len` bytes, read while the charges of this one remain.
    #[must_use]
    pub fn beside(&self, len: u64) -> Self {
        let Account { limits, allowed, taken } = &*self.0;
        Self::with(limits, *allowed, len, taken.load(Ordering::Relaxed))
    }

    fn with(limits: &Limits, allowed: u64, len: u64, taken: u64) -> Self {
        let allowed = allowed.saturating_add(limits.memory_per_byte.saturating_mul(len));
        let taken = AtomicU64::new(taken);
        Self(Arc::new(Account { limits: limits.clone(), allowed, taken }))
    }

    /// The limits of this budget.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Charges `bytes` of memory permanently.
    ///
    /// # Errors
    /// Returns an error if the budget is exceeded.
    pub fn charge(&self, what: &'static str, bytes: u64) -> Result<(), OverBudget> {
        let Account { allowed, taken, .. } = &*self.0;
        let fits = |taken: u64| taken.checked_add(bytes).filter(|needed| needed <= allowed);
        match taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(()),
            Err(taken) => {
                let needed = taken.saturating_add(bytes);
                Err(OverBudget { what, needed, allowed: *allowed })
            }
        }
    }

    /// Charges memory until the lease is dropped.
    pub(crate) fn lease(&self, what: &'static str, bytes: u64) -> Result<Lease, OverBudget> {
        let mut lease = Lease { budget: self.clone(), bytes: 0 };
        lease.charge(what, bytes)?;
        Ok(lease)
    }

    /// Charges `count` variables of this rank, with names of this length.
    ///
    /// # Errors
    /// Returns an error if the budget is exceeded.
    pub fn variables(&self, count: u64, name: u64, rank: usize) -> Result<(), OverBudget> {
        let name = name.saturating_mul(NAME_BYTE);
        let axes = length(rank).saturating_mul(AXIS);
        let each = VARIABLE.saturating_add(name).saturating_add(axes);
        self.charge("the variables", count.saturating_mul(each))
    }

    /// Charges slices of a variable of this rank.
    pub(crate) fn slices(&self, slices: u64, rank: usize) -> Result<(), OverBudget> {
        if slices == 0 {
            return Ok(());
        }
        let slice = length(rank).saturating_mul(AXIS).saturating_add(SLICE);
        self.charge("the slices of a variable", slices.saturating_mul(slice))
    }
}

/// Memory that is charged until this is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    budget: Budget,
    bytes: u64,
}

impl Lease {
    /// Charges additional memory.
    pub(crate) fn charge(&mut self, what: &'static str, bytes: u64) -> Result<(), OverBudget> {
        self.budget.charge(what, bytes)?;
        self.bytes = self.bytes.saturating_add(bytes);
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.budget.0.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A length as a `u64`.
pub(crate) fn length(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn budget(memory: u64, len: u64) -> Budget {
        Budget::new(&Limits { memory, memory_per_byte: 8, ..Limits::default() }, len)
    }

    #[test]
    fn a_file_may_take_as_much_as_its_length_justifies() {
        let budget = budget(100, 5);
        assert_eq!(budget.charge("a list", 140), Ok(()));
        let error = budget.charge("another list", 2).unwrap_err();
        expect!["too much memory for another list: 142 bytes needed up to here, and the limit for a file of this length is 140; if you trust the file, raise `Limits::memory`"].assert_eq(&error.to_string());
        assert!(budget.charge("all there is", u64::MAX).is_err());
        assert_eq!(budget.charge("nothing", 0), Ok(()));
    }

    #[test]
    fn what_was_leased_is_given_back() {
        let budget = budget(10, 0);
        let mut lease = budget.lease("a block", 6).unwrap();
        assert!(lease.charge("its keys", 5).is_err());
        lease.charge("its keys", 4).unwrap();
        assert!(budget.clone().charge("more", 1).is_err());
        drop(lease);
        assert_eq!(budget.charge("more", 10), Ok(()));
    }

    #[test]
    fn another_file_pays_for_what_is_there() {
        let first = budget(10, 1);
        first.charge("a list", 15).unwrap();
        let other = first.beside(2);
        assert!(other.charge("a graph", 20).is_err());
        assert_eq!(other.charge("a graph", 19), Ok(()));
        assert_eq!(first.charge("a list", 3), Ok(()));
    }
}
