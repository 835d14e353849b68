//! `verify --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::plan::{Change, PathText};
use crate::inspect::{Aftermath, Check, Content, Inspection, OtherDisk, Verified};
use crate::report::RunFacts;

use super::{ErrorJson, RunJson};

/// Whether a plan is still true, or whether what was done lost nothing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VerifyJson {
    /// Always `vhdxray.verify/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// `before` or `after` (`--after`).
    pub when: &'static str,
    /// Whether nothing in the plan file was altered since it was written.
    pub plan_intact: bool,
    /// Before: whether every fact is as it was. After: whether everything is as expected and the content was proved.
    pub ok: bool,
    /// Before: the facts that are no longer what they were, sorted by path.
    pub changes: Vec<ChangeJson>,
    /// Before: the folder that relative paths of the plan were taken from, where one of them was not found.
    pub relative_to: Option<PathText>,
    /// After: the file that holds the disk now.
    pub survivor: Option<PathText>,
    /// After: what was looked at.
    pub checks: Vec<CheckedJson>,
    /// Before: always `not_compared`. After: `proved`, `not_proved` (the plan has no hash), `differs` or `unreadable`.
    pub content: Option<&'static str>,
    /// After: the hash before, where it is not the same now.
    pub planned_sha256: Option<String>,
    /// After: the hash of the content now.
    pub found_sha256: Option<String>,
    /// After: why the content could not be read.
    pub problem: Option<ErrorJson>,
    /// After: the disks that Hyper-V merges with the named one when the checkpoint is deleted.
    pub also: Vec<OtherDiskJson>,
}

/// What became of a disk that Hyper-V merges with the named one.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OtherDiskJson {
    /// The file from which it was seen before.
    pub file: PathText,
    /// The file that holds it after a merge.
    pub survivor: PathText,
    /// Whether nothing of it can be lost: it was not merged, or all of it was proved to be in the survivor.
    pub ok: bool,
    /// `not_merged`, `proved`, `not_proved` (the plan has no hash of it), `differs` or `unreadable`.
    pub content: &'static str,
    /// The hash before, where it is not the same now.
    pub planned_sha256: Option<String>,
    /// The hash of the content now.
    pub found_sha256: Option<String>,
    /// Why the content could not be read.
    pub problem: Option<ErrorJson>,
    /// What was looked at.
    pub checks: Vec<CheckedJson>,
}

/// A fact that is no longer what it was.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeJson {
    /// The file.
    #[serde(flatten)]
    pub path: PathText,
    /// Which fact, by its name in the plan; `disk`, `configuration` or
    /// `possible_child` for a whole file that is new or gone.
    pub what: &'static str,
    /// What the plan says.
    pub planned: Option<String>,
    /// What was found.
    pub found: Option<String>,
}

/// Something that was looked at.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckedJson {
    /// Its name.
    pub name: &'static str,
    /// Whether it is as expected; `null` for what may be either way.
    pub ok: Option<bool>,
    /// What was seen.
    pub what: String,
}

impl From<&Change> for ChangeJson {
    fn from(change: &Change) -> Self {
        Self {
            path: change.path.clone(),
            what: change.what,
            planned: change.planned.clone(),
            found: change.found.clone(),
        }
    }
}

/// Writes whether a plan is still true.
pub fn write_verified(
    verified: &Verified,
    inspection: &Inspection,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let json = VerifyJson {
        ok: verified.intact && verified.changes.is_empty(),
        changes: verified.changes.iter().map(ChangeJson::from).collect(),
        relative_to: verified.relative_to.as_deref().map(PathText::of),
        content: Some("not_compared"),
        ..VerifyJson::new("before", verified.intact, inspection, facts)
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

/// Writes what a merge left behind.
pub fn write_aftermath(
    after: &Aftermath,
    inspection: &Inspection,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (planned, found, problem) = hashes(Some(&after.content));
    let json = VerifyJson {
        ok: after.is_proved(),
        survivor: Some(PathText::of(&after.survivor)),
        checks: checks(&after.checks),
        content: Some(after.content.name()),
        planned_sha256: planned,
        found_sha256: found,
        problem,
        also: after.also.iter().map(OtherDiskJson::from).collect(),
        ..VerifyJson::new("after", after.intact, inspection, facts)
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

/// The hash before where it differs, the hash now, and why there is none.
fn hashes(content: Option<&Content>) -> (Option<String>, Option<String>, Option<ErrorJson>) {
    match content {
        Some(Content::Proved { sha256 }) => (None, Some(sha256.clone()), None),
        None | Some(Content::NotProved) => (None, None, None),
        Some(Content::Differs { planned, found }) => (Some(planned.clone()), Some(found.clone()), None),
        Some(Content::Unreadable(error)) => (None, None, Some(ErrorJson::from(error))),
    }
}

fn checks(checks: &[Check]) -> Vec<CheckedJson> {
    checks.iter().map(|check| CheckedJson { name: check.name, ok: check.ok, what: check.what.clone() }).collect()
}

impl From<&OtherDisk> for OtherDiskJson {
    fn from(other: &OtherDisk) -> Self {
        let (planned_sha256, found_sha256, problem) = hashes(other.content.as_ref());
        Self {
            file: other.file.clone(),
            survivor: other.survivor.clone(),
            ok: other.is_proved(),
            content: other.content.as_ref().map_or("not_merged", Content::name),
            planned_sha256,
            found_sha256,
            problem,
            checks: checks(&other.checks),
        }
    }
}

impl VerifyJson {
    fn new(when: &'static str, plan_intact: bool, inspection: &Inspection, facts: &RunFacts) -> Self {
        Self {
            schema: "vhdxray.verify/1",
            run: RunJson::new(facts, inspection),
            when,
            plan_intact,
            ok: false,
            changes: Vec::new(),
            relative_to: None,
            survivor: None,
            checks: Vec::new(),
            content: None,
            planned_sha256: None,
            found_sha256: None,
            problem: None,
            also: Vec::new(),
        }
    }
}
