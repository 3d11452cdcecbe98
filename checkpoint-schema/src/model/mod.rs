//! The model of the derive: names, fields, shapes, and the steps from variables to fields.

pub mod check;
pub mod description;
pub mod dialect;
pub mod expression;
pub mod family;
pub(crate) mod layout;
pub(crate) mod positions;
pub mod shadow;
pub mod template;
pub(crate) mod text;
