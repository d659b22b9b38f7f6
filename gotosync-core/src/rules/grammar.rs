//! The grammar of rules files, written once: each key with its type, words, default, example and sentence.
//!
//! From a table come the reader of that part of a file, the JSON Schema and the reference. A new key is one row; a new key that takes
//! an expression for a setting is not even that: it comes from the table of settings in `model/settings.rs`.

use std::ops::Range;

use super::document::{Placed, StringOrTable, Table as Source};
use super::key::{Key, KeyKind, Need, Word};

mod common;
mod file;
mod rule;
mod splice;
mod words;

pub(in crate::rules) use common::{LimitKeys, RangeKeys, RuleLimitKeys, RunLimitKeys, StageKeys};
pub(in crate::rules) use file::{ExampleKeys, ExpectedKeys, FILE, FileKeys, RewriteKeys, WelcomeKeys};
pub(in crate::rules) use rule::{
    ExcludeKeys, GroupKeys, MailKeys, NamedKeys, ProductKeys, RULE, RoleKeys, RuleKeys, SettingValue, UnitKeys,
    VoicemailKeys,
};
pub(in crate::rules) use words::Unlimited;

/// The value of a key: how it is read, and what the schema says of it.
pub(in crate::rules) trait Kind {
    /// What reading gives; what is wrong is noted and left out.
    type Read;
    /// The kind in the schema.
    const KIND: KeyKind;

    /// Reads the value of a key, which need not be there.
    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read;
}

/// The keys of one table.
pub(in crate::rules) trait Keys: Sized {
    /// The rows.
    const KEYS: &'static [Key];

    /// Reads all of them.
    fn read(table: &Source<'_, '_>) -> Self;

    /// Returns what the table is called in problems, if it has a better name than its heading. `number` counts from 1.
    fn title(_table: &Source<'_, '_>, _number: usize) -> Option<String> {
        None
    }
}

/// Words that are values.
pub(in crate::rules) trait Words: Clone + 'static {
    /// The words with what they mean.
    const WORDS: &'static [Word];
    /// The words with their values.
    const VALUES: &'static [(&'static str, Self)];
}

/// A name in a table whose keys are names.
pub(in crate::rules) trait Named {
    /// The kind of each value.
    type Kind: Kind;
    /// The row that stands for each name.
    const KEY: &'static Key;
}

/// A text, or a table.
#[derive(Debug)]
pub(in crate::rules) enum TextOr<K> {
    Text(Placed<String>),
    Table(K),
}

/// A text, `false`, or a table.
#[derive(Debug)]
pub(in crate::rules) enum TextFalseOr<K> {
    Text(Placed<Option<String>>),
    Table(K),
}

/// A word, or a table.
#[derive(Debug)]
pub(in crate::rules) enum WordOr<W, K> {
    Word(W),
    Table(K),
}

/// Where a table and its keys stand.
#[derive(Debug)]
pub(in crate::rules) struct Spans {
    table: Range<usize>,
    keys: Vec<(&'static str, Range<usize>)>,
}

impl Spans {
    pub(in crate::rules) fn of(table: &Source<'_, '_>, keys: &'static [Key]) -> Self {
        let present = keys.iter().filter(|key| table.has(key.name));
        Self { table: table.at().clone(), keys: present.map(|key| (key.name, table.at_key(key.name))).collect() }
    }

    /// Where the table stands.
    pub(in crate::rules) fn table(&self) -> &Range<usize> {
        &self.table
    }

    /// Where a key stands, or the table if the key is absent.
    pub(in crate::rules) fn of_key(&self, name: &str) -> &Range<usize> {
        self.keys.iter().find(|(own, _)| *own == name).map_or(&self.table, |(_, at)| at)
    }

    /// Says whether a key is there, whatever its value.
    pub(in crate::rules) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|(own, _)| *own == name)
    }
}

/// Reads a table and notes keys that it does not have.
fn whole<K: Keys>(table: &Source<'_, '_>) -> K {
    let read = K::read(table);
    table.finish();
    read
}

/// Kinds of values, as types.
pub(in crate::rules) mod kinds {
    use std::marker::PhantomData;

    /// A text.
    pub(in crate::rules) struct Text;
    /// A text, or `false` for none.
    pub(in crate::rules) struct TextOrFalse;
    /// `true` or `false`.
    pub(in crate::rules) struct Flag;
    /// A whole number from 0 on.
    pub(in crate::rules) struct Number;
    /// One of some words.
    pub(in crate::rules) struct OneOf<W>(PhantomData<W>);
    /// A text or a list of them.
    pub(in crate::rules) struct Texts;
    /// One of some words, or a list of them.
    pub(in crate::rules) struct SomeOf<W>(PhantomData<W>);
    /// A text, or a table.
    pub(in crate::rules) struct TextOrTable<K>(PhantomData<K>);
    /// A text, `false` for none, or a table.
    pub(in crate::rules) struct TextFalseOrTable<K>(PhantomData<K>);
    /// A table whose keys are names.
    pub(in crate::rules) struct Names<N>(PhantomData<N>);
    /// A text, a table, or a list of either.
    pub(in crate::rules) struct TextsOrTables<K>(PhantomData<K>);
    /// One of some words, or a table.
    pub(in crate::rules) struct WordOrTable<W, K>(PhantomData<(W, K)>);
    /// A table.
    pub(in crate::rules) struct Table<K>(PhantomData<K>);
    /// A list of tables, each under a heading in double brackets.
    pub(in crate::rules) struct Tables<K>(PhantomData<K>);
}

impl Kind for kinds::Text {
    type Read = Option<Placed<String>>;
    const KIND: KeyKind = KeyKind::Text;

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        match key.need {
            Need::Required => table.required_string(name, key.example.trim_matches('"')),
            _ => table.string(name),
        }
    }
}

impl Kind for kinds::TextOrFalse {
    type Read = Option<Placed<Option<String>>>;
    const KIND: KeyKind = KeyKind::TextOrFalse;

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.string_or_false(name)
    }
}

impl Kind for kinds::Flag {
    type Read = Option<bool>;
    const KIND: KeyKind = KeyKind::Flag;

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.boolean(name).map(|flag| flag.value)
    }
}

impl Kind for kinds::Number {
    type Read = Option<usize>;
    const KIND: KeyKind = KeyKind::Number;

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.number(name)
    }
}

impl<W: Words> Kind for kinds::OneOf<W> {
    type Read = Option<W>;
    const KIND: KeyKind = KeyKind::Word(W::WORDS);

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.word(name, W::VALUES)
    }
}

impl Kind for kinds::Texts {
    type Read = Vec<Placed<String>>;
    const KIND: KeyKind = KeyKind::Texts;

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.strings(name)
    }
}

impl<W: Words> Kind for kinds::SomeOf<W> {
    /// Each word, or `None` for one that is noted as wrong.
    type Read = Vec<Option<W>>;
    const KIND: KeyKind = KeyKind::Words(W::WORDS);

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.words(name, W::VALUES)
    }
}

impl<K: Keys> Kind for kinds::TextOrTable<K> {
    type Read = Option<TextOr<K>>;
    const KIND: KeyKind = KeyKind::TextOrTable(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        table.string_or_table(name, &key.expected()).map(TextOr::of)
    }
}

impl<K: Keys> TextOr<K> {
    fn of(found: StringOrTable<'_, '_>) -> Self {
        match found {
            StringOrTable::String(text) => Self::Text(text),
            StringOrTable::Table(inner) => Self::Table(whole(&inner)),
        }
    }
}

impl<K: Keys> Kind for kinds::TextFalseOrTable<K> {
    type Read = Option<TextFalseOr<K>>;
    const KIND: KeyKind = KeyKind::TextFalseOrTable(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        if table.is_table(name) {
            return table.table(name).map(|inner| TextFalseOr::Table(whole(&inner)));
        }
        table.string_or_false_as(name, &key.expected()).map(TextFalseOr::Text)
    }
}

impl<N: Named> Kind for kinds::Names<N> {
    type Read = Vec<(Placed<String>, <N::Kind as Kind>::Read)>;
    const KIND: KeyKind = KeyKind::Names(N::KEY);

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        let Some(inner) = table.table(name) else { return Vec::new() };
        let one = |name: String| {
            let read = N::Kind::read(&inner, &name, N::KEY);
            (Placed { at: inner.at_key(&name), value: name }, read)
        };
        inner.keys().into_iter().map(one).collect()
    }
}

impl<K: Keys> Kind for kinds::TextsOrTables<K> {
    type Read = Vec<TextOr<K>>;
    const KIND: KeyKind = KeyKind::TextsOrTables(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        table.strings_or_tables(name, &key.expected()).into_iter().map(TextOr::of).collect()
    }
}

impl<W: Words, K: Keys> Kind for kinds::WordOrTable<W, K> {
    type Read = Option<WordOr<W, K>>;
    const KIND: KeyKind = KeyKind::WordOrTable(W::WORDS, K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        word_or_table(table, name, key, table.string_or_table(name, &key.expected())?)
    }
}

/// Reads a word or a table that was found.
fn word_or_table<W: Words, K: Keys>(
    table: &Source<'_, '_>,
    name: &str,
    key: &Key,
    found: StringOrTable<'_, '_>,
) -> Option<WordOr<W, K>> {
    match found {
        StringOrTable::String(found) => {
            let otherwise = match key.example {
                table if table.starts_with('{') => format!("or a table, as `{name} = {table}`"),
                _ => "or a table".to_owned(),
            };
            table.chosen(name, &found, W::VALUES, Some(&otherwise)).map(WordOr::Word)
        }
        StringOrTable::Table(inner) => Some(WordOr::Table(whole(&inner))),
    }
}

impl<K: Keys> Kind for kinds::Table<K> {
    type Read = Option<K>;
    const KIND: KeyKind = KeyKind::Table(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.table(name).map(|inner| whole(&inner))
    }
}

impl<K: Keys> Kind for kinds::Tables<K> {
    type Read = Vec<K>;
    const KIND: KeyKind = KeyKind::Tables(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        let one = |(number, mut inner): (usize, Source<'_, '_>)| {
            if let Some(title) = K::title(&inner, number) {
                inner.rename(title);
            }
            whole(&inner)
        };
        (1..).zip(table.tables(name)).map(one).collect()
    }
}

/// Declares the keys of one table: a static with the rows, and a struct that reads them. A row is the name, the kind, where it must be
/// there how (`[Required]`, `[Any]`, `[One]`), what it does, what holds if it is omitted, and an example.
macro_rules! keys {
    (
        $(#[$doc:meta])*
        $rows:ident, $read:ident {
            $($key:ident: $kind:ty $([$need:ident])? = $about:expr, $absent:expr, $example:expr;)*
        }
        $(not { $([$($other:literal),* $(,)?], $why:expr, $hint:expr;)* })?
        $(titled $title:expr;)?
    ) => {
        $(#[$doc])*
        pub(in crate::rules) static $rows: &[Key] = &[
            $(Key::new(stringify!($key), <$kind as Kind>::KIND, $about, $absent, $example)$(.need(Need::$need))?),*
        ];

        $(#[$doc])*
        #[derive(Debug)]
        pub(in crate::rules) struct $read {
            #[allow(dead_code, reason = "not every reader notes problems at a place")]
            pub(in crate::rules) places: Spans,
            $(pub(in crate::rules) $key: <$kind as Kind>::Read,)*
        }

        impl Keys for $read {
            const KEYS: &'static [Key] = $rows;

            fn read(table: &Source<'_, '_>) -> Self {
                let places = Spans::of(table, $rows);
                let mut rows = $rows.iter();
                $(let $key = rows.next().map(|key| <$kind as Kind>::read(table, key.name, key));)*
                $($($(table.refuse($other, $why, $hint);)*)*)?
                Self {
                    places,
                    $($key: $key.unwrap_or_else(|| unreachable!("each key has a row")),)*
                }
            }

            $(fn title(table: &Source<'_, '_>, number: usize) -> Option<String> {
                let title: fn(Option<&str>, usize) -> Option<String> = $title;
                title(table.text_of("name").map(str::trim).filter(|name| !name.is_empty()), number)
            })?
        }
    };
}

pub(in crate::rules) use keys;
