//! Models that are loaded with the derive macro, as a model crate would write them.

pub mod albert;
pub mod bert;
pub mod efficientnet;
pub mod electra;
pub mod gpt2;
pub mod gpt2_cli;
pub mod keras;
pub mod lstm;
pub mod minigo;
pub mod mobilenet;
pub mod mobilenet_v2;
pub mod stylegan;
pub mod t5;
pub mod wide_deep;
