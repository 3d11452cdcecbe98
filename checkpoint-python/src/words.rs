//! Sentences of the library in the words of Python.

/// The words of the library, and those of Python for the same.
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
    ("add a field for it, or name it in `ignore`", "leave it out with `strict=False`"),
];

/// The members of `Limits`, which `tfckpt.open` takes as a dictionary.
const LIMITS: [&str; 5] = ["memory", "load_bytes", "key_bytes", "shards", "slice_comparisons"];

/// A sentence in the words of Python.
pub(crate) fn in_python(sentence: &str) -> String {
    let said =
        WORDS.iter().fold(sentence.to_owned(), |said, (ours, here)| said.replace(ours, here));
    let limit = |said: String, name: &&str| {
        said.replace(&format!("`Limits::{name}`"), &format!("`{name}` in `limits=`"))
    };
    without_structs(LIMITS.iter().fold(said, limit))
}

/// A sentence without the ways out that only one who writes a struct has.
fn without_structs(said: String) -> String {
    let Some((before, rest)) = said.split_once("write `prefix = ") else { return said };
    let Some((_, after)) = rest.split_once(", or ") else { return said };
    format!("{before}{after}")
}
