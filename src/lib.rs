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
pub use error::{Error, ErrorKind, Result};

/// The example in the README is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
