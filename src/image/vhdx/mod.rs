//! A VHDX file as a whole.

mod bat_survey;
mod bitmap_survey;
pub mod block_map;
mod copies;
mod geometry;
mod log;
mod metadata;
mod space;
mod survey;

pub use super::surveyed::{CopyState, Surveyed};
pub use bat_survey::{Anchored, BatSurvey, BeyondEnd, Collision, EntryAt};
pub use bitmap_survey::{BitmapSurvey, BitsAt, PastEnd};
pub use geometry::Geometry;
pub use log::{ActiveSequence, LogEntrySummary, LogFault, LogState, LogSurvey, RejectReason, RejectedEntry};
pub use metadata::{ItemSurvey, MetadataSurvey};
pub use space::SpaceMap;
pub use survey::{Depth, OpenOptions, VhdxSurvey};
