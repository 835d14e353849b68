//! What nothing needs, in one sum.

use crate::checks::prelude::*;
use crate::estate::NamedPath;
use crate::estate::verdict::{Class, Confidence};
use std::collections::BTreeMap;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0913",
    name: "unneeded-files",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "Below this path lie files that nothing that was looked at needs: disks, configurations, companions. \
            The evidence has their number and bytes by class and by how sure that is.",
        matters: "They take space, and among them may be the only copy of something that somebody misses later. How \
            sure it is that nobody needs them depends on how much was scanned.",
        harmless: "Archives, templates, disks of machines of a host that was not scanned.",
        todo: "Look at the list with the orphans command: it says for each file why, how sure, and what to verify \
            first.",
        not_first: "Do not remove files by this sum, and nothing before all hosts, replicas and backup jobs were \
            looked at.",
    },
    run: Run::Below(run),
};

fn run(subject: &Subject<'_>, named: &NamedPath, out: &mut Sink<'_>) {
    let root = subject.place(named.origin, &named.path);
    let mut sums: BTreeMap<(Class, Confidence), (u64, ByteLen)> = BTreeMap::new();
    let (mut files, mut bytes) = (0_u64, ByteLen::ZERO);
    for (file, verdict) in subject.files.iter().zip(subject.verdicts) {
        let Some(verdict) = verdict.as_ref().filter(|verdict| verdict.is_unneeded()) else { continue };
        if !file.named || verdict.confidence == Confidence::Unknown {
            continue;
        }
        let place = subject.place(file.origin, &file.path);
        if !place.starts_with(&root) || place == root {
            continue;
        }
        let stake = verdict.at_stake.unwrap_or_default();
        let sum = sums.entry((verdict.class, verdict.confidence)).or_default();
        *sum = (sum.0.saturating_add(1), sum.1.saturating_add(stake));
        files = files.saturating_add(1);
        bytes = bytes.saturating_add(stake);
    }
    if files == 0 {
        return;
    }
    let by_class = sums.into_iter().map(|((class, confidence), (files, bytes))| {
        format!("{}, {}: {files} of {} bytes", class.name(), confidence.name(), bytes.0)
    });
    let what = format!(
        "{} that nothing needs, as far as was looked",
        if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
    );
    let finding = out
        .finding("", what)
        .with("files_count", files)
        .with("at_stake_bytes", bytes)
        .with("classes", by_class.collect::<Vec<String>>());
    out.push(finding);
}
