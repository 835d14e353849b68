//! What the command tells its caller by its exit status.

use std::process::ExitCode;

/// The exit status. A wrong argument ends with 2 as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// 0: done, and nothing was found that is wrong.
    Ok,
    /// 1: done, and something is wrong with what was looked at: a broken link, a file that cannot be read.
    Findings,
    /// 2: the work could not be done: the tool failed, a named path cannot be read, or a data view was refused.
    Failed,
    /// 130: broken off by Ctrl-C, as shells count it.
    Interrupted,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Findings => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command ends without having done its work.
#[derive(Debug)]
pub enum Failure {
    /// Whoever reads the output has had enough: no fault at all.
    OutputClosed,
    /// The one line that goes to stderr.
    Message(String),
}

impl Failure {
    /// A failure with its line for stderr. Text from files must be made printable by whoever writes it
    /// ([`report::text::printable`](crate::report::text::printable)).
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message(message.into())
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self::Message(crate::report::text::printable(&error.to_string()))
    }
}
