//! Which checks are wanted.

use std::fmt;

use super::check::Check;
use super::codes::CHECKS;

/// Which checks are wanted: those picked, or all where none is, less those left out.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    picked: Vec<&'static str>,
    left_out: Vec<&'static str>,
}

/// A word that names no check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownCheck(pub String);

impl fmt::Display for UnknownCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no check has the code or name {:?}, and no code starts so", self.0)
    }
}

impl std::error::Error for UnknownCheck {}

impl Selection {
    /// A selection by codes, beginnings of codes (`VHDX03` is all about the log) and names.
    pub fn new(pick: &[String], leave_out: &[String]) -> Result<Self, UnknownCheck> {
        Ok(Self { picked: codes(pick)?, left_out: codes(leave_out)? })
    }

    /// Whether a check is wanted.
    pub fn wants(&self, check: &Check) -> bool {
        (self.picked.is_empty() || self.picked.contains(&check.code)) && !self.left_out.contains(&check.code)
    }
}

fn codes(words: &[String]) -> Result<Vec<&'static str>, UnknownCheck> {
    let mut found = Vec::new();
    for word in words {
        let upper = word.to_ascii_uppercase();
        let matches = |check: &&&Check| check.name == word || (!upper.is_empty() && check.code.starts_with(&upper));
        let before = found.len();
        found.extend(CHECKS.iter().filter(matches).map(|check| check.code));
        if found.len() == before {
            return Err(UnknownCheck(word.clone()));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::find;

    fn wants(pick: &[&str], leave_out: &[&str], code: &str) -> bool {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Selection::new(&own(pick), &own(leave_out)).unwrap().wants(find(code).unwrap())
    }

    #[test]
    fn checks_are_picked_by_code_beginning_and_name() {
        assert!(wants(&[], &[], "VHDX0101"));
        assert!(wants(&["vhdx01"], &[], "VHDX0101") && !wants(&["vhdx01"], &[], "VHDX0301"));
        assert!(wants(&["torn-log-entry"], &[], "VHDX0305") && !wants(&["torn-log-entry"], &[], "VHDX0304"));
        assert!(!wants(&["VHDX03"], &["VHDX0305"], "VHDX0305") && wants(&["VHDX03"], &["VHDX0305"], "VHDX0304"));
        for word in ["VHDX99", "", "torn"] {
            assert_eq!(Selection::new(&[word.to_owned()], &[]).unwrap_err(), UnknownCheck(word.to_owned()));
        }
    }
}
