//! Work without the interpreter's lock, which signals and exceptions of a callback cancel.

use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use checkpoint_core::{LoadOptions, SaveOptions};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::errors::ToPython;

/// The interval between checks for signals.
const TICK: Duration = Duration::from_millis(20);

/// The smallest work that can be cancelled, in bytes. Smaller work is fast.
const LARGE: u64 = 1 << 20;

/// The progress of a piece of work, and a request to cancel it.
#[derive(Default)]
pub(crate) struct Watch {
    cancel: AtomicBool,
    /// The bytes of completed steps.
    before: AtomicU64,
    done: AtomicU64,
    total: u64,
}

impl Watch {
    /// Returns options for a load that reports to this watch.
    pub(crate) fn load(&self) -> LoadOptions<'_> {
        LoadOptions::new().cancel(&self.cancel).on_progress(|progress| self.report(progress.done))
    }

    /// Returns options for a save that reports to this watch.
    pub(crate) fn save(&self) -> SaveOptions<'_> {
        SaveOptions::new().cancel(&self.cancel).on_progress(|progress| self.report(progress.done))
    }

    /// Ends a step of the work. The next step counts from its end.
    pub(crate) fn step(&self) {
        self.before.store(self.done.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    fn report(&self, done: u64) {
        let done = self.before.load(Ordering::Relaxed).saturating_add(done).min(self.total);
        self.done.fetch_max(done, Ordering::Relaxed);
    }
}

/// A callback with two numbers of bytes: those done, and the total.
pub(crate) type Progress<'a, 'py> = Option<&'a Bound<'py, PyAny>>;

/// Runs work on `bytes` bytes without the interpreter's lock.
///
/// # Errors
/// Returns the error of the work, or the exception of a signal handler (as for Ctrl-C) or of the callback, which cancels the work.
pub(crate) fn watched<T: Send, E: ToPython + Send>(
    py: Python<'_>,
    total: u64,
    progress: Progress<'_, '_>,
    work: impl FnOnce(&Watch) -> Result<T, E> + Send,
) -> PyResult<T> {
    let watch = Watch { total, ..Watch::default() };
    let result = if total < LARGE && progress.is_none() {
        py.detach(|| work(&watch))
    } else {
        call(progress, 0, total)?;
        on_thread(py, &watch, progress, work)?
    };
    let value = result.map_err(|error| error.to_python(py))?;
    call(progress, total, total)?;
    Ok(value)
}

fn on_thread<T: Send>(
    py: Python<'_>,
    watch: &Watch,
    progress: Progress<'_, '_>,
    work: impl FnOnce(&Watch) -> T + Send,
) -> PyResult<T> {
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let run = move || {
            // Sending cannot fail: the receiver waits for the result.
            let _ = sender.send(work(watch));
        };
        thread::Builder::new().spawn_scoped(scope, run)?;
        wait(py, watch, progress, receiver)
    })
}

/// Waits for the result, and checks for signals meanwhile.
fn wait<T: Send>(
    py: Python<'_>,
    watch: &Watch,
    progress: Progress<'_, '_>,
    mut receiver: Receiver<T>,
) -> PyResult<T> {
    let (mut told, mut stopped) = (0, None);
    loop {
        let result;
        // A receiver can be sent to another thread, but not shared.
        (receiver, result) = py.detach(move || {
            let result = receiver.recv_timeout(TICK);
            (receiver, result)
        });
        match result {
            Ok(result) => return stopped.map_or(Ok(result), Err),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(PyRuntimeError::new_err("a thread of `tfckpt` has panicked"));
            }
            Err(RecvTimeoutError::Timeout) if stopped.is_some() => {}
            Err(RecvTimeoutError::Timeout) => {
                let done = watch.done.load(Ordering::Relaxed);
                let news = progress.filter(|_| done != mem::replace(&mut told, done));
                if let Err(error) = py.check_signals().and_then(|()| call(news, done, watch.total))
                {
                    watch.cancel.store(true, Ordering::Relaxed);
                    stopped = Some(error);
                }
            }
        }
    }
}

fn call(progress: Progress<'_, '_>, done: u64, total: u64) -> PyResult<()> {
    progress.map_or(Ok(()), |progress| progress.call1((done, total)).map(drop))
}
