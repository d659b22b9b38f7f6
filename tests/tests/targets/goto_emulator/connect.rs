//! Tests that the emulator's phone system matches the account.

use gotosync_core::model::{Account, PhoneNumber, RingsAt, UserSettings};
use gotosync_tests::goto::{Answer, Emulator, Probe};
use gotosync_tests::laws::corpus;
use serde_json::{Value, json};

use super::{Bench, options};

fn voice(bench: &Bench, path: &str) -> String {
    format!("{}/voice-admin/v1{path}", bench.emulator.urls().connect)
}

fn send(bench: &Bench, method: &str, path: &str, body: &Value) -> Answer {
    bench.probe.json(method, &voice(bench, path), body).unwrap()
}

fn items(bench: &Bench, path: &str) -> Vec<Value> {
    let answer = bench.probe.get(&voice(bench, &format!("{path}?accountKey=1"))).unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

fn settings(account: &Account, user: &str) -> UserSettings {
    account.user(&user.into()).unwrap().settings().clone()
}

fn rings_at(bench: &Bench, number: &PhoneNumber) -> Option<RingsAt> {
    bench.emulator.account().catalog.phone_number(number).unwrap().rings_at.clone()
}

#[test]
fn lists_lines_and_rejects_writes() {
    let bench = Bench::new(options());
    let base = bench.emulator.urls().connect;
    let users = bench.probe.get(&format!("{base}/users/v1/users?accountKey=1")).unwrap().json();
    assert_eq!(users["items"][0]["userKey"], "5");
    assert_eq!(users["items"][0]["lines"][0]["number"], "100");
    let lines = bench.probe.get(&format!("{base}/users/v1/users/5/lines")).unwrap().json();
    assert_eq!(lines["items"][0]["name"], "eve Lee");
    let missing = bench.probe.get(&format!("{base}/users/v1/users")).unwrap();
    assert_eq!((missing.status, &missing.json()["errorCode"]), (400, &json!("MISSING_MANDATORY_FIELDS")));
    let stranger = Probe::stranger().get(&voice(&bench, "/extensions?accountKey=1")).unwrap();
    assert_eq!((stranger.status, &stranger.json()["errorCode"]), (401, &json!("AUTHN_INVALID_TOKEN")));
}

#[test]
fn creates_numbers_and_assigns_an_extension() {
    let bench = Bench::new(options());
    let all = items(&bench, "/extensions");
    let own = all.iter().find(|own| own["number"] == "100").unwrap();
    assert_eq!((all.len(), &own["assignedPrimaryUserKey"]), (3, &json!("5")));
    let new = json!({ "accountKey": "1", "name": "Ann", "number": "2000" });
    let made = send(&bench, "POST", "/extensions", &new);
    assert_eq!(made.status, 201);
    assert_eq!(send(&bench, "POST", "/extensions", &new).json()["errorCode"], "NUMBER_EXISTS");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/extensions/{id}");
    let given = send(&bench, "PATCH", &path, &json!({ "assignedPrimaryUserKey": "1" }));
    assert_eq!(given.json()["assignedPrimaryUserKey"], "1");
    assert_eq!(settings(&bench.emulator.account(), "1").extension.as_deref(), Some("2000"));
    let second = send(&bench, "PATCH", &path, &json!({ "assignedPrimaryUserKey": "5" }));
    assert_eq!(second.json()["errorCode"], "USER_ALREADY_HAS_PRIMARY_EXTENSION");
    assert_eq!(send(&bench, "PATCH", &path, &json!({ "number": "2001" })).json()["number"], "2001");
    assert_eq!(settings(&bench.emulator.account(), "1").extension.as_deref(), Some("2001"));
    let mail = json!({ "password": "1234", "transcriptionEnabled": true });
    assert_eq!(
        send(&bench, "PATCH", &format!("{path}/voicemail"), &mail).json(),
        json!({ "transcriptionEnabled": true })
    );
    assert_eq!(send(&bench, "PATCH", &path, &json!({ "assignedPrimaryUserKey": null })).status, 200);
    assert_eq!(settings(&bench.emulator.account(), "1").extension, None);
    assert_eq!(send(&bench, "DELETE", &path, &json!({})).status, 204);
    assert_eq!(items(&bench, "/extensions").len(), 3);
}

#[test]
fn assigns_and_moves_a_device() {
    let bench = Bench::new(options());
    let device = &items(&bench, "/devices")[0];
    assert_eq!((&device["macAddress"], &device["assignedUserKey"]), (&json!("000B82000001"), &json!("5")));
    let path = format!("/devices/{}", device["id"].as_str().unwrap());
    let both = send(&bench, "PATCH", &path, &json!({ "assignedUserKey": "1", "name": "Desk" }));
    assert_eq!(both.json()["errorCode"], "ASSIGNMENTS_MUST_BE_ALONE");
    assert_eq!(send(&bench, "PATCH", &path, &json!({ "assignedUserKey": "1" })).status, 200);
    let account = bench.emulator.account();
    assert!(settings(&account, "5").devices.is_empty() && settings(&account, "1").devices.len() == 1);
    let new = json!({ "accountKey": "1", "name": "New", "modelId": "m", "macAddress": "000B82000001" });
    assert_eq!(send(&bench, "POST", "/devices", &new).json()["errorCode"], "MAC_ADDRESS_EXISTS");
}

#[test]
fn routes_phone_numbers_and_grants_caller_ids() {
    let bench = Bench::new(options());
    let numbers = items(&bench, "/phone-numbers");
    let (number, spare) = ("+15555550102", "+15555550102".parse().unwrap());
    let own = numbers.iter().find(|own| own["number"] == number).unwrap();
    let id_of = |number: &str| {
        let all = items(&bench, "/extensions");
        all.iter().find(|own| own["number"] == number).unwrap()["id"].clone()
    };
    let path = format!("/phone-numbers/{}", own["id"].as_str().unwrap());
    let to = |number: &str| json!({ "name": "Front desk", "routeTo": { "id": id_of(number), "type": "EXTENSION" } });
    assert_eq!(send(&bench, "PATCH", &path, &to("100")).json()["routeTo"]["id"], id_of("100"));
    assert_eq!(settings(&bench.emulator.account(), "5").phone_numbers[&spare], "Front desk");
    // Routed to an unassigned extension, the number belongs to no user but still rings.
    assert_eq!(send(&bench, "PATCH", &path, &to("900")).json()["routeTo"]["id"], id_of("900"));
    assert_eq!(rings_at(&bench, &spare), Some(RingsAt::Extension("900".to_owned())));
    // The user who gets the extension gets the number, and loses it with the extension.
    let extension = format!("/extensions/{}", id_of("900").as_str().unwrap());
    for (user, has) in [(json!("1"), true), (json!(null), false)] {
        assert_eq!(send(&bench, "PATCH", &extension, &json!({ "assignedPrimaryUserKey": user })).status, 200);
        assert_eq!(settings(&bench.emulator.account(), "1").phone_numbers.contains_key(&spare), has);
    }
    assert_eq!(rings_at(&bench, &spare), Some(RingsAt::Extension("900".to_owned())));
    assert_eq!(send(&bench, "PATCH", &path, &json!({ "name": null })).status, 400);
    assert_eq!(send(&bench, "PATCH", &path, &json!({ "routeTo": null })).json()["routeTo"], Value::Null);
    assert_eq!(rings_at(&bench, &spare), None);
    let permit = json!({ "userKey": "1", "permissions": ["OUTBOUND_CALLER_ID"] });
    assert_eq!(send(&bench, "POST", &format!("{path}/permissions"), &permit).status, 204);
    assert_eq!(settings(&bench.emulator.account(), "1").caller_id_numbers, [spare].into());
    assert_eq!(items(&bench, &format!("{path}/permissions"))[0]["permissions"], json!(["OUTBOUND_CALLER_ID"]));
    let wrong = json!({ "userKey": "1", "permissions": ["DIAL_PLAN"] });
    assert_eq!(send(&bench, "POST", &format!("{path}/permissions"), &wrong).json()["errorCode"], "INVALID_PERMISSION");
}

#[test]
fn a_user_has_one_location() {
    let bench = Bench::new(options());
    let place = |name: &str| {
        let made = send(&bench, "POST", "/locations", &json!({ "accountKey": "1", "name": name, "address": {} }));
        format!("/locations/{}/users", made.json()["id"].as_str().unwrap())
    };
    let (one, other) = (place("One"), place("Other"));
    for path in [&one, &other] {
        assert_eq!(send(&bench, "POST", path, &json!({ "userKey": "1" })).status, 204);
    }
    let at = |path: &str| bench.probe.get(&voice(&bench, path)).unwrap().json()["items"].as_array().unwrap().len();
    assert_eq!((at(&one), at(&other)), (0, 1));
}

#[test]
fn an_extension_rings_for_further_users() {
    let bench = Bench::new(options());
    let all = items(&bench, "/extensions");
    let own = all.iter().find(|own| own["number"] == "900").unwrap();
    assert_eq!(own["assignedSecondaryUserKeys"], json!(["5"]));
    let path = format!("/extensions/{}", own["id"].as_str().unwrap());
    let users = json!({ "assignedSecondaryUserKeys": ["1", "2"] });
    assert_eq!(send(&bench, "PATCH", &path, &users).json()["assignedSecondaryUserKeys"], json!(["1", "2"]));
    assert!(settings(&bench.emulator.account(), "5").secondary_extensions.is_empty());
    // The secondary users stay when the extension gets another number.
    assert_eq!(send(&bench, "PATCH", &path, &json!({ "number": "909" })).status, 200);
    assert_eq!(settings(&bench.emulator.account(), "2").secondary_extensions, ["909".to_owned()].into());
    let lines = bench.probe.get(&format!("{}/users/v1/users/1/lines", bench.emulator.urls().connect)).unwrap().json();
    assert_eq!((&lines["items"][0]["number"], &lines["items"][0]["primary"]), (&json!("909"), &json!(false)));
}

#[test]
fn hides_phone_data_without_the_permission() {
    let mut account = corpus::account();
    account.login = Some("5".into());
    let bench = Bench::new(Emulator::options().account(account));
    assert!(items(&bench, "/extensions").is_empty() && items(&bench, "/devices").is_empty());
    let new = json!({ "accountKey": "1", "name": "Ann", "number": "2000" });
    assert_eq!(send(&bench, "POST", "/extensions", &new).status, 403);
}
