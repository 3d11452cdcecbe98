//! Lists the variables of a checkpoint with `TensorFlow`.

#![expect(unsafe_code, reason = "the reader of the library is C")]

use std::collections::BTreeSet;
use std::ffi::{CStr, CString, c_char, c_int};
use std::path::Path;

use checkpoint_core::{Catalog, DType, Name, Place, Shape, Variable};

use crate::error::{Error, first_line};
use crate::library::{Library, Reader, Status};

/// Lists the variables of a checkpoint. `prefix` is its path for `TensorFlow`, and `path` the one in messages.
///
/// A reader shared between threads gives wrong answers, or ends the process. So the reader is dropped as soon as the names are
/// known.
pub(crate) fn list(library: &Library, prefix: &str, path: &Path) -> Result<Catalog, Error> {
    let refused = |message| Error::Refused { path: path.to_owned(), message };
    let reader = OpenReader::new(library, prefix).map_err(refused)?;
    let listed = |name: Name, problem| Error::Listed { path: path.to_owned(), name, problem };
    let mut variables = Vec::new();
    let mut seen = BTreeSet::new();
    for name in reader.names() {
        // A name with a zero byte ends there, as all C strings do. The rest is another name, or none. An empty name is that of
        // the index's header: the library claims to have it, and ends the process if asked for its dtype or shape.
        if name.is_empty() || !reader.has(&name) || !seen.insert(name.clone()) {
            return Err(listed(name_of(&name), "its name has a zero byte, which cuts it off"));
        }
        let number = reader.dtype(&name);
        let dtype = u64::try_from(number).ok().and_then(DType::from_number);
        let dtype =
            dtype.ok_or_else(|| listed(name_of(&name), "with a dtype that is not known"))?;
        let dims = reader.shape(&name).map_err(refused)?;
        let shape = Shape::new(dims);
        let shape = shape.ok_or_else(|| listed(name_of(&name), "with too many elements"))?;
        variables.push(Variable { name: name_of(&name), dtype, shape, place: Place::Opaque });
    }
    Ok(Catalog::new(variables, 0))
}

fn name_of(name: &CStr) -> Name {
    Name::from(name.to_bytes().to_vec())
}

/// A reader, which is deleted on drop.
struct OpenReader<'l> {
    library: &'l Library,
    reader: Reader,
}

impl<'l> OpenReader<'l> {
    fn new(library: &'l Library, prefix: &str) -> Result<Self, String> {
        let prefix = CString::new(prefix).map_err(|error| error.to_string())?;
        // SAFETY: both arguments are valid for the call.
        let open = |status| unsafe { (library.new_reader)(prefix.as_ptr(), status) };
        // The reader is null on failure.
        let reader = with_status(library, open)?;
        Ok(Self { library, reader })
    }

    fn names(&self) -> Vec<CString> {
        // SAFETY: the reader is valid as long as `self`.
        let count = unsafe { (self.library.size)(self.reader) };
        let name = |number: c_int| {
            // SAFETY: the number is below the size; the string lives as long as the reader, and is copied.
            unsafe { CStr::from_ptr((self.library.name)(self.reader, number)).to_owned() }
        };
        (0..count).map(name).collect()
    }

    fn has(&self, name: &CStr) -> bool {
        // SAFETY: the reader and the string are valid for the call.
        unsafe { (self.library.has_tensor)(self.reader, name.as_ptr()) != 0 }
    }

    /// The number of the dtype of an existing variable. The library ends the process for other names.
    fn dtype(&self, name: &CStr) -> c_int {
        // SAFETY: as for `has`.
        unsafe { (self.library.dtype)(self.reader, name.as_ptr()) }
    }

    /// The shape of an existing variable.
    fn shape(&self, name: &CStr) -> Result<Vec<u64>, String> {
        let name: *const c_char = name.as_ptr();
        // SAFETY: as for `has`.
        let rank = unsafe { (self.library.rank)(self.reader, name) };
        let mut dims = vec![0_i64; usize::try_from(rank).unwrap_or_default()];
        let into = dims.as_mut_ptr();
        // SAFETY: as for `has`, and there is room for `rank` numbers.
        let fill = |status| unsafe { (self.library.shape)(self.reader, name, into, rank, status) };
        with_status(self.library, fill)?;
        let dims = dims.into_iter().map(u64::try_from).collect::<Result<_, _>>();
        dims.map_err(|_| "an axis is of unknown length".to_owned())
    }
}

impl Drop for OpenReader<'_> {
    fn drop(&mut self) {
        // SAFETY: the reader is valid, and not used after this.
        unsafe { (self.library.delete_reader)(self.reader) }
    }
}

/// Returns the result of `call`, or the error in its status.
fn with_status<T>(library: &Library, call: impl FnOnce(Status) -> T) -> Result<T, String> {
    // SAFETY: the function takes no argument, and the status is deleted below.
    let status = unsafe { (library.new_status)() };
    let value = call(status);
    // SAFETY: the status is valid.
    let code = unsafe { (library.code)(status) };
    // SAFETY: the string lives until the status changes, and is copied.
    let message =
        unsafe { CStr::from_ptr((library.message)(status)) }.to_string_lossy().into_owned();
    // SAFETY: the status is not used after this.
    unsafe { (library.delete_status)(status) }
    if code == 0 { Ok(value) } else { Err(first_line(message)) }
}
