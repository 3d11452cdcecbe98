//! Checkpoints of MobileNet v2, as slim writes them while it averages the weights.

use super::listing::Listing;

/// The channels and the number of blocks of each group. Blocks after the first expand their input six times.
const GROUPS: [(u64, u64); 7] = [(16, 1), (24, 2), (32, 3), (64, 4), (96, 3), (160, 3), (320, 1)];

/// The hyper-parameters of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MobileNetV2 {
    /// The divisor of the numbers of channels. There are at least 8 channels.
    pub thinner: u64,
    /// The number of classes, including the background.
    pub classes: u64,
}

impl MobileNetV2 {
    /// Returns the variables of the network.
    #[must_use]
    pub fn weights(&self) -> Listing {
        let thin = |channels: u64| (channels / self.thinner).max(8);
        let mut listing = Listing::default();
        let mut from = thin(32);
        layer(&mut listing, "Conv", "weights", [3, 3, 3, from]);
        let groups =
            GROUPS.iter().flat_map(|&(channels, blocks)| (0..blocks).map(move |_| channels));
        for (block, channels) in groups.enumerate() {
            let name = match block {
                0 => "expanded_conv".to_owned(),
                block => format!("expanded_conv_{block}"),
            };
            let inner = if block == 0 { from } else { 6 * from };
            if block > 0 {
                layer(&mut listing, &format!("{name}/expand"), "weights", [1, 1, from, inner]);
            }
            let depthwise = format!("{name}/depthwise");
            layer(&mut listing, &depthwise, "depthwise_weights", [3, 3, inner, 1]);
            let to = thin(channels);
            layer(&mut listing, &format!("{name}/project"), "weights", [1, 1, inner, to]);
            from = to;
        }
        let last = thin(1280);
        layer(&mut listing, "Conv_1", "weights", [1, 1, from, last]);
        let logits = "MobilenetV2/Logits/Conv2d_1c_1x1";
        listing.weight(format!("{logits}/weights"), &[1, 1, last, self.classes]);
        listing.weight(format!("{logits}/biases"), &[self.classes]);
        listing
    }

    /// Returns a checkpoint of a training: with the averages of all variables, and the step counter.
    #[must_use]
    pub fn trained(&self) -> Listing {
        let mut listing = self.weights();
        listing.twins(&["ExponentialMovingAverage"], |_| true);
        listing.counter("global_step");
        listing
    }

    /// Returns a checkpoint of averages: of weights there is nothing else.
    #[must_use]
    pub fn averages(&self) -> Listing {
        self.weights().renamed(|name| {
            if name.contains("/moving_") {
                name.to_owned()
            } else {
                format!("{name}/ExponentialMovingAverage")
            }
        })
    }
}

/// Adds a convolution with its normalization. A depthwise one has as many output channels as input channels.
fn layer(listing: &mut Listing, name: &str, weights: &str, shape: [u64; 4]) {
    listing.weight(format!("MobilenetV2/{name}/{weights}"), &shape);
    let channels = if weights == "weights" { shape[3] } else { shape[2] };
    for part in ["gamma", "beta", "moving_mean", "moving_variance"] {
        listing.weight(format!("MobilenetV2/{name}/BatchNorm/{part}"), &[channels]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_network_has_3_5_million_parameters() {
        let listing = MobileNetV2 { thinner: 1, classes: 1001 }.weights();
        let weights = listing.variables().iter().filter(|listed| !listed.name.contains("/moving_"));
        let parameters: u64 = weights.map(|listed| listed.shape.iter().product::<u64>()).sum();
        // Keras counts 3,504,872 with one class less. A class has 1280 weights and a bias.
        assert_eq!(parameters, 3_504_872 + 1281);
    }
}
