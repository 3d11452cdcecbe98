//! A path in an object store.

use std::path::Path;
use std::sync::Arc;

use checkpoint_core::{Checkpoint, OpenError, OpenOptions, SaveReport};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::http::HttpBuilder;
use object_store::path::Path as Location;
use object_store::{
    ClientConfigKey, Error as StoreError, ObjectStore, ObjectStoreExt as _, ObjectStoreScheme,
};
use percent_encoding::percent_decode_str;
use url::{Position, Url};

use crate::error::{Error, of_request, said};
use crate::file::RemoteStore;
use crate::runtime::wait;
use crate::storage::Objects;
use crate::upload::{location, upload};
use crate::windows::Windows;

/// The default number of requests at the same time.
const IN_FLIGHT: usize = 16;

/// A path of a checkpoint in an object store or on a web server.
///
/// ```no_run
/// use checkpoint_core::OpenOptions;
/// use checkpoint_object_store::Remote;
///
/// let remote = Remote::parse("s3://models/124M")?.in_flight(32);
/// let checkpoint = remote.open(&OpenOptions::new().format("tensorflow"))?;
/// # Ok::<(), checkpoint_object_store::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Remote {
    store: Arc<dyn ObjectStore>,
    /// The prefix of all paths in messages.
    root: String,
    path: String,
    has_listings: bool,
    in_flight: usize,
}

impl Remote {
    /// Sets up the store of a URL: `https://`, `http://`, `s3://`, `gs://`, `az://`, `abfs://`, and the other schemes of the
    /// crate `object_store`. Credentials and options come from the environment (`AWS_*`, `GOOGLE_*`, `AZURE_*`). No request is
    /// made.
    ///
    /// # Errors
    /// Returns an error if the URL is not valid, if it has a query (which would be lost), or if the options for its store are wrong.
    pub fn parse(url: &str) -> Result<Self, Error> {
        let failed = |problem: String| Error::Url { url: shown(url), problem };
        let parsed = Url::parse(url).map_err(|problem| failed(problem.to_string()))?;
        if parsed.query().is_some() || parsed.fragment().is_some() || parsed.password().is_some() {
            let problem = "expected a URL without a query, fragment or password; set credentials in the environment";
            return Err(failed(problem.to_owned()));
        }
        let (scheme, location) = ObjectStoreScheme::parse(&parsed).map_err(|_| {
            failed(format!(
                "unknown scheme `{}`; write `https`, `s3`, `gs` or `az`",
                parsed.scheme()
            ))
        })?;
        let store = store(&scheme, &parsed).map_err(|error| failed(said(&error)))?;
        let whole = percent_decode_str(parsed.path()).decode_utf8_lossy();
        let whole = whole.trim_matches('/');
        // The first part of the path can be a container or a bucket.
        let before = whole.strip_suffix(location.as_ref()).unwrap_or_default();
        let root = format!("{}/{before}", &parsed[..Position::BeforePath]);
        let slash = if parsed.path().ends_with('/') { "/" } else { "" };
        let path = format!("{root}{location}{slash}");
        let has_listings = scheme != ObjectStoreScheme::Http;
        Ok(Self { store, root, path, has_listings, in_flight: IN_FLIGHT })
    }

    /// Creates a path in an existing store. Use the store for nothing else: its requests run on a runtime of this crate, which
    /// then owns its connections.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, path: impl Into<String>) -> Self {
        let path = path.into().trim_start_matches('/').to_owned();
        Self { store, root: String::new(), path, has_listings: true, in_flight: IN_FLIGHT }
    }

    /// Disables folder listings, for a web server. In a folder, the usual names are tried.
    #[must_use]
    pub fn without_listings(mut self) -> Self {
        self.has_listings = false;
        self
    }

    /// Sets the number of requests at the same time. The default is 16; 0 stands for the default. Each request is for up to 4 MiB,
    /// and for up to 16 MiB if there are few at the same time.
    #[must_use]
    pub fn in_flight(mut self, requests: usize) -> Self {
        self.in_flight = if requests == 0 { IN_FLIGHT } else { requests };
        self
    }

    /// Returns the path, as messages show it.
    #[must_use]
    pub fn path(&self) -> &Path {
        Path::new(&self.path)
    }

    /// Opens the checkpoint at the path. Tensors are read when they are requested.
    ///
    /// # Errors
    /// Returns the errors of [`Checkpoint::open`], or an error if a request fails after its retries.
    pub fn open(&self, options: &OpenOptions) -> Result<Checkpoint, OpenError> {
        self.options(options).open(&self.path)
    }

    /// Opens the checkpoint at the path, and reads each data file into memory on first use, so that arrays can borrow from it.
    ///
    /// # Errors
    /// Returns the errors of [`Checkpoint::open_in_memory`], or an error if a request fails after its retries.
    pub fn open_in_memory(&self, options: &OpenOptions) -> Result<Checkpoint, OpenError> {
        self.options(options).open_in_memory(&self.path)
    }

    /// Uploads the files of a saved checkpoint into the folder of this path, in the order in which a save completes them. The
    /// index is last, so an incomplete checkpoint cannot be opened. Files of more than 16 MiB are uploaded in parts.
    ///
    /// ```no_run
    /// use checkpoint_core::{Checkpoint, SaveOptions};
    /// use checkpoint_object_store::Remote;
    ///
    /// let saved = Checkpoint::open("models/124M")?.save_as("out/model.safetensors", SaveOptions::new())?;
    /// Remote::parse("s3://models/gpt2/")?.upload(&saved)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or if a request fails after its retries. Web servers do not accept files of more
    /// than 16 MiB.
    pub fn upload(&self, saved: &SaveReport) -> Result<(), Error> {
        let folder = self.path.strip_prefix(&self.root).unwrap_or(&self.path);
        let parents = saved.files.iter().filter_map(|file| file.parent());
        let around = parents.min_by_key(|parent| parent.components().count());
        for file in &saved.files {
            let failed = |problem: String| Error::Upload { file: file.clone(), problem };
            let location = location(folder, around.unwrap_or(Path::new("")), file);
            let location =
                location.ok_or_else(|| failed("its name is none of an object".to_owned()))?;
            let uploaded = wait(upload(self.store.clone(), file.clone(), location));
            uploaded.map_err(|error| failed(error.to_string()))?.map_err(failed)?;
        }
        Ok(())
    }

    /// Returns `true` if there is a file at the path, or the index of a checkpoint with this name.
    ///
    /// # Errors
    /// Returns an error if the path is none of an object, or if a request fails after its retries.
    pub fn exists(&self) -> Result<bool, Error> {
        for suffix in ["", ".index", ".index.json"] {
            let (store, location) = (self.store.clone(), self.location(suffix)?);
            match self.wait(async move { store.head(&location).await })? {
                Ok(_) => return Ok(true),
                Err(StoreError::NotFound { .. }) => {}
                Err(error) => return Err(self.failed(of_request(&error).to_string())),
            }
        }
        Ok(false)
    }

    /// Reads the file at the path, such as a configuration beside a checkpoint. Returns `None` if there is none, or if it is longer
    /// than `most` bytes.
    ///
    /// # Errors
    /// Returns an error if the path is none of an object, or if a request fails after its retries.
    pub fn read(&self, most: u64) -> Result<Option<Vec<u8>>, Error> {
        let (store, location) = (self.store.clone(), self.location("")?);
        let read = self.wait(async move {
            let found = store.get(&location).await?;
            if found.meta.size > most {
                return Ok(None);
            }
            found.bytes().await.map(|bytes| Some(bytes.to_vec()))
        })?;
        match read {
            Err(StoreError::NotFound { .. }) => Ok(None),
            read => read.map_err(|error| self.failed(of_request(&error).to_string())),
        }
    }

    /// Returns the location of the path in the store, with a suffix.
    fn location(&self, suffix: &str) -> Result<Location, Error> {
        let path = self.path.strip_prefix(&self.root).unwrap_or(&self.path);
        let location = Location::parse(format!("{path}{suffix}"));
        location.map_err(|_| self.failed("its name is none of an object".to_owned()))
    }

    fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Error> {
        wait(work).map_err(|error| self.failed(error.to_string()))
    }

    fn failed(&self, problem: String) -> Error {
        Error::Url { url: self.path.clone(), problem }
    }

    fn options(&self, options: &OpenOptions) -> OpenOptions {
        let windows = Arc::new(Windows::default());
        let remote = RemoteStore { store: self.store.clone(), windows, in_flight: self.in_flight };
        let storage = Objects::new(remote, self.root.clone(), self.has_listings);
        options.clone().storage(Arc::new(storage.opening(&self.path)))
    }
}

/// Sets up a store, with its options from the environment.
fn store(scheme: &ObjectStoreScheme, url: &Url) -> object_store::Result<Arc<dyn ObjectStore>> {
    let text = url.as_str();
    Ok(match scheme {
        ObjectStoreScheme::AmazonS3 => {
            Arc::new(AmazonS3Builder::from_env().with_url(text).build()?)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            Arc::new(GoogleCloudStorageBuilder::from_env().with_url(text).build()?)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            Arc::new(MicrosoftAzureBuilder::from_env().with_url(text).build()?)
        }
        _ => {
            let is_plain = (url.scheme() == "http").to_string();
            let server = HttpBuilder::new().with_url(&url[..Position::BeforePath]);
            Arc::new(server.with_config(ClientConfigKey::AllowHttp, is_plain).build()?)
        }
    })
}

/// Returns a URL without its password and query, which may be secret.
fn shown(url: &str) -> String {
    let Ok(mut parsed) = Url::parse(url) else { return url.to_owned() };
    if parsed.password().is_some() {
        // Removing the password cannot fail: the URL has one.
        let _ = parsed.set_password(None);
    }
    parsed.set_query(None);
    parsed.set_fragment(None);
    parsed.to_string()
}
