//! `map --format json` and `--format ndjson`.

use std::borrow::Cow;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::map::{MapTotals, Total};
use crate::chain::Extent;
use crate::inspect::{Inspection, OpenedDisk};
use crate::report::{RunFacts, output_error};

use super::stream::ObjectWriter;
use super::{LayerJson, RunJson};

/// What every byte of a virtual disk is, and which file owns it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MapJson<'a> {
    /// Always `vhdxray.map/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The disk.
    #[serde(flatten)]
    pub disk: MappedDiskJson,
    /// The files that the disk is read through.
    pub layers: Vec<LayerJson>,
    /// The sums of the extents by layer and state.
    pub totals: Vec<TotalJson>,
    /// The extents, in order; their lengths sum to the size of the disk.
    pub extents: Vec<ExtentJson<'a>>,
}

/// A virtual disk as seen from one file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MappedDiskJson {
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: u64,
    /// What rests on an option that was given rather than on proof, a sentence each.
    pub unproved: Vec<String>,
}

/// The extents of one layer in one state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TotalJson {
    /// Number of the layer.
    pub layer: usize,
    /// `data`, `zero`, `unmapped`, `undefined` or `absent`.
    pub state: &'static str,
    /// Number of extents.
    pub extents_count: u64,
    /// Their bytes on the virtual disk.
    pub length_bytes: u64,
}

/// A stretch of the virtual disk that is one thing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ExtentJson<'a> {
    /// Where it starts on the virtual disk.
    pub start_offset: u64,
    /// Its bytes; never zero.
    pub length_bytes: u64,
    /// `data`, `zero`, `unmapped`, `undefined` or `absent`.
    pub state: &'static str,
    /// Number of the layer that says so; 0 is the file from which the disk is seen. For `absent` the last one asked.
    pub layer: usize,
    /// The path of that layer's file, lossily.
    pub path: Cow<'a, str>,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<Cow<'a, str>>,
    /// Where the bytes start in that file; `null` unless the state is `data`.
    pub file_offset: Option<u64>,
}

/// One line of `--format ndjson`: what `map --format json` holds, one object a line, told apart by `type`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum MapLineJson<'a> {
    /// The first line.
    Run {
        /// Always `vhdxray.map/1`.
        schema: &'static str,
        /// Facts about the run.
        #[serde(flatten)]
        run: Box<RunJson>,
    },
    /// The disk.
    Disk(MappedDiskJson),
    /// A file that it is read through.
    Layer(LayerJson),
    /// The sum of a layer's extents in one state.
    Total(TotalJson),
    /// An extent.
    Extent(ExtentJson<'a>),
}

const SCHEMA: &str = "vhdxray.map/1";

impl MappedDiskJson {
    fn new(opened: &OpenedDisk) -> Self {
        Self { virtual_size_bytes: opened.disk.size().get(), unproved: opened.unproved.clone() }
    }
}

impl TotalJson {
    fn all(totals: &MapTotals) -> impl Iterator<Item = Self> + '_ {
        totals.rows().map(|(layer, state, Total { extents, bytes })| Self {
            layer,
            state,
            extents_count: extents,
            length_bytes: bytes.get(),
        })
    }
}

impl<'a> ExtentJson<'a> {
    fn new(extent: &Extent, layers: &'a [LayerJson]) -> Self {
        let layer = layers.get(extent.layer);
        Self {
            start_offset: extent.range.start.get(),
            length_bytes: extent.range.len.get(),
            state: extent.state.name(),
            layer: extent.layer,
            path: layer.map_or("", |layer| layer.path.as_str()).into(),
            path_raw_hex: layer.and_then(|layer| layer.path_raw_hex.as_deref()).map(Cow::from),
            file_offset: extent.state.file_offset().map(crate::units::FileOffset::get),
        }
    }
}

/// Writes the map as one JSON object, an extent a line, made one at a time. Errors of the output name no file.
pub fn write_map(
    inspection: &Inspection,
    opened: &OpenedDisk,
    totals: &MapTotals,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> crate::Result<()> {
    let layers = LayerJson::all(inspection, opened);
    let disk = MappedDiskJson::new(opened);
    let mut object = ObjectWriter::start(out).map_err(output_error)?;
    let mut head = || -> io::Result<()> {
        object.field("schema", &SCHEMA)?;
        object.field("run", &RunJson::new(facts, inspection))?;
        object.field("virtual_size_bytes", &disk.virtual_size_bytes)?;
        object.field("unproved", &disk.unproved)?;
        object.field("layers", &layers)?;
        object.field("totals", &TotalJson::all(totals).collect::<Vec<_>>())
    };
    head().map_err(output_error)?;
    let mut list = object.list("extents").map_err(output_error)?;
    for extent in opened.disk.extents()? {
        list.element(&ExtentJson::new(&extent?, &layers)).map_err(output_error)?;
    }
    list.end().and_then(|()| object.end()).map_err(output_error)
}

/// Writes the map as one JSON object a line, made one at a time. Errors of the output name no file.
pub fn write_map_lines(
    inspection: &Inspection,
    opened: &OpenedDisk,
    totals: &MapTotals,
    facts: &RunFacts,
    out: &mut dyn Write,
) -> crate::Result<()> {
    let layers = LayerJson::all(inspection, opened);
    let mut line = |line: &MapLineJson<'_>| -> crate::Result<()> {
        serde_json::to_writer(&mut *out, line).map_err(io::Error::from).map_err(output_error)?;
        writeln!(out).map_err(output_error)
    };
    line(&MapLineJson::Run { schema: SCHEMA, run: Box::new(RunJson::new(facts, inspection)) })?;
    line(&MapLineJson::Disk(MappedDiskJson::new(opened)))?;
    for layer in &layers {
        line(&MapLineJson::Layer(layer.clone()))?;
    }
    for total in TotalJson::all(totals) {
        line(&MapLineJson::Total(total))?;
    }
    for extent in opened.disk.extents()? {
        line(&MapLineJson::Extent(ExtentJson::new(&extent?, &layers)))?;
    }
    Ok(())
}
