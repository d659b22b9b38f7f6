//! Failures of live directories: whatever a server or the network does, a read is complete or reports why it is
//! incomplete, and an incomplete read never removes anything.
//!
//! The table lists failures that users of other directory sync programs have experienced, and the tests that cover
//! them. Names without a file extension are modules in this folder; `scenarios/…` and names with an extension are
//! elsewhere in this crate.
//!
//! | failure | test |
//! |---|---|
//! | a time limit ended a search, and everyone in the missing part was disabled | `pages`: result codes 3, 4, 11, 51, 52, and others, with and without a cookie |
//! | the server was unreachable, and all users were deleted | `sign_in`: cuts and silence at every step; `pages`: cuts |
//! | the connection broke in the middle of a read, and the remaining users were deleted | `pages`: cuts at six places, in four ways |
//! | an error while reading a group made the group empty | `limits`: faults of ranges; `pages`: result codes in the search for groups |
//! | only the first 500, 1000, or 20,000 entries were read | `limits`: a size limit without paging, ignored paging, smaller pages |
//! | the server returned no entries and reported success | `names`: a server that returns nothing |
//! | an empty page with a cookie ended the search | `pages`: one, three, and endless empty pages |
//! | the server sent cookies endlessly, or the same page again and again | `pages`: loops with one cookie and with new ones, even if another search has already returned all entries |
//! | an interrupted search started again, and people were read twice | `pages`: repeated pages and entries |
//! | the paging control was missing | `pages`: removed; `limits`: unsupported, ignored, and rejected |
//! | a group with 13,000 members was read with none, or with the first 1500 | `limits`: ranges of members and of a person's values |
//! | a referral was treated as a success, or ended the run with an unclear error | `references`; `pages`: result code 10 with and without an address |
//! | a second search referred to the same server as the first, and was not followed | `references`: referrals of every search |
//! | a wrong password was not noticed, and the directory was read anonymously | `sign_in`: every result code; no request follows a refused bind |
//! | a wrong password was tried at each server in turn, which locked the account | `sign_in`: a refused bind is final |
//! | an interrupted read was stored as complete, and its changes were lost | `moving`: an incomplete read keeps no data; after a failed one, everything is read |
//! | a unit or a group was renamed, and its people lost their products | `scenarios/missing_ou_is_an_error`, `scenarios/missing_group_is_an_error`; `pages`: a unit deleted between searches |
//! | a person was moved to another unit and became another person | `scenarios/ou_move_keeps_the_user`; `moving`: entries with two DNs |
//! | a member's DN differed in case or spaces, and the member was not found | `names`: every spelling of a DN |
//! | addresses differed in case or accents and were updated in every run | `scenarios/email_in_another_case_is_no_change`, `scenarios/unicode_form_is_no_change` |
//! | a deleted entry had no address or the address of another person | `moving`: deleted entries are identified by id; `scenarios/two_people_with_one_email_are_skipped` |
//! | two groups with the same name stopped the run | `names`: groups with equal names; `scenarios/ambiguous_group_name_is_an_error`, `scenarios/finds_a_group_by_id` |
//! | cyclic groups caused an endless loop | `names`: a cycle; `scenarios/reads_cyclic_groups`; `ldap.rs`: the population has two cycles |
//! | a server-side search along nested groups took minutes, or failed at times | gotosync makes no such search: `plan.rs` of the source contains the filters |
//! | a large response was "too large" because the limit had the wrong unit | `pages` and `memory.rs`: the error states the limit in bytes |
//! | a failed run exited as a success | `errors.rs` and `cli.rs`: exit codes |
//!
//! The second table lists pitfalls of an LDAP library and how this project avoids them.
//!
//! | pitfall | solution |
//! |---|---|
//! | an interrupted search ends like a complete one, because the result code and the end are reported separately | every result code in `pages`; the guard and `Session::ask` keep both |
//! | the library's task panics on unknown response types, on malformed controls, and on names that are not UTF-8 | responses are checked before they reach the library: `pages` with the messages of the guard |
//! | its SASL security layer loses bytes | the layer is not compiled in: Kerberos is used only under TLS, which encrypts |
//! | received data is buffered without a limit | the guard applies back pressure: its own test, and `memory.rs` |
//! | it waits forever, and its timeouts apply to one message | silence and cuts in `pages` and `sign_in`; a dripping response |
//! | values are classified by whether they happen to be UTF-8 | entries are decoded by the project's own code: the ids of every read are compared |
//! | continuation references end in a list that callers must check themselves | `references` |
//! | values in filters must be escaped | `plan.rs` of the source; names with commas, hash signs, and parentheses in every population |
//! | some integers are encoded incorrectly, and nested elements overflow the stack | own encoding with its own tests; `Nested` in `pages`, `sign_in`, and `memory.rs` |
//! | each search of a connection leaks four bytes | a connection makes one search per page and then ends: a million people leak four kilobytes |
//! | it does not reconnect | a read starts with a new connection, and is incomplete if the connection ends |
//! | the brackets of `ldaps://[::1]` are treated as part of the host name | `Server::parse` parses addresses, and the library gets an open connection |
//!
//! Tests mark faults that no reader can detect as *hidden*: an entry that the server omits, a page that is
//! incorrectly marked as the last one (`pages`), and a person who is moved from a unit that is still unread to one
//! that has already been read (`moving`).

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
