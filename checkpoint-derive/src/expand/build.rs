//! `build`: what was read, moved into the struct.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ExprPath;
use syn::spanned::Spanned as _;

use crate::attr::field::Fallback;
use crate::expand::{loader, parts};
use crate::input::{Field, Input};

/// The body. A struct expression evaluates its fields in the order written, which is that of `NODE`.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let members = input.fields.iter().map(|field| &field.member);
    let values = input.fields.iter().map(|field| value(krate, field));
    quote!(::core::result::Result::Ok(Self { #(#members: #values),* }))
}

fn value(krate: &syn::Path, field: &Field<'_>) -> TokenStream {
    if !field.is_loaded() {
        return default(field);
    }
    let parts = parts();
    let loader = loader(krate, field);
    let build = quote!(#loader::build(#parts)?);
    let absent = match &field.attributes.words.default {
        None => return build,
        Some(Fallback::Zero) => default(field),
        Some(Fallback::Function(function)) => call(krate, function),
    };
    quote!(if #parts.present()? { #build } else { #absent })
}

/// The shape that the value should have is not known, so that the function gets none.
fn call(krate: &syn::Path, function: &ExprPath) -> TokenStream {
    let span = function.span().resolved_at(Span::mixed_site());
    quote_spanned!(span=> #function(#krate::__private::NO_SHAPE))
}

fn default(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let span = ty.span().resolved_at(Span::mixed_site());
    quote_spanned!(span=> <#ty as ::core::default::Default>::default())
}
