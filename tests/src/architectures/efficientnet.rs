//! Checkpoints of `EfficientNet` B0, with the averages of its variables that training keeps.

use super::listing::Listing;

/// The stages: the number of blocks, the width of their kernels, their expansion, and their output channels.
const STAGES: [[u64; 4]; 7] = [
    [1, 3, 1, 16],
    [2, 3, 6, 24],
    [2, 5, 6, 40],
    [3, 3, 6, 80],
    [3, 5, 6, 112],
    [4, 5, 6, 192],
    [1, 3, 6, 320],
];

/// The hyper-parameters of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EfficientNet {
    /// The divisor of all channels: 1 in the published network.
    pub thinner: u64,
    /// The number of classes.
    pub classes: u64,
}

impl EfficientNet {
    /// Returns the variables of the network, each with its average, and the step counter.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let mut listing = self.plain();
        listing.twins(&["ExponentialMovingAverage"], |_| true);
        listing.counter("global_step");
        listing
    }

    /// Returns the variables of the network alone.
    #[must_use]
    pub fn plain(&self) -> Listing {
        let thin = |channels: u64| (channels / self.thinner).max(1);
        let mut listing = Listing::default();
        let mut from = thin(32);
        convolution(&mut listing, "stem", [3, 3, 3, from]);
        let mut number = 0;
        for [blocks, width, expansion, to] in STAGES {
            for _ in 0..blocks {
                let to = thin(to);
                block(&mut listing, &format!("blocks_{number}"), width, [from, expansion, to]);
                from = to;
                number += 1;
            }
        }
        let head = thin(1280);
        convolution(&mut listing, "head", [1, 1, from, head]);
        listing.weight("head/dense/kernel", &[head, self.classes]);
        listing.weight("head/dense/bias", &[self.classes]);
        listing.renamed(|name| format!("efficientnet-b0/{name}"))
    }
}

fn convolution(listing: &mut Listing, name: &str, shape: [u64; 4]) {
    listing.weight(format!("{name}/conv2d/kernel"), &shape);
    norm(listing, &format!("{name}/tpu_batch_normalization"), shape[3]);
}

fn block(listing: &mut Listing, name: &str, width: u64, [from, expansion, to]: [u64; 3]) {
    let inner = from * expansion;
    let squeezed = (from / 4).max(1);
    let expands = expansion > 1;
    if expands {
        listing.weight(format!("{name}/conv2d/kernel"), &[1, 1, from, inner]);
    }
    let project = if expands { "conv2d_1" } else { "conv2d" };
    let depthwise = format!("{name}/depthwise_conv2d/depthwise_kernel");
    listing.weight(depthwise, &[width, width, inner, 1]);
    listing.weight(format!("{name}/se/conv2d/kernel"), &[1, 1, inner, squeezed]);
    listing.weight(format!("{name}/se/conv2d/bias"), &[squeezed]);
    listing.weight(format!("{name}/se/conv2d_1/kernel"), &[1, 1, squeezed, inner]);
    listing.weight(format!("{name}/se/conv2d_1/bias"), &[inner]);
    listing.weight(format!("{name}/{project}/kernel"), &[1, 1, inner, to]);
    let widths = [inner, inner, to];
    let widths = if expands { &widths[..] } else { &widths[1..] };
    for (number, width) in widths.iter().enumerate() {
        let suffix = if number > 0 { format!("_{number}") } else { String::new() };
        norm(listing, &format!("{name}/tpu_batch_normalization{suffix}"), *width);
    }
}

fn norm(listing: &mut Listing, name: &str, channels: u64) {
    for part in ["gamma", "beta", "moving_mean", "moving_variance"] {
        listing.weight(format!("{name}/{part}"), &[channels]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_5_3_million_parameters() {
        let network = EfficientNet { thinner: 1, classes: 1000 };
        let is_trained = |name: &str| !name.contains("/moving_");
        let plain = network.plain().without(|name| !is_trained(name));
        let parameters: u64 =
            plain.variables().iter().map(|it| it.shape.iter().product::<u64>()).sum();
        // The number of trainable parameters of `EfficientNetB0` in Keras.
        assert_eq!(parameters, 5_288_548);
        assert_eq!(network.listing().variables().len(), 2 * network.plain().variables().len() + 1);
    }
}
