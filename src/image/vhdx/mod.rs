//! A VHDX file as a whole.

pub mod block_map;
mod copies;
mod geometry;
mod log;
mod metadata;
pub(in crate::image) mod runs;
mod survey;

pub use super::surveyed::{CopyState, Surveyed};
pub use geometry::Geometry;
pub use log::{ActiveSequence, LogEntrySummary, LogState, LogSurvey};
pub use metadata::{ItemSurvey, MetadataSurvey};
pub use survey::{Depth, OpenOptions, VhdxSurvey};
