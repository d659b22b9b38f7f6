//! Runs the laws, conformance tests that every target must pass, on an account at a third-party SCIM service and on
//! its decorators.

use std::num::NonZeroU32;

use gotosync_core::model::Account;
use gotosync_core::target::scim::ScimTarget;
use gotosync_core::target::{FlakyTarget, ProvisioningTarget, RateLimited, ReadOnly, RecordingTarget};
use gotosync_tests::laws::{Factory, target};
use gotosync_tests::named::NamedTarget;
use gotosync_tests::rekeyed::Rekeyed;
use gotosync_tests::scim;
use gotosync_tests::servers::{Scim, ScimOptions};

fn at(server: &Scim, account: &Account) -> Rekeyed<ScimTarget> {
    scim::filled(server, account).unwrap()
}

async fn holds(make: &Factory<'_>) {
    let broken = target::broken(make).await;
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

async fn service_holds(options: ScimOptions) {
    let server = options.shared().unwrap();
    holds(&|account| Box::new(at(server, account))).await;
}

macro_rules! at_a_service {
    ($($name:ident: $wrap:expr;)*) => {
        $(#[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            let (wrap, server) = ($wrap, Scim::options().shared().unwrap());
            holds(&|account| Box::new(wrap(Box::new(at(server, account)) as Box<dyn ProvisioningTarget>))).await;
        })*
    };
}

at_a_service! {
    bare: |inside| inside;
    read_only: ReadOnly::new;
    recording: RecordingTarget::new;
    rate_limited: |inside| RateLimited::new(inside, NonZeroU32::MAX);
    flaky_without_faults: |inside| FlakyTarget::new(inside, 7, 0);
    named: |inside| NamedTarget::new(inside, "account");
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_without_patch_support() {
    service_holds(Scim::options().without("patch").without("bulk")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_without_etags_and_sorting() {
    service_holds(Scim::options().without("etag").without("sort")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passes_with_cursor_pagination() {
    service_holds(Scim::options().by_cursor()).await;
}
