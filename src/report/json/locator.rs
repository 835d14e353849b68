//! What a differencing disk recorded about its parent, entry by entry.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::format::text::Utf16Text;
use crate::format::vhdx::parent_locator::ParentLocator;
use crate::image::Image;
use crate::image::vhd::VhdSurvey;

use super::common::{hex, text_hex};

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

/// Every entry in the order of the file; `None` where nothing that could be read is there.
pub(super) fn entries(image: &Image) -> Option<Vec<LocatorEntryJson>> {
    if let Some(locator) = image.as_vhdx().and_then(|survey| survey.metadata()?.parent_locator()) {
        return Some(of_vhdx(locator));
    }
    image.as_vhd().and_then(of_vhd)
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

fn of_vhdx(locator: &ParentLocator) -> Vec<LocatorEntryJson> {
    let entry = |key: Option<&Utf16Text>, value: Option<&Utf16Text>| LocatorEntryJson {
        key: key.map(Utf16Text::lossy),
        key_raw_hex: key.and_then(text_hex),
        value: value.map(Utf16Text::lossy),
        value_raw_hex: value.and_then(text_hex),
    };
    locator.entries.iter().map(|found| entry(found.key.as_ref(), found.value.as_ref())).collect()
}

/// The name in the dynamic disk header and the parent locators, under their platform codes in lower case.
fn of_vhd(survey: &VhdSurvey) -> Option<Vec<LocatorEntryJson>> {
    let name = &survey.header()?.parent_unicode_name;
    let named = LocatorEntryJson {
        key: Some("header_name".to_owned()),
        key_raw_hex: None,
        value: Some(name.lossy()),
        value_raw_hex: text_hex(name),
    };
    let located = survey.locators.iter().map(|locator| {
        let code = locator.entry.platform_code.code();
        let data = locator.data.as_ref().ok();
        LocatorEntryJson {
            key: Some(String::from_utf8_lossy(&code).trim_end().to_ascii_lowercase()),
            key_raw_hex: (!code.is_ascii()).then(|| hex(&code)),
            value: data.and_then(|data| data.text.clone()),
            value_raw_hex: data.filter(|data| !data.exact).map(|data| hex(&data.raw)),
        }
    });
    Some(std::iter::once(named).chain(located).collect())
}
