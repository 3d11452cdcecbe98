use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::format::Limits;
use crate::format::tensorflow::fixture::{
    self, Axis, Pair, bytes, extents, number, shape, slice_key,
};

/// A `SavedSliceMeta`.
fn tensor(name: &str, dtype: u64, dims: &[u64], slices: &[&[Axis]]) -> Vec<u8> {
    let slices: Vec<_> = slices.iter().map(|slice| bytes(4, &extents(slice))).collect();
    [bytes(1, name.as_bytes()), shape(dims), number(3, dtype), slices.concat()].concat()
}

/// The first value of a file with these tensors, from a writer of version 1.
fn meta(tensors: &[Vec<u8>]) -> Vec<u8> {
    let tensors: Vec<_> = tensors.iter().map(|tensor| bytes(1, tensor)).collect();
    bytes(1, &[tensors.concat(), bytes(2, &number(1, 1))].concat())
}

/// A file with this first value.
fn file(first: Vec<u8>) -> Vec<u8> {
    fixture::table(&[&[(vec![], first)]])
}

/// Reads a checkpoint of these files, and prints the result as lines of text.
fn read(files: &[Vec<u8>], limits: &Limits) -> String {
    let len = files.iter().map(|file| length(file.len())).sum();
    let budget = Budget::new(limits, len);
    let tables = files.iter().map(|file| Table::open(&**file, &budget));
    let tables = match tables.collect::<Result<Vec<_>, _>>() {
        Ok(tables) => tables,
        Err(error) => return format!("{error}\n"),
    };
    let index = match V1Index::read(&tables, &budget) {
        Err((file, error)) => return format!("file {file}: {error}\n"),
        Ok(index) => index,
    };
    let mut text = String::new();
    for (variable, slices) in index.catalog.variables().iter().zip(&index.slices) {
        let defect = variable.defect();
        let defect = defect.map(|defect| format!(", {}: {defect}", defect.word()));
        let (name, spec) = (&variable.name, variable.spec());
        writeln!(text, "{name}: {spec}{}", defect.unwrap_or_default()).unwrap();
        for slice in slices {
            let V1Slice { file, start, shape, .. } = slice;
            let key = Name::from(slice.key(&variable.name));
            writeln!(text, "  {shape} from {start:?} in {file}: {key}").unwrap();
        }
    }
    text
}

fn check(files: &[Vec<u8>], expected: &Expect) {
    expected.assert_eq(&read(files, &Limits::default()));
}

const ALL: &[Axis] = &[None];

#[test]
fn the_variables_of_all_files_are_listed_with_their_slices() {
    let first = meta(&[
        tensor("w", 1, &[2], &[ALL]),
        tensor("e", 7, &[3, 2], &[&[Some((1, 2)), None]]),
        tensor("nothing", 1, &[2], &[]),
    ]);
    let second = meta(&[
        tensor("scalar", 9, &[], &[&[]]),
        tensor("e", 7, &[3, 2], &[&[Some((0, 1)), Some((0, 1))], &[Some((0, 1)), Some((1, 1))]]),
        tensor("empty", 3, &[0, 4], &[&[None, None]]),
    ]);
    check(
        &[file(first), file(second)],
        &expect![[r#"
            e: string [3, 2]
              [2, 2] from [1, 0] in 0: \u{0}e\u{0}\u{1}\u{1}\u{2}\x81\x82\x80\u{7f}
              [1, 1] from [0, 0] in 1: \u{0}e\u{0}\u{1}\u{1}\u{2}\x80\x81\x80\x81
              [1, 1] from [0, 1] in 1: \u{0}e\u{0}\u{1}\u{1}\u{2}\x80\x81\x81\x81
            empty: i32 [0, 4]
              [0, 4] from [0, 0] in 1: \u{0}empty\u{0}\u{1}\u{1}\u{2}\x80\u{7f}\x80\u{7f}
            nothing: f32 [2], incomplete: only 0 of its 2 elements were saved; load the others without it, or save it anew in TensorFlow
            scalar: i64 []
              [] from [] in 1: \u{0}scalar\u{0}\u{1}\u{0}
            w: f32 [2]
              [2] from [0] in 0: \u{0}w\u{0}\u{1}\u{1}\u{1}\x80\u{7f}
        "#]],
    );
}

#[test]
fn a_file_without_version_or_variables_is_read() {
    check(
        &[file(bytes(1, &bytes(1, &tensor("w", 1, &[2], &[ALL])))), file(vec![])],
        &expect![[r#"
        w: f32 [2]
          [2] from [0] in 0: \u{0}w\u{0}\u{1}\u{1}\u{1}\x80\u{7f}
    "#]],
    );
}

#[test]
fn a_file_with_values_lists_variables() {
    let value: Pair = (slice_key("w", ALL), vec![]);
    let one_block = fixture::table(&[&[(vec![], meta(&[])), value.clone()]]);
    let two_blocks = fixture::table(&[&[(vec![], meta(&[]))], &[value]]);
    check(
        &[file(meta(&[])), one_block],
        &expect![[r#"
        file 1: the header lists no variables, but the file has values; the file is damaged, fetch it again
    "#]],
    );
    check(
        &[two_blocks],
        &expect![[r#"
        file 0: the header lists no variables, but the file has values; the file is damaged, fetch it again
    "#]],
    );
    check(&[file(meta(&[]))], &expect![[r""]]);
}

#[test]
fn a_message_can_come_in_parts() {
    let parts = [meta(&[tensor("a", 1, &[2], &[ALL])]), meta(&[tensor("b", 1, &[2], &[ALL])])];
    check(
        &[file(parts.concat())],
        &expect![[r#"
        a: f32 [2]
          [2] from [0] in 0: \u{0}a\u{0}\u{1}\u{1}\u{1}\x80\u{7f}
        b: f32 [2]
          [2] from [0] in 0: \u{0}b\u{0}\u{1}\u{1}\u{1}\x80\u{7f}
    "#]],
    );
}

#[test]
fn what_is_no_v1_checkpoint_is_refused() {
    check(
        &[file(fixture::header(1))],
        &expect![[r#"
        file 0: the file is the index of a V2 checkpoint, but its name is not; name it `P.index`, where the names of the data files begin with `P`
    "#]],
    );
    check(
        &[file(vec![]), fixture::table(&[])],
        &expect![[r#"
        file 1: the file has no keys, not even that of the header; the file is damaged, fetch it again
    "#]],
    );
    let pair: Pair = (b"w".to_vec(), vec![]);
    check(
        &[fixture::table(&[&[pair]])],
        &expect![[r#"
        file 0: the file starts with the key `w`, but an index starts with a header, whose key is empty; the file is something else, so check the path
    "#]],
    );
    check(
        &[file(bytes(1, &bytes(2, &number(2, 2))))],
        &expect![[r#"
        file 0: the header wants a reader of version 2 or newer, but this one is of version 1; update `checkpoint-core`
    "#]],
    );
    check(
        &[file(vec![0x0a, 0x05, 0x0a])],
        &expect![[r#"
        file 0: the header at byte 5 is cut: it has 1 of 5 bytes; the file is damaged, fetch it again
    "#]],
    );
}

#[test]
fn slices_have_to_be_all_of_the_variable_and_nothing_twice() {
    let of = |slices: &[&[Axis]]| file(meta(&[tensor("w", 1, &[4], slices)]));
    check(
        &[of(&[&[Some((0, 2))], &[Some((3, 1))]])],
        &expect![[r#"
            w: f32 [4], incomplete: only 3 of its 4 elements were saved; load the others without it, or save it anew in TensorFlow
        "#]],
    );
    check(
        &[of(&[&[Some((0, 2))]]), of(&[&[Some((1, 3))]])],
        &expect![[r#"
            w: f32 [4], damaged: its entry at byte 7 of file 1 of 2 is wrong: its slices 0 and 1 have elements in common; fetch the file again
        "#]],
    );
    check(
        &[of(&[ALL, ALL])],
        &expect![[r#"
            w: f32 [4], damaged: its entry at byte 7 is wrong: its slices 0 and 1 have elements in common; fetch the file again
        "#]],
    );
    check(
        &[of(&[&[Some((2, 3))]])],
        &expect![[r#"
            w: f32 [4], damaged: its entry at byte 7 is wrong: its slice 0 has the length 3 from 2 on axis 0, but the shape is [4]; fetch the file again
        "#]],
    );
    check(
        &[of(&[&[]])],
        &expect![[r#"
            w: f32 [4], damaged: its entry at byte 7 is wrong: its slice 0 has the rank 0, but the shape is [4]; fetch the file again
        "#]],
    );
}

#[test]
fn files_have_to_agree() {
    let of = |dtype, dims: &[u64]| file(meta(&[tensor("w", dtype, dims, &[&[Some((0, 1))]])]));
    check(
        &[of(1, &[2]), of(1, &[3])],
        &expect![[r#"
            w: f32 [2], damaged: its entry at byte 7 of file 2 of 2 is wrong: it is f32 [3], but was f32 [2] before; fetch the file again
        "#]],
    );
    check(
        &[of(1, &[2]), of(2, &[2])],
        &expect![[r#"
            w: f32 [2], damaged: its entry at byte 7 of file 2 of 2 is wrong: it is f64 [2], but was f32 [2] before; fetch the file again
        "#]],
    );
}

#[test]
fn what_no_tensor_can_be_is_damage_of_one_variable() {
    check(
        &[file(meta(&[tensor("w", 20, &[2], &[ALL]), tensor("x", 1, &[2], &[ALL])]))],
        &expect![[r#"
            w: unknown, damaged: its entry at byte 7 is wrong: no checkpoint stores elements of the dtype 20; fetch the file again
            x: f32 [2]
              [2] from [0] in 0: \u{0}x\u{0}\u{1}\u{1}\u{1}\x80\u{7f}
        "#]],
    );
    check(
        &[file(meta(&[tensor("w", 1, &[1 << 62, 4], &[&[None, None]])]))],
        &expect![[r#"
            w: unknown, damaged: its entry at byte 7 is wrong: its elements cannot be counted: it has the shape [4611686018427387904, 4]; fetch the file again
        "#]],
    );
}

#[test]
fn a_file_cannot_ask_for_more_than_its_limits() {
    let files = [file(meta(&[tensor("long", 1, &[2], &[&[Some((0, 1))], &[Some((1, 1))]])]))];
    let limited = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        read(&files, &limits)
    };
    let all = [
        limited(|limits| limits.key_bytes = 3),
        limited(|limits| (limits.memory, limits.memory_per_byte) = (20, 0)),
        limited(|limits| (limits.memory, limits.memory_per_byte) = (1000, 0)),
        limited(|limits| (limits.memory, limits.memory_per_byte) = (1500, 0)),
    ];
    expect![[r#"
        file 0: the length of a name is 4, and the limit is 3; if you trust the file, raise `Limits::key_bytes`
        too much memory for the list of blocks: 178 bytes needed up to here, and the limit for a file of this length is 20; if you trust the file, raise `Limits::memory`
        file 0: too much memory for the variables: 1108 bytes needed up to here, and the limit for a file of this length is 1000; if you trust the file, raise `Limits::memory`
        file 0: too much memory for the slices of a variable: 1876 bytes needed up to here, and the limit for a file of this length is 1500; if you trust the file, raise `Limits::memory`
    "#]].assert_eq(&all.concat());
}

#[test]
fn a_value_is_found_by_its_key_in_a_block_that_is_compressed_or_not() {
    let key = |name: &str| slice_key(name, ALL);
    let pairs: Vec<Pair> = [("", "meta"), ("a", "1"), ("ab", "22"), ("c", "")]
        .map(|(name, value)| {
            let key = if name.is_empty() { vec![] } else { key(name) };
            (key, value.as_bytes().to_vec())
        })
        .into();
    for block in [fixture::Block::of(&pairs), fixture::Block::of(&pairs).compressed()] {
        let mut table = fixture::Table::default();
        table.push(block);
        let bytes = table.finish();
        let budget = Budget::new(&Limits::default(), length(bytes.len()));
        let table = Table::open(&*bytes, &budget).unwrap();
        let block = table.keyed_block(0).unwrap().unwrap();
        assert_eq!(block.keys(), 4);
        let get = |name| block.get(&key(name)).map(|value| (value.rest().to_vec(), value.at()));
        let (value, at) = get("ab").unwrap();
        assert_eq!(value, b"22");
        assert!(at.to_string().starts_with("byte "), "{at}");
        assert_eq!(get("c").unwrap().0, b"");
        assert_eq!(get("b"), None);
        assert!(table.keyed_block(1).unwrap().is_none());
    }
}
