//! Text for people: names made harmless, sizes, ages, widths.

use std::fmt::Write;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::units::ByteLen;

/// Text from a file or a file's name, made harmless: control characters, and characters that no one sees or that turn
/// the direction of the line, are shown as escapes.
pub fn printable(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        push_printable(&mut shown, c);
    }
    shown
}

/// Whether it consists of printable ASCII characters alone, as nearly all text does. Without a stop of its own the loop
/// looks at many bytes at once.
fn is_plain(text: &str) -> bool {
    text.bytes().fold(true, |plain, byte| plain & matches!(byte, b' '..=b'~'))
}

fn push_printable(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        '\0'..='\x1f' | '\x7f' => {
            let _ = write!(shown, "\\x{:02x}", u32::from(c));
        }
        c if is_treacherous(c) => {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
        }
        c => shown.push(c),
    }
}

/// Controls, overrides of direction, separators of lines, and characters without a width that hide between others.
fn is_treacherous(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A path made harmless. Bytes that are not UTF-8 are shown as `\xNN`, so that two names never look the same for it.
pub fn path(path: &Path) -> String {
    os_text(path.as_os_str())
}

#[cfg(unix)]
fn os_text(text: &std::ffi::OsStr) -> String {
    use std::os::unix::ffi::OsStrExt;
    if let Some(text) = text.to_str() {
        return printable(text);
    }
    let mut shown = String::new();
    for chunk in text.as_bytes().utf8_chunks() {
        shown.push_str(&printable(chunk.valid()));
        for byte in chunk.invalid() {
            let _ = write!(shown, "\\x{byte:02x}");
        }
    }
    shown
}

#[cfg(not(unix))]
fn os_text(text: &std::ffi::OsStr) -> String {
    printable(&text.to_string_lossy())
}

/// A number of bytes as people read it: `512 B`, `4.0 MiB`.
pub fn size(bytes: ByteLen) -> String {
    let mut shown = String::new();
    push_size(&mut shown, bytes);
    shown
}

/// Adds a [`size`].
pub fn push_size(shown: &mut String, bytes: ByteLen) {
    const UNITS: [(&str, u32); 6] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40), ("PiB", 50), ("EiB", 60)];
    if bytes.0 < 1024 {
        push_number(shown, bytes.0);
        return shown.push_str(" B");
    }
    for (unit, bits) in UNITS {
        let half = 1_u128 << (bits - 1);
        let tenths = u128::from(bytes.0).saturating_mul(10).saturating_add(half) >> bits;
        if tenths < 10_240 || unit == "EiB" {
            let tenths = u64::try_from(tenths).unwrap_or(u64::MAX);
            push_tenths(shown, tenths, unit);
            return;
        }
    }
}

fn push_tenths(shown: &mut String, tenths: u64, unit: &str) {
    push_number(shown, tenths / 10);
    shown.push('.');
    push_number(shown, tenths % 10);
    shown.push(' ');
    shown.push_str(unit);
}

/// A number of bytes as people read it, with the exact number: `4.0 MiB (4 194 304 bytes)`, `512 bytes`.
pub fn exact_size(bytes: ByteLen) -> String {
    let exact = format!("{} {}", count(bytes.0), if bytes.0 == 1 { "byte" } else { "bytes" });
    if bytes.0 < 1024 { exact } else { format!("{} ({exact})", size(bytes)) }
}

/// A count with thin groups of thousands: `130 048`.
pub fn count(n: u64) -> String {
    let mut shown = String::new();
    push_count(&mut shown, n);
    shown
}

/// Adds a [`count`].
pub fn push_count(shown: &mut String, n: u64) {
    if n < 1000 {
        return push_number(shown, n);
    }
    push_count(shown, n / 1000);
    shown.push(' ');
    for digit in [n % 1000 / 100, n % 100 / 10, n % 10] {
        push_number(shown, digit);
    }
}

/// Adds a number. There may be a million lines with several of them, and to format one takes ten times as long.
fn push_number(shown: &mut String, n: u64) {
    if n >= 10 {
        push_number(shown, n / 10);
    }
    shown.extend(u32::try_from(n % 10).ok().and_then(|digit| char::from_digit(digit, 10)));
}

/// A count with what is counted: `1 disk`, `1 234 disks`.
pub fn plural(n: u64, one: &str) -> String {
    format!("{} {one}{}", count(n), if n == 1 { "" } else { "s" })
}

/// How long before `as_of` something was: `12 min`, `5 h`, `3 d`, `2.4 y`. What lies after it is `in 3 d`.
pub fn age(then: SystemTime, as_of: Timestamp) -> String {
    let mut shown = String::new();
    push_age(&mut shown, then, as_of);
    shown
}

/// Adds an [`age`].
pub fn push_age(shown: &mut String, then: SystemTime, as_of: Timestamp) {
    match Timestamp::try_from(then) {
        Ok(then) => push_age_of(shown, then, as_of),
        Err(_) => shown.push('?'),
    }
}

/// When something was, seen from a moment: "3 d ago", "9.9 y in the future".
pub fn when(then: SystemTime, as_of: Timestamp) -> String {
    let age = age(then, as_of);
    match age.strip_prefix("in ") {
        Some(ahead) => format!("{ahead} in the future"),
        None => format!("{age} ago"),
    }
}

/// The same for a time that a file records.
pub fn age_of(then: Timestamp, as_of: Timestamp) -> String {
    let mut shown = String::new();
    push_age_of(&mut shown, then, as_of);
    shown
}

fn push_age_of(shown: &mut String, then: Timestamp, as_of: Timestamp) {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let seconds = as_of.as_second().saturating_sub(then.as_second());
    if seconds < 0 {
        shown.push_str("in ");
    }
    let seconds = seconds.unsigned_abs();
    let (number, unit) = match seconds {
        0..MINUTE => (seconds, " s"),
        MINUTE..HOUR => (seconds / MINUTE, " min"),
        HOUR..172_800 => (seconds / HOUR, " h"),
        172_800..34_560_000 => (seconds / DAY, " d"),
        _ => return push_tenths(shown, seconds.saturating_mul(10) / (365 * DAY + DAY / 4), "y"),
    };
    push_number(shown, number);
    shown.push_str(unit);
}

/// Columns that a text takes on a terminal.
pub fn width(text: &str) -> usize {
    if is_plain(text) { text.len() } else { text.width() }
}

/// `text` in at most `columns` columns: where it is longer, its middle gives way to `…`, for both ends of a file's
/// name tell something.
pub fn middle(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let head_room = room.div_ceil(2);
    let (mut head, mut used) = (String::new(), 0_usize);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used.saturating_add(wide) > head_room {
            break;
        }
        used = used.saturating_add(wide);
        head.push(c);
    }
    let mut tail = Vec::new();
    for c in text.chars().rev() {
        let wide = c.width().unwrap_or(0);
        if used.saturating_add(wide) > room {
            break;
        }
        used = used.saturating_add(wide);
        tail.push(c);
    }
    head.push('…');
    head.extend(tail.into_iter().rev());
    head
}

/// A path in at most `columns` columns: where it is longer, folders give way before the file's name does.
pub fn middle_of_path(path: &str, columns: usize) -> String {
    let Some((folders, name)) = path.rsplit_once(std::path::is_separator) else { return middle(path, columns) };
    if width(path) <= columns {
        return path.to_owned();
    }
    // Room for the folders beside `…/` and the name; where there is none the name gives way as well.
    let room = columns.saturating_sub(width(name)).saturating_sub(2);
    let mut shown = String::new();
    let mut used = 0_usize;
    for c in folders.chars() {
        used = used.saturating_add(c.width().unwrap_or(0));
        if used > room {
            break;
        }
        shown.push(c);
    }
    format!("{shown}…/{}", middle(name, columns.saturating_sub(width(&shown)).saturating_sub(2)))
}

/// `text` broken between words into lines of at most `columns` columns; a word that is longer is broken as well.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0_usize);
    for word in text.split(' ') {
        let blank = usize::from(!line.is_empty());
        if used.saturating_add(blank).saturating_add(width(word)) <= columns {
            line.push_str(if blank == 1 { " " } else { "" });
            line.push_str(word);
            used = used.saturating_add(blank).saturating_add(width(word));
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        used = 0;
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used.saturating_add(wide) > columns && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used = used.saturating_add(wide);
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

/// `text` filled up with spaces on the right to `columns`.
pub fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` filled up with spaces on the left to `columns`.
pub fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn hostile_names_are_shown_escaped() {
        assert_eq!(printable("a\u{1b}[31mb\n\u{202e}xdhv\u{200b}é漢"), "a\\x1b[31mb\\n\\u{202e}xdhv\\u{200b}é漢");
        assert_eq!(printable("a\u{9b}1mb"), "a\\u{9b}1mb", "the one-byte form of the escape sequence");
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_text_are_shown_each() {
        use std::os::unix::ffi::OsStrExt;
        let name = std::ffi::OsStr::from_bytes(b"a\xff\xc3\xa9\xc3.vhdx");
        assert_eq!(path(Path::new(name)), "a\\xffé\\xc3.vhdx");
    }

    #[test]
    fn sizes_have_one_decimal_and_never_1024_of_a_unit() {
        for (bytes, shown) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (4 << 20, "4.0 MiB"),
            ((1 << 20) - 1, "1.0 MiB"),
            (127 << 30, "127.0 GiB"),
            (64 << 40, "64.0 TiB"),
            (u64::MAX, "16.0 EiB"),
        ] {
            assert_eq!(size(ByteLen(bytes)), shown);
        }
    }

    #[test]
    fn ages_count_from_the_given_moment() {
        let as_of: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        let before =
            |seconds: i64| SystemTime::UNIX_EPOCH + Duration::from_secs((as_of.as_second() - seconds).unsigned_abs());
        for (seconds, shown) in [
            (0, "0 s"),
            (59, "59 s"),
            (3599, "59 min"),
            (7200, "2 h"),
            (86_400 * 3, "3 d"),
            (86_400 * 1000, "2.7 y"),
            (-7200, "in 2 h"),
        ] {
            assert_eq!(age(before(seconds), as_of), shown);
        }
    }

    #[test]
    fn the_middle_gives_way() {
        assert_eq!(middle("disk.vhdx", 9), "disk.vhdx");
        assert_eq!(middle("web_5F1C2A70.avhdx", 11), "web_5…avhdx");
        assert_eq!(middle("漢字漢字漢字", 6), "漢…字");
        assert_eq!(middle("abc", 1), "…");
    }

    #[test]
    fn folders_give_way_before_names() {
        assert_eq!(middle_of_path("a/b/disk.vhdx", 13), "a/b/disk.vhdx");
        assert_eq!(middle_of_path("volume/folder/disk.vhdx", 16), "volum…/disk.vhdx");
        assert_eq!(middle_of_path("volume/folder/disk.vhdx", 11), "…/disk.vhdx");
        assert_eq!(middle_of_path("volume/folder/disk.vhdx", 8), "…/dis…dx");
        assert_eq!(middle_of_path("disk.vhdx", 8), "disk…hdx");
    }

    #[test]
    fn exact_sizes_say_every_byte() {
        let shown = [0, 1, 1023, 2 << 20].map(|bytes| exact_size(ByteLen(bytes)));
        assert_eq!(shown, ["0 bytes", "1 byte", "1 023 bytes", "2.0 MiB (2 097 152 bytes)"]);
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one incredible word", 4), ["one", "incr", "edib", "le", "word"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([count(0), count(999), count(1000), count(1_234_567)], ["0", "999", "1 000", "1 234 567"]);
    }
}
