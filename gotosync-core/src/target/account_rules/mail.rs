//! Mails: templates of them, invitations, and asking people over from other accounts.

use super::activity::{Activity, asked, one_line};
use super::{AccountStore, Done, Terms, refuse, unknown};
use crate::error::{ErrorKind, Result};
use crate::model::text::nearest;
use crate::model::{ActionKind, Catalog, Change, Effect, Email, Transfer, WelcomeEmail, WelcomeTemplate};

/// Makes or changes a template of welcome e-mails.
pub(super) fn write_template(
    store: &mut dyn AccountStore,
    change: &Change<WelcomeTemplate>,
    terms: &Terms<'_>,
) -> Done {
    let Some(after) = change.after() else { return refuse(ErrorKind::Input, "a template cannot be taken away") };
    check_template(after)?;
    let catalog = store.catalog()?;
    let now = catalog.welcome_email(&after.name);
    if now != change.before() {
        let name = one_line(&after.name);
        return refuse(ErrorKind::Conflict, format!("welcome e-mail template `{name}` is not as it was read"));
    }
    let entry = Activity::of(terms.now, ActionKind::WriteTemplate, &after.name, template_told(now, after));
    store.put_welcome_email(after.clone())?;
    store.append(entry)?;
    Ok(Effect::TemplateWritten)
}

/// Puts a template into its place in a catalog, over the one of that name.
pub(in crate::target) fn put_template(catalog: &mut Catalog, template: WelcomeTemplate) {
    catalog.welcome_emails.retain(|own| own.name != template.name);
    catalog.welcome_emails.push(template);
    catalog.welcome_emails.sort();
}

/// Checks that the mail to a new user can be written.
pub(super) fn check_welcome(store: &dyn AccountStore, welcome: &WelcomeEmail) -> Done<()> {
    let WelcomeEmail::Template(name) = welcome else { return Ok(()) };
    let catalog = store.catalog()?;
    if catalog.welcome_email(name).is_some() {
        return Ok(());
    }
    unknown("welcome e-mail template", name, catalog.welcome_emails.iter().map(|template| template.name.as_str()))
}

/// The mail that goes out to a new user, if one does.
pub(super) fn told(welcome: &WelcomeEmail) -> Option<String> {
    match welcome {
        WelcomeEmail::Default => Some("mail default".to_owned()),
        WelcomeEmail::Template(name) => Some(format!("mail {}", one_line(name))),
        WelcomeEmail::None => None,
    }
}

/// What the owner of an address in another account was asked so far; `None` if the address is free to use here.
pub(super) fn check_transfer(store: &dyn AccountStore, email: &Email) -> Done<Option<Asked>> {
    match store.transfer(email)? {
        Some(transfer) if transfer.expired => Ok(Some(Asked { before: Some(transfer) })),
        Some(_) => {
            let message = format!("email {email} belongs to another account, and its owner has been asked already");
            refuse(ErrorKind::Conflict, message)
        }
        None => Ok(store.is_elsewhere(email)?.then_some(Asked { before: None })),
    }
}

/// Says whether an address belongs to another account.
pub(super) fn is_foreign(store: &dyn AccountStore, email: &Email) -> Result<bool> {
    Ok(store.is_elsewhere(email)? || store.transfer(email)?.is_some())
}

/// Somebody with an address in another account, and what they were asked before.
pub(super) struct Asked {
    before: Option<Transfer>,
}

/// Asks the owner of an address in another account to come over.
pub(super) fn ask(store: &mut dyn AccountStore, email: &Email, Asked { before }: Asked, terms: &Terms<'_>) -> Done {
    let sent = before.as_ref().map_or(0, |transfer| transfer.sent).saturating_add(1);
    let was = before.map_or_else(|| "none".to_owned(), |transfer| asked(transfer.sent, transfer.expired));
    let detail = format!("transfer {was} -> {}", asked(sent, false));
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
            || format!("`{{{}}}` are known", WelcomeTemplate::WORDS.join("}`, `{")),
            |near| format!("did you mean `{{{near}}}`?"),
        );
        return refuse(ErrorKind::Input, format!("`{{{word}}}` stands for nothing; {hint}"));
    }
    let length = template.text.chars().count();
    if length <= TEXT {
        return Ok(());
    }
    refuse(ErrorKind::Input, format!("the text has {length} characters, {TEXT} are accepted"))
}

/// Tells what differs; the text by its length, since a history has one line for each change.
fn template_told(before: Option<&WelcomeTemplate>, after: &WelcomeTemplate) -> String {
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
    let told = differing.map(|(what, old, new, _)| format!("{what} {} -> {new}", old.as_deref().unwrap_or("none")));
    told.collect::<Vec<_>>().join(", ")
}

/// Characters in the text of a template.
const TEXT: usize = 10_000;
