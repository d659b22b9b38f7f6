//! Words that are values, each with its meaning.

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
        "keep" = Keep, "leave the user unchanged";
        "remove-products" = RemoveProducts, "remove the licenses that rules name; keep the role";
        "suspend" = Suspend, "remove the role and all licenses that rules name, so that the user loses access";
    }
    Mode {
        "apply" = Apply, "apply the changes";
        "simulate" = Simulate, "plan and show the changes without applying them";
    }
    RoleGrant {
        "member" = Member, "no admin rights";
        "administrator" = Administrator, "all admin rights";
    }
    Privilege {
        "manage-users" = ManageUsers, "add and delete users";
        "manage-seats" = ManageSeats, "assign and remove seats";
        "manage-settings" = ManageSettings, "change organizer settings";
        "manage-groups" = ManageGroups, "add and delete groups";
        "run-reports" = RunReports, "create reports";
    }
    WelcomeEmail {
        "default" = Default, "send the default e-mail of the account";
        "none" = None, "send no e-mail";
    }
    SeatPolicy {
        "stop" = Stop, "stop the run before anything is changed";
        "fill" = Fill, "assign the free seats by priority of rules; the other people wait";
    }
    Depth {
        "subtree" = Subtree, "the OU and everything below it";
        "one-level" = OneLevel, "only people directly in the OU";
    }
    Membership {
        "nested" = Nested, "direct members and the members of nested groups";
        "direct" = Direct, "only direct members";
    }
    Unlimited {
        "unlimited" = Unlimited, "no limit";
    }
}
