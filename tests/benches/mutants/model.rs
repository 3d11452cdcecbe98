//! The structs of a model as text that can be changed: their attributes, fields and types.

use std::fmt::Write as _;
use std::ops::Range;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Item, LitStr};

/// The structs that load a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    /// The name of the struct with a manifest.
    pub(crate) root: String,
    /// The root, and its nested structs.
    pub(crate) structs: Vec<Struct>,
}

/// A struct with the derive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Struct {
    /// Its name.
    pub(crate) name: String,
    /// Its attributes.
    pub(crate) words: Vec<Word>,
    /// Its fields.
    pub(crate) fields: Vec<Field>,
}

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub(crate) name: String,
    /// Its type, without spaces except in arrays.
    pub(crate) ty: String,
    /// Its attributes, in the order of the source.
    pub(crate) words: Vec<Word>,
}

/// An attribute in `#[ckpt(...)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// The name of the attribute.
    pub(crate) name: String,
    /// The text after it: `= "h<i>"`, `(i = 0..12)`.
    pub(crate) rest: String,
}

impl Model {
    /// Parses the structs of sources. Those that are not in the root are dropped. The root is the first struct with a manifest, or
    /// that with the given name.
    pub(crate) fn parse(sources: &[&str], root: Option<&str>) -> Self {
        let mut all: Vec<Struct> = Vec::new();
        for source in sources {
            let file = syn::parse_file(source).expect("the source of a model is Rust");
            all.extend(file.items.iter().filter_map(Struct::of));
        }
        let is_root = |item: &&Struct| match root {
            Some(root) => item.name == root,
            None => item.words.iter().any(|word| word.name == "manifest"),
        };
        let root = all.iter().find(is_root).expect("a struct has a manifest").name.clone();
        let mut model = Self { root: root.clone(), structs: Vec::new() };
        model.add(&root, &all);
        model
    }

    /// Adds a struct, and those in its fields.
    fn add(&mut self, name: &str, all: &[Struct]) {
        let Some(item) = all.iter().find(|item| item.name == name) else { return };
        if self.get(name).is_none() {
            self.structs.push(item.clone());
            for field in &item.fields {
                self.add(held(&field.ty), all);
            }
        }
    }

    /// Removes the functions that convert values. They are not part of the sources.
    pub(crate) fn without_functions(mut self) -> Self {
        for field in self.structs.iter_mut().flat_map(|item| &mut item.fields) {
            field.words.retain(|word| word.name != "with");
        }
        self
    }

    /// Returns the struct with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|item| item.name == name)
    }

    /// Returns the source, with the lines of each field and of each container attribute.
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
    /// A container attribute: the names of the struct and the attribute.
    Word(String, String),
    /// A field: the names of the struct and the field.
    Field(String, String),
}

impl Part {
    /// Returns a container attribute.
    pub(crate) fn word(item: &str, word: &str) -> Self {
        Self::Word(item.to_owned(), word.to_owned())
    }

    /// Returns a field of a struct.
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
    /// Returns the attribute with this name.
    pub(crate) fn word(&self, name: &str) -> Option<&Word> {
        self.words.iter().find(|word| word.name == name)
    }

    /// Returns the `path`, or the name of the field.
    pub(crate) fn path(&self) -> String {
        self.word("path").map_or_else(|| self.name.clone(), Word::text)
    }
}

impl Word {
    /// Creates an attribute with the text after it.
    pub(crate) fn new(name: &str, rest: impl Into<String>) -> Self {
        Self { name: name.to_owned(), rest: rest.into() }
    }

    /// Parses an attribute.
    pub(crate) fn of(text: &str) -> Self {
        let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let (name, rest) = text.split_at(end.unwrap_or(text.len()));
        Self::new(name, rest.trim())
    }

    /// Returns the text of `= "..."`.
    pub(crate) fn text(&self) -> String {
        let text = self.rest.trim_start_matches('=');
        syn::parse_str::<LitStr>(text).map_or_else(|_| String::new(), |text| text.value())
    }

    /// Returns the items in the brackets of `(...)`, `[...]` or `= [...]`.
    pub(crate) fn list(&self) -> Vec<String> {
        let inner = self.rest.trim_start_matches('=').trim();
        let inner = inner.strip_prefix(['(', '[']).unwrap_or(inner);
        at_commas(inner.strip_suffix([')', ']']).unwrap_or(inner).parse().unwrap_or_default())
    }

    /// Returns the value of `key = value` in the list.
    pub(crate) fn value(&self, key: &str) -> Option<String> {
        self.pairs().into_iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Returns the items of the form `key = value` in the list.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let pair = |item: &String| {
            let (key, value) = item.split_once('=')?;
            Some((key.trim().to_owned(), value.trim().to_owned()))
        };
        self.list().iter().filter_map(pair).collect()
    }
}

/// Returns the attributes of all `#[ckpt(...)]`.
fn words(attributes: &[Attribute]) -> Vec<Word> {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident("ckpt"));
    let lists = ours.map(|attribute| &attribute.meta.require_list().expect("`ckpt(...)`").tokens);
    let words = lists.flat_map(|tokens| at_commas(tokens.clone()));
    words.map(|word| Word::of(&word)).collect()
}

/// Splits tokens at the commas that are outside of brackets.
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

/// Returns the type in `Vec<...>`, `Option<...>` and `[...; N]`.
pub(crate) fn held(ty: &str) -> &str {
    let wrappers = ["Vec<", "Option<", "std::collections::BTreeMap<usize,"];
    let inner = wrappers.iter().find_map(|name| ty.strip_prefix(name)?.strip_suffix('>'));
    let element = || ty.strip_prefix('[')?.split_once(';').map(|(element, _)| element);
    inner.or_else(element).map_or(ty, held)
}

/// Returns the `N` of `[...; N]`.
pub(crate) fn array_length(ty: &str) -> Option<u64> {
    ty.strip_suffix(']')?.rsplit_once(';')?.1.trim().parse().ok()
}

/// Returns the index of `(i = 0..12)`, and its bounds.
pub(crate) fn bounds(repeat: &Word) -> Option<(String, String, String)> {
    let (index, range) = repeat.pairs().into_iter().next()?;
    let (start, end) = range.split_once("..")?;
    Some((index, start.trim().to_owned(), end.trim().to_owned()))
}

/// Returns the index of `(r in [8, 16])`, and its values.
pub(crate) fn listed(repeat: &Word) -> Option<(String, Vec<String>)> {
    let (index, numbers) = repeat.list().into_iter().next()?.split_once(" in ").map(owned)?;
    Some((index, Word::new("", numbers).list()))
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.trim().to_owned(), other.trim().to_owned())
}

/// Returns the rank of `ArrayN<T>`.
pub(crate) fn rank(ty: &str) -> usize {
    let digit = ty.strip_prefix("Array").and_then(|rest| rest.chars().next());
    digit.and_then(|digit| digit.to_digit(10)).unwrap_or_default() as usize
}

/// Returns the `T` of `ArrayN<T>`.
pub(crate) fn element(ty: &str) -> &str {
    ty.split_once('<').and_then(|(_, rest)| rest.strip_suffix('>')).unwrap_or(ty)
}
