//! The index of a `TensorFlow` checkpoint, of version 2 (`bundle`) and of version 1, and its object graph.

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
