//! Checkpoints of object stores and web servers.

mod conformance;
mod faults;
mod formats;
mod requests;
mod support;
mod urls;
