//! Looks through Hyper-V checkpoint storage, offline and read-only.
#![cfg_attr(test, expect(clippy::cast_possible_truncation, reason = "tests count in small numbers"))]

pub mod analysis;
pub mod chain;
pub mod checks;
#[cfg(feature = "cli")]
pub mod cli;
pub mod error;
pub mod estate;
pub mod format;
pub mod image;
pub mod inspect;
pub mod limits;
pub mod report;
pub mod source;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod units;
pub mod vm;
pub use error::{Error, ErrorKind, Result};
