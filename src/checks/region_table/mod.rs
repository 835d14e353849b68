//! `VHDX02xx`: region tables (MS-VHDX 2.2.3).

pub(super) mod beyond_end;
pub(super) mod copies_differ;
pub(super) mod copy_damaged;
pub(super) mod duplicated;
pub(super) mod misplaced;
pub(super) mod missing;
pub(super) mod no_valid;
pub(super) mod overlap;
pub(super) mod unknown_optional;
pub(super) mod unknown_required;

use crate::format::vhdx::region_table::{self, RegionTable, RegionTableEntry};
use crate::image::vhdx::Surveyed;

use super::prelude::VhdxFile;

/// The copy of the region table that counts.
fn current<'a>(file: &VhdxFile<'a>) -> Option<&'a Surveyed<RegionTable>> {
    file.survey.current_region_table.as_ref().ok().and_then(|number| file.survey.region_tables.get(*number))
}

fn name(entry: &RegionTableEntry) -> &'static str {
    match entry.guid {
        region_table::BAT => "BAT region",
        region_table::METADATA => "metadata region",
        _ => "unknown region",
    }
}
