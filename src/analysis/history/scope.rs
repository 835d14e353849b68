//! What a run looked at: only what it looked at and did not find is gone.

use super::path_text::PathText;
use super::record::RunRecord;

/// What one run looked at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    roots: Vec<PathText>,
    unreadable: Vec<PathText>,
    walk: String,
    interrupted: bool,
}

impl Scope {
    /// That of a run.
    pub fn of(run: &RunRecord) -> Self {
        Self {
            roots: run.roots.clone(),
            unreadable: run.unreadable.iter().map(|(path, _)| path.clone()).collect(),
            walk: run.head.walk.clone(),
            interrupted: run.head.interrupted,
        }
    }

    /// Whether both looked at the same places in the same way.
    pub fn is_of(&self, other: &Self) -> bool {
        self.roots == other.roots && self.walk == other.walk
    }

    /// How folders were walked.
    pub fn walk(&self) -> &str {
        &self.walk
    }

    /// Whether the run would have found a file at `path` that a run walked as `walk` found. Where folders are walked in
    /// another way, or something above the file cannot be read, nothing is known of it.
    pub fn looked_at(&self, path: &PathText, walk: &str) -> bool {
        !self.interrupted
            && self.walk == walk
            && self.roots.iter().any(|root| path.is_below(root))
            && !self.unreadable.iter().any(|unreadable| path != unreadable && path.is_below(unreadable))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_elsewhere_or_below_what_cannot_be_read_was_not_looked_at() {
        let path = |text: &str| PathText { text: text.to_owned(), raw_hex: None };
        let scope = Scope {
            roots: vec![path("/a"), path("/b/x.vhdx")],
            unreadable: vec![path("/a/locked")],
            walk: String::new(),
            interrupted: false,
        };
        assert!(scope.looked_at(&path("/a/y.vhdx"), ""));
        assert!(scope.looked_at(&path("/b/x.vhdx"), ""));
        assert!(!scope.looked_at(&path("/b/y.vhdx"), ""));
        assert!(!scope.looked_at(&path("/a/locked/y.vhdx"), ""));
        assert!(!scope.looked_at(&path("/a/y.vhdx"), "--max-depth 1"));
        assert!(!Scope { interrupted: true, ..scope }.looked_at(&path("/a/y.vhdx"), ""));
    }
}
