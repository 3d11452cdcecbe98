//! What holds of any checkpoint, name and message, tried on random ones.

mod checkpoints;
mod manifests;
mod scaffold;
mod text;
mod wire;
