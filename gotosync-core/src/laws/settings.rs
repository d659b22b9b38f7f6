//! Laws (conformance tests) of targets for the settings that few users have.

use std::sync::Arc;

use crate::ErrorKind;
use crate::model::{
    Action, ActionKind, Capabilities, Catalog, Creation, Feature, NamedNumber, SettingsChanges, SettingsTemplate, User,
    UserChanges, UserSettings, Voicemail, WelcomeEmail, Whole,
};

use super::ask::{can, done, execute, has, key, refused, update, user};
use super::corpus::{mac, number};
use super::{Factory, Held, corpus, same};

/// Each kind of setting can be set, changed, and cleared; reads show each value, and nothing else changes.
pub async fn each_setting_is_set_changed_and_cleared(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let capabilities = target.describe().await?.capabilities;
    let mut catalog = account.catalog.clone();
    for (set, changed) in [
        (time_zone("Europe/Berlin"), time_zone("UTC")),
        (extension("20"), extension("12345678")),
        (template(named("Loud")), template(SettingsTemplate::System)),
        (off(&["G2M"]), UserSettings::default()),
        (custom_field("Badge", "7"), custom_field("Badge", &"ü".repeat(256))),
        (device_group("Floor 1"), device_group("Floor 2")),
        (device(2), UserSettings::default()),
        (location("Branch"), location("Head office")),
        (phone("20", 2, "Ann"), phone("20", 2, "Ann Lee")),
        (phone("21", 2, "Ann"), extension("901")),
        (caller_id(2), caller_id(3)),
        (texting(2), texting(3)),
        (secondary("901"), secondary("100")),
    ] {
        let none = UserSettings::default();
        if !holds(&capabilities, &set) {
            continue;
        }
        for (before, after) in [(&none, &set), (&set, &changed), (&changed, &none)] {
            let change = format!("{before:?} -> {after:?}");
            let outcomes = execute(&*target, [update("1", turn(whole, before, after))]).await?;
            done(&outcomes).map_err(|trouble| format!("{change}: {trouble}"))?;
            let mut expected = account.clone();
            let ann = expected
                .users
                .iter_mut()
                .find(|user| user.key == Some("1".into()))
                .ok_or("the account has no user Ann")?;
            Arc::make_mut(ann).set_settings(|own| own.clone_from(after));
            update_catalog(&mut catalog, before, after);
            expected.catalog.clone_from(&catalog);
            same(&change, &target.read().await?, &expected)?;
        }
    }
    Ok(())
}

/// A new user has the settings that were given at creation.
pub async fn settings_come_with_a_new_user(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Create]) {
        return Ok(());
    }
    let all = UserSettings {
        time_zone: Some("America/New_York".into()),
        extension: Some("2000".into()),
        devices: [mac(2)].into(),
        off: off(&["G2M"]).off,
        templates: template(named("Quiet")).templates,
        custom_fields: custom_field("Cost centre", "12").custom_fields,
        device_groups: device_group("Floor 2").device_groups,
        location: location("Branch").location,
        phone_numbers: phone("2000", 2, "Gus").phone_numbers,
        caller_id_numbers: caller_id(3).caller_id_numbers,
        texting_numbers: texting(2).texting_numbers,
        secondary_extensions: secondary("901").secondary_extensions,
    };
    let capabilities = target.describe().await?.capabilities;
    let all = corpus::cut_settings(&all, &capabilities);
    done(&execute(&*target, [create(all.clone())]).await?)?;
    let account = target.read().await?;
    let gus = user(&account, key(&account, "gus@example.test")?.as_str())?;
    same("the settings", gus.settings(), &all)
}

/// The templates, products, custom fields, device groups, devices, locations, phone numbers, and extensions that settings name
/// must exist.
pub async fn settings_name_what_is_there(make: &Factory<'_>) -> Held {
    let strange = vec![
        template(named("None")),
        UserSettings { templates: [("g2t".into(), SettingsTemplate::System)].into(), ..UserSettings::default() },
        UserSettings { off: [("g2t".into(), ["G2T".to_owned()].into())].into(), ..UserSettings::default() },
        custom_field("None", "7"),
        device_group("None"),
        device(9),
        location("None"),
        phone("20", 9, "None"),
        caller_id(9),
        texting(9),
        secondary("999"),
    ];
    refuses(make, strange, ErrorKind::NotFound).await
}

/// Malformed values fail: time zones, extensions, product codes, names of phone numbers, and values of custom fields. A user with
/// a phone number must have an extension, and a secondary extension must differ from the user's own.
pub async fn settings_have_a_form(make: &Factory<'_>) -> Held {
    let malformed = vec![
        time_zone("W. Europe Standard Time"),
        time_zone(""),
        extension("1"),
        extension("123456789"),
        extension("12a"),
        off(&["None"]),
        custom_field("Badge", &"x".repeat(257)),
        phone("20", 2, " "),
        UserSettings { extension: None, ..phone("20", 2, "Gus") },
        UserSettings { secondary_extensions: ["901".to_owned()].into(), ..extension("901") },
    ];
    refuses(make, malformed, ErrorKind::Input).await
}

/// An extension or a device belongs to at most one user, and a phone number is routed to at most one destination.
pub async fn telephones_belong_to_one_user(make: &Factory<'_>) -> Held {
    let taken = vec![extension("100"), device(1), phone("20", 1, "Gus"), phone("20", 3, "Gus")];
    refuses(make, taken, ErrorKind::Conflict).await
}

/// A new or an existing user can get a voicemail together with an extension; an invalid voicemail fails.
pub async fn a_voicemail_comes_with_an_extension(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    let info = target.describe().await?;
    if !has(&info, Feature::Voicemail)
        || !has(&info, Feature::Extensions)
        || !can(&info, &[ActionKind::Create, ActionKind::Update])
    {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let both = |new: &str, there: &str, voicemail: &Voicemail| {
        let user = User { settings: Some(Box::new(extension(new))), ..User::new("gus@example.test", "Gus", "Lee") };
        let creation = Creation { voicemail: Some(voicemail.clone()), ..Creation::new(user, WelcomeEmail::None) };
        let mut changes = turn(whole, &UserSettings::default(), &extension(there));
        changes.settings_mut().voicemail = Some(voicemail.clone());
        [update("1", changes), Action::Create(creation)]
    };
    let fit = Voicemail {
        time_zone: Some("Europe/Berlin".to_owned()),
        without_password: Some(false),
        review: Some(true),
        transcription: Some(true),
        operator: Some("100".to_owned()),
    };
    for (unfit, kind) in [
        (Voicemail { time_zone: Some("Berlin".to_owned()), ..fit.clone() }, ErrorKind::Input),
        (Voicemail { operator: Some("999".to_owned()), ..fit.clone() }, ErrorKind::NotFound),
    ] {
        refused(&execute(&*target, both("20", "21", &unfit)).await?, kind)
            .map_err(|trouble| format!("{unfit:?}: {trouble}"))?;
    }
    same("the account", &target.read().await?, &account)?;
    done(&execute(&*target, both("20", "21", &fit)).await?)?;
    let account = target.read().await?;
    let gus = user(&account, key(&account, "gus@example.test")?.as_str())?;
    same("Gus", gus.settings(), &extension("20"))?;
    same("Ann", user(&account, "1")?.settings(), &extension("21"))
}

/// A change to a setting that differs from the `before` value fails and changes nothing.
pub async fn settings_fit_what_was_read(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let none = UserSettings::default();
    let capabilities = target.describe().await?.capabilities;
    for before in [
        time_zone("UTC"),
        extension("20"),
        template(named("Loud")),
        off(&["G2M"]),
        custom_field("Badge", "7"),
        device_group("Floor 2"),
        device(2),
        location("Branch"),
        phone("20", 2, "Ann"),
        caller_id(2),
        texting(2),
        secondary("901"),
    ] {
        if !holds(&capabilities, &before) {
            continue;
        }
        // Ann has none of these settings.
        refused(&execute(&*target, [update("1", turn(whole, &before, &none))]).await?, ErrorKind::Conflict)
            .map_err(|trouble| format!("{before:?}: {trouble}"))?;
    }
    same("the account", &target.read().await?, &account)
}

/// Returns an error unless giving each of these settings to Ann or to a new user fails with this kind of error.
async fn refuses(make: &Factory<'_>, all: Vec<UserSettings>, kind: ErrorKind) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Create, ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("the account was not read completely")?;
    let capabilities = target.describe().await?.capabilities;
    for own in all.into_iter().filter(|own| holds(&capabilities, own)) {
        let setting = format!("{own:?}");
        let both = [update("1", turn(whole, &UserSettings::default(), &own)), create(own)];
        refused(&execute(&*target, both).await?, kind).map_err(|trouble| format!("{setting}: {trouble}"))?;
    }
    same("the account", &target.read().await?, &account)
}

/// Returns `true` if a target declares the features of these settings.
fn holds(capabilities: &Capabilities, own: &UserSettings) -> bool {
    corpus::cut_settings(own, capabilities) == *own
}

fn create(own: UserSettings) -> Action {
    let new = User { settings: Some(Box::new(own)), ..User::new("gus@example.test", "Gus", "Lee") };
    Action::Create(Creation::new(new, WelcomeEmail::None))
}

/// Returns the changes from some settings to others.
fn turn(whole: Whole<'_>, before: &UserSettings, after: &UserSettings) -> UserChanges {
    let changes = SettingsChanges::between(whole, before, after);
    UserChanges { settings: Some(Box::new(changes)), ..UserChanges::default() }
}

fn time_zone(name: &str) -> UserSettings {
    UserSettings { time_zone: Some(name.into()), ..UserSettings::default() }
}

fn extension(digits: &str) -> UserSettings {
    UserSettings { extension: Some(digits.into()), ..UserSettings::default() }
}

fn template(template: SettingsTemplate) -> UserSettings {
    UserSettings { templates: [("g2m".into(), template)].into(), ..UserSettings::default() }
}

fn named(name: &str) -> SettingsTemplate {
    SettingsTemplate::Named(name.to_owned())
}

fn off(codes: &[&str]) -> UserSettings {
    let codes = codes.iter().map(|&code| code.to_owned()).collect();
    UserSettings { off: [("g2m".into(), codes)].into(), ..UserSettings::default() }
}

fn custom_field(name: &str, value: &str) -> UserSettings {
    UserSettings { custom_fields: [(name.to_owned(), value.to_owned())].into(), ..UserSettings::default() }
}

fn device_group(name: &str) -> UserSettings {
    UserSettings { device_groups: [name.to_owned()].into(), ..UserSettings::default() }
}

fn device(at: u8) -> UserSettings {
    UserSettings { devices: [mac(at)].into(), ..UserSettings::default() }
}

fn location(name: &str) -> UserSettings {
    UserSettings { location: Some(name.into()), ..UserSettings::default() }
}

fn phone(digits: &str, at: u8, name: &str) -> UserSettings {
    UserSettings { phone_numbers: [(number(at), name.to_owned())].into(), ..extension(digits) }
}

fn caller_id(at: u8) -> UserSettings {
    UserSettings { caller_id_numbers: [number(at)].into(), ..UserSettings::default() }
}

fn texting(at: u8) -> UserSettings {
    UserSettings { texting_numbers: [number(at)].into(), ..UserSettings::default() }
}

fn secondary(digits: &str) -> UserSettings {
    UserSettings { secondary_extensions: [digits.to_owned()].into(), ..UserSettings::default() }
}

/// Updates the unassigned extensions and phone numbers of the catalog after a change to a user's settings. A value that the user
/// gets is no longer listed, and a value that the user gives up becomes unassigned. If the user's extension gets a number that
/// is new to the account, the old number disappears.
fn update_catalog(catalog: &mut Catalog, before: &UserSettings, after: &UserSettings) {
    let is_new = |own: &str| !catalog.extensions.iter().any(|listed| listed == own);
    let renumbered = after.extension.as_deref().is_some_and(is_new);
    catalog.extensions.retain(|listed| after.extension.as_deref() != Some(listed));
    if let Some(left) = before.extension.as_deref().filter(|own| after.extension.as_deref() != Some(own))
        && !renumbered
    {
        catalog.extensions.push(left.to_owned());
    }
    catalog.phone_numbers.retain(|listed| !after.phone_numbers.contains_key(&listed.number));
    let gone = before.phone_numbers.iter().filter(|(number, _)| !after.phone_numbers.contains_key(number));
    catalog.phone_numbers.extend(gone.map(|(number, name)| NamedNumber {
        number: number.clone(),
        name: name.clone(),
        rings_at: None,
    }));
    catalog.sort();
}
