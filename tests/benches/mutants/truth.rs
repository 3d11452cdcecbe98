//! Whether a model fits a manifest, told by the oracle of the tests that compare loads with the compiler: no code of the
//! check or of planning has a part in it.

use checkpoint_schema::format::Limits;
use checkpoint_schema::manifest::Listing;
use checkpoint_schema::model::description::Node;

use super::oracle::{self, Answer, Variables};

/// The variables of a manifest.
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

/// What the oracle says of a model, or why it has no description.
pub(crate) fn follow(described: &Result<&'static Node, String>, variables: &Variables) -> Answer {
    match described {
        Ok(Node::Struct(root)) => oracle::answer(root, variables),
        Ok(_) => Answer::default(),
        Err(refused) => Answer { wrong: vec![refused.clone()], ..Answer::default() },
    }
}
