//! `DIMS`: the values that symbols have in the manifests.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::attr::value;
use crate::expand::node::number;
use crate::input::Input;
use crate::manifest::Manifest;

/// The constant and its type, unless the struct declares no symbol. A constant of an impl is evaluated where it is used,
/// so that one whose value nothing says does no harm elsewhere.
pub(super) fn of_struct(input: &Input<'_>) -> TokenStream {
    let dims = input.attributes.words.dims.iter().filter(|dim| !dim.local);
    let dims: Vec<(&str, Ident)> =
        dims.filter_map(|dim| Some((dim.name.as_str(), member(&dim.name)?))).collect();
    if dims.is_empty() {
        return TokenStream::new();
    }
    let structure = structure(input, &dims);
    let count = input.manifests.len();
    let values =
        input.manifests.iter().enumerate().map(|(at, manifest)| values(at, manifest, &dims));
    let values: Vec<_> = values.collect();
    let (ty, value) = match values.as_slice() {
        [value] => (quote!(__Dims), quote!(#value)),
        values => {
            let count = number(count);
            (quote!([__Dims; #count]), quote!([#(#values),*]))
        }
    };
    let (visibility, ident) = (input.visibility, input.ident);
    let (generics, _, where_clause) = input.generics.split_for_impl();
    let (_, arguments, _) = input.generics.split_for_impl();
    quote! {
        #structure

        #[automatically_derived]
        #[allow(dead_code)]
        impl #generics #ident #arguments #where_clause {
            /// The lengths that the symbols stand for, in each manifest.
            #visibility const DIMS: #ty = #value;
        }
    }
}

/// A field for each symbol.
fn structure(input: &Input<'_>, dims: &[(&str, Ident)]) -> TokenStream {
    let visibility = input.visibility;
    let members = dims.iter().map(|(_, member)| member);
    let docs = dims.iter().map(|(name, _)| format!("The symbol `{name}`."));
    let doc = format!("The symbols of `{}`.", value::name(input.ident));
    quote! {
        #[doc = #doc]
        #[allow(dead_code, non_snake_case)]
        #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
        #visibility struct __Dims {
            #(
                #[doc = #docs]
                #visibility #members: ::core::primitive::usize,
            )*
        }
    }
}

/// Their values in one manifest, which is where the compiler points if nothing says one.
fn values(at: usize, manifest: &Manifest, dims: &[(&str, Ident)]) -> TokenStream {
    let span = manifest.file.span().resolved_at(Span::mixed_site());
    let at = number(at);
    let values = dims.iter().map(|(name, member)| {
        let value = quote_spanned!(span=> __CHECKED.dim(#at, #name));
        quote!(#member: #value)
    });
    quote!(__Dims { #(#values),* })
}

/// The symbol as the name of a field; `None` for the few words that cannot be one.
fn member(symbol: &str) -> Option<Ident> {
    let raw = || syn::parse_str(&format!("r#{symbol}"));
    syn::parse_str(symbol).or_else(|_| raw()).ok()
}
