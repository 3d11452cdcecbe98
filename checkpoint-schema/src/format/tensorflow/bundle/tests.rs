use expect_test::{Expect, expect};

use super::*;
use crate::format::tensorflow::fixture::{
    self, Block, Pair, bytes, header, index, index_with, number, shape, shown, sliced, stored,
};
use crate::listing::catalog::{Place, Variable};
use crate::listing::checksum::mask;

/// The output of `SaveV2` for "w/a", f32 [2, 3], "w/ab", an i64, and "s", two strings.
const WORKED_EXAMPLE: &str = "
    00 00 06 08 01 1a 02 08 01
    00 01 11 73 08 07 12 04 12 02 08 02 20 20 28 08 35 9e 9e 48 ed
    00 03 13 77 2f 61 08 01 12 08 12 02 08 02 12 02 08 03 28 18 35 c0 db 3d 17
    03 01 0d 62 08 09 12 00 20 18 28 08 35 bb d7 9f 11
    00 00 00 00 01 00 00 00 00 b2 36 55 05
    00 00 00 00 01 00 00 00 00 c0 f2 a1 b0
    00 01 02 78 00 50 00 00 00 00 01 00 00 00 00 4a 4a ef e7
    55 08 62 0e
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
    57 fb 80 8b 24 75 47 db";

fn worked_example() -> Vec<u8> {
    let bytes = WORKED_EXAMPLE.split_whitespace();
    bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

fn read(index: &[u8]) -> Result<Catalog, FormatError> {
    Catalog::from_index(index, &Limits::default())
}

fn check<const N: usize>(indexes: [Vec<u8>; N], expected: &Expect) {
    expected.assert_eq(&indexes.map(|index| shown(&read(&index))).concat());
}

/// Checks the messages for variables with one of these entries. Each entry is invalid, and the other variables are not
/// affected.
fn check_entries<const N: usize>(entries: [Vec<u8>; N], expected: &Expect) {
    let problems = entries.map(|entry| {
        let catalog = read(&index([("w", entry), ("x", stored(1, &[], 4))])).unwrap();
        let [wrong, sound] = catalog.variables() else { panic!("{catalog:?}") };
        assert_eq!((sound.name.as_bytes(), sound.defect()), (&b"x"[..], None));
        format!("{}: {}\n", wrong.spec(), wrong.defect().unwrap())
    });
    expected.assert_eq(&problems.concat());
}

#[test]
fn the_worked_example_is_read() {
    check(
        [worked_example()],
        &expect![[r"
        data files: 1
        s: string [2], 8 bytes at 32 of 0, d9e32562
        w/a: f32 [2, 3], 24 bytes at 0 of 0, 78743a5d
        w/ab: i64 [], 8 bytes at 24 of 0, 7671b78e
    "]],
    );
}

#[test]
fn a_bundle_without_variables_is_read() {
    check(
        [index([])],
        &expect![[r"
        data files: 1
    "]],
    );
}

#[test]
fn every_field_of_an_entry_is_read_in_any_order_and_unknown_ones_are_passed_over() {
    let crc = [vec![6 << 3 | 5], mask(0x1234_5678).to_le_bytes().to_vec()].concat();
    let entry = [
        number(5, 24),
        number(4, 1 << 40),
        crc,
        bytes(100, b"new"),
        number(3, 1),
        bytes(2, &bytes(2, &number(1, 2))),
        // A number in place of a message.
        number(2, 7),
        bytes(1, b"one"),
        // A message in two parts.
        bytes(2, &bytes(2, &[number(1, 9), number(1, 3), bytes(2, b"name")].concat())),
        // The last value counts.
        number(1, 2),
        number(1, 1),
    ];
    let header = [number(1, 2), number(2, 1), number(9, 9)].concat();
    check(
        [index_with(header, [("w", entry.concat())])],
        &expect![[r#"
            data files: 2
            w: f32 [2, 3], 24 bytes at 1099511627776 of 1, big-endian, 12345678
        "#]],
    );
}

#[test]
fn numbers_of_32_bits_drop_what_is_above_them() {
    let entry = [number(1, 1 << 40 | 1), shape(&[]), number(3, 1 << 32), number(5, 4)].concat();
    check(
        [index([("w", entry)])],
        &expect![[r"
        data files: 1
        w: f32 [], 4 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn an_entry_without_a_shape_is_a_scalar() {
    let entry = [number(1, 9), number(5, 8)].concat();
    check(
        [index([("w", entry)])],
        &expect![[r"
        data files: 1
        w: i64 [], 8 bytes at 0 of 0, 8a942ebe
    "]],
    );
}

#[test]
fn the_byte_order_is_read() {
    let order = |order| {
        let scalar = [number(1, 1), number(5, 4)].concat();
        let index = index_with([number(1, 1), number(2, order)].concat(), [("w", scalar)]);
        match read(&index).unwrap().get("w").unwrap().place {
            Place::Whole(extent) => extent.endianness,
            _ => panic!("it is in slices"),
        }
    };
    assert_eq!(order(0), Endianness::Little);
    assert_eq!(order(1), Endianness::Big);
    assert_eq!(order(2), Endianness::Little);
    // The enum has 32 bits.
    assert_eq!(order(1 << 32 | 1), Endianness::Big);
}

#[test]
fn headers_for_this_reader_are_taken() {
    let versions = [
        vec![],
        number(1, 0),
        number(1, 0x7fff_ffff),
        [number(1, 1), number(2, 1)].concat(),
        bytes(3, &[0, 2, 3]),
        number(3, 2),
        number(2, u64::MAX),
    ];
    for version in versions {
        let header = [number(1, 1), bytes(3, &version)].concat();
        assert!(read(&index_with(header, [])).is_ok(), "{version:?}");
    }
}

#[test]
fn headers_for_other_readers_are_refused() {
    let version = |version: &[u8]| index_with([number(1, 1), bytes(3, version)].concat(), []);
    let indexes = [
        version(&number(1, u64::MAX)),
        version(&number(2, 2)),
        version(&number(3, 1)),
        version(&bytes(3, &[2, 1])),
        version(&bytes(3, &[0x80])),
    ];
    check(
        indexes,
        &expect![[r"
        the header names a writer of version -1; the file is damaged, fetch it again
        the header wants a reader of version 2 or newer, but this one is of version 1; update `checkpoint-core`
        the header says that readers of version 1, as this is one, get this checkpoint wrong; save it again in TensorFlow
        the header says that readers of version 1, as this is one, get this checkpoint wrong; save it again in TensorFlow
        the version in the header at byte 10 is cut: it has 0 of 1 bytes; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn the_number_of_data_files_has_to_make_sense() {
    let shards = |shards| index_with(header(shards), []);
    check(
        [shards(0), shards(u64::MAX), shards(100_001), index_with(vec![], [])],
        &expect![[r"
        the header declares 0 data files; the file is damaged, fetch it again
        the header declares -1 data files; the file is damaged, fetch it again
        the number of data files is 100001, and the limit is 100000; if you trust the file, raise `Limits::shards`
        the header declares 0 data files; the file is damaged, fetch it again
    "]],
    );
    assert_eq!(read(&shards(100_000)).unwrap().shards, 100_000);
}

#[test]
fn a_file_without_a_header_is_refused() {
    let indexes = [
        fixture::table(&[]),
        fixture::table(&[&[(b"w".to_vec(), stored(1, &[], 4))]]),
        index_with(vec![0x80], []),
        index_with(vec![0x0b], []),
    ];
    check(
        indexes,
        &expect![[r"
        the file has no keys, not even that of the header; the file is damaged, fetch it again
        the file starts with the key `w`, but an index starts with a header, whose key is empty; the file is something else, so check the path
        the header at byte 4 is cut: it has 0 of 1 bytes; the file is damaged, fetch it again
        the header has groups at byte 3 that do not end as they start, or that are nested too deep; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_v1_checkpoint_is_recognised() {
    let meta = bytes(1, &bytes(1, &bytes(1, b"w")));
    check(
        [index_with(meta, [])],
        &expect![[r"
        the file is a V1 checkpoint, not the index of a V2 one; save it again in TensorFlow with `write_version=tf.compat.v1.train.SaverDef.V2`
    "]],
    );
}

#[test]
fn a_dtype_that_no_checkpoint_has_is_damage_of_one_variable() {
    let entries = [
        stored(0, &[], 4),
        stored(20, &[], 4),
        stored(34, &[], 4),
        stored(101, &[], 4),
        stored(u64::MAX, &[], 4),
    ];
    check_entries(
        entries,
        &expect![[r#"
            unknown: its entry at byte 13 is wrong: no checkpoint stores elements of the dtype 0; fetch the file again
            unknown: its entry at byte 13 is wrong: no checkpoint stores elements of the dtype 20; fetch the file again
            unknown: its entry at byte 13 is wrong: no checkpoint stores elements of the dtype 34; fetch the file again
            unknown: its entry at byte 13 is wrong: no checkpoint stores elements of the dtype 101; fetch the file again
            unknown: its entry at byte 13 is wrong: no checkpoint stores elements of the dtype -1; fetch the file again
        "#]],
    );
}

#[test]
fn a_shape_that_no_variable_has_is_damage_of_one_variable() {
    let entries = [
        stored(1, &[2, u64::MAX], 4),
        stored(1, &[1; 255], 4),
        stored(1, &[1 << 32, 1 << 31], 4),
        [number(1, 1), bytes(2, &number(3, 1)), number(5, 4)].concat(),
    ];
    check_entries(
        entries,
        &expect![[r#"
            unknown: its entry at byte 13 is wrong: its axis 1 has the length -1; fetch the file again
            unknown: its entry at byte 14 is wrong: it has 255 axes, more than the 254 that TensorFlow allows; fetch the file again
            unknown: its entry at byte 13 is wrong: its elements cannot be counted: it has the shape [4294967296, 2147483648]; fetch the file again
            unknown: its entry at byte 13 is wrong: its shape is marked as unknown; fetch the file again
        "#]],
    );
}

#[test]
fn an_unknown_rank_is_not_heeded_where_there_are_axes() {
    let dims = [bytes(2, &number(1, 2)), number(3, 1)].concat();
    check(
        [index([("w", [number(1, 1), bytes(2, &dims), number(5, 8)].concat())])],
        &expect![[r#"
            data files: 1
            w: f32 [2], 8 bytes at 0 of 0, 8a942ebe
        "#]],
    );
}

#[test]
fn a_shape_of_many_axes_or_without_elements_is_read() {
    assert!(read(&index([("w", stored(1, &[1; 254], 4))])).is_ok());
    assert!(read(&index([("w", stored(1, &[1 << 40, 1 << 40, 0], 0))])).is_ok());
    let empty = [number(1, 1), bytes(2, &bytes(2, &[]))].concat();
    assert!(read(&index([("w", empty)])).is_ok());
}

#[test]
fn a_place_that_no_data_file_has_is_damage_of_one_variable() {
    let place = |shard, offset, size| {
        let place = [number(3, shard), number(4, offset), number(5, size)].concat();
        [number(1, 1), shape(&[]), place].concat()
    };
    let entries = [
        place(1, 0, 4),
        place(u64::MAX, 0, 4),
        place(0, u64::MAX, 4),
        place(0, 0, u64::MAX),
        place(0, i64::MAX.cast_unsigned(), 4),
    ];
    check_entries(
        entries,
        &expect![[r#"
            f32 []: its entry at byte 13 is wrong: it is in data file 1, but there are 1, counted from 0; fetch the file again
            f32 []: its entry at byte 13 is wrong: it is in data file -1, but there are 1, counted from 0; fetch the file again
            f32 []: its entry at byte 13 is wrong: it has 4 bytes at byte -1 of its data file; fetch the file again
            f32 []: its entry at byte 13 is wrong: it has -1 bytes at byte 0 of its data file; fetch the file again
            f32 []: its entry at byte 13 is wrong: it has 4 bytes at byte 9223372036854775807 of its data file; fetch the file again
        "#]],
    );
}

#[test]
fn a_size_has_to_be_that_of_the_elements() {
    let entries = [
        stored(1, &[2, 3], 23),
        stored(1, &[2, 3], 0),
        stored(1, &[0], 1),
        stored(18, &[i64::MAX.cast_unsigned()], 16),
        stored(29, &[4], 2),
        stored(7, &[4], 3),
        stored(21, &[4], 3),
    ];
    check_entries(
        entries,
        &expect![[r#"
            f32 [2, 3]: its entry at byte 13 is wrong: f32 [2, 3] does not fit 23 bytes; fetch the file again
            f32 [2, 3]: its entry at byte 13 is wrong: f32 [2, 3] does not fit 0 bytes; fetch the file again
            f32 [0]: its entry at byte 13 is wrong: f32 [0] does not fit 1 bytes; fetch the file again
            c128 [9223372036854775807]: its entry at byte 13 is wrong: c128 [9223372036854775807] does not fit 16 bytes; fetch the file again
            i4 [4]: its entry at byte 13 is wrong: i4 [4] does not fit 2 bytes; fetch the file again
            string [4]: its entry at byte 13 is wrong: string [4] does not fit 3 bytes; fetch the file again
            variant [4]: its entry at byte 13 is wrong: variant [4] does not fit 3 bytes; fetch the file again
        "#]],
    );
    assert!(read(&index([("w", stored(7, &[0], 0))])).is_ok());
    assert!(read(&index([("w", stored(7, &[4], 100))])).is_ok());
}

#[test]
fn an_entry_that_cannot_be_decoded_is_damage_of_one_variable() {
    let entry = stored(1, &[2, 3], 24);
    let entries = [
        entry[..1].to_vec(),
        entry[..5].to_vec(),
        bytes(2, &bytes(2, &[8])),
        bytes(2, &bytes(2, &[0x0f])),
        bytes(7, &bytes(1, &[8, 0xff])),
        bytes(7, &bytes(1, &[0])),
        vec![0x0b; 1000],
        [vec![8], vec![0xff; 10]].concat(),
    ];
    check_entries(
        entries,
        &expect![[r#"
            unknown: its entry at byte 13 is wrong: the entry at byte 14 is cut: it has 0 of 1 bytes; fetch the file again
            unknown: its entry at byte 13 is wrong: the entry at byte 17 is cut: it has 1 of 8 bytes; fetch the file again
            unknown: its entry at byte 13 is wrong: an axis of the shape at byte 18 is cut: it has 0 of 1 bytes; fetch the file again
            unknown: its entry at byte 13 is wrong: an axis of the shape has a field of the unknown wire type 7 at byte 17; fetch the file again
            unknown: its entry at byte 13 is wrong: an axis of a slice at byte 19 is cut: it has 0 of 1 bytes; fetch the file again
            unknown: its entry at byte 13 is wrong: an axis of a slice has a field of the impossible number 0 at byte 17; fetch the file again
            unknown: its entry at byte 14 is wrong: the entry has groups at byte 114 that do not end as they start, or that are nested too deep; fetch the file again
            unknown: its entry at byte 13 is wrong: the entry has a number at byte 14 that does not end where it must; fetch the file again
        "#]],
    );
}

#[test]
fn names_of_any_bytes_are_read() {
    let keys: [&[u8]; 4] = [b"\0", b"\0x", b"\n", b"\xff\xfe"];
    let mut pairs: Vec<Pair> = vec![(vec![], header(1))];
    pairs.extend(keys.map(|key| (key.to_vec(), stored(1, &[], 4))));
    let catalog = read(&fixture::table(&[&pairs])).unwrap();
    let names: Vec<_> =
        catalog.variables().iter().map(|variable| variable.name.as_bytes()).collect();
    assert_eq!(names, keys);
}

#[test]
fn an_index_beyond_the_limit_is_refused() {
    let bytes = worked_example();
    let limits = Limits { memory: 1000, memory_per_byte: 0, ..Limits::default() };
    expect![[r#"
        too much memory for the variables: 1118 bytes needed up to here, and the limit for a file of this length is 1000; if you trust the file, raise `Limits::memory`
    "#]].assert_eq(&shown(&Catalog::from_index(&bytes, &limits)));
}

/// Indexes that together use all features: blocks, compressed blocks, slices.
fn indexes() -> Vec<Vec<u8>> {
    let rows: &[&[_]] = &[&[Some((0, 1)), None], &[Some((1, 2)), None]];
    let slice = |row: &[_]| fixture::slice_key("e", row);
    let pairs = [
        (vec![], header(3)),
        (slice(rows[0]), stored(1, &[1, 2], 8)),
        (slice(rows[1]), stored(1, &[2, 2], 16)),
        (b"e".to_vec(), sliced(1, &[3, 2], rows)),
        (b"f/g".to_vec(), [stored(3, &[2], 8), number(3, 2)].concat()),
        (b"f/h".to_vec(), [stored(7, &[2, 2], 30), number(4, 300)].concat()),
    ];
    let mut compressed = fixture::Table::default();
    compressed.push(Block::of(&pairs[..3]).compressed());
    compressed.push(Block::of(&pairs[3..]).compressed());
    vec![
        worked_example(),
        fixture::table(&[&pairs]),
        fixture::table(&[&pairs[..2], &pairs[2..4], &pairs[4..]]),
        compressed.finish(),
    ]
}

#[test]
fn a_cut_index_is_refused_wherever_the_cut_is() {
    for index in indexes() {
        assert!(read(&index).is_ok());
        for len in 0..index.len() {
            assert!(read(&index[..len]).is_err(), "{len} of {} bytes", index.len());
        }
    }
}

#[test]
fn a_changed_byte_is_found_or_has_no_meaning() {
    for index in indexes() {
        let original = read(&index).unwrap();
        let mut missed = 0;
        for at in 0..index.len() {
            for mask in [0x01, 0x80, 0xff] {
                let mut changed = index.clone();
                changed[at] ^= mask;
                match read(&changed) {
                    Ok(catalog) => {
                        assert_eq!(catalog, original, "byte {at}");
                        missed += 1;
                    }
                    Err(error) => assert!(!error.to_string().is_empty()),
                }
            }
        }
        // Only these bytes have no effect: the index of meta blocks, its handle and the padding of the footer.
        let meaningless = 13 + 40 - 3;
        assert!(missed <= 3 * meaningless, "{missed} changes were missed");
    }
}

#[test]
fn a_changed_byte_does_no_harm_behind_a_right_checksum() {
    let pairs = [
        (vec![], header(1)),
        (fixture::slice_key("e", &[None]), stored(1, &[2], 8)),
        (b"e".to_vec(), sliced(1, &[2], &[&[None]])),
        (b"f".to_vec(), stored(7, &[1], 6)),
    ];
    let block = Block::of(&pairs);
    let with = |bytes: Vec<u8>, kind| {
        let mut table = fixture::Table::default();
        table.push(Block { bytes, kind, separator: vec![0xff; 8] });
        table.finish()
    };
    assert!(read(&with(block.bytes.clone(), 0)).is_ok());
    for at in 0..block.bytes.len() {
        for byte in 0..=u8::MAX {
            let mut changed = block.bytes.clone();
            changed[at] = byte;
            // Reading returns a catalog or an error, and never panics.
            if let Ok(catalog) = read(&with(changed.clone(), 0)) {
                assert!(catalog.variables().iter().all(is_consistent), "byte {at} is {byte}");
            }
            drop(read(&with(changed, 1)));
        }
    }
}

fn is_consistent(variable: &Variable) -> bool {
    let fits = |shape, extent: &Extent| check_size(variable.dtype, shape, extent.size).is_ok();
    match &variable.place {
        Place::Strided(_) | Place::Opaque => panic!("no index has it"),
        Place::Unreadable(defect) => !defect.to_string().is_empty(),
        Place::Whole(extent) => fits(&variable.shape, extent),
        Place::Slices(slices) => slices.iter().all(|slice| fits(&slice.shape, &slice.extent)),
    }
}
