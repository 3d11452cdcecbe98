//! Checkpoints of `ResNet` v1, as slim publishes them.

use super::listing::Listing;

/// The hyper-parameters of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResNet {
    /// The number of layers, which is part of all names.
    pub depth: usize,
    /// The number of units of each block.
    pub units: [usize; 4],
    /// The number of classes.
    pub classes: u64,
}

impl ResNet {
    /// The network of 50 layers.
    pub const OF_50: Self = Self { depth: 50, units: [3, 4, 6, 3], classes: 1000 };

    /// The network of 152 layers.
    pub const OF_152: Self = Self { depth: 152, units: [3, 8, 36, 3], classes: 1000 };

    /// Returns the variables, and the step counter. The first unit of each block has a shortcut, because its number of channels
    /// differs from the one before.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let root = format!("resnet_v1_{}", self.depth);
        let mut listing = Listing::default();
        convolution(&mut listing, &format!("{root}/conv1"), [7, 7, 3, 64]);
        let mut channels = 64;
        for (block, (units, narrow)) in self.units.into_iter().zip([64, 128, 256, 512]).enumerate()
        {
            let wide = 4 * narrow;
            for unit in 1..=units {
                let unit = format!("{root}/block{}/unit_{unit}/bottleneck_v1", block + 1);
                if channels != wide {
                    convolution(&mut listing, &format!("{unit}/shortcut"), [1, 1, channels, wide]);
                }
                convolution(&mut listing, &format!("{unit}/conv1"), [1, 1, channels, narrow]);
                convolution(&mut listing, &format!("{unit}/conv2"), [3, 3, narrow, narrow]);
                convolution(&mut listing, &format!("{unit}/conv3"), [1, 1, narrow, wide]);
                channels = wide;
            }
        }
        listing.weight(format!("{root}/logits/weights"), &[1, 1, channels, self.classes]);
        listing.weight(format!("{root}/logits/biases"), &[self.classes]);
        listing.counter("global_step");
        listing
    }
}

/// Adds a convolution with its normalization.
fn convolution(listing: &mut Listing, name: &str, shape: [u64; 4]) {
    listing.weight(format!("{name}/weights"), &shape);
    for part in ["beta", "gamma", "moving_mean", "moving_variance"] {
        listing.weight(format!("{name}/BatchNorm/{part}"), &shape[3..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(network: ResNet) -> (usize, u64) {
        let listing = network.listing();
        let trained = listing
            .variables()
            .iter()
            .filter(|listed| !listed.name.contains("/moving_") && listed.name != "global_step");
        let parameters = trained.map(|listed| listed.shape.iter().product::<u64>());
        (listing.variables().len(), parameters.sum())
    }

    /// The number of parameters in torchvision.
    #[test]
    fn the_published_networks_have_25_6_and_60_2_million_parameters() {
        assert_eq!(counts(ResNet::OF_50), (268, 25_557_032));
        assert_eq!(counts(ResNet::OF_152), (778, 60_192_808));
    }
}
