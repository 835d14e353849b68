//! Saved memory that a change to the disks makes useless.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1018",
    name: "saved-memory",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The run-time state (.vmrs) holds the memory of a machine that was saved, or of a checkpoint with \
            memory.",
        matters: "The memory fits the disks as they are. After a merge, a compaction or any write to the disks it \
            must be thrown away, and what the machine had not written is lost.",
        harmless: "The machine is saved on purpose; a standard checkpoint keeps the memory.",
        todo: "Before a merge or a change to the disks start the machine and shut it down, or remove the saved \
            state with Remove-VMSavedState.",
        not_first: "Do not merge or attach the disks for writing while the state is wanted.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let state = file.configuration().and_then(|configuration| configuration.saved_state.as_ref());
    let Some(state) = state.filter(|state| state.holds_memory()) else { return };
    let finding = out
        .finding("", "a machine's memory is saved here; a change to its disks makes it useless")
        .with("memory_blocks_count", state.memory_block_count);
    out.push(finding.with_some("type", state.kind.clone()));
}
