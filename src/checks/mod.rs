//! What is wrong, and what is worth knowing: one file a check, one folder a family, one [table](CHECKS) of codes.
//!
//! A check reads what the survey found, or what the estate was judged to be, and never the bytes themselves. What it says about the data is a [`Finding`]: a
//! stable code, the place, the evidence, other places that have to do with it. [`run`] gives all of them for the files
//! of a run, and [`Check::explanation`] the long text behind each code.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod baseline;
mod bat;
mod chain;
mod check;
mod codes;
mod companion;
mod file;
mod finding;
mod header;
mod index;
mod linked_file;
mod log;
mod machine;
mod metadata;
mod parent_locator;
mod prelude;
mod region_table;
mod run;
mod sector_bitmap;
mod selection;
mod set;
mod severity;
mod sink;
mod subject;
mod suppression;
mod topics;
mod triage;
mod vhd;
mod words;

pub use baseline::{Baseline, Past, Standing};
pub use check::{Check, Cost, Explanation, Family};
pub use codes::{CHECKS, find};
pub use finding::{Evidence, Excerpt, Finding, Related};
pub use run::{Findings, run, run_on_file, run_on_links};
pub use selection::{Selection, UnknownCheck};
pub use set::CheckSet;
pub use severity::Severity;
pub use sink::NotShown;
pub use subject::Subject;
pub use suppression::{Suppression, Suppressions};
pub use topics::{EVENTS, Event, Topic, WINDOWS_CODES, WindowsCode, explain};
pub use triage::{Judged, Suppressed, Triage};
