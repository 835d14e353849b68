//! What every disk costs: its ledger, and what the leaves above it see of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::analysis::ledger::{Ledger, Ledgered};
use crate::analysis::map::MapTotals;
use crate::analysis::visibility::{Leaf, Seen, Visibility};
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
    /// Content that is sectors of zeros, where that was asked for.
    pub zero_sectors: Option<ByteLen>,
    /// Why the use of a part of the file cannot be told.
    pub problem: Option<Error>,
    /// Why it cannot be told what is seen.
    pub visibility_problem: Option<Error>,
    /// Why content could not be read to the end.
    pub content_problem: Option<Error>,
}

/// What one chain costs.
#[derive(Clone, Debug)]
pub struct ChainUsage {
    /// The files, leaf first.
    pub files: Vec<FileNo>,
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

impl FileUsage {
    /// Bytes that nobody needs: content that no leaf sees, blocks that were given up, and what nothing refers to.
    pub fn reclaimable(&self) -> ByteLen {
        [self.shadowed, self.ledger.trimmed, self.ledger.unreferenced, self.ledger.tail]
            .into_iter()
            .fold(ByteLen::ZERO, ByteLen::saturating_add)
    }

    /// Bytes of a hundred in the blocks that are in the file that are content; `None` where there is no block.
    pub fn fill_percent(&self) -> Option<u64> {
        let all = self.ledger.payload.saturating_add(self.ledger.unfilled);
        u64::try_from(u128::from(self.ledger.payload.0).saturating_mul(100).checked_div(all.0.into())?).ok()
    }
}

impl Inspection {
    /// What every reported disk and every chain costs; with `content` all content is read to find sectors of zeros.
    /// Calls `reached` with the number of files that are done.
    pub fn usage(&self, content: bool, reached: &mut dyn FnMut(usize)) -> Usage {
        let visibility = Visibility::of(&self.leaves());
        let mut usage = Usage::default();
        for (number, file) in self.reported() {
            let Some(image) = &file.image else { continue };
            let ledgered = Ledger::of(image, content);
            usage.files.push(self.file_usage(number, ledgered, visibility.files.get(&number)));
            reached(usage.files.len());
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
            let (files, disk) = match self.open_disk(file, policy) {
                Ok(opened) => (opened.files, Ok(opened.disk)),
                Err(error) => (self.forest.ancestry(file).collect(), Err(error)),
            };
            Leaf { file, files, disk }
        });
        leaves.collect()
    }

    fn file_usage(&self, file: FileNo, ledgered: Ledgered, seen: Option<&Seen>) -> FileUsage {
        let Ledgered { ledger, zero_sectors, problem, content_problem } = ledgered;
        let visibility_problem = seen.and_then(|seen| seen.problem.clone());
        let (live, shadowed) = match (seen, &visibility_problem) {
            (Some(seen), None) => ledger.split(seen.by_any),
            _ => (ledger.payload, ByteLen::ZERO),
        };
        let mut seen_by: Vec<(FileNo, ByteLen)> =
            seen.into_iter().flat_map(|seen| &seen.by_leaf).map(|(leaf, bytes)| (*leaf, *bytes)).collect();
        seen_by.sort_by_key(|(leaf, _)| self.file(*leaf).map_or(Path::new(""), |file| &file.path).to_owned());
        FileUsage { file, ledger, live, shadowed, seen_by, zero_sectors, problem, visibility_problem, content_problem }
    }

    fn chain_usage(
        &self,
        chain: &super::Chain,
        visibility: &Visibility,
        reclaimable: &BTreeMap<FileNo, ByteLen>,
    ) -> ChainUsage {
        let leaf = chain.files.first();
        let shown = leaf.and_then(|leaf| visibility.leaves.get(leaf));
        let is_known = leaf.and_then(|leaf| visibility.files.get(leaf)).is_some_and(|seen| seen.problem.is_none());
        let stamps = || chain.files.iter().filter_map(|file| self.file(*file)?.stamp);
        ChainUsage {
            files: chain.files.clone(),
            status: chain.status,
            virtual_size: chain.virtual_size,
            guest_data: shown.filter(|_| is_known && chain.status == ChainStatus::Complete).map(guest_data),
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

fn guest_data(totals: &MapTotals) -> ByteLen {
    totals.state("data").bytes
}
