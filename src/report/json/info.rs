//! `info --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::inspect::Inspection;
use crate::report::RunFacts;

use super::{FileJson, FindingJson, RunJson, file_entry};

/// What is known of the named files.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InfoJson {
    /// Always `vhdxray.info/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// One entry a named file, sorted by path.
    pub files: Vec<FileJson>,
    /// What is wrong with them or worth knowing, sorted by path, then offset.
    pub findings: Vec<FindingJson>,
}

const SCHEMA: &str = "vhdxray.info/1";

impl InfoJson {
    /// The named files in the public shape.
    pub fn new(inspection: &Inspection, facts: &RunFacts) -> Self {
        let named = inspection.files().filter(|(_, file)| file.named);
        Self {
            schema: SCHEMA,
            run: RunJson::new(facts, inspection),
            files: named.filter_map(|(number, _)| file_entry(inspection, number)).collect(),
            findings: inspection.findings.list.iter().map(|finding| FindingJson::new(inspection, finding)).collect(),
        }
    }
}

/// Writes the named files as one JSON object.
pub fn write_info(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &InfoJson::new(inspection, facts))?;
    writeln!(out)
}
