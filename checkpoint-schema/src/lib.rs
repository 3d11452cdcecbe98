//! Listings of checkpoints, descriptions of models, and the comparison of both: for loads, saves, conversions and the compiler.
//!
//! This crate is shared by the derive macro and the run time of `checkpoint-core`, so that a mistake gets the same
//! sentence from both. It knows no tensor bytes, no file system, no `syn` and no `ndarray`; its API follows the needs
//! of those two crates, which depend on exactly this version.

mod each;
pub mod fit;
pub mod format;
pub mod listing;
pub mod manifest;
pub mod model;
pub mod naming;
pub mod plan;
pub mod problem;
pub mod rules;
pub mod save;
pub mod strided;
