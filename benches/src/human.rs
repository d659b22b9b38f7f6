//! A person of a corpus, computed from a seed and a number.

use crate::random::Random;

/// A person with attributes for a directory.
#[derive(Clone, Debug)]
pub(crate) struct Human {
    pub(crate) number: usize,
    pub(crate) guid: [u8; 16],
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) display: String,
    pub(crate) login: String,
    pub(crate) mail: Option<String>,
    pub(crate) site: Site,
    pub(crate) place: UnitContent,
    pub(crate) department: usize,
    pub(crate) title: &'static str,
    pub(crate) disabled: bool,
    pub(crate) expired: bool,
    pub(crate) manager: Option<usize>,
    /// The numbers of the groups, ascending.
    pub(crate) groups: Vec<usize>,
}

/// The site where a person works.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Site {
    pub(crate) city: &'static str,
    pub(crate) country: &'static str,
    pub(crate) code: &'static str,
    pub(crate) dial: &'static str,
}

/// The part of the directory tree that contains a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnitContent {
    Site,
    Partners,
    Disabled,
}

impl Human {
    pub(crate) fn new(seed: u64, number: usize, groups: usize) -> Self {
        let mut random = Random::new(seed, number as u64);
        let guid = random.bytes();
        let (firsts, lasts) = random.pick(NAMES);
        let ((first, first_ascii), (last, last_ascii)) = (random.pick(firsts), random.pick(lasts));
        let (mut first, mut last) = (first.to_owned(), last.to_owned());
        if number % 200 == 7 {
            // Too long for an account.
            (first, last) = (format!("{first} Wilhelmina Theodora Anastasia"), format!("von {last} und zu {last}"));
        }
        let display = if random.percent(30) { format!("{last}, {first}") } else { format!("{first} {last}") };
        let login = format!("{}{last_ascii}{number:x}", &first_ascii[..1]);
        let site = random.pick(SITES);
        let disabled = random.percent(6);
        let place = match random.below(100) {
            0..3 => UnitContent::Partners,
            _ if disabled && random.percent(50) => UnitContent::Disabled,
            _ => UnitContent::Site,
        };
        let mail = (!random.percent(3)).then(|| format!("{first_ascii}.{last_ascii}{number}@example.test"));
        let department = random.below(DEPARTMENTS.len());
        let mut member = Vec::new();
        if random.percent(55) {
            member.push(1 + department);
        }
        let projects = groups.saturating_sub(FIRST_PROJECT);
        for _ in 0..random.pick(&[0, 0, 1, 1]) {
            if projects > 0 {
                // The square root makes the group sizes uneven.
                let share = random.below(projects * projects);
                member.push(FIRST_PROJECT + share.isqrt());
            }
        }
        Self {
            number,
            guid,
            first,
            last,
            display,
            login,
            mail,
            site,
            place,
            department,
            title: random.pick(TITLES),
            disabled,
            expired: random.percent(1),
            manager: (number >= 20 && random.percent(92)).then(|| random.below((number / 10).max(20))),
            groups: member,
        }
    }

    /// Returns the distinguished name.
    pub(crate) fn dn(&self) -> String {
        let name = self.display.replace(',', "\\,");
        format!("CN={name} ({}),{}", self.login, unit(self.place, self.site))
    }
}

/// Returns the distinguished name of the OU that contains a person.
pub(crate) fn unit(place: UnitContent, site: Site) -> String {
    match place {
        UnitContent::Site => format!("OU={},OU={},{PEOPLE}", site.city, site.country),
        UnitContent::Partners => format!("OU=External\\, Partners,{COMPANY}"),
        UnitContent::Disabled => format!("OU=Disabled Users,{COMPANY}"),
    }
}

/// Returns the name of a group: first the group of all people, then one for each department, then projects.
pub(crate) fn group_name(number: usize) -> String {
    match number {
        0 => "All Staff".to_owned(),
        1..FIRST_PROJECT => format!("Department {}", DEPARTMENTS[number - 1]),
        _ => format!("Project {number:04}"),
    }
}

/// Returns the groups nested in a group.
pub(crate) fn nested(number: usize, groups: usize) -> Vec<usize> {
    match number {
        0 => (1..FIRST_PROJECT).collect(),
        // A chain of eight nested groups.
        _ if (FIRST_PROJECT..FIRST_PROJECT + 8).contains(&number) && number + 1 < groups => vec![number + 1],
        _ => Vec::new(),
    }
}

pub(crate) fn group_dn(number: usize) -> String {
    format!("CN={},OU=Groups,{COMPANY}", group_name(number))
}

pub(crate) const BASE: &str = "DC=ad,DC=example,DC=test";
pub(crate) const COMPANY: &str = "OU=Company,DC=ad,DC=example,DC=test";
pub(crate) const PEOPLE: &str = "OU=People,OU=Company,DC=ad,DC=example,DC=test";

pub(crate) const DEPARTMENTS: &[&str] = &[
    "Engineering",
    "Sales",
    "Finance",
    "People and Culture",
    "Legal",
    "Marketing",
    "Operations",
    "Support",
    "Research",
    "Einkauf",
    "Qualitätssicherung",
    "Logistics",
];

/// The number of the first project group.
pub(crate) const FIRST_PROJECT: usize = 1 + DEPARTMENTS.len();

const TITLES: &[&str] =
    &["Engineer", "Senior Engineer", "Manager", "Director", "Analyst", "Consultant", "Assistant", "Trainee"];

pub(crate) const SITES: &[Site] = &[
    Site { city: "Berlin", country: "Germany", code: "DE", dial: "+49 30" },
    Site { city: "München", country: "Germany", code: "DE", dial: "+49 89" },
    Site { city: "Paris", country: "France", code: "FR", dial: "+33 1" },
    Site { city: "Lyon", country: "France", code: "FR", dial: "+33 4" },
    Site { city: "Madrid", country: "Spain", code: "ES", dial: "+34 91" },
    Site { city: "Kraków", country: "Poland", code: "PL", dial: "+48 12" },
    Site { city: "Göteborg", country: "Sweden", code: "SE", dial: "+46 31" },
    Site { city: "Athens", country: "Greece", code: "GR", dial: "+30 21" },
    Site { city: "Tokyo", country: "Japan", code: "JP", dial: "+81 3" },
    Site { city: "London", country: "United Kingdom", code: "GB", dial: "+44 20" },
    Site { city: "Austin", country: "United States", code: "US", dial: "+1 512" },
    Site { city: "New York", country: "United States", code: "US", dial: "+1 212" },
];

type Spelled = (&'static str, &'static str);

/// First and last names by language, each as written and as used in e-mails. The weights of the entries are chosen so that about half
/// of all people have a non-ASCII name.
const NAMES: &[(&[Spelled], &[Spelled])] = &[
    (ENGLISH_FIRST, ENGLISH_LAST),
    (ENGLISH_FIRST, ENGLISH_LAST),
    (ENGLISH_FIRST, GERMAN_LAST),
    (GERMAN_FIRST, GERMAN_LAST),
    (GERMAN_FIRST, GERMAN_LAST),
    (FRENCH_FIRST, FRENCH_LAST),
    (POLISH_FIRST, POLISH_LAST),
    (GREEK_FIRST, GREEK_LAST),
    (RUSSIAN_FIRST, RUSSIAN_LAST),
    (JAPANESE_FIRST, JAPANESE_LAST),
];
const ENGLISH_FIRST: &[Spelled] =
    &[("Mary", "mary"), ("James", "james"), ("Linda", "linda"), ("Grace", "grace"), ("Oliver", "oliver")];
const ENGLISH_LAST: &[Spelled] = &[
    ("Smith", "smith"),
    ("O'Brien", "obrien"),
    ("Taylor", "taylor"),
    ("MacDonald", "macdonald"),
    ("Hughes", "hughes"),
];
const GERMAN_FIRST: &[Spelled] =
    &[("Jürgen", "juergen"), ("Anneliese", "anneliese"), ("Käthe", "kaethe"), ("Max", "max"), ("Sören", "soeren")];
const GERMAN_LAST: &[Spelled] =
    &[("Müller", "mueller"), ("Fuchs", "fuchs"), ("Weiß", "weiss"), ("von der Lühe", "luehe"), ("Krüger", "krueger")];
const FRENCH_FIRST: &[Spelled] =
    &[("Éléonore", "eleonore"), ("François", "francois"), ("Zoë", "zoe"), ("Jean-Noël", "jeannoel")];
const FRENCH_LAST: &[Spelled] =
    &[("Lefèvre", "lefevre"), ("Dupont", "dupont"), ("L'Hermite", "lhermite"), ("Besançon", "besancon")];
const POLISH_FIRST: &[Spelled] =
    &[("Łukasz", "lukasz"), ("Małgorzata", "malgorzata"), ("Wojciech", "wojciech"), ("Żaneta", "zaneta")];
const POLISH_LAST: &[Spelled] =
    &[("Wiśniewski", "wisniewski"), ("Kowalczyk", "kowalczyk"), ("Dąbrowski", "dabrowski"), ("Wójcik", "wojcik")];
const GREEK_FIRST: &[Spelled] = &[("Γιώργος", "giorgos"), ("Ελένη", "eleni"), ("Αθηνά", "athina")];
const GREEK_LAST: &[Spelled] = &[("Παπαδόπουλος", "papadopoulos"), ("Γεωργίου", "georgiou"), ("Αντωνίου", "antoniou")];
const RUSSIAN_FIRST: &[Spelled] = &[("Наталья", "natalya"), ("Юрий", "yuriy"), ("Ольга", "olga")];
const RUSSIAN_LAST: &[Spelled] = &[("Ильин", "ilyin"), ("Соловьёва", "solovyova"), ("Щербаков", "shcherbakov")];
const JAPANESE_FIRST: &[Spelled] = &[("花子", "hanako"), ("翔太", "shota"), ("さくら", "sakura")];
const JAPANESE_LAST: &[Spelled] = &[("佐藤", "sato"), ("髙橋", "takahashi"), ("小林", "kobayashi")];
