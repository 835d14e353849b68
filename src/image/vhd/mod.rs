//! A VHD file ("version 1": VHD and AVHD) as a whole.

mod bat_runs;
mod bat_survey;
pub mod block_map;
mod footers;
mod geometry;
mod locators;
mod sector_bitmaps;
mod survey;

pub use bat_runs::{BatRun, bat_runs, block_use};
pub use bat_survey::{BatSurvey, BeyondEnd, ClearBits, Collision, EntryAt};
pub use footers::{CurrentFooter, FooterChoice, Footers};
pub use geometry::{Blocks, Geometry};
pub use locators::LocatorSurvey;
pub use sector_bitmaps::{SectorBitmapBlock, sector_bitmaps};
pub use survey::VhdSurvey;
