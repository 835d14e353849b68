//! Bytes as hexadecimal digits.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::units::{ByteLen, FileOffset};

const PER_LINE: usize = 16;

/// An offset with at least this many digits.
pub(super) fn offset(at: FileOffset, digits: usize) -> String {
    format!("0x{:0digits$x}", at.0)
}

/// Bytes with a space between any two.
pub(super) fn spaced(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (number, byte) in bytes.iter().enumerate() {
        let space = if number == 0 { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{space}{byte:02x}");
    }
    text
}

/// Lines of sixteen bytes with their offsets and characters. Of equal lines that follow one another the first is
/// written, then one line with an asterisk, and the last line always.
pub(super) fn lines(out: &mut dyn Write, digits: usize, at: FileOffset, bytes: &[u8]) -> io::Result<()> {
    let mut before: Option<&[u8]> = None;
    let mut skipping = false;
    let last = bytes.len().div_ceil(PER_LINE).saturating_sub(1);
    for (number, line) in bytes.chunks(PER_LINE).enumerate() {
        if before == Some(line) && number != last {
            if !std::mem::replace(&mut skipping, true) {
                writeln!(out, "  *")?;
            }
            continue;
        }
        skipping = false;
        before = Some(line);
        let at = at.saturating_add(ByteLen::from(number.saturating_mul(PER_LINE)));
        let text: String =
            line.iter().map(|byte| if matches!(byte, 0x20..=0x7E) { char::from(*byte) } else { '.' }).collect();
        writeln!(out, "  {}  {:47}  |{text}|", offset(at, digits), spaced(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_lines_are_left_out_but_for_the_last() {
        let mut bytes = b"head\0\xFF|ABCDEFGHI".to_vec();
        bytes.extend([0; 64]);
        bytes.push(b'!');
        let mut out = Vec::new();
        lines(&mut out, 6, FileOffset(0x10000), &bytes).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "  0x010000  68 65 61 64 00 ff 7c 41 42 43 44 45 46 47 48 49  |head..|ABCDEFGHI|\n\
             \x20 0x010010  00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00  |................|\n\
             \x20 *\n\
             \x20 0x010050  21                                               |!|\n"
        );
    }
}
