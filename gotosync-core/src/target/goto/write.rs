//! Writes to the account: executes the actions of a batch in as few calls as possible.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::assumed::PARENT;
use super::connect;
use super::list::List;
use super::names::Names;
use super::trouble::fault;
use super::who::Who;
use super::wire::{Key, WireGroup, WireTemplate};
use super::work::Work;
use super::{GotoAccount, change, create, read};
use crate::http::{Method, Reached, Request};
use crate::model::{Action, Batch, Change, Creation, Effect, Fault, Outcome, UserGroupPath, WelcomeTemplate};
use crate::{Error, ErrorKind, Result};

/// Executes a batch. Consecutive actions of the same family run together, and the families run in order.
pub(super) async fn execute(target: &GotoAccount, who: &Who, batch: &Batch) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::with_capacity(batch.actions.len());
    for run in batch.actions.chunk_by(|one, next| family(one) == family(next)) {
        let names = match read::names(target, who).await {
            Ok(names) => names,
            // Nothing has been tried yet.
            Err(error) if outcomes.is_empty() => return Err(error.during("execute a batch")),
            Err(error) => {
                outcomes.extend(run.iter().map(|_| Outcome::Failed { fault: Fault::from(clone(&error)) }));
                continue;
            }
        };
        let board = match connect::needed(target, who, run).await {
            Ok(board) => board.map(Mutex::new),
            Err(error) => {
                let fault = Fault::from(error);
                outcomes.extend(run.iter().map(|_| Outcome::Failed { fault: fault.clone() }));
                continue;
            }
        };
        let work = Work { target, who, names, board };
        match family(&run[0]) {
            Family::Groups => {
                for action in run {
                    outcomes.push(work.create_group(action).await);
                }
            }
            Family::Templates => {
                for action in run {
                    outcomes.push(work.write_template(action).await);
                }
            }
            Family::New => {
                let creations: Vec<&Creation> = run
                    .iter()
                    .filter_map(|action| if let Action::Create(creation) = action { Some(creation) } else { None })
                    .collect();
                outcomes.extend(create::create(&work, &creations).await);
            }
            Family::Users => outcomes.extend(change::change(&work, run).await),
        }
    }
    Ok(outcomes)
}

/// Actions that are executed in the same way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Groups,
    Templates,
    New,
    Users,
}

fn family(action: &Action) -> Family {
    match action {
        Action::CreateGroup { .. } => Family::Groups,
        Action::WriteTemplate { .. } => Family::Templates,
        Action::Create(_) => Family::New,
        Action::Suspend(_)
        | Action::Release(_)
        | Action::Delete(_)
        | Action::Update(_)
        | Action::Reactivate(_)
        | Action::Invite { .. } => Family::Users,
    }
}

impl Work<'_> {
    async fn create_group(&self, action: &Action) -> Outcome {
        let Action::CreateGroup { path } = action else { unreachable!("the family contains only group creations") };
        // An earlier action of this batch may have created the parent group.
        let names = self.target.seen().names.clone().unwrap_or_else(|| Arc::clone(&self.names));
        let mut body = serde_json::json!({ "name": path.name() });
        match checked_group(path, &names) {
            Ok(None) => {}
            Ok(Some(parent)) => body[PARENT] = serde_json::json!(parent),
            Err(fault) => return Outcome::Failed { fault },
        }
        let sent = self.target.api.send(&Request::new(Method::Post, self.path("/groups")).json(&body)).await;
        let made = match sent {
            Ok(answer) => answer.json::<Key>(),
            Err(failure) if failure.reached == Reached::Perhaps => {
                let fault = fault(failure);
                // Do not repeat the call, because the group may exist.
                match self.find_group(path).await {
                    Some(key) => Ok(key),
                    None => return Outcome::InDoubt { fault },
                }
            }
            Err(failure) => return Outcome::Failed { fault: fault(failure) },
        };
        let mut seen = self.target.seen();
        if let Ok(key) = made {
            let names = seen.names.get_or_insert_with(|| Arc::clone(&self.names));
            Arc::make_mut(names).add_group(path.clone(), key);
        } else {
            // The group was created, but its key is unknown until groups are listed again.
            seen.names = None;
        }
        Effect::GroupCreated.into()
    }

    async fn find_group(&self, path: &UserGroupPath) -> Option<Key> {
        let list = List {
            api: &self.target.api,
            path: self.path("/groups"),
            name: "user groups",
            page_size: self.target.options.page_size.max(1),
            fields: "",
            counted: true,
            key: |row: &WireGroup| &row.key,
        };
        let mut names = Names::default();
        names.add_groups(&list.read().await.ok()?.rows);
        names.groups.get(path).cloned()
    }

    async fn write_template(&self, action: &Action) -> Outcome {
        let Action::WriteTemplate { template } = action else { unreachable!("the family contains only templates") };
        let after = match self.checked_template(template).await {
            Ok(after) => after,
            Err(fault) => return Outcome::Failed { fault },
        };
        let mut body = serde_json::json!({ "title": after.name, "subject": after.subject, "text": after.text });
        let mut names = self.target.seen().names.clone().unwrap_or_else(|| Arc::clone(&self.names));
        let method = match (template.before(), names.template(&after.name)) {
            (Some(_), Ok(key)) => {
                body["key"] = serde_json::json!(key);
                Method::Put
            }
            _ => Method::Post,
        };
        match self.target.api.send(&Request::new(method, self.path("/templates")).json(&body)).await {
            Ok(answer) => {
                if let Ok(key) = answer.json::<Key>() {
                    Arc::make_mut(&mut names).templates.insert(key, after.clone());
                    self.target.seen().names = Some(names);
                } else {
                    self.target.seen().names = None;
                }
                Effect::TemplateWritten.into()
            }
            Err(failure) if failure.reached == Reached::Perhaps => Outcome::InDoubt { fault: fault(failure) },
            Err(failure) => Outcome::Failed { fault: fault(failure) },
        }
    }

    /// Checks that a template can be written and has not changed since it was read.
    async fn checked_template<'t>(&self, change: &'t Change<WelcomeTemplate>) -> Result<&'t WelcomeTemplate, Fault> {
        let refuse = |kind, message: String| Err(Fault::new(kind, message));
        let Some(after) = change.after() else {
            return refuse(ErrorKind::Input, "a template cannot be deleted".to_owned());
        };
        if after.name.trim().is_empty() || after.subject.trim().is_empty() {
            return refuse(ErrorKind::Input, "a welcome e-mail template needs a name and a subject".to_owned());
        }
        let unknown = [&after.subject, &after.text].into_iter().find_map(|text| WelcomeTemplate::unknown_word(text));
        if let Some(word) = unknown {
            return refuse(ErrorKind::Input, format!("`{{{word}}}` is an unknown placeholder"));
        }
        let list = List {
            api: &self.target.api,
            path: self.path("/templates"),
            name: "welcome e-mail templates",
            page_size: self.target.options.page_size.max(1),
            fields: "",
            counted: false,
            key: |row: &WireTemplate| &row.key,
        };
        let now = list.read().await.map_err(Fault::from)?;
        let mut names = Names::default();
        names.add_templates(now.rows);
        let now = names.templates.values().find(|own| own.name == after.name);
        if now != change.before() {
            return refuse(
                ErrorKind::Conflict,
                format!("welcome e-mail template `{}` has changed since it was read", after.name),
            );
        }
        Ok(after)
    }
}

/// Checks a new group and returns the key of its parent group, if it has one.
fn checked_group<'n>(path: &UserGroupPath, names: &'n Names) -> Result<Option<&'n Key>, Fault> {
    if let Some(problem) = path.problem() {
        return Err(Fault::new(ErrorKind::Input, format!("user group `{path}` cannot be created: {problem}")));
    }
    if names.groups.contains_key(path) {
        return Err(Fault::new(ErrorKind::Conflict, format!("user group `{path}` already exists")));
    }
    path.parent().map(|parent| names.group(&parent).map_err(Fault::from)).transpose()
}

/// Copies an error without its cause.
fn clone(error: &Error) -> Error {
    Error::new(error.kind(), error.to_string())
}
