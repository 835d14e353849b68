//! `usage --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::block_sizes::BlockFill;
use crate::chain::FileNo;
use crate::inspect::{BlockSizeCost, ChainUsage, FileUsage, Inspection, LayerUsage, Usage};
use crate::report::RunFacts;
use crate::units::ByteLen;

use super::common::{list_hex, lossy, path_hex};
use super::{ErrorJson, RunJson};

/// What the bytes of disks are spent on.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UsageJson {
    /// Always `vhdxray.usage/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The disks, sorted by path.
    pub files: Vec<FileUsageJson>,
    /// The chains, sorted by the leaf's path.
    pub chains: Vec<ChainUsageJson>,
}

/// What the bytes of one file are spent on. The fields from `header_bytes` to `unknown_bytes` sum to `file_size_bytes`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileUsageJson {
    /// The path, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// `standalone`, `base`, `intermediate`, `leaf` or `unreadable`.
    pub role: Option<&'static str>,
    /// Bytes of the file.
    pub file_size_bytes: u64,
    /// Bytes that it takes on its volume; `null` where the system does not tell.
    pub allocated_bytes: Option<u64>,
    /// How many fewer that are than the file has: it is sparse or compressed. `null` where the system does not tell.
    pub saved_by_volume_bytes: Option<u64>,
    /// Identifier, headers, region tables with the room between them; footers and dynamic disk header of a VHD.
    pub header_bytes: u64,
    /// The log.
    pub log_bytes: u64,
    /// The metadata region, and regions that are not known; parent locators of a VHD.
    pub metadata_bytes: u64,
    /// The region of the BAT.
    pub bat_bytes: u64,
    /// Sector bitmaps.
    pub bitmap_bytes: u64,
    /// Content that at least one leaf sees. All content where `visibility_problem` says that this is not known.
    pub live_bytes: u64,
    /// Content that no leaf sees.
    pub shadowed_bytes: u64,
    /// Bytes of present blocks whose bit is clear, or that lie past the virtual end.
    pub unfilled_bytes: u64,
    /// Blocks without content that keep their place in the file.
    pub trimmed_bytes: u64,
    /// What nothing refers to, before the last byte that something refers to.
    pub unreferenced_bytes: u64,
    /// What nothing refers to at the end of the file.
    pub tail_bytes: u64,
    /// What cannot be told, for the block map cannot be read (`problem`).
    pub unknown_bytes: u64,
    /// What nobody needs: `shadowed_bytes`, `trimmed_bytes`, `unreferenced_bytes` and `tail_bytes`.
    pub reclaimable_bytes: u64,
    /// Of `live_bytes` and `shadowed_bytes`, those that are sectors of zeros; `null` without `--content`.
    pub zero_sector_bytes: Option<u64>,
    /// What each leaf above the file sees of it, sorted by the leaf's path.
    pub seen_by: Vec<SeenByJson>,
    /// What the file has data for on the virtual disk and a file below it in its chain as well, the nearest first, of the
    /// nearest 64; `null` where that cannot be told.
    pub overlaps: Option<Vec<OverlapJson>>,
    /// Bytes of its blocks; `null` for a disk without blocks.
    pub block_size_bytes: Option<u64>,
    /// How many of the blocks in the file are filled how far with content; `null` for a disk without blocks.
    pub block_fill: Option<BlockFillJson>,
    /// What blocks of several sizes would take for the content: sectors whose bits are set, and with `--content` those
    /// that are not zeros. `null` where the file does not tell them apart without `--content`.
    pub block_sizes: Option<Vec<BlockSizeJson>>,
    /// Why the use of a part of the file cannot be told.
    pub problem: Option<ErrorJson>,
    /// Why it cannot be told what is seen.
    pub visibility_problem: Option<ErrorJson>,
    /// Why content could not be read to the end.
    pub content_problem: Option<ErrorJson>,
}

/// What a leaf sees of a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeenByJson {
    /// The leaf, as found, lossily.
    pub leaf: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaf_raw_hex: Option<String>,
    /// Bytes of the file's content.
    pub visible_bytes: u64,
}

/// What a file and one below it both have data for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OverlapJson {
    /// The file below, as found, lossily.
    pub below: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub below_raw_hex: Option<String>,
    /// Bytes of the virtual disk that both have data for.
    pub overlap_bytes: u64,
}

/// How many blocks are filled how far.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names say the unit")]
pub struct BlockFillJson {
    /// Without any content.
    pub empty_count: u64,
    /// Up to a quarter.
    pub up_to_quarter_count: u64,
    /// More, up to a half.
    pub up_to_half_count: u64,
    /// More, up to three quarters.
    pub up_to_three_quarters_count: u64,
    /// More, and not all.
    pub below_full_count: u64,
    /// All of it.
    pub full_count: u64,
}

/// What the content of a file would take in blocks of one size.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names say the unit")]
pub struct BlockSizeJson {
    /// The size.
    pub block_size_bytes: u64,
    /// Bytes of the blocks that there would be.
    pub needed_bytes: u64,
    /// How many fewer than now; zero where there would be more.
    pub saved_bytes: u64,
}

/// What one file is to its chain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "the names say the unit")]
pub struct LayerUsageJson {
    /// Bytes of its data that are seen from the leaf of this chain.
    pub visible_bytes: u64,
    /// Bytes of the disk that are zeros because this file says so.
    pub zero_bytes: u64,
    /// What nobody needs of it, and could be given back; `null` for a file that was not named.
    pub reclaimable_bytes: Option<u64>,
}

/// What one chain costs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChainUsageJson {
    /// The files, leaf first, base last, lossily.
    pub files: Vec<String>,
    /// The exact bytes of those paths that are not valid Unicode, in their places; only present where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_raw_hex: Option<Vec<Option<String>>>,
    /// What each of the files owns of the disk as the leaf shows it, in the same order; `null` unless the chain is complete
    /// and can be read.
    pub layers: Option<Vec<LayerUsageJson>>,
    /// `complete`, `broken` or `unreadable`.
    pub status: &'static str,
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: Option<u64>,
    /// Bytes that the guest sees as data; the rest of the disk reads as zeros. `null` unless the chain is complete.
    pub guest_data_bytes: Option<u64>,
    /// Bytes of the files; a file that chains share counts in each.
    pub file_size_bytes: u64,
    /// Bytes that they take on their volumes; `null` where the system does not tell.
    pub allocated_bytes: Option<u64>,
    /// What nobody needs of the files.
    pub reclaimable_bytes: u64,
}

/// Writes the ledgers as one JSON object.
pub fn write_usage(inspection: &Inspection, usage: &Usage, facts: &RunFacts, out: &mut dyn Write) -> io::Result<()> {
    let mut files: Vec<&FileUsage> = usage.files.iter().collect();
    files.sort_by_key(|file| file.file);
    let json = UsageJson {
        schema: "vhdxray.usage/1",
        run: RunJson::new(facts, inspection),
        files: files.into_iter().filter_map(|file| FileUsageJson::new(inspection, file)).collect(),
        chains: usage.chains.iter().map(|chain| ChainUsageJson::new(inspection, chain)).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &json)?;
    writeln!(out)
}

impl FileUsageJson {
    fn new(inspection: &Inspection, usage: &FileUsage) -> Option<Self> {
        let file = inspection.file(usage.file)?;
        let ledger = &usage.ledger;
        let allocated = file.stamp.and_then(|stamp| stamp.allocated);
        Some(Self {
            path: lossy(&file.path),
            path_raw_hex: path_hex(&file.path),
            role: inspection.role(usage.file).map(crate::inspect::Role::name),
            file_size_bytes: ledger.total().0,
            allocated_bytes: allocated.map(|bytes| bytes.0),
            saved_by_volume_bytes: allocated.map(|bytes| ledger.total().saturating_sub(bytes).0),
            header_bytes: ledger.header.0,
            log_bytes: ledger.log.0,
            metadata_bytes: ledger.metadata.0,
            bat_bytes: ledger.bat.0,
            bitmap_bytes: ledger.bitmap.0,
            live_bytes: usage.live.0,
            shadowed_bytes: usage.shadowed.0,
            unfilled_bytes: ledger.unfilled.0,
            trimmed_bytes: ledger.trimmed.0,
            unreferenced_bytes: ledger.unreferenced.0,
            tail_bytes: ledger.tail.0,
            unknown_bytes: ledger.unknown.0,
            reclaimable_bytes: usage.reclaimable().0,
            zero_sector_bytes: usage.zero_sectors.map(|bytes| bytes.0),
            seen_by: usage
                .seen_by
                .iter()
                .filter_map(|(leaf, bytes)| {
                    let leaf = &inspection.file(*leaf)?.path;
                    Some(SeenByJson { leaf: lossy(leaf), leaf_raw_hex: path_hex(leaf), visible_bytes: bytes.0 })
                })
                .collect(),
            overlaps: usage.overlaps.as_ref().map(|overlaps| {
                let named = |(below, bytes): &(FileNo, ByteLen)| {
                    let below = &inspection.file(*below)?.path;
                    Some(OverlapJson { below: lossy(below), below_raw_hex: path_hex(below), overlap_bytes: bytes.0 })
                };
                overlaps.iter().filter_map(named).collect()
            }),
            block_size_bytes: usage.block_size.map(|bytes| bytes.0),
            block_fill: usage.fill.map(BlockFillJson::from),
            block_sizes: usage
                .smaller_blocks
                .as_ref()
                .map(|costs| costs.iter().copied().map(BlockSizeJson::from).collect()),
            problem: usage.problem.as_ref().map(ErrorJson::from),
            visibility_problem: usage.visibility_problem.as_ref().map(ErrorJson::from),
            content_problem: usage.content_problem.as_ref().map(ErrorJson::from),
        })
    }
}

impl From<BlockFill> for BlockFillJson {
    fn from(fill: BlockFill) -> Self {
        Self {
            empty_count: fill.empty,
            up_to_quarter_count: fill.quarter,
            up_to_half_count: fill.half,
            up_to_three_quarters_count: fill.three_quarters,
            below_full_count: fill.most,
            full_count: fill.full,
        }
    }
}

impl From<BlockSizeCost> for BlockSizeJson {
    fn from(cost: BlockSizeCost) -> Self {
        Self { block_size_bytes: cost.block_size.0, needed_bytes: cost.needed.0, saved_bytes: cost.saved.0 }
    }
}

impl From<LayerUsage> for LayerUsageJson {
    fn from(layer: LayerUsage) -> Self {
        Self {
            visible_bytes: layer.owned.data.0,
            zero_bytes: layer.owned.zeros.0,
            reclaimable_bytes: layer.reclaimable.map(|bytes| bytes.0),
        }
    }
}

impl ChainUsageJson {
    fn new(inspection: &Inspection, chain: &ChainUsage) -> Self {
        let path = |file: &FileNo| inspection.file(*file).map(|file| file.path.as_path());
        Self {
            files: chain.files.iter().filter_map(path).map(lossy).collect(),
            files_raw_hex: list_hex(chain.files.iter().filter_map(path)),
            layers: (!chain.layers.is_empty())
                .then(|| chain.layers.iter().copied().map(LayerUsageJson::from).collect()),
            status: chain.status.name(),
            virtual_size_bytes: chain.virtual_size.map(|bytes| bytes.0),
            guest_data_bytes: chain.guest_data.map(|bytes| bytes.0),
            file_size_bytes: chain.file_size.0,
            allocated_bytes: chain.allocated.map(|bytes| bytes.0),
            reclaimable_bytes: chain.reclaimable.0,
        }
    }
}
