//! What every disk costs: its ledger, and what the leaves above it see of it.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::Arc;

use crate::analysis::block_sizes::BlockFill;
use crate::analysis::layers::Owned;
use crate::analysis::ledger::{Ledger, Ledgered};
use crate::analysis::visibility::{Leaf, SeenFile, Visibility};
use crate::chain::FileNo;
use crate::error::Error;
use crate::units::ByteLen;

use super::{ChainPolicy, ChainStatus, Inspection};

/// What everything that is reported costs.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// The disks, those first of which most can be won.
    pub files: Vec<FileUsage>,
    /// The chains, sorted as [`Inspection::chains`].
    pub chains: Vec<ChainUsage>,
}

/// What one disk costs.
#[derive(Clone, Debug)]
pub struct FileUsage {
    /// The file.
    pub file: FileNo,
    /// Its bytes by what they are spent on; they sum to its size.
    pub ledger: Ledger,
    /// Content that at least one leaf sees. All of it where that cannot be said.
    pub live: ByteLen,
    /// Content that none sees.
    pub shadowed: ByteLen,
    /// What each leaf sees of it, sorted by the leaf's path.
    pub seen_by: Vec<(FileNo, ByteLen)>,
    /// Bytes of the virtual disk that the file has data for and a file below it in its chain as well, the nearest first;
    /// `None` where that cannot be told.
    pub overlaps: Option<Vec<(FileNo, ByteLen)>>,
    /// Bytes of its blocks, where it has blocks.
    pub block_size: Option<ByteLen>,
    /// How full the blocks in the file are.
    pub fill: Option<BlockFill>,
    /// What blocks of several sizes would take for its content, where the file or a look at the content tells.
    pub smaller_blocks: Option<Vec<BlockSizeCost>>,
    /// Content that is sectors of zeros, where that was asked for.
    pub zero_sectors: Option<ByteLen>,
    /// Why the use of a part of the file cannot be told.
    pub problem: Option<Error>,
    /// Why it cannot be told what is seen.
    pub visibility_problem: Option<Error>,
    /// Why content could not be read to the end.
    pub content_problem: Option<Error>,
}

/// What the content of a file would take in blocks of another size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlockSizeCost {
    /// The size.
    pub block_size: ByteLen,
    /// Bytes of the blocks that there would be.
    pub needed: ByteLen,
    /// How many fewer than now; zero where there would be more.
    pub saved: ByteLen,
}

/// What one chain costs.
#[derive(Clone, Debug)]
pub struct ChainUsage {
    /// The files, leaf first.
    pub files: Vec<FileNo>,
    /// What each of them owns of the disk as the leaf shows it, and what it could give back, in the same order; empty
    /// unless the chain is whole and can be read.
    pub layers: Vec<LayerUsage>,
    /// Whether the chain is whole.
    pub status: ChainStatus,
    /// Bytes of the virtual disk as the leaf has it.
    pub virtual_size: Option<ByteLen>,
    /// Bytes that the guest sees as data, in the leaf or below; the rest of the disk reads as zeros.
    pub guest_data: Option<ByteLen>,
    /// Bytes of all files; a file that chains share counts in each.
    pub file_size: ByteLen,
    /// Bytes that they take on their volumes, where the system tells.
    pub allocated: Option<ByteLen>,
    /// Bytes of them that could be given back; what another leaf sees is not.
    pub reclaimable: ByteLen,
}

/// What one file is to its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerUsage {
    /// What it owns of the leaf's disk.
    pub owned: Owned,
    /// Bytes of the file that nobody needs; `None` for a file that is not reported.
    pub reclaimable: Option<ByteLen>,
}

impl FileUsage {
    /// Bytes that the blocks in the file take.
    pub fn blocks(&self) -> ByteLen {
        self.ledger.payload.saturating_add(self.ledger.unfilled)
    }

    /// The candidate for the block size with which most would be saved; the largest of several.
    pub fn best_block_size(&self) -> Option<BlockSizeCost> {
        let best = self.smaller_blocks.iter().flatten().max_by_key(|cost| (cost.saved, cost.block_size));
        best.copied().filter(|cost| !cost.saved.is_zero())
    }

    /// Bytes that nobody needs: content that no leaf sees, blocks that were given up, and what nothing refers to.
    pub fn reclaimable(&self) -> ByteLen {
        [self.shadowed, self.ledger.trimmed, self.ledger.unreferenced, self.ledger.tail]
            .into_iter()
            .fold(ByteLen::ZERO, ByteLen::saturating_add)
    }

    /// Bytes of a hundred in the blocks that are in the file that are content; `None` where there is no block.
    pub fn fill_percent(&self) -> Option<u64> {
        let all = self.blocks();
        u64::try_from(u128::from(self.ledger.payload.0).saturating_mul(100).checked_div(all.0.into())?).ok()
    }
}

impl Inspection {
    /// What every reported disk and every chain costs; with `content` all content is read to find sectors of zeros.
    /// Calls `reached` with the number of files that are done.
    pub fn usage(&self, content: bool, reached: &mut dyn FnMut(usize)) -> Usage {
        let leaves = self.leaves();
        // Both read every table, and neither needs the other.
        let (visibility, ledgers) = std::thread::scope(|scope| {
            let visibility = scope.spawn(|| Visibility::of(&leaves));
            let mut ledgers = Vec::new();
            for (number, file) in self.reported() {
                let Some(image) = &file.image else { continue };
                ledgers.push((number, image.block_size(), Ledger::of(image, content)));
                reached(ledgers.len());
            }
            (visibility.join().unwrap_or_else(|panic| resume_unwind(panic)), ledgers)
        });
        let mut usage = Usage::default();
        for (number, block_size, ledgered) in ledgers {
            let usage_of = self.file_usage(number, ledgered, visibility.files.get(&number));
            usage.files.push(FileUsage { block_size, ..usage_of });
        }
        let reclaimable: BTreeMap<FileNo, ByteLen> =
            usage.files.iter().map(|file| (file.file, file.reclaimable())).collect();
        usage.chains = self.chains.iter().map(|chain| self.chain_usage(chain, &visibility, &reclaimable)).collect();
        // Stable: files of which equally much can be won stay sorted by path.
        usage.files.sort_by_key(|file| std::cmp::Reverse(file.reclaimable()));
        usage
    }

    /// All leaves above files that are reported, reported themselves or not, with their disks.
    fn leaves(&self) -> Vec<Leaf> {
        let wanted: BTreeSet<FileNo> = self.reported().flat_map(|(number, _)| self.forest.ancestry(number)).collect();
        let policy = ChainPolicy { missing_parent_is_zero: true, ..ChainPolicy::default() };
        let leaves = self.files().filter(|(number, file)| {
            file.is_image()
                && self.forest.children(*number).is_empty()
                && self.forest.ancestry(*number).any(|below| wanted.contains(&below))
        });
        let leaves = leaves.map(|(file, _)| {
            // A parent that is missing has no part in what is seen of the files that are there.
            match self.open_disk(file, policy) {
                Ok(opened) => {
                    let image = |file: &FileNo| self.file(*file).and_then(|file| file.image.as_ref()).map(Arc::clone);
                    let images = opened.files.iter().filter_map(image).collect();
                    Leaf { file, files: opened.files, images: Ok(images) }
                }
                Err(error) => Leaf { file, files: self.forest.ancestry(file).collect(), images: Err(error) },
            }
        });
        leaves.collect()
    }

    fn file_usage(&self, file: FileNo, ledgered: Ledgered, seen: Option<&SeenFile>) -> FileUsage {
        let Ledgered { ledger, zero_sectors, fill, needed, problem, content_problem } = ledgered;
        let visibility_problem = seen.and_then(|seen| seen.problem.clone());
        let (live, shadowed) = match (seen, &visibility_problem) {
            (Some(seen), None) => ledger.split(seen.by_any),
            _ => (ledger.payload, ByteLen::ZERO),
        };
        let mut seen_by: Vec<(FileNo, ByteLen)> =
            seen.into_iter().flat_map(|seen| &seen.by_leaf).map(|(leaf, bytes)| (*leaf, *bytes)).collect();
        seen_by.sort_by_key(|(leaf, _)| self.file(*leaf).map_or(Path::new(""), |file| &file.path).to_owned());
        let overlaps = seen.filter(|seen| seen.problem.is_none() && seen.overlap_problem.is_none());
        let blocks = ledger.payload.saturating_add(ledger.unfilled);
        let cost = |(block_size, needed): (ByteLen, ByteLen)| BlockSizeCost {
            block_size,
            needed,
            saved: blocks.saturating_sub(needed),
        };
        FileUsage {
            file,
            ledger,
            live,
            shadowed,
            seen_by,
            overlaps: overlaps.map(|seen| seen.overlaps.clone()),
            block_size: None,
            fill,
            smaller_blocks: needed.map(|needed| needed.into_iter().map(cost).collect()),
            zero_sectors,
            problem,
            visibility_problem,
            content_problem,
        }
    }

    fn chain_usage(
        &self,
        chain: &super::Chain,
        visibility: &Visibility,
        reclaimable: &BTreeMap<FileNo, ByteLen>,
    ) -> ChainUsage {
        let leaf = chain.files.first();
        let shown = leaf.and_then(|leaf| visibility.leaves.get(leaf)).map(Vec::as_slice);
        let is_known = leaf.and_then(|leaf| visibility.files.get(leaf)).is_some_and(|seen| seen.problem.is_none());
        let stamps = || chain.files.iter().filter_map(|file| self.file(*file)?.stamp);
        let shown = shown.filter(|_| is_known && chain.status == ChainStatus::Complete);
        let layer = |(file, owned): (&FileNo, &Owned)| LayerUsage {
            owned: *owned,
            reclaimable: reclaimable.get(file).copied(),
        };
        ChainUsage {
            files: chain.files.clone(),
            layers: chain.files.iter().zip(shown.unwrap_or_default()).map(layer).collect(),
            status: chain.status,
            virtual_size: chain.virtual_size,
            guest_data: shown
                .map(|layers| layers.iter().fold(ByteLen::ZERO, |sum, layer| sum.saturating_add(layer.data))),
            file_size: chain.file_size,
            allocated: stamps().try_fold(ByteLen::ZERO, |sum, stamp| Some(sum.saturating_add(stamp.allocated?))),
            reclaimable: chain
                .files
                .iter()
                .filter_map(|file| reclaimable.get(file))
                .fold(ByteLen::ZERO, |sum, bytes| sum.saturating_add(*bytes)),
        }
    }
}
