#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| checkpoint_tests::fuzz::target("pickle")(bytes));
