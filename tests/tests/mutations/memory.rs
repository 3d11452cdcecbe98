//! Memory, counted on each thread separately.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

thread_local! {
    /// The allocated bytes. They are negative if the thread freed more than it allocated.
    static USED: Cell<isize> = const { Cell::new(0) };
    /// The peak of the allocated bytes since the count began.
    static PEAK: Cell<isize> = const { Cell::new(0) };
    /// The limit of the allocated bytes.
    static LIMIT: Cell<isize> = const { Cell::new(isize::MAX) };
}

/// The limit in `counted`: far more than any test expects, and less than any machine has.
const MOST: isize = 1 << 30;

/// The allocator of the system, which counts bytes, and refuses allocations beyond the limit.
pub(crate) struct Counted;

/// Runs `work`, and returns its peak memory, beyond the bytes that were allocated before.
pub(crate) fn counted<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let before = USED.get();
    PEAK.set(before);
    LIMIT.set(before + MOST);
    let done = work();
    LIMIT.set(isize::MAX);
    (done, (PEAK.get() - before).unsigned_abs())
}

/// Counts a change. Returns true if it is within the limit.
fn count(change: isize) -> bool {
    let used = USED.get() + change;
    let within = used <= LIMIT.get();
    if within {
        USED.set(used);
        PEAK.set(PEAK.get().max(used));
    }
    within
}

/// Converts a size. No layout is larger than `isize::MAX`.
fn size(bytes: usize) -> isize {
    bytes.cast_signed()
}

// SAFETY: All pointers come from `System` for the same layouts, or are null, which means that there is no memory.
#[expect(unsafe_code, reason = "an allocator cannot be written without")]
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if !count(size(layout.size())) {
            return null_mut();
        }
        // SAFETY: The caller promises what `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        if !count(size(layout.size())) {
            return null_mut();
        }
        // SAFETY: As above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        if !count(size(new) - size(layout.size())) {
            return null_mut();
        }
        // SAFETY: As above.
        unsafe { System.realloc(memory, layout, new) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(-size(layout.size()));
        // SAFETY: As above.
        unsafe { System.dealloc(memory, layout) }
    }
}
