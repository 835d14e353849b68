//! Collects every disagreement of a test before it fails, so that one run shows them all.

use std::fmt::{Debug, Write};

/// What a test compared, and what did not agree.
#[derive(Default)]
pub(crate) struct Ledger {
    compared: usize,
    wrong: Vec<String>,
}

impl Ledger {
    /// `found` should equal `expected`.
    #[expect(clippy::needless_pass_by_value, reason = "callers compare what they just computed")]
    pub(crate) fn equal<T: PartialEq + Debug>(&mut self, subject: &str, what: &str, expected: T, found: T) {
        self.holds(subject, expected == found, || format!("{what}: expected {expected:?}, found {found:?}"));
    }

    /// `condition` should hold; `otherwise` says what is wrong.
    pub(crate) fn holds(&mut self, subject: &str, condition: bool, otherwise: impl FnOnce() -> String) {
        self.compared += 1;
        if !condition {
            self.wrong.push(format!("{subject}: {}", otherwise()));
        }
    }

    /// Fails with the whole list, or when fewer than `least` comparisons were made (a test that looks at nothing).
    #[track_caller]
    pub(crate) fn close(self, least: usize) {
        let mut text = String::new();
        for line in &self.wrong {
            writeln!(text, "  {line}").expect("a string can be written");
        }
        assert!(self.wrong.is_empty(), "{} of {} comparisons disagree:\n{text}", self.wrong.len(), self.compared);
        assert!(self.compared >= least, "only {} comparisons were made, at least {least} were due", self.compared);
    }
}
