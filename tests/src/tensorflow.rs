//! Tests that need `TensorFlow`'s library, which few machines have.

use std::env;
use std::fmt::Display;
use std::io::{self, Write as _};

/// The environment variable that makes tests fail where they would skip for want of the library: set it to anything.
pub const REQUIRED: &str = "CHECKPOINT_REQUIRE_TENSORFLOW";

/// What was `found`; `None`, and a notice on standard error, which a passing test does not hide, where that is the error that
/// there is no library.
///
/// # Panics
/// If there is no library, and [`REQUIRED`] says that there is one.
pub fn found<T>(found: Result<T, impl Display>, test: &str) -> Option<T> {
    let error = match found {
        Ok(found) => return Some(found),
        Err(error) => error,
    };
    assert!(env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but {error}");
    // At once, for tests run at the same time; a notice that cannot be written is no failure of the test.
    let _ = io::stderr().write_all(format!("skipped: {test}; {error}\n").as_bytes());
    None
}
