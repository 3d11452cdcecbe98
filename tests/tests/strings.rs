//! Strings and variants: results of reads, and errors of invalid bytes.

use std::path::{Path, PathBuf};

use checkpoint_core::{Checkpoint, ReadErrorKind, Strings};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::writer::{Bundle, Data, masked_crc};
use expect_test::{Expect, expect};
use tempfile::TempDir;

/// Writes a checkpoint.
fn written(bundle: Bundle) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("model.ckpt");
    bundle.write(&prefix).unwrap();
    (folder, prefix)
}

fn read(prefix: &Path, name: &str) -> Result<Strings, String> {
    let tensor = Checkpoint::open(prefix).unwrap().read(name).map_err(|error| error.to_string());
    tensor.map(|tensor| tensor.as_strings().unwrap().clone())
}

/// Returns strings whose lengths are near those where the encoded length grows.
fn strings() -> Vec<Vec<u8>> {
    let lengths = [0, 1, 127, 128, 0, 16_383, 16_384, 300_000];
    lengths.iter().map(|&len| (0..=u8::MAX).cycle().take(len).collect()).collect()
}

#[test]
fn strings_of_any_bytes_and_lengths_are_read_in_both_byte_orders() {
    let none: [&str; 0] = [];
    let bundle = || {
        let bundle = Bundle::new().f32("before", &[1], &[1.0]).strings("none", &[2, 0], &none);
        bundle.strings("strings", &[2, 4], &strings()).strings("scalar", &[], &["ü\0"])
    };
    for bundle in [bundle(), bundle().big_endian()] {
        let (_folder, prefix) = written(bundle);
        assert_eq!(read(&prefix, "strings").unwrap(), strings().iter().collect());
        assert_eq!(read(&prefix, "scalar").unwrap(), ["ü\0"].iter().collect());
        assert!(read(&prefix, "none").unwrap().is_empty());
    }
}

#[test]
fn a_tensor_without_strings_may_have_no_bytes_at_all() {
    let (_folder, prefix) = written(Bundle::new().tensor(
        "s",
        DType::String,
        &[0],
        Data::Stored(vec![], masked_crc(b"")),
    ));
    assert!(read(&prefix, "s").unwrap().is_empty());
}

#[test]
fn variants_are_read_as_their_messages() {
    let long = vec![0xff; 100_000];
    let messages = [&b"\x0a\x03int"[..], b"", &long];
    let (_folder, prefix) = written(Bundle::new().variants("v", &[3], &messages));
    assert_eq!(read(&prefix, "v").unwrap(), messages.iter().collect());
}

/// Checks the error of strings or variants that are stored like this.
#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn says(dtype: DType, count: u64, bytes: &[u8], crc: u32, expected: Expect) {
    let data = Data::Stored(bytes.to_vec(), crc);
    let (folder, prefix) =
        written(Bundle::new().gap([7; 10]).tensor("s", dtype, &[count], data).gap([7; 1000]));
    let error = read(&prefix, "s").unwrap_err();
    expected.assert_eq(&error.replace(&folder.path().display().to_string(), "models"));
}

/// Checks that these bytes are refused for this number of elements.
fn misfits(dtype: DType, count: u64, bytes: &[u8]) {
    let data = Data::Stored(bytes.to_vec(), 0);
    let (_folder, prefix) =
        written(Bundle::new().tensor("s", dtype, &[count], data).gap([7; 1000]));
    let error = Checkpoint::open(prefix).unwrap().read("s").unwrap_err();
    assert!(matches!(error.kind, ReadErrorKind::Elements { .. }), "{error}");
}

/// Returns an element with an encoded length of 2^40 bytes.
fn long() -> Vec<u8> {
    [&[0x80, 0x80, 0x80, 0x80, 0x80, 0x20][..], &[0; 20]].concat()
}

/// Returns the stored form of the strings `abc` and `de`, and their checksum.
fn abc_de() -> (Vec<u8>, u32) {
    let bundle = Bundle::new().strings("s", &[2], &["abc", "de"]);
    let (mut index, mut shards) = bundle.in_memory().unwrap();
    (shards.remove(0), index.entry("s").crc32c.unwrap())
}

#[test]
fn damage_is_told_by_both_checksums() {
    let (bytes, crc) = abc_de();
    let damaged = |at: usize, byte: u8| {
        let mut bytes = bytes.clone();
        bytes[at] = byte;
        bytes
    };
    // A wrong length that is encoded in the same number of bytes.
    says(
        DType::String,
        2,
        &damaged(0, 2),
        crc,
        expect![
            "cannot read `s`: the checksum at byte 12 of the data file `models/model.ckpt.data-00000-of-00001` is cf48baee, but that of what comes before it is 790e2d46; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    says(
        DType::String,
        2,
        &damaged(7, b'x'),
        crc,
        expect![
            "cannot read `s`: the checksum of its 11 bytes at byte 10 of the data file `models/model.ckpt.data-00000-of-00001` is c17ce15c, but the checkpoint says 613b1006; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
}

#[test]
fn lengths_that_do_not_fill_the_extent_are_refused() {
    let lengths = |lengths: &[u8], summed: &[u8], bytes: &[u8]| {
        [lengths, &masked_crc(summed).to_le_bytes(), bytes].concat()
    };
    says(
        DType::String,
        1,
        &long(),
        0,
        expect![
            "cannot read `s`: the total length of its elements differs from the 26 bytes at byte 10 of the data file `models/model.ckpt.data-00000-of-00001`; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    let short = lengths(&[1], &[1, 0, 0, 0], b"ab");
    misfits(DType::String, 1, &short);
    // A length that does not end, and a truncated one.
    misfits(DType::String, 1, &[0xff; 20]);
    misfits(DType::String, 2, &[0x00, 0xff]);
    // There is no room for the checksum.
    misfits(DType::String, 2, &[0, 0, 1]);
}

#[test]
fn variants_are_held_to_their_checksums_and_lengths() {
    let (mut index, shards) =
        Bundle::new().variants("v", &[2], &["abc", "de"]).in_memory().unwrap();
    let crc = index.entry("v").crc32c.unwrap();
    let damaged = |at: usize| {
        let mut bytes = shards[0].clone();
        bytes[at] ^= 1;
        bytes
    };
    says(
        DType::Variant,
        2,
        &damaged(1),
        crc,
        expect![
            "cannot read `s`: the checksum at byte 14 of the data file `models/model.ckpt.data-00000-of-00001` is 2b916bd8, but that of what comes before it is 5076b65b; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    says(
        DType::Variant,
        2,
        &shards[0],
        crc ^ 1,
        expect![
            "cannot read `s`: the checksum of its 15 bytes at byte 10 of the data file `models/model.ckpt.data-00000-of-00001` is 3e44bb69, but the checkpoint says 3e443b69; the file is damaged or of another checkpoint, fetch it again"
        ],
    );
    misfits(DType::Variant, 1, &shards[0]);
    misfits(DType::Variant, 1, &long());
}

#[test]
fn variants_of_a_big_endian_checkpoint_are_refused_as_tensorflow_does() {
    let (_folder, prefix) = written(Bundle::new().variants("v", &[1], &["a"]).big_endian());
    expect!["cannot read `v`: variants of big-endian checkpoints, which TensorFlow cannot read either, are not supported"]
        .assert_eq(&read(&prefix, "v").unwrap_err());
}
