//! Live directories that fail: whatever a server or the network does, a reading is whole or says why it is not, and nobody loses
//! anything by one that is not.
//!
//! What people have met with programs that read directories, and where it is tried here. Tests without a file are in this
//! folder; `scenarios/…` and files with an ending are elsewhere in this crate.
//!
//! | what happened | tried by |
//! |---|---|
//! | a time limit ended a search, and everybody who did not come was switched off | `pages`: codes 3, 4, 11, 51, 52 and others, with and without a cookie |
//! | the server could not be reached, and everybody was deleted | `sign_in`: cuts and silence at every step; `pages`: cuts |
//! | the connection broke in the middle, and the rest was deleted | `pages`: cuts at six places, in four ways |
//! | an error while a group was read made it an empty group | `limits`: faults of ranges; `pages`: codes in the search for groups |
//! | only the first 500, 1000 or 20,000 entries were read | `limits`: a limit without pages, pages ignored, smaller pages |
//! | the server gave nothing and called it a success | `names`: a server that shows nothing |
//! | an empty page with a cookie ended the search | `pages`: one, three, and endless empty pages |
//! | a server gave cookies for ever, or the same page | `pages`: loops under one cookie and under fresh ones, also where another search brought all of it before |
//! | a broken search began anew, and people came twice | `pages`: the page twice, entries twice |
//! | the paging control was missing | `pages`: taken away; `limits`: not known, not heeded, refused |
//! | 13,000 members came as none, or as the first 1500 | `limits`: ranges of members and of values of a person |
//! | a referral was taken for a success, or ended all with a riddle | `references`; `pages`: code 10 with and without an address |
//! | a second search referred to where the first had been, and was not followed | `references`: every search that refers |
//! | a wrong password was not noticed, and nobody read as anonymous | `sign_in`: every code; nothing is asked after a refusal |
//! | a wrong password was tried at each server in turn, and locked the account | `sign_in`: a refusal ends it |
//! | what the server had cut off was kept as "read until now" | `moving`: an incomplete reading keeps nothing; a failed one reads everything |
//! | a unit or a group was renamed, and its people lost their products | `scenarios/missing_ou`, `scenarios/missing_group`; `pages`: a unit that vanishes |
//! | somebody was moved to another unit, and became another person | `scenarios/ou_move_keeps_the_user`; `moving`: under two names |
//! | a member was written in another case or with other blanks, and was nobody | `names`: however their names are written |
//! | addresses differed in case or in accents, and were written again each time | `scenarios/email_in_another_case_is_no_change`, `scenarios/unicode_form_is_no_change` |
//! | who was deleted had the address of somebody else, or no address | `moving`: the deleted are told by id; `scenarios/two_people_with_one_email` |
//! | two groups of one name stopped everything | `names`: groups of one name; `scenarios/group_by_ambiguous_name`, `scenarios/group_by_id` |
//! | groups in a circle ended in no end | `names`: a circle; `scenarios/cyclic_groups`; `ldap.rs`: the population has two |
//! | a search along nested groups took minutes, or failed now and then | none is made: `plan.rs` of the source has the filters |
//! | a large answer was "too large", in a limit with the wrong unit | `pages` and `memory.rs`: the limit is told in bytes |
//! | the run failed and ended as a success | `errors.rs` and `cli.rs`: exit codes |
//!
//! What a library for LDAP does to those who trust it, and why it cannot do it here:
//!
//! | trap | here |
//! |---|---|
//! | a search that was cut off ends like one that was not: the code is told apart from the end | every code of `pages`; the guard and `Session::ask` hold on to both |
//! | its task panics at an answer of a kind it does not know, at controls and at names that are not UTF-8 | entries never reach it, answers are checked before: `pages` with the words of the guard |
//! | its layer of signed and sealed messages loses bytes | it is not built in: Kerberos is bound to TLS, which seals |
//! | what comes is kept without a bound | the guard holds the network back: its own test, and `memory.rs` |
//! | it waits for ever, and its limits are for one reply | silence and cuts of `pages` and `sign_in`; an answer that drips |
//! | values are sorted by whether they happen to be UTF-8 | entries are read by own code: ids of every reading are compared |
//! | references end in a list that nobody looks at | `references` |
//! | names in filters must be escaped | `plan.rs` of the source; names with commas, hashes and brackets in every population |
//! | some numbers are encoded wrongly, and what is nested is followed to the end of the stack | own encoding, with tests of its own; `Nested` of `pages`, `sign_in` and `memory.rs` |
//! | four bytes stay behind for each search of a connection | a connection makes a search a page and ends: a million people leave four kilobytes |
//! | it does not connect again | a reading begins with a connection, and ends incomplete with it |
//! | brackets of `ldaps://[::1]` are taken for a part of the name | addresses are read by `Server::parse`, and the library is given a pipe |
//!
//! What no reader can see is marked *hidden* where it is tried: an entry that the server leaves out, a last page that is none
//! (`pages`), and somebody who is moved out of a unit before it is read and into another one after (`moving`).

mod catalog;
mod domain;
mod leaving;
mod limits;
mod moving;
mod names;
mod pages;
mod references;
mod sign_in;
mod world;
