//! The native half of the Python package `tfckpt`: checkpoints as arrays of NumPy.
//!
//! The public half is in `python/tfckpt`. It passes names as bytes and arrays as NumPy's, in the forms that the functions here
//! describe.

mod arrays;
mod checkpoint;
mod convert;
mod errors;
mod given;
mod gpt2;
mod mapped;
mod save;
mod watch;
mod words;

/// The module `tfckpt._native`.
#[pyo3::pymodule]
mod _native {
    #[pymodule_export]
    use crate::checkpoint::{Native, open};
    #[pymodule_export]
    use crate::convert::{convert, converted, known_models};
    #[pymodule_export]
    use crate::gpt2::gpt2;
    #[pymodule_export]
    use crate::save::{recover, save, save_as};
}
