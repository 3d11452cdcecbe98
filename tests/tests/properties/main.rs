//! What holds of any checkpoint, name and message, tried on random ones.

mod checkpoints;
mod text;
mod wire;
