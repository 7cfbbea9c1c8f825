#![no_main]
#[allow(dead_code)] // each target uses its part
#[path = "../../tests/it/support/fuzzing.rs"]
mod fuzzing;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fuzzing::parquet(bytes));
