//! The errors of an item.

use std::fmt::Display;

use quote::ToTokens;

/// Collects errors, so that all errors of an item are shown together.
#[derive(Default)]
pub(crate) struct Diag(Option<syn::Error>);

impl Diag {
    /// Reports an error at `tokens`.
    pub(crate) fn error(&mut self, tokens: impl ToTokens, message: impl Display) {
        let error = syn::Error::new_spanned(tokens, message);
        match &mut self.0 {
            Some(errors) => errors.combine(error),
            none => *none = Some(error),
        }
    }

    /// Fails with all reported errors, if any.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
