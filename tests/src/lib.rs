//! Support for the tests of the workspace.
//!
//! The [`corpus`] holds checkpoints that `TensorFlow` wrote, with what it reads from them. The [`writer`] makes
//! checkpoints of its own, from the description of the format alone: it shares no code with the reader, so that what
//! one writes and the other reads is checked twice. [`gpt2`] makes checkpoints of GPT-2 at any size with it, also as the
//! command `generate-gpt2`, and [`architectures`] of other models. [`conformance`] is what every source of checkpoints must do,
//! [`fuzz`] what the fuzz targets do, [`models`] what the benchmarks load, [`project`] compiles crates, [`random`] gives the numbers of tests that try very many inputs, [`server`] is a web server that can fail,
//! and [`tensorflow`] lets tests skip without the library.

pub mod architectures;
pub mod conformance;
pub mod corpus;
pub mod fuzz;
pub mod gpt2;
pub mod memory;
pub mod models;
pub mod project;
pub mod random;
pub mod server;
pub mod tensorflow;
pub mod writer;

/// The examples of the page are compiled.
#[cfg(doctest)]
#[doc = include_str!("../../checkpoint-derive/attributes.md")]
#[doc = include_str!("../../docs/convert.md")]
struct Attributes;

/// So are those of the README and of the pages that it links to first.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../docs/checks.md")]
#[doc = include_str!("../../docs/guide.md")]
struct Readme;
