//! A SCIM service: `scim2-server` in a Python environment of its own.

use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::address;
use super::keeper::Keeper;
use super::pristine;
use super::shared::Shared;
use super::tool::{run, script, tool};
use crate::Trouble;

/// A `scim2-server` on a loopback address of its own. It does not need root and stores nothing when it ends.
///
/// It provides any number of services, each with its own users. A service is created on its first request.
#[derive(Debug)]
pub struct Scim {
    address: Ipv4Addr,
    keeper: Keeper,
}

/// The features that a service offers: everything except cursor pagination by default.
#[derive(Clone, Debug)]
pub struct ScimOptions {
    config: Value,
}

impl Scim {
    /// Returns the options of a service that offers everything except cursor pagination.
    pub fn options() -> ScimOptions {
        let yes = json!({ "supported": true });
        let config = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": yes,
            "bulk": { "supported": true, "maxOperations": 1000, "maxPayloadSize": 1_048_576 },
            "filter": { "supported": true, "maxResults": 1000 },
            "changePassword": { "supported": false },
            "sort": yes,
            "etag": yes,
            "authenticationSchemes": [],
        });
        ScimOptions { config }
    }

    /// Returns the URL of a service.
    pub fn url(&self, service: &str) -> String {
        format!("http://{}:{PORT}/{service}/v2", self.address)
    }

    /// Returns the token that the service accepts.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// Returns the process id of the server, or `None` if it is stopped.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid()
    }

    /// Pauses the server: the system accepts connections, but the server does not respond.
    pub fn pause(&self) -> Result<(), Trouble> {
        self.keeper.pause()
    }

    /// Resumes a paused server.
    pub fn resume(&self) -> Result<(), Trouble> {
        self.keeper.resume()
    }
}

impl ScimOptions {
    /// Disables a feature: `patch`, `bulk`, `filter`, `sort`, or `etag`.
    pub fn without(mut self, what: &str) -> Self {
        self.config[what]["supported"] = false.into();
        self
    }

    /// Enables cursor pagination.
    pub fn by_cursor(mut self) -> Self {
        self.config["pagination"] =
            json!({ "cursor": true, "index": true, "defaultPaginationMethod": "index", "cursorTimeout": 600 });
        self
    }

    /// Limits the number of rows in a page.
    pub fn most(mut self, rows: usize) -> Self {
        self.config["filter"]["maxResults"] = rows.into();
        self
    }

    /// Returns a running server with these options, for a test that only reads. All tests of this process that
    /// request the same options share one server.
    ///
    /// # Errors
    /// If the server does not start.
    pub fn shared(self) -> Result<&'static Scim, Trouble> {
        static SERVERS: Shared<Scim> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it responds.
    ///
    /// # Errors
    ///
    /// If the server cannot be installed or ends at once.
    pub fn start(self) -> Result<Scim, Trouble> {
        let requirements = fs::read_to_string(script("scim2-server.txt"))?;
        let python = pristine::kept("scim2-server", &[&requirements], install)?.join("bin");
        let address = address::free(&[PORT])?;
        let folder = pristine::once(|folder| Ok(fs::write(folder.join("config.json"), self.config.to_string())?))?;
        // The installed script cannot be used: it contains the path of the folder where it was installed, and the
        // folder was copied.
        let mut server = Command::new(python.join("python"));
        server.arg(python.join("scim2-server"));
        server.args(["--hostname", &address.to_string(), "--port", &PORT.to_string(), "--bearer-token", TOKEN]);
        server.arg("--dynamic-tenants").arg("--service-provider-config").arg(folder.join("config.json"));
        let keeper = Keeper::new(&folder, &server).inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        keeper.start(|| Ok(TcpStream::connect((address, PORT)).map(drop)?))?;
        Ok(Scim { address, keeper })
    }
}

/// Creates a Python environment and installs the server into it.
fn install(folder: &Path) -> Result<(), Trouble> {
    run(tool("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = tool(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(script("scim2-server.txt"))).map(drop)
}

const PORT: u16 = 8480;
const TOKEN: &str = "s3cret-of-the-service";
