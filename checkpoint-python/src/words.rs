//! Messages of the library in the terms of Python.

/// Terms of the library, with those of Python.
const WORDS: [(&str, &str); 12] = [
    ("`Checkpoint::variables` lists what it has", "`list(checkpoint)` has all names"),
    ("`LoadOptions::max_bytes` or `Limits::load_bytes`", "`max_bytes=`"),
    ("`LoadOptions::prefix(\"", "`prefix=\""),
    ("\")`", "\"`"),
    ("`OpenOptions::format`", "`format=`"),
    ("`SaveOptions::format`", "`format=`"),
    ("`SaveOptions::keep`", "`keep`"),
    ("`SaveOptions::like`", "`like=`"),
    ("`SaveOptions::overwrite`", "`overwrite=True`"),
    ("`SaveOptions::state_file`", "`state_file`"),
    ("`ckpt recover`", "`tfckpt.recover`"),
    ("add a field, or add it to `ignore`", "leave it out with `strict=False`"),
];

/// The fields of `Limits`, which `tfckpt.open` takes as a dictionary.
const LIMITS: [&str; 5] = ["memory", "load_bytes", "key_bytes", "shards", "slice_comparisons"];

/// Translates a message to the terms of Python.
pub(crate) fn in_python(sentence: &str) -> String {
    let said =
        WORDS.iter().fold(sentence.to_owned(), |said, (ours, here)| said.replace(ours, here));
    let limit = |said: String, name: &&str| {
        said.replace(&format!("`Limits::{name}`"), &format!("`{name}` in `limits=`"))
    };
    without_structs(LIMITS.iter().fold(said, limit))
}

/// Removes advice for authors of structs from a message.
fn without_structs(said: String) -> String {
    let Some((before, rest)) = said.split_once("write `prefix = ") else { return said };
    let Some((_, after)) = rest.split_once(", or ") else { return said };
    format!("{before}{after}")
}
