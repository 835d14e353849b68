//! What `explain` knows: our own codes, error codes of Windows, and events.

mod events;
mod windows_codes;

pub use events::{EVENTS, Event};
pub use windows_codes::{WINDOWS_CODES, WindowsCode};

use super::check::Check;
use super::codes;

/// Something that can be explained.
#[derive(Clone, Copy, Debug)]
pub enum Topic {
    /// One of our checks.
    Check(&'static Check),
    /// An error code of Windows.
    Code(&'static WindowsCode),
    /// An event in a log of Windows.
    Event(&'static Event),
}

/// Everything that a word may mean: a code or name of a check, an error code in hexadecimal or as a negative number, or
/// the number of an event, with or without its log before it (`VHDMP:7`).
pub fn explain(word: &str) -> Vec<Topic> {
    let word = word.trim();
    if let Some(check) = codes::find(word) {
        return vec![Topic::Check(check)];
    }
    if let Some(code) = code(word).and_then(|code| WINDOWS_CODES.iter().find(|known| known.code == code)) {
        return vec![Topic::Code(code)];
    }
    let (source, id) = word.rsplit_once([':', ' ']).unwrap_or(("", word));
    let is_source = |event: &&Event| source.is_empty() || event.source.eq_ignore_ascii_case(source);
    EVENTS.iter().filter(is_source).filter(|event| id.parse() == Ok(event.id)).map(Topic::Event).collect()
}

/// An error code as people meet it: `0xC03A000D`, `C03A000D`, `-1069940723`, `3225026573`.
fn code(word: &str) -> Option<u32> {
    let hex = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")).unwrap_or(word);
    if hex.len() == 8 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return u32::from_str_radix(hex, 16).ok();
    }
    word.parse::<i32>()
        .map(i32::cast_unsigned)
        .ok()
        .filter(|code| *code > 0x8000_0000)
        .or_else(|| word.parse::<u32>().ok().filter(|code| *code > 0x8000_0000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(word: &str) -> u32 {
        match explain(word).as_slice() {
            [Topic::Code(code)] => code.code,
            other => panic!("{word}: {other:?}"),
        }
    }

    #[test]
    fn a_code_is_known_in_every_spelling() {
        for word in ["0xC03A000D", "0xc03a000d", "C03A000D", "3225026573", "-1069940723"] {
            assert_eq!(number(word), 0xC03A_000D, "{word}");
        }
        assert_eq!(number("0x80070020"), 0x8007_0020);
    }

    #[test]
    fn every_code_from_1_to_30_that_windows_defines_is_there() {
        // winerror.h leaves 2B to 2F free.
        let wanted: Vec<u32> = (0x01..=0x2A).chain([0x30]).map(|low| 0xC03A_0000 + low).collect();
        let found: Vec<u32> =
            WINDOWS_CODES.iter().map(|known| known.code).filter(|code| code >> 16 == 0xC03A).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn events_are_found_by_number_with_and_without_their_log() {
        assert!(matches!(explain("19100").as_slice(), [Topic::Event(event)] if event.source == "Hyper-V-VMMS"));
        assert!(matches!(explain("vhdmp:7").as_slice(), [Topic::Event(event)] if event.id == 7));
        assert!(matches!(explain("VHDMP 7").as_slice(), [Topic::Event(_)]));
        assert!(explain("hyper-v-vmms:7").is_empty());
        assert!(matches!(explain("VHDX0405").as_slice(), [Topic::Check(_)]));
        for word in ["", "99999", "0xC03A002B", "VHDX", "-1"] {
            assert!(explain(word).is_empty(), "{word}");
        }
    }

    #[test]
    fn every_finding_that_is_named_exists_and_every_text_is_whole() {
        let codes = WINDOWS_CODES.iter().map(|known| (known.findings, [known.meaning, known.look_at, known.expert]));
        let events = EVENTS.iter().map(|event| (event.findings, [event.meaning, event.look_at, event.expert]));
        for (findings, texts) in codes.chain(events) {
            for code in findings {
                assert!(codes::find(code).is_some(), "{code}");
            }
            for text in texts {
                assert!(text.ends_with(['.', '?']), "{text}");
            }
        }
        assert!(WINDOWS_CODES.is_sorted_by_key(|known| known.code));
        assert!(EVENTS.is_sorted_by_key(|event| (event.source, event.id)));
    }
}
