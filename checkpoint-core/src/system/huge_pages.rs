//! Large pages, to save page faults for large tensors.
//!
//! The first touch of a page of new memory costs more than a copy into it. Linux provides pages of 2 MiB instead of 4 KiB if a
//! program asks for them, and if no part of the 2 MiB has been touched. But tensors start and end anywhere, and allocators
//! write a header right before each one. On the other hand, they place large allocations side by side. So one request covers
//! all of them together. The large pages at the starts of tensors are created from the touched small pages, shortly before they
//! are filled: then the pages that the system clears are in its cache.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// The smallest allocation for large pages, in bytes. Smaller ones can be anywhere, among other data.
const LARGE: usize = 128 << 10;

/// The size of a large page on most machines.
const HUGE: usize = 2 << 20;

/// A multiple of the small page size on all systems. It is also more than allocators leave between neighbouring allocations.
const SMALL: usize = 64 << 10;

/// Large pages that were partly touched, in address order.
#[derive(Debug, Default)]
pub(crate) struct Touched(Vec<Page>);

#[derive(Debug)]
struct Page {
    addresses: Range<usize>,
    /// True if the page has been requested.
    is_asked: AtomicBool,
}

/// Requests large pages for memory that is not filled yet. Returns the pages that must be requested again, because a part was
/// touched. The request is a hint that the system may ignore.
pub(crate) fn prefer<'m>(memory: impl IntoIterator<Item = &'m mut [u8]>) -> Touched {
    let large = memory.into_iter().filter(|memory| memory.len() >= LARGE);
    let mut spans: Vec<Range<usize>> = large.map(|memory| addresses(memory)).collect();
    spans.sort_unstable_by_key(|span| span.start);
    let is_near = |one: &Range<usize>, next: &Range<usize>| next.start - one.end <= SMALL;
    let mut touched = Touched::default();
    if spans.is_empty() || !system::has_huge_pages() {
        return touched;
    }
    for side_by_side in spans.chunk_by(is_near) {
        let all = whole(side_by_side);
        system::advise(&all, system::HUGE_PAGES);
        touched.0.extend(pages(side_by_side, &all));
    }
    touched
}

impl Touched {
    /// Requests the large pages that overlap this memory, each once.
    pub(crate) fn make(&self, memory: Range<*const u8>) {
        let (start, end) = (memory.start.addr(), memory.end.addr());
        let first = self.0.partition_point(|page| page.addresses.end <= start);
        let pages = self.0.iter().skip(first).take_while(|page| page.addresses.start < end);
        for Page { addresses, is_asked } in pages {
            if !is_asked.swap(true, Ordering::Relaxed) {
                system::advise(addresses, system::ONE_PAGE);
            }
        }
    }
}

fn addresses(memory: &[u8]) -> Range<usize> {
    let Range { start, end } = memory.as_ptr_range();
    start.addr()..end.addr()
}

/// The range from the first to the last of neighbouring spans, without small pages that are shared with other data.
fn whole(spans: &[Range<usize>]) -> Range<usize> {
    let start = spans.first().map_or(0, |first| first.start.next_multiple_of(SMALL));
    let end = spans.last().map_or(0, |last| last.end / SMALL * SMALL);
    start..end.max(start)
}

/// The large pages at the starts of spans, if they are within `all`.
fn pages(spans: &[Range<usize>], all: &Range<usize>) -> impl Iterator<Item = Page> {
    let mut starts: Vec<usize> = spans.iter().map(|span| span.start / HUGE * HUGE).collect();
    starts.dedup();
    let page = |start: usize| start..start.saturating_add(HUGE);
    let pages = starts.into_iter().map(page);
    pages
        .filter(|page| all.start <= page.start && page.end <= all.end)
        .map(|addresses| Page { addresses, is_asked: AtomicBool::new(false) })
}

#[cfg(target_os = "linux")]
mod system {
    use std::ops::Range;

    pub(super) const HUGE_PAGES: libc::c_int = libc::MADV_HUGEPAGE;
    /// `MADV_COLLAPSE` of `linux/mman.h`, which `libc` does not define for all Linux targets. Before Linux 6.1, the kernel
    /// returns an error.
    pub(super) const ONE_PAGE: libc::c_int = 25;

    /// True unless the system setting is `never`. The kernel applies that setting to `HUGE_PAGES`, but not to `ONE_PAGE`.
    pub(super) fn has_huge_pages() -> bool {
        let setting = std::fs::read("/sys/kernel/mm/transparent_hugepage/enabled");
        !setting.is_ok_and(|setting| setting.windows(7).any(|word| word == b"[never]"))
    }

    /// Gives the system advice about memory.
    pub(super) fn advise(memory: &Range<usize>, advice: libc::c_int) {
        let start = std::ptr::without_provenance_mut(memory.start);
        // SAFETY: this module only gives the two kinds of advice above. They do not change the contents of memory, whoever owns
        // it, and they skip addresses without memory.
        #[expect(unsafe_code, reason = "the system's call takes an address")]
        let _ = unsafe { libc::madvise(start, memory.len(), advice) };
    }
}

/// Other systems decide by themselves.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::ops::Range;

    pub(super) const HUGE_PAGES: () = ();
    pub(super) const ONE_PAGE: () = ();

    pub(super) fn has_huge_pages() -> bool {
        false
    }

    pub(super) fn advise(_memory: &Range<usize>, _advice: ()) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn memory_of_any_size_keeps_what_it_holds() {
        let sizes = [0, 1, 4096, LARGE - 1, LARGE, 4 * MIB, 3 * MIB + 12_345, MIB, MIB, 5 * MIB];
        let content = |len| (0..len).map(|at| u8::try_from(at % 251).unwrap_or_default());
        let mut memory: Vec<Vec<u8>> = sizes.map(|len| content(len).collect()).into();
        let touched = prefer(memory.iter_mut().map(Vec::as_mut_slice));
        for (memory, len) in memory.iter().zip(sizes) {
            touched.make(memory.as_ptr_range());
            assert!(memory.iter().copied().eq(content(len)));
        }
    }

    #[test]
    fn pages_are_made_where_a_tensor_begins_and_all_of_the_page_is_of_tensors() {
        let side_by_side = [
            MIB + 16..5 * MIB,
            // These two meet within the page at 4 MiB.
            5 * MIB + 16..9 * MIB,
            // Two start within the page at 8 MiB.
            9 * MIB + 16..9 * MIB + 600,
            9 * MIB + 1000..12 * MIB + 1,
        ];
        let all = whole(&side_by_side);
        assert_eq!(all, MIB + SMALL..12 * MIB);
        let found: Vec<_> = pages(&side_by_side, &all).map(|page| page.addresses).collect();
        assert_eq!(found, [4 * MIB..6 * MIB, 8 * MIB..10 * MIB]);
        // A lone span starts in a page that it shares with other data.
        let alone = &side_by_side[1..2];
        assert_eq!(pages(alone, &whole(alone)).count(), 0);
    }

    #[test]
    fn each_page_is_made_once_when_memory_that_it_is_of_is_filled() {
        let mut memory = vec![0; 10 * MIB];
        let Range { start, .. } = addresses(&memory);
        let page = |at: usize| {
            let start = (start + at).next_multiple_of(HUGE);
            Page { addresses: start..start + HUGE, is_asked: AtomicBool::new(false) }
        };
        let touched = Touched(vec![page(0), page(5 * MIB)]);
        let asked = || {
            let asked = touched.0.iter().map(|page| page.is_asked.load(Ordering::Relaxed));
            asked.collect::<Vec<_>>()
        };
        let second = touched.0[1].addresses.start - start;
        touched.make(memory[second..second].as_ptr_range());
        touched.make(memory[second - 1..second].as_ptr_range());
        touched.make(memory[second + HUGE..].as_ptr_range());
        assert_eq!(asked(), [false, false]);
        touched.make(memory[second + HUGE - 1..].as_ptr_range());
        assert_eq!(asked(), [false, true]);
        touched.make(memory.as_ptr_range());
        assert_eq!(asked(), [true, true]);
        memory.fill(7);
        assert!(memory.iter().all(|byte| *byte == 7));
    }
}
