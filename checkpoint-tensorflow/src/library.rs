//! Finds the library, and declares its functions for reading checkpoints, which the crate `tensorflow` lacks.

#![expect(unsafe_code, reason = "functions of a library that is found at run time are C")]

use std::env;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use libloading::Symbol;

use crate::error::Error;

/// A pointer to a status of the library.
pub(crate) type Status = *mut c_void;
/// A pointer to a reader of the library.
pub(crate) type Reader = *mut c_void;

/// The functions of the library that we call.
///
/// The number of a dtype is an integer here: an `enum` with an unknown number would be undefined behavior.
#[derive(Debug)]
pub(crate) struct Library {
    version: unsafe extern "C" fn() -> *const c_char,
    pub(crate) new_status: unsafe extern "C" fn() -> Status,
    pub(crate) delete_status: unsafe extern "C" fn(Status),
    pub(crate) code: unsafe extern "C" fn(Status) -> c_int,
    pub(crate) message: unsafe extern "C" fn(Status) -> *const c_char,
    pub(crate) new_reader: unsafe extern "C" fn(*const c_char, Status) -> Reader,
    pub(crate) delete_reader: unsafe extern "C" fn(Reader),
    pub(crate) size: unsafe extern "C" fn(Reader) -> c_int,
    pub(crate) has_tensor: unsafe extern "C" fn(Reader, *const c_char) -> c_int,
    pub(crate) name: unsafe extern "C" fn(Reader, c_int) -> *const c_char,
    pub(crate) dtype: unsafe extern "C" fn(Reader, *const c_char) -> c_int,
    pub(crate) rank: unsafe extern "C" fn(Reader, *const c_char) -> c_int,
    pub(crate) shape: unsafe extern "C" fn(Reader, *const c_char, *mut i64, c_int, Status),
}

/// The functions that the crate `tensorflow` calls for us. It panics if one is missing.
const CALLED: [&str; 29] = [
    "TF_AddInput",
    "TF_DeleteGraph",
    "TF_DeleteSession",
    "TF_DeleteSessionOptions",
    "TF_DeleteTensor",
    "TF_Dim",
    "TF_FinishOperation",
    "TF_GetCode",
    "TF_Message",
    "TF_NewGraph",
    "TF_NewOperation",
    "TF_NewSession",
    "TF_NewSessionOptions",
    "TF_NewTensor",
    "TF_NumDims",
    "TF_SessionRun",
    "TF_SetAttrTensor",
    "TF_SetAttrType",
    "TF_SetAttrTypeList",
    "TF_SetStatus",
    "TF_StringCopy",
    "TF_StringDealloc",
    "TF_StringGetDataPointer",
    "TF_StringGetSize",
    "TF_StringInit",
    "TF_TensorByteSize",
    "TF_TensorData",
    "TF_TensorType",
    "TF_Version",
];

impl Library {
    /// Returns the library, which is loaded once and never unloaded.
    pub(crate) fn load() -> Result<&'static Self, Error> {
        static LOADED: Mutex<Option<&'static Library>> = Mutex::new(None);
        let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(library) = *loaded {
            return Ok(library);
        }
        let path =
            tensorflow::library::find().ok_or_else(|| Error::Missing { looked: looked() })?;
        let library = Self::at(&path).map_err(|problem| Error::Library { path, problem })?;
        Ok(loaded.insert(Box::leak(Box::new(library))))
    }

    /// Loads the library at `path`, for us and for the crate `tensorflow`.
    fn at(path: &Path) -> Result<Self, String> {
        // SAFETY: its name says that it is TensorFlow, whose initialization may run anywhere.
        let opened = unsafe { libloading::Library::new(path) };
        // A leaked library is never closed while another thread runs its code.
        let opened: &'static _ = Box::leak(Box::new(opened.map_err(|error| error.to_string())?));
        for name in CALLED {
            function::<unsafe extern "C" fn()>(opened, name)?;
        }
        let library = Self::functions(opened)?;
        tensorflow::library::load()?;
        Ok(library)
    }

    fn functions(library: &libloading::Library) -> Result<Self, String> {
        Ok(Self {
            version: function(library, "TF_Version")?,
            new_status: function(library, "TF_NewStatus")?,
            delete_status: function(library, "TF_DeleteStatus")?,
            code: function(library, "TF_GetCode")?,
            message: function(library, "TF_Message")?,
            new_reader: function(library, "TF_NewCheckpointReader")?,
            delete_reader: function(library, "TF_DeleteCheckpointReader")?,
            size: function(library, "TF_CheckpointReaderSize")?,
            has_tensor: function(library, "TF_CheckpointReaderHasTensor")?,
            name: function(library, "TF_CheckpointReaderGetVariable")?,
            dtype: function(library, "TF_CheckpointReaderGetVariableDataType")?,
            rank: function(library, "TF_CheckpointReaderGetVariableNumDims")?,
            shape: function(library, "TF_CheckpointReaderGetVariableShape")?,
        })
    }

    /// Returns the version of the library.
    pub(crate) fn version(&self) -> String {
        // SAFETY: the function takes no argument, and returns a static string.
        let version = unsafe { CStr::from_ptr((self.version)()) };
        version.to_string_lossy().into_owned()
    }
}

/// Returns the function of this name. `F` must have its signature in `c_api.h` or `c_api_experimental.h`.
fn function<F: Copy>(library: &libloading::Library, name: &str) -> Result<F, String> {
    // SAFETY: `F` is a pointer to a function of the signature in the headers, which have not changed it since 2.4.
    let symbol: Result<Symbol<'_, F>, _> = unsafe { library.get(name.as_bytes()) };
    symbol.map(|symbol| *symbol).map_err(|_| format!("it has no function `{name}`"))
}

/// The files that `tensorflow::library::find` looks for.
fn looked() -> Vec<PathBuf> {
    let file = format!("{}tensorflow{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let (variable, defaults): (_, &[&str]) = match env::consts::OS {
        "macos" => ("DYLD_LIBRARY_PATH", &["/usr/local/lib", "/usr/local/lib/libtensorflow"]),
        "linux" => ("LD_LIBRARY_PATH", &["/usr/local/lib", "/usr/local/lib/libtensorflow"]),
        "windows" => ("PATH", &[]),
        _ => ("LD_LIBRARY_PATH", &[]),
    };
    let given = env::var_os("TENSORFLOW_DIR").map_or("$TENSORFLOW_DIR".into(), PathBuf::from);
    let searched = env::var_os(variable).unwrap_or_default();
    let searched = env::split_paths(&searched).filter(|path| !path.as_os_str().is_empty());
    let defaults = defaults.iter().map(PathBuf::from);
    std::iter::once(given).chain(searched).chain(defaults).map(|path| path.join(&file)).collect()
}
