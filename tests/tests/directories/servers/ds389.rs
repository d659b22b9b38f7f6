//! 389 Directory Server.

use gotosync_tests::servers::{Ds389, Population, Style};

use super::Search;

fn reader(server: &Ds389) -> Search {
    let who = server.reader();
    Search::at(&server.url(), &server.ca_file()).sign_in(&who.dn, &who.password)
}

#[test]
fn holds_the_population_and_its_memberships() {
    let server = Ds389::options().population(Population::default()).start().unwrap();
    let census = Population::default().content(Style::Ds389, server.base()).census();
    let count = |filter: &str| reader(&server).find(server.base(), filter, &["1.1"]).entries();
    assert_eq!(count("(objectClass=inetOrgPerson)"), census.people);
    assert_eq!(count("(objectClass=groupOfNames)"), census.groups);
    assert_eq!(count("(objectClass=organizationalUnit)"), census.units);
    assert_eq!(count("(nsAccountLock=true)"), census.disabled);
    // The server itself adds new members to `memberOf` and removes deleted people from groups.
    let [base, somebody] = [server.base().to_owned(), format!("uid=new,{}", server.base())];
    let person = format!("dn: {somebody}\nobjectClass: inetOrgPerson\nuid: new\ncn: New\nsn: New\n\n");
    let group = format!("dn: cn=New,{base}\nobjectClass: groupOfNames\ncn: New\nmember: {somebody}\n");
    server.modify(&(person + &group)).unwrap();
    assert_eq!(count(&format!("(memberOf=cn=New,{base})")), 1);
    assert_eq!(count("(&(nsUniqueId=*)(entryUUID=*))"), 2, "entries added later have both ids");
    server.modify(&format!("dn: {somebody}\nchangetype: delete\n")).unwrap();
    assert_eq!(count("(member=uid=new*)") + count(&format!("(member={somebody})")), 0);
}

#[test]
fn offers_ldaps_and_start_tls() {
    let server = Ds389::options().shared().unwrap();
    let search = |url: &str, words: &[&str]| {
        let who = server.reader();
        let search = Search::at(url, &server.ca_file()).sign_in(&who.dn, &who.password).with(words);
        search.find(server.base(), "(dc=*)", &["dc"]).code
    };
    assert_eq!((search(&server.url(), &[]), search(&server.plain_url(), &["-ZZ"])), (0, 0));
    let nobody = Search::at(&server.url(), &server.ca_file()).with(&["-x"]).find(server.base(), "(dc=*)", &["dc"]);
    assert_eq!((nobody.code, nobody.entries()), (0, 0), "anonymous clients must see nothing: {}", nobody.text);
}
