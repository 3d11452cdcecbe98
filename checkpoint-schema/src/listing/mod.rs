//! The variables of a checkpoint: names, dtypes, shapes, and places in files.

mod cast;
pub mod catalog;
pub mod checksum;
pub mod dtype;
pub mod float;
pub(crate) mod fold;
pub mod glob;
pub mod shape;
