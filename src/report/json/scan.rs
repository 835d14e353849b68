//! `scan --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::inspect::{Inspection, count};
use crate::report::RunFacts;

use super::{
    ChainJson, FileJson, FindingJson, MachineJson, RunJson, SeveritiesJson, SummaryJson, VolumeJson, file_entry,
};

/// Everything that a scan found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ScanJson {
    /// `vhdxray.scan/1`, of several bundles `vhdxray.correlate/1`, which has the same shape. Within this version fields
    /// are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The numbers of the whole.
    pub summary: SummaryJson,
    /// The files below the named paths, and those that they depend on; sorted by path.
    pub files: Vec<FileJson>,
    /// One chain a leaf, sorted by the leaf's path.
    pub chains: Vec<ChainJson>,
    /// The machines.
    pub machines: Vec<MachineJson>,
    /// What is wrong, sorted by path, then offset.
    pub findings: Vec<FindingJson>,
    /// The volumes on which the named paths lie.
    pub volumes: Vec<VolumeJson>,
}

/// Name and version of the shape.
pub(super) const SCHEMA: &str = "vhdxray.scan/1";

/// The same of what several bundles tell.
pub(super) const CORRELATE: &str = "vhdxray.correlate/1";

impl ScanJson {
    /// The results of a scan in the public shape.
    pub fn new(inspection: &Inspection, facts: &RunFacts) -> Self {
        Self::of(SCHEMA, inspection, facts)
    }

    fn of(schema: &'static str, inspection: &Inspection, facts: &RunFacts) -> Self {
        Self {
            schema,
            run: RunJson::new(facts, inspection),
            summary: summary(inspection),
            files: files(inspection).collect(),
            chains: inspection.chains.iter().map(|chain| ChainJson::new(inspection, chain)).collect(),
            machines: machines(inspection).collect(),
            findings: findings(inspection).collect(),
            volumes: volumes(inspection).collect(),
        }
    }
}

pub(super) fn summary(inspection: &Inspection) -> SummaryJson {
    let findings = SeveritiesJson::new(|severity| count(inspection.findings.count(severity)));
    SummaryJson { findings, ..SummaryJson::from(&inspection.summary()) }
}

fn files(inspection: &Inspection) -> impl Iterator<Item = FileJson> {
    inspection.reported().filter_map(|(number, _)| file_entry(inspection, number))
}

pub(super) fn machines(inspection: &Inspection) -> impl Iterator<Item = MachineJson> {
    inspection.machines.iter().map(|(number, machine)| MachineJson::new(inspection, number, machine))
}

pub(super) fn findings(inspection: &Inspection) -> impl Iterator<Item = FindingJson> {
    inspection.findings.list.iter().map(|finding| FindingJson::new(inspection, finding))
}

fn volumes(inspection: &Inspection) -> impl Iterator<Item = VolumeJson> {
    inspection.volumes.iter().map(|volume| VolumeJson::new(&inspection.inventory, volume))
}

/// Writes the results as one JSON object.
pub fn write_scan(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &ScanJson::new(inspection, facts))?;
    writeln!(out)
}

/// Writes what several bundles tell as one JSON object.
pub fn write_correlate(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &ScanJson::of(CORRELATE, inspection, facts))?;
    writeln!(out)
}
