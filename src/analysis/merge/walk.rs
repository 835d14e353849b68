//! All orders of merging in one pass along the disk, window by window.
//!
//! A window is as long as the longest block of the chain. All block sizes are powers of two, so that every block of
//! every file lies in one window as a whole, and what becomes of it depends on nothing outside but the sector bitmap
//! block of its chunk. Windows about which no source says anything are passed over, most of them 64 blocks at a time, and
//! where all tables are zeros some thousands.

use crate::chain::VirtualDisk;
use crate::error::{Error, Result};
use crate::units::{BlockIndex, ByteLen, VirtualOffset, VirtualRange};

use super::cost::StepCost;
use super::files::Files;
use super::plan::{Order, Plan};
use super::shape::Shape;
use super::words;

/// What the walk has found.
#[derive(Default)]
pub(super) struct Walked {
    /// The costs of the steps of each order.
    pub(super) steps: Vec<Vec<StepCost>>,
    /// The numbers of the files down to the last target, before the merge.
    pub(super) shapes: Vec<Shape>,
}

/// Walks along the disk.
pub(super) fn walk(disk: &VirtualDisk, into: usize, orders: &[Order]) -> Result<Walked> {
    let mut files = Files::of(disk, into, orders.contains(&Order::TopDown))?;
    let mut plans: Vec<Plan> = orders.iter().map(|order| Plan::new(*order, &files.layers)).collect();
    let mut at = VirtualOffset::ZERO;
    while at < files.end && !files.window.is_zero() {
        at = match files.group(at) {
            Some(group) => match files.untouched_until(at)? {
                until if until > at => until,
                _ => {
                    if files.look(group)? {
                        through_group(&mut files, &mut plans, group)?;
                    }
                    group.end()
                }
            },
            None => {
                let silent = files.silent_until(at)?;
                if silent > at {
                    silent
                } else {
                    let window = VirtualRange::new(at, files.window);
                    let says = files.anywhere(window)?;
                    for plan in &mut plans {
                        plan.window(&mut files.layers, window, &says)?;
                    }
                    window.end()
                }
            }
        };
    }
    let shapes = files.layers.iter().map(|file| file.shape).collect();
    Ok(Walked { steps: plans.into_iter().map(|plan| plan.finish(&files.layers)).collect::<Result<_>>()?, shapes })
}

/// Blocks of which every file says one thing are taken together, the others window by window, all in the order of the
/// disk.
fn through_group(files: &mut Files<'_>, plans: &mut [Plan], group: VirtualRange) -> Result<()> {
    let unclear = files.unclear(group)?;
    let first = BlockIndex(group.start.0.checked_div(files.window.0).unwrap_or_default());
    let mut at = group.start;
    while at < group.end() {
        let done = at.0.saturating_sub(group.start.0).checked_div(files.window.0).unwrap_or_default();
        let clear = words::clear_from(unclear, done);
        if clear != 0 {
            for plan in plans.iter_mut() {
                plan.whole_blocks(&mut files.layers, first, clear)?;
            }
            at = at.saturating_add(ByteLen(files.window.0.saturating_mul(clear.count_ones().into())));
            continue;
        }
        let window = VirtualRange::new(at, files.window);
        let says = files.in_group(group, window)?;
        if says.iter().any(Option::is_some) {
            for plan in plans.iter_mut() {
                plan.window(&mut files.layers, window, &says)?;
            }
        }
        at = window.end();
    }
    Ok(())
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
