//! Saved memory and device state, by the names of their keys: below `/savedstate`, and at the top in versions up to 5.0.

use crate::format::text::Utf16Text;
use crate::units::ByteLen;
use crate::vm::{Key, SavedState};

/// What is saved, if anything is.
pub(super) fn saved(keys: &[Key]) -> Option<SavedState> {
    let below = keys.iter().filter(|key| key.name.eq_ignore_ascii_case("savedstate")).flat_map(|key| &key.children);
    let all: Vec<&Key> = below.chain(keys).collect();
    let starts = |key: &&&Key, prefix: &str| {
        key.name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    let count = |prefix: &str| ByteLen::from(all.iter().filter(|key| starts(key, prefix)).count()).0;
    // Each block of memory has its bytes under one key and its place in the machine under another.
    let memory_block_count = count("RamBlock").max(count("RamMemoryBlock"));
    let device_state = all.iter().any(|key| key.name.eq_ignore_ascii_case("savedVM"));
    let kind = all.iter().find(|key| key.name.eq_ignore_ascii_case("type"));
    let kind = kind.and_then(|key| key.value.as_text()).map(Utf16Text::lossy);
    let any = memory_block_count > 0 || device_state || kind.is_some();
    any.then_some(SavedState { kind, memory_block_count, device_state })
}
