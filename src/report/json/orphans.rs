//! `orphans --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::inspect::{Inspection, Orphans, count};
use crate::report::RunFacts;

use super::{FileJson, RunJson, file_entry};

/// What nothing needs, and what somebody should see to.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrphansJson {
    /// Always `vhdxray.orphans/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The numbers of the list.
    pub summary: OrphansSummaryJson,
    /// The files, those that nothing needs first; by class and in a class by bytes, the most first.
    pub files: Vec<FileJson>,
}

/// The numbers of the list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrphansSummaryJson {
    /// Number of files that nothing needs.
    pub orphans_count: u64,
    /// Bytes of them.
    pub orphan_bytes: u64,
    /// Number of files that were left out for being less sure or younger than was asked for.
    pub left_out_count: u64,
    /// The classes in the order of the list.
    pub classes: Vec<OrphanClassJson>,
}

/// The numbers of a class.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OrphanClassJson {
    /// The class.
    pub class: &'static str,
    /// Number of files.
    pub files_count: u64,
    /// Bytes of them.
    pub at_stake_bytes: u64,
}

/// Writes the list as one JSON object.
pub fn write_orphans(
    inspection: &Inspection,
    orphans: &Orphans<'_>,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let classes = orphans.classes.iter().map(|class| OrphanClassJson {
        class: class.class.name(),
        files_count: count(class.files.len()),
        at_stake_bytes: class.bytes.0,
    });
    let files = orphans.classes.iter().flat_map(|class| &class.files);
    let json = OrphansJson {
        schema: "vhdxray.orphans/1",
        run: RunJson::new(facts, inspection),
        summary: OrphansSummaryJson {
            orphans_count: count(orphans.unneeded_files()),
            orphan_bytes: orphans.unneeded_bytes().0,
            left_out_count: count(orphans.left_out),
            classes: classes.collect(),
        },
        files: files.filter_map(|file| file_entry(inspection, file.number)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}
