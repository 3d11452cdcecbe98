//! Changes of arbitrary bytes.

use checkpoint_tests::random::Random;

/// The maximum number of bytes that are added or changed together.
const MOST: usize = 4096;

/// Returns the bytes with a change. The change may have no effect.
pub(crate) fn mutate(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut mutated = bytes.to_vec();
    if bytes.is_empty() {
        return grow(mutated, random);
    }
    match random.below(9) {
        0 => flip(&mut mutated, random),
        1 => (0..=random.below(8)).for_each(|_| flip(&mut mutated, random)),
        2 => mutated[random.below(bytes.len())] = byte(random),
        3 => mutated.truncate(random.below(bytes.len())),
        4 => return grow(mutated, random),
        5 => {
            let (start, end) = block(bytes, random);
            mutated[start..end].fill(0);
        }
        6 => swap(&mut mutated, random),
        7 => {
            let (start, end) = block(bytes, random);
            mutated.drain(start..end);
        }
        _ => {
            let (start, end) = block(bytes, random);
            let to = random.below(bytes.len() - (end - start) + 1);
            mutated.copy_within(start..end, to);
        }
    }
    mutated
}

fn byte(random: &mut Random) -> u8 {
    random.next().to_le_bytes()[0]
}

fn flip(bytes: &mut [u8], random: &mut Random) {
    bytes[random.below(bytes.len())] ^= 1 << random.below(8);
}

/// Inserts bytes, mostly at the end.
fn grow(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let more: Vec<u8> = (0..=random.below(64)).map(|_| byte(random)).collect();
    let at = if random.below(2) == 0 { bytes.len() } else { random.below(bytes.len() + 1) };
    bytes.splice(at..at, more);
    bytes
}

/// Swaps two adjacent blocks.
fn swap(bytes: &mut [u8], random: &mut Random) {
    let (start, end) = block(bytes, random);
    let middle = random.below(end - start);
    bytes[start..end].rotate_left(middle);
}

/// Returns the start and the end of a non-empty block.
fn block(bytes: &[u8], random: &mut Random) -> (usize, usize) {
    let start = random.below(bytes.len());
    let len = 1 + random.below((bytes.len() - start).min(MOST));
    (start, start + len)
}
