//! A model in one of its dialects, as a model without dialects.

use super::model::{Field, Model, Word};

/// The attributes of dialects.
const OF_DIALECTS: [&str; 3] = ["dialect", "dialects", "same_layout"];

/// The attributes with the names of a variable. A dialect with a path replaces all of them.
const NAMES: [&str; 4] = ["path", "alias", "tie", "flatten"];

const STEPS: [&str; 12] = [
    "squeeze",
    "expand",
    "transpose",
    "permute",
    "reshape",
    "split",
    "chunk",
    "slice",
    "reorder",
    "concat",
    "stack",
    "shape",
];

impl Model {
    /// Returns the model in the first dialect, with the manifests of this dialect.
    pub(super) fn first_dialect(&self) -> Self {
        let mut model = self.clone();
        for item in &mut model.structs {
            let has_dialects = item.words.iter().any(|word| word.name == "dialects");
            let manifests = item.words.iter_mut().filter(|word| word.name == "manifest");
            for manifest in manifests.filter(|_| has_dialects) {
                // `tf = "a.txt"` or `tf("a.txt", "b.txt")`
                manifest.rest = Word::of(&manifest.list().swap_remove(0)).rest;
            }
        }
        model.without_dialects()
    }

    /// Returns the model in another dialect. Its manifests are not changed.
    pub(super) fn other_dialect(&self, name: &str) -> Self {
        let mut model = self.clone();
        let roots = self.structs.iter().flat_map(|item| &item.words);
        let mut of_roots = roots.map(|word| items(word, "dialects", name));
        let separator = of_roots
            .find_map(|items| Some(items.iter().find(|word| word.name == "separator")?.text()));
        for item in &mut model.structs {
            let changed = ["dialects", "dialect"].map(|kind| {
                item.words.iter().flat_map(|word| items(word, kind, name)).collect::<Vec<_>>()
            });
            replace(&mut item.words, changed.concat());
            for field in &mut item.fields {
                field.choose(name);
                if let Some(separator) = &separator {
                    field.words.iter_mut().for_each(|word| word.join_by(separator));
                }
            }
        }
        model.without_dialects()
    }

    fn without_dialects(mut self) -> Self {
        let is_kept = |word: &Word| !OF_DIALECTS.contains(&word.name.as_str());
        for item in &mut self.structs {
            item.words.retain(is_kept);
            item.fields.iter_mut().for_each(|field| field.words.retain(is_kept));
        }
        self
    }
}

impl Field {
    /// Replaces the names and steps by those of a dialect, if it has any.
    pub(super) fn choose(&mut self, name: &str) {
        let Some(items) = self.words.iter().find_map(|word| found(word, "dialect", name)) else {
            return;
        };
        let is_named = |word: &Word| NAMES.contains(&word.name.as_str());
        let is_step = |word: &Word| STEPS.contains(&word.name.as_str());
        let last = self.words.iter().rfind(|word| is_step(word));
        let last = last.filter(|word| word.name == "shape").cloned();
        let has_path = items.iter().any(|word| word.name == "path");
        self.words.retain(|word| !(is_step(word) || has_path && is_named(word)));
        self.words.extend(items);
        self.words.extend(last);
    }
}

impl Word {
    /// Replaces the separators within paths.
    fn join_by(&mut self, separator: &str) {
        if NAMES.contains(&self.name.as_str()) {
            // A path that starts with `/` is absolute.
            let joined = self.rest.replace('/', separator);
            self.rest = joined.replace(&format!("\"{separator}"), "\"/");
        }
    }
}

/// Returns what a word says of a dialect: `dialect(hf, ...)`, or `dialects(tf, hf(...))`.
pub(super) fn items(word: &Word, kind: &str, name: &str) -> Vec<Word> {
    found(word, kind, name).unwrap_or_default()
}

fn found(word: &Word, kind: &str, name: &str) -> Option<Vec<Word>> {
    if word.name != kind {
        return None;
    }
    let list = word.list();
    let items = match kind {
        "dialect" if list.first().is_some_and(|first| first == name) => list[1..].to_vec(),
        "dialects" => {
            let entry = list.iter().find_map(|entry| entry.strip_prefix(name))?;
            Word::new("", entry.trim()).list()
        }
        _ => return None,
    };
    Some(items.iter().map(|item| Word::of(item)).collect())
}

/// Replaces attributes of a struct by others of the same names.
fn replace(words: &mut Vec<Word>, by: Vec<Word>) {
    words.retain(|word| by.iter().all(|other| other.name != word.name));
    // There is one prefix in a manifest.
    words.extend(by.into_iter().filter(|word| word.name != "prefix_alias"));
}
