//! Text as a literal of PowerShell, which nothing in it can leave.

use super::super::text;

/// `text` between single quotes. `None` for text that a literal cannot show for what it is: line breaks, other controls,
/// characters that nobody sees or that turn the direction of a line, and the sign for what could not be decoded.
///
/// Between single quotes nothing is special but the quotes: `$`, backticks and brackets stand for themselves. PowerShell
/// takes the typographic single quotes U+2018 to U+201B for single quotes as well; each is doubled to stand for itself.
pub fn literal(text: &str) -> Option<String> {
    if text.contains('\u{fffd}') || text::printable(text) != text {
        return None;
    }
    let mut quoted = String::with_capacity(text.len().saturating_add(2));
    quoted.push('\'');
    for c in text.chars() {
        quoted.push(c);
        if is_single_quote(c) {
            quoted.push(c);
        }
    }
    quoted.push('\'');
    Some(quoted)
}

/// A literal for people: what a literal cannot show is escaped, so that it is no longer exact.
pub fn message(text: &str) -> String {
    literal(&text::printable(text).replace('\u{fffd}', "?")).unwrap_or_else(|| "''".to_owned())
}

/// One line of a comment.
pub fn comment(text: &str) -> String {
    format!("# {}", text::printable(text)).trim_end().to_owned()
}

fn is_single_quote(c: char) -> bool {
    matches!(c, '\'' | '\u{2018}'..='\u{201b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_single_quote_is_doubled_and_nothing_else_is_touched() {
        for (text, expected) in [
            ("", "''"),
            (r"D:\a b\c.vhdx", r"'D:\a b\c.vhdx'"),
            ("it's", "'it''s'"),
            ("$env:x `n \"q\" [1] {2} (3) ;|&#", "'$env:x `n \"q\" [1] {2} (3) ;|&#'"),
            (
                "\u{2018}a\u{2019}\u{201a}\u{201b}",
                "'\u{2018}\u{2018}a\u{2019}\u{2019}\u{201a}\u{201a}\u{201b}\u{201b}'",
            ),
            ("Дискета 磁盘 قرص", "'Дискета 磁盘 قرص'"),
        ] {
            assert_eq!(literal(text).as_deref(), Some(expected));
        }
    }

    #[test]
    fn what_would_not_show_is_refused() {
        for text in ["a\nb", "a\rb", "a\0b", "a\u{202e}b", "a\u{200b}b", "a\u{2028}b", "a\u{85}b", "a\u{fffd}b"] {
            assert_eq!(literal(text), None, "{text:?}");
            assert!(!message(text).contains(['\n', '\r', '\0']), "{text:?}");
        }
        assert_eq!(comment("x\ny"), "# x\\ny");
    }
}
