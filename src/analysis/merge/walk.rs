//! All orders of merging in one pass along the disk, window by window.
//!
//! A window is as long as the longest block of the chain. All block sizes are powers of two, so that every block of
//! every file lies in one window as a whole, and what becomes of it depends on nothing outside but the sector bitmap
//! block of its chunk. Windows about which no source says anything are passed over.

use crate::chain::VirtualDisk;
use crate::error::{Error, Result};
use crate::image::{BlockCursor, Content, Image, Runs};
use crate::units::{ByteLen, VirtualOffset, VirtualRange};

use super::cost::{ByteRange, Gone, StepCost};
use super::settle::rewrite;
use super::shape::Shape;
use super::space::Space;
use super::spans::Spans;
use super::step::{Chunk, FileEnds, Shown, Step, chunk_at, shown};

/// In which order the files are merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Order {
    Single,
    TopDown,
    BottomUp,
}

/// A file of the chain on the way along the disk.
struct File<'a> {
    image: &'a Image,
    shape: Shape,
    runs: Option<Runs>,
    cursor: Option<BlockCursor>,
    /// Of files that are written to.
    space: Option<Space>,
}

/// The steps of one order.
struct Plan {
    order: Order,
    steps: Vec<Step>,
    /// The chunk that the walk has come to in each step's target; of one target of several steps, the first step's.
    chunks: Vec<Option<Chunk>>,
}

/// The costs of the steps of each order.
pub(super) fn walk(disk: &VirtualDisk, into: usize, orders: &[Order]) -> Result<Vec<Vec<StepCost>>> {
    let mut files = Vec::new();
    for (layer, image) in disk.images().enumerate().take(into.saturating_add(1)) {
        let shape = Shape::of(image)?;
        let is_written = layer == into || layer > 0 && orders.contains(&Order::TopDown);
        files.push(File {
            image,
            shape,
            runs: if layer < into { Some(Runs::new(image)?) } else { None },
            cursor: if is_written { BlockCursor::new(image)? } else { None },
            space: if is_written { Some(Space::of(image, &shape)?) } else { None },
        });
    }
    let mut plans: Vec<Plan> = orders.iter().map(|order| Plan::new(*order, &files)).collect();
    let window = files.iter().map(|file| file.shape.block).max().unwrap_or_default();
    let end = files.iter().map(|file| file.shape.size).max().unwrap_or_default();
    let mut at = VirtualOffset::ZERO;
    while at.0 < end.0 && !window.is_zero() {
        let silent = silent_until(&mut files, at, window)?;
        if silent > at {
            at = silent;
            continue;
        }
        let here = VirtualRange::new(at, window);
        let mut held = 0;
        let mut says = Vec::new();
        for file in &mut files {
            let size = file.shape.size;
            says.push(match &mut file.runs {
                Some(runs) if at.0 < size.0 => Spans::of_layer(runs, here, size, &mut held)?,
                _ => Spans::default(),
            });
        }
        let mut blocks = Vec::new();
        for file in &mut files {
            blocks.push(match file.space {
                Some(_) => shown(file.cursor.as_mut(), &file.shape, here)?,
                None => Shown::default(),
            });
        }
        for plan in &mut plans {
            plan.window(&mut files, here, &says, &blocks)?;
        }
        at = here.end();
    }
    plans.into_iter().map(|plan| plan.finish(&files)).collect()
}

/// Up to where, in whole windows, no source says anything; `at` if it does right there.
fn silent_until(files: &mut [File<'_>], at: VirtualOffset, window: ByteLen) -> Result<VirtualOffset> {
    let mut until = VirtualOffset(u64::MAX);
    for file in files {
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
        if ByteLen(until.0.saturating_sub(at.0)) < window {
            return Ok(at);
        }
    }
    Ok(VirtualOffset(until.0.saturating_sub(until.0.checked_rem(window.0).unwrap_or_default())).max(at))
}

impl Plan {
    fn new(order: Order, files: &[File<'_>]) -> Self {
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

    fn window(&mut self, files: &mut [File<'_>], here: VirtualRange, says: &[Spans], blocks: &[Shown]) -> Result<()> {
        self.come_to(files, here.start)?;
        let (mut sources, size) = self.first_sources(files, here, says);
        let last = self.steps.len().saturating_sub(1);
        let mut shared: Option<Shown> = None;
        for (number, step) in self.steps.iter_mut().enumerate() {
            let Some(space) = files.get(step.target).and_then(|file| file.space.as_ref()) else { continue };
            let mut shown = shared.take().or_else(|| blocks.get(step.target).cloned()).unwrap_or_default();
            if self.order == Order::BottomUp {
                sources = step.sources.first().and_then(|source| says.get(*source)).cloned().unwrap_or_default();
            }
            let reads = step.take(here, &sources, &mut shown, space);
            match (self.order, says.get(step.target)) {
                (Order::BottomUp, _) => shared = Some(shown),
                (Order::TopDown, Some(own)) if number != last => {
                    sources = rewrite(&step.shape, size, here, &sources, own, &reads);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The walk comes to a place, and leaves the chunks that do not hold it.
    fn come_to(&mut self, files: &mut [File<'_>], at: VirtualOffset) -> Result<()> {
        for number in 0..self.chunks.len() {
            let Some(file) = self.steps.get(number).and_then(|step| files.get_mut(step.target)) else { continue };
            let known = self.chunks.get(number).copied().flatten();
            let now = chunk_at(file.cursor.as_mut(), &file.shape, at, known)?;
            if known.map(|known| known.start) != now.map(|now| now.start) {
                self.leave(number, known);
                if let Some(chunk) = self.chunks.get_mut(number) {
                    *chunk = now;
                }
            }
        }
        Ok(())
    }

    fn leave(&mut self, number: usize, chunk: Option<Chunk>) {
        let Some(Chunk { start, mut bitmap }) = chunk else { return };
        // Several steps of one target share its chunk, in their order.
        let steps = if self.order == Order::BottomUp { usize::MAX } else { 1 };
        for step in self.steps.iter_mut().skip(number).take(steps) {
            bitmap = step.leave_chunk(start, bitmap);
        }
    }

    /// What the first step merges in a window, and how long its disk is.
    fn first_sources(&self, files: &[File<'_>], here: VirtualRange, says: &[Spans]) -> (Spans, ByteLen) {
        let mut whole = says.first().cloned().unwrap_or_default();
        let size = files.first().map(|file| file.shape.size).unwrap_or_default();
        if self.order == Order::Single {
            let last = files.len().saturating_sub(1);
            for (below, file) in says.iter().zip(files).take(last).skip(1) {
                whole = whole.over(below, file.shape.size, here.start);
            }
        }
        (whole, size)
    }

    fn finish(mut self, files: &[File<'_>]) -> Result<Vec<StepCost>> {
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

/// Whether the layers can be merged at all.
pub(super) fn check(disk: &VirtualDisk, into: usize) -> Result<()> {
    let layers = disk.images().len();
    if into == 0 || into >= layers {
        let below = layers.saturating_sub(1);
        return Err(Error::refused("", None, format!("layer {into} is none of the {below} below the first")));
    }
    Ok(())
}
