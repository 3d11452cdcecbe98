//! Requests whose results a thread waits for.

use std::io;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::path::Path as Location;
use object_store::{GetOptions, ObjectMeta, ObjectStore};
use tokio::runtime::{Builder, Runtime};

/// A message from the task of a request to the waiting thread.
pub(crate) enum Event {
    /// The first message: the description of the object.
    Found(ObjectMeta),
    /// The next bytes.
    Bytes(Bytes),
    /// The last message, if the request fails.
    Failed(object_store::Error),
}

/// Starts a request. The events end after the last byte, or after an error.
///
/// The calling thread may belong to another runtime: it waits for a channel, not for a future.
pub(crate) fn get(
    store: Arc<dyn ObjectStore>,
    location: Location,
    options: GetOptions,
) -> io::Result<Receiver<Event>> {
    let (events, receiver) = mpsc::channel();
    runtime()?.spawn(async move {
        if let Err(error) = transfer(&*store, &location, options, &events).await {
            // The receiver is gone if the thread needs no more bytes.
            let _ = events.send(Event::Failed(error));
        }
    });
    Ok(receiver)
}

async fn transfer(
    store: &dyn ObjectStore,
    location: &Location,
    options: GetOptions,
    events: &Sender<Event>,
) -> object_store::Result<()> {
    let found = store.get_opts(location, options).await?;
    let mut is_wanted = events.send(Event::Found(found.meta.clone())).is_ok();
    let mut bytes = found.into_stream();
    while is_wanted && let Some(next) = bytes.next().await {
        is_wanted = events.send(Event::Bytes(next?)).is_ok();
    }
    Ok(())
}

/// Runs `work` on the runtime, and waits for its result.
pub(crate) fn wait<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> io::Result<T> {
    let (sender, receiver) = mpsc::channel();
    runtime()?.spawn(async move {
        // The thread waits until this is sent.
        let _ = sender.send(work.await);
    });
    receiver.recv().map_err(|_| io::Error::other("the task of a request has ended early"))
}

/// The runtime of all requests. It lives as long as the process, because it owns the open connections.
fn runtime() -> io::Result<&'static Runtime> {
    static RUNTIME: OnceLock<Result<Runtime, String>> = OnceLock::new();
    let start = || {
        let mut builder = Builder::new_multi_thread();
        let builder = builder.worker_threads(1).thread_name("checkpoint-object-store").enable_all();
        builder.build().map_err(|error| error.to_string())
    };
    RUNTIME.get_or_init(start).as_ref().map_err(|error| io::Error::other(error.as_str()))
}
