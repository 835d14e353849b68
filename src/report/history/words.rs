//! Changes, growth and outlooks in words.

use crate::analysis::history::change::{Change, ChangeKind, Weight};
use crate::analysis::history::outlook::{Growth, Outlook};
use crate::analysis::history::path_text::PathText;
use crate::report::{Paint, text};
use crate::units::ByteLen;

/// Days within which an end is an alarm, and a notice.
const SOON: u64 = 7;
const COMING: u64 = 30;
/// From so many days on they are told in years.
const YEARS: u64 = 1000;

/// Bytes with their sign: `+12.0 MiB`, `-1.5 GiB`, `0 B`.
pub(super) fn signed(bytes: i64) -> String {
    let size = text::size(ByteLen(bytes.unsigned_abs()));
    match bytes {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("-{size}"),
    }
}

/// Growth a day, and between which quartiles it lies.
pub(super) fn growth(growth: &Growth) -> [String; 2] {
    match growth.judged() {
        Some(slope) => [signed(slope.median), format!("{} to {}", signed(slope.low), signed(slope.high))],
        None => ["?".to_owned(), String::new()],
    }
}

/// When room ends: `in 12 d`.
pub(super) fn outlook(outlook: &Outlook) -> String {
    match outlook {
        Outlook::Unknown => "?".to_owned(),
        Outlook::NotGrowing => "not growing".to_owned(),
        Outlook::Reached => "now".to_owned(),
        Outlook::Expected(expected) => days(expected.likely.days),
    }
}

/// The last day on which there is room: `2026-12-02, in 24 d`.
pub(super) fn last_day(outlook: &Outlook) -> String {
    match outlook {
        Outlook::Reached => "no room now".to_owned(),
        Outlook::Expected(expected) => {
            let left = expected.likely.days;
            // Of a day that is years away nobody wants the date.
            match expected.likely.at.filter(|_| left < YEARS) {
                Some(at) => format!("{}, {}", at.to_string().chars().take(10).collect::<String>(), days(left)),
                None => days(left),
            }
        }
        _ => self::outlook(outlook),
    }
}

/// When a disk holds every block; a fixed one does from the first day on.
pub(super) fn disk_full(outlook: &Outlook) -> String {
    if *outlook == Outlook::Reached { "is whole".to_owned() } else { self::outlook(outlook) }
}

/// Days as people read them.
pub(super) fn days(days: u64) -> String {
    match days {
        0 => "within a day".to_owned(),
        1..YEARS => format!("in {days} d"),
        _ => format!("in {} y", text::count(days / 365)),
    }
}

/// How an end that is so near looks.
pub(super) fn paint(days: Option<u64>) -> Paint {
    match days {
        Some(0..=SOON) => Paint::Alarm,
        Some(0..=COMING) => Paint::Notice,
        _ => Paint::Plain,
    }
}

/// How a change looks.
pub(super) fn paint_of(weight: Weight) -> Paint {
    match weight {
        Weight::Alarm => Paint::Alarm,
        Weight::Warning => Paint::Notice,
        Weight::Info => Paint::Plain,
    }
}

/// What happened, as the start of a line.
pub(super) fn title(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::DeletedNotMerged => "DELETED, NOT MERGED",
        ChangeKind::Replaced => "REPLACED",
        ChangeKind::ParentLost => "PARENT LOST",
        ChangeKind::GoneUnproved => "gone, merge not proved",
        ChangeKind::Gone => "gone",
        ChangeKind::SizeJumped => "size jumped",
        ChangeKind::VirtualSizeChanged => "virtual size changed",
        ChangeKind::Unreadable => "cannot be read any more",
        ChangeKind::MachineGone => "machine gone",
        ChangeKind::ClockStep => "clock set back",
        ChangeKind::Merged => "merged",
        ChangeKind::GoneEmpty => "gone, was empty",
        ChangeKind::Renamed => "renamed",
        ChangeKind::NewCheckpoint => "new checkpoint disk",
        ChangeKind::Copied => "copied",
        ChangeKind::New => "new",
        ChangeKind::ReadableAgain => "can be read again",
        ChangeKind::MachineNew => "new machine",
    }
}

/// A path as all commands show it: exact, and without what a terminal would take for a command.
pub(super) fn path(path: &PathText) -> String {
    text::path(&path.to_path())
}

/// What there is to say beside the file and what happened.
pub(super) fn detail(change: &Change) -> String {
    let bytes =
        |bytes: Option<i64>| bytes.map_or_else(|| "?".to_owned(), |bytes| text::size(ByteLen(bytes.unsigned_abs())));
    let other = change.other.as_ref().map_or_else(|| "?".to_owned(), path);
    match change.kind {
        ChangeKind::DeletedNotMerged => {
            format!("had {}; {other}, which lay below it, does not hold (all of) its content", bytes(change.before))
        }
        ChangeKind::Replaced => "another disk lies at its path now".to_owned(),
        ChangeKind::ParentLost => "no file with the identity of its parent is found any more".to_owned(),
        ChangeKind::GoneUnproved => {
            format!("{other}, which lay below it, was written to; that it holds the content is not proved")
        }
        ChangeKind::Gone | ChangeKind::GoneEmpty => format!("had {}", bytes(change.before)),
        ChangeKind::SizeJumped | ChangeKind::VirtualSizeChanged => {
            format!("from {} to {}", bytes(change.before), bytes(change.now))
        }
        ChangeKind::ClockStep => {
            let time = |seconds: Option<i64>| {
                let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
                time.map_or_else(|| "?".to_owned(), |time| time.to_string())
            };
            format!("from {} to {}; growth is not measured across it", time(change.before), time(change.now))
        }
        ChangeKind::Merged => format!("had {}, into {other}", bytes(change.before)),
        ChangeKind::Renamed => format!("was {other}"),
        ChangeKind::NewCheckpoint => format!("{} over {other}", bytes(change.now)),
        ChangeKind::Copied => format!("has the identity of {other}"),
        ChangeKind::New => bytes(change.now),
        ChangeKind::Unreadable | ChangeKind::MachineGone | ChangeKind::ReadableAgain | ChangeKind::MachineNew => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_their_signs() {
        assert_eq!([signed(0), signed(1 << 20), signed(-1536)], ["0 B", "+1.0 MiB", "-1.5 KiB"]);
        assert_eq!([days(0), days(1), days(999), days(4000)], ["within a day", "in 1 d", "in 999 d", "in 10 y"]);
        assert_eq!(
            [paint(Some(0)), paint(Some(8)), paint(Some(31)), paint(None)],
            [Paint::Alarm, Paint::Notice, Paint::Plain, Paint::Plain]
        );
    }
}
