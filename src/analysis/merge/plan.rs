//! The steps of one order of merging.

use crate::error::Result;
use crate::image::BlockWord;
use crate::units::{BlockIndex, VirtualOffset, VirtualRange};

use super::cost::{ByteRange, Gone, StepCost};
use super::files::File;
use super::settle::rewrite;
use super::shape::Shape;
use super::spans::Spans;
use super::step::{Chunk, FileEnds, Shown, Step, chunk_at, shown};
use super::words::NowWord;

/// In which order the files are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Single,
    TopDown,
    BottomUp,
}

/// The steps of one order.
pub(super) struct Plan {
    order: Order,
    steps: Vec<Step>,
    /// The chunk that the walk has come to in each step's target; of one target of several steps, the first step's.
    chunks: Vec<Option<Chunk>>,
}

impl Plan {
    /// The steps, none of which has begun.
    pub(super) fn new(order: Order, files: &[File<'_>]) -> Self {
        let into = files.len().saturating_sub(1);
        let size = |layer: usize| files.get(layer).map(|file| file.shape.size).unwrap_or_default();
        let mut steps: Vec<Step> = Vec::new();
        match order {
            Order::Single => {
                if let Some(target) = files.last() {
                    steps.push(Step::new(0, (0..into).collect(), into, target.shape, size(0)));
                }
            }
            Order::TopDown => {
                for (number, target) in files.iter().skip(1).enumerate() {
                    let layer = number.saturating_add(1);
                    steps.push(Step::new(0, vec![number], layer, target.shape, size(0)));
                }
            }
            Order::BottomUp => {
                for source in (0..into).rev() {
                    let shape = steps.last().map(Step::shape_after).or(files.last().map(|file| file.shape));
                    if let Some(shape) = shape {
                        steps.push(Step::new(steps.len(), vec![source], into, shape, size(source)));
                    }
                }
            }
        }
        let chunks = vec![None; if order == Order::BottomUp { 1 } else { steps.len() }];
        Self { order, steps, chunks }
    }

    /// Takes what the files say about a window. A file of which that is `None` says nothing, and its disk does not end
    /// there.
    pub(super) fn window(&mut self, files: &mut [File<'_>], here: VirtualRange, says: &[Option<Spans>]) -> Result<()> {
        let size = files.first().map(|file| file.shape.size).unwrap_or_default();
        let mut sources = self.first_sources(files, here, says);
        let last = self.steps.len().saturating_sub(1);
        let mut shared: Option<Shown> = None;
        for number in 0..self.steps.len() {
            let Some((target, source)) =
                self.steps.get(number).map(|step| (step.target, step.sources.first().copied().unwrap_or_default()))
            else {
                continue;
            };
            if self.order == Order::BottomUp {
                sources = says.get(source).cloned().flatten();
            }
            let own = says.get(target).cloned().flatten();
            let Some(said) = &sources else {
                if self.order == Order::TopDown {
                    sources = own;
                }
                continue;
            };
            self.come_to(files, number, here.start)?;
            let Some(file) = files.get_mut(target) else { continue };
            let Some(space) = &file.space else { continue };
            let mut shown = match shared.take() {
                Some(shown) => shown,
                None => shown(file.cursor.as_mut(), &file.shape, here)?,
            };
            let Some(step) = self.steps.get_mut(number) else { continue };
            let reads = step.take(here, said, &mut shown, space);
            match self.order {
                Order::BottomUp => shared = Some(shown),
                Order::TopDown if number != last => {
                    let own = own.unwrap_or_else(|| Spans::silent(here.end()));
                    sources = Some(rewrite(&step.shape, size, here, said, &own, &reads));
                }
                Order::TopDown | Order::Single => {}
            }
        }
        Ok(())
    }

    /// Takes what the files say about some blocks of the group that they have looked at, whole blocks as all of its blocks
    /// are: see [`Files::unclear`](super::files::Files::unclear). `first` is the first block of the group.
    pub(super) fn whole_blocks(&mut self, files: &mut [File<'_>], first: BlockIndex, blocks: u64) -> Result<()> {
        let into = files.len().saturating_sub(1);
        let word_of =
            |files: &[File<'_>], layer: usize| files.get(layer).map(|file| file.word.only(blocks)).unwrap_or_default();
        let mut said = match self.order {
            Order::Single => (0..into).fold(BlockWord::default(), |all, layer| all.over(word_of(files, layer))),
            Order::TopDown | Order::BottomUp => word_of(files, 0),
        };
        let mut shared: Option<NowWord> = None;
        for step in &mut self.steps {
            let own = word_of(files, step.target);
            if self.order == Order::BottomUp {
                said = word_of(files, step.sources.first().copied().unwrap_or_default());
            }
            if said.said() == 0 {
                if self.order == Order::TopDown {
                    said = own;
                }
                continue;
            }
            let Some(file) = files.get_mut(step.target) else { continue };
            let (Some(cursor), Some(space)) = (&mut file.cursor, &file.space) else { continue };
            let mut now = shared.take().unwrap_or_else(|| NowWord::new(first, own, self.order == Order::BottomUp));
            let reads = step.take_words(said, &mut now, cursor, space)?;
            match self.order {
                Order::BottomUp => shared = Some(now),
                Order::TopDown => said = reads.over(own),
                Order::Single => {}
            }
        }
        Ok(())
    }

    /// A step comes to a place, and leaves the chunk that does not hold it.
    fn come_to(&mut self, files: &mut [File<'_>], number: usize, at: VirtualOffset) -> Result<()> {
        // Several steps of one target share its chunk.
        let number = if self.order == Order::BottomUp { 0 } else { number };
        let Some(file) = self.steps.get(number).and_then(|step| files.get_mut(step.target)) else { return Ok(()) };
        let known = self.chunks.get(number).copied().flatten();
        let now = chunk_at(file.cursor.as_mut(), &file.shape, at, known)?;
        if known.map(|known| known.start) != now.map(|now| now.start) {
            self.leave(number, known);
            if let Some(chunk) = self.chunks.get_mut(number) {
                *chunk = now;
            }
        }
        Ok(())
    }

    fn leave(&mut self, number: usize, chunk: Option<Chunk>) {
        let Some(Chunk { start, mut bitmap }) = chunk else { return };
        let steps = if self.order == Order::BottomUp { usize::MAX } else { 1 };
        for step in self.steps.iter_mut().skip(number).take(steps) {
            bitmap = step.leave_chunk(start, bitmap);
        }
    }

    /// What the first step merges in a window.
    fn first_sources(&self, files: &[File<'_>], here: VirtualRange, says: &[Option<Spans>]) -> Option<Spans> {
        let mut whole: Option<Spans> = says.first().cloned().flatten();
        if self.order == Order::Single {
            let last = files.len().saturating_sub(1);
            for (below, file) in says.iter().zip(files).take(last).skip(1) {
                whole = match (whole, below) {
                    (Some(whole), Some(below)) => Some(whole.over(below, file.shape.size, here.start)),
                    (whole, None) => whole,
                    (None, below) => below.clone(),
                };
            }
        }
        whole
    }

    /// The numbers of each step.
    pub(super) fn finish(mut self, files: &[File<'_>]) -> Result<Vec<StepCost>> {
        for number in 0..self.chunks.len() {
            let chunk = self.chunks.get(number).copied().flatten();
            self.leave(number, chunk);
        }
        let mut costs: Vec<StepCost> = Vec::new();
        // Each file's numbers and length as the steps have left it.
        let mut shapes: Vec<Shape> = files.iter().map(|file| file.shape).collect();
        let mut lengths: Vec<ByteRange> =
            files.iter().map(|file| ByteRange::exactly(file.image.stored_size())).collect();
        let mut ends: Option<(usize, FileEnds)> = None;
        for step in &mut self.steps {
            let Some(file) = files.get(step.target) else { continue };
            let Some(space) = &file.space else { continue };
            let mut target = match ends.take().filter(|(layer, _)| *layer == step.target) {
                Some((_, target)) => target,
                None => FileEnds::new(file.image.stored_size(), space),
            };
            // What the steps before have changed of the target.
            if let Some(shape) = shapes.get(step.target) {
                step.shape = *shape;
            }
            let sources: Vec<Shape> = step.sources.iter().filter_map(|layer| shapes.get(*layer)).copied().collect();
            let goes =
                step.sources.iter().filter_map(|layer| Some(Gone { layer: *layer, size: *lengths.get(*layer)? }));
            let cost = step.finish(&sources, goes.collect(), &mut target)?;
            if let (Some(shape), Some(length)) = (shapes.get_mut(step.target), lengths.get_mut(step.target)) {
                (*shape, *length) = (step.shape_after(), cost.size_after);
            }
            costs.push(cost);
            ends = Some((step.target, target));
        }
        Ok(costs)
    }
}
