//! Updates the stored state from outcomes: links, roles given by rules, and people to skip after a failure.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use super::stale::Index;
use crate::ErrorKind;
use crate::model::{
    Action, Creation, Effect, Failure, Fault, Field, Had, Learned, Link, Outcome, PersonId, Release, Role, SetAside,
    Update, UserKey,
};
use crate::plan::Step;

/// Derives updates of the stored state from the outcomes of one plan. Each outcome must be passed exactly once.
pub(super) struct Learning<'a> {
    steps: &'a [Step],
    index: &'a Index<'a>,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    people: Mutex<People<'a>>,
}

/// The progress of the people in a plan.
struct People<'a> {
    /// People in the plan who are set aside (skipped after a failure).
    set_aside: HashMap<&'a PersonId, OpenSteps>,
    /// People with a recorded failure. Only the first failure of a run is recorded: later ones usually follow from it, and a retry
    /// would meet the first one again.
    failed: HashSet<&'a PersonId>,
}

/// The progress of a person who is set aside. The person is cleared when no step is open and all of them were done.
#[derive(Default)]
struct OpenSteps {
    /// The number of steps without an outcome.
    open: usize,
    /// `true` if a step has an outcome other than done.
    lost: bool,
}

impl<'a> Learning<'a> {
    pub(super) fn new(
        steps: &'a [Step],
        index: &'a Index<'a>,
        set_aside: &'a [SetAside],
        now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    ) -> Self {
        let mut open_steps: HashMap<&PersonId, OpenSteps> =
            set_aside.iter().map(|aside| (&aside.person, OpenSteps::default())).collect();
        for person in steps.iter().filter_map(|step| step.person.as_ref()) {
            if let Some(steps_left) = open_steps.get_mut(person) {
                steps_left.open += 1;
            }
        }
        let people = People { set_aside: open_steps, failed: HashSet::new() };
        Self { steps, index, now, people: Mutex::new(people) }
    }

    /// Notes an outcome that does not change the stored state: one that was recorded before the crash, or one that is not about the
    /// person.
    pub(super) fn note(&self, step: &'a Step, outcome: &Outcome) {
        let Some(person) = &step.person else { return };
        let mut people = self.people();
        people.clears(person, outcome);
        if failure_of(outcome).is_some() {
            people.failed.insert(person);
        }
    }

    /// Returns the updates that follow from an outcome, in order.
    pub(super) fn learn(&self, step: &'a Step, outcome: &Outcome) -> Vec<Learned> {
        let Some(person) = &step.person else { return Vec::new() };
        let mut learned = match outcome {
            Outcome::Done { effect } => self.link(step, person, effect),
            _ => Vec::new(),
        };
        let mut people = self.people();
        if people.clears(person, outcome) {
            learned.push(Learned::Cleared(person.clone()));
        }
        if let Some(fault) = failure_of(outcome)
            && people.failed.insert(person)
        {
            learned.push(Learned::Failed(Failure {
                person: person.clone(),
                subject: step.subject.to_string(),
                kind: step.action.kind(),
                action: step.action.fingerprint(),
                fault: fault.clone(),
                at: (self.now)(),
            }));
        }
        learned
    }

    /// Returns the updates of the person's link that follow from an effect.
    fn link(&self, step: &Step, person: &PersonId, effect: &Effect) -> Vec<Learned> {
        let suspended = |had: Had| Learned::Suspended(person.clone(), (self.now)(), had);
        let role = |role: Option<&Role>| Learned::Role(person.clone(), role.cloned());
        match (effect, &step.action) {
            (Effect::Created { user }, Action::Create(creation)) => vec![self.created(step, person, user, creation)],
            (Effect::Suspended, Action::Suspend(suspension)) => {
                let (licenses, role) = (suspension.licenses().to_vec(), suspension.role().clone());
                vec![suspended(Had { licenses, role })]
            }
            // The last license may be taken before another one is given: until then, the user is suspended by gotosync.
            (Effect::Released, Action::Release(release)) => {
                let had = Had { licenses: release.licenses().to_vec(), role: Role::Member };
                self.release_leaves_bare(release).then(|| suspended(had)).into_iter().collect()
            }
            (Effect::Deleted, Action::Delete(_)) => vec![Learned::Deleted(person.clone())],
            // A suspended user has no role: if the step gives none, no role from a rule is left.
            (Effect::Reactivated, action @ Action::Reactivate(_)) => {
                vec![Learned::Reactivated(person.clone()), role(role_by_rule(step, action))]
            }
            (Effect::Updated, action @ Action::Update(update)) => {
                let given = action.role_given();
                let more = !update.changes.licenses.added().is_empty() || given.flatten().is_some();
                let access = more.then(|| Learned::Reactivated(person.clone()));
                let ended = self.update_leaves_bare(update).map(suspended);
                let by_rule = given.map(|_| role(role_by_rule(step, action)));
                access.into_iter().chain(by_rule).chain(ended).collect()
            }
            _ => Vec::new(),
        }
    }

    fn created(&self, step: &Step, person: &PersonId, user: &UserKey, creation: &Creation) -> Learned {
        let wanted = &creation.user;
        let link = Link::new(person.clone(), user.clone(), wanted.email.clone(), Arc::clone(&step.rules));
        // A user created without a product or role counts as suspended by gotosync: a product given later gives access.
        let suspended = wanted.is_bare().then(|| (self.now)());
        Learned::Linked(Link { suspended, role: step.action.role_given().flatten().cloned(), ..link })
    }

    fn release_leaves_bare(&self, release: &Release) -> bool {
        self.index.user(release.user()).is_some_and(|user| {
            user.role.is_member() && user.licenses.iter().all(|own| release.licenses().contains(own))
        })
    }

    /// Returns the licenses and role that a user had before an update took the last of them, or `None` if the user keeps any.
    fn update_leaves_bare(&self, update: &Update) -> Option<Had> {
        let taken =
            update.changes.role.as_ref().and_then(|change| change.before().filter(|_| change.after().is_none()));
        let licenses = update.changes.licenses.removed();
        if taken.is_none() && licenses.is_empty() || !update.changes.licenses.added().is_empty() {
            return None;
        }
        let user = self.index.user(&update.user)?;
        // An earlier step may have taken some licenses.
        let released = self.steps.iter().find_map(|step| match &step.action {
            Action::Release(release) if *release.user() == update.user => Some(release.licenses()),
            _ => None,
        });
        let released = released.unwrap_or_default();
        let stays = |license| !licenses.contains(license) && !released.contains(license);
        let bare = (taken.is_some() || user.role.is_member()) && !user.licenses.iter().any(stays);
        let had = [licenses, released].concat();
        bare.then(|| Had { licenses: had, role: taken.cloned().unwrap_or_default() })
    }

    fn people(&self) -> MutexGuard<'_, People<'a>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl People<'_> {
    /// Counts an outcome, and returns `true` if the person need not be set aside anymore.
    fn clears(&mut self, person: &PersonId, outcome: &Outcome) -> bool {
        let Some(steps_left) = self.set_aside.get_mut(person) else { return false };
        steps_left.open = steps_left.open.saturating_sub(1);
        steps_left.lost |= !outcome.is_done();
        steps_left.open == 0 && !steps_left.lost
    }
}

/// Returns the role that an action gives because of a rule. A role that is only restored does not count: rules must not take it away.
fn role_by_rule<'a>(step: &Step, action: &'a Action) -> Option<&'a Role> {
    let by_rule = step.reasons.iter().any(|reason| reason.field == Field::Role && reason.rule.is_some());
    action.role_given().flatten().filter(|_| by_rule)
}

/// Returns the fault of a step that failed because of the person. An outage, a full account, or a missing feature of the target do
/// not set people aside.
fn failure_of(outcome: &Outcome) -> Option<&Fault> {
    let Outcome::Failed { fault } = outcome else { return None };
    let about_person = match fault.kind {
        ErrorKind::Input
        | ErrorKind::Data
        | ErrorKind::NotFound
        | ErrorKind::Ambiguous
        | ErrorKind::Denied
        | ErrorKind::Conflict => true,
        ErrorKind::Exhausted
        | ErrorKind::Incomplete
        | ErrorKind::Stopped
        | ErrorKind::Held
        | ErrorKind::Unavailable
        | ErrorKind::Unsupported
        | ErrorKind::State
        | ErrorKind::Bug => false,
    };
    (about_person && !fault.retryable).then_some(fault)
}

#[cfg(test)]
mod tests {
    use super::super::cases::{account, create, delete, license, release, role, step, suspend, update, user};
    use super::*;
    use crate::model::{Account, LicenseKey, SetChange, User, UserChanges, WelcomeEmail};
    use crate::plan::Reason;

    fn now() -> Timestamp {
        Timestamp::from_second(1_790_812_800).unwrap()
    }

    fn person() -> PersonId {
        PersonId::parse("p")
    }

    /// Returns the updates from the outcomes of steps, in order.
    fn learned(steps: &[(Step, Outcome)], account: &Account, set_aside: &[SetAside]) -> Vec<Learned> {
        let only: Vec<Step> = steps.iter().map(|(step, _)| step.clone()).collect();
        let index = Index::new(account, &only, None);
        let learning = Learning::new(&only, &index, set_aside, &now);
        only.iter().zip(steps).flat_map(|(step, (_, outcome))| learning.learn(step, outcome)).collect()
    }

    fn done(step: Step, effect: Effect, user: &User) -> Vec<Learned> {
        learned(&[(step, effect.into())], &account([user.clone()]), &[])
    }

    fn keys(keys: &[&str]) -> Vec<LicenseKey> {
        keys.iter().map(|&key| key.into()).collect()
    }

    fn suspended(licenses: &[&str], role: Role) -> Learned {
        Learned::Suspended(person(), now(), Had { licenses: keys(licenses), role })
    }

    fn aside() -> SetAside {
        SetAside::after(failure(&step_of(1), "before"), None)
    }

    fn failure(step: &Step, message: &str) -> Failure {
        Failure {
            person: person(),
            subject: "ann@example.test".into(),
            kind: step.action.kind(),
            action: step.action.fingerprint(),
            fault: Fault::new(ErrorKind::Input, message),
            at: now(),
        }
    }

    /// Returns one of several steps about the person.
    fn step_of(nth: u32) -> Step {
        let user = user("u1", &["g2m"], Role::Member);
        Step { number: nth, ..update(&user, license(&format!("l{nth}"))) }
    }

    fn refused() -> Outcome {
        Outcome::failed(ErrorKind::Input, "refused")
    }

    /// Returns the step with a rule as the reason for the role.
    fn ruled(step: Step) -> Step {
        let (rule, because) = (Some("Admins".into()), "role".into());
        let reason = Reason { rule, field: Field::Role, part: None, because, before: None, after: None };
        Step { reasons: vec![reason], ..step }
    }

    #[test]
    fn links_a_created_user_with_the_role_from_a_rule() {
        let effect = || Effect::Created { user: "u7".into() };
        for (wanted, bare, role) in [
            (user("u1", &["g2m"], Role::Member), false, None),
            (user("u1", &[], Role::Administrator), false, Some(Role::Administrator)),
            (user("u1", &[], Role::Member), true, None),
        ] {
            let learned = done(create(wanted.clone(), WelcomeEmail::None), effect(), &wanted);
            let link = Link::new(person(), "u7".into(), wanted.email, Arc::new([]));
            assert_eq!(learned, [Learned::Linked(Link { suspended: bare.then(now), role, ..link })]);
        }
        let asked = create(user("u1", &["g2m"], Role::Member), WelcomeEmail::None);
        assert_eq!(done(asked, Effect::TransferInvited, &user("u2", &[], Role::Member)), [], "there is no user yet");
    }

    #[test]
    fn remembers_licenses_and_role_removed_by_a_suspension() {
        let before = user("u1", &["g2m", "g2w"], Role::Administrator);
        let all = suspended(&["g2m", "g2w"], Role::Administrator);
        assert_eq!(done(suspend(&before), Effect::Suspended, &before), [all]);
        assert_eq!(done(release(&before, &["g2m", "g2w"]), Effect::Released, &before), [], "a role is left");

        let before = user("u1", &["g2m", "g2w"], Role::Member);
        assert_eq!(done(release(&before, &["g2m"]), Effect::Released, &before), [], "a license is left");
        let both = suspended(&["g2m", "g2w"], Role::Member);
        assert_eq!(done(release(&before, &["g2m", "g2w"]), Effect::Released, &before), [both]);
    }

    #[test]
    fn treats_an_update_that_takes_the_last_license_or_role_as_a_suspension() {
        let before = user("u1", &["g2m"], Role::Administrator);
        let demoted = role(&Role::Administrator, &Role::Member);
        let gone = Learned::Role(person(), None);
        let only = update(&before, demoted.clone());
        assert_eq!(done(only.clone(), Effect::Updated, &before), std::slice::from_ref(&gone), "a license is left");
        let removed = SetChange::adding(Vec::new()).removing(super::super::cases::whole(), keys(&["g2m"]));
        let both = update(&before, UserChanges { licenses: removed, ..demoted });
        let ended = suspended(&["g2m"], Role::Administrator);
        assert_eq!(done(both, Effect::Updated, &before), [gone.clone(), ended.clone()]);
        // An earlier step may take the license.
        let steps = [(release(&before, &["g2m"]), Effect::Released.into()), (only, Effect::Updated.into())];
        assert_eq!(learned(&steps, &account([before]), &[]), [gone, ended]);
    }

    #[test]
    fn remembers_only_roles_from_rules_when_access_is_restored() {
        let before = user("u1", &[], Role::Member);
        let back = |changes| {
            let Action::Update(update) = update(&before, changes).action else { unreachable!() };
            step(Action::Reactivate(update), Some(&before))
        };
        let again = Learned::Reactivated(person());
        let plain = done(back(license("g2m")), Effect::Reactivated, &before);
        assert_eq!(plain, [again.clone(), Learned::Role(person(), None)]);
        let given = role(&Role::Member, &Role::Administrator);
        let with_role = UserChanges { role: given.role.clone(), ..license("g2m") };
        let administrator = Learned::Role(person(), Some(Role::Administrator));
        let by_hand = done(back(with_role.clone()), Effect::Reactivated, &before);
        assert_eq!(by_hand, plain, "a restored role does not come from a rule");
        let by_rule = done(ruled(back(with_role)), Effect::Reactivated, &before);
        assert_eq!(by_rule, [again.clone(), administrator.clone()]);

        assert_eq!(done(update(&before, license("g2m")), Effect::Updated, &before), std::slice::from_ref(&again));
        assert_eq!(done(ruled(update(&before, given)), Effect::Updated, &before), [again, administrator]);
        assert_eq!(done(update(&before, UserChanges::default()), Effect::Updated, &before), []);
        assert_eq!(done(delete(&before), Effect::Deleted, &before), [Learned::Deleted(person())]);
    }

    #[test]
    fn sets_a_person_aside_only_after_a_failure_about_the_person() {
        let outcome = |kind| Outcome::failed(kind, "refused");
        let learn = |outcome| learned(&[(step_of(1), outcome)], &account([]), &[]);
        for kind in [
            ErrorKind::Input,
            ErrorKind::Data,
            ErrorKind::NotFound,
            ErrorKind::Ambiguous,
            ErrorKind::Denied,
            ErrorKind::Conflict,
        ] {
            let fault = Fault::new(kind, "refused");
            let expected = Learned::Failed(Failure { fault, ..failure(&step_of(1), "refused") });
            assert_eq!(learn(outcome(kind)), [expected], "{kind:?}");
        }
        for kind in [
            ErrorKind::Exhausted,
            ErrorKind::Incomplete,
            ErrorKind::Stopped,
            ErrorKind::Held,
            ErrorKind::Unavailable,
            ErrorKind::Unsupported,
            ErrorKind::State,
            ErrorKind::Bug,
        ] {
            assert_eq!(learn(outcome(kind)), [], "{kind:?}");
        }
        let later = Fault { retryable: true, ..Fault::new(ErrorKind::Denied, "slow down") };
        assert_eq!(learn(Outcome::Failed { fault: later.clone() }), []);
        assert_eq!(learn(Outcome::InDoubt { fault: Fault::new(ErrorKind::Input, "lost") }), []);
        assert_eq!(learn(Outcome::skipped("stopped")), []);
        let group = Step { person: None, ..step_of(1) };
        assert_eq!(learned(&[(group, refused())], &account([]), &[]), []);
    }

    #[test]
    fn clears_a_set_aside_person_after_the_last_step_if_all_are_done() {
        let of = |outcomes: &[Outcome]| {
            let steps: Vec<_> = (1..).map(step_of).zip(outcomes.iter().cloned()).collect();
            let learned = learned(&steps, &account([]), &[aside()]);
            learned.into_iter().filter(|learned| *learned != Learned::Reactivated(person())).collect::<Vec<_>>()
        };
        let (done, skipped) = (Outcome::from(Effect::Updated), Outcome::skipped("no"));
        let doubt = Outcome::InDoubt { fault: Fault::new(ErrorKind::Unavailable, "lost") };
        let failed = |nth| Learned::Failed(failure(&step_of(nth), "refused"));
        assert_eq!(of(&[done.clone(), done.clone()]), [Learned::Cleared(person())]);
        assert_eq!(of(&[done.clone(), refused()]), [failed(2)]);
        assert_eq!(of(&[refused(), done.clone()]), [failed(1)]);
        // The second failure follows from the first and has another action: recording it would restart the pauses in every run.
        assert_eq!(of(&[refused(), refused(), done.clone()]), [failed(1)]);
        assert_eq!(of(&[done.clone(), skipped]), []);
        assert_eq!(of(&[doubt, done.clone()]), []);
        let outage = Outcome::failed(ErrorKind::Unavailable, "away");
        assert_eq!(of(&[outage, done]), [], "the failed action was not retried");
    }

    #[test]
    fn counts_outcomes_from_before_a_crash_without_learning_from_them_again() {
        let steps = [step_of(1), step_of(2)];
        let (now_account, asides) = (account([]), [aside()]);
        let index = Index::new(&now_account, &steps, None);
        for (before, clears) in [(refused(), false), (Effect::Updated.into(), true)] {
            let learning = Learning::new(&steps, &index, &asides, &now);
            learning.note(&steps[0], &before);
            let after = learning.learn(&steps[1], &Effect::Updated.into());
            assert_eq!(after.contains(&Learned::Cleared(person())), clears, "{before:?}");
        }
        let learning = Learning::new(&steps, &index, &[], &now);
        learning.note(&steps[0], &refused());
        assert_eq!(learning.learn(&steps[1], &refused()), [], "one failure per run");
    }
}
