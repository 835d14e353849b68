//! The machine contract: JSON whose shape is public. Its types are apart from the model, so that the model may move.
//!
//! A fact that is not in a file is `null`. Names carry their unit. Text that is not valid Unicode is lossy, with its
//! exact bytes beside it under `…_raw_hex`.

mod chain;
mod check;
mod common;
mod contents;
mod diff;
mod error;
mod estate_plan;
mod export;
mod file;
mod finding;
mod hash;
mod history;
mod image;
mod info;
mod layer;
mod line;
mod locator;
mod log;
mod machine;
mod map;
mod orphans;
mod parent;
mod plan;
mod residue;
mod run;
mod scan;
mod scan_lines;
mod schema;
mod stream;
mod summary;
mod usage;
mod verify;
mod vm;
mod volume;

use crate::chain::FileNo;
use crate::inspect::Inspection;

pub use chain::ChainJson;
pub use check::{CheckJson, CheckSummaryJson, NotShownJson, ResolvedJson, SuppressedJson, write_check};
pub use common::Time;
pub(in crate::report) use common::{lossy, path_hex};
pub use contents::{ContentsJson, PartitionJson, VolumeContentJson};
pub use diff::{DiffJson, DiffLineJson, DiffTotalsJson, DifferenceJson, write_diff, write_diff_lines};
pub use error::ErrorJson;
pub use estate_plan::{
    BlockedMergeJson, EstatePlanJson, LeftOutJson, MergeJson, OrderedMergeJson, UnplannedJson, VolumeFreeJson,
    write_estate_plan,
};
pub use export::{ExportJson, write_export};
pub use file::{ElsewhereJson, FileJson, FileNameJson, FileStateJson, VerdictJson};
pub use finding::{FindingJson, RelatedJson};
pub use hash::{HashJson, HashedDiskJson, write_hash};
pub use history::{
    CheckpointHistoryJson, DiskHistoryJson, GrowthJson, HistoryChangeJson, HistoryRecordJson, HistoryShowJson,
    MachineHistoryJson, MergeHistoryJson, OutlookJson, PointJson, RecordedRunJson, VolumeHistoryJson, write_history,
    write_history_record,
};
pub use image::{BlocksJson, DiskJson, DiskPlaceJson, ImageJson};
pub use info::{InfoJson, write_info};
pub use layer::LayerJson;
pub use line::{
    ContentsLineJson, DiskLineJson, FileLineJson, LineJson, LinkLineJson, LinkedParentJson, OtherPathJson,
    VerdictLineJson,
};
pub use locator::LocatorEntryJson;
pub use log::{
    BatChangeJson, BatValueJson, BitmapChangeJson, LogEntryJson, LogFragmentJson, LogJson, LogTargetJson, TouchJson,
    write_log,
};
pub use machine::{AttachedDiskJson, MachineJson};
pub use map::{ExtentJson, MapJson, MapLineJson, TotalJson, write_map, write_map_lines};
pub use orphans::{OrphanClassJson, OrphansJson, OrphansSummaryJson, write_orphans};
pub use parent::{CandidateJson, FoundParentJson, ParentJson, ParentRelativesJson, RecordedParentJson};
pub use plan::{
    AlternativeJson, BlockerJson, CourseJson, EvidenceJson, InterruptedJson, PlanJson, PreconditionJson, RangeJson,
    SiblingJson, StepJson, VolumeNeedJson, WindowsNameJson, write_plan,
};
pub use residue::{ExtractedJson, KindSumJson, LeftoverJson, ResidueJson, write_residue};
pub use run::{BundleJson, CoverageJson, RunEndJson, RunJson, RunStartJson, SymbolicLinkJson, UnreadableJson};
pub use scan::{ScanJson, write_correlate, write_scan};
pub use scan_lines::{ScanLines, write_correlate_lines, write_scan_lines};
pub use schema::{Shape, write_schema};
pub use summary::{SeveritiesJson, SummaryJson};
pub use usage::{ChainUsageJson, FileUsageJson, SeenByJson, UsageJson, write_usage};
pub use verify::{ChangeJson, CheckedJson, VerifyJson, write_aftermath, write_verified};
pub use vm::{
    CheckpointsJson, ConfigurationJson, DriveJson, FormerValueJson, HistoryJson, KeyJson, ProblemJson, RegisteredJson,
    SavedStateJson, StaleEntryJson, UnreferencedTableJson, ValueJson, VmJson, VmParts, write_vm,
};
pub use volume::VolumeJson;

/// The entry of `files[]` for a file; `None` where there is no such file.
pub fn file_entry(inspection: &Inspection, file: FileNo) -> Option<FileJson> {
    FileJson::new(inspection, file)
}
