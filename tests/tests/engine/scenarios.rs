//! Runs every folder of `scenarios/` on an account in memory and in a file, and with the directory entries in both
//! orders.
//!
//! With `GOTOSYNC_BLESS=1`, the tests write the files with the expected output and fail nevertheless.

use std::path::{Path, PathBuf};

use gotosync_tests::Trouble;
use gotosync_tests::scenario::{Golden, Home, Order, Printed, Scenario, compare, run};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

async fn visit(name: &str) -> Result<(), Trouble> {
    let golden = if std::env::var_os("GOTOSYNC_BLESS").is_some() { Golden::Bless } else { Golden::Keep };
    let scenario = Scenario::open(scenarios().join(name))?;
    let work = tempfile::tempdir()?;
    let one = run(&scenario, Home::Memory, Order::Written, work.path()).await?;
    let mut problems: Vec<String> = Vec::new();
    for (told, number) in one.iter().zip(1..) {
        let named = |stem: &str, end: &str| {
            if number == 1 { format!("{stem}.{end}") } else { format!("{stem}.{number}.{end}") }
        };
        for (name, text) in [
            (named("plan", "txt"), &told.plan),
            (named("report", "txt"), &told.report),
            (named("after", "json"), &told.after),
        ] {
            problems.extend(compare(&scenario.folder, &name, text, golden).err().map(|problem| problem.to_string()));
        }
        problems.extend(told.broken.iter().map(|law| format!("run {number}: {law}")));
    }
    for (home, order) in
        [(Home::Memory, Order::Reversed), (Home::Files, Order::Written), (Home::Files, Order::Reversed)]
    {
        let work = tempfile::tempdir()?;
        let other = run(&scenario, home, order, work.path()).await?;
        problems.extend(differs(&one, &other).map(|what| format!("{what} with {home:?}, {order:?}")));
    }
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n").into()) }
}

/// Returns the first difference between the outputs.
fn differs(one: &[Printed], other: &[Printed]) -> Option<String> {
    let pairs = one.iter().zip(other).zip(1..);
    let told = |(one, other): (&Printed, &Printed)| {
        let parts = [
            ("plan", &one.plan, &other.plan),
            ("report", &one.report, &other.report),
            ("account", &one.after, &other.after),
            ("plan as JSON", &one.document, &other.document),
        ];
        let part = parts.into_iter().find(|(_, one, other)| one != other);
        part.map(|(what, one, other)| format!("the {what} differs:\n{one}\nand\n{other}")).or_else(|| {
            let (one, other) = (&one.remembered, &other.remembered);
            (one != other).then(|| format!("the stored state differs:\n{one:#?}\nand\n{other:#?}"))
        })
    };
    pairs.into_iter().find_map(|(pair, number)| told(pair).map(|what| format!("run {number}: {what}")))
}

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                if let Err(problem) = visit(stringify!($name)).await {
                    panic!("scenarios/{}: {problem}", stringify!($name));
                }
            }
        )*

        const ALL: &[&str] = &[$(stringify!($name)),*];
    };
}

scenarios! {
    address_is_handed_to_a_new_user,
    address_is_handed_to_another_user,
    addresses_are_swapped,
    administrator_needs_no_product,
    ambiguous_group_name_is_an_error,
    ambiguous_product_stops_the_run,
    assigns_the_next_free_extension_of_a_range,
    computers_and_contacts_are_not_people,
    create_only_product_comes_back,
    device_group_is_removed_with_its_rule,
    device_groups_are_united,
    device_of_another_user,
    device_wanted_by_two_people_goes_to_neither,
    disabled_people_are_not_created,
    disabled_then_enabled,
    dry_run_changes_nothing,
    email_change_is_an_update,
    email_in_another_case_is_no_change,
    email_rewritten_for_a_rehearsal,
    emails_limit_exceeded_then_approved,
    exclusion_by_group_and_filter,
    existing_users_are_adopted_by_email,
    expired_account_counts_as_disabled,
    extension_from_an_attribute,
    extension_is_reassigned_in_two_runs,
    extension_range_is_full,
    extension_wanted_by_two_people_goes_to_neither,
    filter_with_matching_rules,
    finds_a_group_by_id,
    finds_devices_by_mac_and_by_name,
    first_run_creates,
    incomplete_account_removes_no_phone_number,
    incomplete_account_removes_nothing,
    incomplete_directory_removes_nothing,
    incomplete_read_deletes_no_user,
    incomplete_read_disables_no_product_and_removes_no_role,
    invalid_extension_is_skipped,
    invitation_expired_is_a_state,
    last_administrator_is_never_suspended,
    last_administrator_keeps_the_role,
    leaver_deleted_after_days_and_reads,
    leaver_deletion_limit,
    leaver_keep,
    leaver_not_deleted_before_enough_reads,
    leaver_policy_of_the_rule,
    leaver_remove_products,
    leaver_returns,
    leaver_returns_before_deletion_and_gets_everything_back,
    leaver_suspend,
    leaver_was_deleted_by_hand,
    license_not_active_yet_then_active,
    license_swap_when_full,
    license_without_a_rule_is_removed,
    limits_exceeded_then_approved,
    location_changes_or_is_unknown,
    locked_email_and_name_are_states,
    lost_state_relinks_users_by_email,
    manager_loses_reach_over_a_moved_person,
    manager_of_a_group_created_in_the_same_run,
    mapping_conditions,
    mapping_phone,
    mapping_regex_and_ascii,
    mapping_with_fallback,
    mapping_with_several_values,
    missing_group_is_an_error,
    missing_ou_is_an_error,
    moves_to_a_rule_without_products,
    nested_groups_include_indirect_members,
    nested_product_off,
    nested_product_on_again,
    one_level_ou,
    ou_move_changes_rules,
    ou_move_keeps_the_user,
    person_is_recreated,
    person_matching_two_users_is_skipped,
    person_with_a_long_name_is_skipped,
    person_without_email_is_skipped,
    phone_number_name_follows_the_person,
    phone_numbers_that_cannot_be_given,
    primary_group_counts_as_membership,
    priorities,
    protected_user_keeps_access_and_is_never_deleted,
    proxy_address_is_the_email,
    reads_cyclic_groups,
    rename_is_an_update,
    role_administrator_is_given,
    role_by_rule_does_not_come_back_when_the_rule_no_longer_selects,
    role_changed_by_hand_is_set_back,
    role_comes_back_with_the_person,
    role_given_by_hand_stays,
    role_is_removed_when_no_rule_gives_it,
    role_limit_exceeded_then_approved,
    role_manager_limited_to_groups_and_products,
    role_of_the_sync_user_is_kept,
    role_set_is_given,
    roles_hidden_from_the_sync_user,
    roles_hidden_leaver_is_refused,
    rule_is_deleted,
    rule_is_switched_off,
    rule_with_create_off_creates_no_users,
    rule_with_update_off_changes_no_users,
    rule_without_products,
    run_never_suspends_its_own_user,
    seat_moves_in_one_run,
    seats_short_fill,
    seats_short_fill_keeps_access,
    seats_short_stop,
    secondary_extensions_and_caller_ids_come_and_go,
    selects_direct_members_only,
    set_aside_after_a_failure_and_retried,
    set_aside_ends_after_a_manual_fix,
    set_aside_is_retried_when_the_directory_changes,
    sets_custom_fields_time_zone_and_language,
    shrunken_rule_holds_the_run,
    simulated_rule_does_not_count_against_limits,
    simulated_rule_does_not_decide_about_leavers,
    simulated_rule_is_not_recorded_as_the_last_rule,
    simulated_rule_is_shown_but_not_applied,
    simulated_rule_links_no_person,
    simulated_rule_protects_what_it_would_give,
    simulated_rule_with_missing_ou_does_not_stop_the_run,
    simulated_rule_with_unknown_product_does_not_stop_the_run,
    suspended_by_hand_is_never_deleted,
    suspended_by_hand_stays,
    suspended_then_recreated,
    telephones_of_a_new_user,
    template_system_default,
    templates_for_products_also_not_owned,
    transfer_expired,
    transfer_invited_then_pending_then_accepted,
    truncated_name_gets_a_note,
    two_people_with_one_email_are_skipped,
    unicode_form_is_no_change,
    unknown_custom_field_stops_the_run,
    unknown_device_group_stops_the_run,
    unknown_device_is_skipped,
    unknown_nested_product_stops_the_run,
    unknown_product_stops_the_run,
    unknown_role_set_stops_the_run,
    unknown_template_stops_the_run,
    unknown_user_group_stops_the_run,
    unknown_welcome_template_stops_the_run,
    unmanaged_field_stays,
    unnamed_license_stays,
    user_group_is_cleared,
    user_group_move,
    user_groups_are_created_nested,
    user_is_deleted_by_hand,
    welcome_none,
    welcome_template_is_created_and_used,
    welcome_template_text_changes,
}

#[test]
fn every_scenario_folder_has_one_test() {
    let entries = std::fs::read_dir(scenarios()).unwrap();
    let mut folders: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    folders.sort();
    let mut listed = ALL.to_vec();
    listed.sort_unstable();
    assert_eq!(folders, listed, "the folders of scenarios/ must match the names in tests/engine/scenarios.rs");
    for folder in folders {
        let about = std::fs::read_to_string(scenarios().join(&folder).join("about.txt")).unwrap_or_default();
        assert!(about.trim().ends_with('.'), "scenarios/{folder}/about.txt must be a sentence");
    }
}
