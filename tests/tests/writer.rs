//! The writer writes the same bytes as `TensorFlow`: it reproduces the checkpoints of the corpus from their contents.

use std::fs;
use std::path::Path;

use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::corpus::{Case, Format, Tensor, case, real_cases, sha256, sha256_of_strings};
use checkpoint_tests::writer::index::{index_path, shard_path};
use checkpoint_tests::writer::{Bundle, Data, TableOptions, V1, masked_crc};

#[test]
fn bundles_of_tensorflow_come_out_byte_for_byte() {
    for name in [
        "gen/dtypes",
        "gen/names",
        "gen/object-based",
        "gen/scalars",
        "gen/state-relative",
        "gen/strings",
        "models/gpt2-nano",
        "models/gpt2-shakespeare",
    ] {
        let case = case(name).unwrap();
        assert_same(contents(&case, 1), &case, 1);
    }
}

#[test]
fn published_bundles_come_out_byte_for_byte() {
    for case in real_cases().unwrap() {
        // Four tensors of this checkpoint are zeros, so hashes do not determine their order.
        let ambiguous = case.name == "real/tfrust-regression-savedmodel";
        if case.truth.format == Format::V2 && !case.truth.index_only && !ambiguous {
            assert_same(contents(&case, 1), &case, 1);
        }
    }
}

#[test]
fn a_merged_bundle_comes_out_byte_for_byte() {
    let case = case("gen/sharded").unwrap();
    assert_same(contents(&case, 3), &case, 3);
}

// The index files of the two crafted cases list their blocks by whole keys, where `TensorFlow` shortens them. So the blocks
// themselves are compared.

#[test]
fn a_big_endian_bundle_has_the_bytes_of_numbers_reversed() {
    let case = case("crafted/big-endian").unwrap();
    let (index, shards) =
        contents(&self::case("gen/dtypes").unwrap(), 1).big_endian().in_memory().unwrap();
    assert!(shards[0] == fs::read(shard_path(&case.prefix, 0, 1)).unwrap());
    assert!(
        data_blocks(&index.to_bytes().unwrap())
            == data_blocks(&fs::read(index_path(&case.prefix)).unwrap())
    );
}

#[test]
fn blocks_end_with_the_entry_that_fills_them() {
    let case = case("crafted/small-blocks").unwrap();
    let (mut index, _) = contents(&self::case("gen/dtypes").unwrap(), 1).in_memory().unwrap();
    index.table = TableOptions { block_size: 150, ..TableOptions::default() };
    assert!(
        data_blocks(&index.to_bytes().unwrap())
            == data_blocks(&fs::read(index_path(&case.prefix)).unwrap())
    );
}

/// Returns the data blocks of an index file: the bytes before the empty block after them.
fn data_blocks(index: &[u8]) -> &[u8] {
    let empty = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 0xf2, 0xa1, 0xb0];
    let end = index.windows(empty.len()).position(|window| window == empty).unwrap();
    &index[..end]
}

#[test]
fn a_partitioned_bundle_comes_out_byte_for_byte() {
    let case = case("gen/partitioned").unwrap();
    let data = fs::read(shard_path(&case.prefix, 0, 1)).unwrap();
    let bundle = Bundle::new()
        .tensor("dense/w", DType::Float32, &[4, 2], &data[..32])
        .partition("emb", DType::Float32, &[11, 4], (0, &[4, 4, 3]), &data[32..208])
        .tensor("global_step", DType::Int64, &[], &data[208..]);
    assert_same(bundle, &case, 1);
}

#[test]
fn a_checkpoint_of_version_1_comes_out_byte_for_byte() {
    let case = case("gen/v1-basic").unwrap();
    let file = fs::read(&case.prefix).unwrap();
    let integers: Vec<u8> =
        [-8_i32, -9, -3, 3, -2, 2].iter().flat_map(|value| value.to_le_bytes()).collect();
    let v1 = case.truth.tensors.iter().fold(V1::new(), |v1, tensor| {
        let data = match tensor.name.as_str() {
            "i32" => integers.clone(),
            "global_step" => 1000_u64.to_le_bytes().to_vec(),
            _ => found(tensor, &file).to_vec(),
        };
        v1.tensor(&tensor.name, dtype(tensor), &tensor.shape, data)
    });
    assert!(v1.to_bytes().unwrap() == file);
}

#[test]
fn a_published_checkpoint_of_version_1_comes_out_byte_for_byte() {
    let cases = real_cases().unwrap();
    let Some(case) = cases.iter().find(|case| case.name == "real/serving-half-plus-two-v1") else {
        return;
    };
    let v1 = V1::new().f32("a", &[], &[0.5]).f32("b", &[], &[2.0]);
    assert_eq!(v1.to_bytes().unwrap(), fs::read(&case.prefix).unwrap());
}

/// Finds the bytes of `tensor` in `file`.
fn found<'a>(tensor: &Tensor, file: &'a [u8]) -> &'a [u8] {
    let hash = tensor.sha256.as_ref().unwrap();
    file.windows(usize::try_from(tensor.nbytes).unwrap())
        .find(|window| sha256(window) == *hash)
        .unwrap()
}

/// Writes `bundle`, and compares its files with those of `case`.
fn assert_same(bundle: Bundle, case: &Case, shards: u32) {
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("written");
    bundle.write(&prefix).unwrap();
    let paths = |prefix: &Path| {
        (0..shards)
            .map(|shard| shard_path(prefix, shard, shards))
            .chain([index_path(prefix)])
            .collect::<Vec<_>>()
    };
    for (written, original) in paths(&prefix).iter().zip(paths(&case.prefix)) {
        let same = fs::read(written).unwrap() == fs::read(&original).unwrap();
        assert!(same, "{} comes out different", original.display());
    }
    assert_eq!(dir.path().read_dir().unwrap().count(), paths(&prefix).len());
}

/// Returns the tensors of `case`, in the order of its data files. Each position must have the hash of one.
fn contents(case: &Case, shards: u32) -> Bundle {
    let mut tensors: Vec<&Tensor> = case.truth.tensors.iter().collect();
    tensors.sort_by_key(|tensor| tensor.dtype_enum);
    (0..shards).fold(Bundle::new(), |bundle, shard| {
        let file = fs::read(shard_path(&case.prefix, shard, shards)).unwrap();
        let mut bundle = bundle.in_shard(shard);
        let mut rest = &file[..];
        while !rest.is_empty() {
            let (place, (data, used)) = tensors
                .iter()
                .enumerate()
                .find_map(|(place, tensor)| Some((place, data_of(tensor, rest)?)))
                .unwrap_or_else(|| panic!("{} has no tensor for what follows", case.name));
            let tensor = tensors.remove(place);
            bundle = bundle.tensor(&tensor.name, dtype(tensor), &tensor.shape, data);
            rest = &rest[used..];
        }
        bundle
    })
}

fn dtype(tensor: &Tensor) -> DType {
    DType::from_number(tensor.dtype_enum).unwrap()
}

/// Returns the data of `tensor` and its length, if `bytes` begin with it.
fn data_of(tensor: &Tensor, bytes: &[u8]) -> Option<(Data, usize)> {
    let hash = tensor.sha256.as_ref().unwrap();
    if dtype(tensor) != DType::String {
        let bytes = bytes.get(..usize::try_from(tensor.nbytes).unwrap())?;
        return (sha256(bytes) == *hash).then(|| (Data::from(bytes), bytes.len()));
    }
    let (strings, used) = strings_at(bytes, tensor.shape.iter().product())?;
    (sha256_of_strings(&strings) == *hash).then_some((Data::Strings(strings), used))
}

/// Parses strings at the start of `bytes`: lengths, a checksum, and the strings.
fn strings_at(bytes: &[u8], count: u64) -> Option<(Vec<Vec<u8>>, usize)> {
    let mut rest = bytes;
    let lengths: Vec<u32> = (0..count).map(|_| varint(&mut rest)).collect::<Option<_>>()?;
    let counted: Vec<u8> = lengths.iter().flat_map(|length| length.to_le_bytes()).collect();
    if take(&mut rest, 4)? != masked_crc(&counted).to_le_bytes() {
        return None;
    }
    let strings: Option<Vec<Vec<u8>>> = lengths
        .into_iter()
        .map(|length| Some(take(&mut rest, length as usize)?.to_vec()))
        .collect();
    Some((strings?, bytes.len() - rest.len()))
}

fn varint(rest: &mut &[u8]) -> Option<u32> {
    let mut value = 0;
    for shift in (0..28).step_by(7) {
        let byte = take(rest, 1)?[0];
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}
