//! A SCIM service: `scim2-server`, in a Python environment of its own.

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

/// One `scim2-server`, on a loopback address of its own. It needs no rights, and keeps nothing when it ends.
///
/// It has any number of services, each with its own users: one comes to be when it is first called.
#[derive(Debug)]
pub struct Scim {
    address: Ipv4Addr,
    keeper: Keeper,
}

/// What a service is to offer; everything but pages by cursor unless told.
#[derive(Clone, Debug)]
pub struct ScimOptions {
    config: Value,
}

impl Scim {
    /// One that offers everything but pages by cursor.
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

    /// Where a service is.
    pub fn url(&self, service: &str) -> String {
        format!("http://{}:{PORT}/{service}/v2", self.address)
    }

    /// The token that it takes.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The process of the server, if it is not stopped.
    pub fn pid(&self) -> Option<u32> {
        self.keeper.pid()
    }

    /// Lets the server be silent: connections are taken, and nothing is answered.
    pub fn pause(&self) -> Result<(), Trouble> {
        self.keeper.pause()
    }

    /// Lets a paused server go on.
    pub fn resume(&self) -> Result<(), Trouble> {
        self.keeper.resume()
    }
}

impl ScimOptions {
    /// Does not offer something: `patch`, `bulk`, `filter`, `sort` or `etag`.
    pub fn without(mut self, what: &str) -> Self {
        self.config[what]["supported"] = false.into();
        self
    }

    /// Gives long lists by cursor.
    pub fn by_cursor(mut self) -> Self {
        self.config["pagination"] =
            json!({ "cursor": true, "index": true, "defaultPaginationMethod": "index", "cursorTimeout": 600 });
        self
    }

    /// Gives at most so many at once.
    pub fn most(mut self, rows: usize) -> Self {
        self.config["filter"]["maxResults"] = rows.into();
        self
    }

    /// Returns a running server with these options, for a test that only reads: all tests of this process that ask for the same
    /// get the same one.
    ///
    /// # Errors
    /// When it does not start.
    pub fn shared(self) -> Result<&'static Scim, Trouble> {
        static SERVERS: Shared<Scim> = Shared::new();
        SERVERS.get(format!("{self:?}"), || self.start())
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Errors
    ///
    /// It cannot be installed, or ends again.
    pub fn start(self) -> Result<Scim, Trouble> {
        let requirements = fs::read_to_string(script("scim2-server.txt"))?;
        let python = pristine::kept("scim2-server", &[&requirements], install)?.join("bin");
        let address = address::free(&[PORT])?;
        let folder = pristine::once(|folder| Ok(fs::write(folder.join("config.json"), self.config.to_string())?))?;
        // Not by its own name: the program says where it was installed, which is not where it is now.
        let mut server = Command::new(python.join("python"));
        server.arg(python.join("scim2-server"));
        server.args(["--hostname", &address.to_string(), "--port", &PORT.to_string(), "--bearer-token", TOKEN]);
        server.arg("--dynamic-tenants").arg("--service-provider-config").arg(folder.join("config.json"));
        let keeper = Keeper::new(&folder, &server).inspect_err(|_| drop(fs::remove_dir_all(&folder)))?;
        keeper.start(|| Ok(TcpStream::connect((address, PORT)).map(drop)?))?;
        Ok(Scim { address, keeper })
    }
}

/// Makes an environment with the server in it.
fn install(folder: &Path) -> Result<(), Trouble> {
    run(tool("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = tool(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    run(pip.arg(script("scim2-server.txt"))).map(drop)
}

const PORT: u16 = 8480;
const TOKEN: &str = "s3cret-of-the-service";
