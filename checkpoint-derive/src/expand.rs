//! From a valid item to the impl.

mod build;
mod checks;
mod generics;
mod node;
#[cfg(test)]
mod tests;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;

use crate::input::{Field, Input};

/// The impl.
pub(crate) fn expand(input: &Input<'_>) -> TokenStream {
    let Some(krate) = input.krate() else { return TokenStream::new() };
    let node = node::of_struct(&krate, input);
    let build = build::of_struct(&krate, input);
    let bounds = generics::bounds(&krate, input);
    let imp = implementation(input, &krate, &bounds, &node, &build);
    let checks = checks::of_struct(&krate, input);
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
