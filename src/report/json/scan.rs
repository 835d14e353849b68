//! `scan --format json`.

use std::io::{self, BufWriter, Write};

use schemars::JsonSchema;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

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
        Self {
            schema: SCHEMA,
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
    write(SCHEMA, inspection, facts, out)
}

/// Writes what several bundles tell as one JSON object.
pub fn write_correlate(inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    write(CORRELATE, inspection, facts, out)
}

/// Bytes that are held before they are written: what is written is a word or two at a time.
const BUFFER: usize = 64 << 10;

fn write(schema: &'static str, inspection: &Inspection, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER, out);
    serde_json::to_writer_pretty(&mut out, &Page { schema, inspection, facts })?;
    writeln!(out)?;
    out.flush()
}

/// A [`ScanJson`] of which each entry is made when it is written: all of them together would take more memory than what
/// they tell of.
struct Page<'a> {
    schema: &'static str,
    inspection: &'a Inspection,
    facts: &'a RunFacts,
}

impl Serialize for Page<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inspection = self.inspection;
        let chains = || inspection.chains.iter().map(|chain| ChainJson::new(inspection, chain));
        let mut page = serializer.serialize_struct("ScanJson", 8)?;
        page.serialize_field("schema", self.schema)?;
        page.serialize_field("run", &RunJson::new(self.facts, inspection))?;
        page.serialize_field("summary", &summary(inspection))?;
        page.serialize_field("files", &Each(|| files(inspection)))?;
        page.serialize_field("chains", &Each(chains))?;
        page.serialize_field("machines", &Each(|| machines(inspection)))?;
        page.serialize_field("findings", &Each(|| findings(inspection)))?;
        page.serialize_field("volumes", &Each(|| volumes(inspection)))?;
        page.end()
    }
}

/// A list that is made while it is written.
struct Each<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use crate::checks::CheckSet;
    use crate::estate::{FoundFile, Inventory};
    use crate::inspect::Gathered;

    use super::*;

    #[test]
    fn what_is_written_is_the_public_shape() {
        let files = ["a.vhdx", "b.vhdx", "c.vmcx"].map(|path| FoundFile::new(path.into())).into();
        let inventory = Inventory { files, ..Inventory::default() };
        let inspection = Inspection::of(Gathered { inventory, ..Gathered::default() }, &CheckSet::of(|_| true));
        let facts = RunFacts::start(Timestamp::UNIX_EPOCH, None);
        let mut written = Vec::new();
        write_scan(&inspection, &facts, &mut written).unwrap();
        let shape = serde_json::to_string_pretty(&ScanJson::new(&inspection, &facts)).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), shape + "\n");
    }
}
