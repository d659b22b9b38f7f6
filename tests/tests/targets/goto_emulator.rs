//! Tests that the emulator behaves like GoTo's APIs.

mod connect;
mod faults;

use std::time::Duration;

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use gotosync_core::model::{Email, License, Role, User, UserGroupPath};
use gotosync_tests::goto::{Answer, Emulator, KeyForm, Operation, Options, Probe, Rotation, TokenRefusal};
use gotosync_tests::laws::corpus;
use serde_json::{Value, json};

/// Returns options with the account of the conformance tests and additional seats.
fn options() -> Options {
    let mut account = corpus::account();
    account.licenses.iter_mut().for_each(|license| license.seats = 10);
    Emulator::options().account(account).per_second(None)
}

struct Bench {
    emulator: Emulator,
    probe: Probe,
}

impl Bench {
    fn new(options: Options) -> Self {
        let emulator = options.start().unwrap();
        let probe = Probe::bearer(&emulator.tokens().access);
        Self { emulator, probe }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.urls().admin)
    }

    fn get(&self, path: &str) -> Answer {
        self.probe.get(&self.url(path)).unwrap()
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.probe.json(method, &self.url(path), body).unwrap()
    }
}

fn code(answer: &Answer) -> String {
    answer.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn accepts_an_authorization_code_once() {
    let emulator = options().start().unwrap();
    let urls = emulator.urls();
    let stranger = Probe::stranger();
    let verifier = "a".repeat(43);
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes()));
    let page = format!(
        "{}?client_id=emulated-client&response_type=code&redirect_uri=http://127.0.0.1:9/back&state=s%20t\
         &scope=identity:&code_challenge={challenge}&code_challenge_method=S256",
        urls.authorize
    );
    let code = || {
        let answer = stranger.get(&page).unwrap();
        assert_eq!(answer.status, 302);
        let place = answer.header("location").unwrap().to_owned();
        let (code, state) = place.strip_prefix("http://127.0.0.1:9/back?code=").unwrap().split_once('&').unwrap();
        assert_eq!(state, "state=s%20t");
        code.to_owned()
    };
    let redeem = |code: &str, verifier: &str| {
        let form = format!(
            "grant_type=authorization_code&client_id=emulated-client&code={code}\
             &redirect_uri=http://127.0.0.1:9/back&code_verifier={verifier}"
        );
        stranger.form(&urls.token, &form).unwrap()
    };
    let first = code();
    let answer = redeem(&first, &verifier).json();
    assert_eq!((&answer["scope"], &answer["expires_in"]), (&json!("identity:"), &json!(3600)));
    assert_eq!(answer["principal"], "dan@example.test");
    assert!(answer["access_token"].is_string() && answer["refresh_token"].is_string(), "{answer}");
    assert_eq!(redeem(&first, &verifier).json()["error"], "invalid_grant");
    assert_eq!(redeem(&code(), &"b".repeat(43)).json()["error"], "invalid_grant");
    let late = code();
    emulator.advance(Duration::from_mins(10));
    assert_eq!(redeem(&late, &verifier).json()["error"], "invalid_grant");

    emulator.deny_consent();
    assert!(stranger.get(&page).unwrap().header("location").unwrap().contains("?error=access_denied&"));
    let plain = page.replace("&code_challenge_method=S256", "&code_challenge_method=plain");
    assert!(stranger.get(&plain).unwrap().header("location").unwrap().contains("error=invalid_request"));
    let elsewhere = page.replace("http://127.0.0.1:9/back", "http://evil.test/");
    assert_eq!(stranger.get(&elsewhere).unwrap().status, 400);
    let wide = page.replace("scope=identity:", "scope=calls.v2.initiate");
    assert!(stranger.get(&wide).unwrap().header("location").unwrap().contains("error=invalid_scope"));
    // The recorded calls contain no authorization code.
    assert!(emulator.calls().iter().all(|call| !call.target.contains("code")));
}

#[test]
fn refreshes_revokes_and_rejects_tokens() {
    let emulator = options().client("mine", Some("s3cret")).rotation(Rotation::Always).start().unwrap();
    let urls = emulator.urls();
    let basic = |secret: &str| Probe {
        authorization: Some(format!("Basic {}", BASE64_STANDARD.encode(format!("mine:{secret}")))),
    };
    let tokens = emulator.tokens();
    let refresh = format!("grant_type=refresh_token&refresh_token={}", tokens.refresh.unwrap());
    assert_eq!(basic("wrong").form(&urls.token, &refresh).unwrap().status, 401);
    let answer = basic("s3cret").form(&urls.token, &refresh).unwrap().json();
    assert!(answer["refresh_token"].is_string());
    assert_eq!(basic("s3cret").form(&urls.token, &refresh).unwrap().json()["error"], "invalid_grant");
    let access = answer["access_token"].as_str().unwrap();
    let me = format!("{}/me", urls.admin);
    assert_eq!(Probe::bearer(access).get(&me).unwrap().status, 200);
    assert_eq!(Probe { authorization: Some(access.to_owned()) }.get(&me).unwrap().status, 200);
    let base = urls.token.trim_end_matches("/token");
    let gone = format!("token={}", answer["refresh_token"].as_str().unwrap());
    assert_eq!(basic("s3cret").form(&format!("{base}/revoke"), &gone).unwrap().status, 200);
    assert_eq!(Probe::bearer(access).get(&me).unwrap().status, 401);
    let pat = format!("grant_type=personal_access_token&pat={}", emulator.personal_token());
    let by_pat = basic("s3cret").form(&urls.token, &pat).unwrap().json();
    assert!(by_pat["access_token"].is_string() && by_pat["refresh_token"].is_null(), "{by_pat}");
    emulator.advance(Duration::from_hours(1));
    let late = Probe::bearer(by_pat["access_token"].as_str().unwrap()).get(&me).unwrap();
    assert_eq!((late.status, &*code(&late)), (401, "not.authenticated"));
}

#[test]
fn rejects_an_invalid_token_with_401_or_403() {
    let bench = Bench::new(options().refusal(TokenRefusal::Forbidden));
    let answer = Probe::stranger().get(&bench.url("/me")).unwrap();
    assert_eq!((answer.status, &answer.json()["int_err_code"]), (403, &json!("InvalidToken")));
    let narrow = Bench::new(options().scopes(&["users.v1.read"]));
    let answer = narrow.get("/me");
    assert_eq!((answer.status, &*code(&answer)), (401, "not.authenticated"));
}

#[test]
fn me_returns_the_user_and_the_accounts() {
    let mut other = corpus::account();
    (other.key, other.name) = ("9007199254740993".into(), "Other".to_owned());
    let bench = Bench::new(options().account(other).keys(KeyForm::Numbers));
    let answer = bench.get("/me");
    let me = answer.json();
    assert_eq!((&me["key"], &me["accountKey"], &me["email"]), (&json!(4), &json!(1), &json!("dan@example.test")));
    assert_eq!(me["adminRoles"], json!(["SUPER_USER"]));
    // Larger than the integers that a floating-point number can represent.
    assert!(answer.text.contains(r#""key":9007199254740993,"name":"Other""#), "{}", answer.text);
    assert_eq!(bench.get("/accounts/9007199254740993/users").json()["total"], 6);
    assert_eq!(bench.get("/accounts/7/users").status, 403);
    let nowhere = bench.get("/nowhere");
    assert_eq!((nowhere.status, &nowhere.json()["errorCode"]), (404, &json!("NOT_FOUND")));
}

#[test]
fn lists_users_in_pages_with_an_exclusive_end() {
    let bench = Bench::new(options());
    let page = bench.get("/accounts/1/users?pageSize=4&offset=4").json();
    assert_eq!((&page["fromIndex"], &page["toIndex"], &page["total"]), (&json!(4), &json!(6), &json!(6)));
    let eve = &page["results"][0];
    let sales = eve["groupKey"].as_str().unwrap();
    assert_eq!(eve["groupNamePath"], json!(["Sales"]));
    assert_eq!(eve["groupKeyPath"], json!([sales]));
    assert_eq!(eve["adminRoles"], json!(["MANAGE_USERS", "RUN_REPORTS"]));
    assert_eq!(eve["settings"]["JIVE"]["primaryExtensionNumber"], "100");
    assert_eq!((&eve["status"], &eve["licenseKeys"]), (&json!("INACTIVE"), &json!(["g2m", "g2w"])));
    let fay = page["results"][1].as_object().unwrap();
    assert_eq!((&fay["emailLocked"], &fay["status"]), (&json!(true), &json!("SUSPENDED")));
    for absent in ["licenseKeys", "products", "groupKey", "adminRoles", "roleSets", "attributes"] {
        assert!(!fay.contains_key(absent), "{absent}");
    }
    let none = bench.get("/accounts/1/users?filter=email%20eq%20%22nobody@x.test%22").json();
    assert_eq!(none, json!({ "fromIndex": 0, "toIndex": 0, "total": 0 }));
    let ann = bench.get("/accounts/1/users?filter=(email=%22ANN@example.test%22)&attributes=key,email").json();
    assert_eq!(ann["results"], json!([{ "key": "1", "email": "ann@example.test" }]));
    assert_eq!(bench.get("/accounts/1/users?filter=email+eq+%22a@b.c%22").status, 400);
    assert_eq!(bench.get("/accounts/1/users/1").json()["firstName"], "ann");
    let missing = bench.get("/accounts/1/users/99");
    assert_eq!((missing.status, &*code(&missing)), (404, "user.not.found"));
}

#[test]
fn creates_several_users_and_returns_conflicts() {
    let bench = Bench::new(options());
    let user = |email: &str| json!({ "email": email, "firstName": "Gus", "lastName": "Lee", "locale": "de_DE" });
    let body = json!({
        "users": [user("gus@example.test"), user("ann@example.test"), user("ida@example.test")],
        "licenseKeys": ["g2m"], "suppressEmail": true,
    });
    let whole = bench.send("POST", "/accounts/1/users", &body);
    assert_eq!((whole.status, &*code(&whole)), (409, "user.name.conflict"));
    assert_eq!(bench.emulator.account().users.len(), 6);
    let part = bench.send("POST", "/accounts/1/users?allOrNothing=false", &body);
    assert_eq!(part.status, 200);
    let emails: Vec<Value> = part.json().as_array().unwrap().iter().map(|row| row["email"].clone()).collect();
    assert_eq!(emails, ["gus@example.test", "ida@example.test", "ann@example.test"]);
    let account = bench.emulator.account();
    let gus = account.user_by_email(&Email::new("gus@example.test")).unwrap();
    assert_eq!((gus.language.as_deref(), gus.licenses.len()), (Some("de_DE"), 1));
    assert_eq!(bench.emulator.mails(), []);
    let flat = bench.send("POST", "/accounts/1/users", &user("kim@example.test"));
    assert!(flat.json()["key"].is_string());
    assert_eq!(bench.emulator.mails().iter().map(|mail| &*mail.what).collect::<Vec<_>>(), ["welcome"]);
    let full =
        json!({ "users": (0..9).map(|n| user(&format!("u{n}@x.test"))).collect::<Vec<_>>(), "licenseKeys": ["g2w"] });
    assert_eq!(bench.send("POST", "/accounts/1/users", &full).status, 400);
    assert_eq!(bench.emulator.account().users.len(), 9);
}

#[test]
fn updates_suspends_and_deletes_a_user() {
    let bench = Bench::new(options());
    let put = |path: &str, body: Value| bench.send("PUT", &format!("/accounts/1{path}"), &body).status;
    assert_eq!(put("/users/1", json!({ "key": "1", "lastName": "Doe" })), 400);
    assert_eq!(put("/users/1", json!({ "lastName": "Doe", "timeZone": "Europe/Berlin", "unheard": 1 })), 204);
    assert_eq!(put("/users/1", json!({ "licenseKeys": ["g2w"], "adminRoles": ["MANAGE_SEATS"] })), 204);
    let ann = bench.emulator.account().user(&"1".into()).unwrap().clone();
    assert_eq!((&*ann.last_name, ann.licenses[0].as_str(), ann.role.is_member()), ("Doe", "g2w", false));
    assert_eq!(put("/users/1", json!({ "email": "bob@example.test" })), 409);
    assert_eq!(put("/users/6", json!({ "firstName": "Fey" })), 400);
    assert_eq!(put("/users/4", json!({ "licenseKeys": [], "adminRoles": [] })), 403);
    assert_eq!(put("/users/1", json!({ "licenseKeys": [], "adminRoles": [] })), 204);
    assert_eq!(bench.get("/accounts/1/users/1").json()["status"], "SUSPENDED");
    assert_eq!(bench.send("DELETE", "/accounts/1/users/5", &json!({})).status, 204);
    assert_eq!(bench.send("DELETE", "/accounts/1/users/5", &json!({})).status, 404);
    assert!(bench.emulator.account().user(&"5".into()).is_none());
}

#[test]
fn groups_form_a_tree_and_a_user_is_in_one_group() {
    let bench = Bench::new(options());
    let made = bench.send("POST", "/accounts/1/groups", &json!({ "name": "Legal" }));
    let legal = made.json().as_str().unwrap().to_owned();
    let again = bench.send("POST", "/accounts/1/groups", &json!({ "name": "Legal" }));
    assert_eq!((again.status, &*code(&again)), (409, "group.name.conflict"));
    let below = bench.send("POST", "/accounts/1/groups", &json!({ "name": "IP", "parentKey": legal }));
    let below = below.json().as_str().unwrap().to_owned();
    assert_eq!(bench.send("PUT", &format!("/accounts/1/groups/{below}/users/1"), &json!({})).status, 204);
    let row = bench.get(&format!("/accounts/1/groups/{legal}")).json();
    assert_eq!((&row["memberCount"], &row["totalMemberCount"]), (&json!(0), &json!(1)));
    assert_eq!(bench.send("PUT", &format!("/accounts/1/groups/{legal}"), &json!({ "name": "Law" })).status, 204);
    let ann = |bench: &Bench| bench.emulator.account().user(&"1".into()).unwrap().group.clone();
    assert_eq!(ann(&bench), Some(UserGroupPath::new("Law/IP")));
    assert_eq!(bench.get(&format!("/accounts/1/groups/{below}")).json()["namePath"], json!(["Law", "IP"]));
    assert_eq!(bench.send("DELETE", "/accounts/1/users/1/groups", &json!({})).status, 204);
    assert_eq!(ann(&bench), None);
    assert_eq!(bench.get("/accounts/1/groups").json()["total"], 4);
    assert_eq!(code(&bench.send("POST", "/accounts/1/groups", &json!({}))), "group.name.required");
}

#[test]
fn lists_licenses_role_sets_fields_and_templates() {
    let bench = Bench::new(options());
    let row = bench.get("/accounts/1/licenses").json()["results"][0].clone();
    assert_eq!((&row["seats"], &row["userCount"], &row["products"]), (&json!(10), &json!(2), &json!(["G2M"])));
    assert_eq!(bench.send("DELETE", "/accounts/1/licenses/g2m/users/1?suppressEmail=FALSE", &json!({})).status, 204);
    assert_eq!(bench.send("PUT", "/accounts/1/licenses/g2w/users/1", &json!({})).status, 204);
    assert_eq!(bench.get("/accounts/1/licenses/g2w").json()["userCount"], 3);

    let set = bench.get("/accounts/1/rolesets").json()["results"][0]["id"].as_str().unwrap().to_owned();
    let give = |who: &str| {
        let path = format!("/accounts/1/rolesets/{set}/users?filter=email%20eq%20%22{who}@example.test%22");
        bench.send("PUT", &path, &json!({})).status
    };
    assert_eq!((give("ann"), give("dan"), give("nobody")), (204, 400, 404));
    assert_eq!(bench.emulator.account().user(&"1".into()).unwrap().role, Role::Set("Auditor".to_owned()));
    let clear = "/accounts/1/users/rolesets?filter=email%20eq%20%22ann@example.test%22";
    assert_eq!(bench.send("DELETE", clear, &json!({})).status, 204);
    assert!(bench.emulator.account().user(&"1".into()).unwrap().role.is_member());

    let field = bench.send("POST", "/accounts/1/attributes", &json!({ "name": "Shoe size" })).json();
    let own = json!({ "attributes": [{ "key": field, "value": "46" }] });
    assert_eq!(bench.send("PUT", "/accounts/1/users/1", &own).status, 204);
    assert_eq!(bench.get("/accounts/1/users/1").json()["attributes"], own["attributes"]);
    let template = json!({ "title": "Legal", "subject": "Hello", "text": "Welcome, {first_name}" });
    assert!(bench.send("POST", "/accounts/1/templates", &template).json().is_string());
    assert_eq!(bench.get("/accounts/1/templates").json()["total"], 2);
    assert_eq!(bench.send("POST", "/accounts/1/users/2/invitations", &json!({})).status, 204);
    assert_eq!(bench.get("/accounts/1/users/2").json()["inviteCount"], 2);
}

#[test]
fn rejects_the_eleventh_request_in_a_second() {
    let bench = Bench::new(options().per_second(Some(10)));
    let statuses: Vec<u16> = (0..15).map(|_| bench.get("/me").status).collect();
    assert!(statuses.contains(&429) && statuses[..10].iter().all(|status| *status == 200), "{statuses:?}");
    let refused = (0..20).map(|_| bench.get("/me")).find(|answer| answer.status == 429).unwrap();
    assert_eq!(refused.json(), json!({ "errorCode": "TOO_MANY_REQUESTS" }));
    assert_eq!(refused.header("retry-after"), None);
    assert!(bench.emulator.calls().iter().all(|call| call.operation == Operation::Me && call.authorized));
}

#[test]
fn hides_roles_unless_the_caller_is_a_full_administrator() {
    let mut account = corpus::account();
    account.login = Some("5".into());
    let bench = Bench::new(Emulator::options().account(account));
    assert!(bench.get("/accounts/1/users/4").json()["adminRoles"].is_null());
    assert_eq!(bench.send("PUT", "/accounts/1/users/1", &json!({ "adminRoles": ["SUPER_USER"] })).status, 403);
}

#[test]
fn lists_a_large_account_in_pages_of_a_thousand() {
    let mut account = corpus::account();
    account.licenses = vec![License::new("7902142105473202120", "GoToMeeting", &["G2M"], 30_000)];
    account.users.truncate(4);
    for number in 0..4996 {
        let mut user = User::new(&format!("u{number}@example.test"), "Some", "Body");
        user.licenses = vec!["7902142105473202120".into()];
        account.users.push(user.into());
    }
    account.users.iter_mut().take(4).for_each(|user| std::sync::Arc::make_mut(user).licenses.clear());
    let bench = Bench::new(Emulator::options().account(account).per_second(None));
    let mut seen = std::collections::BTreeSet::new();
    while seen.len() < 5000 {
        let page = bench.get(&format!("/accounts/1/users?pageSize=1000&offset={}", seen.len())).json();
        let rows = page["results"].as_array().unwrap();
        assert_eq!(rows.len(), 1000);
        seen.extend(rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()));
    }
}
