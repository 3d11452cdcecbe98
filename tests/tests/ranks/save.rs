//! Saves by ranks.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use checkpoint_core::{
    Checkpoint, DType, FromCheckpoint, LoadOptions, Memory, Name, Progress, Rank, SaveError,
    SaveOptions, SaveReport, Tensor, ToCheckpoint,
};
use expect_test::expect;
use ndarray::{Array1, Array2, Array3, ArrayD, array, s};
use proptest::prelude::*;

use super::numbered;

/// Fields with all kinds of steps. All lengths that ranks divide are multiples of 12.
#[derive(FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(n, m))]
struct Model {
    #[ckpt(shape = [n, m], parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    rows: Array2<f32>,
    #[ckpt(shape = [_, n], parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    columns: Array2<f32>,
    #[ckpt(transpose, parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    turned: Array2<f32>,
    #[ckpt(squeeze, split(axis = 1), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    qkv: [Array2<f32>; 3],
    #[ckpt(path = "bias", split(axis = 0), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    biases: [Array1<f32>; 3],
    #[ckpt(reshape[12, _, m], permute(1, 0, 2), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    heads: Array3<f32>,
    #[ckpt(concat(axis = 0, paths = ["a", "b", "c"]), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    joined: Array2<f32>,
    #[ckpt(path = "expert_<e>", stack(e, axis = 0), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    experts: Array2<f32>,
    #[ckpt(path = "halves", chunk(axis = 0, index = 0, of = 2), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    first: Array2<f32>,
    #[ckpt(path = "halves", chunk(axis = 0, index = 1, of = 2))]
    second: Array2<f32>,
    #[ckpt(path = "pair", slice(axis = 1, range = ..m))]
    before: Array2<f32>,
    #[ckpt(path = "pair", slice(axis = 1, range = m..), parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    after: Array2<f32>,
    #[ckpt(reorder(axis = 0, order = [1, 0]), parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    swapped: Array2<f32>,
    #[ckpt(path = "h<i>", repeat, parallel(axis = 0, of = [1, 2, 3, 4, 6]))]
    list: Vec<Array1<f32>>,
    #[ckpt(parallel(axis = 1, of = [1, 2, 3, 4, 6]))]
    maybe: Option<ArrayD<f32>>,
    #[ckpt(path = "rows", copy, transpose)]
    whole: Array2<f32>,
    scale: f32,
}

fn tensors([n, m, k, c]: [usize; 4]) -> Vec<(Name, Tensor)> {
    let mut shapes: Vec<(String, Vec<usize>)> = [
        ("rows", vec![n, m]),
        ("columns", vec![k, n]),
        ("turned", vec![k, c]),
        ("qkv", vec![1, k, 3 * c]),
        ("bias", vec![3 * c]),
        ("heads", vec![12 * c, m]),
        ("a", vec![5, k]),
        ("b", vec![7, k]),
        ("c", vec![c, k]),
        ("halves", vec![2 * k, c]),
        ("pair", vec![c, m + k]),
        ("swapped", vec![2 * k, c]),
        ("h0", vec![c]),
        ("h1", vec![n]),
        ("maybe", vec![k, c]),
        ("scale", vec![]),
    ]
    .map(|(name, shape)| (name.to_owned(), shape))
    .to_vec();
    shapes.extend((0..12).map(|number| (format!("expert_{number}"), vec![k])));
    numbered(shapes)
}

fn ranks(size: usize) -> impl Iterator<Item = Rank> {
    (0..size).map(move |index| Rank::new(index, size).unwrap())
}

/// The files in a folder, with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let file = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
    };
    fs::read_dir(folder).unwrap().map(file).collect()
}

/// Saves the part of one rank after another, in this order, and finishes.
fn save_parts<T: ToCheckpoint>(
    parts: &[T],
    order: &[usize],
    path: &Path,
    options: impl Fn() -> SaveOptions<'static>,
) -> Result<SaveReport, SaveError> {
    let rank = |index: usize| Rank::new(index, parts.len()).unwrap();
    for &index in order {
        parts[index].save_with(path, options().rank(rank(index)))?;
        Checkpoint::open(path).unwrap_err();
    }
    let last = *order.last().unwrap();
    parts[last].save_finish(path, options().rank(rank(last)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_checkpoint_of_all_ranks_equals_that_of_one_process(
        lengths in (1..3_usize, 1..3_usize, 1..7_usize, 1..3_usize),
        name in prop::sample::select(vec!["model.ckpt", "model.safetensors", "model.npz"]),
        dtype in prop::sample::select(vec![None, Some(DType::Float16)]),
        shards in any::<bool>(),
        size in prop::sample::select(vec![1, 2, 3, 4, 6]),
        order in any::<prop::sample::Index>(),
    ) {
        let (n, m, k, c) = lengths;
        let tensors = tensors([12 * n, 12 * m, k, 12 * c]);
        let checkpoint = Checkpoint::from_source("memory", Memory::new(tensors));
        let checkpoint: &'static Checkpoint = Box::leak(Box::new(checkpoint));
        let options = || {
            let options = SaveOptions::new().like(checkpoint).sync(false).threads(2);
            let options = if shards { options.max_shard_size(3000) } else { options };
            match dtype { Some(dtype) => options.dtype(dtype), None => options }
        };
        let (whole, _) = Model::load_with(checkpoint, LoadOptions::new()).unwrap();
        let load = |rank| Model::load_with(checkpoint, LoadOptions::new().rank(rank)).unwrap().0;
        let parts: Vec<Model> = ranks(size).map(load).collect();
        let one = tempfile::tempdir().unwrap();
        let several = tempfile::tempdir().unwrap();
        let expected = whole.save_with(one.path().join(name), options()).unwrap();
        let mut numbers: Vec<usize> = (0..size).collect();
        numbers.rotate_left(order.index(size));
        let report = save_parts(&parts, &numbers, &several.path().join(name), options).unwrap();
        prop_assert_eq!(files(several.path()), files(one.path()));
        prop_assert_eq!(report.variables, expected.variables);
        prop_assert_eq!(report.bytes, expected.bytes);
    }
}

#[derive(Clone, FromCheckpoint, ToCheckpoint)]
struct Dense {
    #[ckpt(parallel(axis = 1, of = [1, 2, 4]))]
    w: Array2<f32>,
    b: Array1<f32>,
    tokens: Vec<String>,
    step: i64,
}

fn dense() -> Dense {
    let w = Array2::from_shape_fn((3, 8), |(row, column)| {
        f32::from(u8::try_from(10 * row + column).unwrap())
    });
    Dense { w, b: array![0.5, 1.5, 2.5], tokens: vec!["to".into(), "be".into()], step: 7 }
}

/// The part of a rank of this many.
fn part(index: usize, size: usize) -> Dense {
    let whole = dense();
    let len = 8 / size;
    Dense { w: whole.w.slice(s![.., index * len..(index + 1) * len]).to_owned(), ..whole }
}

fn options(index: usize, size: usize) -> SaveOptions<'static> {
    SaveOptions::new().rank(Rank::new(index, size).unwrap())
}

/// The message of an error, without the path.
fn said<T>(result: Result<T, SaveError>, path: &Path) -> String {
    let message = result.map(drop).unwrap_err().to_string();
    let folder = format!("{}/", path.parent().unwrap().display());
    // The hash of a plan.
    let mut text = message.replace(&folder, "");
    while let Some(at) = text.find(".tempstate-ckpt") {
        text.replace_range(at - 17..at + 15, "...");
    }
    text
}

#[test]
fn each_rank_writes_its_part_and_its_share_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let reports = [0, 1].map(|index| part(index, 2).save_with(&path, options(index, 2)).unwrap());
    // 48 bytes of `w` each; one writes the three floats, the other the number and the strings.
    let counts = reports.map(|report| (report.variables, report.bytes, report.files.len()));
    assert_eq!(counts, [(2, 60, 0), (3, 66, 0)]);
    let report = part(1, 2).save_finish(&path, options(1, 2)).unwrap();
    assert_eq!((report.variables, report.bytes, report.files.len()), (4, 126, 2));
    let found = Dense::load(&path).unwrap();
    assert_eq!((found.w, found.b, found.tokens, found.step), {
        let Dense { w, b, tokens, step } = dense();
        (w, b, tokens, step)
    });
    for rank in ranks(4) {
        let (found, _) =
            Dense::load_with(&Checkpoint::open(&path).unwrap(), LoadOptions::new().rank(rank))
                .unwrap();
        assert_eq!(found.w, part(rank.index(), 4).w);
    }
}

#[test]
fn progress_and_cancellation_are_those_of_the_part() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let seen = Mutex::new(Vec::new());
    let on_progress =
        |progress: Progress| seen.lock().unwrap().push((progress.done, progress.total));
    part(0, 2).save_with(&path, options(0, 2).threads(1).on_progress(on_progress)).unwrap();
    let seen = seen.into_inner().unwrap();
    assert_eq!((seen.first(), seen.last()), (Some(&(0, 60)), Some(&(60, 60))), "{seen:?}");
    // A part that is cancelled is not there, even if it was once.
    let cancel = AtomicBool::new(false);
    let stop = |_: Progress| cancel.store(true, Ordering::Relaxed);
    part(1, 2).save_with(&path, options(1, 2)).unwrap();
    let stopped = part(1, 2).save_with(&path, options(1, 2).on_progress(stop).cancel(&cancel));
    assert!(matches!(stopped, Err(SaveError::Cancelled)), "{stopped:?}");
    let error = said(part(0, 2).save_finish(&path, options(0, 2)), &path);
    assert!(error.contains("the first is rank 1;"), "{error}");
}

#[test]
fn a_checkpoint_is_replaced_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    Dense { step: 1, ..dense() }.save(&path).unwrap();
    let step = || Dense::load(&path).unwrap().step;
    let exists = part(0, 2).save_with(&path, options(0, 2));
    expect!["`model.ckpt.index` already exists; save to another path, or replace it with `SaveOptions::overwrite`"]
        .assert_eq(&said(exists, &path));
    for index in 0..2 {
        part(index, 2).save_with(&path, options(index, 2).overwrite(true)).unwrap();
        assert_eq!(step(), 1);
    }
    part(0, 2).save_finish(&path, options(0, 2).overwrite(true)).unwrap();
    assert_eq!(step(), 7);
    assert_eq!(files(folder.path()).len(), 2);
}

#[derive(FromCheckpoint, ToCheckpoint)]
struct Other {
    #[ckpt(parallel(axis = 0, of = [2]))]
    w: Array2<f32>,
    b: Array1<f32>,
    tokens: Vec<String>,
    step: i64,
}

#[test]
fn incomplete_and_mixed_parts_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let finish = || said(part(0, 2).save_finish(&path, options(0, 2)), &path);

    // A rank is missing.
    part(0, 2).save_with(&path, options(0, 2)).unwrap();
    expect!["cannot save `model.ckpt` in parts: the parts of 1 of 2 ranks are not there, or are of another model or other options, the first is rank 1; save on all ranks with the same options, then finish"]
        .assert_eq(&finish());
    // It is one of four.
    part(1, 4).save_with(&path, options(1, 4)).unwrap();
    assert!(finish().contains("the first is rank 1;"), "{}", finish());
    // It has another model: the rows are divided instead of the columns, with equal shapes in the file.
    let Dense { b, tokens, step, .. } = dense();
    let other = Other { w: Array2::zeros((4, 6)), b, tokens, step };
    other.save_with(&path, options(1, 2)).unwrap();
    assert!(finish().contains("the first is rank 1;"), "{}", finish());
    // It is of another time: the counter of steps differs.
    Dense { step: 6, ..part(1, 2) }.save_with(&path, options(1, 2)).unwrap();
    expect!["cannot save `model.ckpt` in parts: rank 1 has other elements of `step` than rank 0, but each rank has all of them; make them equal, or save on all ranks again if one saved at another time"]
        .assert_eq(&finish());
    // The files are gone, but the notes are there.
    part(1, 2).save_with(&path, options(1, 2)).unwrap();
    for name in files(folder.path()).into_keys().filter(|name| name.contains(".data-")) {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    expect!["cannot save `model.ckpt` in parts: `model.ckpt.data-00000-of-00001...` is missing or too short; save on all ranks again, then finish"].assert_eq(&finish());
    Checkpoint::open(&path).unwrap_err();

    // A save from the start ends, and leaves nothing else.
    for index in 0..2 {
        part(index, 2).save_with(&path, options(index, 2)).unwrap();
    }
    part(0, 2).save_finish(&path, options(0, 2)).unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    // All is written and forgotten.
    let again = part(0, 2).save_finish(&path, options(0, 2).overwrite(true));
    assert!(said(again, &path).contains("the parts of 2 of 2 ranks are not there"));
}

#[derive(FromCheckpoint, ToCheckpoint)]
struct Plain {
    w: Array1<f32>,
}

#[derive(FromCheckpoint, ToCheckpoint)]
struct Tokens {
    #[ckpt(parallel(axis = 0, of = [2]))]
    tokens: Vec<String>,
}

#[derive(FromCheckpoint, ToCheckpoint)]
struct Copied {
    #[ckpt(parallel(axis = 0, of = [2]))]
    w: Array1<f32>,
    #[ckpt(path = "w", copy)]
    whole: Array1<f32>,
}

#[test]
fn options_that_ranks_cannot_have_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let says = |result: Result<SaveReport, SaveError>| said(result, &path);
    expect!["field `Dense.w`: `parallel` is for 1, 2 or 4 ranks, not for 3; name 3 in `of`, or start as many processes as it names"]
        .assert_eq(&says(dense().save_with(&path, options(0, 3))));
    expect![
        "a save without `SaveOptions::rank` is complete; set the rank, or do not call `save_finish`"
    ]
    .assert_eq(&says(dense().save_finish(&path, SaveOptions::new())));
    expect![
        "`to_tensors` returns whole variables, and a rank has parts; remove `SaveOptions::rank`"
    ]
    .assert_eq(&said(dense().to_tensors(options(0, 2)), &path));

    expect!["`Plain` has no `parallel`, so each of 2 ranks would save all of it; write it on the fields that ranks divide, or remove `SaveOptions::rank`"].assert_eq(&says(Plain { w: array![1.0] }.save_with(&path, options(0, 2))));

    let tokens = Tokens { tokens: vec!["to".into()] };
    expect![[r#"
        `Tokens` cannot be saved: 1 problem
        - field `Tokens.tokens`: ranks cannot save parts of strings, since their lengths differ; remove `parallel`, so that each rank has all of them"#]].assert_eq(&says(tokens.save_with(&path, options(0, 2))));

    let copied = |whole| Copied { w: array![3.0, 4.0], whole };
    let save = |index, whole| copied(whole).save_with(&path, options(index, 2));
    let npy =
        copied(array![3.0, 4.0, 0.0, 0.0]).save_with(folder.path().join("model/"), options(0, 2));
    expect!["cannot save `model` in parts: it is a directory of arrays; save as TensorFlow, safetensors or `.npz`"].assert_eq(&says(npy));
    save(1, array![1.0, 2.0, 3.0, 4.0]).unwrap();
    expect![[r#"
        `Copied` cannot be saved: 1 problem
        - field `Copied.whole`: it is a `copy` of `w`, but its elements differ; make the two equal, or give it another path"#]].assert_eq(&says(save(0, array![1.0, 2.0, 3.0, 4.0])));
}

#[test]
fn ranks_save_any_kind_of_names() {
    // Only object paths add a variable: the graph.
    #[derive(FromCheckpoint, ToCheckpoint)]
    #[ckpt(naming = "object_path")]
    struct Model {
        #[ckpt(path = "dense/kernel", parallel(axis = 0, of = [2]))]
        kernel: Array2<f32>,
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.ckpt");
    let part = |index: u8| Model { kernel: Array2::from_elem((1, 3), f32::from(index)) };
    save_parts(&[part(0), part(1)], &[0, 1], &path, SaveOptions::new).unwrap();
    let found = Model::load(&path).unwrap();
    assert_eq!(found.kernel, array![[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]]);
}
