//! Disks that are not Hyper-V's business, told by their names and folders. A name proves nothing, and nothing is said
//! of them but whom to ask.

use std::borrow::Cow;
use std::path::Path;

use crate::chain::windows_path::to_upper;

/// Which program's disk it is by its name and folders.
pub(super) fn program(path: &Path) -> Option<&'static str> {
    let name = to_upper(&path.file_name()?.to_string_lossy());
    let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
    let folders: Vec<Cow<'_, str>> =
        path.parent()?.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let in_folder = |wanted: &str| folders.iter().any(|folder| folder.eq_ignore_ascii_case(wanted));
    let above = |starts: &str| folders.iter().any(|folder| to_upper(folder).starts_with(starts));
    let of_user = || {
        let last = folders.last().map(|folder| to_upper(folder));
        last.is_some_and(|folder| is_sid(&folder) || folder.contains("_S-1-5-21-"))
    };
    Some(match stem {
        _ if in_folder("WINDOWSFILTER") || stem == "BLANK-BASE" || stem == "DOCKER_DATA" => {
            "Docker: a layer or its data"
        }
        _ if in_folder("CONTAINERS") && (in_folder("BASEIMAGES") || in_folder("SANDBOXES") || in_folder("ZYGOTES")) => {
            "Windows Sandbox: its base image or a running copy"
        }
        "EXT4" => "WSL: the disk of a Linux distribution",
        "SWAP" if in_folder("TEMP") || above("WSL") => "WSL: its swap space",
        _ if stem.starts_with("UVHD-") => "User Profile Disks: a user's profile, or its template",
        _ if stem.starts_with("PROFILE_") || stem.starts_with("ODFC_") => {
            "FSLogix: a user's profile or Office container"
        }
        _ if stem.ends_with("_ODFC") => "FSLogix: a session's difference of an Office container, or what one left",
        "RW" | "MERGE" if of_user() => "FSLogix: a session's difference that was not merged, or is being merged",
        _ if stem.starts_with("S-1-5-21-") && stem.ends_with("_RO") => "FSLogix: a session's read-only difference",
        _ if in_folder("ISCSIVIRTUALDISKS") => "the iSCSI Target Server: a disk that it serves",
        _ if in_folder("WINDOWSIMAGEBACKUP") => "Windows Server Backup: an image of a computer",
        _ if stem.ends_with("-AUTORECOVERY") => "a backup: the copy in which it made the disk consistent",
        _ if in_folder("MICROSOFT DPM") || in_folder("VEEAM") || above("VEEAMFLR") => {
            "a backup program: its scratch space"
        }
        _ => return None,
    })
}

/// `S-1-5-21-…_user`, the folder of a user's profile.
fn is_sid(folder: &str) -> bool {
    folder.starts_with("S-1-5-21-")
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert!(program(Path::new(path)).is_some_and(|program| program.starts_with(starts)), "{path}");
        }
        for path in ["vms/web.vhdx", "vms/RW.vhdx", "vms/merge.vhdx", "sandbox.vhdx", "Profile.vhdx"] {
            assert_eq!(program(Path::new(path)), None, "{path}");
        }
    }
}
