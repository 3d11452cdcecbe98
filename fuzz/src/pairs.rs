//! Changes of the keys and values of a table, which is then written anew.

use checkpoint_schema::format::Budget;
use checkpoint_schema::format::tensorflow::table::Table;
use checkpoint_tests::fuzz::small_limits;
use checkpoint_tests::random::Random;
use checkpoint_tests::writer::TableOptions;
use checkpoint_tests::writer::table::write_table;

use crate::mutated;

type Pair = (Vec<u8>, Vec<u8>);

/// The table with one of its pairs changed; `None` if it is none.
pub fn mutate(table: &[u8], random: &mut Random) -> Option<Vec<u8>> {
    let mut pairs = read(table)?;
    change(&mut pairs, random);
    // Now and then they are out of order.
    if random.below(16) > 0 {
        pairs.sort();
        pairs.dedup_by(|one, other| one.0 == other.0);
    }
    let options = TableOptions {
        block_size: [262_144, 262_144, 64, 1][random.below(4)],
        restart_interval: [16, 16, 1, 3][random.below(4)],
        snappy: random.below(4) == 0,
    };
    write_table(Vec::new(), options, pairs).ok()
}

fn read(table: &[u8]) -> Option<Vec<Pair>> {
    let budget = Budget::new(&small_limits(), table.len() as u64);
    let mut pairs = Vec::new();
    let scanned = Table::open(table, &budget).and_then(|table| {
        table.scan(|entry| {
            pairs.push((entry.key.to_vec(), entry.value.to_vec()));
            Ok(())
        })
    });
    scanned.ok().map(|()| pairs)
}

fn change(pairs: &mut Vec<Pair>, random: &mut Random) {
    if pairs.is_empty() {
        return pairs.push(Pair::default());
    }
    let number = random.below(pairs.len());
    let other = random.below(pairs.len());
    match random.below(10) {
        0 => drop(pairs.remove(number)),
        1 => pairs.truncate(number + 1),
        2 => pairs[number].1 = pairs[other].1.clone(),
        3 => {
            let mut pair = pairs[number].clone();
            pair.0 = mutated(&pair.0, pair.0.len() + 16);
            pairs.push(pair);
        }
        4 => pairs[number].0 = mutated(&pairs[number].0, pairs[number].0.len() + 16),
        _ => pairs[number].1 = mutated(&pairs[number].1, pairs[number].1.len() + 64),
    }
}
