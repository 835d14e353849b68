//! A machine writes over a chain that no checkpoint accounts for.

use crate::checks::prelude::*;
use crate::estate::Machine;
use crate::estate::verdict::Class;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0911",
    name: "chain-without-checkpoint",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A machine writes to an automatic differencing disk (.avhdx), and neither a checkpoint's \
            configuration nor the machine's own list says that it has a checkpoint.",
        matters: "Hyper-V Manager shows no checkpoint, and so nobody looks: the chain grows with every backup until \
            the volume is full or one of its files is taken for a leftover and removed. All of them are needed.",
        harmless: "The checkpoints' configurations lie in a folder that was not scanned. A merge is under way just \
            now.",
        todo: "Look for room for the merge, make a checkpoint and remove it again, or shut the machine down and \
            wait: Hyper-V then merges. If it does not, merge offline from the leaf to the base and have the machine \
            use the base.",
        not_first: "Do not remove any file of the chain, however old it is, and do not merge single files out of \
            the middle.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    if file.judged(Class::UncheckpointedChain).is_none() {
        return;
    }
    let chain: Vec<&FoundFile> =
        file.subject.forest.ancestry(file.number).filter_map(|number| file.subject.file(number)).collect();
    let over = chain.len().saturating_sub(1);
    let sizes = chain.iter().take(over).filter_map(|file| file.stamp).map(|stamp| stamp.size);
    let bytes = sizes.fold(ByteLen::ZERO, ByteLen::saturating_add);
    let machine = file.subject.machines.attaching(file.number).next();
    let who = machine.map_or_else(|| "a machine".to_owned(), Machine::title);
    let finding = out
        .finding(
            "chain",
            format!("{who} writes to the last of {} files, and no checkpoint accounts for them", chain.len()),
        )
        .with("files_count", chain.len())
        .with("over_base_bytes", bytes);
    out.push(match chain.last() {
        Some(base) if over > 0 => finding.see_file(base, None, "the last file of the chain"),
        _ => finding,
    });
}
