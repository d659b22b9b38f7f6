//! Tests with live directories: real servers (Samba, OpenLDAP, 389 Directory Server), and a wire that injects faults.

mod ldap;
mod ldap_browse;
mod ldap_changes;
mod ldap_config;
mod ldap_ds389;
mod ldap_faults;
mod ldap_forest;
mod scenarios_live;
mod servers;
mod wire;
