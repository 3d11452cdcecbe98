//! Constants that check the fields once the compiler knows their types. They panic on a mistake.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Member;
use syn::spanned::Spanned as _;

use crate::expand::node::number;
use crate::expand::{generics, krate_at};
use crate::input::{Field, Input};

/// The constants. A generic struct has none: it is checked as part of another struct.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let fields: Vec<_> = input.fields.iter().filter(|field| field.is_loaded()).collect();
    let constants = &input.attributes.values.constants;
    if input.is_generic() || fields.is_empty() && constants.is_empty() && input.manifests.is_empty()
    {
        return TokenStream::new();
    }
    let node = node(krate, input);
    let declared = input.attributes.values.declared.first().map(|dialect| {
        let span = dialect.name.span().resolved_at(Span::mixed_site());
        let krate = krate_at(krate, span);
        quote_spanned! {span=>
            const _: () = #krate::__private::dialect::are_declared(__NODE);
            const _: () = #krate::__private::check::layouts(__NODE);
        }
    });
    let fields = fields.into_iter().map(span_of);
    let constants = constants.iter().map(|constant| constant.path.place.span());
    let checks = fields.chain(constants).enumerate().map(|(at, span)| check(krate, span, at));
    quote! {
        #node
        #declared
        #(#checks)*
    }
}

/// `__NODE`: the description for all constants. The compiler takes time for each field when it resolves the trait's constant, so
/// this is done once.
fn node(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let (ty, context) = (generics::for_ever(input), input.context());
    quote! {
        const __NODE: &#krate::__private::Node =
            &<#ty as #krate::__private::FromCheckpoint<'static #context>>::NODE;
    }
}

fn span_of(field: &Field<'_>) -> Span {
    match &field.member {
        Member::Named(ident) => ident.span(),
        Member::Unnamed(_) => field.ty.span(),
    }
}

/// All tokens of the call have the span of the field, so that a panic is shown there.
fn check(krate: &syn::Path, span: Span, position: usize) -> TokenStream {
    let span = span.resolved_at(Span::mixed_site());
    let (krate, position) = (krate_at(krate, span), number(position));
    quote_spanned!(span=> const _: () = #krate::__private::check::field(__NODE, #position);)
}
