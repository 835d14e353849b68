//! How sure "nothing needs it" can be at most, by what was looked at and what was not.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::chain::windows_path::{PathKind, WindowsPath, is_shared_storage};
use crate::estate::correlate::AttachedStatus;
use crate::estate::machines::{Machine, Machines, Registration};
use crate::estate::{FileFacts, OriginNo};
use crate::vm::ConfigurationKind;

use super::counted::{are, counted, verb, was};
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
    /// When the configurations were read, those of them that were read first, and by whom.
    read_first: Option<(Timestamp, OriginNo)>,
}

impl Ceiling {
    pub(super) fn new(evidence: &Evidence<'_>) -> Self {
        let machines = evidence.machines;
        let mut ceiling = Self {
            most: Confidence::Confirmed,
            reasons: Vec::new(),
            any_machine: !machines.all.is_empty(),
            read_first: read_first(evidence),
        };
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
        let damaged = machines.damaged.len();
        if damaged > 0 {
            let what = format!("{} could not be read in full", counted(damaged, "configuration"));
            ceiling.limit(Confidence::Possible, &what);
        }
        let is_torn = |machine: &&Machine| evidence.file(machine.file).is_some_and(|file| file.changed_while_read);
        let torn = machines.all.iter().filter(is_torn).count();
        if torn > 0 {
            let what = format!(
                "{} while read: what they name now was not seen",
                verb(torn, "configuration", "changed", "changed")
            );
            ceiling.limit(Confidence::Possible, &what);
        }
        let clustered = machines.all.iter().filter(|machine| machine.configuration.clustered == Some(true)).count();
        if clustered > 0 {
            let what =
                format!("{} clustered: another node may run what this scan did not see", are(clustered, "machine"));
            ceiling.limit(Confidence::Possible, &what);
        }
        let lost = lost_checkpoints(machines);
        if lost > 0 {
            let whose = was(lost, "configuration");
            let what = format!(
                "machines list {} whose {whose} not found: nothing here names the disks that are kept for that",
                counted(lost, "checkpoint")
            );
            ceiling.limit(Confidence::Possible, &what);
        }
        let on_shared = |machine: &&Machine| {
            machine.kind() != ConfigurationKind::Cached
                && machine.disks.iter().any(|disk| is_shared_storage(&disk.recorded) || is_on_nameless(&disk.recorded))
        };
        let shared = machines.all.iter().filter(on_shared).count();
        if shared > 0 {
            let what = format!(
                "{} disks on storage that hosts may share: another host may run what this scan did not see",
                verb(shared, "configuration", "names", "name")
            );
            ceiling.limit(Confidence::Possible, &what);
        }
        let unseen: usize = machines.lists.iter().map(|list| list.unseen.len()).sum();
        if unseen > 0 {
            let whose = was(unseen, "configuration");
            let what = format!("a host lists {} whose {whose} not found where it says", counted(unseen, "machine"));
            ceiling.limit(Confidence::Possible, &what);
        }
        let own = machines.all.iter().filter(|machine| machine.kind() != ConfigurationKind::Cached);
        let outside = own
            .flat_map(|machine| &machine.disks)
            .filter(|disk| disk.found.status == AttachedStatus::Outside && disk.drive.disk_path().is_some())
            .count();
        if outside > 0 {
            let what = format!("configurations name {} on volumes that were not scanned", counted(outside, "disk"));
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
                are(unlisted, "machine")
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
        if file.changed_while_read {
            return verdict.at_most(Confidence::Unknown, "it was written to while it was looked at");
        }
        let seen = evidence.origins.get(file.origin.0).and_then(|origin| origin.as_of);
        if let Some((read, origin)) = self.read_first.filter(|(read, _)| seen.is_some_and(|seen| *read < seen))
            && file.modified.is_some_and(|written| read.duration_since(written) < RECENT)
            && let Some(origin) = evidence.origins.get(origin.0)
        {
            let host = origin.label();
            let what = format!(
                "it was written to after the configurations of {host} were read ({read:.0}), or shortly before"
            );
            verdict = verdict.at_most(Confidence::Possible, what);
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

/// When the first of the runs that saw configurations looked, and which it was.
fn read_first(evidence: &Evidence<'_>) -> Option<(Timestamp, OriginNo)> {
    let machines = evidence.machines;
    let files = machines.all.iter().map(|machine| machine.file).chain(machines.lists.iter().map(|list| list.file));
    let origins: BTreeSet<OriginNo> = files.filter_map(|file| Some(evidence.file(file)?.origin)).collect();
    origins.into_iter().filter_map(|origin| Some((evidence.origins.get(origin.0)?.as_of?, origin))).min()
}

/// Whether a path starts at a volume and not at a letter, as those of shared volumes of a cluster do.
fn is_on_nameless(recorded: &str) -> bool {
    matches!(WindowsPath::parse(recorded).kind(), PathKind::Volume { .. })
}

/// How many checkpoints the machines have of which no configuration was found.
fn lost_checkpoints(machines: &Machines) -> u64 {
    let found: BTreeSet<Uuid> = machines
        .all
        .iter()
        .filter(|machine| machine.kind() == ConfigurationKind::Checkpoint)
        .filter_map(|machine| machine.configuration.id)
        .collect();
    let mut listed: BTreeSet<Uuid> = BTreeSet::new();
    let mut counted = 0_u64;
    for (number, machine) in machines.iter().filter(|(_, machine)| machine.is_machine()) {
        let checkpoints = &machine.configuration.checkpoints;
        listed.extend(checkpoints.listed.iter().copied().filter(|id| !found.contains(id)));
        if checkpoints.listed.is_empty() {
            let known = u64::try_from(machines.checkpoints(number).count()).unwrap_or(u64::MAX);
            counted = counted.saturating_add(checkpoints.count.unwrap_or(0).saturating_sub(known));
        }
    }
    counted.saturating_add(u64::try_from(listed.len()).unwrap_or(u64::MAX))
}
