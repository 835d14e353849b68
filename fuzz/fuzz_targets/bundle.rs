#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| vhdxray::testkit::fuzz::bundle(data));
