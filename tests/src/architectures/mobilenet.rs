//! Checkpoints of MobileNet v1, as slim writes them while it trains with `RMSProp` and averages the weights.

use super::listing::Listing;

/// The numbers of channels after the convolution and after each of the 13 blocks.
const CHANNELS: [u64; 14] = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];

/// The hyper-parameters of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MobileNet {
    /// The divisor of the numbers of channels: 1, 2 or 4 in the published networks. There are at least 8 channels.
    pub thinner: u64,
    /// The number of classes, including the background.
    pub classes: u64,
}

impl MobileNet {
    /// Returns the variables: those of the network, their averages, the slots of `RMSProp`, and the step counter.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let channels = CHANNELS.map(|channels| (channels / self.thinner).max(8));
        let mut listing = Listing::default();
        layer(&mut listing, "Conv2d_0", "weights", [3, 3, 3, channels[0]]);
        for (block, pair) in (1..).zip(channels.windows(2)) {
            let [from, to] = [pair[0], pair[1]];
            let depthwise = format!("Conv2d_{block}_depthwise");
            layer(&mut listing, &depthwise, "depthwise_weights", [3, 3, from, 1]);
            layer(&mut listing, &format!("Conv2d_{block}_pointwise"), "weights", [1, 1, from, to]);
        }
        let logits = "MobilenetV1/Logits/Conv2d_1c_1x1";
        listing.weight(format!("{logits}/weights"), &[1, 1, channels[13], self.classes]);
        listing.weight(format!("{logits}/biases"), &[self.classes]);
        let network: Vec<String> =
            listing.variables().iter().map(|listed| listed.name.clone()).collect();
        listing.twins(&["ExponentialMovingAverage"], |_| true);
        listing.twins(&["RMSProp", "RMSProp_1"], |listed| {
            network.contains(&listed.name) && !listed.name.contains("/moving_")
        });
        listing.counter("global_step");
        listing
    }
}

/// Adds a convolution with its normalization. A depthwise one has as many output channels as input channels.
fn layer(listing: &mut Listing, name: &str, weights: &str, shape: [u64; 4]) {
    listing.weight(format!("MobilenetV1/{name}/{weights}"), &shape);
    let channels = shape[2..3 + usize::from(shape[3] > 1)].last();
    for part in ["gamma", "beta", "moving_mean", "moving_variance"] {
        let name = format!("MobilenetV1/{name}/BatchNorm/{part}");
        listing.weight(name, &[channels.copied().unwrap_or_default()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_4_2_million_parameters_in_137_variables() {
        let listing = MobileNet { thinner: 1, classes: 1001 }.listing();
        let names = listing.variables().iter().map(|listed| &listed.name);
        let slots = ["ExponentialMovingAverage", "RMSProp", "RMSProp_1", "global_step"];
        let network: Vec<_> =
            names.filter(|name| !slots.iter().any(|slot| name.ends_with(slot))).collect();
        assert_eq!(network.len(), 137);
        let parameters: u64 = listing
            .variables()
            .iter()
            .filter(|listed| network.contains(&&listed.name) && !listed.name.contains("/moving_"))
            .map(|listed| listed.shape.iter().product::<u64>())
            .sum();
        // Keras counts 4,231,976 with one class less. A class has 1024 weights and a bias.
        assert_eq!(parameters, 4_231_976 + 1025);
        assert_eq!(listing.variables().len(), 137 + 137 + 2 * 83 + 1);
    }
}
