//! The recorded paths name different files.

use crate::chain::windows_path::WindowsPath;
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0707",
    name: "locator-paths-disagree",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The paths in the parent locator do not end in one file name (MS-VHDX 2.6.2.6.3 has them lead to \
            one file).",
        matters: "Windows opens the first that leads to a file: the relative path, then the volume path, then the \
            absolute one. The evidence lists each with where it leads. The parent is proved by its GUID all the same.",
        harmless: "A parent that was renamed while only one of the paths was updated, and files that were copied or \
            restored under another name.",
        todo: "Set the parent anew with Set-VHD -ParentPath, which updates all of them.",
        not_first: "Do not rename files until the paths fit.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let Some((_, range)) = file.locator() else { return };
    if end_alike(link) {
        return;
    }
    let mut names = link
        .recorded
        .iter()
        .filter_map(|recorded| WindowsPath::parse(&recorded.path).file_name().map(str::to_lowercase));
    let Some(first) = names.next() else { return };
    if names.all(|name| name == first) {
        return;
    }
    let finding = out
        .finding(STRUCTURE, "the recorded paths of the parent name different files")
        .in_range(range)
        .with("recorded_paths", super::recorded(file, link));
    out.push(finding);
}

/// Whether the texts of all paths end in one and the same name, spelled alike, as they nearly always do.
fn end_alike(link: &Link) -> bool {
    let is_separator = |byte: &u8| matches!(byte, b'\\' | b'/');
    let mut ends = link.recorded.iter().filter_map(|recorded| recorded.path.as_bytes().rsplit(is_separator).next());
    let Some(first) = ends.next() else { return true };
    // A colon follows a drive, a percent sign may be part of a URL, points and spaces at the end count after `\\?\` alone.
    let may_be_cut = first.iter().any(|byte| matches!(byte, b':' | b'%' | b'\0'))
        || matches!(first.last(), None | Some(b'.' | b' '));
    !may_be_cut && ends.all(|end| end == first)
}
