//! Threads and memory, as the operating system gives them.

pub(crate) mod huge_pages;
pub(crate) mod threads;
