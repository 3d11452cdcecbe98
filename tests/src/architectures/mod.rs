//! The names, dtypes and shapes of published architectures, as lists that follow from their hyper-parameters.

pub mod albert;
pub mod bert;
pub mod listing;
pub mod t5;
