//! The table of all checks, in the order of their codes. A code is never used again for anything else.

use super::check::Check;
use super::{
    bat, chain, companion, file, header, log, machine, metadata, parent_locator, region_table, sector_bitmap, vhd,
};

/// All checks, sorted by code.
pub static CHECKS: [&Check; 135] = [
    &header::identifier_damaged::CHECK,
    &header::no_valid::CHECK,
    &header::copy_damaged::CHECK,
    &header::newer_damaged::CHECK,
    &header::sequence_conflict::CHECK,
    &header::unknown_version::CHECK,
    &header::nil_guid::CHECK,
    &header::history::CHECK,
    &header::creator_not_text::CHECK,
    &region_table::no_valid::CHECK,
    &region_table::copy_damaged::CHECK,
    &region_table::copies_differ::CHECK,
    &region_table::missing::CHECK,
    &region_table::misplaced::CHECK,
    &region_table::overlap::CHECK,
    &region_table::beyond_end::CHECK,
    &region_table::duplicated::CHECK,
    &region_table::unknown_required::CHECK,
    &region_table::unknown_optional::CHECK,
    &log::unknown_version::CHECK,
    &log::misplaced::CHECK,
    &log::not_replayed::CHECK,
    &log::unreplayable::CHECK,
    &log::torn_entry::CHECK,
    &log::gap::CHECK,
    &log::misaimed_descriptor::CHECK,
    &log::file_too_short::CHECK,
    &log::stale_entries::CHECK,
    &bat::region_too_small::CHECK,
    &bat::reserved_state::CHECK,
    &bat::reserved_bits::CHECK,
    &bat::without_place::CHECK,
    &bat::beyond_end::CHECK,
    &bat::short_last_block::CHECK,
    &bat::shared_place::CHECK,
    &bat::on_structure::CHECK,
    &bat::anchored::CHECK,
    &bat::unused_slot::CHECK,
    &sector_bitmap::missing::CHECK,
    &sector_bitmap::partial_without_parent::CHECK,
    &sector_bitmap::reserved_state::CHECK,
    &sector_bitmap::bits_past_end::CHECK,
    &sector_bitmap::uniform::CHECK,
    &metadata::unreadable::CHECK,
    &metadata::missing_item::CHECK,
    &metadata::unknown_required::CHECK,
    &metadata::unknown_optional::CHECK,
    &metadata::duplicated::CHECK,
    &metadata::overlap::CHECK,
    &metadata::out_of_place::CHECK,
    &metadata::illegal_value::CHECK,
    &metadata::incomplete::CHECK,
    &metadata::flags::CHECK,
    &parent_locator::missing::CHECK,
    &parent_locator::without_parent::CHECK,
    &parent_locator::unknown_type::CHECK,
    &parent_locator::unusable_linkage::CHECK,
    &parent_locator::second_linkage::CHECK,
    &parent_locator::damaged_text::CHECK,
    &parent_locator::paths_disagree::CHECK,
    &parent_locator::stale_path::CHECK,
    &parent_locator::on_share::CHECK,
    &parent_locator::escaping_path::CHECK,
    &parent_locator::names_itself::CHECK,
    &parent_locator::wrong_file::CHECK,
    &chain::parent_missing::CHECK,
    &chain::parent_outside::CHECK,
    &chain::identity_mismatch::CHECK,
    &chain::second_guid::CHECK,
    &chain::ambiguous::CHECK,
    &chain::cycle::CHECK,
    &chain::parent_unreadable::CHECK,
    &chain::sector_sizes::CHECK,
    &chain::virtual_sizes::CHECK,
    &chain::too_deep::CHECK,
    &chain::golden_parent::CHECK,
    &chain::siblings::CHECK,
    &chain::parent_newer::CHECK,
    &chain::mixed_formats::CHECK,
    &file::cut_in_headers::CHECK,
    &file::empty::CHECK,
    &file::all_zero::CHECK,
    &file::appended::CHECK,
    &file::unreferenced::CHECK,
    &file::misleading_name::CHECK,
    &file::not_a_disk::CHECK,
    &file::unreadable::CHECK,
    &file::changed::CHECK,
    &file::stale_branch::CHECK,
    &file::chain_without_checkpoint::CHECK,
    &file::same_identity::CHECK,
    &file::unneeded::CHECK,
    &file::precreated::CHECK,
    &file::merge_exceeds_free::CHECK,
    &machine::lost::CHECK,
    &machine::damaged::CHECK,
    &machine::checksum::CHECK,
    &machine::log_not_replayed::CHECK,
    &machine::header_damaged::CHECK,
    &machine::unknown_version::CHECK,
    &machine::table_twice::CHECK,
    &machine::disk_missing::CHECK,
    &machine::checkpoint_disk_missing::CHECK,
    &machine::attached_twice::CHECK,
    &machine::twice::CHECK,
    &machine::unregistered::CHECK,
    &machine::not_scanned::CHECK,
    &machine::merge_pending::CHECK,
    &machine::backup_checkpoint::CHECK,
    &machine::checkpoint_not_found::CHECK,
    &machine::tree_disagrees::CHECK,
    &machine::saved_memory::CHECK,
    &machine::over_others::CHECK,
    &vhd::no_footer::CHECK,
    &vhd::footer_damaged::CHECK,
    &vhd::copy_damaged::CHECK,
    &vhd::footers_differ::CHECK,
    &vhd::footer_checksum::CHECK,
    &vhd::header_checksum::CHECK,
    &vhd::header_unusable::CHECK,
    &vhd::illegal_size::CHECK,
    &vhd::unknown_field::CHECK,
    &vhd::beyond_end::CHECK,
    &vhd::shared_place::CHECK,
    &vhd::on_structure::CHECK,
    &vhd::clear_bits::CHECK,
    &vhd::locator_damaged::CHECK,
    &vhd::time_stamp::CHECK,
    &vhd::nil_unique_id::CHECK,
    &vhd::size_by_geometry::CHECK,
    &companion::without_disk::CHECK,
    &companion::without_machine::CHECK,
    &companion::replica_log_large::CHECK,
    &companion::backup_copy_left::CHECK,
    &companion::backup_document::CHECK,
];

/// The check with this code, in either case, or with this name.
pub fn find(code: &str) -> Option<&'static Check> {
    CHECKS.iter().copied().find(|check| check.code.eq_ignore_ascii_case(code) || check.name == code)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_sorted_names_are_unique_and_both_are_well_formed() {
        for pair in CHECKS.windows(2) {
            assert!(pair[0].code < pair[1].code, "{} before {}", pair[0].code, pair[1].code);
        }
        let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
        for check in CHECKS {
            let digits = check.code.strip_prefix("VHDX").unwrap();
            assert!(digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", check.code);
            assert!(check.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", check.name);
            assert!(check.family().is_some(), "{}", check.code);
        }
    }

    #[test]
    fn every_heading_of_every_explanation_says_something_and_no_advice_is_given_twice() {
        let mut advice = BTreeSet::new();
        for check in CHECKS {
            let text = &check.explanation;
            for part in [text.seen, text.matters, text.harmless, text.todo, text.not_first] {
                assert!(part.len() > 10 && part.ends_with('.'), "{}: {part:?}", check.code);
            }
            assert!(
                text.todo == "Nothing." || advice.insert((text.todo, text.not_first)),
                "{} advises as another",
                check.code
            );
        }
    }

    #[test]
    fn a_check_is_found_by_code_and_by_name() {
        assert_eq!(find("vhdx0101").unwrap().code, "VHDX0101");
        assert_eq!(find("empty-file").unwrap().code, "VHDX0902");
        assert!(find("VHDX0000").is_none());
    }
}
