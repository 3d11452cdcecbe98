//! Checkpoints of a classifier of Keras 2: `tf.train.Checkpoint(model=model, optimizer=optimizer)`.

use super::listing::Listing;
use super::minigo::numbered;
use crate::writer::Graph;

/// The end of a key, after the path of the variable.
pub const VALUE: &str = "/.ATTRIBUTES/VARIABLE_VALUE";

const ROOT: u32 = 0;
const MODEL: u32 = 1;
const OPTIMIZER: u32 = 2;

/// The hyper-parameters. There are `layers` hidden layers, each with a normalization and an activation, and the logits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classifier {
    /// The name of the model in the checkpoint.
    pub model: &'static str,
    /// The width of the inputs.
    pub inputs: u64,
    /// The number of hidden layers.
    pub layers: u64,
    /// The width of the hidden layers.
    pub hidden: u64,
    /// The number of classes.
    pub classes: u64,
}

impl Classifier {
    /// Returns the variables, with the slots and hyper-parameters of Adam, and the object graph.
    #[must_use]
    pub fn listing(&self) -> Listing {
        let mut written = Written::new(self.model);
        let mut inputs = self.inputs;
        for number in 0..self.layers {
            let dense = numbered("dense", number);
            written.layer(&dense, &[("kernel", &[inputs, self.hidden]), ("bias", &[self.hidden])]);
            let norm = ["gamma", "beta", "moving_mean", "moving_variance"];
            let width = [self.hidden];
            written.layer(
                &numbered("batch_normalization", number),
                &norm.map(|part| (part, width.as_slice())),
            );
            written.layer(&numbered("activation", number), &[]);
            inputs = self.hidden;
        }
        written.layer("logits", &[("kernel", &[inputs, self.classes]), ("bias", &[self.classes])]);
        written.finish()
    }
}

/// The objects and variables so far.
struct Written {
    model: &'static str,
    listing: Listing,
    graph: Graph,
    /// The number of the next object.
    next: u32,
    /// The number of layers.
    layers: u32,
    /// The number of layers with weights.
    weighty: u32,
}

impl Written {
    fn new(model: &'static str) -> Self {
        let graph = Graph::new().child(ROOT, model, MODEL).child(ROOT, "optimizer", OPTIMIZER);
        let listing = Listing::default();
        Self { model, listing, graph, next: OPTIMIZER + 1, layers: 0, weighty: 0 }
    }

    /// Adds a layer. If it has weights, it has two names: Keras numbers such layers separately, too.
    fn layer(&mut self, full_name: &str, weights: &[(&str, &[u64])]) {
        let layer = self.object();
        if !weights.is_empty() {
            let name = format!("layer_with_weights-{}", self.weighty);
            self.weighty += 1;
            self.child(MODEL, &name, layer);
            let path = format!("{}/{name}", self.model);
            for (name, shape) in weights {
                self.weight(layer, name, &path, full_name, shape);
            }
        }
        self.child(MODEL, &format!("layer-{}", self.layers), layer);
        self.layers += 1;
    }

    /// Adds a weight of a layer, and its slots of Adam if it is trained.
    fn weight(&mut self, layer: u32, name: &str, path: &str, full_name: &str, shape: &[u64]) {
        let (path, full_name) = (format!("{path}/{name}"), format!("{full_name}/{name}"));
        let weight = self.variable(&path, &full_name);
        self.child(layer, name, weight);
        self.listing.weight(path.clone() + VALUE, shape);
        if name.starts_with("moving_") {
            return;
        }
        for slot in ["m", "v"] {
            let path = format!("{path}/.OPTIMIZER_SLOT/optimizer/{slot}");
            let variable = self.variable(&path, &format!("Adam/{full_name}/{slot}"));
            let graph = std::mem::take(&mut self.graph);
            self.graph = graph.slot(OPTIMIZER, weight, slot, variable);
            self.listing.weight(path + VALUE, shape);
        }
    }

    /// Adds the hyper-parameters of the optimizer, the counters, and the graph itself.
    fn finish(mut self) -> Listing {
        for name in ["beta_1", "beta_2", "decay", "learning_rate"] {
            let path = format!("optimizer/{name}");
            let variable = self.variable(&path, &format!("Adam/{name}"));
            self.child(OPTIMIZER, name, variable);
            self.listing.weight(path + VALUE, &[]);
        }
        for (owner, name, path, full_name) in [
            (OPTIMIZER, "iter", "optimizer/iter", "Adam/iter"),
            (ROOT, "save_counter", "save_counter", "save_counter"),
        ] {
            let variable = self.variable(path, full_name);
            self.child(owner, name, variable);
            self.listing.counter(path.to_owned() + VALUE);
        }
        self.listing.graph(self.graph.to_bytes());
        self.listing
    }

    fn object(&mut self) -> u32 {
        self.next += 1;
        self.next - 1
    }

    fn variable(&mut self, path: &str, full_name: &str) -> u32 {
        let object = self.object();
        let graph = std::mem::take(&mut self.graph);
        self.graph = graph.variable(object, full_name, &(path.to_owned() + VALUE));
        object
    }

    fn child(&mut self, object: u32, name: &str, other: u32) {
        self.graph = std::mem::take(&mut self.graph).child(object, name, other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_keras() {
        let classifier = Classifier { model: "model", inputs: 4, layers: 1, hidden: 3, classes: 2 };
        let listing = classifier.listing();
        let keys: Vec<_> = listing
            .variables()
            .iter()
            .map(|listed| listed.name.strip_suffix(VALUE).expect("it is a value"))
            .filter(|path| !path.contains("OPTIMIZER_SLOT"))
            .collect();
        assert_eq!(
            keys,
            [
                "model/layer_with_weights-0/kernel",
                "model/layer_with_weights-0/bias",
                "model/layer_with_weights-1/gamma",
                "model/layer_with_weights-1/beta",
                "model/layer_with_weights-1/moving_mean",
                "model/layer_with_weights-1/moving_variance",
                "model/layer_with_weights-2/kernel",
                "model/layer_with_weights-2/bias",
                "optimizer/beta_1",
                "optimizer/beta_2",
                "optimizer/decay",
                "optimizer/learning_rate",
                "optimizer/iter",
                "save_counter",
            ]
        );
        // Adam has two slots for each of the six trained weights.
        assert_eq!(listing.variables().len(), keys.len() + 12);
    }
}
