//! Complete and partial lists of GoTo, and creations without a response.

use std::sync::Arc;

use gotosync_core::ErrorKind;
use gotosync_core::model::{Account, Action, Batch, Creation, Effect, Outcome, User, WelcomeEmail};
use gotosync_core::target::ProvisioningTarget;
use gotosync_core::target::goto::GotoOptions;
use gotosync_tests::goto::{Emulator, Fault, FaultKind, Operation, Options, Served, Shift};
use gotosync_tests::laws::corpus;

/// Returns an account with a few more people than fit on three pages of four.
fn account() -> Account {
    let mut account = corpus::account();
    account.users.push(User::new(&format!("{}x@example.test", Shift::PASSER_BY), "Passer", "By").into());
    for number in 0..8 {
        account.users.push(User::new(&format!("person{number}@example.test"), "Person", "Lee").into());
    }
    account.licenses.iter_mut().for_each(|license| license.seats = 100);
    account
}

fn served(fault: Option<Fault>, page_size: usize) -> Served {
    let options = Emulator::options().account(account()).per_second(None);
    let emulator = Arc::new(fault.into_iter().fold(options, Options::fault).start().unwrap());
    let options = GotoOptions { page_size, per_second: None, visible_within: 0, ..GotoOptions::default() };
    Served::at(&emulator, options).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_complete_lists_with_every_page_size() {
    let all = account().users.len();
    for page_size in [1, 2, 3, 4, 7, all - 1, all, all + 1, 1000] {
        let read = served(None, page_size).read().await.unwrap();
        assert_eq!((read.users.len(), read.completeness.is_complete()), (all, true), "{page_size} a page");
        assert!(read.users.is_sorted_by_key(|user| user.email.key().into_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rereads_a_shifted_list_and_rejects_one_that_keeps_shifting() {
    for shift in [Shift::Added, Shift::Removed, Shift::Swapped] {
        let fault = || Fault::on(Operation::ListUsers, FaultKind::Shift(shift));
        let once = served(Some(fault().nth(3)), 4);
        let read = once.read().await.unwrap();
        assert!(read.completeness.is_complete(), "{shift:?}: {}", read.completeness);
        assert_eq!(read.users.len(), once.emulator().account().users.len(), "{shift:?}");

        // Each page finds another new user.
        if shift == Shift::Added {
            let read = served(Some(fault()), 4).read().await.unwrap();
            assert!(!read.completeness.is_complete(), "{shift:?}");
            let told = read.completeness.to_string();
            assert!(told.contains("users: the list changed while it was read"), "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_a_partial_account_read() {
    for (kind, words) in [
        (FaultKind::Status(500), "(page 2)"),
        (FaultKind::Html(502), "an HTML page"),
        (FaultKind::Truncated, "(page 2)"),
        (FaultKind::PageLost, "of 15 rows"),
    ] {
        // Only the first page arrives: the later pages fail more often than they are retried.
        let target = served(None, 4);
        target.describe().await.unwrap();
        let mut faults: Vec<Fault> = (2..60).map(|number| Fault::on(Operation::ListUsers, kind).nth(number)).collect();
        faults.drain(..).for_each(|fault| target.emulator().fault(fault));
        let read = target.read().await.unwrap();
        let told = read.completeness.to_string();
        assert!(!read.completeness.is_complete() && told.contains(words), "{kind:?}: {told}");
        assert!(read.users.len() < 15);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_for_a_user_whose_creation_got_no_response() {
    let new = |email: &str| {
        let user = User { licenses: vec!["g2m".into()], ..User::new(email, "Gus", "Lee") };
        Action::Create(Creation::new(user, WelcomeEmail::Default))
    };
    let batch: Batch = ["gus@example.test", "hal@example.test", "ann@example.test"].map(new).into_iter().collect();
    for (kind, done) in
        [(FaultKind::ResetAfter, true), (FaultKind::ResetBefore, false), (FaultKind::Status(502), false)]
    {
        let target = served(Some(Fault::on(Operation::CreateUsers, kind).first(1)), 1000);
        let outcomes = target.execute(&batch).await.unwrap();
        let calls = target.emulator().calls();
        let made = calls.iter().filter(|call| call.operation == Operation::CreateUsers).count();
        assert_eq!(made, 1, "{kind:?}: the creation was repeated");
        for outcome in &outcomes[..2] {
            let created = matches!(outcome, Outcome::Done { effect: Effect::Created { .. } });
            let doubted = matches!(outcome, Outcome::InDoubt { fault } if fault.retryable);
            assert!(if done { created } else { doubted }, "{kind:?}: {outcome:?}");
        }
        // A user who existed before the batch is reported as a conflict, not as created.
        assert!(matches!(&outcomes[2], Outcome::Failed { fault } if fault.kind == ErrorKind::Conflict), "{outcomes:?}");
        let mails = target.emulator().mails().len();
        assert_eq!(mails, if done { 2 } else { 0 });
    }
}

/// If neither the creation nor the search for the new user gets a response, the outcome is in doubt, and the creation
/// is not repeated.
#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_cannot_be_checked_stays_in_doubt() {
    let target = served(Some(Fault::on(Operation::CreateUsers, FaultKind::ResetAfter).first(1)), 1000);
    target.read().await.unwrap();
    target.emulator().fault(Fault::on(Operation::ListUsers, FaultKind::Status(500)));
    let user = User { licenses: vec!["g2m".into()], ..User::new("gus@example.test", "Gus", "Lee") };
    let batch: Batch = [Action::Create(Creation::new(user, WelcomeEmail::Default))].into_iter().collect();
    let outcomes = target.execute(&batch).await.unwrap();
    assert!(matches!(&outcomes[..], [Outcome::InDoubt { .. }]), "{outcomes:?}");
    let calls = target.emulator().calls();
    let made = calls.iter().filter(|call| call.operation == Operation::CreateUsers).count();
    assert_eq!((made, target.emulator().mails().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn creates_equal_users_in_one_call_and_reports_each_rejection() {
    let target = served(None, 1000);
    let user = |email: &str, licenses: &[&str]| {
        let licenses = licenses.iter().map(|&license| license.into()).collect();
        let user = User { licenses, ..User::new(email, "Gus", "Lee") };
        Action::Create(Creation::new(user, WelcomeEmail::None))
    };
    let batch: Batch = (0..30)
        .map(|number| user(&format!("new{number}@example.test"), &["g2m"]))
        .chain([user("ann@example.test", &["g2m"]), user("gil@other.test", &["g2m"]), user("last@example.test", &[])])
        .collect();
    let outcomes = target.execute(&batch).await.unwrap();
    let calls = target.emulator().calls();
    let made = calls.iter().filter(|call| call.operation == Operation::CreateUsers).count();
    assert_eq!(made, 2);
    assert!(outcomes[..30].iter().all(Outcome::is_done) && outcomes[32].is_done(), "{outcomes:?}");
    for outcome in &outcomes[30..32] {
        assert!(matches!(outcome, Outcome::Failed { fault } if fault.kind == ErrorKind::Conflict), "{outcome:?}");
    }

    // A user that the service rejects does not prevent the creation of the others.
    let mut zoned = User::new("zone@example.test", "Gus", "Lee");
    zoned.set_settings(|own| own.time_zone = Some("Nowhere at all".into()));
    let zoned = Action::Create(Creation::new(zoned, WelcomeEmail::None));
    let batch: Batch = (0..7).map(|number| user(&format!("next{number}@example.test"), &[])).chain([zoned]).collect();
    let outcomes = target.execute(&batch).await.unwrap();
    assert!(outcomes[..7].iter().all(Outcome::is_done), "{outcomes:?}");
    assert!(matches!(&outcomes[7], Outcome::Failed { fault } if fault.kind == ErrorKind::Input), "{outcomes:?}");
}
