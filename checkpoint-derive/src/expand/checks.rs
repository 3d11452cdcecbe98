//! What the compiler can say of the fields, as it knows their types: constants that panic.

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Member;
use syn::spanned::Spanned as _;

use crate::expand::{generics, krate_at};
use crate::input::{Field, Input};
use crate::shared;

/// The constants. A generic struct has none: it is checked where it is a part of another.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> Vec<TokenStream> {
    if input.is_generic() {
        return Vec::new();
    }
    let ty = generics::for_ever(input);
    let fields: Vec<_> = input.fields.iter().filter(|field| field.is_loaded()).collect();
    let mut checks = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        checks.push(check(krate, &ty, field, &quote!(field), &[at]));
        for (before, other) in fields.iter().take(at).enumerate() {
            if shared::path(other, field).is_some_and(|[path, _]| !path.parts.is_empty()) {
                checks.push(check(krate, &ty, field, &quote!(variables_differ), &[before, at]));
            }
        }
    }
    checks
}

/// All of the call stands at the field, so that this is where a panic is shown.
fn check(
    krate: &syn::Path,
    ty: &TokenStream,
    field: &Field<'_>,
    function: &TokenStream,
    positions: &[usize],
) -> TokenStream {
    let span = match &field.member {
        Member::Named(ident) => ident.span(),
        Member::Unnamed(_) => field.ty.span(),
    };
    let span = span.resolved_at(Span::mixed_site());
    let krate = krate_at(krate, span);
    let positions = positions.iter().copied().map(Literal::usize_unsuffixed);
    quote_spanned! {span=>
        const _: () = #krate::__private::check::#function(
            &<#ty as #krate::__private::FromCheckpoint<'static>>::NODE,
            #(#positions),*
        );
    }
}
