//! `plan --all --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::merge::order::Why;
use crate::analysis::plan::{Course, Method, PathText};
use crate::chain::FileNo;
use crate::inspect::{EstateMerge, EstatePlan, Inspection};
use crate::report::RunFacts;

use super::plan::RangeJson;
use super::{ErrorJson, RunJson};

/// All merges of an estate, in the order in which space is won soonest and never runs out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct EstatePlanJson {
    /// Always `vhdxray.plan-all/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// What is free on each volume before the first merge, sorted by name.
    pub volumes: Vec<VolumeFreeJson>,
    /// The merges in their order.
    pub merges: Vec<OrderedMergeJson>,
    /// Bytes won at least by all of them, on all volumes together; negative where more is taken than given back.
    pub won_bytes: i64,
    /// Whether everything that was asked for is done: all merges that are possible, or the bytes of `--win`.
    pub reached: bool,
    /// Merges that are possible and left out.
    pub left_out: Vec<LeftOutJson>,
    /// Merges that something is in the way of.
    pub blocked: Vec<BlockedMergeJson>,
    /// Files for which no plan could be made.
    pub unplanned: Vec<UnplannedJson>,
}

/// What is free on a volume.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VolumeFreeJson {
    /// The volume.
    pub volume: String,
    /// Bytes.
    pub free_bytes: u64,
    /// Whether they were given, rather than asked of the system on which the files lie now; `null` where they are those
    /// after a merge.
    pub given: Option<bool>,
}

/// What goes where.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MergeJson {
    /// The files whose content moves, the topmost first.
    pub merged: Vec<PathText>,
    /// The file that survives.
    pub target: Option<PathText>,
}

/// A merge in its place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrderedMergeJson {
    /// What goes where.
    #[serde(flatten)]
    pub merge: MergeJson,
    /// `delete_checkpoint` or `single_pass`.
    pub method: &'static str,
    /// What goes with it, because the same checkpoint keeps it. All numbers are of all of it.
    pub also: Vec<MergeJson>,
    /// Files that must be gone before the next merge is begun: Windows may leave them, and what is free afterwards counts
    /// on their room. None where Hyper-V deletes what it has merged.
    pub must_be_gone: Vec<PathText>,
    /// Bytes read, at the most.
    pub read_bytes: u64,
    /// Bytes written.
    pub write_bytes: RangeJson,
    /// Bytes by which the surviving files grow.
    pub growth_bytes: RangeJson,
    /// Bytes of files that go.
    pub freed_bytes: RangeJson,
    /// Seconds from the start of the first merge to the end of this one, at the latest; `null` without `--speed`.
    pub done_after_seconds: Option<u64>,
    /// Bytes won at least since the start, on all volumes together.
    pub won_bytes: i64,
    /// What is free on each volume afterwards, at the least.
    pub free_after: Vec<VolumeFreeJson>,
}

/// A merge that is left out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LeftOutJson {
    /// What would go where.
    #[serde(flatten)]
    pub merge: MergeJson,
    /// `no_room`, `unknown_room`, `needs_another`, `never_ready` or `not_needed`.
    pub why: &'static str,
    /// The volume that it is about.
    pub volume: Option<String>,
    /// Bytes that are missing there.
    pub missing_bytes: Option<u64>,
}

/// A merge that something is in the way of.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BlockedMergeJson {
    /// What would go where.
    #[serde(flatten)]
    pub merge: MergeJson,
    /// The conditions that are in the way: numbers.
    pub blockers: Vec<u8>,
    /// The topmost file of a merge in the order that deletes a checkpoint which keeps files of both: this one is to be
    /// planned again after it. `null` where it is something else that is in the way.
    pub after: Option<PathText>,
}

/// A file for which no plan could be made.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnplannedJson {
    /// The file.
    #[serde(flatten)]
    pub path: PathText,
    /// Why.
    pub error: ErrorJson,
}

/// Writes all merges as one JSON object.
pub fn write_estate_plan(
    inspection: &Inspection,
    estate: &EstatePlan,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let schedule = &estate.schedule;
    let merge_of = |candidate: usize| estate.candidates.get(candidate).and_then(|number| estate.merges.get(*number));
    let json = EstatePlanJson {
        schema: "vhdxray.plan-all/1",
        run: RunJson::new(facts, inspection),
        volumes: estate
            .free
            .iter()
            .map(|(volume, free)| VolumeFreeJson {
                volume: volume.clone(),
                free_bytes: free.bytes.0,
                given: Some(free.given),
            })
            .collect(),
        merges: schedule
            .merges
            .iter()
            .filter_map(|step| {
                let merge = merge_of(step.candidate)?;
                let way = merge.way()?;
                let bill = way.bill.as_ref()?;
                Some(OrderedMergeJson {
                    merge: MergeJson::new(inspection, merge),
                    also: merge.also().iter().map(|course| MergeJson::of(inspection, course)).collect(),
                    must_be_gone: merge.must_be_gone().iter().map(|file| path(inspection, *file)).collect(),
                    method: merge.method.map(Method::name)?,
                    read_bytes: bill.read.most.0,
                    write_bytes: bill.write.into(),
                    growth_bytes: bill.growth.into(),
                    freed_bytes: way.freed().into(),
                    done_after_seconds: way.duration.map(|_| step.done_after.as_secs()),
                    won_bytes: step.won,
                    free_after: step
                        .free
                        .iter()
                        .map(|(volume, free)| VolumeFreeJson {
                            volume: volume.clone(),
                            free_bytes: free.0,
                            given: None,
                        })
                        .collect(),
                })
            })
            .collect(),
        won_bytes: schedule.merges.last().map_or(0, |last| last.won),
        reached: schedule.is_reached,
        left_out: schedule
            .left
            .iter()
            .filter_map(|left| {
                let (why, volume, missing) = match &left.why {
                    Why::NoRoom { volume, missing } => ("no_room", Some(volume), Some(missing.0)),
                    Why::UnknownRoom { volume } => ("unknown_room", Some(volume), None),
                    Why::Needs { .. } => ("needs_another", None, None),
                    Why::NeverReady => ("never_ready", None, None),
                    Why::NotNeeded => ("not_needed", None, None),
                };
                Some(LeftOutJson {
                    merge: MergeJson::new(inspection, merge_of(left.candidate)?),
                    why,
                    volume: volume.cloned(),
                    missing_bytes: missing,
                })
            })
            .collect(),
        blocked: estate
            .merges
            .iter()
            .filter(|merge| merge.method.is_none())
            .map(|merge| BlockedMergeJson {
                merge: MergeJson::new(inspection, merge),
                blockers: merge.obstacles().iter().map(|condition| condition.number).collect(),
                after: merge.after.map(|file| path(inspection, file)),
            })
            .collect(),
        unplanned: estate
            .unplanned
            .iter()
            .map(|(file, error)| UnplannedJson { path: path(inspection, *file), error: ErrorJson::from(error) })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

fn path(inspection: &Inspection, file: FileNo) -> PathText {
    PathText::of(inspection.file(file).map_or(std::path::Path::new(""), |found| &found.path))
}

impl MergeJson {
    fn new(inspection: &Inspection, merge: &EstateMerge) -> Self {
        Self::of(inspection, &merge.plan.course)
    }

    fn of(inspection: &Inspection, course: &Course) -> Self {
        Self {
            merged: course.merged.iter().map(|file| path(inspection, *file)).collect(),
            target: course.target.map(|target| path(inspection, target)),
        }
    }
}
