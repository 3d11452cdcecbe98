//! Fields that user code converts: `with`, `map` and `try_from`.

pub(crate) mod items;
pub(crate) mod load;
pub(crate) mod save;
