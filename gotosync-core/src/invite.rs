//! E-mails to one person: resending an invitation on request, and previewing a welcome e-mail.

use std::borrow::Cow;
use std::sync::Arc;

use crate::desired::desired;
use crate::explain::find;
use crate::link::{Pairing, link};
use crate::model::{Account, Action, Email, Field, Person, Status, User, WelcomeEmail, WelcomeTemplate, text};
use crate::plan::{Inputs, Plan, Reason, Step, plan};
use crate::rules::{Trial, desire};
use crate::{Error, ErrorKind, Result};

/// Plans the one step that resends an invitation.
///
/// A sync never resends an invitation: only this function plans such a step. The step contains the number of invitations sent so
/// far, and the target refuses it if that number has changed.
pub(crate) fn invite(who: &str, inputs: &Inputs<'_>) -> Result<Plan> {
    let directory = &inputs.reading.directory;
    let person = directory.person(find(directory, who)?);
    if let Some(user) = user_of(person, inputs) {
        return invite_user(person, user, inputs);
    }
    // A person with an expired invitation to move here has no user: creating the user sends the invitation again.
    let email = email_of(person, inputs);
    let asked = |email: &Email| inputs.account.transfers.iter().find(|transfer| transfer.email == *email);
    match email.as_ref().and_then(asked) {
        Some(transfer) if transfer.expired => {
            let mut account = inputs.account.clone();
            account.transfers.retain(|other| other.email != transfer.email);
            let planned = plan(&Inputs { account: &account, ..*inputs });
            Ok(planned.plan.only(|step| step.person.as_ref() == Some(&person.id)))
        }
        Some(transfer) => Err(nothing_to(
            person,
            format!("{} already has a pending invitation to move to this account", transfer.email),
        )
        .hint("wait for the answer: gotosync does not resend a pending invitation")),
        None => Err(nothing_to(person, "the account has no user for this person".to_owned())
            .hint("`gotosync plan --only PERSON` shows the planned steps")),
    }
}

fn invite_user(person: &Person, user: &User, inputs: &Inputs<'_>) -> Result<Plan> {
    let (Some(key), Status::Invited) = (user.key.clone(), user.status) else {
        return Err(nothing_to(
            person,
            format!("{} has no pending invitation: the user is {}", user.email, user.status.as_str()),
        )
        .hint("only users that were invited and have not signed in yet can be invited again"));
    };
    let sent = user.invitation.map_or(0, |invitation| invitation.sent);
    let reason = Reason {
        rule: None,
        field: Field::WelcomeEmail,
        part: None,
        because: Cow::Owned(format!(
            "requested by an admin; {} so far",
            text::count(sent as usize, "invitation", "invitations")
        )),
        before: None,
        after: None,
    };
    let step = Step {
        number: 1,
        stage: 1,
        action: Action::Invite { user: key, sent },
        subject: user.email.as_str().into(),
        // An invitation does not change the stored link of the person.
        person: None,
        rules: Arc::default(),
        reasons: vec![reason],
        basis: None,
    };
    Ok(plan(inputs).plan.with_only(step))
}

/// Returns the subject and text of the welcome e-mail that a person would get, from the given template or from that of the rules.
pub(crate) fn welcome_email(who: &str, template: Option<&str>, inputs: &Inputs<'_>) -> Result<(String, String)> {
    let directory = &inputs.reading.directory;
    let ix = find(directory, who)?;
    let person = directory.person(ix);
    let desires = desire(inputs.rules, directory, inputs.target.limits, Trial::Include);
    let Some(at) = desires.people.iter().position(|desire| desire.person == ix) else {
        return Err(nothing_to(person, "no rule selects this person".to_owned())
            .hint("`gotosync explain PERSON` shows the reason"));
    };
    let wanted = &desires.people[at];
    let name = match (template, desires.profile(wanted).welcome.value) {
        (Some(name), _) => name,
        (None, WelcomeEmail::Template(name)) => name.as_str(),
        (None, WelcomeEmail::None) => {
            return Err(nothing_to(person, "the rules give this person no welcome e-mail".to_owned()).hint(NAME_ONE));
        }
        (None, WelcomeEmail::Default) => {
            let message = "this person gets the account's default welcome e-mail, whose text the service does not show"
                .to_owned();
            return Err(nothing_to(person, message).hint(NAME_ONE));
        }
    };
    let template = find_template(name, inputs)?;
    let mut linked = link(&desires, inputs.account, inputs.remembered);
    // Pretend that the person has no user yet: only new users get a welcome e-mail.
    linked.pairings[at] = Pairing::New;
    let account = desired(&desires, &linked, inputs.account, inputs.target, inputs.now).account;
    let address = wanted.email.as_deref().map(Email::new);
    let made = account.users.iter().skip(inputs.account.users.len()).find(|user| Some(&user.email) == address.as_ref());
    let user = match (made, address) {
        (Some(user), _) => (**user).clone(),
        (None, Some(address)) => User::new(address.as_str(), &wanted.first_name, &wanted.last_name),
        (None, None) => {
            return Err(nothing_to(person, "this person has no e-mail".to_owned())
                .hint("add an e-mail address in the directory"));
        }
    };
    let products: Vec<&str> = user.licenses.iter().map(|license| inputs.account.license_name(license)).collect();
    Ok(template.filled(&user, &inputs.account.name, &products))
}

/// Finds a template in the rules, or else in the account.
fn find_template<'i>(name: &str, inputs: &Inputs<'i>) -> Result<&'i WelcomeTemplate> {
    let all = inputs.rules.welcome_emails.iter().chain(&inputs.account.catalog.welcome_emails);
    all.clone().find(|template| template.name == name).ok_or_else(|| {
        let names = all.map(|template| template.name.as_str());
        let hint = match text::nearest(name, names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add a table [[welcome_email]] with `name`, `subject`, and `text` to the rules".to_owned(),
        };
        Error::new(ErrorKind::NotFound, format!("there is no welcome e-mail `{name}`")).hint(hint)
    })
}

fn user_of<'i>(person: &Person, inputs: &Inputs<'i>) -> Option<&'i User> {
    let account: &Account = inputs.account;
    let by_link = inputs.remembered.link(&person.id).and_then(|link| account.user(&link.user));
    by_link.or_else(|| account.user_by_email(&email_of(person, inputs)?)).map(|user| &**user)
}

/// Returns the e-mail that the rules give a person.
fn email_of(person: &Person, inputs: &Inputs<'_>) -> Option<Email> {
    let desires = desire(inputs.rules, &inputs.reading.directory, inputs.target.limits, Trial::Include);
    let wanted = desires.people.iter().find(|desire| desires.directory.person(desire.person).id == person.id)?;
    wanted.email.as_deref().map(Email::new)
}

fn nothing_to(person: &Person, message: String) -> Error {
    Error::new(ErrorKind::Conflict, message).with("person", person.dn.name())
}

const NAME_ONE: &str = "name a template to see its text";
