//! Names of people, sites, and departments.

/// First and last names of one language.
pub(super) struct Language {
    pub(super) first: &'static [&'static str],
    pub(super) last: &'static [&'static str],
    /// `true` if the last name comes first, without a space.
    pub(super) joined: bool,
}

/// A site where people work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    pub(super) city: &'static str,
    pub(super) country: &'static str,
    pub(super) code: &'static str,
    pub(super) dial: &'static str,
}

pub(super) const LANGUAGES: &[Language] = &[
    western(
        &["Alice", "Brendan", "Charlotte", "Declan", "Emily", "Siân", "Harold", "Imogen"],
        &["O'Neill", "Fletcher", "Baker-Hughes", "McAllister", "D'Angelo", "St. Clair", "Whitworth", "Young"],
    ),
    western(
        &["Jörg", "Bärbel", "Klaus-Dieter", "Gisela", "Rüdiger", "Sören", "Änne", "Volker"],
        &["Müßig", "Groß", "Vogelsänger", "von der Aue", "Köhn", "Schütz", "Bäcker", "Ötztaler"],
    ),
    western(
        &["Aurélie", "Gaël", "Anaïs", "Thérèse", "Jean-François", "Océane", "Cédric", "Maëlys"],
        &["L'Écuyer", "Lœuillet", "Bénard", "de La Fontaine", "Garçonnet", "Hébert", "Noël", "Çelebi"],
    ),
    western(
        &["Begoña", "Íker", "María José", "Álvaro", "Lucía", "Ramón", "Inés", "Íñigo"],
        &["Ibáñez Peña", "Núñez", "de la Cruz", "Ordóñez", "Zúñiga", "Echeverría", "Güell", "Castaño y Ruiz"],
    ),
    western(
        &["Michał", "Żaneta", "Łucja", "Grzegorz", "Świętosława", "Paweł", "Józefina", "Bożena"],
        &["Brzęczek", "Łaszcz", "Wójcikiewicz", "Źrebiec", "Dąb-Kozioł", "Ślusarczyk", "Ćwiękała", "Nowak"],
    ),
    western(
        &["Jiřina", "Ondřej", "Květoslava", "Šimon", "Žofie", "Řehoř", "Ľubica", "Ďuro"],
        &["Dvořáčková", "Šťovíček", "Němcová", "Růžek", "Žďárský", "Příhoda", "Kůň", "Ťažký"],
    ),
    western(
        &["İlknur", "Işık", "Çağatay", "Şule", "Ümran", "Gökçe", "Öykü", "Tuğçe"],
        &["Ağaoğlu", "Yıldırım", "İpekçi", "Şimşek", "Çınar", "Kılıçdar", "Ilıca", "Öz"],
    ),
    western(
        &["Åke", "Ragnhild", "Søren", "Bjørg", "Þórdís", "Eyþór", "Märta", "Jón"],
        &["Ødegård", "Guðmundsdóttir", "Ångström", "Bäck", "Kjærsgaard", "Aðalsteinn", "Öhman", "Lindqvist"],
    ),
    western(
        &["Αγγελική", "Θεόδωρος", "Ευθυμία", "Ξένια", "Ηρακλής", "Φώτης"],
        &["Τριανταφύλλου", "Ξανθόπουλος", "Παπαϊωάννου", "Μαυρομιχάλης", "Γκίκας"],
    ),
    western(
        &["Зинаида", "Семён", "Людмила", "Юлия", "Ёлка", "Геннадий"],
        &["Хрущёв", "Щедрина", "Мясоедов", "Подъячев", "Жильцова", "Цой"],
    ),
    western(&["نورة", "سليمان", "عائشة", "جمال", "ريم"], &["الحسيني", "بن علي", "القاضي", "الزهراني"]),
    western(&["אסתר", "יונתן", "נעמי", "אורי", "שירה"], &["בן דוד", "רוזנברג", "אלקיים", "צור"]),
    western(&["Ngọc Ánh", "Hữu Thịnh", "Thị Mỹ", "Đăng", "Quỳnh"], &["Nguyễn", "Đoàn", "Vũ", "Trịnh", "Phạm Văn"]),
    western(&["प्रिया", "आदित्य", "मीनाक्षी", "राजेश"], &["शर्मा", "द्विवेदी", "कृष्णन", "पटेल"]),
    eastern(&["雅婷", "建国", "思远", "晓明", "婉如"], &["王", "陈", "诸葛", "欧阳", "林"]),
    eastern(&["はるか", "健太", "美緒", "ｶﾅ", "龍之介"], &["渡邉", "髙田", "𠮷野", "小笠原", "東"]),
    eastern(&["서준", "지아", "하늘", "은우"], &["남궁", "최", "황보", "유"]),
];

pub(super) const SITES: &[Site] = &[
    Site { city: "Köln", country: "Germany", code: "DE", dial: "+49 221" },
    Site { city: "Leipzig", country: "Germany", code: "DE", dial: "+49 341" },
    Site { city: "München", country: "Germany", code: "DE", dial: "+49 89" },
    Site { city: "Nîmes", country: "France", code: "FR", dial: "+33 4" },
    Site { city: "A Coruña", country: "Spain", code: "ES", dial: "+34 981" },
    Site { city: "Łódź", country: "Poland", code: "PL", dial: "+48 42" },
    Site { city: "Plzeň", country: "Czechia", code: "CZ", dial: "+420 377" },
    Site { city: "Malmö", country: "Sweden", code: "SE", dial: "+46 40" },
    Site { city: "Boston", country: "United States", code: "US", dial: "+1 617" },
    Site { city: "Reno, NV", country: "United States", code: "US", dial: "+1 775" },
    Site { city: "東京", country: "Japan", code: "JP", dial: "+81 3" },
    Site { city: "Pune", country: "India", code: "IN", dial: "+91 20" },
];

pub(super) const DEPARTMENTS: &[&str] = &[
    "Sales",
    "Finance & Controlling",
    "IT",
    "Human Resources",
    "Legal; Compliance",
    "Qualität",
    "Research/Development",
    "Support",
    "Vertrieb Süd",
    "Facility \"Services\"",
];

pub(super) const TITLES: &[&str] =
    &["Clerk", "Engineer", "Head of Department", "Geschäftsführerin", "Intern", "Consultant (external)", "Team lead"];

pub(super) const PURPOSES: &[&str] = &["Team", "Project", "Readers", "Writers", "VPN", "Newsletter"];

const fn western(first: &'static [&'static str], last: &'static [&'static str]) -> Language {
    Language { first, last, joined: false }
}

const fn eastern(first: &'static [&'static str], last: &'static [&'static str]) -> Language {
    Language { first, last, joined: true }
}
