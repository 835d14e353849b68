//! A VHDX file as a whole.

mod bat_pass;
mod bat_runs;
mod bat_survey;
mod bitmap_survey;
pub mod block_map;
mod copies;
mod geometry;
mod log;
mod log_entries;
mod log_ring;
mod metadata;
pub(in crate::image) mod runs;
mod sector_bitmaps;
mod space;
mod space_halves;
mod survey;
mod take_space;
mod zero_rows;

pub use super::surveyed::{CopyState, Surveyed};
pub use bat_runs::{BatRun, RunSlot, bat_runs, block_use};
pub use bat_survey::{Anchored, BatSurvey, BeyondEnd, Collision, Ends, EntryAt};
pub use bitmap_survey::{BitmapSurvey, BitsAt, PastEnd};
pub use copies::CopyChoice;
pub use geometry::Geometry;
pub use log::{ActiveSequence, LogState, LogSurvey};
pub use log_entries::{LogEntrySummary, LogFault, RejectReason, RejectedEntry};
pub use log_ring::LogRing;
pub use metadata::{ItemSurvey, MetadataSurvey};
pub use sector_bitmaps::{SectorBitmapBlock, sector_bitmaps};
pub use space::SpaceMap;
pub use survey::{Depth, OpenOptions, VhdxSurvey};
pub use zero_rows::ZeroRows;
