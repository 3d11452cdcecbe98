//! The variables of published architectures in PyTorch, as `transformers` names them.

use checkpoint_core::{Catalog, Rules};

use super::listing::Listing;

/// Returns the variables that the rules of a model make of a checkpoint.
///
/// # Panics
///
/// When there are no such rules, or when they do not fit the checkpoint.
#[must_use]
pub fn converted(catalog: &Catalog, model: &str) -> Listing {
    let rules = Rules::known(model).expect("there are rules");
    let decided = rules.decide(catalog).unwrap_or_else(|error| panic!("{error}"));
    let mut listing = Listing::default();
    for target in decided.targets {
        listing.add(target.name.to_string(), target.spec.dtype, target.spec.shape.dims());
    }
    listing
}

/// Adds the buffers of batch normalizations that count batches.
pub fn count_batches(listing: &mut Listing) {
    let is_one = |name: &&str| name.ends_with(".normalization.weight");
    let names = listing.variables().iter().map(|listed| listed.name.as_str()).filter(is_one);
    let names: Vec<String> =
        names.map(|name| name.replace(".weight", ".num_batches_tracked")).collect();
    for name in names {
        listing.counter(name);
    }
}

/// Adds the masks of attention that old checkpoints of GPT-2 have.
pub fn mask_attention(listing: &mut Listing, layers: u64, positions: u64) {
    for layer in 0..layers {
        listing.weight(format!("h.{layer}.attn.bias"), &[1, 1, positions, positions]);
    }
}
