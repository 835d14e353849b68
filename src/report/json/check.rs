//! `check --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::{NotShown, Past, Severity, Standing, Suppressed, Triage};
use crate::inspect::{Inspection, count};
use crate::report::RunFacts;

use super::common::lossy;
use super::{FindingJson, RunJson, SeveritiesJson};

/// Everything that a check found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckJson {
    /// Always `vhdxray.check/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The numbers of the whole.
    pub summary: CheckSummaryJson,
    /// What is wrong or worth knowing, sorted by path, offset and code.
    pub findings: Vec<FindingJson>,
    /// Where a check found more in a file than `findings` holds.
    pub not_shown: Vec<NotShownJson>,
    /// What an entry of `--suppressions` says not to show.
    pub suppressed: Vec<SuppressedJson>,
    /// What the run given with `--baseline` had found and is gone; `null` without `--baseline`.
    pub resolved: Option<Vec<ResolvedJson>>,
}

/// The numbers of the whole.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct CheckSummaryJson {
    /// Number of files below the named paths.
    pub files_count: u64,
    /// Number of `findings` of each severity.
    pub findings: SeveritiesJson,
    /// Number of findings that are suppressed.
    pub suppressed_count: u64,
    /// Number of findings that the baseline did not have; `null` without `--baseline`.
    pub new_count: Option<u64>,
    /// Number of findings that the baseline had too; `null` without `--baseline`.
    pub persisting_count: Option<u64>,
    /// Number of findings of the baseline that are gone; `null` without `--baseline`.
    pub resolved_count: Option<u64>,
}

/// How many findings of one check in one file are left out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NotShownJson {
    /// The check.
    pub code: &'static str,
    /// The file, lossily.
    pub path: String,
    /// How many more there are.
    pub count: u64,
}

/// A finding that is suppressed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SuppressedJson {
    /// The finding.
    pub finding: FindingJson,
    /// Why it is not among `findings`.
    pub reason: String,
    /// The last day on which it is not, in UTC.
    #[schemars(extend("format" = "date"))]
    pub expires: String,
}

/// A finding of the baseline that is gone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ResolvedJson {
    /// The check.
    pub code: String,
    /// The file, as shown then.
    pub path: String,
    /// Absolute offset in the file.
    pub offset: Option<u64>,
    /// What was said.
    pub message: String,
}

/// Writes the findings as one JSON object.
pub fn write_check(
    inspection: &Inspection,
    triage: &Triage,
    level: Severity,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &CheckJson::new(inspection, triage, level, facts))?;
    writeln!(out)
}

impl CheckJson {
    /// The findings of severity `level` and above in the public shape.
    pub fn new(inspection: &Inspection, triage: &Triage, level: Severity, facts: &RunFacts) -> Self {
        let standing = |wanted| {
            let of = triage.findings.iter().filter(|judged| judged.standing == Some(wanted)).count();
            triage.resolved.as_ref().map(|_| count(of))
        };
        let findings = triage.findings.iter().filter(|judged| judged.finding.severity >= level);
        Self {
            schema: "vhdxray.check/1",
            run: RunJson::new(facts, inspection),
            summary: CheckSummaryJson {
                files_count: count(inspection.files().filter(|(_, file)| file.named).count()),
                findings: SeveritiesJson::new(|severity| count(triage.count(severity))),
                suppressed_count: count(triage.suppressed.len()),
                new_count: standing(Standing::New),
                persisting_count: standing(Standing::Persisting),
                resolved_count: triage.resolved.as_ref().map(|resolved| count(resolved.len())),
            },
            findings: findings
                .map(|judged| FindingJson {
                    standing: judged.standing.map(Standing::name),
                    ..FindingJson::new(inspection, &judged.finding)
                })
                .collect(),
            not_shown: triage.not_shown.iter().map(NotShownJson::from).collect(),
            suppressed: triage
                .suppressed
                .iter()
                .map(|suppressed| SuppressedJson::new(inspection, suppressed))
                .collect(),
            resolved: triage.resolved.as_ref().map(|resolved| resolved.iter().map(ResolvedJson::from).collect()),
        }
    }
}

impl From<&NotShown> for NotShownJson {
    fn from(more: &NotShown) -> Self {
        Self { code: more.code, path: lossy(&more.path), count: more.count }
    }
}

impl SuppressedJson {
    fn new(inspection: &Inspection, suppressed: &Suppressed) -> Self {
        Self {
            finding: FindingJson::new(inspection, &suppressed.finding),
            reason: suppressed.reason.clone(),
            expires: suppressed.expires.to_string(),
        }
    }
}

impl From<&Past> for ResolvedJson {
    fn from(past: &Past) -> Self {
        Self { code: past.code.clone(), path: past.path.clone(), offset: past.offset, message: past.message.clone() }
    }
}
