//! `#[derive(FromCheckpoint)]` and `#[derive(ToCheckpoint)]`. Use them through `checkpoint-core`, which exports them with the
//! traits.

mod attr;
mod check;
mod diag;
mod expand;
mod input;
mod manifest;
mod shared;

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, parse_macro_input};

use crate::diag::Diag;
use crate::input::Input;

/// Derives `FromCheckpoint` for a struct. Each field is loaded from the variable, or from the part of the checkpoint, at its path.
///
// The tests of `checkpoint-tests` run the examples of the page, with the crates that these need.
#[cfg_attr(not(doctest), doc = include_str!("../attributes.md"))]
#[proc_macro_derive(FromCheckpoint, attributes(ckpt))]
pub fn derive_from_checkpoint(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive(&parse_macro_input!(item as DeriveInput)).into()
}

/// Derives `ToCheckpoint` for a struct that derives `FromCheckpoint`. Each field is saved as the variables that it is loaded from.
///
/// The attributes are those of `FromCheckpoint`. The section "Saving" of `attributes.md` describes their meaning in a save.
#[proc_macro_derive(ToCheckpoint, attributes(ckpt))]
pub fn derive_to_checkpoint(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive_saving(&parse_macro_input!(item as DeriveInput)).into()
}

/// Expands `FromCheckpoint`. On errors, also writes a stand-in impl so that no other errors follow.
fn derive(item: &DeriveInput) -> TokenStream {
    let mut diag = Diag::default();
    let input = Input::read(&mut diag, item);
    check::check(&mut diag, &input);
    match diag.finish() {
        Ok(()) => expand::expand(&input),
        Err(errors) => {
            let errors = errors.to_compile_error();
            let stand_in = expand::stand_in(&input);
            quote!(#errors #stand_in)
        }
    }
}

/// Expands `ToCheckpoint`. Mistakes that `FromCheckpoint` reports are not reported again.
fn derive_saving(item: &DeriveInput) -> TokenStream {
    let mut diag = Diag::default();
    let input = Input::without_manifests(&mut diag, item);
    check::check(&mut diag, &input);
    if diag.finish().is_err() {
        return expand::put::stand_in(&input);
    }
    let mut diag = Diag::default();
    check::check_saved(&mut diag, &input);
    match diag.finish() {
        Ok(()) => expand::put::expand(&input),
        Err(errors) => {
            let errors = errors.to_compile_error();
            let stand_in = expand::put::stand_in(&input);
            quote!(#errors #stand_in)
        }
    }
}
