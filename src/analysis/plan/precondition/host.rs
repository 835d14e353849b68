//! What the host and its volumes say, as far as files tell.

use crate::source::FileAttributes;

use super::{FIND_TARGET, Method, NO_TARGET, Precondition};
use crate::analysis::plan::ask::Ask;
use crate::analysis::plan::course::Course;
use crate::analysis::plan::facts::Facts;

/// 12: no file is kept in a way that keeps Hyper-V from opening or writing it.
pub(super) fn attributes(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(
        12,
        "attributes",
        "no file is read-only, sparse, compressed, encrypted or under integrity streams",
    );
    for file in course.chain() {
        let kept = facts.attributes.get(&file).copied().unwrap_or_default();
        if kept.read_only == Some(true) && course.changed().contains(&file) {
            it.fail(file, "it must not be written to", &Method::IN_PLACE);
        }
        for (has, what) in [
            (kept.sparse, "sparse"),
            (kept.compressed, "compressed"),
            (kept.encrypted, "encrypted"),
            (kept.integrity, "under integrity streams"),
        ] {
            if has == Some(true) {
                it.fail(
                    file,
                    format!("it is {what}, and Hyper-V does not open such a disk (0xC03A001A)"),
                    &Method::ACTIVE,
                );
            }
        }
        let untold = FileAttributes { read_only: kept.read_only, names: kept.names, ..FileAttributes::default() };
        if kept == untold {
            it.unknown(file, "this system does not show the attributes of Windows");
            it.ask.push(Ask::Attributes(file));
        }
    }
    it.end_or_ask(
        "fsutil sparse setflag FILE 0, compact /u, cipher /d, Set-FileIntegrity -Enable $false, or the read-only \
         attribute taken away.",
        "The attributes must show none of ReadOnly, SparseFile, Compressed, Encrypted and IntegrityStream.",
        "none of the attributes is set",
    )
}

/// 19: the machine may open what survives.
pub(super) fn access(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(19, "access", "the machine may open the file that survives");
    let Some(target) = course.target else {
        it.unknown(course.top(), NO_TARGET);
        return it.end(FIND_TARGET, "");
    };
    let machines = facts.machines_of(&course.users());
    for machine in machines.iter().filter_map(|number| facts.machines.get(*number)) {
        let account = facts.id_of(machine).map_or_else(|| "?".to_owned(), |id| id.to_string().to_uppercase());
        it.unknown(target, format!("{} opens it as NT VIRTUAL MACHINE\\{account}", machine.title()));
    }
    it.unknown(target, "access rights do not show in the files");
    it.ask.push(Ask::Access(target));
    it.end(
        "The account NT VIRTUAL MACHINE\\<id of the machine> must have full access to the file; Set-VMHardDiskDrive and \
         Add-VMHardDiskDrive give it. By hand: icacls FILE /grant \"NT VIRTUAL MACHINE\\<id>:(F)\".",
        "",
    )
}

/// 21: everything was looked at that may depend on the files.
pub(super) fn coverage(facts: &Facts<'_>) -> Precondition {
    let mut it = Precondition::new(21, "coverage", "everything was looked at that may depend on the files");
    let seen = facts.seen;
    if seen.unreadable > 0 {
        it.unknown(None, format!("{} files and folders could not be read", seen.unreadable));
    }
    if seen.interrupted {
        it.unknown(None, "the run was broken off");
    }
    if seen.limited {
        it.unknown(None, "folders were left out on request");
    }
    if seen.single_files {
        it.unknown(None, "only the folder of the named file was looked at, and what --search and --map name");
    }
    if facts.machines.lists.is_empty() {
        it.unknown(
            None,
            "no host's list of machines (data.vmcx) was found: hosts that are not known may use the files",
        );
    }
    for list in &facts.machines.lists {
        it.saw(list.file, "the host's list of machines");
        for gone in &list.unseen {
            let id = gone.id.map_or_else(String::new, |id| format!(" {id}"));
            it.unknown(list.file, format!("it names the machine{id} at {}, which was not looked at", gone.recorded));
        }
    }
    it.ask.push(Ask::References);
    it.end(
        "Name every folder in which children, configurations and lists of hosts may lie (--search), and ask every host \
         that reaches the volume.",
        "everything under the named folders could be read, with the host's list and all its machines",
    )
}
