//! Words that are values, each with what it means.

use super::Words;
use crate::model::{Depth, Membership, Privilege, WelcomeEmail};
use crate::rules::key::Word;
use crate::rules::{LeaverPolicy, Mode, RoleGrant, SeatPolicy};

/// No limit.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) enum Unlimited {
    Unlimited,
}

macro_rules! words {
    ($($type:ident { $($word:literal = $value:ident, $about:literal;)* })*) => {
        $(impl Words for $type {
            const WORDS: &'static [Word] = &[$(Word::new($word, $about)),*];
            const VALUES: &'static [(&'static str, Self)] = &[$(($word, Self::$value)),*];
        })*
    };
}

words! {
    LeaverPolicy {
        "keep" = Keep, "nothing";
        "remove-products" = RemoveProducts, "the licenses that rules name go; roles stay";
        "suspend" = Suspend, "every license that rules name and the role go, so that the user cannot sign in";
    }
    Mode {
        "apply" = Apply, "it is";
        "simulate" = Simulate, "it is planned and shown, and nothing of it is applied";
    }
    RoleGrant {
        "member" = Member, "nothing";
        "administrator" = Administrator, "everything";
    }
    Privilege {
        "manage-users" = ManageUsers, "add and delete users";
        "manage-seats" = ManageSeats, "give and take seats";
        "manage-settings" = ManageSettings, "change organizer settings";
        "manage-groups" = ManageGroups, "add and delete groups";
        "run-reports" = RunReports, "create reports";
    }
    WelcomeEmail {
        "default" = Default, "the account's default text";
        "none" = None, "no mail";
    }
    SeatPolicy {
        "stop" = Stop, "nothing is written";
        "fill" = Fill, "seats go by priority of rules, and the others wait";
    }
    Depth {
        "subtree" = Subtree, "the OU and everything below it";
        "one-level" = OneLevel, "only people right in the OU";
    }
    Membership {
        "nested" = Nested, "its members, and those of the groups nested in it";
        "direct" = Direct, "only people the group itself names";
    }
    Unlimited {
        "unlimited" = Unlimited, "no limit";
    }
}
