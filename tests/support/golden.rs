//! Golden copies of whole outputs, so that a change of behaviour shows in the diff.

use std::fs;
use std::path::Path;

/// Compares `found` with the golden copy of this name. With `VHDXRAY_BLESS=1` in the environment it becomes the golden
/// copy instead.
pub(crate) fn assert_same(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("VHDXRAY_BLESS").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    if expected == found {
        return;
    }
    let differs = expected.lines().zip(found.lines()).position(|(a, b)| a != b);
    let line = differs.unwrap_or_else(|| expected.lines().count().min(found.lines().count()));
    let show = |text: &str| text.lines().nth(line).unwrap_or("(the end)").to_owned();
    panic!(
        "the output is no longer that of tests/golden/{name}; it differs from line {} on:\n  golden: {}\n  now:    {}\n\
         If the change is meant, run VHDXRAY_BLESS=1 cargo test --all-features and look at the diff before you commit it.",
        line + 1,
        show(&expected),
        show(found),
    );
}
