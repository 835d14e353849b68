//! Every code has a made file that triggers it, at the right place and with nothing beside it that is not expected, and
//! one that is close to it and does not.
#![cfg(feature = "testkit")]

#[cfg(test)]
#[path = "checks_table/bat.rs"]
mod bat;
#[cfg(test)]
#[path = "checks_table/chain.rs"]
mod chain;
#[cfg(test)]
#[path = "checks_table/configuration.rs"]
mod configuration;
#[cfg(test)]
#[path = "checks_table/estate.rs"]
mod estate;
#[cfg(test)]
#[path = "checks_table/file.rs"]
mod file;
#[cfg(test)]
#[path = "checks_table/folder.rs"]
mod folder;
#[cfg(test)]
#[path = "checks_table/header.rs"]
mod header;
#[cfg(test)]
#[path = "checks_table/log.rs"]
mod log;
#[cfg(test)]
#[path = "checks_table/metadata.rs"]
mod metadata;
#[cfg(test)]
#[path = "checks_table/parent_locator.rs"]
mod parent_locator;
#[cfg(test)]
#[path = "checks_table/region_table.rs"]
mod region_table;
#[cfg(test)]
#[path = "checks_table/vhd.rs"]
mod vhd;

use std::collections::BTreeSet;

use folder::Folder;
use vhdxray::checks::{CHECKS, find};

/// A code with its two fixtures.
struct Case {
    code: &'static str,
    /// Where in the file the finding is.
    at: Option<u64>,
    /// What else the bad fixture must give, and the good one may.
    with: &'static [&'static str],
    /// Writes what triggers it.
    bad: fn(&Folder),
    /// Writes what is close to it.
    good: fn(&Folder),
}

/// What a good fixture may give as well: a dirty log, entries that were written back, space ahead of need.
const HARMLESS: [&str; 3] = ["VHDX0303", "VHDX0309", "VHDX0905"];

fn all() -> Vec<Case> {
    [
        header::cases(),
        region_table::cases(),
        log::cases(),
        bat::cases(),
        metadata::cases(),
        parent_locator::cases(),
        chain::cases(),
        file::cases(),
        estate::cases(),
        configuration::cases(),
        vhd::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[test]
fn every_code_has_both_fixtures() {
    let listed: BTreeSet<&str> = CHECKS.iter().map(|check| check.code).collect();
    let tested: BTreeSet<&str> = all().iter().map(|case| case.code).collect();
    assert_eq!(listed.difference(&tested).collect::<Vec<_>>(), Vec::<&&str>::new(), "codes without fixtures");
    assert_eq!(tested.difference(&listed).collect::<Vec<_>>(), Vec::<&&str>::new(), "fixtures without codes");
}

#[test]
fn each_code_is_found_where_it_is_and_nowhere_else() {
    let mut wrong = Vec::new();
    for case in all() {
        let folder = Folder::new();
        (case.bad)(&folder);
        let findings = folder.check();
        let found = findings.list.iter().find(|finding| finding.code == case.code);
        match found {
            None => wrong.push(format!("{}: the bad fixture gives {}", case.code, folder::shown(&findings))),
            Some(finding) if finding.offset.map(|offset| offset.0) != case.at => {
                wrong.push(format!("{}: at {:x?} instead of {:x?}", case.code, finding.offset, case.at));
            }
            Some(finding) => {
                let check = find(case.code).unwrap();
                assert!(finding.severity <= check.severity, "{} is graver than it says", case.code);
                assert_eq!(finding.name, check.name);
            }
        }
        let expected: BTreeSet<&str> = case.with.iter().copied().chain([case.code]).collect();
        let got: BTreeSet<&str> = findings.list.iter().map(|finding| finding.code).collect();
        if got != expected {
            wrong.push(format!("{}: with {:?}, gives {}", case.code, case.with, folder::shown(&findings)));
        }
        let folder = Folder::new();
        (case.good)(&folder);
        let findings = folder.check();
        let unexpected = |code: &str| code == case.code || !(case.with.contains(&code) || HARMLESS.contains(&code));
        if findings.list.iter().any(|finding| unexpected(finding.code)) {
            wrong.push(format!("{}: the good fixture gives {}", case.code, folder::shown(&findings)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
