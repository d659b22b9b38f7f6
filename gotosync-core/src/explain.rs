//! One person, from the directory to the step: which rules, which values, which user, what would be done.

use serde::Serialize;

use crate::model::{Directory, Field, Note, Person, PersonId, PersonIx, User, Value};
use crate::plan::{Inputs, Planned, Step};
use crate::rules::{Miss, desire, explain_selection};
use crate::{Error, ErrorKind, Result};

/// Everything that leads from one person to the steps about them.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The person's id.
    pub id: PersonId,
    /// Where the person stands.
    pub dn: String,
    /// Whether the directory lets the person sign in.
    pub enabled: bool,
    /// Each rule in order, and why it does not select the person if so.
    pub rules: Vec<RuleLine>,
    /// Each mapped field: where it comes from and what it comes to.
    pub fields: Vec<FieldLine>,
    /// How the user was found, in words.
    pub link: String,
    /// The user as they are.
    pub user: Option<User>,
    /// The names of the user's licences.
    pub products: Vec<String>,
    /// What would be done.
    pub steps: Vec<Step>,
    /// What was found about the person.
    pub notes: Vec<Note>,
}

/// One rule and whether it selects the person.
#[derive(Clone, Debug, Serialize)]
pub struct RuleLine {
    /// The rule.
    pub rule: String,
    /// Why it does not select the person; `None` if it does.
    pub miss: Option<Miss>,
}

/// One field and how it comes to its value.
#[derive(Clone, Debug, Serialize)]
pub struct FieldLine {
    /// The field.
    pub field: Field,
    /// The expression, or the default in words.
    pub expression: String,
    /// The attributes the expression reads, with their values.
    pub inputs: Vec<(String, Vec<String>)>,
    /// What it comes to.
    pub value: Option<String>,
    /// What is wrong with it, if something is.
    pub problem: Option<String>,
}

pub(crate) fn explain(who: &str, inputs: &Inputs<'_>, planned: &Planned) -> Result<Explanation> {
    let directory = &inputs.reading.directory;
    let ix = find(directory, who)?;
    let person = directory.person(ix);
    let misses = explain_selection(inputs.rules, directory, person);
    let rules = inputs.rules.list.iter().zip(misses);
    let rules = rules.map(|(rule, miss)| RuleLine { rule: rule.name.to_string(), miss }).collect();

    let remembered = inputs.remembered.link(&person.id);
    let by_link = remembered.and_then(|link| inputs.account.user(&link.user));
    let desires = desire(inputs.rules, directory, inputs.target.limits);
    let wanted = desires.people.iter().find(|desire| desire.person == ix);
    let email = wanted.and_then(|desire| desire.email.as_deref()).map(crate::model::Email::new);
    let by_email = email.as_ref().and_then(|email| inputs.account.user_by_email(email));
    let (link, user) = match (by_link, by_email, remembered) {
        (Some(user), _, Some(_)) => (format!("remembered: {} is this person's user", user.email), Some(user)),
        (_, Some(user), Some(_)) => {
            (format!("the remembered user is gone; {} has the same e-mail", user.email), Some(user))
        }
        (_, Some(user), None) => (format!("by e-mail: {}", user.email), Some(user)),
        (None, None, Some(link)) => {
            (format!("the remembered user {} is not in the account any more", link.email), None)
        }
        _ if !person.enabled(inputs.now) => (
            "the account has no user for this person, and none is made for who is disabled or expired".to_owned(),
            None,
        ),
        _ => ("the account has no user for this person".to_owned(), None),
    };
    let fields = wanted.map_or_else(Vec::new, |desire| {
        let profile = desires.profile(desire);
        [Field::Email, Field::FirstName, Field::LastName, Field::Language]
            .into_iter()
            .filter_map(|field| Some((field, profile.source(field)?)))
            .map(|(field, source)| {
                let value = match field {
                    Field::Email => desire.email.as_deref(),
                    Field::FirstName => Some(&*desire.first_name),
                    Field::LastName => Some(&*desire.last_name),
                    _ => desire.language.as_deref(),
                };
                let names =
                    source.mapping.map_or_else(|| default_inputs(field), |mapping| mapping.attributes().to_vec());
                FieldLine {
                    field,
                    expression: source.text(field).to_owned(),
                    inputs: names.into_iter().map(|name| (name.clone(), values(directory, person, &name))).collect(),
                    value: value.filter(|value| !value.is_empty()).map(str::to_owned),
                    problem: desire
                        .problem
                        .as_ref()
                        .filter(|found| found.field == field)
                        .map(|found| found.problem.clone()),
                }
            })
            .collect()
    });
    let subjects = [Some(person.dn.name()), user.map(|user| user.email.to_string())];
    let about = |note: &&Note| subjects.iter().flatten().any(|subject| *subject == note.subject);
    Ok(Explanation {
        id: person.id.clone(),
        dn: person.dn.to_string(),
        enabled: person.enabled(inputs.now),
        rules,
        fields,
        link,
        user: user.map(|user| (**user).clone()),
        products: user.map_or_else(Vec::new, |user| {
            user.licenses.iter().map(|license| inputs.account.license_name(license).to_owned()).collect()
        }),
        steps: planned.plan.steps().iter().filter(|step| step.person.as_ref() == Some(&person.id)).cloned().collect(),
        notes: planned.plan.notes().iter().filter(about).cloned().collect(),
    })
}

fn default_inputs(field: Field) -> Vec<String> {
    let names: &[&str] = match field {
        Field::Email => &["mail", "proxyAddresses"],
        Field::FirstName => &["givenName", "displayName"],
        Field::LastName => &["sn", "displayName"],
        _ => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn values(directory: &Directory, person: &Person, name: &str) -> Vec<String> {
    match name {
        "memberOf" => person.groups.iter().map(|group| directory.group(*group).dn.to_string()).collect(),
        _ => directory.values(person, name).iter().map(|value| value.display().into_owned()).collect(),
    }
}

/// Finds the one person that a word means.
fn find(directory: &Directory, who: &str) -> Result<PersonIx> {
    let who = who.trim();
    if let Some(ix) = directory.person_by_id(&PersonId::parse(who)) {
        return Ok(ix);
    }
    let dn = crate::model::Dn::parse(who).ok();
    let folded = crate::model::text::fold(who);
    let named = |person: &Person| {
        let by_attribute = ["mail", "sAMAccountName", "uid", "userPrincipalName"].iter().any(|name| {
            directory
                .values(person, name)
                .iter()
                .filter_map(Value::as_text)
                .any(|text| crate::model::text::fold(text) == folded)
        });
        by_attribute
            || dn.as_ref().is_some_and(|dn| person.dn == *dn)
            || crate::model::text::fold(&person.dn.name()) == folded
    };
    let found: Vec<usize> = (0..directory.people().len()).filter(|at| named(&directory.people()[*at])).collect();
    match *found {
        [one] => Ok(PersonIx(one as u32)),
        [] => Err(Error::new(ErrorKind::NotFound, format!("nobody in the directory is called `{who}`"))
            .hint("give an e-mail, an account name, a distinguished name or an id")),
        ref several => {
            let some: Vec<_> = several.iter().take(5).map(|at| format!("`{}`", directory.people()[*at].dn)).collect();
            Err(Error::new(ErrorKind::Ambiguous, format!("`{who}` could be any of {}", some.join(", ")))
                .hint("give the distinguished name or the id"))
        }
    }
}
