//! Organizational units.

use super::names::SITES;
use super::write::escape;

/// A unit, after the one it is in.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) dn: String,
    pub(super) name: String,
    pub(super) place: UnitContent,
}

/// What is in a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitContent {
    /// Other units, or nothing.
    Nothing,
    /// People of a site, by its number.
    Site(usize),
    /// People of other companies.
    Partners,
    /// People who have left.
    Leavers,
    Groups,
    Computers,
    Contacts,
}

pub(super) fn draw(base: &str) -> Vec<Unit> {
    let mut units = Vec::new();
    let mut unit = |name: &str, parent: &str, place: UnitContent| {
        let dn = format!("OU={},{parent}", escape(name));
        units.push(Unit { dn: dn.clone(), name: name.to_owned(), place });
        dn
    };
    let company = unit("Müller & Söhne", base, UnitContent::Nothing);
    let staff = unit("Staff", &company, UnitContent::Nothing);
    for (at, site) in SITES.iter().enumerate() {
        let first = SITES.iter().position(|other| other.code == site.code) == Some(at);
        let country = format!("OU={},{staff}", escape(site.country));
        if first {
            unit(site.country, &staff, UnitContent::Nothing);
        }
        unit(site.city, &country, UnitContent::Site(at));
    }
    let partners = unit("Partners, external", &company, UnitContent::Partners);
    unit("R+D = \"secret\" <#1>; a\\b", &partners, UnitContent::Nothing);
    unit("Ausgeschieden – früher", &company, UnitContent::Leavers);
    unit("Groups", &company, UnitContent::Groups);
    unit("Computers/Laptops", &company, UnitContent::Computers);
    unit("Contacts", &company, UnitContent::Contacts);
    unit("Nobody", &company, UnitContent::Nothing);
    // As deep as some admins go.
    let mut deep = unit("Archive", &company, UnitContent::Nothing);
    for level in 1..=6 {
        deep = unit(&format!("Level {level}"), &deep, UnitContent::Nothing);
    }
    units
}

/// The unit of this place.
pub(super) fn find(units: &[Unit], place: UnitContent) -> &Unit {
    units.iter().find(|unit| unit.place == place).expect("every place has a unit")
}
