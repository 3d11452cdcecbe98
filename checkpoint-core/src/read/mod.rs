//! Reading tensors: one pass over the files, on several threads, with checksums verified during the read.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::as_conversions
    )
)]

mod checksums;
mod error;
mod fill;
mod groups;
pub(crate) mod job;
mod part;
mod queue;
mod ranges;
mod read_ahead;
mod reading;
mod runs;
mod scatter;
mod strides;
mod strings;
mod whole;
mod work;

#[cfg(test)]
mod recording;
#[cfg(test)]
mod tests;

pub use error::{ReadError, ReadErrorKind};
pub use reading::Progress;

pub(crate) use error::failed;
pub(crate) use fill::{FillError, Filled, Wanted};
pub(crate) use ranges::Ranges;
pub(crate) use reading::Reading;
pub(crate) use whole::within;
