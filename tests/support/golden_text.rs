//! Golden files: what a report looked like when somebody last read it and found it right.

use std::path::Path;

/// Compares `text` with the golden file of that name, or writes it there when `VHDXRAY_BLESS=1` is set.
pub(crate) fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("VHDXRAY_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, text).unwrap();
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "{} differs; read what is new below, and if it is right, set VHDXRAY_BLESS=1 and run again\n{}",
        path.display(),
        difference(&golden, text)
    );
}

/// The lines from the first that differs on, a few of each.
fn difference(golden: &str, text: &str) -> String {
    let same = golden.lines().zip(text.lines()).take_while(|(old, new)| old == new).count();
    let part = |text: &str, sign| {
        let lines = text.lines().skip(same).take(12);
        lines.fold(String::new(), |shown, line| format!("{shown}{sign} {line}\n"))
    };
    format!("from line {}:\n{}{}", same + 1, part(golden, '-'), part(text, '+'))
}
