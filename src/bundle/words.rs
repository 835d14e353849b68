//! Enumerations as the words that reports use for them.

use serde::{Deserialize, Deserializer, Serializer};

use crate::analysis::contents::TableKind;
use crate::checks::Severity;
use crate::image::vhdx::LogState;
use crate::image::{DiskType, FileKind, HintKind, KindBy};
use crate::vm::{ConfigurationKind, ControllerKind, ProblemKind};

/// A value with a word.
pub(super) trait Word: Copy + 'static {
    /// What it is, for errors.
    const WHAT: &'static str;
    /// All values.
    const ALL: &'static [Self];

    /// The word.
    fn word(self) -> &'static str;
}

pub(super) fn serialize<T: Word, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.word())
}

pub(super) fn deserialize<'de, T: Word, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    find(&String::deserialize(deserializer)?)
}

fn find<T: Word, E: serde::de::Error>(word: &str) -> Result<T, E> {
    let found = T::ALL.iter().find(|value| value.word() == word);
    found.copied().ok_or_else(|| E::custom(format!("{word:?} is no {} that this version knows", T::WHAT)))
}

/// The same where there may be none.
pub(super) mod option {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::{Word, find};

    #[expect(clippy::ref_option, reason = "serde calls it so")]
    pub(in crate::bundle) fn serialize<T: Word, S: Serializer>(value: &Option<T>, into: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => into.serialize_some(value.word()),
            None => into.serialize_none(),
        }
    }

    pub(in crate::bundle) fn deserialize<'de, T: Word, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
        Option::<String>::deserialize(from)?.map(|word| find(&word)).transpose()
    }
}

/// A key under which the path of a parent is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HintKey(pub &'static str);

impl HintKey {
    pub(super) fn of<E: serde::de::Error>(key: &str) -> Result<&'static str, E> {
        find::<Self, E>(key).map(|key| key.0)
    }
}

macro_rules! words {
    ($type:ty, $what:literal, $word:expr, [$($value:expr),+ $(,)?]) => {
        impl Word for $type {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$($value),+];

            fn word(self) -> &'static str {
                let word: fn(Self) -> &'static str = $word;
                word(self)
            }
        }
    };
}

words!(
    HintKey,
    "key of a parent's path",
    |key| key.0,
    [
        HintKey("relative_path"),
        HintKey("volume_path"),
        HintKey("absolute_win32_path"),
        HintKey("w2ru"),
        HintKey("w2ku"),
        HintKey("wi2r"),
        HintKey("wi2k"),
        HintKey("header_name"),
    ]
);
words!(
    FileKind,
    "kind of file",
    FileKind::name,
    [
        FileKind::Vhdx,
        FileKind::Vhd,
        FileKind::VhdSet,
        FileKind::Vmcx,
        FileKind::Vmrs,
        FileKind::Vmgs,
        FileKind::VmXml,
        FileKind::Rct,
        FileKind::Mrt,
        FileKind::Hrl,
        FileKind::Hru,
        FileKind::Bin,
        FileKind::Vsv,
        FileKind::Slp,
        FileKind::VhdPmem,
        FileKind::Vfd,
        FileKind::Iso,
        FileKind::Other,
    ]
);
words!(
    KindBy,
    "way to know a kind",
    |by| match by {
        KindBy::Content => "content",
        KindBy::Name => "name",
    },
    [KindBy::Content, KindBy::Name]
);
words!(TableKind, "partition table", TableKind::name, [TableKind::Mbr, TableKind::Gpt]);
words!(
    DiskType,
    "type of disk",
    DiskType::name,
    [DiskType::Fixed, DiskType::Dynamic, DiskType::Differencing, DiskType::Unknown,]
);
words!(LogState, "state of a log", LogState::name, [LogState::Clean, LogState::Dirty, LogState::Corrupt]);
words!(
    HintKind,
    "kind of path",
    |kind| match kind {
        HintKind::Relative => "relative",
        HintKind::Volume => "volume",
        HintKind::Absolute => "absolute",
        HintKind::Name => "name",
    },
    [HintKind::Relative, HintKind::Volume, HintKind::Absolute, HintKind::Name]
);
words!(
    ConfigurationKind,
    "kind of configuration",
    ConfigurationKind::name,
    [
        ConfigurationKind::Machine,
        ConfigurationKind::Checkpoint,
        ConfigurationKind::Planned,
        ConfigurationKind::Cached,
        ConfigurationKind::RegistrationList,
        ConfigurationKind::RuntimeState,
        ConfigurationKind::Unknown,
    ]
);
words!(
    ControllerKind,
    "kind of controller",
    ControllerKind::name,
    [ControllerKind::Ide, ControllerKind::Scsi, ControllerKind::Floppy, ControllerKind::Other,]
);
words!(
    ProblemKind,
    "kind of problem",
    ProblemKind::name,
    [
        ProblemKind::Empty,
        ProblemKind::AllZero,
        ProblemKind::Truncated,
        ProblemKind::NotAConfiguration,
        ProblemKind::HeaderDamaged,
        ProblemKind::NoValidHeader,
        ProblemKind::UnknownVersion,
        ProblemKind::LogNotReplayed,
        ProblemKind::TableDamaged,
        ProblemKind::BadChecksum,
        ProblemKind::Cycle,
        ProblemKind::ParentMissing,
        ProblemKind::TableTwice,
        ProblemKind::ValueUnreadable,
        ProblemKind::UnknownType,
        ProblemKind::XmlDamaged,
        ProblemKind::OverLimit,
        ProblemKind::Unreadable,
    ]
);
words!(Severity, "severity", Severity::name, [Severity::Info, Severity::Warning, Severity::Error, Severity::Fatal]);
