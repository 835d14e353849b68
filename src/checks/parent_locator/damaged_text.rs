//! An entry of the locator is no text, or lies outside the locator.

use std::collections::BTreeSet;

use crate::checks::prelude::*;
use crate::format::text::Utf16Text;
use crate::format::vhdx::parent_locator::STRUCTURE;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0706",
    name: "locator-entry-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A key or value of the parent locator is no valid UTF-16, is empty, holds a NUL, or does not lie inside \
            the item; or a key stands there twice; or there are fewer entries than the locator says (MS-VHDX \
            2.6.2.6.2).",
        matters: "That entry cannot be used. The others can, and the parent is proved by its GUID, not by paths.",
        harmless: "A path with a name that is no valid Unicode, which Windows allows; a writer that ends its values \
            with a NUL.",
        todo: "If it is a path, set it anew on a copy with Set-VHD -ParentPath.",
        not_first: "Do not rename the parent to fit a damaged path.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(locator) = file.locator() else { return };
    let entries = &locator.content.entries;
    let (said, found) = (usize::from(locator.content.key_value_count), entries.len());
    let is_plain = |text: &Option<Utf16Text>| text.as_ref().is_some_and(|text| damage(Some(text)).is_none());
    if said <= found
        && few_and_unlike(entries, |one, two| one.key == two.key)
        && entries.iter().all(|entry| is_plain(&entry.key) && is_plain(&entry.value))
    {
        return;
    }
    let mut seen = BTreeSet::new();
    for entry in entries {
        let key = entry.key.as_ref().map(Utf16Text::lossy).unwrap_or_default();
        let is_again = !key.is_empty() && !seen.insert(key.clone());
        let (what, why) = match (damage(entry.key.as_ref()), damage(entry.value.as_ref())) {
            (Some(why), _) => ("a key", why),
            (None, Some(why)) => ("a value", why),
            (None, None) if is_again => ("a key", "has stood there before"),
            (None, None) => continue,
        };
        let finding = out
            .finding(STRUCTURE, format!("{what} of the parent locator {why}"))
            .at(entry.at, ByteLen(12))
            .with("key", key.escape_debug().to_string())
            .with_some("value", entry.value.as_ref().map(|value| value.lossy().escape_debug().to_string()));
        out.push(finding);
    }
    if said > found {
        let message = format!("the parent locator says it has {said} entries and has room for {found}");
        let finding = out
            .finding(STRUCTURE, message)
            .at(locator.range.start.saturating_add(ByteLen(18)), ByteLen(2))
            .with("said_count", said)
            .with("found_count", found);
        out.push(finding);
    }
}

fn damage(text: Option<&Utf16Text>) -> Option<&'static str> {
    match text {
        None => Some("lies outside the locator"),
        Some(text) if text.is_empty() => Some("is empty"),
        Some(text) if text.is_printable_ascii() => None,
        Some(text) => match text.exact() {
            None => Some("is no valid UTF-16"),
            Some(exact) => exact.contains('\0').then_some("holds a NUL"),
        },
    }
}
