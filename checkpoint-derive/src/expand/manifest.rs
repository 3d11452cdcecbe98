//! Constants that check the struct against its manifests.

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::manifest::{Packed, Table, chunks};
use proc_macro2::{Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use crate::attr::container::Ignore;
use crate::expand::node::number;
use crate::expand::{dims, krate_at};
use crate::input::Input;
use crate::manifest::Manifest;

/// The constants, and the constant `DIMS`; nothing without manifests.
pub(super) fn of_struct(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let Some(first) = input.manifests.first() else { return TokenStream::new() };
    let files = input.manifests.iter().filter(|manifest| manifest.is_watched).map(file);
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

/// The constant of the trait with the shapes in the manifests; nothing without manifests.
pub(super) fn of_trait(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    if input.manifests.is_empty() {
        return TokenStream::new();
    }
    quote! {
        const SHAPES: &'static [#krate::__private::manifest::Shapes<'static>] = __SHAPES;
    }
}

/// Includes the file, so that Cargo recompiles the crate when it changes.
fn file(manifest: &Manifest) -> TokenStream {
    let path = manifest.path.display().to_string();
    quote!(
        const _: &[::core::primitive::u8] = ::core::include_bytes!(#path);
    )
}

/// Checks the struct against all manifests, first with a typical amount of memory, and again with more if that is full.
fn checked(krate: &syn::Path, input: &Input<'_>) -> TokenStream {
    let count = number(input.manifests.len());
    let listed = input.manifests.iter().map(|manifest| manifest.listing.variables().len());
    let variables = number(listed.max().unwrap_or_default());
    let tables = input.manifests.iter().map(|manifest| table(input, manifest)).enumerate();
    let (shapes, manifests): (Vec<_>, Vec<_>) = tables
        .zip(&input.manifests)
        .map(|((number, (table, packed)), manifest)| {
            (
                shapes(krate, manifest, &table, &packed),
                of_manifest(krate, manifest, &packed, number),
            )
        })
        .unzip();
    let subjects = input.manifests.iter().map(|manifest| subject(krate, input, manifest));
    let fit = krate_at(krate, Span::mixed_site());
    let fit = quote!(#fit::__private::fit);
    let check = |more: TokenStream| {
        quote! {
            #fit::manifests::<
                #variables,
                { __SIZES.items },
                { __SIZES.pieces },
                { __SIZES.terms },
                { __SIZES.symbols },
                { __CELLS[0] * #more },
                { __CELLS[1] * #more },
                { __BYTES * #more },
                #count,
            >(__NODE, __MANIFESTS, __SUBJECTS)
        }
    };
    let (small, large) = (check(quote!(1)), check(quote!(32)));
    quote! {
        const __SHAPES: &[#krate::__private::manifest::Shapes<'static>; #count] = &[#(#shapes),*];
        const __MANIFESTS: &[#krate::__private::manifest::Manifest<'static>; #count] = &[#(#manifests),*];
        const __SUBJECTS: &[#fit::Subject<'static>; #count] = &[#(#subjects),*];
        const __SIZES: #fit::Sizes = #fit::Sizes::of(__NODE, __SUBJECTS);
        const __CELLS: [::core::primitive::usize; 2] = #fit::cells(#variables, __SIZES.items);
        const __BYTES: ::core::primitive::usize = 8192;
        #[allow(long_running_const_eval)]
        const __SMALL: #fit::Checked<'static, #count, { __SIZES.symbols }> = #small;
        #[allow(long_running_const_eval)]
        const __CHECKED: #fit::Checked<'static, #count, { __SIZES.symbols }> =
            if __SMALL.is_full() { #large } else { __SMALL };
    }
}

/// The dialect and the model of a manifest.
fn subject(krate: &syn::Path, input: &Input<'_>, manifest: &Manifest) -> TokenStream {
    let values = &input.attributes.values;
    let declared = values.declared.get(manifest.dialect).filter(|_| manifest.dialect > 0);
    let name = declared.map(|dialect| dialect.name.to_string()).unwrap_or_default();
    let prefix = number(manifest.prefix(values));
    let dialect = quote!(#krate::__private::dialect::Dialect { name: #name, prefix: #prefix });
    let model = number(manifest.model);
    quote!(#krate::__private::fit::Subject { dialect: #dialect, model: #model })
}

/// The table of a manifest.
fn table(input: &Input<'_>, manifest: &Manifest) -> (Table, Packed) {
    let ignore = manifest.ignore(&input.attributes.values);
    let ignore: Vec<_> = ignore.iter().map(Ignore::described).collect();
    let table = Table::of(&manifest.listing.entries(&ignore));
    let packed = Packed::of(&table);
    (table, packed)
}

/// The shapes in a manifest.
fn shapes(krate: &syn::Path, manifest: &Manifest, table: &Table, packed: &Packed) -> TokenStream {
    let variables = number(manifest.listing.variables().len());
    let (slots, families) = (&table.slots, &packed.families);
    let (slots, families) = (Literal::byte_string(slots), Literal::byte_string(families));
    let specs = packed.specs.iter().map(|Spec { dtype, shape }| {
        let dtype = format_ident!("{}", format!("{dtype:?}"));
        let shape = shape.dims().iter().map(|&length| Literal::u64_unsuffixed(length));
        quote!((#krate::__private::DType::#dtype, &[#(#shape),*]))
    });
    quote! {
        #krate::__private::manifest::Shapes {
            variables: #variables,
            slots: #krate::__private::manifest::Manifest::slots(#slots),
            families: #families,
            specs: &[#(#specs),*],
        }
    }
}

/// The manifest with these shapes, in few tokens for any number of variables.
fn of_manifest(
    krate: &syn::Path,
    manifest: &Manifest,
    packed: &Packed,
    shapes: usize,
) -> TokenStream {
    let pieces = pieces(krate, packed);
    let families = families(krate, packed, shapes);
    let (file, count, shapes) = (&manifest.file, number(packed.family_count()), number(shapes));
    quote! {
        {
            #pieces
            #families
            #krate::__private::manifest::Manifest {
                file: #file,
                families: __FAMILIES.as_flattened().split_at(#count).0,
                variables: __SHAPES[#shapes].variables,
                slots: __SHAPES[#shapes].slots,
            }
        }
    }
}

fn pieces(krate: &syn::Path, packed: &Packed) -> TokenStream {
    let chunks = number(chunks(packed.piece_count()));
    let (texts, pieces) = (&packed.texts, Literal::byte_string(&packed.pieces));
    let ranges = packed.ranges.iter().map(|ranges| {
        let ranges = ranges.iter().map(|&(first, end)| {
            let (first, end) = (number(first), number(end));
            quote!((#first, #end))
        });
        quote!(&[#(#ranges),*])
    });
    quote! {
        const __PIECES: [#krate::__private::manifest::PieceChunk<'static>; #chunks] =
            #krate::__private::manifest::pieces(&[#(#texts),*], #pieces, &[#(#ranges),*]);
    }
}

fn families(krate: &syn::Path, packed: &Packed, shapes: usize) -> TokenStream {
    let (chunks, shapes) = (number(chunks(packed.family_count())), number(shapes));
    let labels = &packed.labels;
    quote! {
        const __FAMILIES: [#krate::__private::manifest::FamilyChunk<'static>; #chunks] =
            #krate::__private::manifest::families(
                __SHAPES[#shapes].families,
                __PIECES.as_flattened(),
                __SHAPES[#shapes].specs,
                &[#(#labels),*],
            );
    }
}
