//! Looks through Hyper-V checkpoint storage, offline and read-only: VHDX, AVHDX, VHD and AVHD files, the chains they
//! form, and what is wrong with them. The `vhdxray` command is a thin layer over this library.
//!
//! # The map
//!
//! | module | question | knows |
//! |---|---|---|
//! | [`units`], [`error`], [`limits`] | what a number counts, what went wrong where, how much hostile input may ask for | nothing else |
//! | [`threads`] | how much is computed side by side | nothing else |
//! | [`source`] | where bytes come from | units, error, limits |
//! | [`mod@format`] | what the bytes say: slices in, structures out | those |
//! | [`image`] | one file: which copy counts, log replay in memory, where each block lies | source, format |
//! | [`vm`] | the configuration of one virtual machine or checkpoint | source, format |
//! | [`chain`] | files that depend on each other, and the virtual disk read through them | image |
//! | [`estate`] | a whole storage tree | chain |
//! | [`analysis`] | what it means: hashes, exports, differences | estate and below |
//! | [`checks`] | what is wrong | analysis and below |
//! | [`inspect`] | one run with one result | the others |
//! | [`bundle`] | what several runs saw, as one estate | inspect |
//! | [`report`] | how a result looks | bundle and below |
//!
//! # One example
//!
//! Which parent does a checkpoint have, and by what proof?
//!
//! ```
//! use vhdxray::estate::Silent;
//! use vhdxray::inspect::{Request, inspect};
//!
//! let request = Request { paths: vec!["testdata/estate/web01".into()], ..Request::default() };
//! let inspection = inspect(&request, &Silent);
//! for (number, file) in inspection.files() {
//!     if let Some(link) = inspection.link(number) {
//!         let parent = link.parent.and_then(|parent| inspection.file(parent));
//!         println!("{}: {} {:?}", file.path.display(), link.status.name(), parent.map(|file| &file.path));
//!     }
//! }
//! ```
#![cfg_attr(test, expect(clippy::cast_possible_truncation, reason = "tests count in small numbers"))]

pub mod analysis;
pub mod bundle;
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
pub mod threads;
pub mod units;
pub mod vm;

pub use error::{Error, ErrorKind, Result};

/// The example in the README is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
