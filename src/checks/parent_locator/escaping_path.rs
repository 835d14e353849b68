//! A recorded path leads where no parent lies.

use crate::chain::Lead;
use crate::chain::windows_path::WindowsPath;
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0710",
    name: "locator-path-escapes",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A recorded path names a device, or climbs with \"..\" out of what was looked at although the other \
            paths do not say so: the names it ends in are not those the absolute path ends in.",
        matters: "This program does not follow it. A program that does can be made to open a file that its user did \
            not mean: a system file, a raw disk, a serial port.",
        harmless: "None known for devices. A relative path that climbs is normal while it agrees with the absolute \
            path; this one does not, as after a move of only one of the files across folders.",
        todo: "Look at the other paths, and find the parent by its GUID. Treat the origin of the file as suspect \
            until the path is explained.",
        not_first: "Do not open the disk with tools that follow its paths, in particular not with elevated rights.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    for recorded in link.recorded.iter().filter(|recorded| recorded.leads == Lead::Elsewhere) {
        if !WindowsPath::may_escape(&recorded.path) {
            continue;
        }
        let path = WindowsPath::parse(&recorded.path);
        let why = if path.is_device() {
            "names a device"
        } else if climbs(&path) && !agrees(&path, link) {
            "climbs out of what was looked at"
        } else {
            continue;
        };
        let Some(range) = file.value_range(recorded.key) else { continue };
        let finding = out
            .finding(STRUCTURE, format!("{} {why}", recorded.key))
            .in_range(range)
            .with("path", recorded.path.as_str())
            .with("recorded_paths", super::recorded(file, link));
        out.push(finding);
    }
}

fn climbs(path: &WindowsPath) -> bool {
    path.components().iter().any(|name| name == "..")
}

/// Whether one of the other paths ends in the names that this one has after its last "..".
fn agrees(path: &WindowsPath, link: &Link) -> bool {
    let named: Vec<&String> = path.components().iter().rev().take_while(|name| *name != "..").collect();
    link.recorded.iter().any(|recorded| {
        let other = WindowsPath::parse(&recorded.path);
        other.is_absolute()
            && !climbs(&other)
            && named.len() <= other.components().len()
            && named.iter().zip(other.components().iter().rev()).all(|(a, b)| a.eq_ignore_ascii_case(b))
    })
}
