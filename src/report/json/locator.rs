//! What a differencing disk recorded about its parent, entry by entry.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::format::hex::to_hex;
use crate::image::{LocatorEntryFacts, LocatorFacts};

/// One entry of a parent locator.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LocatorEntryJson {
    /// The key, lossily; `null` where it lies outside the locator.
    pub key: Option<String>,
    /// The key's exact bytes as hexadecimal digits; only present where they are not valid text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_raw_hex: Option<String>,
    /// The value, lossily; `null` where it lies outside the locator, or is no text.
    pub value: Option<String>,
    /// The value's exact bytes as hexadecimal digits; only present where they are not valid text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_raw_hex: Option<String>,
}

/// Every entry in the order of the file.
pub(super) fn entries(locator: &LocatorFacts) -> Vec<LocatorEntryJson> {
    locator.entries.iter().map(LocatorEntryJson::from).collect()
}

/// The values by their keys; of a key that occurs twice the first counts, as it does for the link.
pub(super) fn by_key(entries: &[LocatorEntryJson]) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for entry in entries {
        if let (Some(key), Some(value)) = (&entry.key, &entry.value) {
            map.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    map
}

/// Whether [`by_key`] tells all of it.
pub(super) fn by_key_is_exact(entries: &[LocatorEntryJson]) -> bool {
    by_key(entries).len() == entries.len()
        && entries.iter().all(|entry| entry.key_raw_hex.is_none() && entry.value_raw_hex.is_none())
}

impl From<&LocatorEntryFacts> for LocatorEntryJson {
    fn from(entry: &LocatorEntryFacts) -> Self {
        Self {
            key: entry.key.shown().map(Cow::into_owned),
            key_raw_hex: entry.key.raw().map(to_hex),
            value: entry.value.shown().map(Cow::into_owned),
            value_raw_hex: entry.value.raw().map(to_hex),
        }
    }
}
