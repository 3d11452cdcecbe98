//! Model crates that use the derive: see `gpt2`.
