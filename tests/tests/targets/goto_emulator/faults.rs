//! Tests that each fault has its effect on a client and no other effect.

use std::time::{Duration, Instant};

use gotosync_core::model::User;
use gotosync_tests::goto::{Again, Fault, FaultKind, Operation, Probe, Shift};
use serde_json::{Value, json};

use super::{Bench, options};

/// Returns a bench on which one request for the list of users fails.
fn listing(kind: FaultKind) -> Bench {
    Bench::new(options().fault(Fault::on(Operation::ListUsers, kind).first(1)))
}

fn list(bench: &Bench) -> Result<Value, String> {
    let answer = bench.probe.get(&bench.url("/accounts/1/users?pageSize=1000")).map_err(|error| error.to_string())?;
    if answer.status == 200 { Ok(answer.json()) } else { Err(answer.status.to_string()) }
}

fn gus() -> Value {
    json!({ "users": [{ "email": "gus@example.test", "firstName": "Gus", "lastName": "Lee" }], "suppressEmail": true })
}

#[test]
fn too_many_requests_have_retry_after_in_either_form_or_not() {
    for (again, form) in [(Again::Unsaid, 0), (Again::Seconds(2), 1), (Again::Date(2), 29)] {
        let bench = listing(FaultKind::TooMany(again));
        let answer = bench.get("/accounts/1/users");
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("retry-after").unwrap_or_default().len(), form, "{:?}", answer.headers);
        assert_eq!(bench.get("/accounts/1/users").status, 200);
        // The same for requests that exceed the real rate limit.
        let bench = Bench::new(options().per_second(Some(1)).again(again));
        let refused = (0..3).map(|_| bench.get("/me")).find(|answer| answer.status == 429).unwrap();
        assert_eq!(refused.header("retry-after").unwrap_or_default().len(), form);
    }
}

#[test]
fn gateway_errors_replace_the_response() {
    for status in [500, 502, 504] {
        assert_eq!(list(&listing(FaultKind::Status(status))), Err(status.to_string()));
    }
    let answer = listing(FaultKind::Html(200)).get("/accounts/1/users");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert_eq!(answer.json(), Value::Null);
}

#[test]
fn resets_a_connection_before_or_after_the_effect() {
    for (kind, users) in [(FaultKind::ResetBefore, 6), (FaultKind::ResetAfter, 7)] {
        let bench = Bench::new(options().fault(Fault::on(Operation::CreateUsers, kind).first(1)));
        let error = bench.probe.json("POST", &bench.url("/accounts/1/users"), &gus()).unwrap_err();
        assert!(error.to_string().contains("reset"), "{error}");
        assert_eq!(bench.emulator.account().users.len(), users);
        assert_eq!(bench.emulator.calls().last().unwrap().status, None);
    }
}

#[test]
fn sends_slow_truncated_and_oversized_responses() {
    let bench = listing(FaultKind::Slow(5));
    let begun = Instant::now();
    assert_eq!(list(&bench).unwrap()["total"], 6);
    assert!(begun.elapsed() > Duration::from_millis(100), "{:?}", begun.elapsed());
    let error = list(&listing(FaultKind::Truncated)).unwrap_err();
    assert!(error.contains("cut") || error.contains("reset"), "{error}");
    let answer = listing(FaultKind::Oversized(1_000_000)).get("/accounts/1/users");
    assert!(answer.text.len() > 1_000_000 && answer.json()["total"] == 6);
}

#[test]
fn shifts_a_list_during_a_read() {
    let passer_by = format!("{}x@example.test", Shift::PASSER_BY);
    for (shift, total, first_of_second) in [(Shift::Added, 8, 2), (Shift::Removed, 6, 4), (Shift::Swapped, 7, 4)] {
        let mut account = gotosync_tests::laws::corpus::account();
        account.users.push(User::new(&passer_by, "Passer", "By").into());
        let shifts = Fault::on(Operation::ListUsers, FaultKind::Shift(shift)).nth(2);
        let bench = Bench::new(gotosync_tests::goto::Emulator::options().account(account).fault(shifts));
        let page = |offset: usize| bench.get(&format!("/accounts/1/users?pageSize=3&offset={offset}")).json();
        assert_eq!((&page(0)["total"], &page(3)["total"]), (&json!(7), &json!(total)));
        // Without the shift, this would be user 3.
        assert_eq!(page(3)["results"][0]["key"], first_of_second.to_string(), "{shift:?}");
    }
}

#[test]
fn loses_a_page_and_keeps_the_total() {
    let bench = listing(FaultKind::PageLost);
    assert_eq!(list(&bench).unwrap(), json!({ "fromIndex": 0, "toIndex": 6, "total": 6 }));
    assert_eq!(list(&bench).unwrap()["results"].as_array().unwrap().len(), 6);
}

#[test]
fn delays_the_visibility_of_new_users() {
    let bench = Bench::new(options().fault(Fault::on(Operation::CreateUsers, FaultKind::Hidden(2))));
    let made = bench.send("POST", "/accounts/1/users", &gus()).json();
    let path = format!("/accounts/1/users/{}", made[0]["key"].as_str().unwrap());
    assert_eq!(bench.get(&path).status, 404);
    assert_eq!(list(&bench).unwrap()["total"], 6);
    assert_eq!(bench.get(&path).status, 200);
    assert_eq!(list(&bench).unwrap()["total"], 7);
}

#[test]
fn removes_seats_and_expires_or_revokes_tokens() {
    let taken = Fault::on(Operation::CreateUsers, FaultKind::SeatsTaken);
    let bench = Bench::new(options().fault(taken));
    let mut body = gus();
    body["licenseKeys"] = json!(["g2m"]);
    assert_eq!(bench.send("POST", "/accounts/1/users", &body).status, 400);
    for (kind, refreshes) in [(FaultKind::Expired, true), (FaultKind::Revoked, false)] {
        let bench = Bench::new(options());
        let refresh = bench.emulator.tokens().refresh.unwrap();
        bench.emulator.fault(Fault::everywhere(kind).first(1));
        assert_eq!(bench.get("/me").status, 401);
        let form = format!("grant_type=refresh_token&client_id=emulated-client&refresh_token={refresh}");
        let answer = Probe::stranger().form(&bench.emulator.urls().token, &form).unwrap();
        assert_eq!(answer.status == 200, refreshes, "{answer:?}");
    }
}

#[test]
fn removes_armed_faults() {
    let bench = Bench::new(options().fault(Fault::everywhere(FaultKind::Status(500))));
    assert_eq!(bench.get("/me").status, 500);
    bench.emulator.heal();
    assert_eq!(bench.get("/me").status, 200);
}

#[test]
fn parses_a_fault_from_text() {
    for (words, fault) in [
        ("create-users:reset-after:first=2", Fault::on(Operation::CreateUsers, FaultKind::ResetAfter).first(2)),
        ("all:too-many:per-mille=50", Fault::everywhere(FaultKind::TooMany(Again::Unsaid)).per_mille(50)),
        ("list-users:shift-swapped:nth=2", Fault::on(Operation::ListUsers, FaultKind::Shift(Shift::Swapped)).nth(2)),
        ("me:502", Fault::on(Operation::Me, FaultKind::Status(502))),
    ] {
        assert_eq!(words.parse::<Fault>().unwrap(), fault, "{words}");
    }
    for words in ["", "me", "me:nothing", "nobody:502", "me:502:first", "me:502:last=3", "me:502:first=x"] {
        assert!(words.parse::<Fault>().is_err(), "{words}");
    }
}
