//! Tests that need the library of `TensorFlow`, which few machines have.

use std::env;
use std::fmt::Display;
use std::io::{self, Write as _};

/// The environment variable that makes tests fail instead of skipping without the library. Set it to anything.
pub const REQUIRED: &str = "CHECKPOINT_REQUIRE_TENSORFLOW";

/// Returns the value of `found`. For an error about the missing library, prints a notice to standard error, which a passing test
/// does not hide, and returns `None`.
///
/// # Panics
/// If the library is missing, and [`REQUIRED`] is set.
pub fn found<T>(found: Result<T, impl Display>, test: &str) -> Option<T> {
    let error = match found {
        Ok(found) => return Some(found),
        Err(error) => error,
    };
    assert!(env::var_os(REQUIRED).is_none(), "{REQUIRED} is set, but {error}");
    // One write, because tests run in parallel. A notice that cannot be written is no failure of the test.
    let _ = io::stderr().write_all(format!("skipped: {test}; {error}\n").as_bytes());
    None
}
