//! Properties of any checkpoint, name and message, tested with random ones.

mod checkpoints;
mod manifests;
mod scaffold;
mod text;
mod wire;
