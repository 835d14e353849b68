//! vhdxray
#![cfg_attr(test, expect(clippy::cast_possible_truncation, reason = "tests count in small numbers"))]

pub mod chain;
pub mod error;
pub mod format;
pub mod limits;
pub mod source;
#[cfg(feature = "testkit")]
pub mod testkit;
pub mod units;
pub use error::{Error, ErrorKind, Result};
pub mod cli {
    //! x
    /// x
    pub fn main() -> std::process::ExitCode {
        std::process::ExitCode::SUCCESS
    }
}
