//! `#[derive(FromCheckpoint)]`. Use it through `checkpoint-core`, which exports it beside the trait.

use proc_macro::TokenStream;

/// Derives `FromCheckpoint`.
#[proc_macro_derive(FromCheckpoint, attributes(ckpt))]
pub fn derive_from_checkpoint(_item: TokenStream) -> TokenStream {
    TokenStream::new()
}
