//! Tests of reviewers, which can exclude steps of a plan or veto it before the check.

use async_trait::async_trait;
use gotosync_core::apply::Stop;
use gotosync_core::model::{Account, DirectoryBuilder, Dn, License, NoteKind, PersonEntry, PersonId};
use gotosync_core::plan::{Plan, Review, Step};
use gotosync_core::render::{self, Length};
use gotosync_core::source::MemorySource;
use gotosync_core::state::{Ending, MemoryState};
use gotosync_core::sync::Reviewer;
use gotosync_core::target::MemoryTarget;
use gotosync_core::{Engine, Error, ErrorKind, Result, Rules};
use gotosync_tests::Trouble;

/// A reviewer with fixed answers for each step and for the plan.
#[derive(Debug, Default)]
struct Says {
    step: Option<fn(&Step) -> Option<&'static str>>,
    veto: Option<&'static str>,
    trouble: Option<&'static str>,
    more: Review,
}

#[async_trait]
impl Reviewer for Says {
    async fn review(&self, plan: &Plan) -> Result<Review> {
        if let Some(trouble) = self.trouble {
            return Err(Error::new(ErrorKind::Unavailable, trouble));
        }
        let says = |step: &Step| self.step.and_then(|says| says(step));
        let mut review = Review { veto: self.veto.map(str::to_owned), ..self.more.clone() };
        for step in plan.steps() {
            if let Some(reason) = says(step) {
                review = review.leave_out(step, reason);
            }
        }
        Ok(review)
    }
}

fn engine(says: Says) -> Result<Engine> {
    let mut people = DirectoryBuilder::new();
    let [mail, first, last] = ["mail", "givenName", "sn"].map(|name| people.attribute(name));
    for (unit, name) in [("Sales", "Ann"), ("Sales", "Bob"), ("Board", "Cyd")] {
        let dn = Dn::parse(&format!("CN={name},OU={unit},DC=example,DC=test"))?;
        let entry = PersonEntry::new(PersonId::parse(name), dn).with(mail, format!("{name}@example.test"));
        people.person(entry.with(first, name).with(last, "Lee"));
    }
    let mut account = Account::empty("1", "Example");
    account.licenses.push(License::new("10", "GoToMeeting", &["G2M"], 5));
    let rules = "[[rule]]\nname = 'Sales'\nou = 'OU=Sales,DC=example,DC=test'\nuser_group = 'Sales/EMEA'\n\
                 create_user_group = true\n[[rule]]\nname = 'All'\neveryone = true\nproducts = ['GoToMeeting']\n";
    let source = MemorySource::new(people.build()?);
    let rules = Rules::parse(rules, "rules.toml")?;
    Ok(Engine::new(source, MemoryTarget::new(account), MemoryState::new(), rules).reviewer(says))
}

fn subjects(plan: &Plan) -> Vec<&str> {
    plan.steps().iter().map(|step| &*step.subject).collect()
}

fn told(plan: &Plan) -> Vec<String> {
    let ours = plan.notes().iter().filter(|note| matches!(note.kind, NoteKind::LeftOut | NoteKind::Vetoed));
    ours.map(|note| format!("{}: {}", note.subject, note.evidence)).collect()
}

#[tokio::test]
async fn reports_an_excluded_step_and_does_not_apply_it() -> Result<(), Trouble> {
    let board = |step: &Step| step.subject.starts_with("Cyd").then_some("the board is kept by hand");
    let engine = engine(Says { step: Some(board), ..Says::default() })?;
    let plan = engine.plan().await?.plan;
    assert_eq!(subjects(&plan), ["Sales", "Sales/EMEA", "Ann@example.test", "Bob@example.test"]);
    assert_eq!(told(&plan), ["Cyd@example.test: create: the board is kept by hand"]);
    assert_eq!(Plan::from_json(&plan.to_json())?, plan);
    let report = engine.run(&Stop::new()).await.map_err(|unfinished| unfinished.error)?;
    assert!(report.all_done());
    let text = render::report(&report, Length::Full).to_string();
    assert!(text.contains("Cyd@example.test: create: the board is kept by hand"), "{text}");
    // The step is planned and excluded again each time.
    let again = engine.plan().await?.plan;
    assert!(again.is_empty());
    assert_eq!(told(&again).len(), 1);
    Ok(())
}

#[tokio::test]
async fn excluding_a_group_excludes_the_steps_that_need_it() -> Result<(), Trouble> {
    let engine =
        engine(Says { step: Some(|step| (&*step.subject == "Sales").then_some("no more groups")), ..Says::default() })?;
    let plan = engine.plan().await?.plan;
    assert_eq!(subjects(&plan), ["Cyd@example.test"]);
    let why = "the user group `Sales/EMEA` is not created, because that step is left out";
    assert_eq!(
        told(&plan),
        [
            format!("Ann@example.test: create: {why}"),
            format!("Bob@example.test: create: {why}"),
            "Sales: create-group: no more groups".to_owned(),
            format!("Sales/EMEA: create-group: {why}"),
        ]
    );
    assert_eq!((plan.steps()[0].number, plan.steps()[0].stage), (1, 1));
    assert!(engine.run(&Stop::new()).await.map_err(|unfinished| unfinished.error)?.all_done());
    Ok(())
}

#[tokio::test]
async fn a_veto_stops_the_run_despite_approval() -> Result<(), Trouble> {
    let engine = engine(Says { veto: Some("a freeze until Monday"), ..Says::default() })?;
    let plan = engine.plan().await?.plan;
    assert_eq!((plan.steps().len(), told(&plan)), (5, vec!["the plan: a freeze until Monday".to_owned()]));
    let verdict = engine.check(&plan, Some(plan.id()));
    assert!(!verdict.passes() && !verdict.approvable());
    let unfinished = engine.run(&Stop::new()).await.expect_err("it is stopped");
    assert_eq!((unfinished.error.kind(), unfinished.plan.is_some()), (ErrorKind::Stopped, true));
    let last = &engine.history(1).await?[0];
    assert_eq!(last.ending, Ending::Stopped);
    assert!(last.reason.as_deref().is_some_and(|reason| reason.contains("a freeze until Monday")), "{last:?}");
    assert!(engine.target().read().await?.users.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_reviewer_without_an_opinion_fails_the_run() -> Result<(), Trouble> {
    let away = engine(Says { trouble: Some("the ticket system is away"), ..Says::default() })?;
    let error = away.plan().await.expect_err("there is no plan");
    assert_eq!(error.to_string(), "could not review the plan: the ticket system is away");
    let failed = away.run(&Stop::new()).await.expect_err("it fails");
    assert!(failed.plan.is_none() && failed.error.retryable());
    assert_eq!(away.history(1).await?[0].ending, Ending::Failed);
    // A step number alone could exclude a different step of another plan.
    let first = engine(Says::default())?.plan().await?.plan;
    let [group, .., last] = first.steps() else { panic!("several steps") };
    let other = Step { number: 1, ..last.clone() };
    for (more, problem) in [
        (Review::default().leave_out(&other, "no"), "the review leaves out step 1, which is not in this plan"),
        (Review::default().leave_out(group, " "), "the review leaves out a step or rejects the plan without a reason"),
    ] {
        let wrong = engine(Says { more, ..Says::default() })?;
        let error = wrong.plan().await.expect_err("it is wrong");
        assert!(error.to_string().contains(problem) && error.help().is_some(), "{error}");
    }
    Ok(())
}
