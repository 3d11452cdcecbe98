//! `DIMS`: the values that symbols have in the manifests.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::attr::value;
use crate::expand::node::number;
use crate::input::Input;

/// The constant and its type, unless the struct declares no symbol. A constant of an impl is evaluated where it is used,
/// so that one whose value nothing says does no harm elsewhere.
pub(super) fn of_struct(input: &Input<'_>) -> TokenStream {
    let dims = symbols(input);
    let values = input.manifests.iter().enumerate().map(|(at, manifest)| {
        // The compiler points at the manifest if nothing says what a symbol is.
        let (at, span) = (number(at), manifest.file.span().resolved_at(Span::mixed_site()));
        values(&dims, |name| quote_spanned!(span=> __CHECKED.dim(#at, #name)))
    });
    constant(input, &dims, &values.collect::<Vec<_>>())
}

/// The constant of a struct with mistakes, so that its uses are no mistakes: all lengths are 1.
pub(super) fn of_refused(input: &Input<'_>) -> TokenStream {
    let dims = symbols(input);
    let values = input.attributes.words.manifests.iter().map(|_| values(&dims, |_| quote!(1)));
    constant(input, &dims, &values.collect::<Vec<_>>())
}

/// The symbols, and the fields that have their values.
fn symbols<'i>(input: &'i Input<'_>) -> Vec<(&'i str, Ident)> {
    let dims = input.attributes.words.dims.iter().filter(|dim| !dim.local);
    dims.filter_map(|dim| Some((dim.name.as_str(), member(&dim.name)?))).collect()
}

fn values(dims: &[(&str, Ident)], value: impl Fn(&str) -> TokenStream) -> TokenStream {
    let members = dims.iter().map(|(_, member)| member);
    let values = dims.iter().map(|(name, _)| value(name));
    quote!(__Dims { #(#members: #values),* })
}

/// The constant: the values in the one manifest, or an array of those in each.
fn constant(input: &Input<'_>, dims: &[(&str, Ident)], values: &[TokenStream]) -> TokenStream {
    if dims.is_empty() || values.is_empty() {
        return TokenStream::new();
    }
    let structure = structure(input, dims);
    let (ty, value) = match values {
        [value] => (quote!(__Dims), quote!(#value)),
        values => {
            let count = number(values.len());
            (quote!([__Dims; #count]), quote!([#(#values),*]))
        }
    };
    let (visibility, ident) = (input.visibility, input.ident);
    let (generics, arguments, where_clause) = input.generics.split_for_impl();
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

/// The symbol as the name of a field; `None` for the few words that cannot be one.
fn member(symbol: &str) -> Option<Ident> {
    let raw = || syn::parse_str(&format!("r#{symbol}"));
    syn::parse_str(symbol).or_else(|_| raw()).ok()
}
