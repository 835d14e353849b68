//! Some of the checks, picked once for a run over many files.

use crate::estate::FoundFile;
use crate::image::FileKind;

use super::check::{Check, Cost, Run};
use super::codes::CHECKS;

/// Some of the checks, in the order of their codes; none by default.
#[derive(Clone, Debug, Default)]
pub struct CheckSet {
    checks: Vec<&'static Check>,
    reads_blocks: bool,
    // Of thousands of files each is looked at by some of them: which, is asked once and not of each.
    of_vhdx: Vec<&'static Check>,
    of_vhd: Vec<&'static Check>,
    of_disk: Vec<&'static Check>,
    of_linked_disk: Vec<&'static Check>,
    of_called_disk: Vec<&'static Check>,
    beside: Vec<&'static Check>,
    below: Vec<&'static Check>,
}

impl CheckSet {
    /// The checks that `wanted` picks.
    pub fn of(wanted: impl Fn(&Check) -> bool) -> Self {
        let checks: Vec<&'static Check> = CHECKS.iter().copied().filter(|check| wanted(check)).collect();
        let reads_blocks = checks.iter().any(|check| check.cost() >= Cost::Blocks);
        let pick = |which: fn(&Run) -> bool| checks.iter().copied().filter(|check| which(&check.run)).collect();
        Self {
            of_vhdx: pick(|run| matches!(run, Run::File(_) | Run::Vhdx(_))),
            of_vhd: pick(|run| matches!(run, Run::File(_) | Run::Vhd(_))),
            of_disk: pick(|run| matches!(run, Run::File(_))),
            of_linked_disk: pick(|run| matches!(run, Run::Linked(_) | Run::Link(_) | Run::Estate(_))),
            of_called_disk: pick(|run| !matches!(run, Run::File(_) | Run::Vhdx(_) | Run::Vhd(_) | Run::Below(_))),
            beside: pick(|run| matches!(run, Run::Beside(_) | Run::Estate(_))),
            below: pick(|run| matches!(run, Run::Below(_))),
            checks,
            reads_blocks,
        }
    }

    /// The checks that cost at most this.
    pub fn up_to(most: Cost) -> Self {
        Self::of(|check| check.cost() <= most)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.checks.is_empty()
    }

    /// Whether one of them reads block allocation tables.
    pub fn reads_blocks(&self) -> bool {
        self.reads_blocks
    }

    pub(super) fn has(&self, check: &Check) -> bool {
        self.checks.iter().any(|one| one.code == check.code)
    }

    /// Those that look at a file alone.
    pub(super) fn of_file(&self, file: &FoundFile) -> &[&'static Check] {
        match file.kind {
            FileKind::Vhdx => &self.of_vhdx,
            FileKind::Vhd => &self.of_vhd,
            _ if is_called_disk(file) => &self.of_disk,
            _ => &[],
        }
    }

    /// Those that look at a file among the others.
    pub(super) fn of_linked(&self, file: &FoundFile) -> &[&'static Check] {
        // A made-up bundle may have a disk that says what a configuration says.
        match file.is_image() {
            true if file.configuration.is_none() => &self.of_linked_disk,
            is_image if is_image || is_called_disk(file) => &self.of_called_disk,
            _ => &self.beside,
        }
    }

    /// Those that look at all files below a path.
    pub(super) fn below(&self) -> &[&'static Check] {
        &self.below
    }
}

fn is_called_disk(file: &FoundFile) -> bool {
    FileKind::of_name(&file.path).is_image()
}
