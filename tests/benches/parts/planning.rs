//! Planning: matching a struct with a catalog.

use checkpoint_core::{FromCheckpoint, Node};
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{PlanOptions, plan};
use checkpoint_tests::architectures::bert::Bert;
use checkpoint_tests::architectures::listing::Listing;
use checkpoint_tests::gpt2::Hparams;
use checkpoint_tests::models::{Layers, PlainGpt2, TrainedBert};
use divan::Bencher;
use divan::counter::ItemsCount;
use ndarray::{Array1, Array2};

use crate::index::{bytes, catalog};

#[divan::bench(args = Hparams::SIZES)]
fn gpt2(bencher: Bencher<'_, '_>, size: &str) {
    bench::<PlainGpt2<Array2<f32>, Array1<f32>>>(bencher, &Listing::gpt2(size));
}

#[divan::bench]
fn bert_large_trained(bencher: Bencher<'_, '_>) {
    bench::<TrainedBert<Array2<f32>, Array1<f32>>>(bencher, &Bert::LARGE.trained());
}

/// With lengths that are symbols.
#[divan::bench(args = [200, 2_000, 20_000])]
fn symbols(bencher: Bencher<'_, '_>, variables: usize) {
    bench::<Layers<Array1<f32>>>(bencher, &Listing::layers(variables));
}

fn bench<T: for<'c> FromCheckpoint<'c>>(bencher: Bencher<'_, '_>, listing: &Listing) {
    let catalog = catalog(&bytes(listing).expect("the index is written"));
    let node: &'static Node = const { &T::NODE };
    bencher.counter(ItemsCount::new(catalog.variables().len())).bench_local(|| {
        let names = Names::of_keys(&catalog);
        plan(node, &names, PlanOptions::default()).expect("it fits").reads.len()
    });
}
