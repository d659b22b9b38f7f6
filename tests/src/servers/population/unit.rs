//! The organizational units of a population.

use super::names::SITES;
use super::write::escape;

/// A unit. It follows its parent.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) dn: String,
    pub(super) name: String,
    pub(super) place: UnitContent,
}

/// The content of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnitContent {
    /// Only other units, or nothing.
    Nothing,
    /// The people of a site, by its index.
    Site(usize),
    /// The people of other companies.
    Partners,
    /// The people who have left.
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
    // Some admins nest units this deep.
    let mut deep = unit("Archive", &company, UnitContent::Nothing);
    for level in 1..=6 {
        deep = unit(&format!("Level {level}"), &deep, UnitContent::Nothing);
    }
    units
}

/// Returns the unit with this content.
pub(super) fn find(units: &[Unit], place: UnitContent) -> &Unit {
    units.iter().find(|unit| unit.place == place).expect("every place has a unit")
}
