//! Models whose checkpoints differ from the layout that a program wants. Each is one struct, which loads, saves and loads again.

use std::fmt::Debug;

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, Owned, SaveOptions, ToCheckpoint,
};
use checkpoint_examples::lstm::Translator;
use checkpoint_examples::stylegan::Generator;
use checkpoint_examples::wide_deep::WideDeep;
use checkpoint_tests::architectures::listing::Listing;
use ndarray::{ArrayD, Axis, concatenate};

/// Loads a model, saves it and loads it again. The saved variables must equal those of the original.
fn there_and_back<T>(listing: &Listing, like: bool) -> T
where
    T: for<'c> FromCheckpoint<'c> + Owned + ToCheckpoint + Debug,
{
    let (_folder, from) = listing.checkpoint().unwrap();
    let (value, report) = T::load_with(&from, LoadOptions::new()).unwrap();
    let options = if like { SaveOptions::new().like(&from) } else { SaveOptions::new() };
    let saved = value.to_tensors(options).unwrap();
    assert_eq!(saved.len(), report.variables);
    for (name, tensor) in &saved {
        assert_eq!(*tensor, from.read(name).unwrap(), "{name}");
    }
    let saved = Checkpoint::from_source("saved", Memory::new(saved));
    let (again, _) = T::load_with(&saved, LoadOptions::new()).unwrap();
    assert!(format!("{again:?}") == format!("{value:?}"));
    value
}

/// Reorders the rows of a matrix from the gates i, j, f and o to i, f, g and o.
fn gates(rows: &ArrayD<f32>) -> ArrayD<f32> {
    let units = rows.len_of(Axis(0)) / 4;
    let gate = |at: usize| rows.slice_axis(Axis(0), (at * units..(at + 1) * units).into());
    concatenate(Axis(0), &[gate(0), gate(2), gate(1), gate(3)]).unwrap()
}

#[test]
fn the_gates_of_an_lstm_are_in_the_order_of_pytorch() {
    let listing = Listing::of_manifest(include_str!("../manifests/lstm.txt"));
    let model = there_and_back::<Translator>(&listing, false);
    let cells = [("encoder", &model.encoder), ("decoder", &model.decoder)];
    for (half, cells) in cells {
        assert_eq!(cells.len(), 2);
        for (number, cell) in cells.iter().enumerate() {
            let array = |name: &str| {
                let cell = format!("{half}/rnn/multi_rnn_cell/cell_{number}/basic_lstm_cell");
                listing.array(&format!("{cell}/{name}"))
            };
            let kernel = array("kernel");
            let inputs = kernel.len_of(Axis(0)) - 5;
            let part = |range: std::ops::Range<usize>| {
                gates(&kernel.slice_axis(Axis(0), range.into()).t().to_owned())
            };
            assert_eq!(cell.weight_ih.clone().into_dyn(), part(0..inputs));
            assert_eq!(cell.weight_hh.clone().into_dyn(), part(inputs..inputs + 5));
            assert_eq!(cell.bias.clone().into_dyn(), gates(&array("bias")));
        }
    }
}

#[test]
fn the_parts_of_embeddings_are_one_array() {
    let listing = Listing::of_manifest(include_str!("../manifests/wide-deep.txt"));
    let model = there_and_back::<WideDeep>(&listing, true);
    let occupation = "dnn/input_from_feature_columns/input_layer/occupation_embedding";
    let part = |p: usize| listing.array(&format!("{occupation}/embedding_weights/part_{p}"));
    let parts = [part(0), part(1), part(2)];
    let rows = concatenate(Axis(0), &parts.each_ref().map(|part| part.view())).unwrap();
    assert_eq!(rows.shape(), [100, 4]);
    assert_eq!(model.deep.occupation.vectors.into_dyn(), rows);
    assert_eq!(model.wide.age_and_education.weights.dim(), (130, 1));
    assert_eq!(model.deep.layers.len(), 2);
}

#[test]
fn the_blocks_of_a_generator_are_listed_by_their_resolution() {
    let listing = Listing::of_manifest(include_str!("../manifests/stylegan.txt"));
    let model = there_and_back::<Generator>(&listing, false);
    assert_eq!((model.mapping.len(), model.noise.len()), (3, 7));
    assert_eq!(model.noise[6].dim(), (32, 32));
    let channels = model.blocks.iter().map(|block| block.convolution.bias.len());
    assert_eq!(channels.collect::<Vec<_>>(), [16, 8, 4]);
    for (block, resolution) in model.blocks.iter().zip([8, 16, 32]) {
        let weight = listing.array(&format!("G/{resolution}x{resolution}/Conv0_up/weight"));
        assert_eq!(block.up.weight.clone().into_dyn(), weight);
    }
}
