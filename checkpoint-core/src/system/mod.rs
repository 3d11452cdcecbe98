//! Threads, memory and ranks of the operating system.

pub(crate) mod huge_pages;
pub(crate) mod number;
pub(crate) mod rank;
pub(crate) mod threads;
