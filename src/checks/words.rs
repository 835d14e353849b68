//! Words that messages are made of.

/// A count with what is counted: `1 entry`, `3 entries`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}
