//! The names of a checkpoint's variables in a naming, and the variables that `ignore` matches.

mod ignored;
mod names;
mod object_paths;
mod suggest;

pub use ignored::Presets;
pub(crate) use ignored::ignored_globs;
pub use names::{Names, full_names};
pub use suggest::near_names;
