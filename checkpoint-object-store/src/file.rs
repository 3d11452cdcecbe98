//! A file of an object store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use checkpoint_core::{Access, DataFile};
use object_store::path::Path as Location;
use object_store::{
    Error as StoreError, GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt as _,
};

use crate::error::{changed, is_empty, is_whole, of_request, short};
use crate::runtime::{Event, get, wait};
use crate::windows::{HEAD, Windows};

/// The bytes of all requests for tensors that are made at the same time.
const AT_ONCE: usize = 64 << 20;

/// The least and the most bytes of such a request.
const CHUNK: [usize; 2] = [4 << 20, 16 << 20];

/// The largest gap between variables that are read together. Reading the gap is faster than another request.
const NEAR: u64 = 1 << 20;

/// Reads shorter than this use a window.
const SMALL: usize = 64 << 10;

/// A file of an object store, in the version that was opened.
#[derive(Debug)]
pub(crate) struct RemoteFile {
    store: Arc<dyn ObjectStore>,
    location: Location,
    path: PathBuf,
    /// The number of the file among the windows.
    number: usize,
    version: Version,
    windows: Arc<Windows>,
    access: Access,
}

/// The version of a file.
#[derive(Debug, Default)]
struct Version {
    size: u64,
    /// The entity tag, if the server sends one.
    tag: Option<String>,
}

/// The location of files, and the settings for reading them.
#[derive(Clone, Debug)]
pub(crate) struct RemoteStore {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) windows: Arc<Windows>,
    pub(crate) in_flight: usize,
}

impl RemoteFile {
    /// Opens a file with a request for its first bytes. Returns `None` if it is missing.
    pub(crate) fn open(
        remote: &RemoteStore,
        location: Location,
        path: &Path,
    ) -> io::Result<Option<Self>> {
        let RemoteStore { store, windows, in_flight } = remote.clone();
        // Fewer requests at the same time have to be longer, since each of them waits for the server.
        let [least, most] = CHUNK;
        let chunk = (AT_ONCE / in_flight.max(1)).clamp(least, most);
        let access = Access::default().chunk(chunk).small(chunk).near(NEAR).in_flight(in_flight);
        let (path, version) = (path.to_owned(), Version::default());
        let number = windows.file();
        let mut file = Self { store, location, path, number, version, windows, access };
        let options = GetOptions { range: Some(GetRange::Bounded(0..HEAD)), ..Default::default() };
        let (mut head, mut is_found) = (Vec::new(), false);
        for event in get(file.store.clone(), file.location.clone(), options)? {
            match event {
                Event::Found(meta) => {
                    file.version = Version { size: meta.size, tag: meta.e_tag };
                    is_found = true;
                }
                Event::Bytes(bytes) => head.extend_from_slice(&bytes),
                Event::Failed(StoreError::NotFound { .. }) => return Ok(None),
                Event::Failed(error) if is_empty(&error) => return Ok(Some(file)),
                // Some servers answer a range request for an empty file with the whole file.
                Event::Failed(error) if is_whole(&error) && file.has_no_byte()? => {
                    return Ok(Some(file));
                }
                Event::Failed(error) => return Err(of_request(&error)),
            }
            if head.len() as u64 > HEAD {
                return Err(short(HEAD, head.len() as u64));
            }
        }
        let (found, expected) = (head.len() as u64, file.version.size.min(HEAD));
        if !is_found || found != expected {
            return Err(short(expected, found));
        }
        file.windows.keep(number, 0, head);
        Ok(Some(file))
    }

    /// Requests the length alone, and returns `true` if it is 0.
    fn has_no_byte(&self) -> io::Result<bool> {
        let (store, location) = (self.store.clone(), self.location.clone());
        let head = wait(async move { store.head(&location).await })?;
        Ok(head.is_ok_and(|found| found.size == 0))
    }

    /// Fills `into` with one request, and checks that the file is still the version that was opened.
    fn fetch(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let expected = into.len() as u64;
        let range = Some(GetRange::Bounded(offset..offset.saturating_add(expected)));
        // `If-Match` never matches a weak tag.
        let if_match = self.version.tag.clone().filter(|tag| !tag.starts_with("W/"));
        let options = GetOptions { range, if_match, ..Default::default() };
        let mut rest = into;
        for event in get(self.store.clone(), self.location.clone(), options)? {
            match event {
                Event::Found(meta) if self.is_other(&meta) => return Err(changed()),
                Event::Found(_) => {}
                Event::Bytes(bytes) => {
                    let left = rest.len();
                    let Some((next, others)) = rest.split_at_mut_checked(bytes.len()) else {
                        let found = expected.saturating_sub(left as u64);
                        return Err(short(expected, found.saturating_add(bytes.len() as u64)));
                    };
                    next.copy_from_slice(&bytes);
                    rest = others;
                }
                Event::Failed(StoreError::NotFound { .. }) => return Err(changed()),
                Event::Failed(error) => return Err(of_request(&error)),
            }
        }
        match rest.len() as u64 {
            0 => Ok(()),
            missing => Err(short(expected, expected.saturating_sub(missing))),
        }
    }

    /// Returns `true` if `meta` describes another version. Some servers ignore `If-Match`.
    fn is_other(&self, meta: &ObjectMeta) -> bool {
        meta.size != self.version.size || meta.e_tag != self.version.tag
    }
}

impl DataFile for RemoteFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn size(&self) -> u64 {
        self.version.size
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let len = into.len() as u64;
        if offset.checked_add(len).is_none_or(|end| end > self.size()) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if into.is_empty() || self.windows.copy(self.number, offset, into) {
            return Ok(());
        }
        if into.len() >= SMALL {
            return self.fetch(offset, into);
        }
        let range = self.windows.range(self.number, offset, len, self.size());
        let window = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
        let mut bytes = vec![0; window];
        self.fetch(range.start, &mut bytes)?;
        let start = usize::try_from(offset.saturating_sub(range.start)).unwrap_or(0);
        let wanted = bytes.get(start..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
        self.windows.keep(self.number, range.start, bytes);
        Ok(())
    }

    fn access(&self) -> Access {
        self.access
    }
}
