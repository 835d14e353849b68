//! One source file: its module, its tokens, which of them are test code, and the paths that it mentions.

use super::tokens::{Token, tokens};

/// A source file of the project.
pub(crate) struct File {
    /// From the project's root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    /// For each token: whether it is compiled for tests alone.
    pub(crate) is_test: Vec<bool>,
    /// Every path into this crate.
    pub(crate) mentions: Vec<Mention>,
}

/// A path into this crate that a file mentions, made absolute.
#[derive(Debug)]
pub(crate) struct Mention {
    /// From the crate's root: `["format", "vhdx", "Header"]`.
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    pub(crate) in_test: bool,
    /// Part of a `pub use`: a signpost, not a dependency.
    pub(crate) is_export: bool,
}

/// What an open brace belongs to.
struct Scope {
    /// Name, where it is a module.
    module: Option<String>,
    is_test: bool,
}

impl File {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let mut file =
            Self { path: path.to_owned(), text: text.to_owned(), is_test: Vec::new(), mentions: Vec::new(), tokens };
        file.walk();
        file
    }

    pub(crate) fn is_source(&self) -> bool {
        self.path.starts_with("src/")
    }

    /// The module that the file is: `src/format/vhdx/bat.rs` is `["format", "vhdx", "bat"]`; the crate's root is `[]`.
    pub(crate) fn module(&self) -> Vec<String> {
        let inside = self.path.strip_prefix("src/").unwrap_or_default().trim_end_matches(".rs");
        let mut parts: Vec<String> = inside.split('/').map(str::to_owned).collect();
        if parts.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            parts.pop();
        }
        parts
    }

    fn walk(&mut self) {
        let (mut scopes, mut next_is_test, mut next_module): (Vec<Scope>, bool, Option<String>) = (vec![], false, None);
        let mut index = 0;
        while let Some(token) = self.tokens.get(index) {
            let in_test = next_is_test || scopes.last().is_some_and(|scope| scope.is_test);
            let start = index;
            match token.text.as_str() {
                "#" if self.is(index + 1, "[") => {
                    index = self.closing_bracket(index + 1);
                    next_is_test |= self.asks_for_tests(start, index);
                }
                "mod" if self.is(index + 2, "{") => next_module = Some(self.tokens[index + 1].text.clone()),
                "{" => {
                    scopes.push(Scope { module: next_module.take(), is_test: in_test });
                    next_is_test = false;
                }
                "}" => {
                    scopes.pop();
                    next_is_test = false;
                }
                ";" => next_is_test = false,
                "use" => index = self.use_tree(index + 1, &module_of(self.module(), &scopes), in_test, start),
                "crate" | "super" | "self" if self.is(index + 1, "::") && !self.is(index.wrapping_sub(1), "::") => {
                    let segments = self.path_at(&mut index);
                    self.mention(&segments, start, &module_of(self.module(), &scopes), in_test, false);
                }
                _ => {}
            }
            index += 1;
            self.is_test.resize(index, in_test);
        }
    }

    fn is(&self, index: usize, text: &str) -> bool {
        self.tokens.get(index).is_some_and(|token| token.text == text)
    }

    fn closing_bracket(&self, opening: usize) -> usize {
        let mut depth = 0;
        for (index, token) in self.tokens.iter().enumerate().skip(opening) {
            match token.text.as_str() {
                "[" => depth += 1,
                "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return index;
            }
        }
        self.tokens.len()
    }

    /// Whether the attribute between these tokens is `#[test]` or a `#[cfg(…test…)]`.
    fn asks_for_tests(&self, start: usize, end: usize) -> bool {
        let words: Vec<&str> = self.tokens[start..end.min(self.tokens.len())].iter().map(|t| t.text.as_str()).collect();
        words.get(2) == Some(&"test")
            || words.get(2) == Some(&"cfg") && words.contains(&"test") && !words.contains(&"not")
    }

    /// The path that starts at `index`, which is left at its last token.
    fn path_at(&self, index: &mut usize) -> Vec<String> {
        let mut segments = vec![self.tokens[*index].text.clone()];
        while self.is(*index + 1, "::") {
            match self.tokens.get(*index + 2) {
                Some(token) if token.text.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                    segments.push(token.text.clone());
                    *index += 2;
                }
                _ => break,
            }
        }
        segments
    }

    /// Notes every path of the `use` whose tree starts at `index`, and gives the index of its semicolon.
    fn use_tree(&mut self, index: usize, module: &[String], in_test: bool, keyword: usize) -> usize {
        let end = (index..self.tokens.len()).find(|at| self.is(*at, ";")).unwrap_or(self.tokens.len());
        let before = keyword.checked_sub(1);
        let is_export = before.is_some_and(|before| self.is(before, "pub") || self.is(before, ")"));
        let mut prefixes: Vec<Vec<String>> = Vec::new();
        let mut current: Vec<String> = Vec::new();
        let mut renamed = false;
        let mut complete = Vec::new();
        for token in &self.tokens[index..end] {
            match token.text.as_str() {
                "{" => prefixes.push(std::mem::take(&mut current)),
                "," | "}" => {
                    if !current.is_empty() {
                        complete.push((prefixes.concat(), std::mem::take(&mut current)));
                    }
                    renamed = false;
                    if token.text == "}" {
                        prefixes.pop();
                    }
                }
                "::" => {}
                "as" => renamed = true,
                "*" => current.push("*".to_owned()),
                word if !renamed => current.push(word.to_owned()),
                _ => {}
            }
        }
        complete.push((prefixes.concat(), current));
        for (mut segments, rest) in complete {
            let inside_braces = !segments.is_empty();
            segments.extend(rest.into_iter().filter(|word| !(inside_braces && word == "self")));
            self.mention(&segments, keyword, module, in_test, is_export);
        }
        end
    }

    fn mention(&mut self, path: &[String], at: usize, module: &[String], in_test: bool, is_export: bool) {
        let mut segments = match path.first().map(String::as_str) {
            Some("crate") => Vec::new(),
            Some("self" | "super") => module.to_vec(),
            // A child of this module, seen by its bare name in a signpost; anything else is another crate.
            Some(_) if is_export => [module, &["self".to_owned()]].concat(),
            _ => return,
        };
        segments.retain(|segment| segment != "self");
        for segment in path {
            match segment.as_str() {
                "crate" | "self" => {}
                "super" => drop(segments.pop()),
                _ => segments.push(segment.clone()),
            }
        }
        self.mentions.push(Mention { segments, line: self.tokens[at].line, in_test, is_export });
    }
}

fn module_of(mut module: Vec<String>, scopes: &[Scope]) -> Vec<String> {
    module.extend(scopes.iter().filter_map(|scope| scope.module.clone()));
    module
}
