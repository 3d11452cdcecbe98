//! Checkpoints of MiniGo, as written while it trains with momentum.

use super::listing::Listing;

/// The hyper-parameters of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MiniGo {
    /// The points along an edge of the board.
    pub board: u64,
    /// The planes of features.
    pub planes: u64,
    /// The filters of the convolutions.
    pub filters: u64,
    /// The residual blocks.
    pub blocks: u64,
    /// The width of the hidden layer of the value head.
    pub hidden: u64,
}

impl MiniGo {
    /// Returns the variables: those of the network, their momenta and the step counter.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let Self { board, planes, filters, blocks, hidden } = *self;
        let points = board * board;
        let mut listing = Listing::default();
        let last = 2 * blocks;
        convolution(&mut listing, 0, [3, 3, planes, filters], true);
        for number in 1..=last {
            convolution(&mut listing, number, [3, 3, filters, filters], true);
        }
        convolution(&mut listing, last + 1, [1, 1, filters, 2], false);
        convolution(&mut listing, last + 2, [1, 1, filters, 1], false);
        for (number, (from, to)) in
            [(2 * points, points + 1), (points, hidden), (hidden, 1)].into_iter().enumerate()
        {
            let name = numbered("dense", number as u64);
            listing.weight(format!("{name}/kernel"), &[from, to]);
            listing.weight(format!("{name}/bias"), &[to]);
        }
        listing.twins(&["Momentum"], |listed| !listed.name.contains("/moving_"));
        listing.counter("global_step");
        listing
    }
}

/// Adds a convolution with its normalization, which has a scale and an offset if `gain`.
fn convolution(listing: &mut Listing, number: u64, shape: [u64; 4], gain: bool) {
    listing.weight(numbered("conv2d", number) + "/kernel", &shape);
    let parts = ["gamma", "beta", "moving_mean", "moving_variance"];
    for part in &parts[if gain { 0 } else { 2 }..] {
        let name = numbered("batch_normalization", number);
        listing.weight(format!("{name}/{part}"), &shape[3..]);
    }
}

/// Returns the name of a layer, numbered like those of `tf.layers` and Keras.
pub(super) fn numbered(kind: &str, number: u64) -> String {
    if number == 0 { kind.to_owned() } else { format!("{kind}_{number}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_of_19_blocks_has_the_333_variables_of_the_published_index() {
        let go = MiniGo { board: 19, planes: 17, filters: 256, blocks: 19, hidden: 256 };
        let listing = go.listing();
        assert_eq!(listing.variables().len(), 333);
        let momenta = listing.variables().iter().filter(|listed| listed.name.ends_with("Momentum"));
        assert_eq!(momenta.count(), 125);
    }
}
