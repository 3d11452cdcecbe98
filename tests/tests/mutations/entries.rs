//! Changes of an index's contents, with valid checksums.

use checkpoint_schema::format::tensorflow::table::Table;
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_tests::random::Random;
use checkpoint_tests::writer::table::write_table;
use checkpoint_tests::writer::{Entry, Extent, Header, Index, TableOptions, Version};

use crate::bytes::mutate;

/// Changes a field of an index.
pub(crate) fn edit(index: &mut Index, random: &mut Random) {
    let (number, other) = (random.below(index.entries.len()), random.below(index.entries.len()));
    match random.below(16) {
        0 => header(&mut index.header, random),
        1 => drop(index.entries.remove(number)),
        2 => index.entries[number].1 = index.entries[other].1.clone(),
        3 => {
            let value = index.entries[number].1.clone();
            let key = mutate(&index.entries[number].0, random);
            index.entries.push((key, value));
            index.entries.sort_by(|one, other| one.0.cmp(&other.0));
        }
        _ => entry(&mut index.entries[number].1, random),
    }
}

fn header(header: &mut Header, random: &mut Random) {
    match random.below(3) {
        0 => header.num_shards = number(header.num_shards, random),
        1 => header.endianness = 1 - header.endianness,
        _ => header.version = Some(Version { producer: number(1, random), ..Version::default() }),
    }
}

fn entry(entry: &mut Entry, random: &mut Random) {
    match random.below(9) {
        0 | 1 => entry.dtype = dtype(random),
        2 | 3 => shape(&mut entry.shape, random),
        4 => entry.shard_id = number(entry.shard_id, random),
        5 => entry.offset = number(entry.offset, random),
        6 => entry.size = number(entry.size, random),
        7 => entry.crc32c = [None, Some(0), Some(random.next())][random.below(3)],
        _ => slices(&mut entry.slices, entry.shape.len(), random),
    }
}

/// Returns a number that is near another one, or a limit.
fn number(near: i64, random: &mut Random) -> i64 {
    let numbers = [
        near.wrapping_add(1),
        near.wrapping_sub(1),
        near.wrapping_mul(2),
        near / 2,
        near.wrapping_neg(),
        0,
        1,
        -1,
        i64::from(i32::MAX),
        1 << 32,
        i64::MAX,
        i64::MIN,
        i64::from(random.next()),
        i64::from(random.next() % 64),
    ];
    numbers[random.below(numbers.len())]
}

/// Returns the number of a dtype, of a reference to one, or an invalid one.
fn dtype(random: &mut Random) -> i64 {
    let dtype = i64::from(random.next() % 35);
    [dtype, dtype, dtype, dtype, dtype + 100, number(dtype, random)][random.below(6)]
}

fn shape(shape: &mut Vec<i64>, random: &mut Random) {
    let axis = random.below(shape.len() + 1);
    match random.below(4) {
        0 => shape.insert(axis, number(1, random)),
        1 => shape.reverse(),
        2 if axis < shape.len() => drop(shape.remove(axis)),
        _ if axis < shape.len() => shape[axis] = number(shape[axis], random),
        _ => shape.push(1),
    }
}

fn slices(slices: &mut Vec<Vec<Extent>>, rank: usize, random: &mut Random) {
    let part = Extent::part(number(0, random), number(1, random));
    let slice = random.below(slices.len() + 1);
    match random.below(4) {
        0 if slice < slices.len() => drop(slices.remove(slice)),
        1 if slice < slices.len() => slices.push(slices[slice].clone()),
        2 if slice < slices.len() && rank > 0 => slices[slice][random.below(rank)] = part,
        _ => slices.push(vec![part; rank]),
    }
}

/// Returns the table with other bytes in one key or value.
pub(crate) fn edit_pairs(table: &[u8], random: &mut Random) -> Vec<u8> {
    let mut pairs = pairs(table);
    let (number, other) = (random.below(pairs.len()), random.below(pairs.len()));
    match random.below(8) {
        0 => drop(pairs.remove(number)),
        1 => {
            let value = pairs[other].1.clone();
            pairs[number].1 = value;
        }
        2 => pairs[number].0 = mutate(&pairs[number].0, random),
        _ => pairs[number].1 = mutate(&pairs[number].1, random),
    }
    // In one of eight cases, they are out of order.
    if random.below(8) > 0 {
        pairs.sort();
    }
    let block_size = [262_144, 64, 1][random.below(3)];
    let snappy = random.below(3) == 0;
    let options = TableOptions { block_size, snappy, ..TableOptions::default() };
    write_table(Vec::new(), options, pairs).unwrap()
}

/// Returns the keys and values of a table.
fn pairs(table: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let budget = Budget::new(&Limits::default(), table.len() as u64);
    let mut pairs = Vec::new();
    let add = |entry: checkpoint_schema::format::tensorflow::table::Entry<'_>| {
        pairs.push((entry.key.to_vec(), entry.value.to_vec()));
        Ok(())
    };
    Table::open(table, &budget).and_then(|table| table.scan(add)).unwrap();
    pairs
}
