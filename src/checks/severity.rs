//! How grave a finding is.

/// How much a finding says about the data. Never about guilt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; the data is as it should be.
    Info,
    /// A rule is broken or a precaution is due; the data can be read.
    Warning,
    /// Data is lost, or what is read may be wrong.
    Error,
    /// The virtual disk cannot be read from this file.
    Fatal,
}

impl Severity {
    /// All severities, the least first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Error, Self::Fatal];

    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// The severity of that name.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.name() == name)
    }
}
