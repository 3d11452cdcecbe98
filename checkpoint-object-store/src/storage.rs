//! Files of an object store, for the readers of formats.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use checkpoint_core::{DataFile, Storage};
use object_store::Error as StoreError;
use object_store::path::Path as Location;

use crate::error::of_request;
use crate::file::{RemoteFile, RemoteStore};
use crate::runtime::wait;

/// The files that are tried in a folder of a web server, which does not list folders.
const USUAL: [&str; 6] = [
    "checkpoint",
    "saved_model.pb",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
];

/// The files of a store. Answers of the server are cached, so that each request is made once.
#[derive(Debug)]
pub(crate) struct Objects {
    remote: RemoteStore,
    /// The prefix of all paths, which is not part of locations in the store: `https://example.com/`.
    root: String,
    /// `false` for a web server.
    has_listings: bool,
    /// The location to open, if it is written as a folder. Many web servers refuse a request for one.
    folder: Option<Location>,
    known: Mutex<Known>,
}

/// A file, or the error of a request after its retries.
type Answer = Result<Option<Arc<RemoteFile>>, Arc<io::Error>>;

/// The cached answers of a server.
#[derive(Debug, Default)]
struct Known {
    files: HashMap<Location, Answer>,
    folders: HashMap<Location, Option<Vec<String>>>,
}

impl Objects {
    pub(crate) fn new(remote: RemoteStore, root: String, has_listings: bool) -> Self {
        Self { remote, root, has_listings, folder: None, known: Mutex::default() }
    }

    /// Records that a path is a folder, if it ends in a slash.
    pub(crate) fn opening(mut self, path: &str) -> Self {
        let folder = path.strip_suffix('/').map(Path::new);
        self.folder = folder.and_then(|folder| self.location(folder));
        self
    }

    /// Returns the location of a path, or `None` if it is not in the store.
    fn location(&self, path: &Path) -> Option<Location> {
        let path = path.to_str()?;
        #[cfg(windows)]
        let path = &path.replace('\\', "/");
        let rest = path.strip_prefix(&self.root)?;
        // An absolute path belongs to another machine.
        Location::parse(rest).ok().filter(|_| !rest.starts_with('/'))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A panic cannot leave a partial answer: each is added whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if the folder of a file was listed, and has no file of this name.
    fn is_absent(&self, location: &Location) -> bool {
        let (folder, name) = location.as_ref().rsplit_once('/').unwrap_or(("", location.as_ref()));
        let Ok(folder) = Location::parse(folder) else { return false };
        let is_absent = |names: &Vec<String>| names.iter().all(|listed| listed != name);
        let known = self.known();
        self.has_listings
            && matches!(known.folders.get(&folder), Some(names) if names.as_ref().is_none_or(is_absent))
    }

    /// Lists the names in a folder, with one request.
    fn listed(&self, folder: &Location) -> io::Result<Option<Vec<String>>> {
        let (store, prefix) = (self.remote.store.clone(), folder.clone());
        let listed = wait(async move { store.list_with_delimiter(Some(&prefix)).await })?;
        let listed = match listed {
            Ok(listed) => listed,
            Err(StoreError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(of_request(&error)),
        };
        let locations = listed.objects.iter().map(|object| &object.location);
        let names = locations.chain(&listed.common_prefixes).filter_map(Location::filename);
        let mut names: Vec<String> = names.map(str::to_owned).collect();
        names.sort();
        names.dedup();
        Ok((!names.is_empty()).then_some(names))
    }

    /// Finds the usual names in a folder, with one request each.
    fn usual(&self, folder: &Path) -> io::Result<Option<Vec<String>>> {
        let mut names = Vec::new();
        for name in USUAL {
            names.extend(self.open(&folder.join(name))?.map(|_| name.to_owned()));
        }
        Ok((!names.is_empty()).then_some(names))
    }
}

impl Storage for Objects {
    fn open(&self, path: &Path) -> io::Result<Option<Arc<dyn DataFile>>> {
        let Some(location) = self.location(path) else { return Ok(None) };
        let known = self.known().files.get(&location).cloned();
        let file = match known {
            Some(file) => file,
            None if location.as_ref().is_empty() || self.folder.as_ref() == Some(&location) => {
                Ok(None)
            }
            None if self.is_absent(&location) => Ok(None),
            None => {
                let file = RemoteFile::open(&self.remote, location.clone(), path);
                let file = file.map(|file| file.map(Arc::new)).map_err(Arc::new);
                self.known().files.insert(location, file.clone());
                file
            }
        };
        match file {
            Ok(file) => Ok(file.map(|file| -> Arc<dyn DataFile> { file })),
            Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
        }
    }

    fn list(&self, folder: &Path) -> io::Result<Option<Vec<String>>> {
        let Some(location) = self.location(folder) else { return Ok(None) };
        let known = self.known().folders.get(&location).cloned();
        if let Some(names) = known {
            return Ok(names);
        }
        let names = if self.has_listings { self.listed(&location) } else { self.usual(folder) }?;
        self.known().folders.insert(location, names.clone());
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use object_store::ObjectStoreExt as _;
    use object_store::memory::InMemory;
    use object_store::throttle::{ThrottleConfig, ThrottledStore};

    use super::*;
    use crate::windows::Windows;

    #[test]
    fn files_that_threads_open_at_the_same_time_keep_their_bytes() {
        let store = InMemory::new();
        let put = async {
            for name in ["a", "b", "c", "d"] {
                store.put(&Location::from(name), name.repeat(100).into()).await.unwrap();
            }
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(put);
        // All requests have begun before the first is answered.
        let wait_get_per_call = Duration::from_millis(50);
        let config = ThrottleConfig { wait_get_per_call, ..ThrottleConfig::default() };
        let store = Arc::new(ThrottledStore::new(store, config));
        let remote = RemoteStore { store, windows: Arc::new(Windows::default()), in_flight: 4 };
        let objects = Objects::new(remote, "s3://bucket/".to_owned(), false);
        let read = |name: &str| {
            let file = objects.open(Path::new(&format!("s3://bucket/{name}"))).unwrap().unwrap();
            thread::sleep(wait_get_per_call);
            let mut bytes = [0; 100];
            file.read(0, &mut bytes).unwrap();
            assert_eq!(String::from_utf8_lossy(&bytes), name.repeat(100));
        };
        thread::scope(|scope| {
            for name in ["a", "b", "c", "d"] {
                scope.spawn(move || read(name));
            }
        });
    }
}
