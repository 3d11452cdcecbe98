//! Folders as object stores and web servers.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_core::Checkpoint;
use checkpoint_object_store::Remote;
use checkpoint_object_store::object_store::http::HttpBuilder;
use checkpoint_object_store::object_store::memory::InMemory;
use checkpoint_object_store::object_store::path::Path as Location;
use checkpoint_object_store::object_store::{
    BackoffConfig, ClientOptions, ObjectStore, ObjectStoreExt as _, RetryConfig,
};
use checkpoint_tests::corpus::sha256_of_tensor;
use checkpoint_tests::server::Server;

pub(crate) const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/corpus");

/// Finds the files of a folder.
pub(crate) fn files(folder: &Path, prefix: &str, found: &mut Vec<(String, PathBuf)>) {
    let mut entries: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        let name = format!("{prefix}{}", path.file_name().unwrap().to_str().unwrap());
        if path.is_dir() {
            files(&path, &format!("{name}/"), found);
        } else {
            found.push((name, path));
        }
    }
}

/// Returns a store with the files of a folder.
pub(crate) fn stored(folder: &Path) -> Arc<dyn ObjectStore> {
    let (store, mut found) = (InMemory::new(), Vec::new());
    files(folder, "", &mut found);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (name, path) in found {
        let bytes = fs::read(path).unwrap();
        runtime.block_on(store.put(&Location::parse(name).unwrap(), bytes.into())).unwrap();
    }
    Arc::new(store)
}

/// Returns a path of a server with short delays between retries, at most two for each request.
pub(crate) fn hasty(server: &Server, path: &str) -> Remote {
    let backoff = BackoffConfig {
        init_backoff: std::time::Duration::from_millis(1),
        max_backoff: std::time::Duration::from_millis(2),
        base: 2.0,
    };
    let retry = RetryConfig { backoff, max_retries: 2, ..RetryConfig::default() };
    let store = HttpBuilder::new()
        .with_url(server.url(""))
        .with_retry(retry)
        .with_client_options(ClientOptions::new().with_allow_http(true));
    Remote::new(Arc::new(store.build().unwrap()), path).without_listings()
}

/// Lists the variables of a checkpoint, each with a hash or the reason why it cannot be read.
pub(crate) fn digest(checkpoint: &Checkpoint) -> String {
    let mut lines = String::new();
    for variable in checkpoint.variables() {
        let read = checkpoint.read(&variable.name);
        let hash = read.map_or_else(|error| error.kind.to_string(), |it| sha256_of_tensor(&it));
        writeln!(lines, "{} {} {hash}", variable.name, variable.spec()).unwrap();
    }
    lines
}
