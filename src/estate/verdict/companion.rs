//! Verdicts on companions: each belongs to the file whose name or id it carries, and fares as that one does.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use uuid::Uuid;

use crate::chain::FileNo;
use crate::chain::windows_path::WindowsPath;
use crate::estate::names::{PlaceNames, folded_name, is_backup_copy, is_backup_document, leading_guid};
use crate::estate::{DisksByPlace, FileFacts};
use crate::image::FileKind;
use crate::vm::ConfigurationKind;

use super::{Class, Confidence, Evidence, Group, Judge, Verdict};

/// The files that companions belong to, by what they carry of them.
#[derive(Debug)]
pub(super) struct Owners<'a> {
    verdicts: &'a [Option<Verdict>],
    disks: DisksByPlace,
    by_id: BTreeMap<Uuid, Vec<FileNo>>,
    /// Which of those of an id is the first in a folder.
    by_folder: HashMap<(Uuid, Option<&'a Path>), usize>,
    /// Names of guest state files that configurations record.
    recorded: BTreeSet<String>,
}

impl<'a> Owners<'a> {
    pub(super) fn new(evidence: &Evidence<'a>, verdicts: &'a [Option<Verdict>]) -> Self {
        let files = super::numbered(evidence)
            .flat_map(|(number, file)| file.places().map(move |place| (number, place, file.kind)));
        let disks = DisksByPlace::new(files);
        let (by_id, by_folder) = (BTreeMap::new(), HashMap::new());
        let mut owners = Self { verdicts, disks, by_id, by_folder, recorded: BTreeSet::new() };
        for (_, machine) in evidence.machines.iter().filter(|(_, machine)| !machine.backup_copy) {
            let by_name = evidence.file(machine.file).and_then(|file| leading_guid(&file.path));
            let ids: BTreeSet<Uuid> = machine.configuration.id.into_iter().chain(by_name).collect();
            for id in ids {
                owners.add(id, machine.file, evidence);
            }
            if let Some(path) = &machine.configuration.guest_state_path {
                let name = WindowsPath::parse(&path.lossy()).file_name().map(crate::chain::windows_path::to_upper);
                owners.recorded.extend(name);
            }
        }
        // What can no longer be read still has its name.
        let is_lost =
            |file: &FileFacts| matches!(file.kind, FileKind::Vmcx | FileKind::VmXml) && !is_backup_copy(&file.path);
        for (number, file) in super::numbered(evidence).filter(|(_, file)| is_lost(file)) {
            if let Some(id) = leading_guid(&file.path).filter(|_| evidence.machines.of_file(number).is_none()) {
                owners.add(id, number, evidence);
            }
        }
        owners
    }

    fn add(&mut self, id: Uuid, owner: FileNo, evidence: &Evidence<'a>) {
        let folder = evidence.file(owner).and_then(|owner| owner.path.parent());
        let known = self.by_id.entry(id).or_default();
        self.by_folder.entry((id, folder)).or_insert(known.len());
        known.push(owner);
    }

    /// The owner of an id for what lies in a folder: the first of those in the same folder or the one above, else the
    /// first of all.
    fn near(&self, id: Uuid, folder: Option<&Path>) -> Option<FileNo> {
        let above = folder.and_then(Path::parent);
        let near = [folder, above].into_iter().filter_map(|folder| self.by_folder.get(&(id, folder))).min();
        self.by_id.get(&id)?.get(near.copied().unwrap_or_default()).copied()
    }

    fn verdict(&self, owner: FileNo) -> Option<&Verdict> {
        self.verdicts.get(owner.0).and_then(Option::as_ref)
    }
}

/// The verdict on a companion.
pub(super) fn judge(judge: &Judge<'_>, number: FileNo, file: &FileFacts, owners: &Owners<'_>) -> Verdict {
    let verdict = match file.kind {
        FileKind::Rct | FileKind::Mrt | FileKind::Hrl | FileKind::Hru => of_disk(judge, file, owners),
        FileKind::Iso | FileKind::Vfd => medium(judge, number),
        _ if is_backup_document(&file.path) => Verdict::new(
            Class::CompanionOrphan,
            Confidence::Possible,
            "a backup writes it beside the disks of its shadow copy; where it is found elsewhere, disks were restored here \
             or a merge after a backup was not done",
        ),
        _ => of_configuration(judge, number, file, owners),
    };
    let verdict = match (file.holds_memory, &verdict.class) {
        (true, Class::CompanionInUse) => {
            verdict.also("it holds a machine's memory: a merge or a change to the disks makes that useless")
        }
        _ => verdict,
    };
    if verdict.class.group() == Group::Unneeded {
        return judge.ceiling.lower(verdict, file, &judge.evidence);
    }
    verdict
}

fn of_disk(judge: &Judge<'_>, file: &FileFacts, owners: &Owners<'_>) -> Verdict {
    match file.places().find_map(|place| owners.disks.of(place)) {
        Some(owner) => like_its_owner(judge, owner, owners),
        None if super::disk::is_replica(&PlaceNames::of(&file.path)) => {
            Verdict::new(Class::Replica, Confidence::Probable, "it lies in a folder of Hyper-V Replica")
        }
        None if file.kind == FileKind::Hru => Verdict::new(
            Class::Replica,
            Confidence::Possible,
            "it is an undo log of Hyper-V Replica, and its name does not tell of which disk",
        ),
        None => Verdict::new(
            Class::CompanionOrphan,
            Confidence::Confirmed,
            "there is no disk beside it with the name that it carries",
        ),
    }
}

fn of_configuration(judge: &Judge<'_>, number: FileNo, file: &FileFacts, owners: &Owners<'_>) -> Verdict {
    let id = leading_guid(&file.path);
    if let Some(owner) = id.and_then(|id| owners.near(id, file.path.parent())) {
        let verdict = like_its_owner(judge, owner, owners);
        return if is_backup_copy(&file.path) {
            verdict.also(
                "a backup makes it before its checkpoint and removes it at its end: that backup has not ended well",
            )
        } else {
            verdict
        };
    }
    if owners.recorded.contains(&folded_name(&file.path)) {
        return Verdict::new(Class::CompanionInUse, Confidence::Probable, "a configuration records a file of its name");
    }
    if let Some((_, machine)) = judge.evidence.machines.of_file(number).filter(|_| is_backup_copy(&file.path)) {
        let what = format!(
            "it is a backup's copy of the configuration of {}, of which no other was found: the machine can be had again \
             from it",
            machine.label()
        );
        return Verdict::new(Class::CompanionInUse, Confidence::Possible, what);
    }
    let carries = match id {
        Some(id) => format!("no configuration has the id that it carries, {id}"),
        None => "its name carries no id, so that nothing tells whose it is".to_owned(),
    };
    let sure = if id.is_some() { Confidence::Confirmed } else { Confidence::Possible };
    Verdict::new(Class::CompanionOrphan, sure, carries)
}

fn is_configuration(judge: &Judge<'_>, owner: FileNo) -> bool {
    judge.evidence.file(owner).is_some_and(|owner| matches!(owner.kind, FileKind::Vmcx | FileKind::VmXml))
}

fn is_machine(judge: &Judge<'_>, owner: FileNo) -> bool {
    judge.evidence.machines.of_file(owner).is_some_and(|(_, machine)| machine.kind() == ConfigurationKind::Machine)
}

fn like_its_owner(judge: &Judge<'_>, owner: FileNo, owners: &Owners<'_>) -> Verdict {
    let path = judge.evidence.path(owner);
    match owners.verdict(owner) {
        // The machine is there, whoever runs it.
        Some(verdict) if is_machine(judge, owner) && verdict.class == Class::ConfigUnregistered => {
            let what = format!("it belongs to {path}, which no host's list that was scanned names");
            Verdict::new(Class::CompanionInUse, verdict.confidence, what)
        }
        Some(verdict) if is_configuration(judge, owner) && verdict.class == Class::Unknown => {
            let what =
                format!("it belongs to {path}, which cannot be read: more of the machine may be in here than there");
            Verdict::new(Class::CompanionInUse, Confidence::Possible, what)
        }
        Some(verdict) if verdict.is_unneeded() => {
            let what = format!("it belongs to {path}, which nothing that was found needs");
            Verdict::new(Class::CompanionOrphan, verdict.confidence, what)
        }
        Some(verdict) if verdict.class == Class::Foreign => {
            Verdict::new(Class::Foreign, verdict.confidence, format!("it belongs to {path}"))
        }
        verdict => {
            let sure = verdict.map_or(Confidence::Unknown, |verdict| verdict.confidence);
            Verdict::new(Class::CompanionInUse, sure, format!("it belongs to {path}"))
        }
    }
}

/// A disc or floppy image: in use while a drive holds it.
fn medium(judge: &Judge<'_>, number: FileNo) -> Verdict {
    let need = judge.uses.of(number);
    match need.and_then(|need| need.attached.iter().max_by_key(|one| one.sure)) {
        Some(attachment) => {
            let who =
                judge.machine(attachment.machine).map(crate::estate::machines::Machine::label).unwrap_or_default();
            Verdict::new(Class::CompanionInUse, attachment.sure, format!("it is in a drive of {who}"))
        }
        None => Verdict::new(Class::Unknown, Confidence::Unknown, "no drive holds it; media are often kept for later"),
    }
}
