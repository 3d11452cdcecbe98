//! `build`: what was read, moved into the struct.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::ExprPath;
use syn::spanned::Spanned as _;

use crate::attr::hatch::Fallback;
use crate::expand::{load, local, parts};
use crate::input::{Field, Input};

/// The body. A struct expression evaluates its fields in the order written, which is that of `NODE`.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let members = input.fields.iter().map(|field| &field.member);
    let values = input.fields.iter().map(|field| value(krate, input, field));
    quote!(::core::result::Result::Ok(Self { #(#members: #values),* }))
}

fn value(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    if !field.is_loaded() {
        return default(field);
    }
    let build = load::build(krate, input, field);
    match &field.attributes.words.default {
        // The zeros are among what is ready.
        None | Some(Fallback::Zero) => build,
        Some(Fallback::Function(function)) => or_call(&build, function),
    }
}

fn or_call(build: &TokenStream, function: &ExprPath) -> TokenStream {
    let parts = parts();
    let shape = local("__shape", function.span());
    let span = shape.span();
    let call = quote_spanned!(span=> #function(&*#shape));
    quote! {
        match #parts.absent()? {
            ::core::option::Option::None => #build,
            ::core::option::Option::Some(#shape) => #call,
        }
    }
}

fn default(field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let span = ty.span().resolved_at(Span::mixed_site());
    quote_spanned!(span=> <#ty as ::core::default::Default>::default())
}
