//! `plan --format json`. What `verify` reads back has its shape beside its reader (`analysis::plan`).

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::merge::ByteRange;
use crate::analysis::plan::{
    Alternative, ContentHash, Course, Expectation, Fingerprint, PathText, Precondition, SCHEMA, Sealed, Sibling, Step,
    document_digest,
};
use crate::chain::FileNo;
use crate::report::RunFacts;
use crate::report::plan::{View, advice, ask_command, headline, step_commands, undo_commands};

use super::{ErrorJson, RunJson};

/// A plan. It is never carried out by this program.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PlanJson {
    /// Always `vhdxray.plan/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// What would happen, in a sentence.
    pub summary: String,
    /// What is merged into what.
    pub course: CourseJson,
    /// A merge that was broken off; `null` where there is none.
    pub interrupted: Option<InterruptedJson>,
    /// The conditions, by number.
    pub preconditions: Vec<PreconditionJson>,
    /// The conditions that fail and close a way, by number.
    pub blockers: Vec<BlockerJson>,
    /// The ways side by side.
    pub alternatives: Vec<AlternativeJson>,
    /// The way whose steps stand in `steps`; `null` where none is open.
    pub chosen_method: Option<&'static str>,
    /// The steps of the chosen way.
    pub steps: Vec<StepJson>,
    /// What Windows calls the files.
    pub windows_names: Vec<WindowsNameJson>,
    /// Why the costs are not known; `null` where they are.
    pub cost_problem: Option<ErrorJson>,
    /// Every fact that the plan rests on.
    pub fingerprint: Fingerprint,
    /// The content of the virtual disk before; `null` unless it was asked for with `--hash`.
    pub content_hash: Option<ContentHash>,
    /// What is to be found afterwards.
    pub expectation: Expectation,
    /// SHA-256 over all of this but `run` and itself, as JSON with the fields of every object sorted by name.
    pub document_sha256: String,
}

/// What is merged into what.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CourseJson {
    /// The files whose content moves, the named one first.
    pub merged: Vec<PathText>,
    /// The file that survives; `null` where the parent was not found.
    pub target: Option<PathText>,
    /// What the target depends on itself.
    pub below: Vec<PathText>,
    /// The children of the named file, which get the target as their parent.
    pub above: Vec<PathText>,
    /// Disks that a merge would destroy.
    pub siblings: Vec<SiblingJson>,
    /// Disks of the same machine that Hyper-V merges as well when the checkpoint is deleted. No other way touches them.
    pub also: Vec<AlsoJson>,
}

/// A disk that is merged with the named one when the checkpoint is deleted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlsoJson {
    /// The files whose content moves, the topmost first.
    pub merged: Vec<PathText>,
    /// The file that survives.
    pub target: Option<PathText>,
    /// Disks that this would destroy.
    pub siblings: Vec<SiblingJson>,
}

/// A disk that is lost when its parent changes.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SiblingJson {
    /// The disk.
    #[serde(flatten)]
    pub path: PathText,
    /// The parent that changes.
    pub parent: PathText,
    /// What depends on the disk, and is lost with it.
    pub dependants: Vec<PathText>,
}

/// A merge that was broken off.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InterruptedJson {
    /// The file whose content was on its way.
    pub child: PathText,
    /// The file that it goes into.
    pub parent: PathText,
    /// `proved`, `prepared` or `likely`.
    pub certainty: &'static str,
    /// Bytes of the child's content that stand in the parent already; `null` where that was not compared.
    pub equal_bytes: Option<u64>,
    /// Bytes of the child's content.
    pub content_bytes: Option<u64>,
    /// What to do about it.
    pub advice: String,
}

/// One condition.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PreconditionJson {
    /// Its number, 1 to 23.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// What must hold, in words.
    pub title: &'static str,
    /// `pass`, `fail` or `unknown`.
    pub state: &'static str,
    /// What was seen.
    pub evidence: Vec<EvidenceJson>,
    /// What would let the plan go on, or how to find out; `null` where the condition holds.
    pub unblock: Option<String>,
    /// Commands of PowerShell that ask the host.
    pub ask: Vec<String>,
    /// The ways that it closes while it fails; none for a warning.
    pub blocks: Vec<&'static str>,
}

/// Something that was seen.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EvidenceJson {
    /// A sentence that a person can check.
    pub what: String,
    /// The file that it was seen in; `null` where it is about no one file.
    pub file: Option<PathText>,
}

/// A condition that closes a way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BlockerJson {
    /// Number of the condition.
    pub number: u8,
    /// Its name.
    pub name: &'static str,
    /// The ways that it closes.
    pub blocks: Vec<&'static str>,
    /// What would let the plan go on.
    pub unblock: Option<String>,
}

/// A range of bytes: the least when Windows uses free space inside a file again, the most when it only appends.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct RangeJson {
    /// The fewest.
    pub least: u64,
    /// The most.
    pub most: u64,
}

/// One way.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AlternativeJson {
    /// `delete_checkpoint`, `single_pass`, `pairwise_top_down`, `export` or `leave`.
    pub method: &'static str,
    /// Whether nothing that is known is in its way.
    pub open: bool,
    /// Numbers of the conditions that close it.
    pub blocked_by: Vec<u8>,
    /// Why there is no such way here; `null` where there is.
    pub unavailable: Option<String>,
    /// Whether everything can be taken back without a copy made before.
    pub reversible: bool,
    /// What the machine does meanwhile.
    pub downtime: &'static str,
    /// Bytes read, at the most; `null` where the costs are not known. Where a checkpoint is deleted, this and all that
    /// follows is of all disks that it keeps.
    pub read_bytes: Option<u64>,
    /// Bytes read, at the least: Hyper-V may merge several files in one pass or pair by pair.
    pub read_least_bytes: Option<u64>,
    /// Bytes written.
    pub write_bytes: Option<RangeJson>,
    /// Bytes by which the surviving files grow; of a new file all of it.
    pub growth_bytes: Option<RangeJson>,
    /// Bytes that each volume must have free, and what comes free on it.
    pub volumes: Vec<VolumeNeedJson>,
    /// Bytes of files that go, on all volumes.
    pub freed_bytes: Option<RangeJson>,
    /// Bytes of the file that survives of the named disk.
    pub final_size_bytes: Option<RangeJson>,
    /// Seconds at best; `null` unless speeds were given.
    pub duration_least_seconds: Option<u64>,
    /// Seconds at worst.
    pub duration_most_seconds: Option<u64>,
    /// The steps; none for a way that is closed.
    pub steps: Vec<StepJson>,
}

/// What a way does to a volume.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VolumeNeedJson {
    /// The volume.
    pub volume: String,
    /// Bytes that must be free on it: at the least where every file that goes is deleted as soon as its step is done, at
    /// the most where all are left until the end.
    pub peak_free_bytes: RangeJson,
    /// Bytes of files on it that go.
    pub freed_bytes: RangeJson,
    /// Bytes that are free, where that was given.
    pub free_bytes: Option<u64>,
    /// Bytes that are free on what the files lie on here.
    pub measured_free_bytes: Option<u64>,
}

/// One step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepJson {
    /// Its number, from 1.
    pub number: u64,
    /// What is done, in words.
    pub title: String,
    /// Lines of PowerShell; what changes anything has `-WhatIf:$WhatIf`. Empty where a name cannot be written exactly.
    pub commands: Vec<String>,
    /// Lines of PowerShell that look at the outcome.
    pub checks: Vec<String>,
    /// What must be true afterwards.
    pub expect: String,
    /// How it is taken back.
    pub way_back: String,
    /// Lines of PowerShell that take it back, where that is possible so.
    pub way_back_commands: Vec<String>,
}

/// What Windows calls a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct WindowsNameJson {
    /// The path here.
    #[serde(flatten)]
    pub path: PathText,
    /// The whole path on Windows; `null` where no file tells.
    pub windows_path: Option<String>,
    /// `path`, `map`, `configuration`, `locator` or `neighbour`.
    pub found_by: Option<&'static str>,
}

/// Writes a plan as one JSON object.
pub fn write_plan(view: &View<'_>, sealed: &Sealed, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    let mut json = PlanJson::new(view, sealed, facts);
    json.document_sha256 = document_digest(&serde_json::to_value(&json)?);
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

fn path(view: &View<'_>, file: FileNo) -> PathText {
    PathText::of(view.inspection.file(file).map_or(std::path::Path::new(""), |found| &found.path))
}

fn paths(view: &View<'_>, files: &[FileNo]) -> Vec<PathText> {
    files.iter().map(|file| path(view, *file)).collect()
}

impl PlanJson {
    fn new(view: &View<'_>, sealed: &Sealed, facts: &RunFacts) -> Self {
        let plan = view.plan;
        let course = &plan.course;
        let also = course.also.iter().map(|other| AlsoJson {
            merged: paths(view, &other.merged),
            target: other.target.map(|target| path(view, target)),
            siblings: siblings(view, other),
        });
        Self {
            schema: SCHEMA,
            run: RunJson::of_all(facts, view.inspection),
            summary: headline(view),
            course: CourseJson {
                merged: paths(view, &course.merged),
                target: course.target.map(|target| path(view, target)),
                below: paths(view, &course.below),
                above: paths(view, &course.above),
                siblings: siblings(view, course),
                also: also.collect(),
            },
            interrupted: plan.interrupted.map(|found| InterruptedJson {
                child: path(view, found.child),
                parent: path(view, found.parent),
                certainty: found.certainty.name(),
                equal_bytes: found.done.map(|share| share.equal.0),
                content_bytes: found.done.map(|share| share.all.0),
                advice: advice(view, &found),
            }),
            preconditions: plan.preconditions.iter().map(|condition| PreconditionJson::new(view, condition)).collect(),
            blockers: plan
                .blockers()
                .map(|condition| BlockerJson {
                    number: condition.number,
                    name: condition.name,
                    blocks: condition.blocks.iter().map(|method| method.name()).collect(),
                    unblock: condition.unblock.clone(),
                })
                .collect(),
            alternatives: plan.alternatives.iter().map(|way| AlternativeJson::new(view, way)).collect(),
            chosen_method: plan.chosen.map(crate::analysis::plan::Method::name),
            steps: plan.chosen().map(|way| steps(view, &way.steps)).unwrap_or_default(),
            windows_names: plan
                .names
                .names
                .iter()
                .map(|(file, name)| WindowsNameJson {
                    path: path(view, *file),
                    windows_path: name.full().map(str::to_owned),
                    found_by: name.found_by().map(crate::analysis::plan::NamedBy::name),
                })
                .collect(),
            cost_problem: plan.cost_problem.as_ref().map(ErrorJson::from),
            fingerprint: sealed.fingerprint.clone(),
            content_hash: sealed.content_hash.clone(),
            expectation: sealed.expectation.clone(),
            document_sha256: String::new(),
        }
    }
}

fn siblings(view: &View<'_>, course: &Course) -> Vec<SiblingJson> {
    let one = |sibling: &Sibling| SiblingJson {
        path: path(view, sibling.file),
        parent: path(view, sibling.parent),
        dependants: paths(view, &sibling.dependants),
    };
    course.siblings.iter().map(one).collect()
}

impl PreconditionJson {
    fn new(view: &View<'_>, condition: &Precondition) -> Self {
        Self {
            number: condition.number,
            name: condition.name,
            title: condition.title,
            state: condition.state.name(),
            evidence: condition
                .evidence
                .iter()
                .map(|seen| EvidenceJson { what: seen.what.clone(), file: seen.file.map(|file| path(view, file)) })
                .collect(),
            unblock: condition.unblock.clone(),
            ask: condition.ask.iter().filter_map(|ask| ask_command(view, *ask)).collect(),
            blocks: condition.blocks.iter().map(|method| method.name()).collect(),
        }
    }
}

impl From<ByteRange> for RangeJson {
    fn from(range: ByteRange) -> Self {
        Self { least: range.least.0, most: range.most.0 }
    }
}

impl AlternativeJson {
    fn new(view: &View<'_>, way: &Alternative) -> Self {
        let bill = way.bill.as_ref();
        Self {
            method: way.method.name(),
            open: way.is_open(),
            blocked_by: way.blocked_by.clone(),
            unavailable: way.unavailable.clone(),
            reversible: way.method.is_reversible(),
            downtime: way.method.downtime(),
            read_bytes: bill.map(|bill| bill.read.most.0),
            read_least_bytes: bill.map(|bill| bill.read.least.0),
            write_bytes: bill.map(|bill| bill.write.into()),
            growth_bytes: bill.map(|bill| bill.growth.into()),
            freed_bytes: bill.map(|_| way.freed().into()),
            final_size_bytes: bill.and_then(|bill| bill.final_size).map(RangeJson::from),
            duration_least_seconds: way.duration.map(|time| time.least.as_secs()),
            duration_most_seconds: way.duration.map(|time| time.most.as_secs()),
            volumes: way
                .volumes
                .iter()
                .map(|(volume, balance)| VolumeNeedJson {
                    volume: volume.name.clone(),
                    peak_free_bytes: balance.peak.into(),
                    freed_bytes: balance.freed.into(),
                    free_bytes: volume.given.map(|free| free.0),
                    measured_free_bytes: volume.measured.map(|free| free.0),
                })
                .collect(),
            steps: steps(view, &way.steps),
        }
    }
}

fn steps(view: &View<'_>, steps: &[Step]) -> Vec<StepJson> {
    let numbered = steps.iter().zip(1..);
    numbered
        .map(|(step, number)| {
            let (commands, checks) = step_commands(view, step);
            StepJson {
                number,
                title: step.title.clone(),
                commands,
                checks,
                expect: step.expect.clone(),
                way_back: step.way_back.clone(),
                way_back_commands: step.undo.as_ref().map(|undo| undo_commands(view, undo)).unwrap_or_default(),
            }
        })
        .collect()
}
