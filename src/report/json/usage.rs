//! `usage --format json`.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::FileNo;
use crate::inspect::{ChainUsage, FileUsage, Inspection, Usage};
use crate::report::RunFacts;

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

/// What one chain costs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChainUsageJson {
    /// The files, leaf first, base last, lossily.
    pub files: Vec<String>,
    /// The exact bytes of those paths that are not valid Unicode, in their places; only present where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files_raw_hex: Option<Vec<Option<String>>>,
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
        Some(Self {
            path: lossy(&file.path),
            path_raw_hex: path_hex(&file.path),
            role: inspection.role(usage.file).map(crate::inspect::Role::name),
            file_size_bytes: ledger.total().0,
            allocated_bytes: file.stamp.and_then(|stamp| stamp.allocated).map(|bytes| bytes.0),
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
            problem: usage.problem.as_ref().map(ErrorJson::from),
            visibility_problem: usage.visibility_problem.as_ref().map(ErrorJson::from),
            content_problem: usage.content_problem.as_ref().map(ErrorJson::from),
        })
    }
}

impl ChainUsageJson {
    fn new(inspection: &Inspection, chain: &ChainUsage) -> Self {
        let path = |file: &FileNo| inspection.file(*file).map(|file| file.path.as_path());
        Self {
            files: chain.files.iter().filter_map(path).map(lossy).collect(),
            files_raw_hex: list_hex(chain.files.iter().filter_map(path)),
            status: chain.status.name(),
            virtual_size_bytes: chain.virtual_size.map(|bytes| bytes.0),
            guest_data_bytes: chain.guest_data.map(|bytes| bytes.0),
            file_size_bytes: chain.file_size.0,
            allocated_bytes: chain.allocated.map(|bytes| bytes.0),
            reclaimable_bytes: chain.reclaimable.0,
        }
    }
}
