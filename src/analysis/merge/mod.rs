//! What a merge would do, in exact numbers, from the block maps and sector bitmaps alone.
//!
//! Nothing is written and no content is read: the state of every block and sector of every layer decides what a merge
//! reads, writes, allocates and frees.
//!
//! # What the specification says
//!
//! - The direction is child to parent; the parent survives (MS-VHDX 2.6.1.2 speaks of merging a file "into its
//!   parent").
//! - The survivor loses its own `IsVirtualDisk` items and gets the child's (2.6.1.2): among them the size of the virtual
//!   disk. A larger child makes the survivor's BAT longer, and its region may have no room for that.
//! - `NOT_PRESENT` blocks and clear bits of a child are the parent's; all other states hide the parent (2.5.1.1).
//! - The disk is laid out in megabytes, and no two blocks share one (2.2, 2.5.1).
//! - The chain of links must hold at every moment (2.6.2.6.3, note 12).
//!
//! # What is a choice here
//!
//! Where the specification leaves the way open and what Windows does is not known:
//!
//! - A block of the target that the sources settle as zeros as a whole is not written: its entry says `UNMAPPED` or
//!   `UNDEFINED` where all of them say so, else `ZERO`, and its space is free. In a fixed target a present block keeps
//!   its space, and the zeros are written.
//! - Entries that give up space are written before any space is taken, so that a writer that uses space again has it. The
//!   child hides those blocks, so that an interruption loses nothing.
//! - Zeros for a part of a block: written into a block that is present; nothing where the target reads as zeros there
//!   anyway; in a differencing target that has nothing there, they need the block, for the target's parent may hold
//!   something else.
//! - A block of a differencing target becomes `FULLY_PRESENT` where the sources say all of it, or where it read as
//!   zeros before; else it is `PARTIALLY_PRESENT`, and its chunk needs a sector bitmap block.
//! - What lies behind the end of a shorter layer reads as zeros, and stays so in the survivor although layers below may
//!   be longer.
//! - A target whose disk becomes smaller gives up the blocks and sector bitmap blocks behind the new end.
//! - A BAT without room moves as a whole to new space, and its old space is free from then on.
//! - The file is never made shorter.
//! - A new block of a dynamic VHD has all its bits set, as Windows writes it.
//!
//! # The two ends of a range
//!
//! Both writers take the space they need in this order: a BAT that moves, blocks in the order of the disk, sector bitmap
//! blocks in the order of the disk; each in the place with the lowest offset that it fits. One that uses space again
//! takes free megabytes anywhere in the file, and of a block that kept its place without content that place; one that
//! appends starts at the first megabyte behind everything in the file. A VHD counts in sectors instead of megabytes,
//! has its footer at its end, and a block takes its bitmap and its data in one piece.

mod cost;
mod duration;
mod export;
mod files;
mod freed;
mod holes;
mod method;
pub mod order;
mod plan;
mod settle;
mod shape;
mod space;
mod spans;
mod step;
mod tally;
mod walk;
mod words;

pub use cost::{Balance, Blocks, ByteRange, Cost, Gone, Place, Read, StepCost, Write};
pub use duration::{BytesPerSecond, DurationRange, PerBlock, Speeds};
pub use method::Method;

use crate::chain::VirtualDisk;
use crate::error::{Error, Result};

use plan::Order;
use walk::Walked;

/// What `methods` cost that make one disk of the layers 0 to `into` of a disk.
///
/// `into` must name a layer below the first. Two passes over the block maps of the files that are written to and one
/// over the others answer all methods but [`Method::Export`], which needs one more, through the whole chain; the others
/// need nothing of what lies below `into`.
pub fn costs(disk: &VirtualDisk, into: usize, methods: &[Method]) -> Result<Vec<Cost>> {
    walk::check(disk, into)?;
    let mut orders: Vec<Order> = methods.iter().filter_map(|method| order(*method)).collect();
    orders.sort_unstable();
    orders.dedup();
    let walked = if orders.is_empty() { Walked::default() } else { walk::walk(disk, into, &orders)? };
    let mut costs = Vec::new();
    for method in methods {
        let steps = match (*method, order(*method)) {
            (Method::Export(block_size), _) => vec![export::export(disk, block_size, &walked.shapes)?],
            (_, Some(order)) => {
                let found = orders.iter().zip(&walked.steps).find(|(other, _)| **other == order);
                found.map(|(_, steps)| steps.clone()).unwrap_or_default()
            }
            (_, None) => Vec::new(),
        };
        costs.push(Cost { method: *method, into, steps });
    }
    Ok(costs)
}

/// What one method costs; see [`costs`].
pub fn cost(disk: &VirtualDisk, into: usize, method: Method) -> Result<Cost> {
    let found = costs(disk, into, &[method])?;
    found.into_iter().next().ok_or_else(|| Error::refused("", None, "no method"))
}

fn order(method: Method) -> Option<Order> {
    match method {
        Method::DeleteCheckpoint | Method::SinglePass => Some(Order::Single),
        Method::PairwiseTopDown => Some(Order::TopDown),
        Method::PairwiseBottomUp => Some(Order::BottomUp),
        Method::Export(_) | Method::Leave => None,
    }
}
