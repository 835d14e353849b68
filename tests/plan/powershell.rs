//! Scripts read by a parser that is not ours, and their literals by PowerShell's own rule.

use tree_sitter::{Node, Parser};

/// A script that was parsed without an error.
pub(crate) struct Script {
    pub(crate) text: String,
    commands: Vec<Command>,
}

/// A command with its parameters, as they stand.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) elements: Vec<String>,
}

/// Every command that a script may use; none is an alias, and none runs text.
const KNOWN: [&str; 26] = [
    "Assert-PlanFact",
    "Assert-PlanPath",
    "Checkpoint-VM",
    "Convert-VHD",
    "ConvertTo-PlanPath",
    "Get-ClusterGroup",
    "Get-Acl",
    "Get-Date",
    "Get-Item",
    "Get-VHD",
    "Get-VM",
    "Get-VMHardDiskDrive",
    "Get-VMReplication",
    "Get-VMSnapshot",
    "Get-Volume",
    "Merge-VHD",
    "Remove-VMSnapshot",
    "Select-Object",
    "Set-StrictMode",
    "Set-VHD",
    "Set-VMHardDiskDrive",
    "Start-Sleep",
    "Test-Path",
    "Test-VHD",
    "Where-Object",
    "Write-Output",
];

/// Those that change something.
const CHANGING: [&str; 6] =
    ["Checkpoint-VM", "Convert-VHD", "Merge-VHD", "Remove-VMSnapshot", "Set-VHD", "Set-VMHardDiskDrive"];

impl Script {
    /// Parses a script and holds it to the rules that every script must keep.
    #[track_caller]
    pub(crate) fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        // The grammar knows only the straight quote; PowerShell's own rule is applied below.
        let plain = without_literals(&text);
        let mut parser = Parser::new();
        parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).unwrap();
        for source in [&text, &plain] {
            let has_typographic = source.contains(['\u{2018}', '\u{2019}', '\u{201a}', '\u{201b}']);
            let tree = parser.parse(source, None).unwrap();
            assert!(has_typographic || !tree.root_node().has_error(), "{}\n{source}", tree.root_node().to_sexp());
        }
        let tree = parser.parse(&plain, None).unwrap();
        let mut commands = Vec::new();
        collect(tree.root_node(), &plain, &mut commands);
        let script = Self { text, commands };
        script.check();
        script
    }

    /// The commands of that name.
    pub(crate) fn commands(&self, name: &str) -> Vec<&Command> {
        self.commands.iter().filter(|command| command.name == name).collect()
    }

    /// Every literal, as PowerShell takes it.
    pub(crate) fn literals(&self) -> Vec<String> {
        scan(&self.text).1
    }

    #[track_caller]
    fn check(&self) {
        for command in &self.commands {
            let known = KNOWN.contains(&command.name.as_str()) || command.name == "Write-Warning";
            assert!(known, "{command:?} is no command that a plan needs");
            if CHANGING.contains(&command.name.as_str()) {
                assert!(command.elements.iter().any(|element| element == "-WhatIf:$WhatIf"), "{command:?}");
            }
            // Arguments follow a parameter, each; none stands alone.
            let mut after_parameter = false;
            for element in &command.elements {
                if element == "," {
                    after_parameter = true;
                } else if element.starts_with('-') {
                    after_parameter = !element.contains(':');
                } else {
                    assert!(after_parameter, "{element} has no parameter: {command:?}");
                    after_parameter = element.ends_with(',');
                }
            }
        }
        let code = without_literals(&self.text);
        for forbidden in
            ["Invoke-Expression", "iex", "ScriptBlock", "Invoke-Command", "Start-Process", "Remove-Item", "\""]
        {
            assert!(!code.contains(forbidden), "{forbidden} in\n{code}");
        }
        assert!(self.text.contains("$ErrorActionPreference = 'Stop'") || self.commands.is_empty(), "{}", self.text);
        assert!(self.text.is_ascii() || !self.text.contains('\u{fffd}'));
    }
}

fn collect(node: Node<'_>, source: &str, commands: &mut Vec<Command>) {
    if node.kind() == "command" {
        let text = |node: Node<'_>| source[node.byte_range()].trim().to_owned();
        let name = node.child_by_field_name("command_name").map(text).unwrap_or_default();
        let mut elements = Vec::new();
        if let Some(list) = node.child_by_field_name("command_elements") {
            let mut cursor = list.walk();
            let children = list.children(&mut cursor);
            elements.extend(children.map(text).filter(|element| !element.is_empty()));
        }
        commands.push(Command { name, elements: joined(elements) });
    }
    let mut cursor = node.walk();
    for child in node.children(&mut cursor) {
        collect(child, source, commands);
    }
}

/// The grammar tells `-WhatIf:` and `$WhatIf` apart where they are one.
fn joined(elements: Vec<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for element in elements {
        match all.last_mut() {
            Some(last) if last.starts_with('-') && last.ends_with(':') => last.push_str(&element),
            Some(last) if element.starts_with(':') => last.push_str(&element),
            _ => all.push(element),
        }
    }
    all
}

/// The script with the content of literals and comments taken out.
fn without_literals(text: &str) -> String {
    scan(text).0
}

/// PowerShell's own rule for literals between single quotes: any of five characters opens, any of them closes unless
/// another follows, and of such a pair the second stands for itself.
fn scan(text: &str) -> (String, Vec<String>) {
    let is_quote = |c: char| matches!(c, '\'' | '\u{2018}'..='\u{201b}');
    let (mut code, mut literals) = (String::new(), Vec::new());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '#' && (code.is_empty() || code.ends_with(['\n', ' '])) {
            while chars.peek().is_some_and(|next| *next != '\n') {
                chars.next();
            }
        } else if is_quote(c) {
            let mut literal = String::new();
            loop {
                let next = chars.next().expect("every literal ends");
                if is_quote(next) {
                    match chars.next_if(|following| is_quote(*following)) {
                        Some(second) => literal.push(second),
                        None => break,
                    }
                } else {
                    assert!(!next.is_control(), "a control character in a literal: {literal:?}");
                    literal.push(next);
                }
            }
            literals.push(literal);
            code.push_str("'x'");
        } else {
            code.push(c);
        }
    }
    (code, literals)
}
