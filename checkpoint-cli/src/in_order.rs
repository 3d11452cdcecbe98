//! Work on several threads, with ordered results.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Does `work` for each item on several threads. Passes the results to `take` on this thread, in the order of the items.
///
/// If `take` fails, no more work is started. If the system cannot start more threads, fewer are used, or only this one.
pub(crate) fn in_order<T: Sync, R: Send, E>(
    threads: usize,
    items: &[T],
    work: impl Fn(&T) -> R + Sync,
    mut take: impl FnMut(&T, R) -> Result<(), E>,
) -> Result<(), E> {
    let begun = AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    let worker = || {
        let (sender, begun, work) = (sender.clone(), &begun, &work);
        move || {
            while let Some((number, item)) = next(begun, items) {
                // The receiver is gone after `take` failed.
                if sender.send((number, work(item))).is_err() {
                    return;
                }
            }
        }
    };
    let workers: Vec<_> = (0..threads.min(items.len())).map(|_| worker()).collect();
    drop(sender);
    thread::scope(|scope| {
        let start = |worker| thread::Builder::new().spawn_scoped(scope, worker).ok();
        if workers.into_iter().map_while(start).count() == 0 {
            return items.iter().try_for_each(|item| take(item, work(item)));
        }
        let mut early = BTreeMap::new();
        let mut due = items.iter().enumerate().peekable();
        for (number, result) in results {
            early.insert(number, result);
            while let Some((number, item)) = due.peek()
                && let Some(result) = early.remove(number)
            {
                take(item, result)?;
                due.next();
            }
        }
        Ok(())
    })
}

fn next<'t, T>(begun: &AtomicUsize, items: &'t [T]) -> Option<(usize, &'t T)> {
    let number = begun.fetch_add(1, Ordering::Relaxed);
    items.get(number).map(|item| (number, item))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..50).collect();
        let mut taken = Vec::new();
        let slow_at_first = |&item: &u64| {
            thread::sleep(Duration::from_millis(if item % 7 == 0 { 3 } else { 0 }));
            item * 10
        };
        in_order(4, &items, slow_at_first, |&item, result| {
            taken.push((item, result));
            Ok::<(), ()>(())
        })
        .unwrap();
        assert_eq!(taken, items.iter().map(|&item| (item, item * 10)).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_is_begun_after_a_failure() {
        let begun = AtomicUsize::new(0);
        let work = |_: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_millis(2));
        };
        let items: Vec<usize> = (0..1000).collect();
        let failed =
            in_order(2, &items, work, |&item, ()| if item == 3 { Err(item) } else { Ok(()) });
        assert_eq!(failed, Err(3));
        assert!(begun.into_inner() < 500);
    }

    #[test]
    fn nothing_to_do_is_done_at_once() {
        in_order(2, &[], |(): &()| (), |(), ()| Ok::<(), ()>(())).unwrap();
    }
}
