//! Directory exports of any size.

use std::fmt::Write;

/// Returns an LDIF export of the given number of people in two OUs, each with a unique e-mail.
pub fn export(people: usize) -> String {
    let mut text = String::from("version: 1\n\n");
    for unit in ["Sales", "IT"] {
        let _ = writeln!(text, "dn: OU={unit},DC=test\nobjectClass: organizationalUnit\n");
    }
    for number in 0..people {
        let unit = if number % 2 == 0 { "Sales" } else { "IT" };
        let _ = writeln!(text, "dn: CN=Person {number},OU={unit},DC=test");
        let _ = writeln!(text, "objectClass: person\nobjectClass: user");
        let _ = writeln!(text, "objectGUID: 00000000-0000-4000-8000-{number:012}");
        let _ = writeln!(text, "givenName: Person\nsn: Number {number}\nuserAccountControl: 512");
        let _ = writeln!(text, "mail: person{number}@example.test\n");
    }
    text
}
