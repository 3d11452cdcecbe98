#![no_main]

use checkpoint_fuzz::mutate_table;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| checkpoint_tests::fuzz::target("v1")(bytes));

fuzz_mutator!(|bytes: &mut [u8], len: usize, room: usize, seed: u32| {
    mutate_table(bytes, len, room, seed)
});
