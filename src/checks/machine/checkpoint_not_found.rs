//! A machine lists a checkpoint whose configuration was not found.

use crate::checks::prelude::*;
use std::collections::BTreeSet;

use uuid::Uuid;

use crate::limits::MAX_SAMPLES;
use crate::vm::ConfigurationKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1016",
    name: "checkpoint-not-found",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The machine's configuration lists more checkpoints than were found, or one of an id that no \
            configuration has.",
        matters: "The manager shows a missing checkpoint, and what the machine's chain holds can no longer be \
            named. The disk that it kept may look as if nobody needed it.",
        harmless: "The checkpoints lie in a folder that was not scanned.",
        todo: "Scan the folder of the checkpoints as well. If the configuration is gone, remove the entry with \
            Get-VMSnapshot -SnapshotType Missing | Remove-VMSnapshot.",
        not_first: "Do not remove .avhdx files of this machine that no configuration names: one of them is what the \
            checkpoint kept.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let Some((number, machine)) = file.machine() else { return };
    if machine.kind() != ConfigurationKind::Machine || machine.backup_copy {
        return;
    }
    let found: BTreeSet<Uuid> =
        file.subject.machines.checkpoints(number).filter_map(|(_, checkpoint)| checkpoint.configuration.id).collect();
    let listed = &machine.configuration.checkpoints;
    let missing: Vec<String> = listed.listed.iter().filter(|id| !found.contains(id)).map(Uuid::to_string).collect();
    let count = listed.count.unwrap_or_default();
    let fewer = count > ByteLen::from(found.len()).0;
    if missing.is_empty() && !fewer {
        return;
    }
    let what =
        format!("{} lists {count} checkpoints, and the configurations of {} were found", machine.title(), found.len());
    let finding = out.finding("", what).with("listed_count", count).with("found_count", found.len());
    out.push(finding.with("missing_ids", missing.into_iter().take(MAX_SAMPLES).collect::<Vec<String>>()));
}
