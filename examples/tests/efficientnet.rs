//! `EfficientNet` is loaded from weights, from averages, and from both, by one struct.

use checkpoint_core::{
    Checkpoint, FromCheckpoint, LoadOptions, Memory, SaveOptions, SavedShadow, Shadow, ToCheckpoint,
};
use checkpoint_examples::efficientnet::EfficientNet;
use checkpoint_tests::architectures::efficientnet;
use checkpoint_tests::architectures::listing::Listing;
use expect_test::expect;

/// The layers of the published network, an eighth as wide.
const SMALL: efficientnet::EfficientNet = efficientnet::EfficientNet { thinner: 8, classes: 11 };

const KERNEL: &str = "efficientnet-b0/head/dense/kernel";
const AVERAGE: &str = "ExponentialMovingAverage";

fn is_average(name: &str) -> bool {
    name.ends_with(AVERAGE)
}

/// Loads a network. Returns the name of the variable of the classifier, and the number of averages.
fn loaded(listing: &Listing, shadow: Shadow) -> (String, usize) {
    let (_folder, checkpoint) = listing.checkpoint().unwrap();
    let options = LoadOptions::new().shadow(shadow);
    let (net, report) = EfficientNet::load_with(&checkpoint, options).unwrap();
    let kernel = net.head.kernel.into_dyn();
    let names = [KERNEL.to_owned(), format!("{KERNEL}/{AVERAGE}")];
    let there = |name: &String| listing.variables().iter().any(|listed| listed.name == *name);
    let source = names.into_iter().find(|name| there(name) && listing.array(name) == kernel);
    (source.unwrap(), report.averages)
}

#[test]
fn the_averages_are_taken_where_they_are_there() {
    let both = SMALL.listing();
    let count = SMALL.plain().variables().len();
    let average = (format!("{KERNEL}/{AVERAGE}"), count);
    let plain = (KERNEL.to_owned(), 0);
    assert_eq!(loaded(&both, Shadow::PreferAverage), average);
    assert_eq!(loaded(&both, Shadow::Average), average);
    assert_eq!(loaded(&both, Shadow::Plain), plain);

    let alone = both.clone().without(|name| !is_average(name));
    assert_eq!(loaded(&alone, Shadow::PreferAverage), average);
    assert_eq!(loaded(&SMALL.plain(), Shadow::PreferAverage), plain);
    assert_eq!(loaded(&SMALL.plain(), Shadow::Plain), plain);
    // Only the classifier has averages, as after further training of it.
    let some = both.without(|name| is_average(name) && !name.contains("/dense/"));
    let average = (format!("{KERNEL}/{AVERAGE}"), 2);
    assert_eq!(loaded(&some, Shadow::PreferAverage), average);
}

#[test]
fn the_report_says_what_was_not_taken() {
    let both = SMALL.listing();
    let (_folder, checkpoint) = both.checkpoint().unwrap();
    let (_, report) = EfficientNet::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let ignored: Vec<_> = report.ignored.iter().map(|it| (it.by, it.count)).collect();
    assert_eq!(ignored, [("bookkeeping", 1), ("shadow", 311)]);
    assert!(report.to_string().contains("\n  from averages: 311 variables\n"), "{report}");
    assert_eq!(report.variables + 312, both.variables().len());
}

#[test]
fn names_that_are_asked_for_and_are_not_there_are_one_problem() {
    let both = SMALL.listing();
    let alone = both.clone().without(|name| !is_average(name));
    let options = |shadow| LoadOptions::new().shadow(shadow);
    expect![[r#"
        `EfficientNet` does not fit the checkpoint `model.ckpt`: 1 problem
        - 311 variables of the struct have only averages in the checkpoint, such as `efficientnet-b0/stem/conv2d/kernel/ExponentialMovingAverage`; load with `Shadow::PreferAverage`"#]]
    .assert_eq(&alone.refused::<EfficientNet>(options(Shadow::Plain)));
    expect![[r#"
        `EfficientNet` does not fit the checkpoint `model.ckpt`: 1 problem
        - 311 variables of the struct have no average in the checkpoint, such as `efficientnet-b0/stem/conv2d/kernel`; load with `Shadow::PreferAverage`"#]]
    .assert_eq(&SMALL.plain().refused::<EfficientNet>(options(Shadow::Average)));
    // A variable without either name is missing under its own.
    expect![[r#"
        `EfficientNet` does not fit the checkpoint `model.ckpt`: 1 problem
        - field `EfficientNet.head.bias`: missing variable `efficientnet-b0/head/dense/bias`; if it is optional, make the field an `Option`"#]]
    .assert_eq(
        &both
            .without(|name| name.contains("dense/bias"))
            .refused::<EfficientNet>(LoadOptions::new()),
    );
}

#[test]
fn it_is_saved_by_plain_names_or_by_those_of_another_checkpoint() {
    let both = SMALL.listing();
    let alone = both.clone().without(|name| !is_average(name));
    let plain = SMALL.plain();
    let (_folder, checkpoint) = alone.checkpoint().unwrap();
    let (net, _) = EfficientNet::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let names = |options: SaveOptions<'_>| {
        let saved = Checkpoint::from_source("saved", Memory::new(net.to_tensors(options).unwrap()));
        // The network is the same with other names.
        let (again, _) = EfficientNet::load_with(&saved, LoadOptions::new()).unwrap();
        assert_eq!(again.head.kernel, net.head.kernel);
        let count = |average| {
            let names = saved.variables().iter().map(|variable| variable.name.to_string());
            names.filter(|name| is_average(name) == average).count()
        };
        [count(false), count(true)]
    };
    let all = plain.variables().len();
    assert_eq!(names(SaveOptions::new()), [all, 0]);
    assert_eq!(names(SaveOptions::new().shadow(SavedShadow::Average)), [0, all]);
    assert_eq!(names(SaveOptions::new().shadow(SavedShadow::Both)), [all, all]);
    for (like, expected) in [(&plain, [all, 0]), (&alone, [0, all]), (&both, [all, all])] {
        let (_folder, like) = like.checkpoint().unwrap();
        assert_eq!(names(SaveOptions::new().like(&like)), expected);
    }
}
