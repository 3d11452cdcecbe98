//! From a valid item to the impl.

mod build;
mod generics;
mod node;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Member;
use syn::spanned::Spanned as _;

use crate::input::{Field, Input};

/// The impl.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let Some(krate) = input.krate() else { return TokenStream::new() };
    let node = node::of_struct(&krate, input);
    let build = build::of_struct(&krate, input);
    let bounds = generics::bounds(&krate, input);
    let imp = implementation(input, &krate, &bounds, &node, &build);
    let checks = checks(&krate, input);
    quote! {
        const _: () = {
            #imp
            #(#checks)*
        };
    }
}

/// An impl that lets the rest of the program compile, so that the errors of this item are the only ones.
pub(crate) fn stand_in(input: &Input<'_>) -> TokenStream {
    let Some(krate) = input.krate() else { return TokenStream::new() };
    let node = node::of_nothing(&krate, input);
    let build = quote!(::core::unreachable!());
    let imp = implementation(input, &krate, &[], &node, &build);
    quote! {
        const _: () = {
            #imp
        };
    }
}

fn implementation(
    input: &Input<'_>,
    krate: &syn::Path,
    bounds: &[syn::WherePredicate],
    node: &TokenStream,
    build: &TokenStream,
) -> TokenStream {
    let ident = input.ident;
    let parts = parts();
    let generics = generics::with_lifetime(input.generics, bounds);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, ty_generics, _) = input.generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::__private::FromCheckpoint<'__ckpt> for #ident #ty_generics #where_clause {
            const NODE: #krate::__private::Node = #node;

            fn build(
                #parts: &mut #krate::__private::Parts<'__ckpt>,
            ) -> ::core::result::Result<Self, #krate::__private::BuildError> {
                #build
            }
        }
    }
}

/// What can be said of each field without a checkpoint is said by the compiler. Of a generic struct it is said where
/// that is a part of another.
fn checks(krate: &syn::Path, input: &Input<'_>) -> Vec<TokenStream> {
    let generics = input.generics;
    if generics.type_params().next().is_some() || generics.const_params().next().is_some() {
        return Vec::new();
    }
    let ident = input.ident;
    let lifetimes = generics.lifetimes().map(|_| quote!('static));
    let arguments = (!generics.params.is_empty()).then(|| quote!(<#(#lifetimes),*>));
    let ty = quote!(#ident #arguments);
    let fields = input.fields.iter().filter(|field| field.is_loaded()).enumerate();
    fields.map(|(at, field)| check(krate, &ty, at, field)).collect()
}

/// All of the call stands at the field, so that this is where a panic is shown.
fn check(krate: &syn::Path, ty: &TokenStream, at: usize, field: &Field<'_>) -> TokenStream {
    let span = match &field.member {
        Member::Named(ident) => ident.span(),
        Member::Unnamed(_) => field.ty.span(),
    };
    let span = span.resolved_at(Span::mixed_site());
    let krate: TokenStream = krate
        .to_token_stream()
        .into_iter()
        .map(|mut token| {
            token.set_span(span);
            token
        })
        .collect();
    let at = Literal::usize_unsuffixed(at);
    quote_spanned! {span=>
        const _: () = #krate::__private::check(
            &<#ty as #krate::__private::FromCheckpoint<'static>>::NODE,
            #at,
        );
    }
}

/// The type of a field, as what loads it. A missing impl is shown at the type.
fn loader(krate: &syn::Path, field: &Field<'_>) -> TokenStream {
    let ty = field.ty;
    let span = field.ty.span().resolved_at(Span::mixed_site());
    let is = loaded_by(krate, field);
    quote_spanned!(span=> <#ty as #is>)
}

/// The trait that loads the field.
fn loaded_by(krate: &syn::Path, field: &Field<'_>) -> TokenStream {
    let name = if field.repeat.is_some() { quote!(Repeated) } else { quote!(FromCheckpoint) };
    quote!(#krate::__private::#name<'__ckpt>)
}

/// The argument of `build`. It is the same wherever it is named, and is no name of the user's.
fn parts() -> Ident {
    Ident::new("__parts", Span::mixed_site())
}
