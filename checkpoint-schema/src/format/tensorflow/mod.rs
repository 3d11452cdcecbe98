//! Readers for the index of `TensorFlow` checkpoints, of version 2 (`bundle`) and version 1 (`v1`), and for the object
//! graph.

mod block;
mod bundle;
mod message;
pub mod object_graph;
mod slices;
pub mod table;
pub mod v1;
pub mod wire;

#[cfg(test)]
mod fixture;
