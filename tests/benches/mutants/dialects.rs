//! Mistakes in the dialects of the structs in the examples. Each is checked against the manifests of both dialects at once.

use std::io;

use super::change::{Change, spelled};
use super::check::{Listed, Manifests};
use super::compile::{Compiler, Complaint};
use super::model::{Field, Model, Part, Word, held, rank};
use super::oracle::Answer;
use super::text::{globs, indices};
use super::{
    ALBERT, BERT, ELECTRA, Effort, GPT2, MOBILENET, MOBILENET_V2, Outcome, T5, describe, examples,
    judge, on_all_cores, saving, texts, truth,
};

/// A model with dialects.
pub(crate) struct Case {
    /// The name of the model.
    pub(crate) name: &'static str,
    /// The root, if it is not the first struct with a manifest.
    root: Option<&'static str>,
    /// The sources of its structs.
    sources: &'static [&'static str],
}

/// The models.
pub(crate) const CASES: [Case; 9] = [
    case("gpt2", GPT2),
    case("bert", &[BERT]),
    Case { root: Some("FineTunedBert"), ..case("bert-fine-tuned", &[BERT]) },
    case("albert", ALBERT),
    case("t5", T5),
    case("electra", &[ELECTRA, BERT]),
    Case { root: Some("Generator"), ..case("electra-generator", &[ELECTRA, BERT]) },
    case("mobilenet-v1", &[MOBILENET]),
    case("mobilenet-v2", MOBILENET_V2),
];

/// Changes of names and globs that no manifest has.
const UNSEEN: [&str; 2] = ["other name of a dialect", "optional glob of a dialect"];

const fn case(name: &'static str, sources: &'static [&'static str]) -> Case {
    Case { name, root: None, sources }
}

/// Makes changes to the dialects of a model, and checks each against the manifests of all dialects.
pub(crate) fn run(case: &Case, effort: Effort, compiler: &Compiler) -> io::Result<Outcome> {
    let model = Model::parse(case.sources, case.root).without_functions();
    let manifests = Manifests::read(&examples(), &files(&model))?;
    let changes = all(&model);
    let step = changes.len().div_ceil(effort.tried.max(1)).max(1);
    let changes = std::iter::once(Change::none(&model)).chain(changes.into_iter().step_by(step));
    let changes: Vec<Change> = changes.collect();
    let asked = on_all_cores(&changes, |_, change| Ok(Asked::of(change, &model, &manifests)))?;
    let of_compiler = on_all_cores(&changes, |number, change| {
        let compile = || compiler.compile(number, &change.model.source().0, &examples());
        effort.compiles(number, asked[number].checked.is_none()).then(compile).transpose()
    })?;
    let mut outcome = Outcome::default();
    for ((change, asked), compiled) in changes.iter().zip(asked).zip(of_compiler) {
        outcome.compiled += usize::from(compiled.is_some());
        outcome.compare(change, asked.checked.as_deref(), compiled.as_deref());
        let Some(complaints) = compiled.or(asked.checked) else { continue };
        let what = format!("{}: {}", change.kind, change.what);
        let said = || format!("{what}; {}\n    {}", judge::reason(&complaints), texts(&complaints));
        if change.kind == "none" {
            assert!(complaints.is_empty(), "{}: {}", case.name, said());
            continue;
        }
        let count = outcome.kinds.entry(change.kind).or_default();
        if complaints.is_empty() && !asked.moves_elements {
            // Such as an absolute path in a root without a prefix, or a name that only old files have (tests of the examples load them).
            if UNSEEN.contains(&change.kind) || change.what.contains("\"/") {
                count.harmless += 1;
            } else {
                count.mistakes += 1;
                outcome.missed.push(what);
            }
            continue;
        }
        count.mistakes += 1;
        if complaints.is_empty() {
            outcome.tested.push(what);
            continue;
        }
        count.caught += 1;
        let lines = change.model.source().1;
        if asked.answers.iter().any(|it| judge::is_named(&complaints, change, it, &lines)) {
            count.named += 1;
        } else {
            outcome.unnamed.push(said());
        }
    }
    Ok(outcome)
}

/// The results for a change.
struct Asked {
    /// The messages of the check; `None` without a description.
    checked: Option<Vec<Complaint>>,
    /// The answers of the oracle in each dialect, for the messages that must name the change.
    answers: Vec<Answer>,
    /// True if a load takes other elements, as a test that compares the elements of both dialects sees.
    moves_elements: bool,
}

impl Asked {
    fn of(change: &Change, model: &Model, manifests: &Manifests) -> Self {
        let declared = |model: &Model| files(model).len();
        let described = describe::describe(&change.model);
        let described = described.ok().filter(|_| declared(&change.model) == declared(model));
        let checked = described.map(|node| manifests.check(node));
        let is_refused = checked.as_ref().is_none_or(|said| !said.is_empty());
        let elements = |node| saving::elements(node, manifests);
        let all = manifests.all.iter().filter(|_| is_refused);
        let answer = |listed: &Listed| {
            let alone = match listed.dialect {
                0 => change.model.first_dialect(),
                _ => change.model.other_dialect("hf"),
            };
            let described = describe::describe(&alone);
            truth::follow(&described, &truth::variables(&listed.listing))
        };
        let first = describe::describe(model).expect("the model is described");
        Self {
            answers: all.map(answer).collect(),
            moves_elements: !is_refused
                && described.is_some_and(|node| elements(node) != elements(first)),
            checked,
        }
    }
}

/// Returns the manifests of the root, by the numbers of their dialects.
fn files(model: &Model) -> Vec<Vec<String>> {
    let root = model.get(&model.root).expect("there is a root");
    let word = |name: &str| root.words.iter().find(|word| word.name == name);
    let declared = word("dialects").map_or_else(Vec::new, Word::list);
    let names = declared.iter().map(|entry| Word::of(entry).name);
    let listed = word("manifest").map_or_else(Vec::new, Word::list);
    // `tf = "a.txt"` or `tf("a.txt", "b.txt")`
    let of_dialect = |name: String| {
        let entry = listed.iter().map(|entry| Word::of(entry)).find(|entry| entry.name == name);
        let files = entry.map_or_else(Vec::new, |entry| entry.list());
        files.iter().map(|file| Word::new("", file).text()).collect()
    };
    names.map(of_dialect).collect()
}

/// Returns all changes of the attributes of dialects, by kind.
fn all(model: &Model) -> Vec<Change> {
    let mut found = Vec::new();
    for (at, item) in model.structs.iter().enumerate() {
        for (number, word) in item.words.iter().enumerate() {
            if !["dialect", "dialects"].contains(&word.name.as_str()) {
                continue;
            }
            for (kind, how, changed) in changed(word, false) {
                let mut model = model.clone();
                replace(&mut model.structs[at].words, number, changed);
                let what = format!("{}: {how}", item.name);
                found.push(Change {
                    kind,
                    what,
                    parts: vec![Part::word(&item.name, &word.name)],
                    model,
                });
            }
        }
        for (number, field) in item.fields.iter().enumerate() {
            for (kind, how, words) in of_field(field) {
                let mut model = model.clone();
                model.structs[at].fields[number].words = words;
                let what = format!("{}.{}: {how}", item.name, field.name);
                found.push(Change {
                    kind,
                    what,
                    parts: vec![Part::field(&item.name, &field.name)],
                    model,
                });
            }
        }
    }
    found.sort_by_key(|change| change.kind);
    found
}

/// Replaces an attribute, or removes it.
fn replace(words: &mut Vec<Word>, at: usize, with: Option<Word>) {
    words.splice(at..=at, with);
}

type Changed = (&'static str, String, Option<Word>);

/// Returns the changes of a field: the kind, a description, and its attributes.
fn of_field(field: &Field) -> Vec<(&'static str, String, Vec<Word>)> {
    let mut found = Vec::new();
    let mut add = |kind, how: String, change: &dyn Fn(&mut Vec<Word>)| {
        let mut words = field.words.clone();
        change(&mut words);
        found.push((kind, how, words));
    };
    let has_dialect = field.word("dialect").is_some();
    let has_axes = rank(held(&field.ty)) >= 2;
    for (at, word) in field.words.iter().enumerate() {
        match word.name.as_str() {
            "dialect" => {
                for (kind, how, changed) in changed(word, has_axes) {
                    add(kind, how, &|words| replace(words, at, changed.clone()));
                }
            }
            "same_layout" => {
                add("same_layout removed", word.name.clone(), &|words| drop(words.remove(at)));
            }
            "transpose" if has_dialect => {
                let how = "`transpose` of the first dialect".to_owned();
                add("step removed", how, &|words| drop(words.remove(at)));
            }
            _ => {}
        }
    }
    if has_dialect && rank(held(&field.ty)) == 2 {
        let first = field.words.iter().position(|word| word.name == "shape");
        let at = first.unwrap_or(field.words.len());
        if field.word("transpose").is_none() {
            add("step added", "`transpose` in the first dialect".to_owned(), &|words| {
                words.insert(at, Word::new("transpose", ""));
            });
        }
        let is_turned = field.word("dialect").is_some_and(|word| word.rest.contains("transpose"));
        if field.word("same_layout").is_none() && is_turned && field.word("transpose").is_none() {
            add("same_layout added", "`same_layout`".to_owned(), &|words| {
                words.push(Word::new("same_layout", ""));
            });
        }
    }
    found
}

/// Returns the changes of `dialect(hf, ...)` or `dialects(tf, hf(...))`. If `turns`, a transpose is one.
fn changed(word: &Word, turns: bool) -> Vec<Changed> {
    let mut found: Vec<Changed> =
        vec![("dialect removed", format!("without `{}`", word.name), None)];
    let list = word.list();
    let written = |list: &[String]| Some(Word::new(&word.name, format!("({})", list.join(", "))));
    for (at, entry) in list.iter().enumerate() {
        let inner = (word.name == "dialects").then(|| entry.split_once('(')).flatten();
        if word.name == "dialects" {
            // `hf(separator = ".", ...)`
            let Some((name, rest)) = inner else { continue };
            let items = Word::new("", format!("({rest}")).list();
            for (kind, how, items) in of_items(&items, turns) {
                let mut list = list.clone();
                list[at] = format!("{} ({})", name.trim(), items.join(", "));
                found.push((kind, how, written(&list)));
            }
        } else if at == 0 {
            for (kind, how, items) in of_items(&list[1..], turns) {
                let list: Vec<_> = list[..1].iter().cloned().chain(items).collect();
                found.push((kind, how, written(&list)));
            }
        }
    }
    found
}

/// Returns the changes of the items of a dialect. If `turns`, a transpose is one.
fn of_items(items: &[String], turns: bool) -> Vec<(&'static str, String, Vec<String>)> {
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let end = item.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let (name, rest) = item.split_at(end.unwrap_or(item.len()));
        let kind = match name {
            "path" | "prefix" => "path of a dialect",
            "alias" | "prefix_alias" | "tie" => "other name of a dialect",
            "ignore" if item.contains("optional") => "optional glob of a dialect",
            "ignore" => "glob of a dialect",
            "separator" => "separator of a dialect",
            _ => "step of a dialect",
        };
        let mut add = |how: String, put: Option<String>| {
            let mut items = items.to_vec();
            items.splice(at..=at, put);
            found.push((kind, how, items));
        };
        add(format!("without `{item}`"), None);
        for wrong in misspelled(item, &Word::new(name, rest.trim())) {
            add(format!("`{wrong}`"), Some(wrong));
        }
    }
    let moves = |item: &String| item.starts_with("transpose") || item.starts_with("permute");
    if turns && !items.iter().any(moves) {
        let more = items.iter().cloned().chain(["transpose".to_owned()]).collect();
        found.push(("step of a dialect", "with `transpose`".to_owned(), more));
    }
    found
}

/// Returns other texts of an item of a dialect.
fn misspelled(item: &str, word: &Word) -> Vec<String> {
    let first_of = |texts: Vec<String>, wrong: &dyn Fn(&str) -> Option<String>| {
        let put = |own: &String| Some(item.replace(own, &wrong(own)?));
        texts.iter().filter_map(put).collect()
    };
    let other = |own: &str| {
        let text = Word::new("", own).text();
        spelled(&text).first().map(|(_, wrong)| format!("{wrong:?}"))
    };
    match word.name.as_str() {
        "path" | "prefix" => {
            let text = word.text();
            let texts = spelled(&text).into_iter().chain(indices(&text)).map(|(_, wrong)| wrong);
            // The separator of the dialect may be written in paths, and the prefix of a root starts at the root in any case.
            let differs = |wrong: &String| {
                let wrong = wrong.replace('.', "/");
                let own =
                    if word.name == "prefix" { wrong.trim_start_matches('/') } else { &wrong };
                !own.is_empty() && own != text
            };
            texts.filter(differs).map(|wrong| format!("{} = {wrong:?}", word.name)).collect()
        }
        "alias" => first_of(vec![word.rest.trim_start_matches(['=', ' ']).to_owned()], &other),
        "tie" => first_of(word.list(), &other),
        "ignore" => first_of(word.list(), &|own| globs(own).into_iter().next()),
        "permute" => {
            let axes = word.list();
            let swapped = |first: usize| {
                let mut axes = axes.clone();
                axes.swap(first - 1, first);
                format!("permute({})", axes.join(", "))
            };
            (1..axes.len()).map(swapped).collect()
        }
        _ => Vec::new(),
    }
}
