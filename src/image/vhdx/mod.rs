//! A VHDX file as a whole.

mod bat_runs;
pub mod block_map;
mod copies;
mod geometry;
mod log;
mod log_ring;
mod metadata;
pub(in crate::image) mod runs;
mod sector_bitmaps;
mod survey;

pub use super::surveyed::{CopyState, Surveyed};
pub use bat_runs::{BatRun, BlockUse, RunSlot, bat_runs};
pub use copies::CopyChoice;
pub use geometry::Geometry;
pub use log::{ActiveSequence, LogEntrySummary, LogState, LogSurvey};
pub use log_ring::LogRing;
pub use metadata::{ItemSurvey, MetadataSurvey};
pub use sector_bitmaps::{SectorBitmapBlock, sector_bitmaps};
pub use survey::{Depth, OpenOptions, VhdxSurvey};
