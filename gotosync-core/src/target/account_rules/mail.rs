//! Welcome e-mail templates, invitations, and invitations to move here from another account.

use super::activity::{Activity, one_line, sent_times};
use super::{AccountStore, Done, Terms, refuse, unknown};
use crate::error::{ErrorKind, Result};
use crate::model::text::nearest;
use crate::model::{ActionKind, Catalog, Change, Effect, Email, Transfer, WelcomeEmail, WelcomeTemplate};

/// Creates or changes a welcome e-mail template.
pub(super) fn write_template(
    store: &mut dyn AccountStore,
    change: &Change<WelcomeTemplate>,
    terms: &Terms<'_>,
) -> Done {
    let Some(after) = change.after() else {
        return refuse(ErrorKind::Input, "a welcome e-mail template cannot be deleted");
    };
    check_template(after)?;
    let catalog = store.catalog()?;
    let now = catalog.welcome_email(&after.name);
    if now != change.before() {
        let name = one_line(&after.name);
        return refuse(ErrorKind::Conflict, format!("welcome e-mail template `{name}` has changed since it was read"));
    }
    let entry = Activity::of(terms.now, ActionKind::WriteTemplate, &after.name, describe_template(now, after));
    store.put_welcome_email(after.clone())?;
    store.append(entry)?;
    Ok(Effect::TemplateWritten)
}

/// Inserts a template into a catalog in sort order, replacing the one with the same name.
pub(in crate::target) fn put_template(catalog: &mut Catalog, template: WelcomeTemplate) {
    catalog.welcome_emails.retain(|own| own.name != template.name);
    catalog.welcome_emails.push(template);
    catalog.welcome_emails.sort();
}

/// Checks that the template of the welcome e-mail to a new user exists.
pub(super) fn check_welcome(store: &dyn AccountStore, welcome: &WelcomeEmail) -> Done<()> {
    let WelcomeEmail::Template(name) = welcome else { return Ok(()) };
    let catalog = store.catalog()?;
    if catalog.welcome_email(name).is_some() {
        return Ok(());
    }
    unknown("welcome e-mail template", name, catalog.welcome_emails.iter().map(|template| template.name.as_str()))
}

/// Describes the e-mail that is sent to a new user, if one is sent.
pub(super) fn describe(welcome: &WelcomeEmail) -> Option<String> {
    match welcome {
        WelcomeEmail::Default => Some("mail default".to_owned()),
        WelcomeEmail::Template(name) => Some(format!("mail {}", one_line(name))),
        WelcomeEmail::None => None,
    }
}

/// Checks whether the address belongs to another account and its owner may be invited to move here. Returns `None` if the
/// address does not belong to another account.
pub(super) fn check_transfer(store: &dyn AccountStore, email: &Email) -> Done<Option<Asked>> {
    match store.transfer(email)? {
        Some(transfer) if transfer.expired => Ok(Some(Asked { before: Some(transfer) })),
        Some(_) => {
            let message = format!(
                "email {email} belongs to a user in another account, who already has a pending invitation to move here"
            );
            refuse(ErrorKind::Conflict, message)
        }
        None => Ok(store.is_elsewhere(email)?.then_some(Asked { before: None })),
    }
}

/// Returns `true` if an address belongs to another account.
pub(super) fn is_foreign(store: &dyn AccountStore, email: &Email) -> Result<bool> {
    Ok(store.is_elsewhere(email)? || store.transfer(email)?.is_some())
}

/// A user in another account who is to be invited to move here, with an earlier invitation that has expired.
pub(super) struct Asked {
    before: Option<Transfer>,
}

/// Invites the owner of an address in another account to move here.
pub(super) fn ask(store: &mut dyn AccountStore, email: &Email, Asked { before }: Asked, terms: &Terms<'_>) -> Done {
    let sent = before.as_ref().map_or(0, |transfer| transfer.sent).saturating_add(1);
    let was = before.map_or_else(|| "none".to_owned(), |transfer| sent_times(transfer.sent, transfer.expired));
    let detail = format!("transfer {was} -> {}", sent_times(sent, false));
    store.put_transfer(Transfer { email: email.clone(), expired: false, sent })?;
    store.append(Activity::of(terms.now, ActionKind::Create, email.as_str(), detail))?;
    Ok(Effect::TransferInvited)
}

fn check_template(template: &WelcomeTemplate) -> Done<()> {
    for (what, text) in [("name", &template.name), ("subject", &template.subject)] {
        if text.trim().is_empty() {
            return refuse(ErrorKind::Input, format!("a welcome e-mail template needs a {what}"));
        }
    }
    let parts = [&template.subject, &template.text];
    if let Some(word) = parts.into_iter().find_map(|text| WelcomeTemplate::unknown_word(text)) {
        let near = nearest(word, WelcomeTemplate::WORDS);
        let hint = near.map_or_else(
            || format!("available placeholders: `{{{}}}`", WelcomeTemplate::WORDS.join("}`, `{")),
            |near| format!("did you mean `{{{near}}}`?"),
        );
        return refuse(ErrorKind::Input, format!("unknown placeholder `{{{word}}}`; {hint}"));
    }
    let length = template.text.chars().count();
    if length <= TEXT {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("the text of the template has {length} characters; at most {TEXT} are allowed"))
}

/// Describes the changes to a template. The text is described by its length, because an entry in the history is one line.
fn describe_template(before: Option<&WelcomeTemplate>, after: &WelcomeTemplate) -> String {
    let length = |template: &WelcomeTemplate| format!("{} characters", template.text.chars().count());
    let parts = [
        (
            "subject",
            before.map(|t| format!("{:?}", t.subject)),
            format!("{:?}", after.subject),
            before.is_none_or(|t| t.subject != after.subject),
        ),
        ("text", before.map(length), length(after), before.is_none_or(|t| t.text != after.text)),
    ];
    let differing = parts.into_iter().filter(|(.., differs)| *differs);
    let changes = differing.map(|(what, old, new, _)| format!("{what} {} -> {new}", old.as_deref().unwrap_or("none")));
    changes.collect::<Vec<_>>().join(", ")
}

/// The maximum length of a template's text, in characters.
const TEXT: usize = 10_000;
