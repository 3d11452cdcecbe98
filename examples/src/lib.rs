//! Models that are loaded with the derive, written as a model crate would write them.

pub mod gpt2;
pub mod gpt2_cli;
