//! A VHD file ("version 1": VHD and AVHD) as a whole.

pub mod block_map;
mod footers;
mod geometry;
mod locators;
mod survey;

pub use footers::{CurrentFooter, Footers};
pub use geometry::{Blocks, Geometry};
pub use locators::LocatorSurvey;
pub use survey::VhdSurvey;
