//! A VHD file ("version 1": VHD and AVHD) as a whole.

mod bat_survey;
pub mod block_map;
mod footers;
mod geometry;
mod locators;
mod survey;

pub use bat_survey::{BatSurvey, BeyondEnd, ClearBits, Collision, EntryAt};
pub use footers::{CurrentFooter, Footers};
pub use geometry::{Blocks, Geometry};
pub use locators::LocatorSurvey;
pub use survey::VhdSurvey;
