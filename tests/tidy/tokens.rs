//! Rust source as a list of words and signs: comments, strings and characters left out, which is all these tests need.

/// A word, `::`, or a single sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// The tokens of a source text, in order.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut lexer = Lexer { rest: text, line: 1, found: Vec::new() };
    while lexer.step() {}
    lexer.found
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    found: Vec<Token>,
}

impl Lexer<'_> {
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else { return false };
        if first.is_whitespace() {
            self.skip(first.len_utf8());
        } else if self.rest.starts_with("//") {
            self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.skip(block_comment(self.rest));
        } else if let Some(length) = string(self.rest).or_else(|| character(self.rest)) {
            self.skip(length);
        } else {
            let word = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
            let length = match word {
                0 if self.rest.starts_with("::") => 2,
                0 => first.len_utf8(),
                _ => word,
            };
            self.found.push(Token { text: self.rest[..length].to_owned(), line: self.line });
            self.skip(length);
        }
        true
    }

    fn skip(&mut self, length: usize) {
        let (skipped, rest) = self.rest.split_at(length);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }
}

/// Length of the comment that `text` starts with; such comments nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let step = if rest.starts_with("/*") {
            depth += 1;
            2
        } else if rest.starts_with("*/") {
            depth -= 1;
            2
        } else {
            rest.chars().next().map_or(1, char::len_utf8)
        };
        at += step;
        if depth == 0 {
            break;
        }
    }
    at
}

/// Length of the string literal that `text` starts with: plain, byte, C or raw.
fn string(text: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""].into_iter().find(|prefix| {
        let rest = text.strip_prefix(prefix);
        rest.is_some_and(|rest| rest.trim_start_matches(if prefix.ends_with('r') { "#" } else { "" }).starts_with('"'))
    })?;
    let quote = text.find('"')?;
    if prefix.ends_with('r') {
        let end = format!("\"{}", "#".repeat(quote - prefix.len()));
        return Some(text[quote + 1..].find(&end).map_or(text.len(), |found| quote + 1 + found + end.len()));
    }
    let mut escaped = false;
    for (index, c) in text[quote + 1..].char_indices() {
        match c {
            '"' if !escaped => return Some(quote + 1 + index + 1),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Some(text.len())
}

/// Length of the character literal that `text` starts with; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let quoted = text.strip_prefix('b').unwrap_or(text).strip_prefix('\'')?;
    let opened = text.len() - quoted.len();
    let mut chars = quoted.char_indices();
    let (_, first) = chars.next()?;
    let closing = if first == '\\' {
        chars.next();
        chars.find(|(_, c)| *c == '\'')
    } else {
        chars.next().filter(|(_, c)| *c == '\'')
    };
    closing.map(|(index, _)| opened + index + 1)
}

#[test]
fn comments_and_literals_are_left_out_and_lines_are_counted() {
    let text = r##"
        use a::b; // crate::c
        /* crate::d /* crate::e */ crate::f */
        let s = "crate::g \" \\"; let r = r#"crate::"h" "#; let b = b"i";
        let c = '"'; let l: &'a str = '\'';
        let x = '\u{1F600}';
    "##;
    let all = tokens(text);
    let words: Vec<&str> = all.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(words.join(" "), "use a :: b ; let s = ; let r = ; let b = ; let c = ; let l : & ' a str = ; let x = ;");
    assert_eq!(all.last().unwrap().line, 6);
}
