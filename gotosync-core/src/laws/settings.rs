//! What every target keeps about the settings few users have.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ErrorKind;
use crate::model::{
    Action, ActionKind, Change, Creation, LicenseKey, SetChange, SettingsChanges, SettingsTemplate, User, UserChanges,
    UserSettings, WelcomeEmail, Whole,
};
use crate::target::Feature;

use super::corpus::mac;
use super::target::{can, done, execute, key, user};
use super::writes::{refused, update};
use super::{Factory, Held, corpus, same};

/// Each kind of setting is read as it was set, then as it was changed, and then it is gone; nothing else changes.
pub async fn each_setting_is_set_changed_and_cleared(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("no evidence")?;
    let lacks = target.describe().await?.capabilities.lacks;
    for (set, changed) in [
        (time_zone("Europe/Berlin"), time_zone("UTC")),
        (extension("20"), extension("12345678")),
        (template(named("Loud")), template(SettingsTemplate::System)),
        (off(&["G2M"]), UserSettings::default()),
        (custom_field("Badge", "7"), custom_field("Badge", &"ü".repeat(256))),
        (device_group("Floor 1"), device_group("Floor 2")),
        (device(2), UserSettings::default()),
    ] {
        let none = UserSettings::default();
        if !holds(&lacks, &set) {
            continue;
        }
        for (before, after) in [(&none, &set), (&set, &changed), (&changed, &none)] {
            let told = format!("{before:?} -> {after:?}");
            let outcomes = execute(&*target, [update("1", turn(whole, before, after))]).await?;
            done(&outcomes).map_err(|trouble| format!("{told}: {trouble}"))?;
            let mut expected = account.clone();
            let ann = expected.users.iter_mut().find(|user| user.key == Some("1".into())).ok_or("there is no Ann")?;
            Arc::make_mut(ann).set_settings(|own| own.clone_from(after));
            same(&told, &target.read().await?, &expected)?;
        }
    }
    Ok(())
}

/// A new user has the settings they were made with.
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
    };
    let lacks = target.describe().await?.capabilities.lacks;
    let all = corpus::cut_settings(&all, |feature| lacks.contains(&feature));
    done(&execute(&*target, [create(all.clone())]).await?)?;
    let account = target.read().await?;
    let gus = user(&account, key(&account, "gus@example.test")?.as_str())?;
    same("the settings", gus.settings(), &all)
}

/// A template, a product, a custom field, a device group and a device must be there.
pub async fn settings_name_what_is_there(make: &Factory<'_>) -> Held {
    let strange = vec![
        template(named("None")),
        UserSettings { templates: [("g2t".into(), SettingsTemplate::System)].into(), ..UserSettings::default() },
        UserSettings { off: [("g2t".into(), ["G2T".to_owned()].into())].into(), ..UserSettings::default() },
        custom_field("None", "7"),
        device_group("None"),
        device(9),
    ];
    refuses(make, strange, ErrorKind::NotFound).await
}

/// A time zone, an extension, a product code and the value of a custom field have a form.
pub async fn settings_have_a_form(make: &Factory<'_>) -> Held {
    let malformed = vec![
        time_zone("W. Europe Standard Time"),
        time_zone(""),
        extension("1"),
        extension("123456789"),
        extension("12a"),
        off(&["None"]),
        custom_field("Badge", &"x".repeat(257)),
    ];
    refuses(make, malformed, ErrorKind::Input).await
}

/// An extension and a device belong to one user.
pub async fn extensions_and_devices_belong_to_one_user(make: &Factory<'_>) -> Held {
    refuses(make, vec![extension("100"), device(1)], ErrorKind::Conflict).await
}

/// A setting that is not as it was read is left as it is.
pub async fn settings_fit_what_was_read(make: &Factory<'_>) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("no evidence")?;
    let none = UserSettings::default();
    let lacks = target.describe().await?.capabilities.lacks;
    for before in [
        time_zone("UTC"),
        extension("20"),
        template(named("Loud")),
        off(&["G2M"]),
        custom_field("Badge", "7"),
        device_group("Floor 2"),
        device(2),
    ] {
        if !holds(&lacks, &before) {
            continue;
        }
        // Ann has none of it.
        refused(&execute(&*target, [update("1", turn(whole, &before, &none))]).await?, ErrorKind::Conflict)
            .map_err(|trouble| format!("{before:?}: {trouble}"))?;
    }
    same("the account", &target.read().await?, &account)
}

/// Holds if these settings come neither to a new user nor to Ann.
async fn refuses(make: &Factory<'_>, all: Vec<UserSettings>, kind: ErrorKind) -> Held {
    let target = make(&corpus::account());
    if !can(&target.describe().await?, &[ActionKind::Create, ActionKind::Update]) {
        return Ok(());
    }
    let account = target.read().await?;
    let reading = corpus::nobody()?;
    let whole = Whole::of(&reading, &account).ok_or("no evidence")?;
    let lacks = target.describe().await?.capabilities.lacks;
    for own in all.into_iter().filter(|own| holds(&lacks, own)) {
        let told = format!("{own:?}");
        let both = [update("1", turn(whole, &UserSettings::default(), &own)), create(own)];
        refused(&execute(&*target, both).await?, kind).map_err(|trouble| format!("{told}: {trouble}"))?;
    }
    same("the account", &target.read().await?, &account)
}

/// Says whether a target that lacks some things has these settings.
fn holds(lacks: &BTreeSet<Feature>, own: &UserSettings) -> bool {
    corpus::cut_settings(own, |feature| lacks.contains(&feature)) == *own
}

fn create(own: UserSettings) -> Action {
    let new = User { settings: Some(Box::new(own)), ..User::new("gus@example.test", "Gus", "Lee") };
    Action::Create(Creation { user: Arc::new(new), welcome: WelcomeEmail::None })
}

/// The changes from some settings to others.
fn turn(whole: Whole<'_>, before: &UserSettings, after: &UserSettings) -> UserChanges {
    fn one<T: Clone + PartialEq>(whole: Whole<'_>, before: Option<&T>, after: Option<&T>) -> Option<Change<T>> {
        match (before.cloned(), after.cloned()) {
            (before, after) if before == after => None,
            (Some(before), after) => Some(Change::replace(whole, before, after)),
            (None, after) => after.map(Change::fill),
        }
    }
    fn set<T: Clone + Ord>(whole: Whole<'_>, before: &BTreeSet<T>, after: &BTreeSet<T>) -> SetChange<T> {
        let goes = before.difference(after).cloned().collect();
        SetChange::adding(after.difference(before).cloned().collect()).removing(whole, goes)
    }
    let mut changes = SettingsChanges {
        time_zone: one(whole, before.time_zone.as_ref(), after.time_zone.as_ref()),
        extension: one(whole, before.extension.as_ref(), after.extension.as_ref()),
        device_groups: set(whole, &before.device_groups, &after.device_groups),
        devices: set(whole, &before.devices, &after.devices),
        ..SettingsChanges::default()
    };
    for key in before.templates.keys().chain(after.templates.keys()) {
        let change = one(whole, before.templates.get(key), after.templates.get(key));
        changes.templates.extend(change.map(|change| (key.clone(), change)));
    }
    for name in before.custom_fields.keys().chain(after.custom_fields.keys()) {
        let change = one(whole, before.custom_fields.get(name), after.custom_fields.get(name));
        changes.custom_fields.extend(change.map(|change| (name.clone(), change)));
    }
    // What is off goes when it comes: the change is of products, not of what is off.
    let (none, keys) = (BTreeSet::new(), before.off.keys().chain(after.off.keys()));
    for key in keys.collect::<BTreeSet<&LicenseKey>>() {
        let (off, comes) = (before.off.get(key).unwrap_or(&none), after.off.get(key).unwrap_or(&none));
        changes.nested.insert(key.clone(), set(whole, comes, off));
    }
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
