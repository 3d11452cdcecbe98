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
    match random.below(11) {
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
        8 => limit(&mut mutated, random),
        9 => return digits(mutated, random),
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

/// Numbers at which arithmetic and allocations fail.
const LIMITS: [u64; 12] = [
    0,
    1,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 32,
    1 << 53,
    i64::MAX.cast_unsigned(),
    1 << 63,
    u64::MAX,
];

/// Overwrites a number of 2, 4 or 8 bytes.
fn limit(bytes: &mut [u8], random: &mut Random) {
    let number = LIMITS[random.below(LIMITS.len())].to_le_bytes();
    let (at, width) = (random.below(bytes.len()), [2, 4, 8][random.below(3)]);
    bytes[at..].iter_mut().zip(&number[..width]).for_each(|(byte, new)| *byte = *new);
}

/// Replaces a number in text, if there is one.
fn digits(mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let from = random.below(bytes.len());
    let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit) else { return bytes };
    let start = from + start;
    let len = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = match random.below(LIMITS.len() + 2) {
        0 => "9".repeat(40),
        1 => "-1".to_owned(),
        kind => LIMITS[kind - 2].to_string(),
    };
    bytes.splice(start..start + len, number.into_bytes());
    bytes
}
