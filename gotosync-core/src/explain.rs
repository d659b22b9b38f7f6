//! Explains one person: the rules that select them, the values that the rules give, their user, and the planned steps.

use std::borrow::Cow;
use std::iter;

use serde::Serialize;

use crate::model::{Directory, Field, Note, Person, PersonId, PersonIx, User, Value};
use crate::plan::{Inputs, Plan, Planned, Step};
use crate::rules::{Desires, Mapping, Miss, Profile, Rule, Source, Trial, desire, explain_selection, list_fields};
use crate::{Error, ErrorKind, Result};

/// The explanation of one person: everything that leads to the steps about them.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The person's id.
    pub id: PersonId,
    /// The distinguished name of the person.
    pub dn: String,
    /// `true` if the person is neither disabled nor expired in the directory.
    pub enabled: bool,
    /// Each rule in order, with the reason if it does not select the person.
    pub rules: Vec<RuleLine>,
    /// Each mapped field, with its source and its value.
    pub fields: Vec<FieldLine>,
    /// The way in which the user was found, in words.
    pub link: String,
    /// The current user.
    pub user: Option<User>,
    /// The names of the user's licenses.
    pub products: Vec<String>,
    /// The planned steps.
    pub steps: Vec<Step>,
    /// The additional steps of simulated rules.
    pub simulated: Vec<Step>,
    /// The notes about the person.
    pub notes: Vec<Note>,
    /// The plan that contains the steps.
    #[serde(skip)]
    pub plan: Plan,
}

/// One rule, with the reason if it does not select the person.
#[derive(Clone, Debug, Serialize)]
pub struct RuleLine {
    /// The name of the rule.
    pub rule: String,
    /// The reason why the rule does not select the person; `None` if it does.
    pub miss: Option<Miss>,
}

/// One field, with the origin of its value.
#[derive(Clone, Debug, Serialize)]
pub struct FieldLine {
    /// The field.
    pub field: Field,
    /// The name of a custom field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// The expression, or the default in words.
    pub expression: String,
    /// The attributes that the expression reads, with their values.
    pub inputs: Vec<(String, Vec<String>)>,
    /// The value of the expression.
    pub value: Option<String>,
    /// The problem with the value, if there is one.
    pub problem: Option<String>,
    /// The rule that sets the field; `None` for a default.
    pub rule: Option<String>,
    /// The higher rule that sets the field, so that this value is not used.
    pub instead: Option<String>,
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
    let mut desires = desire(inputs.rules, directory, inputs.target.limits, Trial::Hold);
    let found = |desires: &Desires<'_>| desires.people.iter().position(|desire| desire.person == ix);
    let at = found(&desires);
    // For a person selected only by simulated rules, show the values that these rules would give.
    if at.is_some_and(|at| !desires.profile(&desires.people[at]).live) {
        desires = desire(inputs.rules, directory, inputs.target.limits, Trial::Include);
    }
    let wanted = at.map(|at| &desires.people[at]);
    let email = wanted.and_then(|desire| desire.email.as_deref()).map(crate::model::Email::new);
    let by_email = email.as_ref().and_then(|email| inputs.account.user_by_email(email));
    let (link, user) = match (by_link, by_email, remembered) {
        (Some(user), _, Some(_)) => (format!("by stored link: {}", user.email), Some(user)),
        (_, Some(user), Some(_)) => {
            (format!("the linked user no longer exists; {} has the same e-mail", user.email), Some(user))
        }
        (_, Some(user), None) => (format!("by e-mail: {}", user.email), Some(user)),
        (None, None, Some(link)) => {
            (format!("the account no longer has the linked user {}", link.email), None)
        }
        _ if !person.enabled(inputs.now) => (
            "the account has no user for this person, and gotosync creates none while the person is disabled or expired".to_owned(),
            None,
        ),
        _ => ("the account has no user for this person".to_owned(), None),
    };
    let fields = wanted.map_or_else(Vec::new, |desire| {
        let profile = desires.profile(desire);
        let lines = profile.mapped().into_iter().map(|(field, custom, source)| {
            let chosen = line(inputs, field, custom, source, ix);
            let value = match field {
                Field::Email => desire.email.as_deref(),
                Field::FirstName => Some(&*desire.first_name),
                Field::LastName => Some(&*desire.last_name),
                Field::Language => desire.language.as_deref(),
                _ => chosen.value.as_deref(),
            };
            let value = value.filter(|value| !value.is_empty()).map(str::to_owned);
            let extras = desire.extras.iter().flat_map(|extras| &extras.problems);
            let mine = desire.problem.as_deref().into_iter().chain(extras).find(|found| found.field == field);
            let problem = chosen.problem.or_else(|| mine.map(|found| found.problem.clone()));
            let chosen = FieldLine { value, problem, ..chosen };
            let others = others(inputs, profile, field, custom, source, ix);
            let winner = chosen.rule.clone();
            iter::once(chosen)
                .chain(others.into_iter().map(move |other| FieldLine { instead: winner.clone(), ..other }))
        });
        lines.flatten().collect()
    });
    let subjects = [Some(person.dn.name()), user.map(|user| user.email.to_string())];
    let theirs = |step: &&Step| step.person.as_ref() == Some(&person.id);
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
        steps: planned.plan.steps().iter().filter(theirs).cloned().collect(),
        simulated: planned.plan.simulated().iter().filter(theirs).cloned().collect(),
        notes: planned.plan.notes().iter().filter(about).cloned().collect(),
        plan: planned.plan.clone(),
    })
}

/// Returns the lines of lower rules that set the field, too, but whose values are not used.
fn others(
    inputs: &Inputs<'_>,
    profile: &Profile<'_>,
    field: Field,
    custom: Option<&str>,
    winner: Source<'_>,
    ix: PersonIx,
) -> Vec<FieldLine> {
    if winner.rule.is_none() || list_fields().any(|own| own == field) {
        return Vec::new();
    }
    let later = profile.indexes.iter().copied().filter(|rule| winner.rule != Some(*rule));
    let line = |rule: usize| {
        let own: &Rule = &inputs.rules.list[rule];
        let mapping = Some(own.mapping(field, custom)?);
        Some(line(inputs, field, custom, Source { mapping, rule: Some(rule), managed: own.update }, ix))
    };
    later.filter_map(line).collect()
}

/// Returns the line for one field from one source.
fn line(inputs: &Inputs<'_>, field: Field, custom: Option<&str>, source: Source<'_>, ix: PersonIx) -> FieldLine {
    let directory = &inputs.reading.directory;
    let person = directory.person(ix);
    let (value, problem) = match source.mapping.map(|mapping| mapping.bind(directory).value(ix, &mut Vec::new())) {
        None => (None, None),
        Some(Ok(value)) => (value.map(Cow::into_owned), None),
        Some(Err(fault)) => (None, Some(fault.into_message())),
    };
    FieldLine {
        field,
        part: custom.map(str::to_owned),
        expression: source.text(field).to_owned(),
        inputs: source
            .mapping
            .map_or_else(|| default_inputs(directory, person, field), |mapping| read_by(mapping, directory, person)),
        value,
        problem,
        rule: source.rule.map(|rule| inputs.rules.list[rule].name.to_string()),
        instead: None,
    }
}

/// Returns the attributes of a person that an expression reads, with their values.
fn read_by(mapping: &Mapping, directory: &Directory, person: &Person) -> Vec<(String, Vec<String>)> {
    let attributes = mapping.attributes().iter().map(|name| (name.clone(), values(directory, person, name)));
    let views = mapping.views().iter().map(|view| (view.as_str().to_owned(), view.values(directory, person)));
    attributes.chain(views).collect()
}

fn default_inputs(directory: &Directory, person: &Person, field: Field) -> Vec<(String, Vec<String>)> {
    let names: &[&str] = match field {
        Field::Email => &["mail", "proxyAddresses"],
        Field::FirstName => &["givenName", "displayName"],
        Field::LastName => &["sn", "displayName"],
        _ => &[],
    };
    names.iter().map(|name| ((*name).to_owned(), values(directory, person, name))).collect()
}

fn values(directory: &Directory, person: &Person, name: &str) -> Vec<String> {
    match name {
        "memberOf" => person.groups.iter().map(|group| directory.group(*group).dn.to_string()).collect(),
        _ => directory.values(person, name).iter().map(|value| value.display().into_owned()).collect(),
    }
}

/// Finds the one person that an id, distinguished name, e-mail, account name, or common name refers to.
pub(crate) fn find(directory: &Directory, who: &str) -> Result<PersonIx> {
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
        [] => Err(Error::new(ErrorKind::NotFound, format!("no person in the directory matches `{who}`"))
            .hint("give an e-mail, an account name, a distinguished name, or an id")),
        ref several => {
            let some: Vec<_> = several.iter().take(5).map(|at| format!("`{}`", directory.people()[*at].dn)).collect();
            Err(Error::new(ErrorKind::Ambiguous, format!("`{who}` matches several people: {}", some.join(", ")))
                .hint("give the distinguished name or the id"))
        }
    }
}
