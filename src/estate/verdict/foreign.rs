//! Disks that are not Hyper-V's business, told by their names and folders. A name proves nothing, and nothing is said
//! of them but whom to ask.

use crate::estate::names::PlaceNames;

/// How the security identifiers of users start.
const USER: &str = "S-1-5-21-";

/// Which program's disk it is by its name and folders.
pub(super) fn program(names: &PlaceNames<'_>) -> Option<&'static str> {
    let stem = names.stem();
    let is = |name: &str| stem.eq_ignore_ascii_case(name.as_bytes());
    let in_folder = |wanted: &str| names.lies_in(wanted);
    let above = |start: &str| names.folders().iter().any(|folder| starts_with(folder, start));
    let of_user = || names.folders().first().is_some_and(|folder| starts_with(folder, USER) || holds_user(folder));
    Some(if in_folder("WindowsFilter") || is("blank-base") || is("docker_data") {
        "Docker: a layer or its data"
    } else if in_folder("Containers") && (in_folder("BaseImages") || in_folder("Sandboxes") || in_folder("Zygotes")) {
        "Windows Sandbox: its base image or a running copy"
    } else if is("ext4") {
        "WSL: the disk of a Linux distribution"
    } else if is("swap") && (in_folder("Temp") || above("wsl")) {
        "WSL: its swap space"
    } else if starts_with(stem, "UVHD-") {
        "User Profile Disks: a user's profile, or its template"
    } else if starts_with(stem, "Profile_") || starts_with(stem, "ODFC_") {
        "FSLogix: a user's profile or Office container"
    } else if ends_with(stem, "_ODFC") {
        "FSLogix: a session's difference of an Office container, or what one left"
    } else if (is("RW") || is("merge")) && of_user() {
        "FSLogix: a session's difference that was not merged, or is being merged"
    } else if starts_with(stem, USER) && ends_with(stem, "_RO") {
        "FSLogix: a session's read-only difference"
    } else if in_folder("iSCSIVirtualDisks") {
        "the iSCSI Target Server: a disk that it serves"
    } else if in_folder("WindowsImageBackup") {
        "Windows Server Backup: an image of a computer"
    } else if ends_with(stem, "-AutoRecovery") {
        "a backup: the copy in which it made the disk consistent"
    } else if in_folder("Microsoft DPM") || in_folder("Veeam") || above("VeeamFLR") {
        "a backup program: its scratch space"
    } else {
        return None;
    })
}

fn starts_with(name: &[u8], start: &str) -> bool {
    name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

fn ends_with(name: &[u8], end: &str) -> bool {
    let tail = name.len().checked_sub(end.len()).and_then(|start| name.get(start..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(end.as_bytes()))
}

/// `user_S-1-5-21-…`, the folder of a user's profile in its other spelling.
fn holds_user(folder: &[u8]) -> bool {
    let before = |at: usize| at.checked_sub(1).and_then(|at| folder.get(at)) == Some(&b'_');
    (1..folder.len()).any(|at| before(at) && folder.get(at..).is_some_and(|rest| starts_with(rest, USER)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn program_of(path: &str) -> Option<&'static str> {
        program(&PlaceNames::of(Path::new(path)))
    }

    #[test]
    fn programs_are_told_by_names_and_folders() {
        for (path, starts) in [
            ("share/S-1-5-21-1-2-3-1001_anna/Profile_anna.VHDX", "FSLogix"),
            ("share/anna_S-1-5-21-1-2-3-1001/RW.VHDX", "FSLogix"),
            ("share/S-1-5-21-1-2-3-1001_anna/merge.vhdx", "FSLogix"),
            ("share/x/PC7_ODFC.VHDX", "FSLogix"),
            ("temp/S-1-5-21-1-2-3-1001_RO.VHDX", "FSLogix"),
            ("upd/UVHD-S-1-5-21-1-2-3-1001.vhdx", "User Profile Disks"),
            ("a/LocalState/ext4.vhdx", "WSL"),
            ("ProgramData/Docker/windowsfilter/3f2a/sandbox.vhdx", "Docker"),
            ("ProgramData/Microsoft/Windows/Containers/BaseImages/1/BaseLayer/Files.vhdx", "Windows Sandbox"),
            ("iSCSIVirtualDisks/lun0.vhdx", "the iSCSI Target Server"),
            ("b/WindowsImageBackup/PC/Backup/1.vhdx", "Windows Server Backup"),
        ] {
            assert!(program_of(path).is_some_and(|program| program.starts_with(starts)), "{path}");
        }
        for path in ["vms/web.vhdx", "vms/RW.vhdx", "vms/merge.vhdx", "sandbox.vhdx", "Profile.vhdx"] {
            assert_eq!(program_of(path), None, "{path}");
        }
    }
}
