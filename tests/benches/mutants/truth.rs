//! Decides whether a model fits a manifest, by the oracle of the tests that compare loads with the compiler. It shares no code
//! with the check or with planning.

use checkpoint_schema::format::Limits;
use checkpoint_schema::manifest::Listing;
use checkpoint_schema::model::description::Node;

use super::oracle::{self, Answer, Variables};

/// Returns the variables of a manifest.
pub(crate) fn variables(listing: &Listing) -> Variables {
    let variables = listing.variables().iter().map(|listed| {
        let name = listed.names[0].as_str().expect("names are text").to_owned();
        (name, (listed.spec.dtype, listed.spec.shape.dims().to_vec()))
    });
    variables.collect()
}

/// Reads a manifest.
pub(crate) fn listing(manifest: &[u8]) -> Listing {
    Listing::read(manifest, &Limits::default()).expect("the manifest is right")
}

/// Returns the oracle's answer for a model, or the reason why it has no description.
pub(crate) fn follow(described: &Result<&'static Node, String>, variables: &Variables) -> Answer {
    match described {
        Ok(Node::Struct(root)) => oracle::answer(root, variables),
        Ok(_) => Answer::default(),
        Err(refused) => Answer { wrong: vec![refused.clone()], ..Answer::default() },
    }
}
