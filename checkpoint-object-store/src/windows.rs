//! Buffered windows of files. They turn the many small reads of opening a checkpoint into few requests.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The bytes of the first request for a file. Most indexes, and the headers of most files, are shorter.
pub(crate) const HEAD: u64 = 128 << 10;

/// The smallest window, in bytes.
const SHORTEST: u64 = 64 << 10;

/// The largest window for consecutive small reads, in bytes.
const LONGEST: u64 = 4 << 20;

/// The limit of all windows together, in bytes.
const KEPT: usize = 16 << 20;

/// Windows of files, the most recent first.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    recent: Mutex<VecDeque<Window>>,
    /// The number of files so far.
    files: AtomicUsize,
}

#[derive(Debug)]
struct Window {
    /// The number of the file.
    file: usize,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    fn end(&self) -> u64 {
        self.start.saturating_add(self.bytes.len() as u64)
    }
}

impl Windows {
    /// Returns the number of a new file. Threads open files at the same time, so no other file has it.
    pub(crate) fn file(&self) -> usize {
        self.files.fetch_add(1, Ordering::Relaxed)
    }

    /// Copies buffered bytes. Returns `false` if some are missing.
    pub(crate) fn copy(&self, file: usize, offset: u64, into: &mut [u8]) -> bool {
        let recent = self.recent();
        let kept = recent.iter().filter(|window| window.file == file).find_map(|window| {
            let start = usize::try_from(offset.checked_sub(window.start)?).ok()?;
            window.bytes.get(start..)?.get(..into.len())
        });
        kept.map(|bytes| into.copy_from_slice(bytes)).is_some()
    }

    /// Returns the range to read for a few bytes at `offset` of a file of `size` bytes. Its length doubles for consecutive reads.
    pub(crate) fn range(&self, file: usize, offset: u64, len: u64, size: u64) -> Range<u64> {
        let is_before = |window: &&Window| {
            let reach = window.start..=window.end().saturating_add(SHORTEST);
            window.file == file && reach.contains(&offset)
        };
        let before = self.recent().iter().find(is_before).map(|window| window.bytes.len() as u64);
        let longer = before.map_or(SHORTEST, |before| before.saturating_mul(2));
        let end = offset.saturating_add(longer.min(LONGEST).max(len)).min(size);
        // Reads near the end mostly continue with the bytes before.
        let start = if end == size { offset.min(size.saturating_sub(SHORTEST)) } else { offset };
        start..end
    }

    /// Adds a window of a file, and drops the oldest.
    pub(crate) fn keep(&self, file: usize, start: u64, bytes: Vec<u8>) {
        let mut recent = self.recent();
        recent.push_front(Window { file, start, bytes });
        let mut total = 0_usize;
        recent.retain(|window| {
            total = total.saturating_add(window.bytes.len());
            total <= KEPT
        });
    }

    fn recent(&self) -> MutexGuard<'_, VecDeque<Window>> {
        // A panic cannot leave a partial window: each is added or dropped whole.
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_that_follow_one_another_get_longer() {
        let (windows, size) = (Windows::default(), 100 << 20);
        assert_eq!(windows.range(0, 5, 10, size), 5..5 + SHORTEST);
        let (mut at, mut requests) = (0, 0);
        while at < size {
            let range = windows.range(0, at, 10, size);
            assert!(range.contains(&at));
            windows.keep(
                0,
                range.start,
                vec![0; usize::try_from(range.end - range.start).unwrap()],
            );
            (at, requests) = (range.end, requests + 1);
        }
        // 64 KiB, 128 KiB, ... 2 MiB, and then 4 MiB each.
        assert_eq!(requests, 6 + 25);
        // Another file has windows of its own.
        assert_eq!(windows.range(1, 5, 10, size), 5..5 + SHORTEST);
        assert!(windows.recent().iter().map(|window| window.bytes.len()).sum::<usize>() <= KEPT);
    }

    #[test]
    fn what_is_kept_is_copied_and_what_is_not_is_not() {
        let windows = Windows::default();
        windows.keep(3, 10, vec![1, 2, 3, 4]);
        let mut two = [0; 2];
        assert!(windows.copy(3, 12, &mut two));
        assert_eq!(two, [3, 4]);
        for (file, offset) in [(3, 9), (3, 13), (2, 12), (3, u64::MAX)] {
            assert!(!windows.copy(file, offset, &mut two));
        }
    }

    #[test]
    fn reads_near_the_end_take_what_is_before_it() {
        let windows = Windows::default();
        let size = 1 << 20;
        assert_eq!(windows.range(0, size - 48, 48, size), size - SHORTEST..size);
        assert_eq!(windows.range(0, 7, 3, 20), 0..20);
    }
}
