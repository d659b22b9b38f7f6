//! What outcomes teach: who is whom, who has which role by rule, and who is left alone for a while.

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

/// Learns from the outcomes of one plan, each of which it is to be told once.
pub(super) struct Learning<'a> {
    steps: &'a [Step],
    index: &'a Index<'a>,
    now: &'a (dyn Fn() -> Timestamp + Send + Sync),
    people: Mutex<People<'a>>,
}

/// How the people of a plan fare.
struct People<'a> {
    /// Those who are set aside and whom the plan is about.
    set_aside: HashMap<&'a PersonId, OpenSteps>,
    /// Those of whom a failure was told. The first one of a run stands for those that follow from it, and is the one that
    /// comes again when the same is tried again.
    failed: HashSet<&'a PersonId>,
}

/// What is left to be seen before nothing is set aside about a person any more.
#[derive(Default)]
struct OpenSteps {
    /// Steps that have come to no outcome.
    open: usize,
    /// Whether a step came to an outcome and was not done.
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

    /// Takes note of an outcome that teaches nothing more: one that was learned from before the run died, or that says
    /// nothing about the person.
    pub(super) fn note(&self, step: &'a Step, outcome: &Outcome) {
        let Some(person) = &step.person else { return };
        let mut people = self.people();
        people.clears(person, outcome);
        if failure_of(outcome).is_some() {
            people.failed.insert(person);
        }
    }

    /// What an outcome teaches, in order.
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

    /// What an effect changes about who is whom.
    fn link(&self, step: &Step, person: &PersonId, effect: &Effect) -> Vec<Learned> {
        let suspended = |had: Had| Learned::Suspended(person.clone(), (self.now)(), had);
        let role = |role: Option<&Role>| Learned::Role(person.clone(), role.cloned());
        match (effect, &step.action) {
            (Effect::Created { user }, Action::Create(creation)) => vec![self.created(step, person, user, creation)],
            (Effect::Suspended, Action::Suspend(suspension)) => {
                let (licenses, role) = (suspension.licenses().to_vec(), suspension.role().clone());
                vec![suspended(Had { licenses, role })]
            }
            // The last license may go before another comes: until it does, the engine has taken the access.
            (Effect::Released, Action::Release(release)) => {
                let had = Had { licenses: release.licenses().to_vec(), role: Role::Member };
                self.release_leaves_bare(release).then(|| suspended(had)).into_iter().collect()
            }
            (Effect::Deleted, Action::Delete(_)) => vec![Learned::Deleted(person.clone())],
            // Nobody suspended has a role: where none comes, none that rules gave is left.
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
        // Made without a product or role, the user is suspended by us: a product that comes later gives access.
        let suspended = wanted.is_bare().then(|| (self.now)());
        Learned::Linked(Link { suspended, role: step.action.role_given().flatten().cloned(), ..link })
    }

    fn release_leaves_bare(&self, release: &Release) -> bool {
        self.index.user(release.user()).is_some_and(|user| {
            user.role.is_member() && user.licenses.iter().all(|own| release.licenses().contains(own))
        })
    }

    /// What a user had whom an update left with neither a product nor a role.
    fn update_leaves_bare(&self, update: &Update) -> Option<Had> {
        let taken =
            update.changes.role.as_ref().and_then(|change| change.before().filter(|_| change.after().is_none()));
        let licenses = update.changes.licenses.removed();
        if taken.is_none() && licenses.is_empty() || !update.changes.licenses.added().is_empty() {
            return None;
        }
        let user = self.index.user(&update.user)?;
        // Some may have gone in a step before this one.
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
    /// Counts an outcome, and says whether it was the last one that kept a person set aside.
    fn clears(&mut self, person: &PersonId, outcome: &Outcome) -> bool {
        let Some(steps_left) = self.set_aside.get_mut(person) else { return false };
        steps_left.open = steps_left.open.saturating_sub(1);
        steps_left.lost |= !outcome.is_done();
        steps_left.open == 0 && !steps_left.lost
    }
}

/// The role an action gives because a rule says so; one that only comes back is not a rule's to take.
fn role_by_rule<'a>(step: &Step, action: &'a Action) -> Option<&'a Role> {
    let by_rule = step.reasons.iter().any(|reason| reason.field == Field::Role && reason.rule.is_some());
    action.role_given().flatten().filter(|_| by_rule)
}

/// The fault of a step that failed on account of the person. An outage, an account that is full, or what the target cannot
/// do for anybody, set nobody aside.
fn failure_of(outcome: &Outcome) -> Option<&Fault> {
    let Outcome::Failed { fault } = outcome else { return None };
    let persons = match fault.kind {
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
    (persons && !fault.retryable).then_some(fault)
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

    /// What the outcomes of steps teach, one after another.
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

    /// One of several steps about the person.
    fn step_of(nth: u32) -> Step {
        let user = user("u1", &["g2m"], Role::Member);
        Step { number: nth, ..update(&user, license(&format!("l{nth}"))) }
    }

    fn refused() -> Outcome {
        Outcome::failed(ErrorKind::Input, "refused")
    }

    /// The same step with a rule behind the role.
    fn ruled(step: Step) -> Step {
        let (rule, because) = (Some("Admins".into()), "role".into());
        let reason = Reason { rule, field: Field::Role, part: None, because, before: None, after: None };
        Step { reasons: vec![reason], ..step }
    }

    #[test]
    fn a_creation_links_with_the_role_that_rules_gave() {
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
    fn what_goes_with_the_access_is_remembered() {
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
    fn an_update_that_takes_the_last_thing_ends_the_access() {
        let before = user("u1", &["g2m"], Role::Administrator);
        let demoted = role(&Role::Administrator, &Role::Member);
        let gone = Learned::Role(person(), None);
        let only = update(&before, demoted.clone());
        assert_eq!(done(only.clone(), Effect::Updated, &before), std::slice::from_ref(&gone), "a license is left");
        let removed = SetChange::adding(Vec::new()).removing(super::super::cases::whole(), keys(&["g2m"]));
        let both = update(&before, UserChanges { licenses: removed, ..demoted });
        let ended = suspended(&["g2m"], Role::Administrator);
        assert_eq!(done(both, Effect::Updated, &before), [gone.clone(), ended.clone()]);
        // The license may go in a step before.
        let steps = [(release(&before, &["g2m"]), Effect::Released.into()), (only, Effect::Updated.into())];
        assert_eq!(learned(&steps, &account([before]), &[]), [gone, ended]);
    }

    #[test]
    fn access_that_comes_back_comes_with_the_role_that_rules_give() {
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
        assert_eq!(by_hand, plain, "what only comes back is not a rule's to take");
        let by_rule = done(ruled(back(with_role)), Effect::Reactivated, &before);
        assert_eq!(by_rule, [again.clone(), administrator.clone()]);

        assert_eq!(done(update(&before, license("g2m")), Effect::Updated, &before), std::slice::from_ref(&again));
        assert_eq!(done(ruled(update(&before, given)), Effect::Updated, &before), [again, administrator]);
        assert_eq!(done(update(&before, UserChanges::default()), Effect::Updated, &before), []);
        assert_eq!(done(delete(&before), Effect::Deleted, &before), [Learned::Deleted(person())]);
    }

    #[test]
    fn only_a_failure_about_the_person_sets_them_aside() {
        let outcome = |kind| Outcome::failed(kind, "refused");
        let tell = |outcome| learned(&[(step_of(1), outcome)], &account([]), &[]);
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
            assert_eq!(tell(outcome(kind)), [expected], "{kind:?}");
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
            assert_eq!(tell(outcome(kind)), [], "{kind:?}");
        }
        let later = Fault { retryable: true, ..Fault::new(ErrorKind::Denied, "slow down") };
        assert_eq!(tell(Outcome::Failed { fault: later.clone() }), []);
        assert_eq!(tell(Outcome::InDoubt { fault: Fault::new(ErrorKind::Input, "lost") }), []);
        assert_eq!(tell(Outcome::skipped("stopped")), []);
        let group = Step { person: None, ..step_of(1) };
        assert_eq!(learned(&[(group, refused())], &account([]), &[]), []);
    }

    #[test]
    fn who_was_set_aside_is_settled_by_the_last_step_if_all_are_done() {
        let of = |outcomes: &[Outcome]| {
            let steps: Vec<_> = (1..).map(step_of).zip(outcomes.iter().cloned()).collect();
            let told = learned(&steps, &account([]), &[aside()]);
            told.into_iter().filter(|learned| *learned != Learned::Reactivated(person())).collect::<Vec<_>>()
        };
        let (done, skipped) = (Outcome::from(Effect::Updated), Outcome::skipped("no"));
        let doubt = Outcome::InDoubt { fault: Fault::new(ErrorKind::Unavailable, "lost") };
        let failed = |nth| Learned::Failed(failure(&step_of(nth), "refused"));
        assert_eq!(of(&[done.clone(), done.clone()]), [Learned::Cleared(person())]);
        assert_eq!(of(&[done.clone(), refused()]), [failed(2)]);
        assert_eq!(of(&[refused(), done.clone()]), [failed(1)]);
        // The second follows from the first, and has another action: the ladder would start again in each run.
        assert_eq!(of(&[refused(), refused(), done.clone()]), [failed(1)]);
        assert_eq!(of(&[done.clone(), skipped]), []);
        assert_eq!(of(&[doubt, done.clone()]), []);
        let outage = Outcome::failed(ErrorKind::Unavailable, "away");
        assert_eq!(of(&[outage, done]), [], "what was set aside was not tried");
    }

    #[test]
    fn what_was_learned_before_the_crash_is_not_learned_again_and_still_counts() {
        let steps = [step_of(1), step_of(2)];
        let (now_account, asides) = (account([]), [aside()]);
        let index = Index::new(&now_account, &steps, None);
        for (before, settles) in [(refused(), false), (Effect::Updated.into(), true)] {
            let learning = Learning::new(&steps, &index, &asides, &now);
            learning.note(&steps[0], &before);
            let after = learning.learn(&steps[1], &Effect::Updated.into());
            assert_eq!(after.contains(&Learned::Cleared(person())), settles, "{before:?}");
        }
        let learning = Learning::new(&steps, &index, &[], &now);
        learning.note(&steps[0], &refused());
        assert_eq!(learning.learn(&steps[1], &refused()), [], "one rung a run");
    }
}
