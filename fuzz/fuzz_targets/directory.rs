#![no_main]

use checkpoint_fuzz::mutate_directory;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_target!(|bytes: &[u8]| checkpoint_tests::fuzz::target("directory")(bytes));

fuzz_mutator!(|bytes: &mut [u8], len: usize, room: usize, seed: u32| {
    mutate_directory(bytes, len, room, seed)
});
