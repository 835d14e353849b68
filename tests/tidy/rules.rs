//! Rules about single files.

use super::scan::File;

/// A file that grows past this is asking to be two.
const MAX_LINES: usize = 500;
/// The one file with `unsafe` in it.
const UNSAFE_FILE: &str = "src/source/map.rs";
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];
/// Words that promise work instead of doing it, put together so that this file does not hold them.
const PROMISES: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];

/// What is wrong in these files, one line each.
pub(crate) fn broken(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        let lines = file.text.lines().count();
        if lines > MAX_LINES {
            wrong.push(format!("{}: {lines} lines, and {MAX_LINES} are the most", file.path));
        }
        for (number, line) in file.text.lines().enumerate() {
            if PROMISES.iter().any(|word| line.contains(word)) {
                wrong.push(format!("{}:{}: work left for later", file.path, number + 1));
            }
        }
        wrong.extend(broken_tokens(file));
    }
    wrong
}

fn broken_tokens(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    let is = |index: usize, text: &str| file.tokens.get(index).is_some_and(|token| token.text == text);
    for (index, token) in file.tokens.iter().enumerate() {
        let mut complain = |what: &str| wrong.push(format!("{}:{}: {what}", file.path, token.line));
        if token.text == "unsafe" && file.path != UNSAFE_FILE {
            complain("unsafe stands in one file, src/source/map.rs");
        }
        let prints = PRINTING.contains(&token.text.as_str()) && is(index + 1, "!");
        if prints && file.is_source() && !file.path.starts_with("src/cli/") && !file.is_test[index] {
            complain("printing happens in cli");
        }
        if token.text == "ignore" && is(index.wrapping_sub(1), "[") && is(index.wrapping_sub(2), "#") {
            complain("a test that is ignored tests nothing");
        }
    }
    wrong
}
