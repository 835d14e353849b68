//! A recorded path leads to a file server.

use crate::chain::windows_path::{PathKind, WindowsPath};
use crate::checks::prelude::*;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0709",
    name: "locator-path-on-share",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "A recorded path of the parent is a UNC path, to a share of another machine.",
        matters: "This program never follows it. Opening it would make the system sign in at that server, with the \
            user's name and a proof of the password; a made-up disk can be a trap for that.",
        harmless: "Hyper-V storage on SMB file servers, where all paths look so.",
        todo: "If the server is yours, nothing. Name the share with --map to have the path followed.",
        not_first: "Do not open a disk of unknown origin on a machine with network access before its locator has been \
            looked at.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    let is_unc = |path: &str| matches!(WindowsPath::kind_of(path), PathKind::Unc { .. });
    for recorded in link.recorded.iter().filter(|recorded| is_unc(&recorded.path)) {
        let Some(range) = file.value_range(recorded.key) else { continue };
        let finding = out
            .finding(STRUCTURE, format!("{} leads to a share", recorded.key))
            .in_range(range)
            .with("path", recorded.path.as_str());
        out.push(finding);
    }
}
