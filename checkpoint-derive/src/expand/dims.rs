//! `DIMS`: the values of symbols in the manifests.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

use crate::attr::value;
use crate::expand::node::number;
use crate::input::Input;

/// The constant and its type, if the struct declares symbols. A constant of an impl is only evaluated on use. A symbol without a
/// value therefore does no harm elsewhere.
pub(super) fn of_struct(input: &Input<'_>) -> TokenStream {
    let dims = symbols(input);
    let models = input.manifests.iter().filter(|manifest| manifest.dialect == first(input));
    let values = models.map(|model| {
        let own = input.manifests.iter().enumerate().filter(|(_, own)| own.model == model.model);
        let own: Vec<_> = own.map(|(at, _)| number(at)).collect();
        // The span makes the compiler point at the manifest if a symbol has no value.
        let span = model.file.span().resolved_at(Span::mixed_site());
        values(&dims, |name| quote_spanned!(span=> __CHECKED.dim(&[#(#own),*], #name)))
    });
    constant(input, &dims, &values.collect::<Vec<_>>())
}

/// The constant of a struct with mistakes, so that its uses compile. All lengths are 1.
pub(super) fn of_refused(input: &Input<'_>) -> TokenStream {
    let dims = symbols(input);
    let files = &input.attributes.values.manifests;
    let models = files.iter().map(|file| file.model + 1).max().unwrap_or_default();
    let values = (0..models).map(|_| values(&dims, |_| quote!(1)));
    constant(input, &dims, &values.collect::<Vec<_>>())
}

/// The first dialect that has manifests.
fn first(input: &Input<'_>) -> usize {
    input.manifests.first().map_or(0, |manifest| manifest.dialect)
}

/// The symbols, and their field names.
fn symbols<'i>(input: &'i Input<'_>) -> Vec<(&'i str, Ident)> {
    let dims = input.attributes.values.dims.iter().filter(|dim| !dim.local);
    dims.filter_map(|dim| Some((dim.name, member(dim.name)?))).collect()
}

fn values(dims: &[(&str, Ident)], value: impl Fn(&str) -> TokenStream) -> TokenStream {
    let members = dims.iter().map(|(_, member)| member);
    let values = dims.iter().map(|(name, _)| value(name));
    quote!(__Dims { #(#members: #values),* })
}

/// The constant: the values for the only manifest, or an array with the values for each.
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
            /// The values of the symbols, for each manifest.
            #visibility const DIMS: #ty = #value;
        }
    }
}

/// A struct with a field for each symbol.
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

/// The symbol as a field name; `None` for the few keywords that cannot be raw identifiers.
fn member(symbol: &str) -> Option<Ident> {
    let raw = || syn::parse_str(&format!("r#{symbol}"));
    syn::parse_str(symbol).or_else(|_| raw()).ok()
}
