//! Mutations that keep checksums right: without them, every change would end at the first checksum.

mod checksums;
mod data;
mod pairs;

use checkpoint_tests::fuzz::directory::Files;
use checkpoint_tests::random::Random;
use libfuzzer_sys::fuzzer_mutate;

/// Changes the table in the first `len` of the bytes, which have `room` for more, and says how long it is then.
pub fn mutate_table(bytes: &mut [u8], len: usize, room: usize, seed: u32) -> usize {
    let mut random = Random::new(seed);
    let table = bytes.get(..len).unwrap_or_default();
    let mutated = match random.below(8) {
        0 => None,
        1 | 2 => Some(checksums::mend(&mutated(table, room))),
        _ => pairs::mutate(table, &mut random),
    };
    match mutated.filter(|mutated| mutated.len() <= room) {
        Some(mutated) => put(bytes, &mutated),
        None => fuzzer_mutate(bytes, len, room),
    }
}

/// Changes one of the files of a directory in the first `len` of the bytes, which have `room` for more, and says how long
/// they are then.
pub fn mutate_directory(bytes: &mut [u8], len: usize, room: usize, seed: u32) -> usize {
    let mut random = Random::new(seed);
    let mut files = Files::from_bytes(bytes.get(..len).unwrap_or_default());
    let longest = room.saturating_sub(len);
    let number = [0, 1, 1, 1, 1, 2, 3, 4][random.below(8)];
    if let Some(file) = files.0.get_mut(number) {
        *file = if number == 1 {
            let (mut table, len) = (file.clone(), file.len());
            table.resize(len + longest, 0);
            let len = mutate_table(&mut table, len, len + longest, random.next());
            table.truncate(len);
            table
        } else {
            mutated(file, file.len() + longest)
        };
    } else {
        // A data file more, or one less.
        let count = files.0.len();
        if random.below(2) == 0 {
            files.0.truncate(count.saturating_sub(1));
        } else {
            files.0.push(Vec::new());
        }
    }
    if random.below(2) == 0 {
        data::mend(&mut files);
    }
    let mutated = files.to_bytes();
    if mutated.len() <= room { put(bytes, &mutated) } else { fuzzer_mutate(bytes, len, room) }
}

/// The bytes, changed by libFuzzer; `room` of them at most.
fn mutated(bytes: &[u8], room: usize) -> Vec<u8> {
    let room = room.max(bytes.len()).max(1);
    let mut mutated = bytes.to_vec();
    mutated.resize(room, 0);
    let len = fuzzer_mutate(&mut mutated, bytes.len(), room);
    mutated.truncate(len);
    mutated
}

fn put(bytes: &mut [u8], mutated: &[u8]) -> usize {
    match bytes.get_mut(..mutated.len()) {
        Some(start) => {
            start.copy_from_slice(mutated);
            mutated.len()
        }
        None => 0,
    }
}
