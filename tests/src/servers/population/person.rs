//! The people of a population.

use std::collections::{HashMap, HashSet};

use deunicode::deunicode;
use unicode_normalization::UnicodeNormalization;

use super::names::{LANGUAGES, Language};
use super::random::Random;
use super::unit::{Unit, UnitContent, find};
use super::write::escape;
use super::{Population, Style};

/// The drawn properties of a person. The remaining attributes are drawn when the entry is written.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) dn: String,
    /// The name of the entry within its unit.
    pub(super) name: String,
    pub(super) account: String,
    pub(super) first: Option<String>,
    pub(super) last: Option<String>,
    pub(super) display: String,
    pub(super) mail: Option<String>,
    pub(super) same_mail: bool,
    pub(super) standing: Standing,
    pub(super) inet_org: bool,
    /// The index of the site where the person works.
    pub(super) site: usize,
}

/// The state of a person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    Disabled,
    Expired,
}

/// Draws the people. The same special case occurs once in 60 people, so that a few hundred people have all of them.
pub(super) fn draw(population: &Population, style: Style, units: &[Unit]) -> Vec<Person> {
    let mut people: Vec<Person> = Vec::with_capacity(population.people);
    let (mut names, mut accounts, mut mails) = (HashSet::new(), HashMap::new(), HashSet::new());
    let sites: Vec<&Unit> = units.iter().filter(|unit| matches!(unit.place, UnitContent::Site(_))).collect();
    for at in 0..population.people {
        let mut random = Random::new(population.seed, at as u64);
        let oddity = at % 60;
        let language = &LANGUAGES[random.below(LANGUAGES.len())];
        let (mut first, mut last) = (random.pick(language.first).to_owned(), random.pick(language.last).to_owned());
        if oddity == 13 {
            first = String::from("Maria Anna Theodora Wilhelmina Philippa");
            last = String::from("Gräfin von Hohenburg-Schwarzenfels zu Altenstein");
        }
        if oddity == 11 {
            // macOS writes a letter and its accent as separate code points.
            (first, last) = ("Zoé".nfd().collect(), "Ångström-Çelik".nfd().collect());
        }
        let display = display(oddity, &mut random, language, &first, &last);
        let account = account(&mut accounts, &first, &last);
        let site = random.below(sites.len());
        let mut unit = sites[site];
        let standing = match oddity {
            _ if style == Style::OpenLdap => Standing::Active,
            43 if style == Style::ActiveDirectory => Standing::Expired,
            _ if oddity == 41 || random.percent(4) => Standing::Disabled,
            _ => Standing::Active,
        };
        if oddity == 23 {
            unit = find(units, UnitContent::Partners);
        } else if standing == Standing::Disabled && random.percent(50) {
            unit = find(units, UnitContent::Leavers);
        }
        let name = within(&mut names, &unit.dn, &display, &account);
        let last = (oddity != 53 || style != Style::ActiveDirectory).then_some(last);
        let mut mail = mail(&mut mails, &first, last.as_deref(), &account);
        let mut same_mail = false;
        match oddity {
            31 => mail = None,
            51 => mail = Some("none yet".to_owned()),
            37 => {
                let colleague = people[at - 1].mail.as_deref();
                (mail, same_mail) = (colleague.map(str::to_uppercase), true);
            }
            _ => {}
        }
        let dn = match style {
            Style::ActiveDirectory => format!("CN={},{}", escape(&name), unit.dn),
            Style::OpenLdap | Style::Ds389 => format!("uid={account},{}", unit.dn),
        };
        let first = (oddity != 54).then_some(first);
        let inet_org = oddity == 29;
        people.push(Person { dn, name, account, first, last, display, mail, same_mail, standing, inet_org, site });
    }
    people
}

fn display(oddity: usize, random: &mut Random, language: &Language, first: &str, last: &str) -> String {
    match oddity {
        3 => format!("{last}, {first}"),
        7 => format!("#{first} \"{last}\" <a+b=c>; \\ /"),
        17 => format!("{first} {last} 🚀"),
        19 => format!("  {first}   {last} "),
        _ if language.joined => format!("{last}{first}"),
        _ if random.percent(25) => format!("{last}, {first}"),
        _ => format!("{first} {last}"),
    }
}

/// Returns a unique `sAMAccountName`: at most 20 characters, without those that Windows rejects.
fn account(taken: &mut HashMap<String, usize>, first: &str, last: &str) -> String {
    let letters = |text: &str| -> String {
        deunicode(text).chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let stem: String = letters(first).chars().take(1).chain(letters(last).chars()).take(12).collect();
    let count = taken.entry(stem.clone()).or_default();
    *count += 1;
    // A stem ends with a letter, so appending a number cannot produce the name of another stem.
    if *count == 1 { stem } else { format!("{stem}{count}") }
}

/// Returns a name that is unique in the unit. Directories compare names without regard to case and repeated spaces.
fn within(taken: &mut HashSet<String>, unit: &str, display: &str, account: &str) -> String {
    let short: String = display.trim().chars().take(40).collect();
    let short = short.trim_end();
    let key = |name: &str| {
        let plain: String = name.nfkc().flat_map(char::to_lowercase).collect();
        format!("{}|{unit}", plain.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    if taken.insert(key(short)) {
        return short.to_owned();
    }
    let numbered = format!("{short} ({account})");
    taken.insert(key(&numbered));
    numbered
}

fn mail(taken: &mut HashSet<String>, first: &str, last: Option<&str>, account: &str) -> Option<String> {
    let word = |text: &str| -> String { deunicode(text).chars().filter(char::is_ascii_alphanumeric).collect() };
    let wanted = format!("{}.{}@example.test", word(first), last.map_or_else(|| account.to_owned(), word));
    let choices = [wanted, format!("{account}@example.test")].into_iter();
    let mut choices = choices.map(|mail| mail.to_lowercase());
    choices.find(|mail| taken.insert(mail.clone()))
}
