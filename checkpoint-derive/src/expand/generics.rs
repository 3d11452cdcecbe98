//! Generic parameters of the impl.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{GenericParam, Generics, LifetimeParam, WherePredicate, parse_quote};

use crate::expand::load;
use crate::input::Input;

/// The parameters of the struct, and `'__ckpt`, which outlives all lifetimes of the struct.
pub(super) fn with_lifetime(of: &Generics, bounds: &[WherePredicate]) -> Generics {
    let mut generics = of.clone();
    let borrowed = of.lifetimes().map(|param| &param.lifetime);
    let ckpt: LifetimeParam = parse_quote!('__ckpt: #(#borrowed)+*);
    generics.params.insert(0, GenericParam::Lifetime(ckpt));
    if !bounds.is_empty() {
        generics.make_where_clause().predicates.extend(bounds.iter().cloned());
    }
    generics
}

/// The struct with `'static` for each lifetime. It has no other parameters.
pub(super) fn for_ever(input: &Input<'_>) -> TokenStream {
    let ident = input.ident;
    let lifetimes = input.generics.lifetimes().map(|_| quote!('static));
    let arguments = (!input.generics.params.is_empty()).then(|| quote!(<#(#lifetimes),*>));
    quote!(#ident #arguments)
}

/// The bounds of the impl: the types of fields that mention parameters can be loaded, or the bounds of `bound`.
pub(super) fn bounds(krate: &syn::Path, input: &Input<'_>) -> Vec<WherePredicate> {
    if let Some(bound) = &input.attributes.values.bound {
        return bound.clone();
    }
    let bounds = input.fields.iter().flat_map(|field| load::bounds(krate, input, field));
    bounds.filter(|bound| mentions(bound.to_token_stream(), input.generics)).collect()
}

/// True if the tokens mention a type or const parameter.
pub(super) fn mentions(tokens: TokenStream, generics: &Generics) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => {
            generics.type_params().any(|param| param.ident == ident)
                || generics.const_params().any(|param| param.ident == ident)
        }
        TokenTree::Group(group) => mentions(group.stream(), generics),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
