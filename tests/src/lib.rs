//! Support for the tests of the workspace.
//!
//! The [`writer`] makes checkpoints of its own, from the description of the format alone: it shares no code with the
//! reader, so that what one writes and the other reads is checked twice.

pub mod writer;
