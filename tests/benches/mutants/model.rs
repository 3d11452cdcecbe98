//! The structs of a model as text that can be changed: their words, fields and types.

use std::fmt::Write as _;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, LitStr};

/// The structs that load a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// The name of the struct that has a manifest.
    pub(crate) root: String,
    /// The root, and what is in it.
    pub(crate) structs: Vec<Struct>,
}

/// A struct with the derive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Struct {
    /// Its name.
    pub(crate) name: String,
    /// What is said of it.
    pub(crate) words: Vec<Word>,
    /// Its fields.
    pub(crate) fields: Vec<Field>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its type, without blanks but for those of arrays.
    pub(crate) ty: String,
    /// What is said of it, in the order written.
    pub(crate) words: Vec<Word>,
}

/// A word of `#[ckpt(...)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word.
    pub(crate) name: String,
    /// What follows it: `= "h<i>"`, `(i = 0..12)`.
    pub(crate) rest: String,
}

impl Model {
    /// Reads the structs of a source. Those that are not in the root are left out.
    pub(crate) fn parse(source: &str) -> Self {
        let file = syn::parse_file(source).expect("the source of a model is Rust");
        let all: Vec<Struct> = file.items.iter().filter_map(Struct::of).collect();
        let has_manifest = |item: &&Struct| item.words.iter().any(|word| word.name == "manifest");
        let root = all.iter().find(has_manifest).expect("a struct has a manifest").name.clone();
        let mut model = Self { root: root.clone(), structs: Vec::new() };
        model.add(&root, &all);
        model
    }

    /// Adds a struct, and those that its fields hold.
    fn add(&mut self, name: &str, all: &[Struct]) {
        let Some(item) = all.iter().find(|item| item.name == name) else { return };
        if self.get(name).is_none() {
            self.structs.push(item.clone());
            for field in &item.fields {
                self.add(held(&field.ty), all);
            }
        }
    }

    /// The struct of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|item| item.name == name)
    }

    /// The source, and the lines in it of each field and of each word of a struct.
    pub(crate) fn source(&self) -> (String, Vec<(Part, Range<usize>)>) {
        let mut text = String::from("#![allow(dead_code, unused_imports)]\n");
        text += "use checkpoint_core::FromCheckpoint;\nuse ndarray::*;\n";
        let mut lines = Vec::new();
        for item in &self.structs {
            text += "#[derive(FromCheckpoint)]\n";
            for word in &item.words {
                let _ = writeln!(text, "#[ckpt({} {})]", word.name, word.rest);
                let line = text.lines().count();
                lines.push((Part::word(&item.name, &word.name), line..line + 1));
            }
            let _ = writeln!(text, "pub struct {} {{", item.name);
            for field in &item.fields {
                let start = text.lines().count() + 1;
                for word in &field.words {
                    let _ = writeln!(text, "#[ckpt({} {})]", word.name, word.rest);
                }
                let _ = writeln!(text, "pub {}: {},", field.name, field.ty);
                let end = text.lines().count() + 1;
                lines.push((Part::field(&item.name, &field.name), start..end));
            }
            text += "}\n";
        }
        (text, lines)
    }
}

/// A part of a source that may be wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A word of a struct: the names of the struct and the word.
    Word(String, String),
    /// A field: the names of the struct and the field.
    Field(String, String),
}

impl Part {
    /// A word of a struct.
    pub(crate) fn word(item: &str, word: &str) -> Self {
        Self::Word(item.to_owned(), word.to_owned())
    }

    /// A field of a struct.
    pub(crate) fn field(item: &str, field: &str) -> Self {
        Self::Field(item.to_owned(), field.to_owned())
    }
}

impl Struct {
    fn of(item: &Item) -> Option<Self> {
        let Item::Struct(item) = item else { return None };
        let fields = item.fields.iter().map(|field| Field {
            name: field.ident.as_ref().expect("fields have names").to_string(),
            ty: field.ty.to_token_stream().to_string().replace(' ', "").replace(';', "; "),
            words: words(&field.attrs),
        });
        let words = words(&item.attrs);
        Some(Self { name: item.ident.to_string(), words, fields: fields.collect() })
    }
}

impl Field {
    /// The word of this name.
    pub(crate) fn word(&self, name: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.name == name)
    }

    /// The path that is written, or the name of the field.
    pub(crate) fn path(&self) -> String {
        self.word("path").map_or_else(|| self.name.clone(), Word::text)
    }
}

impl Word {
    /// A word with what follows it.
    pub(crate) fn new(name: &str, rest: impl Into<String>) -> Self {
        Self { name: name.to_owned(), rest: rest.into() }
    }

    /// The text of `= "..."`.
    pub(crate) fn text(&self) -> String {
        let text = self.rest.trim_start_matches('=');
        syn::parse_str::<LitStr>(text).map_or_else(|_| String::new(), |text| text.value())
    }

    /// What is between the brackets of `(...)`, `[...]` or `= [...]`, at its commas.
    pub(crate) fn list(&self) -> Vec<String> {
        let inner = self.rest.trim_start_matches('=').trim();
        let inner = inner.strip_prefix(['(', '[']).unwrap_or(inner);
        at_commas(inner.strip_suffix([')', ']']).unwrap_or(inner).parse().unwrap_or_default())
    }

    /// The value of `key = value` in the list.
    pub(crate) fn value(&self, key: &str) -> Option<String> {
        self.pairs().into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// What is `key = value` in the list.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let pair = |item: &String| {
            let (key, value) = item.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        };
        self.list().iter().filter_map(pair).collect()
    }
}

/// The words of all `#[ckpt(...)]`.
fn words(attributes: &[Attribute]) -> Vec<Word> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("ckpt"));
    let lists = ours.map(|attribute| &attribute.meta.require_list().expect("`ckpt(...)`").tokens);
    let words = lists.flat_map(|tokens| at_commas(tokens.clone()));
    words
        .map(|word| {
            let end = word.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let (name, rest) = word.split_at(end.unwrap_or(word.len()));
            Word::new(name, rest.trim())
        })
        .collect()
}

/// The parts between the commas that are in no brackets.
fn at_commas(tokens: TokenStream) -> Vec<String> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => parts.push(TokenStream::new()),
            _ => parts.last_mut().expect("there is one").extend([token]),
        }
    }
    parts.iter().map(ToString::to_string).filter(|part| !part.is_empty()).collect()
}

/// The type in `Vec<...>`, `Option<...>` and `[...; N]`.
pub(crate) fn held(ty: &str) -> &str {
    let inner =
        ["Vec<", "Option<"].iter().find_map(|name| ty.strip_prefix(name)?.strip_suffix('>'));
    let element = || ty.strip_prefix('[')?.split_once(';').map(|(element, _)| element);
    inner.or_else(element).map_or(ty, held)
}

/// The `N` of `[...; N]`.
pub(crate) fn array_length(ty: &str) -> Option<u64> {
    ty.strip_suffix(']')?.rsplit_once(';')?.1.trim().parse().ok()
}

/// The index of `(i = 0..12)`, and the bounds.
pub(crate) fn bounds(repeat: &Word) -> Option<(String, String, String)> {
    let (index, range) = repeat.pairs().into_iter().next()?;
    let (start, end) = range.split_once("..")?;
    Some((index, start.trim().to_owned(), end.trim().to_owned()))
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
