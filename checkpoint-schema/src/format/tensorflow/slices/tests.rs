use expect_test::{Expect, expect};

use super::*;
use crate::format::FormatError;
use crate::format::tensorflow::fixture::{
    self, Axis, Pair, header, shown, slice_key, sliced, stored,
};
use crate::listing::catalog::Catalog;

const F32: u64 = 1;

/// The range of an axis from `start`.
#[expect(clippy::unnecessary_wraps, reason = "the other kind of axis is `None`")]
const fn part(start: i64, length: i64) -> Axis {
    Some((start, length))
}

/// An index with these entries, in any order.
fn index(mut pairs: Vec<Pair>) -> Vec<u8> {
    pairs.push((vec![], header(1)));
    pairs.sort();
    fixture::table(&[&pairs])
}

fn entry_of(dims: &[u64], slice: &[Axis]) -> Pair {
    let lengths = slice.iter().zip(dims);
    let dims: Vec<u64> = lengths
        .map(|(axis, &dim)| axis.map_or(dim, |(_, length)| length.cast_unsigned()))
        .collect();
    (slice_key("w", slice), stored(F32, &dims, 4 * dims.iter().product::<u64>()))
}

/// A variable with these slices, and their entries.
fn variable(dims: &[u64], slices: &[&[Axis]]) -> Vec<Pair> {
    let mut pairs = vec![(b"w".to_vec(), sliced(F32, dims, slices))];
    pairs.extend(slices.iter().map(|slice| entry_of(dims, slice)));
    pairs
}

fn read(pairs: Vec<Pair>) -> Result<Catalog, FormatError> {
    Catalog::from_index(&index(pairs), &Limits::default())
}

fn check<const N: usize>(indexes: [Vec<Pair>; N], expected: &Expect) {
    expected.assert_eq(&indexes.map(|pairs| shown(&read(pairs))).concat());
}

fn check_problems<const N: usize>(indexes: [Vec<Pair>; N], expected: &Expect) {
    let problems = indexes.map(|mut pairs| {
        pairs.push((b"x".to_vec(), stored(F32, &[], 4)));
        let catalog = read(pairs).unwrap();
        let sound = catalog.get("x").unwrap();
        assert_eq!(sound.defect(), None);
        format!("{}\n", catalog.get("w").unwrap().defect().unwrap())
    });
    expected.assert_eq(&problems.concat());
}

#[test]
fn signed_numbers_are_encoded_so_that_their_bytes_sort() {
    let encoded = |number| {
        let mut key = Vec::new();
        push_signed(&mut key, number);
        key
    };
    let vectors: [(i64, &[u8]); 13] = [
        (0, &[0x80]),
        (-1, &[0x7f]),
        (1, &[0x81]),
        (9, &[0x89]),
        (63, &[0xbf]),
        (64, &[0xc0, 0x40]),
        (-64, &[0x40]),
        (-65, &[0x3f, 0xbf]),
        (8191, &[0xdf, 0xff]),
        (8192, &[0xe0, 0x20, 0x00]),
        (1 << 31, &[0xf8, 0x80, 0x00, 0x00, 0x00]),
        (i64::MAX, &[0xff, 0xc0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        (i64::MIN, &[0x00, 0x3f, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00]),
    ];
    for (number, bytes) in vectors {
        assert_eq!(encoded(number), bytes, "{number}");
    }
    let numbers = [i64::MIN, -8193, -8192, -65, -64, -1, 0, 63, 64, 8191, 8192, i64::MAX];
    assert!(numbers.map(encoded).is_sorted());
}

#[test]
fn unsigned_numbers_are_encoded_with_their_length() {
    let encoded = |number| {
        let mut key = Vec::new();
        push_unsigned(&mut key, number);
        key
    };
    assert_eq!(encoded(0), [0]);
    assert_eq!(encoded(2), [1, 2]);
    assert_eq!(encoded(254), [1, 254]);
    assert_eq!(encoded(256), [2, 1, 0]);
}

#[test]
fn keys_start_with_the_name_and_the_rank() {
    assert_eq!(key_start(b"foo", 2), b"\0foo\0\x01\x01\x02");
    assert_eq!(key_start(b"", 0), b"\0\0\x01\0");
    assert_eq!(key_start(b"a\0\xffb", 1), b"\0a\0\xff\xff\0b\0\x01\x01\x01");
}

#[test]
fn the_worked_example_is_read() {
    let full = b"\x08\x01\x12\x08\x12\x02\x08\x05\x12\x02\x08\x0a\
        \x3a\x06\x0a\x00\x0a\x02\x10\x01\x3a\x08\x0a\x00\x0a\x04\x08\x01\x10\x09";
    let pairs = vec![
        (b"\0foo\0\x01\x01\x02\x80\x7f\x80\x81".to_vec(), stored(F32, &[5, 1], 20)),
        (b"\0foo\0\x01\x01\x02\x80\x7f\x81\x89".to_vec(), stored(F32, &[5, 9], 180)),
        (b"foo".to_vec(), full.to_vec()),
    ];
    check(
        [pairs],
        &expect![[r"
        data files: 1
        foo: f32 [5, 10]
          [5, 1] from [0, 0], 20 bytes at 0 of 0, 8a942ebe
          [5, 9] from [0, 1], 180 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn slices_can_cut_every_axis_and_at_different_places() {
    let row = [part(0, 1), None];
    let (left, right) = ([part(1, 1), part(0, 1)], [part(1, 1), part(1, 2)]);
    check(
        [variable(&[2, 3], &[&row, &left, &right])],
        &expect![[r"
        data files: 1
        w: f32 [2, 3]
          [1, 3] from [0, 0], 12 bytes at 0 of 0, 8a942ebe
          [1, 1] from [1, 0], 4 bytes at 0 of 0, 8a942ebe
          [1, 2] from [1, 1], 8 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn a_single_slice_can_be_all() {
    let whole_axis = variable(&[3], &[&[None]]);
    let whole_axis_by_length = variable(&[3], &[&[part(0, 3)]]);
    check(
        [whole_axis, whole_axis_by_length],
        &expect![[r"
        data files: 1
        w: f32 [3]
          [3] from [0], 12 bytes at 0 of 0, 8a942ebe
        data files: 1
        w: f32 [3]
          [3] from [0], 12 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn slices_of_many_axes_are_read() {
    let mut halves = [[None; 9]; 2];
    halves[0][4] = part(0, 1);
    halves[1][4] = part(1, 1);
    assert!(read(variable(&[2; 9], &[&halves[0], &halves[1]])).is_ok());
}

#[test]
fn a_scalar_and_an_empty_variable_can_have_a_slice() {
    check(
        [variable(&[], &[&[]]), variable(&[0, 2], &[&[None, None]])],
        &expect![[r"
        data files: 1
        w: f32 []
          [] from [], 4 bytes at 0 of 0, 8a942ebe
        data files: 1
        w: f32 [0, 2]
          [0, 2] from [0, 0], 0 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn slices_that_no_variable_lists_are_variables() {
    let orphan = entry_of(&[3], &[part(0, 2)]);
    let of_another_rank = (slice_key("w", &[None, None]), stored(F32, &[3, 1], 12));
    let mut pairs = variable(&[3], &[&[None]]);
    pairs.extend([orphan, of_another_rank]);
    check(
        [pairs],
        &expect![[r"
        data files: 1
        \u{0}w\u{0}\u{1}\u{1}\u{1}\x80\x82: f32 [2], 8 bytes at 0 of 0, 8a942ebe
        \u{0}w\u{0}\u{1}\u{1}\u{2}\x80\u{7f}\x80\u{7f}: f32 [3, 1], 12 bytes at 0 of 0, 8a942ebe
        w: f32 [3]
          [3] from [0], 12 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn the_place_of_a_variable_in_slices_has_no_meaning() {
    let mut pairs = variable(&[3], &[&[None]]);
    pairs[0].1.extend([0x18, 0x07, 0x20, 0x09, 0x28, 0x01]);
    assert!(read(pairs).is_ok());
}

#[test]
fn a_problem_is_told_with_the_variable_and_its_place() {
    let pairs = vec![(b"w".to_vec(), sliced(F32, &[3], &[&[None]]))];
    check(
        [pairs],
        &expect![[r#"
            data files: 1
            w: f32 [3], damaged: its entry at byte 13 is wrong: its slice 0 is not in the file; fetch the file again
        "#]],
    );
}

#[test]
fn slices_outside_of_their_variable_are_damage_of_it() {
    let slices: [&[Axis]; 8] = [
        &[None],
        &[None, None, None],
        &[None, part(3, 1)],
        &[None, part(2, 2)],
        &[part(-1, 1), None],
        &[part(0, -1), None],
        &[part(0, 0), None],
        &[part(1, i64::MAX), None],
    ];
    let listing = |slice| vec![(b"w".to_vec(), sliced(F32, &[2, 3], &[slice]))];
    check_problems(
        slices.map(listing),
        &expect![[r#"
            its entry at byte 13 is wrong: its slice 0 has the rank 1, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the rank 3, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the length 1 from 3 on axis 1, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the length 2 from 2 on axis 1, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the length 1 from -1 on axis 0, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the length -1 from 0 on axis 0, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the length 0 from 0 on axis 0, but the shape is [2, 3]; fetch the file again
            its entry at byte 13 is wrong: its slice 0 has the length 9223372036854775807 from 1 on axis 0, but the shape is [2, 3]; fetch the file again
        "#]],
    );
}

#[test]
fn a_start_without_a_length_is_damage() {
    let extent = fixture::bytes(1, &fixture::number(1, 1));
    let entry = [sliced(F32, &[3], &[]), fixture::bytes(7, &extent)].concat();
    check_problems(
        [vec![(b"w".to_vec(), entry)]],
        &expect![[r#"
            its entry at byte 13 is wrong: its slice 0 starts at 1 on axis 0, but has no length; fetch the file again
        "#]],
    );
}

#[test]
fn the_key_of_a_slice_is_made_of_what_is_listed() {
    let listed_by_length = (b"w".to_vec(), sliced(F32, &[3], &[&[part(0, 3)]]));
    let stored_as_whole = entry_of(&[3], &[None]);
    check_problems(
        [vec![listed_by_length, stored_as_whole]],
        &expect![[r#"
            its entry at byte 34 is wrong: its slice 0 is not in the file; fetch the file again
        "#]],
    );
}

#[test]
fn a_slice_has_the_dtype_and_the_shape_of_its_part() {
    let with = |entry: Vec<u8>| {
        vec![(b"w".to_vec(), sliced(F32, &[3], &[&[None]])), (slice_key("w", &[None]), entry)]
    };
    let entries = [stored(3, &[3], 12), stored(F32, &[2], 8), stored(F32, &[3, 1], 12)];
    check_problems(
        entries.map(with),
        &expect![[r#"
            its entry at byte 34 is wrong: its slice 0 should be f32 [3], but is i32 [3]; fetch the file again
            its entry at byte 34 is wrong: its slice 0 should be f32 [3], but is f32 [2]; fetch the file again
            its entry at byte 38 is wrong: its slice 0 should be f32 [3], but is f32 [3, 1]; fetch the file again
        "#]],
    );
}

#[test]
fn a_slice_is_not_in_slices_itself() {
    let slice = slice_key("w", &[None]);
    let slice_of_slice = [&key_start(&slice, 1)[..], &[0x80, 0x7f]].concat();
    let pairs = vec![
        (b"w".to_vec(), sliced(F32, &[3], &[&[None]])),
        (slice, sliced(F32, &[3], &[&[None]])),
        (slice_of_slice, stored(F32, &[3], 12)),
    ];
    check_problems(
        [pairs],
        &expect![[r#"
            its entry at byte 65 is wrong: its slice 0 should be f32 [3], but is a variable in slices itself; fetch the file again
        "#]],
    );
}

#[test]
fn the_entries_of_slices_are_no_variables_if_the_variable_is_damaged() {
    // The dtype is invalid, so the slices are found only by name.
    let mut unknown = variable(&[3], &[&[part(0, 1)], &[part(1, 2)]]);
    unknown[0].1 = sliced(0, &[3], &[&[part(0, 1)], &[part(1, 2)]]);
    let mut first_missing = variable(&[3], &[&[part(0, 1)], &[part(1, 2)]]);
    first_missing.remove(1);
    check(
        [unknown, first_missing],
        &expect![[r#"
            data files: 1
            w: unknown, damaged: its entry at byte 49 is wrong: no checkpoint stores elements of the dtype 0; fetch the file again
            data files: 1
            w: f32 [3], damaged: its entry at byte 34 is wrong: its slice 0 is not in the file; fetch the file again
        "#]],
    );
}

#[test]
fn slices_that_overlap_are_damage_of_their_variable() {
    let rows = |first, second| variable(&[4, 2], &[&[first, None], &[second, None]]);
    let mut twice = variable(&[3], &[&[part(1, 1)], &[part(0, 1)]]);
    twice[0].1 = sliced(F32, &[3], &[&[part(1, 1)], &[part(0, 1)], &[part(1, 1)]]);
    let crossed = variable(&[2, 2], &[&[part(1, 1), None], &[None, part(1, 1)]]);
    let problems = [rows(part(0, 3), part(2, 2)), rows(part(1, 1), None), twice, crossed];
    check_problems(
        problems,
        &expect![[r#"
            its entry at byte 61 is wrong: its slices 0 and 1 have elements in common; fetch the file again
            its entry at byte 61 is wrong: its slices 0 and 1 have elements in common; fetch the file again
            its entry at byte 49 is wrong: its slices 0 and 2 have elements in common; fetch the file again
            its entry at byte 61 is wrong: its slices 0 and 1 have elements in common; fetch the file again
        "#]],
    );
}

#[test]
fn slices_that_leave_a_part_out_are_an_incomplete_variable() {
    let gap = variable(&[3], &[&[part(0, 1)], &[part(2, 1)]]);
    check_problems(
        [gap],
        &expect![[r#"
            only 2 of its 3 elements were saved; load the others without it, or save it anew in TensorFlow
        "#]],
    );
}

fn listed(extents: [SliceExtent; 2], whole: &Shape) -> ListedSlice {
    let slice = SliceMessage { extents: extents.as_slice().into(), rank: 2 };
    ListedSlice::new(0, &slice, whole).unwrap()
}

/// A variable of `side` by `side` elements, each in its own slice.
fn grid(side: i64) -> Vec<ListedSlice> {
    let shape = Shape::new([side.cast_unsigned(); 2]).unwrap();
    let extent = |start| SliceExtent { start, length: Some(1) };
    let cells = (0..side).flat_map(|row| (0..side).map(move |column| [row, column]));
    let slices = cells.map(|cell| listed(cell.map(extent), &shape));
    slices.collect()
}

#[test]
fn comparisons_are_counted_and_limited() {
    let check = |comparisons| {
        let limits = Limits { slice_comparisons: comparisons, ..Limits::default() };
        check_disjoint(&grid(20), &limits)
    };
    assert_eq!(check(10), Ok(()));
    assert_eq!(check(9), Err(EntryProblem::SliceComparisons { slices: 400 }));
}

#[test]
fn slices_along_one_axis_take_no_comparisons() {
    let limits = Limits { slice_comparisons: 0, ..Limits::default() };
    let shape = Shape::new([2, 100_000]).unwrap();
    let column = |start| [SliceExtent::default(), SliceExtent { start, length: Some(1) }];
    let slices = (0..100_000).rev().map(|at| listed(column(at), &shape));
    assert_eq!(check_disjoint(&slices.collect::<Vec<_>>(), &limits), Ok(()));
}
