//! Whether structs fit a manifest, told by a rule of its own: no code of the check or of planning, and no symbols to solve.
//!
//! What the symbols are is known here ([`Facts`]), and with them each field is followed to the names and lengths that it asks
//! for. A changed model is no mistake if all of them are in the manifest as asked for, and nothing is left over. A symbol that
//! is only in the places that were changed is what these places say: nothing else says what it should be.

use std::collections::{BTreeMap, BTreeSet};

use checkpoint_schema::description::Preset;
use checkpoint_schema::format::Limits;
use checkpoint_schema::glob::Glob;
use checkpoint_schema::manifest::Listing;
use syn::{BinOp, Expr, Lit};

use super::model::{Field, Model, Word, array_length, held};

/// What is known of a manifest.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Its variables: dtype and lengths of each.
    pub(crate) variables: BTreeMap<String, (String, Vec<u64>)>,
    /// What the symbols are.
    pub(crate) symbols: BTreeMap<String, u64>,
}

impl Facts {
    /// Reads a manifest, of which the symbols are known.
    pub(crate) fn new(manifest: &[u8], symbols: &[(&str, u64)]) -> Self {
        let listing = Listing::read(manifest, &Limits::default()).expect("the manifest is right");
        let variables = listing.variables().iter().map(|listed| {
            let name = listed.names[0].as_str().expect("names are text").to_owned();
            let lengths = listed.spec.shape.dims().to_vec();
            (name, (listed.spec.dtype.to_string(), lengths))
        });
        let symbols = symbols.iter().map(|&(name, value)| (name.to_owned(), value));
        Self { variables: variables.collect(), symbols: symbols.collect() }
    }
}

/// What a model takes.
#[derive(Default)]
pub(crate) struct Taken {
    /// The fields that take each variable: their paths without indices, as `Gpt2.blocks.ln_1.g`.
    pub(crate) by: BTreeMap<String, Vec<String>>,
    /// The parts that are taken of a variable: this one of so many.
    parts: BTreeMap<String, Vec<(u64, u64)>>,
    /// Expressions in the symbols of the root, and what they should be.
    equations: Vec<(String, u64)>,
    /// What must not be zero.
    asserted: Vec<String>,
    /// Variables that no field takes, though none is ignored.
    pub(crate) left: Vec<String>,
    /// Variables of which some elements are taken twice, or by no field.
    pub(crate) torn: Vec<String>,
    /// What is wrong.
    pub(crate) wrong: Vec<String>,
}

/// Follows all fields of a model.
pub(crate) fn follow(model: &Model, facts: &Facts) -> Taken {
    let mut taken = Taken::default();
    let root = Place { path: model.root.clone(), separator: "/".to_owned(), ..Place::default() };
    Walk { model, facts, taken: &mut taken }.of_struct(&model.root, &root);
    taken.cover(model, facts);
    taken.solve(facts);
    taken
}

/// Where a struct or a field is.
#[derive(Clone, Default)]
struct Place {
    /// The path of the field.
    path: String,
    /// The name so far.
    name: String,
    separator: String,
    /// The values of the indices.
    indices: BTreeMap<String, u64>,
    /// What symbols stand for, in those of the root.
    renamed: BTreeMap<String, String>,
    /// The symbols that are declared.
    declared: BTreeSet<String>,
    optional: bool,
    lossless: bool,
}

struct Walk<'a> {
    model: &'a Model,
    facts: &'a Facts,
    taken: &'a mut Taken,
}

impl Walk<'_> {
    fn of_struct(&mut self, name: &str, place: &Place) {
        let item = self.model.get(name).expect("the struct is there");
        let mut place = place.clone();
        for word in &item.words {
            match word.name.as_str() {
                "separator" => place.separator = word.text(),
                "cast" => place.lossless = word.text() == "lossless",
                "dims" => self.declare(word, &mut place),
                "assert" => self.taken.asserted.push(word.rest.clone()),
                _ => {}
            }
        }
        if let Some(prefix) = item.words.iter().find(|word| word.name == "prefix") {
            place.name = joined(&place, &prefix.text());
        }
        for field in &item.fields {
            if field.word("dim").is_none() {
                self.field(field, &place);
            }
        }
    }

    fn declare(&mut self, word: &Word, place: &mut Place) {
        for item in word.list() {
            let symbol = item.split('=').next().unwrap_or_default().trim().to_owned();
            place.declared.insert(symbol);
        }
        for (symbol, value) in word.pairs() {
            self.taken.equations.push((symbol, value.parse().unwrap_or_default()));
        }
    }

    fn field(&mut self, field: &Field, place: &Place) {
        let mut within = place.clone();
        within.path = format!("{}.{}", place.path, field.name);
        within.optional |= field.ty.starts_with("Option<");
        if let Some(dims) = field.word("dims") {
            for (symbol, value) in dims.pairs() {
                let value = self.in_root(&value, place);
                within.renamed.insert(symbol, value);
            }
        }
        let Some(repeat) = field.word("repeat") else { return self.element(field, &within, place) };
        let Some((index, start, end)) = bounds(repeat) else {
            return self.taken.wrong.push(format!("`repeat{}` has no bounds", repeat.rest));
        };
        if self.facts.symbols.contains_key(&end) {
            self.taken.equations.push((end.clone(), self.value(&end)));
        }
        let (start, end) = (self.value(&start), self.value(&end));
        if array_length(&field.ty).is_some_and(|length| length != end.saturating_sub(start)) {
            self.taken.wrong.push(format!("`{}` does not hold {start}..{end}", field.ty));
        }
        for value in start..end.min(start + 100) {
            let mut place = place.clone();
            within.indices.insert(index.clone(), value);
            place.indices.insert(index.clone(), value);
            self.element(field, &within, &place);
        }
    }

    fn element(&mut self, field: &Field, within: &Place, around: &Place) {
        if self.model.get(held(&field.ty)).is_none() {
            return self.leaf(field, within, around);
        }
        let mut within = within.clone();
        if field.word("flatten").is_none() {
            within.name = self.named(around, &field.path());
        }
        self.of_struct(held(&field.ty), &within);
    }

    fn leaf(&mut self, field: &Field, place: &Place, around: &Place) {
        let concat = field.word("concat");
        let mut variables = Vec::new();
        if let Some(concat) = concat {
            let paths = Word::new("paths", concat.value("paths").unwrap_or_default()).list();
            for path in paths {
                let path = self.named(around, &Word::new("", path).text());
                variables.extend(self.find(&[path], place));
            }
        } else {
            let aliases = field.words.iter().filter(|word| word.name == "alias").map(Word::text);
            let names: Vec<_> =
                [field.path()].into_iter().chain(aliases).map(|p| self.named(around, &p)).collect();
            variables.extend(self.find(&names, place));
        }
        let mut views = Vec::new();
        for name in &variables {
            let (dtype, lengths) = &self.facts.variables[name];
            views.push(lengths.clone());
            if !holds(element(held(&field.ty)), dtype, place.lossless) {
                self.taken.wrong.push(format!("`{name}` is {dtype}, not as `{}`", field.ty));
            }
            self.taken.by.entry(name.clone()).or_default().push(place.path.clone());
            let chunk = field.word("chunk");
            let number = |key| chunk.and_then(|chunk| chunk.value(key)?.parse().ok());
            let part = (number("index").unwrap_or(0), number("of").unwrap_or(1));
            self.taken.parts.entry(name.clone()).or_default().push(part);
        }
        if !views.is_empty()
            && let Err(wrong) = self.steps(field, place, &mut views)
        {
            self.taken.wrong.push(format!("`{}`: {wrong}", place.path));
        }
    }

    /// The one of the names that the manifest has.
    fn find(&mut self, names: &[String], place: &Place) -> Option<String> {
        let mut there = names.iter().filter(|name| self.facts.variables.contains_key(*name));
        let found = there.next();
        if there.next().is_some() {
            self.taken.wrong.push(format!("several of {names:?}"));
        }
        if found.is_none() && !place.optional {
            self.taken.wrong.push(format!("`{}`: no `{}`", place.path, names.join("`, `")));
        }
        found.cloned()
    }

    /// Does the steps of a field.
    fn steps(
        &mut self,
        field: &Field,
        place: &Place,
        views: &mut Vec<Vec<u64>>,
    ) -> Result<(), String> {
        let rank = rank(held(&field.ty));
        for word in &field.words {
            let number = |key| word.value(key).and_then(|value| value.parse::<usize>().ok());
            let axis = number("axis").unwrap_or_default();
            let listed: Vec<usize> =
                word.list().iter().filter_map(|number| number.parse().ok()).collect();
            if word.name == "concat" {
                *views = vec![concat(views, axis)?];
            }
            for view in &mut *views {
                match word.name.as_str() {
                    "squeeze" if listed.is_empty() => {
                        while view.len() > rank {
                            let unit = view.iter().position(|&length| length == 1);
                            view.remove(unit.ok_or("no axis of length 1")?);
                        }
                    }
                    "squeeze" if view.get(listed[0]) == Some(&1) => drop(view.remove(listed[0])),
                    "squeeze" => return Err("no axis of length 1".to_owned()),
                    "expand" if listed[0] <= view.len() => view.insert(listed[0], 1),
                    "expand" => return Err("no such axis".to_owned()),
                    "transpose" => view.reverse(),
                    "split" | "chunk" => {
                        let parts = array_length(&field.ty).filter(|_| word.name == "split");
                        let parts = parts.or(number("of").map(|of| of as u64)).ok_or("parts")?;
                        let length = view.get_mut(axis).ok_or("no such axis")?;
                        if *length % parts != 0 {
                            return Err(format!("{parts} parts of {length}"));
                        }
                        *length /= parts;
                    }
                    "shape" => self.compare(&word.list(), view, place)?,
                    _ => {}
                }
            }
        }
        let cut = field.word("split").is_some();
        if cut != array_length(&field.ty).is_some() || views.iter().any(|view| view.len() != rank) {
            return Err(format!("{views:?} is no `{}`", field.ty));
        }
        Ok(())
    }

    fn compare(&mut self, axes: &[String], lengths: &[u64], place: &Place) -> Result<(), String> {
        if axes.len() != lengths.len() {
            return Err(format!("{axes:?} is not {lengths:?}"));
        }
        for (axis, &length) in axes.iter().zip(lengths) {
            let equation = (self.in_root(axis, place), length);
            self.taken.equations.push(equation);
        }
        Ok(())
    }

    /// An expression in the symbols of the root.
    fn in_root(&mut self, text: &str, place: &Place) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(start) = rest.find(|c: char| c.is_alphabetic() || c == '_') {
            let (before, symbol) = rest.split_at(start);
            let end = symbol.find(|c: char| !c.is_alphanumeric() && c != '_');
            let (symbol, after) = symbol.split_at(end.unwrap_or(symbol.len()));
            out += before;
            match place.renamed.get(symbol) {
                Some(renamed) => out.extend(["(", renamed, ")"]),
                None if place.declared.contains(symbol) => out += symbol,
                None => self.taken.wrong.push(format!("`{symbol}` is not declared")),
            }
            rest = after;
        }
        out + rest
    }

    fn value(&self, text: &str) -> u64 {
        syn::parse_str(text).ok().and_then(|it| value(&it, &self.facts.symbols)).unwrap_or_default()
    }

    /// The name at a place, with the indices there.
    fn named(&mut self, place: &Place, path: &str) -> String {
        let mut out = String::new();
        let mut rest = path;
        while let Some((before, index)) = rest.split_once('<') {
            let (index, after) = index.split_once('>').unwrap_or((index, ""));
            let (index, format) = index.split_once(':').unwrap_or((index, ""));
            let number = syn::parse_str(index).ok().and_then(|it| value(&it, &place.indices));
            let digits = format.strip_prefix('0').and_then(|it| it.parse().ok()).unwrap_or(0);
            match (number, format) {
                (None, _) => self.taken.wrong.push(format!("`<{index}>` is not bound")),
                (Some(0), "_") => out += before,
                (Some(number), "_") => out.extend([before, "_", &number.to_string()]),
                (Some(number), _) => out.extend([before, &format!("{number:0digits$}")]),
            }
            rest = after;
        }
        joined(place, &(out + rest))
    }
}

impl Taken {
    /// What is left over, or taken twice or in part.
    fn cover(&mut self, model: &Model, facts: &Facts) {
        let root = model.get(&model.root).expect("the root is there");
        let ignore = root.words.iter().filter(|word| word.name == "ignore").flat_map(Word::list);
        let globs = ignore.flat_map(|item| match Preset::ALL.iter().find(|it| it.word() == item) {
            Some(preset) => preset.globs().iter().map(|&glob| glob.to_owned()).collect(),
            None => vec![Word::new("", item).text()],
        });
        let globs: Vec<_> = globs.filter_map(|glob| Glob::parse(&glob).ok()).collect();
        let ignored = |name: &str| globs.iter().any(|glob| glob.matches(name));
        let free = |name: &&String| !self.by.contains_key(*name) && !ignored(name);
        self.left = facts.variables.keys().filter(free).cloned().collect();
        for (name, parts) in &mut self.parts {
            parts.sort_unstable();
            let whole = parts
                .iter()
                .enumerate()
                .all(|(at, &(index, of))| index == at as u64 && of == parts.len() as u64);
            if !whole {
                self.torn.push(name.clone());
            }
            if !whole || ignored(name) {
                self.wrong.push(format!("`{name}` is taken as {parts:?}"));
            }
        }
    }

    /// Compares the equations, where a symbol is what all that say it alone agree on.
    fn solve(&mut self, facts: &Facts) {
        let mut symbols = facts.symbols.clone();
        let parsed = self.equations.iter().map(|(text, length)| (syn::parse_str(text), *length));
        let parsed: Vec<(Expr, u64)> =
            parsed.filter_map(|(it, len)| Some((it.ok()?, len))).collect();
        for (name, value) in &mut symbols {
            let said = parsed.iter().filter_map(|(it, length)| alone(it, name, *length));
            let said: BTreeSet<u64> = said.collect();
            if let (1, Some(&only)) = (said.len(), said.first()) {
                *value = only;
            }
        }
        let wrong = |(it, length): &&(Expr, u64)| value(it, &symbols) != Some(*length);
        let wrong = parsed.iter().filter(wrong).count();
        if wrong > 0 {
            self.wrong.push(format!("{wrong} lengths differ"));
        }
        // An assertion on a symbol that no variable says is left to the load, whose options bind it.
        symbols.retain(|name, _| self.equations.iter().any(|(text, _)| mentions(text, name)));
        for assertion in &self.asserted {
            let fails = |it: &Expr| value(it, &symbols) == Some(0);
            if syn::parse_str(assertion).is_ok_and(|it| fails(&it)) {
                self.wrong.push(format!("`assert{assertion}` fails"));
            }
        }
    }

    /// Whether everything fits.
    pub(crate) fn fits(&self) -> bool {
        self.wrong.is_empty() && self.left.is_empty()
    }
}

/// Whether an expression has a symbol in it.
fn mentions(expression: &str, symbol: &str) -> bool {
    let is_of_name = |letter: char| letter.is_alphanumeric() || letter == '_';
    expression.split(|letter| !is_of_name(letter)).any(|word| word == symbol)
}

/// The index of `(i = 0..12)`, and the bounds.
pub(crate) fn bounds(repeat: &Word) -> Option<(String, String, String)> {
    let (index, range) = repeat.pairs().into_iter().next()?;
    let (start, end) = range.split_once("..")?;
    Some((index, start.trim().to_owned(), end.trim().to_owned()))
}

fn joined(place: &Place, path: &str) -> String {
    match (place.name.as_str(), path) {
        (name, "") => name.to_owned(),
        ("", path) => path.trim_start_matches('/').to_owned(),
        (_, path) if path.starts_with('/') => path[1..].to_owned(),
        (name, path) => format!("{name}{}{path}", place.separator),
    }
}

fn concat(views: &[Vec<u64>], axis: usize) -> Result<Vec<u64>, String> {
    let mut whole = views.first().cloned().unwrap_or_default();
    let but = |view: &[u64]| {
        let mut view = view.to_vec();
        view.get_mut(axis).map(|length| *length = 0).map(|()| view)
    };
    let same = |view: &Vec<u64>| but(view).is_some() && but(view) == but(&whole);
    if !views.iter().all(same) {
        return Err(format!("{views:?} cannot be joined"));
    }
    whole[axis] = views.iter().map(|view| view[axis]).sum();
    Ok(whole)
}

/// The number of axes of `ArrayN<T>`.
pub(crate) fn rank(ty: &str) -> usize {
    let digit = ty.strip_prefix("Array").and_then(|rest| rest.chars().next());
    digit.and_then(|digit| digit.to_digit(10)).unwrap_or_default() as usize
}

/// The `T` of `ArrayN<T>`.
pub(crate) fn element(ty: &str) -> &str {
    ty.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(ty)
}

/// Whether elements of a type are those of a dtype, or wide enough for them.
fn holds(element: &str, dtype: &str, lossless: bool) -> bool {
    element == dtype || (lossless && dtype == "bf16" && ["f32", "f64"].contains(&element))
}

/// The value of an expression; of a comparison, 1 if it holds.
fn value(expression: &Expr, symbols: &BTreeMap<String, u64>) -> Option<u64> {
    match expression {
        Expr::Paren(inner) => value(&inner.expr, symbols),
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            _ => None,
        },
        Expr::Path(path) => symbols.get(&path.path.get_ident()?.to_string()).copied(),
        Expr::Binary(binary) => {
            let (a, b) = (value(&binary.left, symbols)?, value(&binary.right, symbols)?);
            match binary.op {
                BinOp::Add(_) => a.checked_add(b),
                BinOp::Sub(_) => a.checked_sub(b),
                BinOp::Mul(_) => a.checked_mul(b),
                BinOp::Div(_) => a.checked_div(b),
                BinOp::Rem(_) => a.checked_rem(b),
                BinOp::Eq(_) => Some(u64::from(a == b)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// What an expression of nothing but `symbol` and numbers says that the symbol is.
fn alone(expression: &Expr, symbol: &str, length: u64) -> Option<u64> {
    let at = |number: u64| value(expression, &[(symbol.to_owned(), number)].into());
    let (one, two) = (at(1)?, at(2)?);
    let factor = two.checked_sub(one).filter(|&factor| factor > 0)?;
    let rest = length.checked_sub(one.checked_sub(factor)?)?;
    (rest % factor == 0).then_some(rest / factor)
}
