//! What becomes of findings before they are shown: those that are suppressed are put aside, and each is compared with
//! an earlier run.

use jiff::civil::Date;

use super::baseline::{Baseline, Past, Standing};
use super::finding::Finding;
use super::run::Findings;
use super::severity::Severity;
use super::sink::NotShown;
use super::suppression::Suppressions;

/// Findings, sorted into what is to be shown and what is not.
#[derive(Clone, Debug, Default)]
pub struct Triage {
    /// To be shown, sorted by path, offset and code.
    pub findings: Vec<Judged>,
    /// Put aside because of an entry in the suppressions.
    pub suppressed: Vec<Suppressed>,
    /// Found by the earlier run and gone; `None` where no earlier run was given.
    pub resolved: Option<Vec<Past>>,
    /// Where a check found more in a file than is shown.
    pub not_shown: Vec<NotShown>,
}

/// A finding to be shown.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The finding.
    pub finding: Finding,
    /// Whether it was there in the earlier run; `None` where none was given.
    pub standing: Option<Standing>,
}

/// A finding that is not to be shown.
#[derive(Clone, Debug)]
pub struct Suppressed {
    /// The finding.
    pub finding: Finding,
    /// Why it is not shown.
    pub reason: String,
    /// The last day on which it is not.
    pub expires: Date,
}

impl Triage {
    /// Sorts `findings` by what was suppressed until `today` and by what an earlier run had found.
    pub fn new(
        findings: Findings,
        suppressions: Option<&Suppressions>,
        baseline: Option<&Baseline>,
        today: Date,
    ) -> Self {
        let resolved = baseline.map(|baseline| baseline.resolved(&findings.list));
        let mut triage = Self { resolved, not_shown: findings.not_shown, ..Self::default() };
        for finding in findings.list {
            match suppressions.and_then(|all| all.find(&finding, today)) {
                Some(entry) => {
                    let (reason, expires) = (entry.reason.clone(), entry.expires);
                    triage.suppressed.push(Suppressed { finding, reason, expires });
                }
                None => {
                    let standing = baseline.map(|baseline| baseline.standing(&finding));
                    triage.findings.push(Judged { finding, standing });
                }
            }
        }
        triage
    }

    /// Number of findings to be shown of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|judged| judged.finding.severity == severity).count()
    }

    /// The highest severity among the findings to be shown that an earlier run had not found.
    pub fn worst_new(&self) -> Option<Severity> {
        let new = self.findings.iter().filter(|judged| judged.standing != Some(Standing::Persisting));
        new.map(|judged| judged.finding.severity).max()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::units::{ByteLen, FileOffset};

    fn finding(code: &'static str, path: &str, offset: u64, severity: Severity) -> Finding {
        let mut finding = Finding::new((code, "", severity), "", "").at(FileOffset(offset), ByteLen(1));
        finding.path = path.into();
        finding
    }

    #[test]
    fn findings_are_new_persisting_resolved_or_suppressed() {
        let old = r#"{"schema": "vhdxray.check/1", "findings": [
            {"code": "VHDX0303", "path": "a", "offset": 1, "severity": "warning"},
            {"code": "VHDX0405", "path": "a", "offset": 2},
            {"code": "VHDX0902", "path": "b", "offset": null, "message": "gone"}]}"#;
        let baseline = Baseline::parse(old).unwrap();
        let suppressions = r#"[{"code": "VHDX0101", "path": "c", "reason": "known", "expires": "2030-01-01"}]"#;
        let suppressions = Suppressions::parse(suppressions).unwrap();
        let list = vec![
            finding("VHDX0303", "a", 1, Severity::Warning),
            finding("VHDX0405", "a", 2, Severity::Error),
            finding("VHDX0303", "a", 9, Severity::Warning),
            finding("VHDX0101", "c", 0, Severity::Error),
        ];
        let findings = Findings { list, not_shown: Vec::new() };
        let triage = Triage::new(findings, Some(&suppressions), Some(&baseline), date(2026, 11, 25));
        let standings: Vec<_> = triage.findings.iter().map(|judged| judged.standing.unwrap()).collect();
        assert_eq!(standings, [Standing::Persisting, Standing::Persisting, Standing::New]);
        assert_eq!(triage.suppressed.len(), 1);
        let resolved = triage.resolved.as_ref().unwrap();
        assert_eq!(resolved.iter().map(|past| past.code.as_str()).collect::<Vec<_>>(), ["VHDX0902"]);
        assert_eq!(triage.worst_new(), Some(Severity::Warning));
        assert_eq!(triage.count(Severity::Error), 1);
    }

    #[test]
    fn a_baseline_of_something_else_is_refused() {
        assert!(Baseline::parse(r#"{"schema": "vhdxray.plan/1", "findings": []}"#).is_err());
        assert!(Baseline::parse("[]").is_err());
    }
}
