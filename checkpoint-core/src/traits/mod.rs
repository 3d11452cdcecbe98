//! Traits of types that can be loaded and saved, and the parts that their implementations exchange.

pub(crate) mod custom;
pub(crate) mod from_checkpoint;
pub(crate) mod to_checkpoint;
pub(crate) mod values;
