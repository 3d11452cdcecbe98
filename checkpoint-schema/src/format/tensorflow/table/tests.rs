use expect_test::{Expect, expect};

use super::*;
use crate::format::Limits;
use crate::format::tensorflow::fixture::{
    self, Block as Written, Pair, RESTARTS, entry, footer, handle,
};

fn pair(key: &str, value: &str) -> Pair {
    (key.into(), value.into())
}

/// A block of these bytes.
fn written(bytes: &[u8], kind: u8, separator: &[u8]) -> Written {
    Written { bytes: bytes.to_vec(), kind, separator: separator.to_vec() }
}

/// A block with one pair.
fn of_pair(key: &str, value: &str) -> Written {
    Written::of(&[pair(key, value)])
}

/// A block with these entries.
fn of_entries(entries: &[Vec<u8>]) -> Written {
    written(&[&entries.concat(), &RESTARTS[..]].concat(), 0, &[0xff; 2])
}

fn table<const N: usize>(blocks: [Written; N]) -> Vec<u8> {
    let mut table = fixture::Table::default();
    for block in blocks {
        table.push(block);
    }
    table.finish()
}

/// A table with one block of one pair. Its index of blocks lists these handles.
fn with_handles(handles: &[Vec<u8>]) -> Vec<u8> {
    let mut table = fixture::Table::default();
    table.push(of_pair("a", "1"));
    table.index = (b'a'..).zip(handles).map(|(key, handle)| (vec![key], handle.clone())).collect();
    table.finish()
}

fn budget_of(bytes: &[u8], limits: &Limits) -> Budget {
    Budget::new(limits, length(bytes.len()))
}

/// The entries of a table, as lines of text.
fn scan(bytes: &[u8], limits: &Limits) -> Result<String, FormatError> {
    let mut found = Vec::new();
    Table::open(bytes, &budget_of(bytes, limits))?.scan(|entry| {
        let (key, value) = (Name::from(entry.key), Name::from(entry.value));
        found.push(format!("{key}={value} at {}\n", entry.at));
        Ok(())
    })?;
    Ok(found.concat())
}

fn with_source(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|source| format!(": {source}"));
    format!("{error}{}\n", source.unwrap_or_default())
}

/// Checks the contents of each table, or the error.
fn check<const N: usize>(tables: [Vec<u8>; N], expected: &Expect) {
    check_limited(tables.map(|table| (table, Limits::default())), expected);
}

fn check_limited<const N: usize>(tables: [(Vec<u8>, Limits); N], expected: &Expect) {
    let read = tables
        .map(|(table, limits)| scan(&table, &limits).unwrap_or_else(|error| with_source(&error)));
    expected.assert_eq(&read.concat());
}

#[test]
fn all_blocks_are_read_and_keys_made_whole() {
    let blocks: [&[Pair]; 2] =
        [&[pair("", "0"), pair("a", "1"), pair("a/b", "2")], &[pair("a/c", "3"), pair("b", "")]];
    check(
        [fixture::table(&blocks)],
        &expect![[r"
        =0 at byte 3
        a=1 at byte 8
        a/b=2 at byte 14
        a/c=3 at byte 34
        b= at byte 39
    "]],
    );
}

#[test]
fn compressed_blocks_are_decompressed() {
    let first = of_pair("a", &"1".repeat(20)).compressed();
    assert!(first.bytes.len() < 20);
    check(
        [table([first, of_pair("b", "2")])],
        &expect![[r"
        a=11111111111111111111 at byte 4 of what the block at byte 0 decompresses to
        b=2 at byte 28
    "]],
    );
}

#[test]
fn blocks_without_entries_are_passed_over() {
    let blocks = [
        written(&RESTARTS, 0, b"a"),
        written(&[0; 4], 0, b"b"),
        of_pair("c", "1"),
        written(&[0; 4], 0, b"d"),
    ];
    check(
        [table(blocks)],
        &expect![[r"
        c=1 at byte 26
    "]],
    );
    check([table([])], &expect![[""]]);
}

#[test]
fn bytes_behind_a_handle_are_passed_over() {
    check(
        [with_handles(&[[handle(0, 13), vec![0xff; 3]].concat()])],
        &expect![[r"
        a=1 at byte 4
    "]],
    );
}

#[test]
fn a_block_is_found_by_key() {
    let bytes = fixture::table(&[&[pair("a", ""), pair("c", "")], &[pair("e", "")]]);
    let budget = budget_of(&bytes, &Limits::default());
    let table = Table::open(&*bytes, &budget).unwrap();
    assert_eq!(table.blocks(), 2);
    let numbers = ["", "a", "b", "c", "d", "e"].map(|key| table.block_of(key.as_bytes()));
    assert_eq!(numbers, [0, 0, 0, 0, 1, 1].map(Some));
    assert_eq!(table.block_of(b"f"), None);
    assert!(table.block(1).unwrap().is_some());
    assert!(table.block(2).unwrap().is_none());
}

#[test]
fn what_does_not_end_as_a_table_does_is_refused() {
    let mut cut = table([of_pair("a", "1")]);
    cut.pop();
    check(
        [vec![], vec![0; 47], vec![0; 48], cut],
        &expect![[r#"
            the length of the file is 0, less than the 48 bytes in which an index ends; it is cut or something else, so check the path or fetch the file again
            the length of the file is 47, less than the 48 bytes in which an index ends; it is cut or something else, so check the path or fetch the file again
            the file does not end with the magic number of an index; it is truncated or not an index, so check the path or fetch the file again
            the file does not end with the magic number of an index; it is truncated or not an index, so check the path or fetch the file again
        "#]],
    );
}

#[test]
fn a_footer_that_is_no_footer_is_refused() {
    let footers = [
        footer(&[0x80; 40]),
        footer(&[&[0, 0], &[0xff; 38][..]].concat()),
        footer(&[&[0; 2][..], &handle(0, 0)].concat()),
    ];
    check(
        footers,
        &expect![[r"
        the footer has a number at byte 0 that does not end where it must; the file is damaged, fetch it again
        the footer has a number at byte 2 that does not end where it must; the file is damaged, fetch it again
        byte 2 says that a block of size 0 is at byte 0, but it has to be within bytes 0 to 0; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_block_is_only_looked_for_where_it_can_be() {
    let handles = [
        handle(0, 14),
        handle(0, 1 << 40),
        handle(u64::MAX, 1),
        handle(1, 1 << 63),
        handle(0, u64::MAX - 4),
    ];
    check(
        handles.map(|handle| with_handles(&[handle])),
        &expect![[r"
        the block at byte 0 has the checksum c19800fd, but 0a51aedd is stored with it; the file is damaged, fetch it again
        byte 35 says that a block of size 1099511627776 is at byte 0, but it has to be within bytes 0 to 31; the file is damaged, fetch it again
        byte 35 says that a block of size 1 is at byte 18446744073709551615, but it has to be within bytes 0 to 31; the file is damaged, fetch it again
        byte 35 says that a block of size 9223372036854775808 is at byte 1, but it has to be within bytes 0 to 31; the file is damaged, fetch it again
        byte 35 says that a block of size 18446744073709551611 is at byte 0, but it has to be within bytes 0 to 31; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_block_is_read_only_once() {
    let index_of_blocks = handle(31, 14);
    let second = [handle(0, 13), handle(17, 1), index_of_blocks];
    check(
        second.map(|second| with_handles(&[handle(0, 13), second])),
        &expect![[r"
        byte 41 says that a block of size 13 is at byte 0, but it has to be within bytes 18 to 31; the file is damaged, fetch it again
        byte 41 says that a block of size 1 is at byte 17, but it has to be within bytes 18 to 31; the file is damaged, fetch it again
        byte 41 says that a block of size 14 is at byte 31, but it has to be within bytes 18 to 31; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_block_with_another_checksum_is_refused() {
    let mut bytes = table([of_pair("a", "1")]);
    bytes[4] = b'2';
    check(
        [bytes],
        &expect![[r"
        the block at byte 0 has the checksum 10553720, but 4843cd3e is stored with it; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn an_unknown_compression_is_refused() {
    check(
        [table([Written { kind: 2, ..of_pair("a", "1") }])],
        &expect![[r"
        the block at byte 0 has the compression 2, but only 0 (none) and 1 (Snappy) are known; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_block_that_does_not_decompress_is_refused() {
    let blocks: [&[u8]; 4] =
        [&[0xff, 0xff, 0xff, 0xff, 0x07, 0, 0], &[4, 0x01, 0x01], &[4, 0x00, 0x61], &[]];
    check(
        blocks.map(|bytes| table([written(bytes, 1, b"z")])),
        &expect![[r"
        the block at byte 0 claims to decompress from 7 to 2147483647 bytes, which Snappy cannot; the file is damaged, fetch it again
        the block at byte 0 does not decompress; the file is damaged, fetch it again: snappy: corrupt input (expected valid offset but got offset 1; dst position: 0)
        the block at byte 0 does not decompress; the file is damaged, fetch it again: snappy: corrupt input (header mismatch; expected 4 decompressed bytes but got 1)
        the block at byte 0 does not decompress; the file is damaged, fetch it again: snappy: corrupt input (empty)
    "]],
    );
}

#[test]
fn a_block_without_room_for_its_restart_points_is_refused() {
    let no_restarts = [entry(0, b"a", b"1"), vec![0; 4]].concat();
    let blocks: [&[u8]; 4] = [&[0; 3], &[0, 0, 0, 0, 2, 0, 0, 0], &[0xff; 8], &no_restarts];
    check(
        blocks.map(|bytes| table([written(bytes, 0, b"z")])),
        &expect![[r"
        the block at byte 0 is of size 3, which its 0 restart points do not fit; the file is damaged, fetch it again
        the block at byte 0 is of size 8, which its 2 restart points do not fit; the file is damaged, fetch it again
        the block at byte 0 is of size 8, which its 4294967295 restart points do not fit; the file is damaged, fetch it again
        the block at byte 0 is of size 9, which its 0 restart points do not fit; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn an_entry_that_exceeds_its_block_is_refused() {
    let their_sum_exceeds_32_bits = [0, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, b'a'];
    let entries: [&[u8]; 5] = [
        &[0, 1],
        &[0, 2, 0, b'a'],
        &[0, 1, 1, b'a'],
        &their_sum_exceeds_32_bits,
        &[0, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 0],
    ];
    check(
        entries.map(|entry| table([of_entries(&[entry.to_vec()])])),
        &expect![[r"
        the entry of a table at byte 2 is cut: it has 0 of 1 bytes; the file is damaged, fetch it again
        a key at byte 3 is cut: it has 1 of 2 bytes; the file is damaged, fetch it again
        a value at byte 4 is cut: it has 0 of 1 bytes; the file is damaged, fetch it again
        a value at byte 8 is cut: it has 0 of 4294967295 bytes; the file is damaged, fetch it again
        the entry of a table has a number at byte 1 that does not end where it must; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_mistake_in_a_later_block_is_not_passed_over() {
    check(
        [table([of_pair("a", "1"), of_entries(&[vec![0, 2, 0]])])],
        &expect![[r"
        a key at byte 21 is cut: it has 0 of 2 bytes; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn a_key_shares_no_more_than_there_is() {
    let tables = [
        table([of_entries(&[entry(1, b"a", b"")])]),
        table([of_entries(&[entry(0, b"a", b""), entry(2, b"b", b"")])]),
        // The previous key is in another block.
        table([of_pair("a", "1"), of_entries(&[entry(1, b"b", b"")])]),
    ];
    check(
        tables,
        &expect![[r"
        the key at byte 0 shares 1 of the 0 bytes of the key before it; the file is damaged, fetch it again
        the key at byte 4 shares 2 of the 1 bytes of the key before it; the file is damaged, fetch it again
        the key at byte 18 shares 1 of the 0 bytes of the key before it; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn keys_are_in_order_and_there_once() {
    let pairs = [
        [entry(0, b"a", b""), entry(0, b"a", b"")],
        [entry(0, b"a", b""), entry(1, b"", b"")],
        [entry(0, b"ab", b""), entry(0, b"a", b"")],
        [entry(0, b"ab", b""), entry(1, b"a", b"")],
        [entry(0, b"", b""), entry(0, b"", b"")],
        // Keys are compared as unsigned bytes.
        [entry(0, b"\xff", b""), entry(0, b"\x7f", b"")],
    ];
    check(
        pairs.map(|pair| table([of_entries(&pair)])),
        &expect![[r"
        the key `a` at byte 4 does not come after `a`, which is stored before it; the file is damaged, fetch it again
        the key `a` at byte 4 does not come after `a`, which is stored before it; the file is damaged, fetch it again
        the key `a` at byte 5 does not come after `ab`, which is stored before it; the file is damaged, fetch it again
        the key `aa` at byte 5 does not come after `ab`, which is stored before it; the file is damaged, fetch it again
        the key `` at byte 3 does not come after ``, which is stored before it; the file is damaged, fetch it again
        the key `\u{7f}` at byte 4 does not come after `\xff`, which is stored before it; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn blocks_are_in_the_order_of_their_keys() {
    let tables = [
        table([of_pair("b", "1"), Written::of(&[pair("a", "1"), pair("c", "")])]),
        table([of_pair("b", "1"), of_pair("a", "1")]),
    ];
    check(
        tables,
        &expect![[r"
        the key `a` at byte 18 does not come after `b`, which is stored before it; the file is damaged, fetch it again
        the key `a` at byte 55 does not come after `b`, which is stored before it; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn keys_are_in_the_block_that_the_index_of_blocks_says() {
    let block =
        |key: &str, separator: &str| Written { separator: separator.into(), ..of_pair(key, "1") };
    let tables = [
        table([block("b", "a")]),
        table([block("a", "c"), block("b", "d")]),
        table([block("a", "b"), block("b", "d")]),
    ];
    check(
        tables,
        &expect![[r"
        the key `b` at byte 4 is outside of the keys of its block, which end with `a`; the file is damaged, fetch it again
        the key `b` at byte 22 is outside of the keys of its block, which end with `c`; the file is damaged, fetch it again
        the key `b` at byte 22 is outside of the keys of its block, which end with `b`; the file is damaged, fetch it again
    "]],
    );
}

#[test]
fn what_exceeds_a_limit_is_refused() {
    let bytes = || fixture::table(&[&[pair("aa", "1"), pair("aab", "2")]]);
    let compressed = table([of_pair("a", &"1".repeat(100)).compressed()]);
    let no = Limits::default;
    let memory = |memory| Limits { memory, memory_per_byte: 0, ..no() };
    let tables = [
        (bytes(), Limits { key_bytes: 3, ..memory(187) }),
        (bytes(), Limits { key_bytes: 2, ..no() }),
        (bytes(), memory(10)),
        (bytes(), memory(186)),
        (bytes(), memory(160)),
        (compressed, memory(250)),
    ];
    check_limited(
        tables,
        &expect![[r#"
            aa=1 at byte 5
            aab=2 at byte 10
            the length of a key is 3, and the limit is 2; if you trust the file, raise `Limits::key_bytes`
            too much memory for a block: 21 bytes needed up to here, and the limit for a file of this length is 10; if you trust the file, raise `Limits::memory`
            too much memory for a block: 187 bytes needed up to here, and the limit for a file of this length is 186; if you trust the file, raise `Limits::memory`
            too much memory for the list of blocks: 184 bytes needed up to here, and the limit for a file of this length is 160; if you trust the file, raise `Limits::memory`
            too much memory for a block, decompressed: 300 bytes needed up to here, and the limit for a file of this length is 250; if you trust the file, raise `Limits::memory`
        "#]],
    );
}
