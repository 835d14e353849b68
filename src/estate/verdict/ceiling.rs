//! How sure "nothing needs it" can be at most, by what was looked at and what was not.

use jiff::SignedDuration;

use crate::estate::FileFacts;
use crate::estate::correlate::AttachedStatus;
use crate::estate::machines::{Machine, Registration};
use crate::vm::ConfigurationKind;

use super::{Confidence, Evidence, Verdict};

/// A file written to within this time may be about to be used: nothing is said of it.
const FRESH: SignedDuration = SignedDuration::from_hours(1);
/// A file written to within this time is not called dead without doubt.
const RECENT: SignedDuration = SignedDuration::from_hours(24);

/// The most that can be said, and why.
#[derive(Debug)]
pub(super) struct Ceiling {
    most: Confidence,
    reasons: Vec<String>,
    /// Whether there is a configuration of a machine at all.
    pub(super) any_machine: bool,
}

impl Ceiling {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let machines = evidence.machines;
        let mut ceiling =
            Self { most: Confidence::Confirmed, reasons: Vec::new(), any_machine: !machines.all.is_empty() };
        let seen = evidence.seen;
        if !ceiling.any_machine {
            ceiling.limit(
                Confidence::Unknown,
                "no configuration of a machine was found in what was named, so nothing here can say who needs it",
            );
        }
        if seen.interrupted {
            ceiling.limit(Confidence::Possible, "the scan was broken off before its end");
        }
        if seen.unreadable > 0 {
            let what = format!("{} could not be read", counted(seen.unreadable, "path"));
            ceiling.limit(Confidence::Possible, &what);
        }
        if seen.links > 0 {
            let what = format!("{} not followed: what lies behind was not looked at", are(seen.links, "symbolic link"));
            ceiling.limit(Confidence::Possible, &what);
        }
        if seen.limited {
            ceiling.limit(Confidence::Possible, "folders were left out of the scan on request");
        }
        if seen.single_files {
            ceiling.limit(Confidence::Possible, "single files were named, not the whole of their folders");
        }
        let damaged = count(machines.damaged.len());
        if damaged > 0 {
            let what = format!("{} could not be read in full", counted(damaged, "configuration"));
            ceiling.limit(Confidence::Possible, &what);
        }
        let clustered = machines.all.iter().filter(|machine| machine.configuration.clustered == Some(true)).count();
        if clustered > 0 {
            let what = format!(
                "{} clustered: another node may run what this scan did not see",
                are(count(clustered), "machine")
            );
            ceiling.limit(Confidence::Possible, &what);
        }
        let unseen = count(machines.lists.iter().map(|list| list.unseen.len()).sum());
        if unseen > 0 {
            let what = format!(
                "a host lists {} whose configurations were not found where it says",
                counted(unseen, "machine")
            );
            ceiling.limit(Confidence::Possible, &what);
        }
        let own = machines.all.iter().filter(|machine| machine.kind() != ConfigurationKind::Cached);
        let outside = own
            .flat_map(|machine| &machine.disks)
            .filter(|disk| disk.found.status == AttachedStatus::Outside && disk.drive.disk_path().is_some())
            .count();
        if outside > 0 {
            let what =
                format!("configurations name {} on volumes that were not scanned", counted(count(outside), "disk"));
            ceiling.limit(Confidence::Possible, &what);
        }
        if ceiling.any_machine && machines.lists.is_empty() {
            ceiling.limit(Confidence::Probable, "no host's list of machines (data.vmcx) was among what was scanned");
        }
        // Whoever runs them runs others as well.
        let of_others = |machine: &&Machine| {
            machine.is_machine()
                && machine.kind() != ConfigurationKind::Planned
                && matches!(machine.registered, None | Some(Registration::Unlisted))
        };
        let unlisted = machines.all.iter().filter(of_others).count();
        if unlisted > 0 && !machines.lists.is_empty() {
            let what = format!(
                "{} in no host's list that was scanned: the host that runs such a machine was not scanned as a whole",
                are(count(unlisted), "machine")
            );
            ceiling.limit(Confidence::Probable, &what);
        }
        ceiling
    }

    fn limit(&mut self, most: Confidence, reason: &str) {
        self.most = self.most.min(most);
        self.reasons.push(reason.to_owned());
    }

    /// The verdict that nothing needs a file, no surer than what was looked at allows.
    pub(super) fn lower(&self, mut verdict: Verdict, file: &FileFacts, evidence: &Evidence<'_>) -> Verdict {
        for reason in &self.reasons {
            verdict = verdict.at_most(self.most, reason.as_str());
        }
        let Some(age) = evidence.age(file) else {
            return verdict.at_most(Confidence::Possible, "when it was last written to is not known");
        };
        if age < -FRESH {
            let what = "it was last written to after the moment from which ages count: a clock was wrong, and its age is not known";
            verdict.at_most(Confidence::Unknown, what)
        } else if age < FRESH {
            verdict.at_most(Confidence::Unknown, "it was written to within the last hour")
        } else if age < RECENT {
            verdict.at_most(Confidence::Possible, "it was written to within the last day")
        } else {
            verdict
        }
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn counted(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn are(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what} is") } else { format!("{n} {what}s are") }
}
