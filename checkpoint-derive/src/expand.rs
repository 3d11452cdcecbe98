//! Code generation for valid items.

mod build;
mod checks;
mod dims;
mod generics;
mod load;
mod manifest;
mod node;
mod op;
pub(crate) mod put;
mod symbols;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens as _, quote};

use crate::input::Input;

/// The impl.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let Some(krate) = input.krate() else { return TokenStream::new() };
    let node = node::of_struct(&krate, input);
    let build = build::of_struct(&krate, input);
    let bounds = generics::bounds(&krate, input);
    let of_trait = manifest::of_trait(&krate, input);
    let imp = implementation(input, &krate, &bounds, [&node, &of_trait], &build);
    let checks = checks::of_struct(&krate, input);
    let manifests = manifest::of_struct(&krate, input);
    quote! {
        const _: () = {
            #imp
            #checks
            #manifests
        };
    }
}

/// A stand-in impl that lets the rest of the program compile, so that only the errors of this item are shown.
pub(crate) fn stand_in(input: &Input<'_>) -> TokenStream {
    let Some(krate) = input.krate() else { return TokenStream::new() };
    let node = node::of_refused(&krate, input);
    let build = quote!(::core::unreachable!());
    let imp = implementation(input, &krate, &[], [&node, &TokenStream::new()], &build);
    let dims = dims::of_refused(input);
    quote! {
        const _: () = {
            #imp
            #dims
        };
    }
}

fn implementation(
    input: &Input<'_>,
    krate: &syn::Path,
    bounds: &[syn::WherePredicate],
    [node, manifests]: [&TokenStream; 2],
    build: &TokenStream,
) -> TokenStream {
    let ident = input.ident;
    let parts = parts();
    let generics = generics::with_lifetime(input.generics, bounds);
    let (impl_generics, _, where_clause) = generics.split_for_impl();
    let (_, ty_generics, _) = input.generics.split_for_impl();
    let context = input.context();
    quote! {
        #[automatically_derived]
        impl #impl_generics #krate::__private::FromCheckpoint<'__ckpt #context> for #ident #ty_generics #where_clause {
            const NODE: #krate::__private::Node = #node;
            #manifests

            fn build(
                #parts: &mut #krate::__private::Parts<'__ckpt #context>,
            ) -> ::core::result::Result<Self, #krate::__private::BuildError> {
                #build
            }
        }
    }
}

/// The argument of `build`. It is the same identifier everywhere, and hygienic.
fn parts() -> Ident {
    local("__parts", Span::mixed_site())
}

/// A hygienic name with this span.
fn local(name: &str, place: Span) -> Ident {
    Ident::new(name, place.resolved_at(Span::mixed_site()))
}

/// The path of `checkpoint-core` with this span, so that compiler errors point there.
fn krate_at(krate: &syn::Path, place: Span) -> TokenStream {
    let tokens = krate.to_token_stream().into_iter().map(|mut token| {
        token.set_span(place);
        token
    });
    tokens.collect()
}
