//! Parallel work.

use std::iter;
use std::panic::resume_unwind;
use std::thread;

/// Runs the same work on `threads` threads, including the calling one. Returns their results.
///
/// The work runs on fewer threads if the system cannot create more, in the worst case on the calling one alone. So each run
/// must take from a shared queue until it is empty.
pub(crate) fn on_threads<T: Send>(threads: usize, work: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let start = |_| thread::Builder::new().spawn_scoped(scope, &work).ok();
        let others: Vec<_> = (1..threads).map_while(start).collect();
        let own = work();
        let others = others
            .into_iter()
            .map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        iter::once(own).chain(others).collect()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn all_is_done_on_however_many_threads() {
        for threads in [0, 1, 2, 5] {
            let left = AtomicUsize::new(100);
            let take = |left: usize| left.checked_sub(1);
            let work = || {
                let mut done = 0;
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
                    done += 1;
                }
                done
            };
            let done = on_threads(threads, work);
            assert_eq!((done.len(), done.iter().sum::<usize>()), (threads.max(1), 100));
        }
    }
}
