//! Upper and lower case as NTFS sees it.

/// The text in upper case, to compare and to index names by.
///
/// NTFS compares names through a table of 65,536 UTF-16 units that maps one unit to one unit. The table lies in the
/// volume, not here, so Unicode's upper case stands in for it where it is as simple as the table must be: a character
/// of the basic plane changes only into a single character of the basic plane (`ß` stays, for `SS` is two), characters
/// beyond it never change, and none but ASCII letters changes into an ASCII letter (`ı` and `ſ` stay, as on Windows).
pub fn to_upper(text: &str) -> String {
    // Nearly all names are ASCII.
    if text.is_ascii() { text.to_ascii_uppercase() } else { text.chars().map(upper).collect() }
}

/// Whether two names or paths are the same text to Windows, upper and lower case aside.
pub fn eq_ignore_case(a: &str, b: &str) -> bool {
    // Nothing else changes into an ASCII letter.
    if a.is_ascii() || b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(upper).eq(b.chars().map(upper))
}

fn upper(c: char) -> char {
    const LAST_OF_BASIC_PLANE: char = '\u{FFFF}';
    if c.is_ascii() || c > LAST_OF_BASIC_PLANE {
        return c.to_ascii_uppercase();
    }
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(single), None) if !single.is_ascii() && single <= LAST_OF_BASIC_PLANE => single,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_becomes_one_unit() {
        for (a, b, same) in [
            ("Server.VHDX", "server.vhdx", true),
            ("Prüfung.vhdx", "PRÜFUNG.VHDX", true),
            ("ДИСК.vhdx", "диск.vhdx", true),
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ", true),
            ("straße", "STRASSE", false),
            ("ı", "I", false),
            ("ſ", "S", false),
            ("İ", "i", false),
            // Deseret has upper and lower case, but lies beyond the table.
            ("\u{10400}", "\u{10428}", false),
            ("a.vhdx", "a.vhd", false),
            ("", "", true),
        ] {
            assert_eq!(eq_ignore_case(a, b), same, "{a} {b}");
            assert_eq!(to_upper(a) == to_upper(b), same, "{a} {b}");
        }
    }

    #[test]
    fn the_number_of_utf16_units_never_changes() {
        for c in '\0'..=char::MAX {
            assert_eq!(upper(c).len_utf16(), c.len_utf16(), "{c:?}");
        }
    }
}
