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
    administrator_without_product,
    ambiguous_product,
    computers_and_contacts_are_nobody,
    create_is_off,
    create_only_product_comes_back,
    custom_field_unknown,
    custom_fields_time_zone_language,
    cyclic_groups,
    device_by_mac_and_by_name,
    device_clash_of_two_people,
    device_group_goes_with_the_rule,
    device_group_unknown,
    device_groups_are_united,
    device_of_somebody_else,
    device_unknown,
    direct_members_only,
    disabled_people_are_not_created,
    disabled_then_enabled,
    email_change_is_an_update,
    email_in_another_case_is_no_change,
    email_rewritten_for_a_rehearsal,
    emails_limit,
    exclusion_by_group_and_filter,
    existing_users_are_adopted_by_email,
    expired_account,
    extension_clash,
    extension_from_an_attribute,
    extension_is_handed_on_in_two_runs,
    extension_next_free_of_a_range,
    extension_range_is_full,
    extension_that_is_none_is_left_out,
    filter_with_matching_rules,
    first_run_creates,
    group_by_ambiguous_name,
    group_by_id,
    incomplete_account_takes_no_number,
    incomplete_account_takes_nothing,
    incomplete_directory_takes_nothing,
    incomplete_read_deletes_nobody,
    incomplete_read_switches_nothing_off_and_takes_no_role,
    invitation_expired_is_a_state,
    last_administrator,
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
    license_no_rule_gives_goes,
    license_not_active_yet_then_active,
    license_swap_when_full,
    limits_exceeded_then_approved,
    location_changes_or_is_unknown,
    locked_email_and_name_are_states,
    manager_of_a_group_that_is_made,
    mapping_conditions,
    mapping_cut_note,
    mapping_phone,
    mapping_regex_and_ascii,
    mapping_with_fallback,
    mapping_with_several_values,
    missing_group,
    missing_ou,
    moves_to_a_rule_without_products,
    name_is_too_long,
    nested_groups,
    nested_product_off,
    nested_product_on_again,
    nested_product_unknown,
    no_email,
    one_level_ou,
    one_person_two_users,
    ou_move_changes_rules,
    ou_move_keeps_the_user,
    own_user,
    person_is_recreated,
    phone_number_name_follows_the_person,
    phone_numbers_that_cannot_be_given,
    primary_group,
    priorities,
    protected_user_keeps_access_and_is_never_deleted,
    proxy_address_is_the_email,
    rename_is_an_update,
    role_administrator_is_given,
    role_by_rule_does_not_come_back_when_the_rule_no_longer_selects,
    role_changed_by_hand_is_set_back,
    role_comes_back_with_the_person,
    role_given_by_hand_stays,
    role_goes_when_no_rule_gives_it,
    role_limit_exceeded_then_approved,
    role_manager_keeps_no_reach_over_moved_person,
    role_manager_limited_to_groups_and_products,
    role_of_the_last_administrator,
    role_of_the_login_is_kept,
    role_set_is_given,
    role_set_unknown,
    roles_hidden_from_the_login,
    roles_hidden_leaver_is_refused,
    rule_is_deleted,
    rule_is_switched_off,
    rule_without_products,
    seat_moves_in_one_run,
    seats_short_fill,
    seats_short_fill_keeps_access,
    seats_short_stop,
    secondary_extensions_and_caller_ids_come_and_go,
    set_aside_after_a_failure_and_tried_again,
    set_aside_ends_when_mended,
    set_aside_is_tried_at_once_when_something_else_is_wanted,
    shrunken_scope,
    simulate_rule_is_shown_not_applied,
    simulate_whole_run,
    simulated_rule_does_not_decide_about_leavers,
    simulated_rule_is_not_the_last_that_selected,
    simulated_rule_keeps_what_it_would_give,
    simulated_rule_limits_nobody,
    simulated_rule_links_nobody,
    simulated_rule_with_missing_ou_stops_nobody,
    simulated_rule_with_unknown_product_stops_nobody,
    state_is_lost,
    suspended_by_hand_is_never_deleted,
    suspended_by_hand_stays,
    suspended_then_recreated,
    telephones_of_a_new_user,
    template_system_default,
    template_unknown,
    templates_for_products_also_not_owned,
    transfer_expired,
    transfer_invited_then_pending_then_accepted,
    two_people_with_one_email,
    unicode_form_is_no_change,
    unknown_product,
    unknown_user_group,
    unmanaged_field_stays,
    unnamed_license_stays,
    update_is_off,
    user_group_move,
    user_group_none,
    user_groups_are_created_nested,
    user_is_deleted_by_hand,
    welcome_none,
    welcome_template_is_created_and_used,
    welcome_template_text_changes,
    welcome_template_unknown,
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
