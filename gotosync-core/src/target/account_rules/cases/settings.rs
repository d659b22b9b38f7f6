//! Test cases for the settings that few users have.

use super::{
    MEETING, Make, WEBINAR, account, all_settings, change, done, goes, mac, made, number, person, refused, renamed,
    set, settings, taken, updated, user, whole,
};
use crate::error::ErrorKind;
use crate::model::{
    Account, Action, Catalog, Email, Invitation, Locks, RingsAt, SetChange, SettingsChanges, SettingsTemplate,
    Transfer, User, UserSettings, Voicemail,
};

fn template(name: &str) -> SettingsTemplate {
    SettingsTemplate::Named(name.into())
}

pub(in crate::target) async fn creates_a_user_with_settings(make: Make<'_>) {
    let bench = make(account());
    let mut new = User::new("dan@example.test", "Dan", "Lee");
    new.settings = Some(Box::new(UserSettings { off: [(WEBINAR.into(), [].into())].into(), ..settings() }));
    new.settings.as_mut().unwrap().off.extend(settings().off);
    done(&*bench.target, made(new)).await;
    assert_eq!(user(&*bench.target, "1000000001").await.settings(), &settings());
    let bare = User { settings: Some(Box::default()), ..User::new("eve@example.test", "Eve", "Lee") };
    done(&*bench.target, made(bare)).await;
    assert_eq!(user(&*bench.target, "1000000002").await.settings, None);
}

pub(in crate::target) async fn changes_and_removes_settings(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    done(target, updated("2", set(all_settings()))).await;
    assert_eq!(user(target, "2").await.settings(), &settings());
    let other = SettingsChanges {
        time_zone: Some(change(Some("Europe/Berlin".into()), Some("UTC".into()))),
        extension: Some(change(Some("123".into()), Some("12345678".into()))),
        templates: [(MEETING.into(), change(Some(template("Quiet")), Some(SettingsTemplate::System)))].into(),
        nested: [(MEETING.into(), SetChange::adding(vec!["G2M".into()]))].into(),
        custom_fields: [("Cost centre".into(), change(Some("4711".into()), Some("ü".repeat(256))))].into(),
        device_groups: whole(|w| SetChange::adding(vec!["Floor 2".into()]).removing(w, vec!["Floor 1".into()])),
        devices: whole(|w| SetChange::adding(vec![mac(2)]).removing(w, vec![mac(1)])),
        location: Some(change(Some("Branch".into()), Some("Head office".into()))),
        phone_numbers: [(number("0100"), change(Some("Bob".into()), Some("Rob".into())))].into(),
        caller_id_numbers: whole(|w| SetChange::adding(vec![number("0100")]).removing(w, vec![number("0101")])),
        texting_numbers: whole(|w| SetChange::adding(vec![number("0101")]).removing(w, vec![number("0100")])),
        secondary_extensions: whole(|w| SetChange::adding(vec!["901".into()]).removing(w, vec!["900".into()])),
        voicemail: Some(Voicemail { review: Some(true), ..Voicemail::default() }),
    };
    done(target, updated("2", set(other))).await;
    let changed = UserSettings {
        time_zone: Some("UTC".into()),
        extension: Some("12345678".into()),
        templates: [(MEETING.into(), SettingsTemplate::System), (WEBINAR.into(), SettingsTemplate::System)].into(),
        off: [].into(),
        custom_fields: [("Cost centre".into(), "ü".repeat(256))].into(),
        device_groups: ["Floor 2".into()].into(),
        devices: [mac(2)].into(),
        location: Some("Head office".into()),
        phone_numbers: [(number("0100"), "Rob".into())].into(),
        caller_id_numbers: [number("0100")].into(),
        texting_numbers: [number("0101")].into(),
        secondary_extensions: ["901".into()].into(),
    };
    assert_eq!(user(target, "2").await.settings(), &changed);
    let none = SettingsChanges {
        time_zone: Some(change(changed.time_zone, None)),
        extension: Some(change(changed.extension, None)),
        templates: changed.templates.into_iter().map(|(key, own)| (key, change(Some(own), None))).collect(),
        custom_fields: changed.custom_fields.into_iter().map(|(name, own)| (name, change(Some(own), None))).collect(),
        device_groups: goes(changed.device_groups),
        devices: goes(changed.devices),
        location: Some(change(changed.location, None)),
        phone_numbers: changed.phone_numbers.into_iter().map(|(own, name)| (own, change(Some(name), None))).collect(),
        caller_id_numbers: goes(changed.caller_id_numbers),
        texting_numbers: goes(changed.texting_numbers),
        secondary_extensions: goes(changed.secondary_extensions),
        ..SettingsChanges::default()
    };
    done(target, updated("2", set(none))).await;
    assert_eq!(user(target, "2").await.settings, None);
    let catalog = bench.target.read().await.unwrap().catalog;
    // Values that the user gave up stay in the account: the phone number with its last name, and the extension with its last
    // number.
    assert_eq!(catalog.phone_number(&number("0100")).unwrap().name, "Rob");
    assert_eq!(catalog.extensions, ["12345678", "900", "901"]);
}

pub(in crate::target) async fn rejects_stale_settings(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    let one = |make: fn(&mut SettingsChanges)| {
        let mut changes = SettingsChanges::default();
        make(&mut changes);
        updated("2", set(changes))
    };
    for (field, action) in [
        ("time_zone", one(|c| c.time_zone = Some(change(Some("UTC".into()), Some("Europe/Berlin".into()))))),
        ("extension", one(|c| c.extension = Some(change(Some("99".into()), Some("98".into()))))),
        ("templates", one(|c| c.templates = [(MEETING.into(), change(Some(SettingsTemplate::System), None))].into())),
        ("products", one(|c| c.nested = [(MEETING.into(), SetChange::adding(vec!["G2M".into()]))].into())),
        ("custom_fields", one(|c| c.custom_fields = [("Badge".into(), change(Some("1".into()), None))].into())),
        ("device_groups", one(|c| c.device_groups = goes(["Floor 1".to_owned()]))),
        ("devices", one(|c| c.devices = goes([mac(1)]))),
        ("location", one(|c| c.location = Some(change(Some("Branch".into()), None)))),
        ("phone_numbers", one(|c| c.phone_numbers = [(number("0100"), change(Some("Bob".into()), None))].into())),
        ("caller_id_numbers", one(|c| c.caller_id_numbers = goes([number("0101")]))),
        ("secondary_extensions", one(|c| c.secondary_extensions = goes(["900".to_owned()]))),
    ] {
        refused(target, action, ErrorKind::Conflict, &format!("{field} has changed since it was read")).await;
    }
}

pub(in crate::target) async fn rejects_settings_with_unknown_names(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    for (own, message) in [
        (
            UserSettings { templates: [(MEETING.into(), template("Quite"))].into(), ..UserSettings::default() },
            "the account has no GoToMeeting settings template `Quite`; did you mean `Quiet`?",
        ),
        (
            // A template of another product does not count.
            UserSettings { templates: [(MEETING.into(), template("Loud"))].into(), ..UserSettings::default() },
            "the account has no GoToMeeting settings template `Loud`",
        ),
        (
            UserSettings { templates: [("g2x".into(), SettingsTemplate::System)].into(), ..UserSettings::default() },
            "the account has no license g2x",
        ),
        (
            UserSettings { off: [("g2x".into(), ["G2M".into()].into())].into(), ..UserSettings::default() },
            "the account has no license g2x",
        ),
        (
            UserSettings { custom_fields: [("cost center".into(), "1".into())].into(), ..UserSettings::default() },
            "the account has no custom field `cost center`; did you mean `Cost centre`?",
        ),
        (
            UserSettings { device_groups: ["Floor 3".into()].into(), ..UserSettings::default() },
            "the account has no device group `Floor 3`; did you mean `Floor 1`?",
        ),
        (
            UserSettings { devices: [mac(9)].into(), ..UserSettings::default() },
            "the account has no device 00:0b:82:00:00:09",
        ),
        (
            UserSettings { location: Some("Brench".into()), ..UserSettings::default() },
            "the account has no location `Brench`; did you mean `Branch`?",
        ),
        (
            UserSettings { phone_numbers: [(number("0199"), "X".into())].into(), ..extension("20") },
            "the account has no phone number +15555550199",
        ),
        (
            UserSettings { caller_id_numbers: [number("0199")].into(), ..UserSettings::default() },
            "the account has no phone number +15555550199",
        ),
        (
            UserSettings { secondary_extensions: ["999".into()].into(), ..UserSettings::default() },
            "the account has no extension `999`",
        ),
    ] {
        refused(target, made_with(own.clone()), ErrorKind::NotFound, message).await;
        refused(target, updated("2", set(coming(&own))), ErrorKind::NotFound, message).await;
    }
}

pub(in crate::target) async fn rejects_invalid_settings(make: Make<'_>) {
    let bench = make(account());
    let target = &*bench.target;
    for (own, message) in [
        (
            UserSettings { time_zone: Some("Berlin\n".into()), ..UserSettings::default() },
            "time_zone: `Berlin\\n` is not a time zone such as `Europe/Berlin`".to_owned(),
        ),
        (extension("1"), "extension: `1` is not an extension of two to eight digits".to_owned()),
        (extension("123456789"), "extension: `123456789` is not an extension of two to eight digits".to_owned()),
        (extension("12a"), "extension: `12a` is not an extension of two to eight digits".to_owned()),
        (
            UserSettings { off: [(MEETING.into(), ["G2N".into()].into())].into(), ..UserSettings::default() },
            "GoToMeeting has no product `G2N`; did you mean `G2M`?".to_owned(),
        ),
        (
            UserSettings { custom_fields: [("Badge".into(), "x".repeat(257))].into(), ..UserSettings::default() },
            "custom field `Badge` has 257 characters; at most 256 are allowed".to_owned(),
        ),
        (
            UserSettings { phone_numbers: [(number("0100"), " ".into())].into(), ..extension("20") },
            "phone number +15555550100 needs a name".to_owned(),
        ),
        (
            UserSettings { phone_numbers: [(number("0100"), "Dan".into())].into(), ..UserSettings::default() },
            "the user has phone numbers but no extension where they can ring".to_owned(),
        ),
        (
            UserSettings { secondary_extensions: ["900".into()].into(), ..extension("900") },
            "extension 900 is the user's own extension and cannot also be a secondary extension".to_owned(),
        ),
    ] {
        refused(target, made_with(own.clone()), ErrorKind::Input, &message).await;
        refused(target, updated("2", set(coming(&own))), ErrorKind::Input, &message).await;
    }
}

pub(in crate::target) async fn removes_settings_that_no_longer_exist_in_the_account(make: Make<'_>) {
    let mut account = taken();
    account.catalog = Catalog::default();
    person(&mut account, "2").set_settings(|own| own.extension = Some("1".into()));
    let bench = make(account);
    let target = &*bench.target;
    done(target, updated("2", renamed("bob", "Rob"))).await;
    let all = SettingsChanges {
        extension: Some(change(Some("1".into()), None)),
        templates: [(MEETING.into(), change(Some(template("Quiet")), None))].into(),
        custom_fields: [("Cost centre".into(), change(Some("4711".into()), None))].into(),
        device_groups: goes(["Floor 1".to_owned()]),
        devices: goes([mac(1)]),
        phone_numbers: [(number("0100"), change(Some("Bob".into()), None))].into(),
        ..SettingsChanges::default()
    };
    done(target, updated("2", set(all))).await;
    assert_eq!(user(target, "2").await.settings().devices.len(), 0);
}

pub(in crate::target) async fn rejects_an_extension_that_another_user_has(make: Make<'_>) {
    let bench = make(taken());
    let target = &*bench.target;
    let message = "extension 123 belongs to another user";
    refused(target, made_with(extension("123")), ErrorKind::Conflict, message).await;
    refused(target, updated("1", set(coming(&extension("123")))), ErrorKind::Conflict, message).await;
    // An extension that a user gave up is free.
    let left = SettingsChanges { extension: Some(change(Some("123".into()), None)), ..SettingsChanges::default() };
    let numbers = "the user has phone numbers but no extension where they can ring";
    refused(target, updated("2", set(left.clone())), ErrorKind::Input, numbers).await;
    let numbers = [(number("0100"), change(Some("Bob".into()), None))].into();
    done(target, updated("2", set(SettingsChanges { phone_numbers: numbers, ..left }))).await;
    done(target, updated("1", set(coming(&extension("123"))))).await;
}

pub(in crate::target) async fn rejects_a_device_that_another_user_has(make: Make<'_>) {
    let bench = make(taken());
    let target = &*bench.target;
    let devices = |at| UserSettings { devices: [mac(at)].into(), ..UserSettings::default() };
    let message = "device 00:0b:82:00:00:01 (Reception) belongs to another user";
    refused(target, made_with(devices(1)), ErrorKind::Conflict, message).await;
    refused(target, updated("1", set(coming(&devices(1)))), ErrorKind::Conflict, message).await;
    done(target, updated("2", set(coming(&devices(2))))).await;
    done(target, updated("2", set(SettingsChanges { devices: goes([mac(1)]), ..SettingsChanges::default() }))).await;
    done(target, made_with(devices(1))).await;
}

pub(in crate::target) async fn rejects_a_phone_number_routed_elsewhere(make: Make<'_>) {
    let mut account = taken();
    account.catalog.phone_numbers[0].rings_at = Some(RingsAt::Elsewhere);
    let bench = make(account);
    let target = &*bench.target;
    let phone = |end: &str| UserSettings { phone_numbers: [(number(end), "Dan".into())].into(), ..extension("20") };
    for (end, message) in [
        ("0100", "phone number +15555550100 belongs to another user"),
        ("0101", "phone number +15555550101 is already routed to another destination"),
    ] {
        refused(target, made_with(phone(end)), ErrorKind::Conflict, message).await;
        refused(target, updated("1", set(coming(&phone(end)))), ErrorKind::Conflict, message).await;
    }
    let left = SettingsChanges {
        phone_numbers: [(number("0100"), change(Some("Bob".into()), None))].into(),
        ..SettingsChanges::default()
    };
    done(target, updated("2", set(left))).await;
    done(target, made_with(phone("0100"))).await;
    // The number has been reassigned, so it is no longer listed as free.
    assert!(bench.target.read().await.unwrap().catalog.phone_number(&number("0100")).is_none());
}

pub(in crate::target) async fn keeps_the_catalog(make: Make<'_>) {
    let mut account = taken();
    account.transfers = vec![Transfer { email: Email::new("hal@other.test"), expired: true, sent: 3 }];
    person(&mut account, "2").invitation = Some(Invitation { sent: 2, expired: true });
    person(&mut account, "1").locks = Locks { email: true, name: true };
    let bench = make(account.clone());
    let read = bench.target.read().await.unwrap();
    account.sort();
    account.licenses.iter_mut().for_each(|license| license.used = if license.key.as_str() == MEETING { 2 } else { 0 });
    assert_eq!(read, account);
    // A round trip through JSON loses nothing either.
    let again: Account = serde_json::from_str(&serde_json::to_string(&read).unwrap()).unwrap();
    assert_eq!(make(again).target.read().await.unwrap(), read);
}

fn extension(digits: &str) -> UserSettings {
    UserSettings { extension: Some(digits.into()), ..UserSettings::default() }
}

fn made_with(own: UserSettings) -> Action {
    made(User { settings: Some(Box::new(own)), ..User::new("dan@example.test", "Dan", "Lee") })
}

/// The changes that give these settings to a user who has none.
fn coming(own: &UserSettings) -> SettingsChanges {
    whole(|whole| SettingsChanges::between(whole, &UserSettings::default(), own))
}
