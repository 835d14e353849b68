//! What a way costs in all, over every disk that it merges.

use crate::analysis::merge::{ByteRange, Cost, DurationRange, PerBlock, Speeds};

/// What a way costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// Bytes read.
    pub read: ByteRange,
    /// Bytes written.
    pub write: ByteRange,
    /// Bytes by which the surviving files grow; of a new file all of it.
    pub growth: ByteRange,
    /// Length of the file that survives of the named disk; `None` where nothing is done.
    pub final_size: Option<ByteRange>,
    /// For each disk, the named one first, what it costs in each of the orders in which it may be done.
    disks: Vec<Vec<Cost>>,
}

impl Bill {
    /// Adds up what each disk costs: the named one first, each in the orders in which it may be done.
    pub(super) fn new(disks: Vec<Vec<Cost>>) -> Self {
        let sum = |number: fn(&Cost) -> ByteRange| {
            let each = disks.iter().map(|orders| hull(orders.iter().map(number)));
            each.fold(ByteRange::default(), ByteRange::saturating_add)
        };
        let named = disks.first().map(Vec::as_slice).unwrap_or_default();
        let sizes: Vec<ByteRange> = named.iter().filter_map(Cost::final_size).collect();
        Self {
            read: sum(|cost| ByteRange::exactly(cost.read().total())),
            write: sum(|cost| cost.write().total()),
            growth: sum(Cost::growth),
            final_size: (!sizes.is_empty()).then(|| hull(sizes.into_iter())),
            disks,
        }
    }

    /// Whether nothing is done.
    pub fn is_nothing(&self) -> bool {
        self.disks.iter().flatten().all(|cost| cost.steps.is_empty())
    }

    /// How long it takes: at best all disks at once, at worst one after the other.
    pub fn duration(&self, speeds: Speeds, per_block: PerBlock) -> DurationRange {
        let mut all = DurationRange::default();
        for orders in &self.disks {
            let each = || orders.iter().map(|cost| cost.duration(speeds, per_block));
            let least = each().map(|time| time.least).min().unwrap_or_default();
            let most = each().map(|time| time.most).max().unwrap_or_default();
            all = DurationRange { least: all.least.max(least), most: all.most.saturating_add(most) };
        }
        all
    }

    /// What each disk costs in each order.
    pub(super) fn disks(&self) -> &[Vec<Cost>] {
        &self.disks
    }
}

/// The least of all and the most of all.
pub(super) fn hull(ranges: impl Iterator<Item = ByteRange>) -> ByteRange {
    ranges.reduce(ByteRange::hull).unwrap_or_default()
}
