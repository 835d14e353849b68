//! Columns, sizes and emphasis of the reports that people read line by line.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::units::ByteLen;

/// Emphasis, where it is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paint {
    /// Whether there is any.
    pub(super) color: bool,
}

impl Paint {
    /// A heading.
    pub(super) fn bold(self, text: &str) -> String {
        self.paint(Style::new().bold(), text)
    }

    /// What is seldom needed.
    pub(super) fn dim(self, text: &str) -> String {
        self.paint(Style::new().dimmed(), text)
    }

    /// What needs an eye.
    pub(super) fn caution(self, text: &str) -> String {
        self.paint(AnsiColor::Yellow.on_default(), text)
    }

    /// What is broken.
    pub(super) fn bad(self, text: &str) -> String {
        self.paint(AnsiColor::Red.on_default(), text)
    }

    fn paint(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text with spaces up to a width.
pub(super) fn pad(text: &str, to: usize) -> String {
    let missing = to.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// A number with a comma after every three digits from the right.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && digits.len().saturating_sub(place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size for people, in binary units with at most one digit after the point: `40 GiB`, `7.4 MiB`, `520 bytes`.
pub(super) fn size(len: ByteLen) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = len.0.checked_ilog2().unwrap_or_default() / 10;
    let Some(unit) = power.checked_sub(1).and_then(|place| UNITS.get(usize::try_from(place).ok()?)) else {
        return format!("{} {}", len.0, if len.0 == 1 { "byte" } else { "bytes" });
    };
    let one = 1_u128 << (10 * power);
    let tenths = (u128::from(len.0) * 10 + one / 2) / one;
    if u128::from(len.0).is_multiple_of(one) {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// A size for people, with the exact number of bytes where the first does not say it.
pub(super) fn exact_size(len: ByteLen) -> String {
    if len.0 < 1024 { size(len) } else { format!("{} ({} bytes)", size(len), grouped(len.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short_and_never_hide_a_remainder() {
        assert_eq!(exact_size(ByteLen(0)), "0 bytes");
        assert_eq!(exact_size(ByteLen(1)), "1 byte");
        assert_eq!(exact_size(ByteLen(1023)), "1023 bytes");
        assert_eq!(exact_size(ByteLen::mib(2)), "2 MiB (2,097,152 bytes)");
        assert_eq!(size(ByteLen((1 << 30) + 1)), "1.0 GiB");
        assert_eq!(size(ByteLen((7 << 30) + (2 << 28))), "7.5 GiB");
        assert_eq!(size(ByteLen(64 << 40)), "64 TiB");
        assert_eq!(size(ByteLen(u64::MAX)), "16.0 EiB");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(123), "123");
    }

    #[test]
    fn columns_count_what_a_terminal_shows() {
        assert_eq!(pad("日本", 6), "日本  ");
        assert_eq!(pad("long", 2), "long");
    }
}
