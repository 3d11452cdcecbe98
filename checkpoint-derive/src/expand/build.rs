//! `build`: moves loaded values into the struct.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{ExprPath, Index};

use crate::attr::custom::Fallback;
use crate::expand::{load, local, parts};
use crate::input::{Field, Input};

/// The number of fields built in one function. If a field fails, the fields before it are dropped, so compile time grows with the
/// square of this number.
const GROUP: usize = 16;

/// The body. A struct expression evaluates fields in the order written, which is the order of `NODE`.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let members = input.fields.iter().map(|field| &field.member);
    if input.fields.len() <= GROUP {
        let values = input.fields.iter().map(|field| value(krate, input, field));
        return quote!(::core::result::Result::Ok(Self { #(#members: #values),* }));
    }
    let groups = input.fields.chunks(GROUP).enumerate();
    let groups = groups.map(|(number, fields)| group(krate, input, number, fields));
    let values = (0..input.fields.len()).map(|at| {
        let (group, index) = (group_name(at / GROUP), Index::from(at % GROUP));
        quote!(#group.#index)
    });
    quote! {
        #(#groups)*
        ::core::result::Result::Ok(Self { #(#members: #values),* })
    }
}

/// A tuple of fields, built by a closure.
fn group(krate: &syn::Path, input: &Input<'_>, number: usize, fields: &[Field<'_>]) -> TokenStream {
    let name = group_name(number);
    let types = fields.iter().map(|field| field.ty);
    let values = fields.iter().map(|field| value(krate, input, field));
    let (parts, private) = (parts(), quote!(#krate::__private));
    let context = input.context();
    quote! {
        let #name = (
            |#parts: &mut #private::Parts<'__ckpt #context>| -> ::core::result::Result<(#(#types,)*), #private::BuildError> {
                ::core::result::Result::Ok((#(#values,)*))
            }
        )(#parts)?;
    }
}

fn group_name(number: usize) -> Ident {
    local(&format!("__group_{number}"), Span::mixed_site())
}

fn value(krate: &syn::Path, input: &Input<'_>, field: &Field<'_>) -> TokenStream {
    if !field.is_loaded() {
        return default(field);
    }
    let build = load::build(krate, input, field);
    match &field.attributes.values.default {
        // The zeros are among the loaded parts.
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
