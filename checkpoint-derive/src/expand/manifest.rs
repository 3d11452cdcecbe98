//! What checks the struct against its manifests, as constants.

use checkpoint_schema::manifest::{Group, GroupPart, Table};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use crate::attr::container::Ignore;
use crate::expand::node::{self, number, option};
use crate::expand::{dims, generics, krate_at};
use crate::input::Input;
use crate::manifest::Manifest;

/// The constants, and those that the struct has then; nothing without manifests.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let Some(first) = input.manifests.first() else { return TokenStream::new() };
    let files = input.manifests.iter().map(file);
    let checked = checked(krate, input);
    let span = first.file.span().resolved_at(Span::mixed_site());
    let all_fit = quote_spanned!(span=> const _: () = __CHECKED.all_fit(););
    let dims = dims::of_struct(input);
    quote! {
        #(#files)*
        #checked
        #all_fit
        #dims
    }
}

/// Cargo compiles the crate again when a file changes that is included.
fn file(manifest: &Manifest) -> TokenStream {
    let path = manifest.path.display().to_string();
    quote!(
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
    )
}

/// The struct against all manifests.
fn checked(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let ty = generics::for_ever(input);
    let count = number(input.manifests.len());
    let listed = input.manifests.iter().map(|manifest| manifest.listing.variables().len());
    let variables = number(listed.max().unwrap_or_default());
    let manifests = input.manifests.iter().map(|manifest| of_manifest(krate, input, manifest));
    let check = krate_at(krate, Span::mixed_site());
    quote! {
        #[allow(long_running_const_eval)]
        const __CHECKED: #krate::__private::check::Checked<#count> =
            #check::__private::check::manifests::<#variables, #count>(
                &<#ty as #krate::__private::FromCheckpoint<'static>>::NODE,
                &[#(#manifests),*],
            );
    }
}

fn of_manifest(krate: &syn::Path, input: &Input<'_>, manifest: &Manifest) -> TokenStream {
    let ignore: Vec<_> = input.attributes.words.ignore.iter().map(Ignore::described).collect();
    let entries = manifest.listing.entries(&ignore);
    let table = Table::of(&entries);
    let (file, variables) = (&manifest.file, number(entries.len()));
    let families = table.groups.iter().map(|group| family(krate, group));
    let slots = Literal::byte_string(&table.slots);
    quote! {
        #krate::__private::Manifest {
            file: #file,
            families: &[#(#families),*],
            variables: #variables,
            slots: #krate::__private::Manifest::slots(#slots),
        }
    }
}

fn family(krate: &syn::Path, group: &Group) -> TokenStream {
    let parts = group.parts.iter().map(|written| part(krate, written));
    let dtype = format_ident!("{}", format!("{:?}", group.spec.dtype));
    let shape = group.spec.shape.dims().iter().map(|&length| Literal::u64_unsuffixed(length));
    let (first, count) = (number(group.first), number(group.count));
    let ignored = option(group.ignored.as_ref());
    let preset = option(group.preset.map(|preset| node::preset(krate, preset)));
    quote! {
        #krate::__private::Family {
            parts: &[#(#parts),*],
            dtype: #krate::__private::DType::#dtype,
            shape: &[#(#shape),*],
            first: #first,
            count: #count,
            ignored: #ignored,
            preset: #preset,
        }
    }
}

fn part(krate: &syn::Path, part: &GroupPart) -> TokenStream {
    match part {
        GroupPart::Text(text) => quote!(#krate::__private::FamilyPart::Text(#text)),
        GroupPart::Number { digits, values } => {
            let digits = number(*digits);
            let values = values.iter().map(|&(first, end)| {
                let (first, end) = (number(first), number(end));
                quote!((#first, #end))
            });
            quote!(#krate::__private::FamilyPart::Number { digits: #digits, values: &[#(#values),*] })
        }
    }
}
