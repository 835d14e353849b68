//! `VHDX07xx`: the parent locator (MS-VHDX 2.6.2.6).

pub(super) mod damaged_text;
pub(super) mod escaping_path;
pub(super) mod missing;
pub(super) mod names_itself;
pub(super) mod on_share;
pub(super) mod paths_disagree;
pub(super) mod second_linkage;
pub(super) mod stale_path;
pub(super) mod unknown_type;
pub(super) mod unusable_linkage;
pub(super) mod without_parent;
pub(super) mod wrong_file;

use crate::chain::{Lead, Link};

use super::prelude::LinkedFile;

/// Each recorded path, in the order in which Windows tries them, with where it leads.
pub(super) fn recorded(file: &LinkedFile<'_>, link: &Link) -> Vec<String> {
    let leads = |lead: Lead| match lead {
        Lead::To(other) => match file.subject.file(other) {
            Some(found) if link.status.is_linked() && link.parent == Some(other) => {
                format!("leads to the parent, {}", found.path.display())
            }
            Some(found) => format!("leads to {}", found.path.display()),
            None => "leads to a file".to_owned(),
        },
        Lead::Itself => "leads to the file itself".to_owned(),
        Lead::NotThere => "leads to where no file is".to_owned(),
        Lead::Elsewhere => "leads out of what was looked at".to_owned(),
    };
    link.recorded.iter().map(|path| format!("{} {}: {}", path.key, path.path, leads(path.leads))).collect()
}
