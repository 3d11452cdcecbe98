//! `shadow`: variables and their averages. Each may exist without the other.

use checkpoint_core::{
    FromCheckpoint, LoadOptions, SaveOptions, SavedShadow, Shadow, ToCheckpoint,
};
use checkpoint_tests::memory::{checkpoint, said};
use expect_test::{Expect, expect};
use ndarray::{Array1, Array2};

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
#[ckpt(shadow = "ExponentialMovingAverage", ignore(bookkeeping))]
struct Model {
    w: Array1<f32>,
    #[ckpt(path = "l<i>", repeat)]
    layers: Vec<Layer>,
    #[ckpt(path = "e<e>/w", stack(e, axis = 0))]
    experts: Array2<f32>,
    #[ckpt(split(axis = 0))]
    parts: [Array1<f32>; 2],
    extra: Option<Array1<f32>>,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Layer {
    gamma: Array1<f32>,
    #[ckpt(shadow = "never")]
    statistics: Statistics,
}

#[derive(FromCheckpoint, ToCheckpoint, Debug, PartialEq)]
struct Statistics {
    mean: Array1<f32>,
}

const PLAIN: [(&str, usize); 8] = [
    ("w", 2),
    ("l0/gamma", 3),
    ("l0/statistics/mean", 3),
    ("l1/gamma", 3),
    ("l1/statistics/mean", 3),
    ("e0/w", 2),
    ("e1/w", 2),
    ("parts", 4),
];

/// Lists the variables with the chosen names of each.
fn listed(names: impl Fn(&str) -> [bool; 2]) -> String {
    let both = |(name, len): &(&str, usize)| {
        let [plain, average] = names(name);
        let plain = plain.then(|| format!("{name} [{len}]"));
        let average = average.then(|| format!("{name}/ExponentialMovingAverage [{len}]"));
        plain.into_iter().chain(average).collect::<Vec<_>>()
    };
    PLAIN.iter().flat_map(both).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn refused<T: for<'c> FromCheckpoint<'c>>(list: &str, shadow: Shadow, expected: &Expect) {
    expected.assert_eq(&said::<T>(&checkpoint(list), LoadOptions::new().shadow(shadow)));
}

#[test]
fn averages_are_read_for_all_but_those_that_are_never_averaged() {
    let checkpoint = checkpoint(&listed(|_| [true, true]));
    let read = |shadow| {
        let options = LoadOptions::new().shadow(shadow);
        let (_, report) = Model::load_with(&checkpoint, options).unwrap();
        let names = report.loaded.iter().map(|row| row.variable.clone()).collect::<Vec<_>>();
        (names.join(" "), report.averages, report.ignored[0].count)
    };
    let (names, averages, spare) = read(Shadow::PreferAverage);
    expect![[r"w/ExponentialMovingAverage l<0..2>/gamma/ExponentialMovingAverage l<0..2>/statistics/mean e<0..2>/w/ExponentialMovingAverage parts/ExponentialMovingAverage"]]
    .assert_eq(&names);
    assert_eq!((averages, spare), (6, 8));
    assert_eq!(read(Shadow::Average), (names, 6, 8));
    let (names, averages, spare) = read(Shadow::Plain);
    expect![[r"w l<0..2>/gamma l<0..2>/statistics/mean e<0..2>/w parts"]].assert_eq(&names);
    assert_eq!((averages, spare), (0, 8));
}

#[test]
fn each_variable_is_read_by_the_name_that_is_there() {
    let list = listed(|name| [!name.starts_with(['w', 'e']), name.starts_with(['w', 'e'])]);
    let (_, report) = Model::load_with(&checkpoint(&list), LoadOptions::new()).unwrap();
    assert_eq!((report.averages, report.ignored.len(), report.variables), (3, 0, 8));
}

#[test]
fn a_struct_without_averages_says_so_of_a_checkpoint_that_has_no_others() {
    #[derive(FromCheckpoint)]
    struct Plain {
        #[ckpt(path = "w")]
        _w: Array1<f32>,
        #[ckpt(path = "l<i>/gamma", repeat)]
        _gammas: Vec<Array1<f32>>,
    }
    let list = "w/ExponentialMovingAverage [2]\nl0/gamma/ExponentialMovingAverage [3]
        l1/gamma/ExponentialMovingAverage [3]";
    refused::<Plain>(
        list,
        Shadow::PreferAverage,
        &expect![[r#"
        `Plain` does not fit the checkpoint `memory`: 1 problem
        - 2 variables of the struct have only averages in the checkpoint, such as `w/ExponentialMovingAverage`; write `shadow = "ExponentialMovingAverage"` on the struct"#]],
    );
}

#[derive(FromCheckpoint)]
#[ckpt(shadow = "ExponentialMovingAverage")]
struct Two {
    #[ckpt(path = "w")]
    _w: Array1<f32>,
    #[ckpt(path = "b")]
    _b: Array1<f32>,
}

#[test]
fn what_is_asked_for_and_not_there_is_one_problem() {
    refused::<Two>(
        "w/ExponentialMovingAverage [2]\nb/ExponentialMovingAverage [2]",
        Shadow::Plain,
        &expect![[r#"
            `Two` does not fit the checkpoint `memory`: 1 problem
            - 2 variables of the struct have only averages in the checkpoint, such as `w/ExponentialMovingAverage`; load with `Shadow::PreferAverage`"#]],
    );
    refused::<Two>(
        "w [2]\nb [2]\nb/ExponentialMovingAverage [2]",
        Shadow::Average,
        &expect![[r#"
            `Two` does not fit the checkpoint `memory`: 1 problem
            - 1 variable of the struct has no average in the checkpoint, such as `w`; load with `Shadow::PreferAverage`"#]],
    );
}

#[test]
fn a_misspelled_path_is_one_problem_though_its_variable_has_an_average() {
    refused::<Two>(
        "wx [2]\nwx/ExponentialMovingAverage [2]\nb [2]",
        Shadow::PreferAverage,
        &expect![[r#"
            `Two` does not fit the checkpoint `memory`: 1 problem
            - field `Two._w`: missing variable `w`; did you mean `wx`, f32 [2]?"#]],
    );
}

#[test]
fn an_average_that_another_field_takes_is_taken_by_that() {
    #[derive(FromCheckpoint)]
    #[ckpt(shadow = "ExponentialMovingAverage")]
    struct Both {
        #[ckpt(shadow = "never")]
        w: Array1<f32>,
        #[ckpt(path = "w/ExponentialMovingAverage", shadow = "never")]
        average: Option<Array1<f32>>,
    }
    let checkpoint = checkpoint("w [2]\nw/ExponentialMovingAverage [2]");
    let (both, report) = Both::load_with(&checkpoint, LoadOptions::new()).unwrap();
    assert_eq!(both.w.len() + both.average.unwrap().len(), 4);
    assert!(report.ignored.is_empty(), "{report}");
}

#[test]
fn a_variable_is_saved_by_the_names_that_are_asked_for() {
    let (model, _) =
        Model::load_with(&checkpoint(&listed(|_| [true, false])), LoadOptions::new()).unwrap();
    let names = |options| {
        let tensors = model.to_tensors(options).unwrap();
        let names = tensors.iter().map(|(name, _)| name.to_string().replace("Exponential", ""));
        names.collect::<Vec<_>>().join(" ")
    };
    expect![[r"e0/w e1/w l0/gamma l0/statistics/mean l1/gamma l1/statistics/mean parts w"]]
        .assert_eq(&names(SaveOptions::new()));
    expect![[r"e0/w/MovingAverage e1/w/MovingAverage l0/gamma/MovingAverage l0/statistics/mean l1/gamma/MovingAverage l1/statistics/mean parts/MovingAverage w/MovingAverage"]]
        .assert_eq(&names(SaveOptions::new().shadow(SavedShadow::Average)));
    // The checkpoint of `like` has both names of some variables, and one of the others.
    let like = listed(|name| [!name.starts_with('l'), !name.starts_with('e')]);
    let mut saved = Vec::new();
    let like = checkpoint(&like);
    for (name, tensor) in model.to_tensors(SaveOptions::new().like(&like)).unwrap() {
        saved.push((name.to_string().replace("Exponential", ""), tensor));
    }
    saved.sort_by(|one, other| one.0.cmp(&other.0));
    let names: Vec<&str> = saved.iter().map(|(name, _)| name.as_str()).collect();
    expect![[r"e0/w e1/w l0/gamma/MovingAverage l0/statistics/mean l1/gamma/MovingAverage l1/statistics/mean parts parts/MovingAverage w w/MovingAverage"]]
        .assert_eq(&names.join(" "));
    let of = |name: &str| {
        let found = saved.iter().find(|(other, _)| other == name);
        found.unwrap().1.as_bytes().to_vec()
    };
    assert_eq!(of("parts"), of("parts/MovingAverage"));
}
