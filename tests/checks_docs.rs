//! The published page of findings is the one that the tables in the code make.

use std::fs;
use std::path::Path;

use vhdxray::report::findings_doc;

#[test]
fn the_page_of_findings_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/findings.md");
    let mut made = Vec::new();
    findings_doc::write(&mut made).unwrap();
    let made = String::from_utf8(made).unwrap();
    if std::env::var_os("VHDXRAY_BLESS").is_some() {
        fs::write(&path, made).unwrap();
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        found == made,
        "docs/findings.md is not that of the code: run VHDXRAY_BLESS=1 cargo test --all-features and look at the diff"
    );
}
