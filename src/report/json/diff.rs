//! `diff --format json` and `--format ndjson`.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::diff::{DiffTotals, Difference, Side};
use crate::inspect::{Comparison, Inspection};
use crate::report::{RunFacts, output_error};
use crate::units::ByteLen;

use super::stream::ObjectWriter;
use super::{LayerJson, RunJson};

/// What differs between two virtual disks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiffJson<'a> {
    /// Always `vhdxray.diff/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The disks.
    #[serde(flatten)]
    pub disks: DiffDisksJson,
    /// The ranges that differ (`content_compared`) or can differ (otherwise), in order.
    pub differences: Vec<DifferenceJson<'a>>,
    /// The sums.
    pub totals: DiffTotalsJson,
}

/// The two disks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiffDisksJson {
    /// `family` (they share files), `same_virtual_disk_id` (they share only the id) or `unrelated`.
    pub relation: &'static str,
    /// Whether the ranges that the block maps leave open were read and compared.
    pub content_compared: bool,
    /// The files that the first disk is read through, the named one first.
    pub a_layers: Vec<LayerJson>,
    /// The files that the second disk is read through, the named one first.
    pub b_layers: Vec<LayerJson>,
    /// What rests on an option that was given rather than on proof, a sentence each.
    pub unproved: Vec<String>,
}

/// A range in which the two disks differ or can differ.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DifferenceJson<'a> {
    /// Where it starts on the virtual disk.
    pub start_offset: u64,
    /// Its bytes; never zero.
    pub length_bytes: u64,
    /// What the first disk is there.
    pub a: SideJson<'a>,
    /// What the second disk is there.
    pub b: SideJson<'a>,
}

/// What one of the disks is in a range.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SideJson<'a> {
    /// `data`, `zero`, `unmapped`, `undefined`, `absent`, or `past_end` where the disk is shorter.
    pub state: &'static str,
    /// Number of the layer that says so; `null` past the end.
    pub layer: Option<usize>,
    /// The path of that layer's file, lossily; `null` past the end.
    pub path: Option<Cow<'a, str>>,
}

/// The sums of a comparison, in bytes of the virtual disks.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiffTotalsJson {
    /// Bytes of the longer disk. Equal and different bytes add up to it.
    pub compared_bytes: u64,
    /// Bytes that the block maps prove equal.
    pub equal_by_map_bytes: u64,
    /// Bytes that were read and found equal; `null` when the content was not compared.
    pub equal_by_content_bytes: Option<u64>,
    /// Bytes that can differ; `null` when the content was compared.
    pub can_differ_bytes: Option<u64>,
    /// Bytes that differ; `null` when the content was not compared.
    pub different_bytes: Option<u64>,
    /// The part of them that lies past the end of the shorter disk.
    pub past_end_bytes: u64,
    /// The part of them that each layer of the first disk owns.
    pub a_layers: Vec<OwnedJson>,
    /// The part of them that each layer of the second disk owns.
    pub b_layers: Vec<OwnedJson>,
}

/// What a layer owns of the bytes that differ or can differ.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OwnedJson {
    /// Number of the layer.
    pub layer: usize,
    /// Bytes of the virtual disk.
    pub length_bytes: u64,
}

/// One line of `--format ndjson`: what `diff --format json` holds, one object a line, told apart by `type`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DiffLineJson<'a> {
    /// The first line.
    Run {
        /// Always `vhdxray.diff/1`.
        schema: &'static str,
        /// Facts about the run.
        #[serde(flatten)]
        run: Box<RunJson>,
    },
    /// The disks.
    Disks(DiffDisksJson),
    /// A range that differs or can differ.
    Difference(DifferenceJson<'a>),
    /// The sums: the last line.
    Totals(DiffTotalsJson),
}

const SCHEMA: &str = "vhdxray.diff/1";

impl DiffDisksJson {
    fn new(inspection: &Inspection, comparison: &Comparison<'_>) -> Self {
        Self {
            relation: comparison.relation.name(),
            content_compared: comparison.content,
            a_layers: LayerJson::all(inspection, comparison.a),
            b_layers: LayerJson::all(inspection, comparison.b),
            unproved: comparison.unproved().cloned().collect(),
        }
    }

    fn difference(&self, difference: &Difference) -> DifferenceJson<'_> {
        DifferenceJson {
            start_offset: difference.range.start.get(),
            length_bytes: difference.range.len.get(),
            a: side(difference.a, &self.a_layers),
            b: side(difference.b, &self.b_layers),
        }
    }
}

fn side(side: Side, layers: &[LayerJson]) -> SideJson<'_> {
    let path = side.layer().and_then(|layer| layers.get(layer)).map(|layer| Cow::from(&layer.path));
    SideJson { state: side.state(), layer: side.layer(), path }
}

impl DiffTotalsJson {
    fn new(totals: &DiffTotals, content: bool) -> Self {
        let owned = |layers: &[ByteLen]| {
            let layers = layers.iter().enumerate();
            layers.map(|(layer, bytes)| OwnedJson { layer, length_bytes: bytes.get() }).collect()
        };
        Self {
            compared_bytes: totals.compared.get(),
            equal_by_map_bytes: totals.equal_by_map.get(),
            equal_by_content_bytes: content.then_some(totals.equal_by_content.get()),
            can_differ_bytes: (!content).then_some(totals.different.get()),
            different_bytes: content.then_some(totals.different.get()),
            past_end_bytes: totals.past_end.get(),
            a_layers: owned(&totals.layers_of_a),
            b_layers: owned(&totals.layers_of_b),
        }
    }
}

/// Compares, and writes what is found as one JSON object while it is found. Errors of the output name no file.
pub fn write_diff(
    inspection: &Inspection,
    comparison: &Comparison<'_>,
    facts: &RunFacts,
    progress: &mut dyn FnMut(ByteLen) -> bool,
    out: &mut dyn Write,
) -> crate::Result<DiffTotals> {
    let disks = DiffDisksJson::new(inspection, comparison);
    let mut object = ObjectWriter::start(out).map_err(output_error)?;
    let mut head = || -> io::Result<()> {
        object.field("schema", &SCHEMA)?;
        object.field("run", &RunJson::new(facts, inspection))?;
        object.field("relation", &disks.relation)?;
        object.field("content_compared", &disks.content_compared)?;
        object.field("a_layers", &disks.a_layers)?;
        object.field("b_layers", &disks.b_layers)?;
        object.field("unproved", &disks.unproved)
    };
    head().map_err(output_error)?;
    let mut list = object.list("differences").map_err(output_error)?;
    let totals = comparison
        .run(progress, &mut |difference| list.element(&disks.difference(difference)).map_err(output_error))?;
    list.end().map_err(output_error)?;
    object.field("totals", &DiffTotalsJson::new(&totals, comparison.content)).map_err(output_error)?;
    object.end().map_err(output_error)?;
    Ok(totals)
}

/// Compares, and writes what is found as one JSON object a line while it is found. Errors of the output name no file.
pub fn write_diff_lines(
    inspection: &Inspection,
    comparison: &Comparison<'_>,
    facts: &RunFacts,
    progress: &mut dyn FnMut(ByteLen) -> bool,
    out: &mut dyn Write,
) -> crate::Result<DiffTotals> {
    let disks = DiffDisksJson::new(inspection, comparison);
    let mut line = |line: &DiffLineJson<'_>| -> crate::Result<()> {
        serde_json::to_writer(&mut *out, line).map_err(io::Error::from).map_err(output_error)?;
        writeln!(out).map_err(output_error)
    };
    line(&DiffLineJson::Run { schema: SCHEMA, run: Box::new(RunJson::new(facts, inspection)) })?;
    line(&DiffLineJson::Disks(disks.clone()))?;
    let totals =
        comparison.run(progress, &mut |difference| line(&DiffLineJson::Difference(disks.difference(difference))))?;
    line(&DiffLineJson::Totals(DiffTotalsJson::new(&totals, comparison.content)))?;
    Ok(totals)
}
