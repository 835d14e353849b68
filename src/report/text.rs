//! Text from files made fit for a terminal.

use std::path::Path;

/// The text with everything that could steer a terminal or disguise what follows written as an escape.
pub fn printable(text: &str) -> String {
    text.chars().fold(String::new(), |mut shown, c| {
        if is_unsafe(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
        shown
    })
}

/// A path made printable.
pub fn path(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}
