//! Kinds of problems, told by their sentences: those of the compiler have nothing else.

/// Words that only sentences of a kind have; the first that match tell it.
const WORDS: [(&str, &str); 28] = [
    ("no manifest has", "never"),
    ("none of its variables, but has", "hole"),
    ("has none of its", "absent"),
    ("no variables under", "elsewhere"),
    ("no variable ", "missing"),
    ("beyond the bounds of its list", "beyond"),
    ("elements; take the other parts too", "gap"),
    ("takes some elements too", "overlap"),
    ("that no field takes", "slots"),
    ("no field takes", "unmapped"),
    ("is loaded by", "taken"),
    ("is loaded, but", "ignored"),
    ("and the field takes one", "aliases"),
    ("but the field holds", "dtype"),
    ("but their fields hold", "dtypes"),
    ("but the field has", "rank"),
    ("in the struct, but", "symbol"),
    ("elements of it, but the struct", "elements"),
    ("in the checkpoint, ", "shape"),
    ("is no whole number", "number"),
    ("asserts that", "assertion"),
    ("are not where the struct says", "prefix"),
    ("are called", "renamed"),
    ("keys of this checkpoint", "objects"),
    ("structs fix", "declared"),
    ("values in the checkpoint", "varied"),
    ("would tear apart", "torn"),
    ("what shape its zeros have", "zeros"),
];

/// The kind of a sentence.
pub(crate) fn of(sentence: &str) -> &'static str {
    WORDS.iter().find(|(words, _)| sentence.contains(words)).map_or("step", |(_, kind)| kind)
}
