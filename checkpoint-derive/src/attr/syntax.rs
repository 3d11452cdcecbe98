//! The syntax shared by all attributes: `name`, `name = value`, `name(list)`, `name[list]`, separated by commas.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, MacroDelimiter, Meta};

use crate::attr::table::alternatives;
use crate::diag::Diag;

/// An attribute with its argument.
pub(crate) struct Written {
    /// The name.
    pub(crate) name: Ident,
    /// The argument.
    pub(crate) argument: Argument,
}

/// The argument of an attribute.
pub(crate) enum Argument {
    /// Nothing.
    None,
    /// `= value`.
    Value(TokenStream),
    /// `(list)`.
    List(Group),
    /// `[list]`.
    Brackets(Group),
    /// Anything else: a syntax error.
    Other(TokenStream),
}

/// Parses the contents of all `#[ckpt(...)]`; `known` are the valid names.
pub(crate) fn written(diag: &mut Diag, attributes: &[Attribute], known: &[&str]) -> Vec<Written> {
    let mut found = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("ckpt")) {
        match &attribute.meta {
            Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
                found.extend(listed(diag, list.tokens.clone(), known));
            }
            other => diag.error(other, "`ckpt` takes a list of attributes; write `#[ckpt(...)]`"),
        }
    }
    found
}

/// Parses a list of attributes; `known` are the valid names.
pub(crate) fn listed(diag: &mut Diag, list: TokenStream, known: &[&str]) -> Vec<Written> {
    let items = items(diag, list);
    items.into_iter().filter_map(|item| Written::read(diag, item, known)).collect()
}

/// Splits a list at its commas. A trailing comma is allowed.
pub(crate) fn items(diag: &mut Diag, list: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = Vec::new();
    let mut item = Vec::new();
    for token in list {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => {
                if item.is_empty() {
                    diag.error(comma, "there is nothing before this comma; remove it");
                } else {
                    items.push(std::mem::take(&mut item));
                }
            }
            // A fragment passed on by a macro, such as `$word:meta`.
            TokenTree::Group(group) if item.is_empty() && group.delimiter() == Delimiter::None => {
                item.extend(group.stream());
            }
            token => item.push(token),
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    items
}

/// Tokens as a location, or for parsing.
pub(crate) fn tokens(of: &[TokenTree]) -> TokenStream {
    of.iter().cloned().collect()
}

/// The tokens of the argument, or of the name if there is none.
impl ToTokens for Written {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.argument {
            Argument::List(list) | Argument::Brackets(list) => list.to_tokens(tokens),
            Argument::Value(value) | Argument::Other(value) if !value.is_empty() => {
                value.to_tokens(tokens);
            }
            _ => self.name.to_tokens(tokens),
        }
    }
}

impl Written {
    fn read(diag: &mut Diag, item: Vec<TokenTree>, known: &[&str]) -> Option<Self> {
        let mut tokens = item.into_iter();
        let name = match tokens.next()? {
            TokenTree::Ident(name) => name,
            other => {
                let rest = other.into_token_stream().into_iter().chain(tokens);
                let item: TokenStream = rest.collect();
                diag.error(
                    item,
                    format!("this is not an attribute; expected {}", alternatives(known)),
                );
                return None;
            }
        };
        let rest: Vec<_> = tokens.collect();
        let argument = match rest.as_slice() {
            [] => Argument::None,
            [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' => {
                Argument::Value(value.iter().cloned().collect())
            }
            [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => {
                Argument::List(group.clone())
            }
            [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => {
                Argument::Brackets(group.clone())
            }
            _ => Argument::Other(rest.into_iter().collect()),
        };
        Some(Self { name, argument })
    }
}
