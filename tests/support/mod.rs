//! What the integration tests share: the corpus, the command under test, and the other programs it is compared with.
//!
//! Each test file takes it in with `mod support;`. Whatever is missing on a machine (the corpus, a peer) is said in one
//! loud line and skipped, and is a failure where `VHDXRAY_REQUIRE_CORPUS=1` is set, as it is in `.ci/run`.
#![expect(dead_code, reason = "no single test file uses all of this")]

pub(crate) mod corpus;
pub(crate) mod disks;
pub(crate) mod ledger;
pub(crate) mod peers;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod seven_zip;
pub(crate) mod tables;

use std::io::Write;

/// Says loudly what is skipped and why, past the test runner's capturing; a failure where nothing may be skipped.
pub(crate) fn skip(what: &str) {
    assert!(!nothing_may_be_skipped(), "{what}, and VHDXRAY_REQUIRE_CORPUS=1 forbids to skip");
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    writeln!(std::io::stderr(), "SKIPPED: {name}: {what}").expect("standard error can be written");
}

fn nothing_may_be_skipped() -> bool {
    std::env::var_os("VHDXRAY_REQUIRE_CORPUS").is_some_and(|value| value == "1")
}
