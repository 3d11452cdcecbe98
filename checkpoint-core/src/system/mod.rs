//! Threads, memory and ranks, as the operating system gives them.

pub(crate) mod huge_pages;
pub(crate) mod rank;
pub(crate) mod threads;
