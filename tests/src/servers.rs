//! Real servers that a test starts and that end with the test: Samba as Active Directory, OpenLDAP, 389 Directory
//! Server, and a SCIM service.
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
//! `tests/servers/install` installs the required packages. The tests neither read nor change the configuration of the
//! machine. Each server listens on a loopback address of its own, so that many can run side by side. The files of a
//! server are in a temporary folder, which is removed when the value is dropped or when the process ends, even if it
//! is killed. A test that only reads uses a shared server: `shared()` instead of `start()`. Data that takes long to
//! create, such as a domain with its people, is created once and cached below the build folder; each start copies it.
//!
//! If a server does not start, the error contains the last lines of its log.

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
