//! Signing in with Kerberos, and finding the domain by its DNS name.

use std::net::UdpSocket;
use std::time::Duration;

use gotosync_tests::servers::Samba;

use super::Search;

fn gssapi(samba: &Samba) -> Search {
    // The server accepts SASL encryption or TLS, but not both.
    let quiet = ["-Q", "-Y", "GSSAPI", "-N", "-O", "maxssf=0", "-s", "base"];
    Search::at(&samba.url(), &samba.ca_file()).with(&quiet).env("KRB5_CONFIG", samba.krb5_conf())
}

#[test]
fn signs_in_with_a_ticket_or_a_keytab_over_tls() {
    let samba = Samba::options().shared().unwrap();
    let tickets = samba.kinit("reader", &samba.reader().password).unwrap();
    let found = gssapi(samba).env("KRB5CCNAME", tickets).find(&samba.base(), "(objectClass=*)", &["dc"]);
    assert_eq!(found.values("dc"), ["ad"], "{}", found.text);

    let keys = samba.keytab("reader").unwrap();
    let search = gssapi(samba).env("KRB5_CLIENT_KTNAME", keys).env("KRB5CCNAME", "MEMORY:");
    let found = search.find(&samba.base(), "(objectClass=*)", &["dc"]);
    assert_eq!(found.values("dc"), ["ad"], "{}", found.text);

    let without = gssapi(samba).env("KRB5CCNAME", "MEMORY:").find(&samba.base(), "(objectClass=*)", &["dc"]);
    assert_ne!(without.code, 0);
    let refused = samba.kinit("reader", "wrong").unwrap_err().to_string();
    assert!(refused.contains("Password incorrect"), "{refused}");
}

#[test]
fn the_domain_name_resolves_to_its_address() {
    let samba = Samba::options().shared().unwrap();
    for name in [samba.domain(), samba.fqdn(), format!("gc._msdcs.{}", samba.domain())] {
        let octets = samba.ip().octets();
        assert!(answer(samba, &name, A).windows(4).any(|bytes| bytes == octets), "{name}");
    }
    let service = answer(samba, &format!("_ldap._tcp.{}", samba.domain()), SRV);
    // The response contains port and host. Because of name compression, only the first label of the host name is
    // written out.
    assert!(service.windows(2).any(|bytes| bytes == 389u16.to_be_bytes()));
    assert!(service.to_ascii_lowercase().windows(4).any(|bytes| bytes == b"\x03dc1"));
}

/// Queries the domain's DNS server (RFC 1035) and returns the response after the question section.
fn answer(samba: &Samba, name: &str, kind: u16) -> Vec<u8> {
    let mut question = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).unwrap());
        question.extend(label.as_bytes());
    }
    question.push(0);
    question.extend([kind.to_be_bytes(), 1u16.to_be_bytes()].concat());
    let socket = UdpSocket::bind((samba.ip(), 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    socket.send_to(&question, samba.dns()).unwrap();
    let mut buffer = [0; 1500];
    let length = socket.recv(&mut buffer).unwrap();
    let (refused, answers) = (buffer[3] & 15, u16::from_be_bytes([buffer[6], buffer[7]]));
    assert_eq!((refused, answers), (0, 1), "{name}");
    buffer[question.len()..length].to_vec()
}

const A: u16 = 1;
const SRV: u16 = 33;
