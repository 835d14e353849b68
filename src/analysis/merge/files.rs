//! The files of a chain on the way along the disk.

use crate::chain::VirtualDisk;
use crate::error::Result;
use crate::image::{BlockCursor, BlockWord, Content, Image, Runs};
use crate::units::{BlockIndex, ByteLen, VirtualOffset, VirtualRange};

use super::shape::{Format, Shape};
use super::space::Space;
use super::spans::Spans;

/// Blocks of a group.
const GROUP: u64 = 64;

/// A file of the chain.
pub(super) struct File<'a> {
    pub(super) image: &'a Image,
    pub(super) shape: Shape,
    /// Of files that are read.
    runs: Option<Runs>,
    pub(super) cursor: Option<BlockCursor>,
    /// Of files that are written to.
    pub(super) space: Option<Space>,
    /// What the file says of the group that the walk has come to; of the last target only where that was looked at.
    pub(super) word: BlockWord,
}

impl File<'_> {
    fn look(&mut self, group: VirtualRange) -> Result<()> {
        let block = self.shape.block.0;
        let first = BlockIndex(group.start.0.checked_div(block).unwrap_or_default());
        let count = group.len.0.checked_div(block).unwrap_or_default();
        self.word = match &mut self.cursor {
            Some(cursor) => cursor.word(first, count)?,
            None => BlockWord { unclear: u64::MAX, ..BlockWord::default() },
        };
        Ok(())
    }
}

/// The files that a merge reads and writes, the leaf first and the last target last.
pub(super) struct Files<'a> {
    pub(super) layers: Vec<File<'a>>,
    /// Bytes of the longest block.
    pub(super) window: ByteLen,
    /// Bytes of the shortest block.
    shortest: ByteLen,
    /// Bytes of the longest disk, and of the shortest.
    pub(super) end: VirtualOffset,
    pub(super) common_end: VirtualOffset,
}

impl<'a> Files<'a> {
    /// The layers down to `into`; `all_written` where those between the first and the last are written to as well.
    pub(super) fn of(disk: &'a VirtualDisk, into: usize, all_written: bool) -> Result<Self> {
        let mut files = Vec::new();
        for (layer, image) in disk.images().enumerate().take(into.saturating_add(1)) {
            let is_written = layer == into || layer > 0 && all_written;
            let space = if is_written { Some(Space::of(image)?) } else { None };
            let shape = match &space {
                Some(space) => Shape::new(image, &space.counts)?,
                None => Shape::of(image)?,
            };
            files.push(File {
                image,
                shape,
                runs: if layer < into { Some(Runs::new(image)?) } else { None },
                cursor: BlockCursor::new(image)?,
                space,
                word: BlockWord::default(),
            });
        }
        let blocks = || files.iter().map(|file| file.shape.block);
        let sizes = || files.iter().map(|file| VirtualOffset(file.shape.size.0));
        Ok(Self {
            window: blocks().max().unwrap_or_default(),
            shortest: blocks().min().unwrap_or_default(),
            end: sizes().max().unwrap_or_default(),
            common_end: sizes().min().unwrap_or_default(),
            layers: files,
        })
    }

    /// Bytes that can be looked at as a group of blocks, from `at` on; `None` where that must be done window by window:
    /// near the end of one of the disks, or where one file's blocks are too long for the other's.
    pub(super) fn group(&self, at: VirtualOffset) -> Option<VirtualRange> {
        let group = VirtualRange::new(at, ByteLen(self.shortest.0.saturating_mul(GROUP)));
        let fits = self.window <= group.len && at.0.is_multiple_of(group.len.0.max(1));
        (fits && group.end() <= self.common_end).then_some(group)
    }

    /// Up to where, in whole groups from the start of one, the tables of all sources are zeros; `at` where one is not.
    pub(super) fn untouched_until(&mut self, at: VirtualOffset) -> Result<VirtualOffset> {
        let mut until = self.common_end;
        for file in self.layers.iter_mut().filter(|file| file.runs.is_some()) {
            let block = file.shape.block.0;
            let first = BlockIndex(at.0.checked_div(block).unwrap_or_default());
            let count = match &mut file.cursor {
                Some(cursor) => cursor.untouched(first)?,
                None => 0,
            };
            until = until.min(at.saturating_add(ByteLen(count.saturating_mul(block))));
            if until <= at {
                return Ok(at);
            }
        }
        let group = self.shortest.0.saturating_mul(GROUP);
        let rest = until.0.saturating_sub(at.0).checked_rem(group).unwrap_or_default();
        Ok(VirtualOffset(until.0.saturating_sub(rest)))
    }

    /// Looks at a group, and says whether any source says anything about it.
    pub(super) fn look(&mut self, group: VirtualRange) -> Result<bool> {
        let mut is_said = false;
        for file in self.layers.iter_mut().filter(|file| file.runs.is_some()) {
            file.look(group)?;
            is_said |= file.word.said() != 0;
        }
        Ok(is_said)
    }

    /// Which blocks of a group that was looked at some file tells more about than one thing; all of them where the files
    /// are not all VHDX with blocks of one size. Looks at the last target as well.
    pub(super) fn unclear(&mut self, group: VirtualRange) -> Result<u64> {
        let block = self.shortest;
        let is_alike = |file: &File<'_>| matches!(file.shape.format, Format::Vhdx { .. }) && file.shape.block == block;
        if !self.layers.iter().all(is_alike) {
            return Ok(u64::MAX);
        }
        if let Some(target) = self.layers.last_mut() {
            target.look(group)?;
        }
        Ok(self.layers.iter().fold(0, |unclear, file| unclear | file.word.unclear))
    }

    /// What each file says about a window of a group that was looked at; `None` for those that say nothing.
    pub(super) fn in_group(&mut self, group: VirtualRange, window: VirtualRange) -> Result<Vec<Option<Spans>>> {
        let mut held = 0;
        let mut says = Vec::with_capacity(self.layers.len());
        for file in &mut self.layers {
            let block = file.shape.block;
            let before = window.start.0.saturating_sub(group.start.0).checked_div(block.0).unwrap_or_default();
            let count = window.len.0.checked_div(block.0).unwrap_or_default();
            let word = cut(file.word, before, count);
            says.push(match &mut file.runs {
                Some(runs) if word.unclear != 0 => Some(Spans::of_layer(runs, window, file.shape.size, &mut held)?),
                Some(_) if word.said() != 0 => Some(Spans::of_word(word, window, block)),
                _ => None,
            });
        }
        Ok(says)
    }

    /// What each file says about a window anywhere.
    pub(super) fn anywhere(&mut self, window: VirtualRange) -> Result<Vec<Option<Spans>>> {
        let mut held = 0;
        let mut says = Vec::with_capacity(self.layers.len());
        for file in &mut self.layers {
            let size = file.shape.size;
            says.push(Some(match &mut file.runs {
                Some(runs) if window.start.0 < size.0 => Spans::of_layer(runs, window, size, &mut held)?,
                _ => Spans::default(),
            }));
        }
        Ok(says)
    }

    /// Up to where, in whole windows, no source says anything; `at` if it does right there.
    pub(super) fn silent_until(&mut self, at: VirtualOffset) -> Result<VirtualOffset> {
        let mut until = VirtualOffset(u64::MAX);
        for file in &mut self.layers {
            let end = VirtualOffset(file.shape.size.0);
            if at >= end {
                return Ok(at);
            }
            until = until.min(end);
            if let Some(runs) = &mut file.runs {
                let run = runs.at(at, end)?;
                if run.content != Content::Transparent {
                    return Ok(at);
                }
                until = until.min(run.range.end());
            }
            if ByteLen(until.0.saturating_sub(at.0)) < self.window {
                return Ok(at);
            }
        }
        let whole = until.0.saturating_sub(until.0.checked_rem(self.window.0).unwrap_or_default());
        Ok(VirtualOffset(whole).max(at))
    }
}

/// `count` blocks of a word, `before` blocks behind its first.
fn cut(word: BlockWord, before: u64, count: u64) -> BlockWord {
    let ones = u64::MAX.checked_shr(u32::try_from(GROUP.saturating_sub(count)).unwrap_or(0)).unwrap_or(0);
    word.each(|plane| plane.checked_shr(u32::try_from(before).unwrap_or(u32::MAX)).unwrap_or(0) & ones)
}
