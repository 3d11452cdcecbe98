//! Support for the tests of the workspace.
//!
//! - [`corpus`]: checkpoints that `TensorFlow` wrote, with what it reads from them.
//! - [`writer`]: writes checkpoints from the description of the format alone. It shares no code with the reader, so both are checked
//!   twice.
//! - [`gpt2`]: checkpoints of GPT-2 of any size, also as the command `generate-gpt2`. [`architectures`]: those of other models.
//! - [`conformance`]: the tests of every source.
//! - [`fuzz`]: the fuzz targets.
//! - [`mapped`]: checkpoints in memory that record all reads. [`memory`]: checkpoints in memory whose elements count.
//! - [`models`]: the structs of the benchmarks.
//! - [`project`]: compiles crates.
//! - [`random`]: numbers for tests of very many inputs.
//! - [`server`]: a web server that can fail.
//! - [`tensorflow`]: lets tests skip without the library.

pub mod architectures;
pub mod conformance;
pub mod corpus;
pub mod fuzz;
pub mod gpt2;
pub mod mapped;
pub mod memory;
pub mod models;
pub mod programs;
pub mod project;
pub mod random;
pub mod server;
pub mod tensorflow;
pub mod writer;

/// Compiles the examples of the page.
#[cfg(doctest)]
#[doc = include_str!("../../checkpoint-derive/attributes.md")]
#[doc = include_str!("../../docs/convert.md")]
struct Attributes;

/// Compiles the examples of the README, and of the pages that it links to first.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[doc = include_str!("../../docs/checks.md")]
#[doc = include_str!("../../docs/guide.md")]
#[doc = include_str!("../../docs/ranks.md")]
#[doc = include_str!("../../checkpoint-core/README.md")]
struct Readme;
