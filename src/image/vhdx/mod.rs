//! A VHDX file as a whole.

mod bat_runs;
pub mod block_map;
mod copies;
mod geometry;
mod log;
mod log_ring;
mod metadata;
mod sector_bitmaps;
mod survey;

pub use bat_runs::{BatRun, BlockUse, RunSlot, bat_runs};
pub use copies::{CopyChoice, CopyState, Surveyed};
pub use geometry::Geometry;
pub use log::{ActiveSequence, LogEntrySummary, LogState, LogSurvey};
pub use log_ring::LogRing;
pub use metadata::{ItemSurvey, MetadataSurvey};
pub use sector_bitmaps::{SectorBitmapBlock, sector_bitmaps};
pub use survey::{Depth, OpenOptions, VhdxSurvey};
