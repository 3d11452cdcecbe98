//! A classifier of Keras is loaded by objects and by names, and each mistake is one error.

use std::collections::BTreeMap;

use checkpoint_core::{FromCheckpoint, LoadOptions, SaveOptions, ToCheckpoint};
use checkpoint_examples::keras::{ByNames, ByObjects, Dense, LayerByNames, LayerByObjects, Norm};
use checkpoint_tests::architectures::keras::{Classifier, VALUE};
use checkpoint_tests::architectures::listing::Listing;
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

const SMALL: Classifier =
    Classifier { model: "model", inputs: 7, layers: 3, hidden: 5, classes: 4 };

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(listing: &Listing, expected: &Expect) {
    expected.assert_eq(&listing.refused::<T>(LoadOptions::new()));
}

/// The elements that are saved for a weight of a layer.
fn written(listing: &Listing, layer: usize, weight: &str) -> ndarray::ArrayD<f32> {
    listing.array(&format!("model/layer_with_weights-{layer}/{weight}{VALUE}"))
}

#[test]
fn each_value_lands_where_its_object_says() {
    let listing = SMALL.listing();
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, report) = ByObjects::load_with(&checkpoint, LoadOptions::new()).unwrap();

    assert_eq!(model.layers.len(), 3);
    for (number, LayerByObjects { dense, norm }) in model.layers.into_iter().enumerate() {
        assert_eq!(dense.kernel.into_dyn(), written(&listing, 2 * number, "kernel"));
        assert_eq!(dense.bias.into_dyn(), written(&listing, 2 * number, "bias"));
        let Norm { gamma, beta, moving_mean, moving_variance } = norm;
        for (value, weight) in [
            (gamma, "gamma"),
            (beta, "beta"),
            (moving_mean, "moving_mean"),
            (moving_variance, "moving_variance"),
        ] {
            assert_eq!(value.into_dyn(), written(&listing, 2 * number + 1, weight));
        }
    }
    assert_eq!(model.logits.kernel.into_dyn(), written(&listing, 6, "kernel"));

    let ignored: Vec<_> =
        report.ignored.iter().map(|ignored| (ignored.by, ignored.count)).collect();
    // The object graph and the save counter; two slots for each of the 14 trained weights, and 5 hyper-parameters.
    assert_eq!(ignored, [("bookkeeping", 2), ("optimizer", 33)]);
    assert_eq!(report.variables, 20);
    assert_eq!(report.variables + 2 + 33, checkpoint.variables().len());
}

#[test]
fn names_load_what_objects_load() {
    let (_folder, checkpoint) = SMALL.listing().checkpoint().unwrap();
    let (by_objects, _) = ByObjects::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let (by_names, report) = ByNames::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(by_names.layers.len(), 3);
    for (by_name, by_object) in by_names.layers.into_iter().zip(by_objects.layers) {
        let LayerByNames { dense, norm } = by_name;
        assert_eq!((dense, norm), (by_object.dense, by_object.norm));
    }
    assert_eq!(by_names.logits, by_objects.logits);
    let ignored: Vec<_> =
        report.ignored.iter().map(|ignored| (ignored.by, ignored.count)).collect();
    assert_eq!(ignored, [("Adam/**", 33), ("bookkeeping", 2)]);
}

#[test]
fn a_model_under_another_name_is_called_that() {
    let listing = Classifier { model: "net", ..SMALL }.listing();
    refused::<ByObjects>(
        &listing,
        &expect![[r#"
            `ByObjects` does not fit the checkpoint `model.ckpt`: 1 problem
            - 20 variables are not where the struct expects them, but under `net/` instead of `model/`; write `prefix = "net"` on `ByObjects`"#]],
    );
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    assert!(ByNames::load_with(&checkpoint, LoadOptions::new()).is_ok());
}

#[test]
fn a_model_of_fewer_layers_is_named() {
    let listing = Classifier { layers: 2, ..SMALL }.listing();
    refused::<ByObjects>(
        &listing,
        &expect![[r#"
            `ByObjects` does not fit the checkpoint `model.ckpt`: 4 problems
            - field `ByObjects.layers[2].norm`: its 4 variables are missing, such as `model/layer_with_weights-5/gamma`; if it is optional, make the field an `Option`
            - field `ByObjects.logits`: its 2 variables are missing, such as `model/layer_with_weights-6/kernel`; if it is optional, make the field an `Option`
            - field `ByObjects.layers[2].dense.kernel`: `model/layer_with_weights-4/kernel` is f32 [5, 4] in the checkpoint, but [5, 5] in the struct, as [_, to]; `hidden` is 5 in 12 variables, such as `model/layer_with_weights-1/moving_variance` of `ByObjects.layers[0].norm.moving_variance`
            - field `ByObjects.layers[2].dense.bias`: `model/layer_with_weights-4/bias` is f32 [4] in the checkpoint, but [5] in the struct, as [to]; `hidden` is 5 in 12 variables, such as `model/layer_with_weights-1/moving_variance` of `ByObjects.layers[0].norm.moving_variance`"#]],
    );
}

#[test]
fn a_model_of_more_layers_is_named() {
    let listing = Classifier { layers: 5, ..SMALL }.listing();
    refused::<ByObjects>(
        &listing,
        &expect![[r#"
            `ByObjects` does not fit the checkpoint `model.ckpt`: 4 problems
            - 6 unexpected variables, such as `model/layer_with_weights-8/bias`, are beyond the bounds of `ByObjects.layers`; widen them, or add them to `ignore`
            - 4 unexpected variables, such as `model/layer_with_weights-7/beta`, are beyond the bounds of `ByObjects.layers`; widen them, or add them to `ignore`
            - unexpected variable `model/layer_with_weights-10/bias`, f32 [4]; add a field, or add it to `ignore`
            - unexpected variable `model/layer_with_weights-10/kernel`, f32 [5, 4]; add a field, or add it to `ignore`"#]],
    );
}

#[derive(FromCheckpoint)]
#[ckpt(dims(hidden = 8, classes))]
#[expect(dead_code, reason = "it is not loaded")]
struct LayersByNames {
    #[ckpt(flatten, repeat(i))]
    layers: Vec<LayerByNames>,
    #[ckpt(dims(to = classes))]
    logits: Dense,
}

#[test]
fn a_width_that_differs_everywhere_is_one_symbol() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "full_name", ignore("Adam/**", bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Wide(#[ckpt(flatten)] LayersByNames);
    refused::<Wide>(
        &SMALL.listing(),
        &expect![[r#"
            `Wide` does not fit the checkpoint `model.ckpt`: 1 problem
            - `hidden` is 8 in the struct, but 5 in the checkpoint: 18 variables agree, such as `batch_normalization_1/moving_variance` of `Wide.0.layers[1].norm.moving_variance`; change the struct, or load another checkpoint"#]],
    );
}

#[test]
fn objects_that_are_taken_for_keys_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(prefix = "model", dims(classes), ignore(optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct ByKeys {
        #[ckpt(path = "layer_with_weights-6", dims(to = classes))]
        logits: Dense,
    }
    refused::<ByKeys>(
        &SMALL.listing().without(|name| name.starts_with("model") && !name.contains("-6/")),
        &expect![[r#"
            `ByKeys` does not fit the checkpoint `model.ckpt`: 1 problem
            - the keys of this checkpoint are paths of objects; write `naming = "object_path"` on the struct to use them"#]],
    );
}

#[test]
fn slots_that_are_not_ignored_are_one_line() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "object_path", prefix = "model", dims(hidden, classes), ignore(bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Unignored {
        #[ckpt(flatten, repeat(i = 0..3))]
        layers: Vec<LayerByObjects>,
        #[ckpt(path = "layer_with_weights-6", dims(to = classes))]
        logits: Dense,
    }
    refused::<Unignored>(
        &SMALL.listing(),
        &expect![[r#"
        `Unignored` does not fit the checkpoint `model.ckpt`: 1 problem
        - all 33 unexpected variables are slots of an optimizer, such as `model/layer_with_weights-0/bias/.OPTIMIZER_SLOT/optimizer/m`; write `ignore(optimizer)`"#]],
    );
}

#[test]
fn layers_that_are_counted_with_those_without_weights_are_not_where_the_struct_says() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "object_path", prefix = "model", dims(hidden, classes))]
    #[ckpt(ignore(optimizer, bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Miscounted {
        #[ckpt(flatten, repeat(i = 0..3))]
        layers: Vec<MiscountedLayer>,
        #[ckpt(path = "layer_with_weights-6", dims(to = classes))]
        logits: Dense,
    }
    /// The numbers are those of `layer-<3*i>`.
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct MiscountedLayer {
        #[ckpt(path = "layer_with_weights-<3*i>", dims(to = hidden))]
        dense: Dense,
        #[ckpt(path = "layer_with_weights-<3*i+1>")]
        norm: Norm,
    }
    refused::<Miscounted>(
        &SMALL.listing(),
        &expect![[r#"
            `Miscounted` does not fit the checkpoint `model.ckpt`: 13 problems
            - field `Miscounted.layers[1].dense.kernel`: missing variable `model/layer_with_weights-3/kernel`; did you mean `model/layer_with_weights-2/kernel`, f32 [5, 5]?
            - field `Miscounted.layers[1].dense.bias`: missing variable `model/layer_with_weights-3/bias`; did you mean `model/layer_with_weights-2/bias`, f32 [5]?
            - field `Miscounted.layers[1].norm.gamma`: missing variable `model/layer_with_weights-4/gamma`; did you mean `model/layer_with_weights-3/gamma`, f32 [5]?
            - field `Miscounted.layers[1].norm.beta`: missing variable `model/layer_with_weights-4/beta`; did you mean `model/layer_with_weights-3/beta`, f32 [5]?
            - field `Miscounted.layers[1].norm.moving_mean`: missing variable `model/layer_with_weights-4/moving_mean`; did you mean `model/layer_with_weights-3/moving_mean`, f32 [5]?
            - field `Miscounted.layers[1].norm.moving_variance`: missing variable `model/layer_with_weights-4/moving_variance`; did you mean `model/layer_with_weights-3/moving_variance`, f32 [5]?
            - field `Miscounted.layers[2].norm`: no variables under `model/layer_with_weights-7`; did you mean `model/layer_with_weights-5`?
            - field `Miscounted.layers[2].dense.kernel`: `model/layer_with_weights-6/kernel` is f32 [5, 4] in the checkpoint, but [5, 5] in the struct, as [_, to]; `hidden` is 5 in 6 variables, such as `model/layer_with_weights-1/moving_variance` of `Miscounted.layers[0].norm.moving_variance`
            - field `Miscounted.layers[2].dense.bias`: `model/layer_with_weights-6/bias` is f32 [4] in the checkpoint, but [5] in the struct, as [to]; `hidden` is 5 in 6 variables, such as `model/layer_with_weights-1/moving_variance` of `Miscounted.layers[0].norm.moving_variance`
            - field `Miscounted.logits.bias`: `model/layer_with_weights-6/bias` is already loaded by `Miscounted.layers[].dense.bias`; only one field can take a variable
            - field `Miscounted.logits.kernel`: `model/layer_with_weights-6/kernel` is already loaded by `Miscounted.layers[].dense.kernel`; only one field can take a variable
            - unexpected variable `model/layer_with_weights-4/bias`, f32 [5]; add a field, or add it to `ignore`
            - unexpected variable `model/layer_with_weights-4/kernel`, f32 [5, 5]; add a field, or add it to `ignore`"#]],
    );
}

#[test]
fn all_layers_counted_lead_to_the_same_variables() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "object_path", prefix = "model", dims(hidden, classes))]
    #[ckpt(ignore(optimizer, bookkeeping))]
    struct Counted {
        #[ckpt(flatten, repeat(i = 0..3))]
        layers: Vec<CountedLayer>,
        #[ckpt(path = "layer-9", dims(to = classes))]
        logits: Dense,
    }
    #[derive(FromCheckpoint)]
    struct CountedLayer {
        #[ckpt(path = "layer-<3*i>", dims(to = hidden))]
        dense: Dense,
        #[ckpt(path = "layer-<3*i+1>")]
        norm: Norm,
    }
    let (_folder, checkpoint) = SMALL.listing().checkpoint().unwrap();
    let (counted, _) = Counted::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let (model, _) = ByObjects::load_with(&checkpoint, LoadOptions::new()).unwrap();
    for (CountedLayer { dense, norm }, layer) in counted.layers.into_iter().zip(model.layers) {
        assert_eq!((dense, norm), (layer.dense, layer.norm));
    }
    assert_eq!(counted.logits, model.logits);
}

#[test]
fn a_layer_by_its_class_instead_of_its_name_is_found() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "full_name", dims(hidden, classes), ignore("Adam/**", bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Misnamed {
        #[ckpt(flatten, repeat(i))]
        layers: Vec<LayerByNames>,
        #[ckpt(path = "logit", dims(to = classes))]
        logits: Dense,
    }
    refused::<Misnamed>(
        &SMALL.listing(),
        &expect![[r#"
            `Misnamed` does not fit the checkpoint `model.ckpt`: 1 problem
            - field `Misnamed.logits`: no variables under `logit`; did you mean `logits`?"#]],
    );
}

#[test]
fn names_that_begin_with_a_number_are_told_that_the_first_has_none() {
    #[derive(FromCheckpoint)]
    #[ckpt(naming = "full_name", dims(hidden, classes), ignore("Adam/**", bookkeeping))]
    #[expect(dead_code, reason = "it is not loaded")]
    struct Numbered {
        #[ckpt(flatten, repeat(i))]
        layers: Vec<NumberedLayer>,
        #[ckpt(dims(to = classes))]
        logits: Dense,
    }
    /// `dense_<i>` in place of `dense<i:_>`.
    #[derive(FromCheckpoint)]
    #[expect(dead_code, reason = "it is not loaded")]
    struct NumberedLayer {
        #[ckpt(path = "dense_<i>", dims(to = hidden))]
        dense: Dense,
        #[ckpt(path = "batch_normalization_<i>")]
        norm: Norm,
    }
    refused::<Numbered>(
        &SMALL.listing(),
        &expect![[r#"
            `Numbered` does not fit the checkpoint `model.ckpt`: 7 problems
            - field `Numbered.layers`: index 0 is missing, but `batch_normalization_1/beta` exists; if the list starts there, write `repeat(i = 1..)`
            - unexpected variable `batch_normalization/beta`, f32 [5]; add a field, or add it to `ignore`
            - unexpected variable `batch_normalization/gamma`, f32 [5]; add a field, or add it to `ignore`
            - unexpected variable `batch_normalization/moving_mean`, f32 [5]; add a field, or add it to `ignore`
            - unexpected variable `batch_normalization/moving_variance`, f32 [5]; add a field, or add it to `ignore`
            - unexpected variable `dense/bias`, f32 [5]; add a field, or add it to `ignore`
            - unexpected variable `dense/kernel`, f32 [7, 5]; add a field, or add it to `ignore`"#]],
    );
}

/// The classifier, by the numbers of all layers. Activations have no variables.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(naming = "object_path", prefix = "model", ignore(optimizer, bookkeeping))]
#[ckpt(dims(hidden), manifest = "manifests/keras-objects.txt")]
struct ByNumbers {
    #[ckpt(path = "layer-<i>", repeat(i = any))]
    layers: BTreeMap<usize, AnyLayer>,
}

#[derive(Debug, FromCheckpoint, ToCheckpoint)]
struct AnyLayer {
    kernel: Option<Array2<f32>>,
    bias: Option<Array1<f32>>,
    #[ckpt(flatten)]
    norm: Option<Norm>,
}

#[test]
fn layers_are_numbered_as_in_the_program() {
    let listing = SMALL.listing();
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let (model, report) = ByNumbers::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(report.variables, 20);
    let numbers: Vec<usize> = model.layers.keys().copied().collect();
    assert_eq!(numbers, [0, 1, 3, 4, 6, 7, 9]);
    let kernel = model.layers[&9].kernel.clone().unwrap();
    assert_eq!(kernel.into_dyn(), written(&listing, 6, "kernel"));
    let saved = model.to_tensors(SaveOptions::new().like(&checkpoint)).unwrap();
    // With the object graph.
    assert_eq!(saved.len(), 21);
    for (name, tensor) in &saved {
        assert_eq!(*tensor, checkpoint.read(name).unwrap(), "{name}");
    }
}
