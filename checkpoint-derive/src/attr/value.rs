//! Parsing of attribute values.

use checkpoint_schema::model::template::{self, Form, Piece as Parsed};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt as _;
use syn::{LitInt, LitStr};

use crate::attr::syntax::{self, Argument, Written};
use crate::diag::Diag;

/// A path, as written or derived from the name of the field.
pub(crate) struct Path {
    /// The location for errors: the written path, or the name of the field.
    pub(crate) place: TokenStream,
    /// True if it starts at the root of the checkpoint.
    pub(crate) absolute: bool,
    /// The template; empty if the path adds nothing.
    pub(crate) pieces: Vec<Piece>,
}

/// A piece of a path.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    /// Literal text.
    Text(String),
    /// A number computed from an index: `factor * index + offset`.
    Index { index: String, factor: usize, offset: isize, form: Form },
}

impl Path {
    /// A path without placeholders, which may be empty.
    pub(crate) fn text(text: String, place: impl ToTokens) -> Self {
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] };
        Self { place: place.into_token_stream(), absolute: false, pieces }
    }

    /// True if both paths are written the same way.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.absolute == other.absolute && self.pieces == other.pieces
    }

    /// The names of its indices, without duplicates.
    pub(crate) fn indices(&self) -> Vec<&str> {
        let mut indices = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Index { index, .. } if !indices.contains(&index.as_str()) => {
                    indices.push(index.as_str());
                }
                Piece::Index { .. } | Piece::Text(_) => {}
            }
        }
        indices
    }
}

/// Parses a string value.
pub(crate) fn string(diag: &mut Diag, written: &Written) -> Option<LitStr> {
    let Argument::Value(value) = &written.argument else { return None };
    let literal = syn::parse2(value.clone()).ok();
    if literal.is_none() {
        let name = &written.name;
        diag.error(written, format!("`{name}` takes a string; write `{name} = \"...\"`"));
    }
    literal
}

/// Parses a path value. For an empty path, the error suggests `empty`.
pub(crate) fn path(diag: &mut Diag, written: &Written, empty: &str) -> Option<Path> {
    let literal = string(diag, written)?;
    if literal.value().is_empty() {
        let name = &written.name;
        diag.error(&literal, format!("an empty `{name}` adds nothing; {empty}"));
        return None;
    }
    self::template(diag, &literal)
}

/// Parses a list of paths in brackets, or one path.
pub(crate) fn paths(diag: &mut Diag, written: &Written) -> Vec<Path> {
    let Argument::Value(value) = &written.argument else { return Vec::new() };
    let tokens: Vec<TokenTree> = value.clone().into_iter().collect();
    let items = match &tokens[..] {
        [TokenTree::Group(list)] if list.delimiter() == Delimiter::Bracket => {
            syntax::items(diag, list.stream())
        }
        _ => vec![tokens],
    };
    if items.is_empty() {
        let name = &written.name;
        diag.error(written, format!("`{name}` has no names; write one, or remove it"));
    }
    items.iter().filter_map(|item| path_in_list(diag, &written.name, item)).collect()
}

fn path_in_list(diag: &mut Diag, name: &Ident, item: &[TokenTree]) -> Option<Path> {
    let item = syntax::tokens(item);
    let literal: Option<LitStr> = syn::parse2(item.clone()).ok();
    let Some(literal) = literal.filter(|literal| !literal.value().is_empty()) else {
        diag.error(item, format!("expected names in quotes; write `{name} = [\"...\"]`"));
        return None;
    };
    template(diag, &literal)
}

/// Parses a path template.
pub(crate) fn template(diag: &mut Diag, literal: &LitStr) -> Option<Path> {
    match template::parse(&literal.value()) {
        Ok(parsed) => Some(Path {
            place: literal.to_token_stream(),
            absolute: parsed.absolute,
            pieces: parsed.pieces.iter().map(Piece::new).collect(),
        }),
        Err(error) => {
            diag.error(literal, error);
            None
        }
    }
}

impl Piece {
    fn new(parsed: &Parsed<'_>) -> Self {
        match parsed {
            Parsed::Text(text) => Self::Text((*text).to_owned()),
            Parsed::Index(placeholder) => Self::Index {
                index: placeholder.index.to_owned(),
                factor: placeholder.factor,
                offset: placeholder.offset,
                form: placeholder.form,
            },
        }
    }
}

/// The name without `r#`, as in paths and indices.
pub(crate) fn name(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Parses a number, such as an axis or an index.
pub(crate) fn number(tokens: &[TokenTree]) -> Option<usize> {
    let literal = syn::parse2::<LitInt>(tokens.iter().cloned().collect()).ok()?;
    literal.base10_parse().ok()
}
