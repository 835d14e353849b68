//! Findings that somebody has looked at and does not want to see again before a day: a file of JSON, fit for version
//! control.
//!
//! ```json
//! [
//!   { "code": "VHDX0303", "path": "**/mail_c.avhdx", "reason": "runs all day", "expires": "2027-01-31" }
//! ]
//! ```

use std::path::Path;

use globset::{Glob, GlobMatcher};
use jiff::civil::Date;
use serde::Deserialize;

use super::codes;
use super::finding::Finding;

/// The entries of a suppressions file.
#[derive(Debug, Default)]
pub struct Suppressions {
    entries: Vec<Suppression>,
}

/// One entry.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// The code of the check.
    pub code: &'static str,
    /// The pattern as written.
    pub path: String,
    /// Why it is not to be shown.
    pub reason: String,
    /// The last day on which it is not shown, in UTC.
    pub expires: Date,
    matcher: GlobMatcher,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    code: String,
    path: String,
    reason: String,
    expires: Date,
}

impl Suppressions {
    /// Reads the text of a suppressions file. The error says which entry is wrong and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries: Vec<Entry> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let entries = entries
            .into_iter()
            .zip(1..)
            .map(|(entry, number)| Suppression::new(entry).map_err(|why| format!("entry {number}: {why}")));
        Ok(Self { entries: entries.collect::<Result<_, _>>()? })
    }

    /// The entry that says not to show a finding on `today`.
    pub fn find(&self, finding: &Finding, today: Date) -> Option<&Suppression> {
        self.entries.iter().find(|entry| entry.covers(finding) && entry.expires >= today)
    }

    /// Entries that are over on `today`.
    pub fn expired(&self, today: Date) -> impl Iterator<Item = &Suppression> {
        self.entries.iter().filter(move |entry| entry.expires < today)
    }
}

impl Suppression {
    fn new(entry: Entry) -> Result<Self, String> {
        let Some(check) = codes::find(&entry.code) else { return Err(format!("no check {:?}", entry.code)) };
        if entry.reason.trim().is_empty() {
            return Err("the reason is empty".to_owned());
        }
        let matcher = Glob::new(&entry.path).map_err(|error| error.to_string())?.compile_matcher();
        Ok(Self { code: check.code, path: entry.path, reason: entry.reason, expires: entry.expires, matcher })
    }

    /// Whether it speaks of a finding: its code, and its path or the name of its file.
    fn covers(&self, finding: &Finding) -> bool {
        let name = finding.path.file_name().map(Path::new);
        let fits = self.matcher.is_match(&finding.path) || name.is_some_and(|name| self.matcher.is_match(name));
        self.code == finding.code && fits
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::checks::severity::Severity;

    fn finding(code: &'static str, path: &str) -> Finding {
        let mut finding = Finding::new((code, "", Severity::Warning), "", "");
        finding.path = path.into();
        finding
    }

    #[test]
    fn an_entry_covers_its_code_and_path_until_its_day_is_over() {
        let text =
            r#"[{"code": "log-not-replayed", "path": "**/a*.avhdx", "reason": "runs", "expires": "2027-01-31"}]"#;
        let all = Suppressions::parse(text).unwrap();
        let (day, next) = (date(2027, 1, 31), date(2027, 2, 1));
        assert_eq!(all.find(&finding("VHDX0303", "x/a1.avhdx"), day).unwrap().reason, "runs");
        assert!(all.find(&finding("VHDX0303", "x/a1.avhdx"), next).is_none());
        assert!(all.find(&finding("VHDX0303", "x/b.avhdx"), day).is_none());
        assert!(all.find(&finding("VHDX0304", "x/a1.avhdx"), day).is_none());
        assert_eq!((all.expired(day).count(), all.expired(next).count()), (0, 1));
    }

    #[test]
    fn an_entry_without_reason_or_day_is_refused() {
        let wrong = [
            r#"[{"code": "VHDX0303", "path": "*", "reason": " ", "expires": "2027-01-31"}]"#,
            r#"[{"code": "VHDX0303", "path": "*", "reason": "x"}]"#,
            r#"[{"code": "VHDX9999", "path": "*", "reason": "x", "expires": "2027-01-31"}]"#,
            r#"[{"code": "VHDX0303", "path": "[", "reason": "x", "expires": "2027-01-31"}]"#,
            r#"{"code": "VHDX0303"}"#,
        ];
        for text in wrong {
            assert!(Suppressions::parse(text).is_err(), "{text}");
        }
    }
}
