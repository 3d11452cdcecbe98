//! All single mistakes in a model, by kind. Each is made at every possible place, in the order of the source.

use super::model::{Field, Model, Part, Word, array_length, bounds, element, held, listed, rank};
use super::text::{expressions, globs, indices, letters, segments, separators};

/// A model with one mistake.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// The kind of mistake.
    pub(crate) kind: &'static str,
    /// A description of the change.
    pub(crate) what: String,
    /// The changed parts.
    pub(crate) parts: Vec<Part>,
    /// The changed model.
    pub(crate) model: Model,
}

impl Change {
    /// Returns the unchanged model.
    pub(crate) fn none(model: &Model) -> Self {
        Self { kind: "none", what: String::new(), parts: Vec::new(), model: model.clone() }
    }
}

/// The changes so far.
struct Changes<'a> {
    model: &'a Model,
    found: Vec<Change>,
}

/// Returns all changes of a model, by kind. Some of them are no mistake.
pub(crate) fn all(model: &Model) -> Vec<Change> {
    let mut changes = Changes { model, found: Vec::new() };
    for (at, item) in model.structs.iter().enumerate() {
        for number in 0..item.words.len() {
            changes.word_of_struct(at, number);
            changes.fixed_symbols(at, number);
        }
        if item.name == model.root {
            changes.add_separator(at);
        }
        for number in 0..item.fields.len() {
            changes.paths(at, number);
            changes.removed(at, number);
            changes.types(at, number);
            changes.words_of_field(at, number);
            for other in number + 1..item.fields.len() {
                changes.swapped(at, number, other);
            }
        }
    }
    changes.found.retain(|change| change.model != *model);
    changes.found.sort_by_key(|change| change.kind);
    changes.found
}

impl Changes<'_> {
    fn add(
        &mut self,
        kind: &'static str,
        what: String,
        parts: Vec<Part>,
        change: impl FnOnce(&mut Model),
    ) {
        let mut model = self.model.clone();
        change(&mut model);
        self.found.push(Change { kind, what, parts, model });
    }

    /// Changes a field.
    fn field(
        &mut self,
        at: [usize; 2],
        kind: &'static str,
        how: &str,
        change: impl FnOnce(&mut Field),
    ) {
        let item = &self.model.structs[at[0]];
        let (item, field) = (&item.name, &item.fields[at[1]].name);
        let what = format!("{item}.{field}: {how}");
        let part = Part::field(item, field);
        self.add(kind, what, vec![part], |model| {
            change(&mut model.structs[at[0]].fields[at[1]]);
        });
    }

    /// Changes the value of an attribute of a field.
    fn word(&mut self, at: [usize; 2], number: usize, kind: &'static str, rest: String) {
        let word = &self.model.structs[at[0]].fields[at[1]].words[number];
        let how = format!("`{}{}` -> `{rest}`", word.name, word.rest);
        self.field(at, kind, &how, |field| field.words[number].rest = rest);
    }

    fn word_of_struct(&mut self, at: usize, number: usize) {
        let item = &self.model.structs[at];
        let word = item.words[number].clone();
        let part = Part::word(&item.name, &word.name);
        let mut add = |kind, rest: Option<String>| {
            let how = rest.as_ref().map_or("removed".to_owned(), |rest| format!("`{rest}`"));
            let what = format!("{}: `{}{}` -> {how}", item.name, word.name, word.rest);
            self.add(kind, what, vec![part.clone()], |model| {
                let words = &mut model.structs[at].words;
                match rest {
                    Some(rest) => words[number].rest = rest,
                    None => drop(words.remove(number)),
                }
            });
        };
        let list = word.list();
        let others = |left_out: usize, put: Option<String>| {
            let mut list = list.clone();
            list.splice(left_out..=left_out, put);
            format!("({})", list.join(", "))
        };
        match word.name.as_str() {
            "prefix" => {
                add("prefix wrong", None);
                for text in letters(&word.text()).into_iter().chain(segments(&word.text())) {
                    add("prefix wrong", Some(format!("= {:?}", text.1)));
                }
            }
            "shadow" => {
                add("averages wrong", None);
                for text in letters(&word.text()) {
                    add("averages wrong", Some(format!("= {:?}", text.1)));
                }
            }
            "ignore" => {
                for at in 0..list.len() {
                    let rest = (list.len() > 1).then(|| others(at, None));
                    add("ignored no more", rest);
                    for glob in globs(&list[at]) {
                        add("glob misspelled", Some(others(at, Some(glob))));
                    }
                }
            }
            "assert" => {
                let wrong = word.rest.replace("== 0", "== 1");
                add("assertion wrong", Some(wrong));
            }
            "constant" => {
                for wrong in constants(&word, &item.fields) {
                    add("constant wrong", wrong);
                }
            }
            "cast" => add("cast removed", None),
            _ => {}
        }
    }

    fn fixed_symbols(&mut self, at: usize, number: usize) {
        let item = &self.model.structs[at];
        let word = item.words[number].clone();
        for (symbol, value) in word.pairs().into_iter().filter(|_| word.name == "dims") {
            let wrong = format!("{symbol} = {}", value.parse::<u64>().unwrap_or_default() + 1);
            let what = format!("{}: `{wrong}`", item.name);
            let parts = vec![Part::word(&item.name, "dims")];
            let rest = word.rest.replace(&format!("{symbol} = {value}"), &wrong);
            self.add("symbol of a wrong value", what, parts, |model| {
                model.structs[at].words[number].rest = rest;
            });
        }
    }

    fn add_separator(&mut self, at: usize) {
        let name = self.model.structs[at].name.clone();
        for separator in [".", "_", ""] {
            let fields = self.model.structs[at].fields.iter();
            let mut parts: Vec<_> = fields.map(|field| Part::field(&name, &field.name)).collect();
            parts.push(Part::word(&name, "separator"));
            let what = format!("{name}: `separator = {separator:?}`");
            self.add("separator wrong", what, parts, |model| {
                let word = Word::new("separator", format!("= {separator:?}"));
                model.structs[at].words.push(word);
            });
        }
    }

    fn paths(&mut self, at: usize, number: usize) {
        let field = self.model.structs[at].fields[number].clone();
        let here = [at, number];
        if ["flatten", "dim"].iter().any(|word| field.word(word).is_some()) {
            return;
        }
        let joins = |word: &Word| word.name == "concat" && word.value("paths").is_some();
        if let Some(position) = field.words.iter().position(joins) {
            let concat = &field.words[position].rest;
            let paths = field.word("concat").and_then(|word| word.value("paths"));
            for path in Word::new("paths", paths.unwrap_or_default()).list() {
                for (kind, text) in spelled(&Word::new("", path.clone()).text()) {
                    self.word(here, position, kind, concat.replace(&path, &format!("{text:?}")));
                }
            }
            return;
        }
        for (kind, path) in spelled(&field.path()).into_iter().chain(indices(&field.path())) {
            let how = format!("path {path:?}");
            self.field(here, kind, &how, |field| set_path(field, &path));
        }
        let (_, wrong) = letters(&field.path()).swap_remove(0);
        let how = format!("`Option` of {wrong:?}");
        // The variable of a copy is taken by another field anyway.
        if field.word("copy").is_none() {
            self.field(here, "optional, and misspelled", &how, |field| {
                set_path(field, &wrong);
                if !field.ty.starts_with("Option<") {
                    field.ty = format!("Option<{}>", field.ty);
                }
            });
        }
        for (position, word) in field.words.iter().enumerate() {
            if word.name == "alias" {
                for (_, alias) in spelled(&word.text()) {
                    self.word(here, position, "alias wrong", format!("= {alias:?}"));
                }
                self.field(here, "alias wrong", "no alias", |field| {
                    field.words.remove(position);
                });
            }
        }
    }

    fn removed(&mut self, at: usize, number: usize) {
        let item = &self.model.structs[at];
        let (item, field) = (item.name.clone(), item.fields[number].name.clone());
        let what = format!("{item}.{field}: removed");
        self.add("field removed", what, vec![Part::field(&item, &field)], |model| {
            model.structs[at].fields.remove(number);
        });
    }

    fn types(&mut self, at: usize, number: usize) {
        let ty = self.model.structs[at].fields[number].ty.clone();
        let inner = held(&ty).to_owned();
        let here = [at, number];
        let mut set = |kind, wrong: String| {
            self.field(here, kind, &format!("`{wrong}`"), |field| field.ty = wrong);
        };
        if let Some(some) = ty.strip_prefix("Option<").and_then(|ty| ty.strip_suffix('>')) {
            set("never optional", some.to_owned());
        }
        if let Some(list) = ty.strip_prefix("Vec<").and_then(|ty| ty.strip_suffix('>')) {
            for length in [1, 5, 11, 13] {
                set("wrong count", format!("[{list}; {length}]"));
            }
        }
        if let (Some(length), Some((element, _))) = (array_length(&ty), ty.split_once(';')) {
            for length in [length - 1, length + 1, 2 * length] {
                set("wrong number of parts", format!("{element}; {length}]"));
            }
        }
        if inner.starts_with("Array") {
            let axes = rank(&inner);
            for wrong in [axes.wrapping_sub(1), axes + 1] {
                let wrong = inner.replace(&format!("Array{axes}"), &format!("Array{wrong}"));
                set("wrong rank", ty.replace(&inner, &wrong));
            }
            for wrong in ["f64", "half::f16", "i32", "u8", "bool"] {
                let wrong = inner.replace(element(&inner), wrong);
                set("wrong dtype", ty.replace(&inner, &wrong));
            }
        }
    }

    fn words_of_field(&mut self, at: usize, number: usize) {
        let field = self.model.structs[at].fields[number].clone();
        let here = [at, number];
        for (position, word) in field.words.iter().enumerate() {
            match word.name.as_str() {
                "shape" => self.shape(here, position, word),
                "dims" => self.renamed(here, position, word),
                "repeat" => self.repeated(here, position, word),
                "squeeze" | "transpose" | "expand" => {
                    let how = format!("without `{}`", word.name);
                    self.field(here, "step removed", &how, |field| {
                        field.words.remove(position);
                    });
                    if word.name != "transpose" {
                        self.word(here, position, "axis wrong", "(1)".to_owned());
                    }
                }
                "split" | "chunk" | "concat" => self.cut(here, position, word),
                "reorder" => self.reordered(here, position, word),
                "tie" => self.tied(here, position, word),
                "copy" => self.field(here, "copy wrong", "without `copy`", |field| {
                    field.words.remove(position);
                }),
                "parallel" => self.divided(here, position, word),
                _ => {}
            }
        }
        if field.word("copy").is_none() && held(&field.ty).starts_with("Array") {
            self.field(here, "copy wrong", "with `copy`", |field| {
                field.words.push(Word::new("copy", ""));
            });
        }
        if field.word("shape").is_some() {
            for (step, rest) in [("transpose", ""), ("squeeze", ""), ("expand", "(0)")] {
                if field.word(step).is_none() {
                    let how = format!("with `{step}{rest}`");
                    let first = field.words.iter().position(|word| word.name == "shape");
                    self.field(here, "step added", &how, |field| {
                        field.words.insert(first.unwrap_or_default(), Word::new(step, rest));
                    });
                }
            }
        }
    }

    fn shape(&mut self, here: [usize; 2], position: usize, word: &Word) {
        let axes = word.list();
        let symbols = self.symbols();
        let written = |axes: &[String]| format!("= [{}]", axes.join(", "));
        for at in 0..axes.len() {
            for (kind, wrong) in expressions(&axes[at], &symbols) {
                let mut axes = axes.clone();
                axes[at] = wrong;
                self.word(here, position, kind, written(&axes));
            }
            let mut fewer = axes.clone();
            fewer.remove(at);
            self.word(here, position, "axis of a shape too few or many", written(&fewer));
        }
        let more: Vec<String> = axes.iter().cloned().chain(["1".to_owned()]).collect();
        self.word(here, position, "axis of a shape too few or many", written(&more));
        let turned: Vec<String> = axes.iter().rev().cloned().collect();
        self.word(here, position, "axes of a shape swapped", written(&turned));
    }

    fn renamed(&mut self, here: [usize; 2], position: usize, word: &Word) {
        let pairs = word.pairs();
        let symbols = self.symbols();
        let written = |pairs: &[(String, String)]| {
            let pairs: Vec<String> = pairs.iter().map(|(a, b)| format!("{a} = {b}")).collect();
            format!("({})", pairs.join(", "))
        };
        for at in 0..pairs.len() {
            for (kind, wrong) in expressions(&pairs[at].1, &symbols) {
                let mut pairs = pairs.clone();
                pairs[at].1 = wrong;
                self.word(here, position, kind, written(&pairs));
            }
        }
        if let [(a, b), (c, d)] = &pairs[..] {
            let turned = [(a.clone(), d.clone()), (c.clone(), b.clone())];
            self.word(here, position, "axes of a shape swapped", written(&turned));
        }
    }

    fn repeated(&mut self, here: [usize; 2], position: usize, word: &Word) {
        if let Some((index, numbers)) = listed(word) {
            return self.listed(here, position, &index, &numbers);
        }
        let Some((index, start, end)) = bounds(word) else { return };
        for range in [
            format!("1..{end}"),
            format!("{start}..5"),
            format!("{start}..7"),
            format!("{start}..11"),
            format!("{start}..13"),
        ] {
            self.word(here, position, "wrong count", format!("({index} = {range})"));
        }
        self.word(here, position, "index wrong", format!("(k = {start}..{end})"));
    }

    fn listed(&mut self, here: [usize; 2], position: usize, index: &str, numbers: &[String]) {
        let written =
            |index: &str, numbers: &[String]| format!("({index} in [{}])", numbers.join(", "));
        for at in 0..numbers.len() {
            let mut fewer = numbers.to_vec();
            let number = fewer.remove(at);
            self.word(here, position, "number not listed", written(index, &fewer));
            for wrong in [format!("{number}0"), numbers[(at + 1) % numbers.len()].clone()] {
                let mut numbers = numbers.to_vec();
                numbers[at] = wrong;
                self.word(here, position, "number wrong", written(index, &numbers));
            }
        }
        let more = [numbers, &["1024".to_owned()]].concat();
        self.word(here, position, "number wrong", written(index, &more));
        self.word(here, position, "index wrong", written("k", numbers));
        self.word(here, position, "numbers not listed", format!("({index})"));
        self.word(here, position, "numbers not listed", format!("({index} = any)"));
        self.field(here, "numbers not listed", "any in a map", |field| {
            field.ty = field.ty.replace("Vec<", "std::collections::BTreeMap<usize,");
            field.words[position].rest = format!("({index} = any)");
        });
        self.field(here, "wrong count", "an array of one element less", |field| {
            let element = held(&field.ty).to_owned();
            field.ty = format!("[{element}; {}]", numbers.len() - 1);
        });
    }

    /// Changes other names of a variable.
    fn tied(&mut self, here: [usize; 2], position: usize, word: &Word) {
        self.field(here, "tie wrong", "without `tie`", |field| {
            field.words.remove(position);
        });
        for tie in word.list() {
            for (_, wrong) in spelled(&Word::new("", tie.clone()).text()) {
                let rest = word.rest.replace(&tie, &format!("{wrong:?}"));
                self.word(here, position, "tie wrong", rest);
            }
        }
    }

    fn reordered(&mut self, here: [usize; 2], position: usize, word: &Word) {
        let written = |axis: &str, order: &[String]| {
            format!("(axis = {axis}, order = [{}])", order.join(", "))
        };
        let order = Word::new("order", word.value("order").unwrap_or_default()).list();
        let axis = word.value("axis").unwrap_or_default();
        self.word(here, position, "axis wrong", written("2", &order));
        self.word(here, position, "order wrong", written(&axis, &order[..order.len() - 1]));
        let more: Vec<String> = (0..7).rev().map(|block| block.to_string()).collect();
        self.word(here, position, "order wrong", written(&axis, &more));
        let mut twice = order.clone();
        twice[0].clone_from(&order[order.len() - 1]);
        self.word(here, position, "order wrong", written(&axis, &twice));
    }

    fn divided(&mut self, here: [usize; 2], position: usize, word: &Word) {
        let axis = word.value("axis").unwrap_or_default();
        let of = word.value("of").unwrap_or_default();
        let written = |axis: &str, of: &str| format!("(axis = {axis}, of = {of})");
        self.word(here, position, "axis wrong", written("2", &of));
        for wrong in ["[1, 2, 5]", "[1, 7]", "[2, 2]", "[0, 2]", "[]"] {
            self.word(here, position, "number of ranks wrong", written(&axis, wrong));
        }
        self.word(here, position, "number of ranks wrong", format!("(axis = {axis})"));
        self.field(here, "step removed", "without `parallel`", |field| {
            field.words.remove(position);
        });
    }

    fn cut(&mut self, here: [usize; 2], position: usize, word: &Word) {
        let how = format!("without `{}`", word.name);
        self.field(here, "part wrong", &how, |field| drop(field.words.remove(position)));
        for (key, value) in word.pairs() {
            if let Ok(number) = value.parse::<u64>() {
                let rest = word
                    .rest
                    .replace(&format!("{key} = {value}"), &format!("{key} = {}", number + 1));
                self.word(here, position, "part wrong", rest);
                if number > 0 {
                    let less = format!("{key} = {}", number - 1);
                    let rest = word.rest.replace(&format!("{key} = {value}"), &less);
                    self.word(here, position, "part wrong", rest);
                }
            } else {
                let paths = Word::new("paths", value.clone()).list();
                let (first, last) = (paths.first().cloned(), paths.last().cloned());
                let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
                for wrong in [
                    format!("[{first}]"),
                    format!("[{first}, {first}]"),
                    format!("[{last}, {first}]"),
                ] {
                    self.word(here, position, "part wrong", word.rest.replace(&value, &wrong));
                }
            }
        }
    }

    fn swapped(&mut self, at: usize, one: usize, other: usize) {
        let item = &self.model.structs[at];
        let (a, b) = (&item.fields[one], &item.fields[other]);
        let parts = vec![Part::field(&item.name, &a.name), Part::field(&item.name, &b.name)];
        let what = |how| format!("{}.{} and {}: {how}", item.name, a.name, b.name);
        let is_plain = |field: &Field| {
            ["flatten", "dim", "concat"].iter().all(|word| field.word(word).is_none())
        };
        if is_plain(a) && is_plain(b) {
            let (first, second) = (a.path(), b.path());
            self.add("paths swapped", what("paths"), parts.clone(), |model| {
                set_path(&mut model.structs[at].fields[one], &second);
                set_path(&mut model.structs[at].fields[other], &first);
            });
        }
        let (first, second) = (a.ty.clone(), b.ty.clone());
        self.add("types swapped", what("types"), parts, |model| {
            let fields = &mut model.structs[at].fields;
            (fields[one].ty, fields[other].ty) = (second, first);
        });
    }

    /// Returns the symbols that structs declare, each once.
    fn symbols(&self) -> Vec<String> {
        let words = self.model.structs.iter().flat_map(|item| &item.words);
        let dims = words.filter(|word| word.name == "dims").flat_map(Word::list);
        let named = dims.map(|item| item.split('=').next().unwrap_or_default().trim().to_owned());
        let mut symbols = Vec::new();
        for symbol in named {
            if !symbols.contains(&symbol) {
                symbols.push(symbol);
            }
        }
        symbols
    }
}

/// Returns other texts of a constant: none, with other paths, and with a shape.
fn constants(word: &Word, fields: &[Field]) -> Vec<Option<String>> {
    let path = word.value("path").unwrap_or_default();
    let misspelled = spelled(&Word::new("", path.clone()).text());
    let others =
        misspelled.into_iter().map(|(_, wrong)| wrong).chain(fields.iter().map(Field::path));
    let others = others.map(|wrong| Some(word.rest.replace(&path, &format!("{wrong:?}"))));
    let shaped = word.rest.trim_end_matches(')').to_owned() + ", shape = [1])";
    others.chain([None, Some(shaped)]).collect()
}

/// Returns all misspellings of a path.
pub(crate) fn spelled(path: &str) -> Vec<(&'static str, String)> {
    let mut all = letters(path);
    all.extend(segments(path));
    all.extend(separators(path));
    all
}

fn set_path(field: &mut Field, path: &str) {
    let rest = format!("= {path:?}");
    match field.words.iter_mut().find(|word| word.name == "path") {
        Some(word) => word.rest = rest,
        None => field.words.insert(0, Word::new("path", rest)),
    }
}
