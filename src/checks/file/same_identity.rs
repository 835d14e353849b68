//! Two files of one identity.

use crate::chain::FileNo;
use crate::checks::prelude::*;
use crate::estate::verdict::{Class, Confidence, Group};
use crate::image::DiskFacts;
use crate::limits::MAX_SAMPLES;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0912",
    name: "same-identity",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "Another file has the same identity: the DataWriteGuid of a VHDX, the unique id of a VHD. For \
            information where only one of them is in use; a warning where two are.",
        matters: "One is a copy of the other, taken when both held the same. A differencing disk over them fits \
            both, and whichever its paths lead to is taken. Copies that two machines use will go different ways \
            without a trace of it in the identities of a VHD.",
        harmless: "A backup beside the original; a storage migration that was cut short; a template of which copies \
            were made and not written to.",
        todo: "See which of the two the machines and the differencing disks name, and compare the content of both \
            with the hash command. Give a VHD that is to live on an identity of its own with Set-VHD \
            -ResetDiskIdentifier on a copy.",
        not_first: "Do not remove either before it is known which one the machines use: the time of the last write \
            does not tell.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let in_use = |other: FileNo| {
        let verdict = file.subject.verdict(other);
        verdict.is_some_and(|verdict| matches!(verdict.class.group(), Group::InUse | Group::Attention))
    };
    let is_copy = file.judged(Class::Copy).is_some();
    if !is_copy && !in_use(file.number) {
        return;
    }
    let Some(identity) = file.disk().and_then(DiskFacts::identity) else { return };
    let alike = file.index.of_identity(file.subject, identity);
    let surely = |other: FileNo| {
        in_use(other) && file.subject.verdict(other).is_some_and(|verdict| verdict.confidence >= Confidence::Probable)
    };
    let others = || alike.clone().filter(|other| *other != file.number);
    let (severity, what) = if is_copy {
        (Severity::Info, "another file has the same identity, and nothing needs this one")
    } else if surely(file.number) && others().any(surely) {
        (Severity::Warning, "another file that is in use has the same identity")
    } else if others().any(in_use) {
        (Severity::Info, "another file has the same identity, and it is not sure which of them is in use")
    } else {
        return;
    };
    let finding = out.finding("", what).severity(severity).with("identity", identity).with("files_count", alike.len());
    let others = others().take(MAX_SAMPLES);
    let others = others.filter_map(|other| Some((other, file.subject.file(other)?)));
    out.push(others.fold(finding, |finding, (number, other)| {
        let note = if in_use(number) { "the same identity, in use" } else { "the same identity" };
        finding.see_file(other, None, note)
    }));
}
