//! Runs the laws, conformance tests that every target must pass, on an account at the emulator of GoTo and on its
//! decorators.

use std::num::NonZeroU32;
use std::sync::Arc;

use gotosync_core::model::Account;
use gotosync_core::target::goto::GotoOptions;
use gotosync_core::target::{FlakyTarget, ProvisioningTarget, RateLimited, ReadOnly, RecordingTarget};
use gotosync_tests::goto::{Emulator, KeyForm, Options, Served, TokenRefusal};
use gotosync_tests::laws::{Factory, target};
use gotosync_tests::named::NamedTarget;

/// Returns an account at an emulator. GoTo requires a signed-in user, so an administrator is added if the account
/// names none.
fn served(account: &Account, options: impl Fn(Options) -> Options) -> Served {
    let login = account.login.clone().or_else(|| Some("4".into()));
    let account = Account { login, ..account.clone() };
    Served::start(options(Emulator::options().account(account).per_second(None))).unwrap()
}

async fn holds(make: &Factory<'_>) {
    let broken = target::broken(make).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

macro_rules! at_goto {
    ($($name:ident: $wrap:expr;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let wrap = $wrap;
            holds(&|account| {
                Box::new(wrap(Box::new(served(account, |options| options)) as Box<dyn ProvisioningTarget>))
            })
            .await;
        })*
    };
}

at_goto! {
    bare: |inside| inside;
    read_only: ReadOnly::new;
    recording: RecordingTarget::new;
    rate_limited: |inside| RateLimited::new(inside, NonZeroU32::MAX);
    flaky_without_faults: |inside| FlakyTarget::new(inside, 7, 0);
    named: |inside| NamedTarget::new(inside, "account");
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_without_phone_system() {
    let make = |account: &Account| {
        let account = Account { login: account.login.clone().or_else(|| Some("4".into())), ..account.clone() };
        let emulator = Arc::new(Emulator::options().account(account).per_second(None).start().unwrap());
        let options = GotoOptions { per_second: None, visible_within: 0, ..GotoOptions::default() };
        Box::new(Served::at(&emulator, options).unwrap()) as Box<dyn ProvisioningTarget>
    };
    holds(&make).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_with_numeric_keys_and_403_for_invalid_tokens() {
    let other = |options: Options| options.keys(KeyForm::Numbers).refusal(TokenRefusal::Forbidden);
    holds(&|account| Box::new(served(account, other))).await;
}
