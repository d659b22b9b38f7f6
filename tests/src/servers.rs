//! Servers as an admin runs them, started for one test and gone after it: Samba as an Active Directory, OpenLDAP, 389
//! Directory Server, and a SCIM service.
//!
//! ```no_run
//! # fn main() -> Result<(), gotosync_tests::Trouble> {
//! use gotosync_tests::servers::{Population, Samba, Slapd, twin};
//!
//! let samba = Samba::options().population(Population::default()).start()?;
//! println!("{} knows {} as {}", samba.url(), samba.reader().principal, samba.ca_file().display());
//! let slapd = Slapd::options().suffix(samba.base()).ldif(twin(&samba.export_ldif()?)?).start()?;
//! println!("{} has the same people", slapd.url());
//! # Ok(())
//! # }
//! ```
//!
//! What a server needs is on the machine after `tests/servers/install`. Nothing of the machine's own configuration is
//! read or written. Each server listens on a loopback address of its own, so many run side by side; its files are in a
//! temporary folder, which goes when the value is dropped or when the process ends, however that ends. A test that only reads takes a
//! server that it shares with others: `shared()` in place of `start()`. What takes long
//! to make, a domain with its people, is made once and kept below the build folder; a start copies it.
//!
//! A server that does not start is an error with the end of its log.

mod address;
mod authority;
mod ds389;
mod forest;
mod keeper;
mod ldif;
mod population;
mod pristine;
mod rooted;
mod samba;
mod scim;
mod shared;
mod slapd;
mod tool;
mod twin;

pub use authority::{Authority, Certificate, Pair};
pub use ds389::{Ds389, Ds389Options};
pub use forest::Forest;
pub use population::{Census, Content, Population, Style};
pub use rooted::{names, rooted};
pub use samba::{Account, Loader, Samba, SambaOptions};
pub use scim::{Scim, ScimOptions};
pub use slapd::{Slapd, SlapdOptions};
pub use twin::twin;
