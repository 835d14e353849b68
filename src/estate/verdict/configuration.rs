//! Verdicts on configurations.

use crate::chain::FileNo;
use crate::estate::FileFacts;
use crate::estate::correlate::AttachedStatus;
use crate::estate::machines::{Machine, Registration};
use crate::vm::ConfigurationKind;

use super::{Class, Confidence, Judge, Verdict};

impl Judge<'_> {
    /// The verdict on a configuration.
    pub(super) fn configuration(&self, number: FileNo, file: &FileFacts) -> Verdict {
        let machines = self.evidence.machines;
        if let Some(list) = machines.list_in(number) {
            let verdict =
                Verdict::new(Class::ConfigInUse, Confidence::Confirmed, "it is a host's list of its machines");
            return match list.unseen.as_slice() {
                [] => verdict,
                unseen => verdict.also(format!(
                    "{} of the machines that it lists {} no configuration where it says, in what was scanned",
                    unseen.len(),
                    if unseen.len() == 1 { "has" } else { "have" }
                )),
            };
        }
        let known = self.index.machine_in.get(&number).and_then(|number| machines.get(*number));
        let verdict = match known {
            Some(machine) => self.of_machine(machine, file),
            None => Verdict::new(Class::Unknown, Confidence::Unknown, "it is no configuration that can be read"),
        };
        if machines.is_damaged(number) {
            return verdict.also("it could not be read in full, so that it may name more than was found");
        }
        verdict
    }

    fn of_machine(&self, machine: &Machine, file: &FileFacts) -> Verdict {
        let kind = machine.kind();
        if kind == ConfigurationKind::Cached {
            let what = format!("it is the host's copy of the configuration of machine {}", machine.label());
            return Verdict::new(Class::ConfigInUse, Confidence::Confirmed, what);
        }
        let damaged = self.evidence.machines.is_damaged(machine.file);
        if damaged && machine.disks.is_empty() {
            let what = "nothing that tells its use could be read from it";
            return Verdict::new(Class::Unknown, Confidence::Unknown, what);
        }
        if let Some(verdict) = missing(machine) {
            return verdict;
        }
        let verdict = match kind {
            ConfigurationKind::Checkpoint => self.of_checkpoint(machine),
            ConfigurationKind::Planned => {
                let what = format!("machine {} was imported only in part, and not to its end", machine.label());
                Verdict::new(Class::ConfigUnregistered, Confidence::Possible, what)
            }
            _ => of_registration(machine),
        };
        let outside = machine.disks.iter().filter(|disk| disk.found.status == AttachedStatus::Outside).count();
        let verdict = match outside {
            0 => verdict,
            1 => verdict.also("1 of its drives names a file on a volume that was not scanned"),
            n => verdict.also(format!("{n} of its drives name files on volumes that were not scanned")),
        };
        if verdict.class.group() == super::Group::Unneeded {
            return self.ceiling.lower(verdict, file, &self.evidence);
        }
        verdict
    }

    fn of_checkpoint(&self, checkpoint: &Machine) -> Verdict {
        let owner = checkpoint.owner.and_then(|owner| self.evidence.machines.get(owner));
        let Some(owner) = owner else {
            let what = format!("the machine of checkpoint {} was not found", checkpoint.label());
            return Verdict::new(Class::ConfigUnregistered, Confidence::Possible, what);
        };
        if super::uses::is_unlisted(&self.evidence, checkpoint) {
            let what = format!(
                "machine {} says that it has no checkpoints, so that it no longer knows {}",
                owner.label(),
                checkpoint.label()
            );
            return Verdict::new(Class::ConfigUnregistered, Confidence::Possible, what);
        }
        let what = format!("it is checkpoint {} of machine {}", checkpoint.label(), owner.label());
        Verdict::new(Class::ConfigInUse, Confidence::Confirmed, what)
    }
}

/// The verdict on a machine's configuration by what the hosts' lists say of it.
fn of_registration(machine: &Machine) -> Verdict {
    let name = machine.label();
    match &machine.registered {
        Some(Registration::Listed) => {
            Verdict::new(Class::ConfigInUse, Confidence::Confirmed, format!("a host's list names machine {name}"))
        }
        Some(Registration::Perhaps(path)) => {
            let what =
                format!("a host's list names machine {name} at {path}: this may be its configuration, or a copy");
            Verdict::new(Class::ConfigInUse, Confidence::Possible, what)
        }
        Some(Registration::Unlisted) => {
            let what = format!("no host's list that was scanned names machine {name}");
            Verdict::new(Class::ConfigUnregistered, Confidence::Possible, what)
                .also("another host may have it, or it was removed and its files kept")
        }
        None => {
            let what =
                format!("it is the configuration of machine {name}; no host's list was scanned that could name it");
            Verdict::new(Class::ConfigInUse, Confidence::Probable, what)
        }
    }
}

/// The verdict on a configuration that names a disk that is not there.
fn missing(machine: &Machine) -> Option<Verdict> {
    let gone: Vec<_> = machine
        .disks
        .iter()
        .filter(|disk| disk.drive.disk_path().is_some() && disk.found.status == AttachedStatus::Missing)
        .collect();
    let first = gone.first()?;
    let (what, drive) = match machine.kind() {
        ConfigurationKind::Checkpoint => ("checkpoint", &first.drive),
        _ => ("machine", &first.drive),
    };
    let reason = format!(
        "{what} {} names {} at {} {}, location {}, and its folder has no such file",
        machine.label(),
        first.recorded,
        drive.controller.kind.name().to_uppercase(),
        drive.controller.number,
        drive.location
    );
    let verdict = Verdict::new(Class::ConfigMissingDisk, Confidence::Confirmed, reason);
    let verdict = match gone.len() {
        1 => verdict,
        n => verdict.also(format!("{n} of its disks are missing")),
    };
    Some(match first.found.files.len() {
        0 => verdict,
        1 => verdict.also("another file could be it, by its name or by its chain"),
        n => verdict.also(format!("{n} other files could be it, by their names or by their chains")),
    })
}
