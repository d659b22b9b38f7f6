//! Every fault of a page, on the first, a middle, and the last page of a search, on real servers.

use std::time::Duration;

use gotosync_core::model::Directory;
use gotosync_core::source::ldap::Timeouts;
use gotosync_tests::wire::{Aim, Broken, Copied, Edit, Effect, Ending, Fault, Named, Rest, Rubbish, Spot, faults};

use super::world::{Outcome, Selected, Way, impatient, same, side_by_side};

/// The page on which the fault occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    First,
    Middle,
    Last,
}

/// The searches in which the fault occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    /// The searches that return people.
    People,
    /// The search for groups and units before the search for people.
    Structure,
}

/// A fault at one place.
struct Case {
    way: Way,
    selected: Selected,
    target: Target,
    place: Place,
    named: Named,
}

/// The expected effect of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The same directory from a complete read.
    Same,
    /// The same directory, or a read that reports why it is incomplete.
    SameOrTold,
    /// The same people and memberships, or a read that reports why it is incomplete: the damaged entry was not a
    /// person, or another search returned the person undamaged.
    PeopleOrTold,
    /// A read that reports why it is incomplete, or an error with the reason.
    Told,
    /// Hidden: a complete read without some person, because the protocol does not reveal the loss.
    Hidden,
}

/// Harmless faults change nothing, all other faults are reported with their place, and an incomplete read removes
/// nothing.
///
/// Two faults are *hidden*: an empty cookie, which marks a page as the last one although it is not, and an omitted
/// entry, which looks like an entry that the user may not see. The reader cannot detect them. The limits of a run
/// (`shrink`, `suspend`) count missing people and protect against such faults.
#[test]
fn page_faults_give_the_same_read_or_a_report() {
    let cases = cases();
    let judged = side_by_side(&cases, 14, Case::judge);
    let bad: Vec<&str> = judged.iter().flat_map(|judged| &judged.problems).map(String::as_str).collect();
    assert!(bad.is_empty(), "{} of {} cases:\n{}", bad.len(), cases.len(), bad.join("\n"));
    assert!(cases.len() > 1000, "{} cases", cases.len());
    // If these reads were treated as complete, a plan would remove something. This shows that the other cases do not
    // pass by chance.
    for way in [Way::Samba, Way::Slapd, Way::Plain] {
        let takes = cases.iter().zip(&judged).any(|(case, judged)| case.way == way && judged.takes);
        assert!(takes, "{way:?}: no hidden fault removes anything");
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |way: Way, selected, target, place| {
        for named in faults(way.id()) {
            cases.push(Case { way, selected, target, place, named });
        }
    };
    for place in [Place::First, Place::Middle, Place::Last] {
        add(Way::Slapd, Selected::Everybody, Target::People, place);
        add(Way::Plain, Selected::Some, Target::People, place);
    }
    add(Way::Plain, Selected::Some, Target::Structure, Place::Middle);
    add(Way::Samba, Selected::Everybody, Target::People, Place::Middle);
    add(Way::Samba, Selected::Some, Target::People, Place::First);
    add(Way::Samba, Selected::Unit, Target::People, Place::Last);
    cases.retain(|case| match case.named.fault {
        // The cookie of the last page is empty anyway.
        Fault::CookieCleared => case.place != Place::Last,
        // The entry must be a person that no other search returns. Samba has its own order of entries, and the first
        // entry of a page may be one that the directory ignores, such as a container.
        Fault::EntryDropped { .. } => match case.selected {
            Selected::Everybody => case.way != Way::Samba,
            Selected::Some => case.target == Target::Structure,
            Selected::Unit => true,
        },
        // Slow faults are tested once on each server.
        Fault::Chopped { .. } => case.place == Place::Middle && case.selected == Selected::Everybody,
        // Samba is slow, and the checks of the guard do not depend on the server.
        Fault::Rubbish { .. } => case.way != Way::Samba || case.place == Place::Middle,
        _ => true,
    });
    cases
}

struct Judged {
    problems: Vec<String>,
    takes: bool,
}

impl Case {
    fn judge(&self) -> Judged {
        let whole = &self.way.world(self.selected).whole.directory;
        let outcome = self.read();
        let claims = outcome.claims_to_be_whole();
        let directory = outcome.reading.as_ref().map(|reading| &*reading.directory);
        let is_same = directory.is_some_and(|directory| same(directory, whole));
        let has_same_people = directory.is_some_and(|directory| people(directory) == people(whole));
        let said = outcome.said();
        let told = !claims && self.reasons().iter().any(|reason| said.contains(reason.as_str()));
        let verdict = self.verdict();
        let right = match verdict {
            Verdict::Same => claims && is_same,
            Verdict::SameOrTold => claims && is_same || told,
            Verdict::PeopleOrTold => claims && has_same_people || told,
            Verdict::Told => told,
            Verdict::Hidden => claims && !is_same,
        };
        let (taking, seen) = (outcome.taking(), &outcome.seen);
        let mut problems = Vec::new();
        if !right {
            problems.push(format!("is not {verdict:?}"));
        }
        if verdict != Verdict::Hidden && !taking.is_empty() {
            problems.push(format!("removes something ({})", taking.join(", ")));
        }
        if seen.strikes(0) == 0 {
            problems.push("did not occur".to_owned());
        }
        if seen.open != 0 || !seen.troubles.is_empty() {
            problems.push(format!("leaves {} connections and {:?}", seen.open, seen.troubles));
        }
        let Self { way, selected, target, place, named } = self;
        let place = format!("{way:?}, {selected:?}, {target:?}, {place:?}: {}", named.name);
        let problems = problems.into_iter().map(|problem| format!("{place} {problem}: {said}")).collect();
        Judged { problems, takes: !taking.is_empty() }
    }

    fn read(&self) -> Outcome {
        let world = self.way.world(self.selected);
        let text = match self.target {
            Target::People => self.way.people(),
            Target::Structure => "organizationalUnit",
        };
        let pages =
            world.seen.searches_of(text).map(|search| search.pages.len()).max().expect("the search is recorded");
        let page = match self.place {
            Place::First => 1,
            Place::Middle => pages / 2 + 1,
            Place::Last => pages,
        };
        let damage = self.named.fault.clone().at(Aim::page(page).of(text));
        if matches!(self.named.fault, Fault::Chopped { .. }) {
            let wire = self.way.wire([damage]);
            let mut options = self.way.options(&wire.url());
            options.page_size = Some(4);
            return world.read_from(options, &wire);
        }
        world.read(self.way, [damage], if self.is_silent() { impatient() } else { Timeouts::default() })
    }

    /// Returns `true` if nothing more may arrive, so that only a timeout ends the search.
    fn is_silent(&self) -> bool {
        matches!(
            self.named.fault,
            Fault::Cut { ending: Ending::Silence, .. } | Fault::Rubbish { rest: Rest::Missing, .. }
        )
    }

    fn verdict(&self) -> Verdict {
        let last = self.place == Place::Last && self.target == Target::People;
        match (&self.named.fault, self.named.effect) {
            // The response is complete by then.
            (Fault::Cut { spot: Spot::End, .. }, _) if last => Verdict::SameOrTold,
            (Fault::EntryDropped { .. }, _) if self.target == Target::Structure => Verdict::PeopleOrTold,
            (_, Effect::Hidden) => Verdict::Hidden,
            (_, Effect::Harmless) => Verdict::Same,
            (_, Effect::Either) => Verdict::SameOrTold,
            (Fault::Attribute { .. } | Fault::EntryTwice { .. } | Fault::EntryBroken { .. }, Effect::Shows)
                if !self.strikes_a_person_that_no_other_search_returns() =>
            {
                Verdict::PeopleOrTold
            }
            (_, Effect::Shows) => Verdict::Told,
        }
    }

    /// Returns `true` if the first entry of the page is a person that no other search returns.
    fn strikes_a_person_that_no_other_search_returns(&self) -> bool {
        match self.selected {
            Selected::Unit => self.target == Target::People,
            // OpenLDAP returns units, then people, then groups; Samba has its own order.
            Selected::Everybody => self.way != Way::Samba && self.place == Place::Middle,
            Selected::Some => false,
        }
    }

    /// Returns texts, one of which must be in the report.
    fn reasons(&self) -> Vec<String> {
        let texts: &[&str] = match &self.named.fault {
            Fault::Code { code, .. } | Fault::SearchesRefused { code } => {
                let mut texts = vec![format!("the server ended the search with result code {code} (")];
                if *code == 32 {
                    texts.push("the unit was moved or deleted while it was read".to_owned());
                }
                return texts;
            }
            Fault::Referral { .. } => &["10 (referral), and refers to ldap://elsewhere.test/dc=elsewhere"],
            Fault::Reference { .. } => {
                &["the rest of the result is at ldap://elsewhere.test/dc=elsewhere, and this source does not"]
            }
            Fault::Cut { ending: Ending::Silence, .. } => &["the server did not respond for 2 s"],
            Fault::Cut { .. } => &["the server closed the connection"],
            Fault::EmptyPages { .. } => &["the server sent 101 empty pages in a row"],
            Fault::EntryTwice { copy: Copied::OtherDn, .. } => &["also as `"],
            Fault::PageLoop { .. } | Fault::PageTwice | Fault::EntryTwice { .. } => {
                &["was returned twice: the pages overlap or repeat"]
            }
            Fault::PagingTaken => &["it is unknown whether more pages follow"],
            Fault::CookieChanged => &["the server ended the search with result code "],
            Fault::Attribute { name, .. } if name == "objectClass" => &["no objectClass and may be a person"],
            Fault::Attribute { edit: Edit::Set(_), .. } => &["is not a valid entryUUID", "is not a valid objectGUID"],
            Fault::Attribute { .. } => &["has no immutable id"],
            Fault::EntryBroken { how: Broken::DnNoName | Broken::DnEmpty, .. } => &["is not a distinguished name"],
            Fault::EntryBroken { .. } => &["the response is not valid LDAP: "],
            Fault::Rubbish { what, .. } => match what {
                Rubbish::Extended => &["the server sent an extended response to a search: 12 ("],
                Rubbish::OtherAnswer => &["an unexpected message of type 0x61"],
                Rubbish::UnknownOp => &["an unexpected message of type 0x7e"],
                Rubbish::StrangeEntry | Rubbish::StrangeDone => {
                    &["a message with the ID 987654, which does not belong to the current search"]
                }
                Rubbish::Disconnection(_) => &["the server ended the connection: 52 (unavailable)"],
                Rubbish::Notification => &["the server did not respond for 2 s"],
                Rubbish::Intermediate => &["the server sent an unexpected intermediate response"],
                Rubbish::Announced(_) => &["a message of 2147483654 bytes exceeds the limit of"],
                _ => &["the response is not valid LDAP: "],
            },
            _ => &[],
        };
        texts.iter().map(ToString::to_string).collect()
    }
}

/// Returns the people with their attributes and memberships, ignoring other entries of the directory.
fn people(directory: &Directory) -> Vec<String> {
    let one = |person: &gotosync_core::model::Person| {
        let mut groups: Vec<&str> = person.direct_groups().map(|group| directory.group(group).dn.as_str()).collect();
        groups.sort_unstable();
        format!("{:?} {:?} {} {groups:?} {:?}", person.id, person.dn, person.disabled, person.attributes)
    };
    directory.people().iter().map(one).collect()
}

/// If the server lists a unit of a rule and then returns `noSuchObject` for it, the unit was moved or deleted in
/// between, or the server is inconsistent. Its people must not become leavers.
#[test]
fn a_unit_deleted_between_searches_is_not_an_empty_unit() {
    for way in [Way::Samba, Way::Slapd] {
        let world = way.world(Selected::Unit);
        for (page, said) in [(1, "the unit was moved or deleted while it was read"), (2, "page 2: the server ended")] {
            let outcome = world.read(way, [Fault::code(32).at(Aim::page(page).of(way.people()))], Timeouts::default());
            assert_eq!((outcome.claims_to_be_whole(), outcome.seen.strikes(0)), (false, 1), "{way:?}, page {page}");
            assert!(outcome.said().contains(said), "{}", outcome.said());
            assert_eq!(outcome.taking(), [] as [&str; 0]);
        }
    }
}

/// An invalid response is reported once. The next search on the same connection gets its own response and nothing
/// from the previous one.
#[test]
fn an_invalid_response_does_not_affect_other_searches() {
    for way in [Way::Samba, Way::Slapd] {
        let world = way.world(Selected::Some);
        let double = Fault::EntryTwice { entry: 1, copy: Copied::Same };
        let damages = [Fault::code(51).at(Aim::bind().nth(2)), double.at(Aim::page(1).of("organizationalUnit"))];
        let outcome = world.read(way, damages, Timeouts::default());
        let reading = outcome.reading.as_ref().expect("the read succeeds");
        let gaps = reading.completeness.gaps();
        assert!(gaps.len() == 1 && gaps[0].problem.contains("was returned twice"), "{way:?}: {}", outcome.said());
        let searches = outcome.seen.searches_of(way.people()).filter(|search| search.entries() > 0).count();
        assert_eq!((outcome.seen.strikes(1), outcome.taking()), (1, vec![]));
        assert!(searches > 0, "{way:?}: people must still be searched");
    }
}

/// A server that regularly sends a few bytes is not silent, but each page still has a time limit.
#[test]
fn a_dripping_response_times_out() {
    let world = Way::Slapd.world(Selected::Everybody);
    let drip = Fault::Slow { each: Duration::from_millis(100) }.at(Aim::page(2).of(Way::Slapd.people()));
    let timeouts = Timeouts { operation: Duration::from_secs(1), ..Timeouts::default() };
    let outcome = world.read(Way::Slapd, [drip], timeouts);
    assert!(outcome.said().contains("page 2: the server did not finish its response within 1 s"), "{}", outcome.said());
    assert_eq!((outcome.taking(), outcome.seen.open, outcome.seen.strikes(0)), (vec![], 0, 1));
}
