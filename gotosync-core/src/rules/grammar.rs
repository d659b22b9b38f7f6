//! The grammar of rules files, defined once: each key with its type, allowed words, default, example, and description.
//!
//! Each table of keys generates the reader for that part of a file, the JSON Schema, and the reference documentation. A new key is one
//! row. A key that sets a user setting by an expression needs no row here: it comes from the table of settings in `model/settings.rs`.

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

/// A type of value: how it is read, and how the schema describes it.
pub(in crate::rules) trait Kind {
    /// The result of reading. Invalid values are recorded as problems and omitted.
    type Read;
    /// The kind of value in the schema.
    const KIND: KeyKind;

    /// Reads the value of a key. The key may be missing.
    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read;
}

/// The keys of one table.
pub(in crate::rules) trait Keys: Sized {
    /// The keys that the table may have.
    const KEYS: &'static [Key];

    /// Reads all keys of the table.
    fn read(table: &Source<'_, '_>) -> Self;

    /// Returns the name of the table for error messages, if it has a better one than its heading. `number` counts from 1.
    fn title(_table: &Source<'_, '_>, _number: usize) -> Option<String> {
        None
    }
}

/// An enum whose values are written as words.
pub(in crate::rules) trait Words: Clone + 'static {
    /// The words with their meanings.
    const WORDS: &'static [Word];
    /// The words with their values.
    const VALUES: &'static [(&'static str, Self)];
}

/// The entries of a table whose keys are names chosen by the admin.
pub(in crate::rules) trait Named {
    /// The kind of each value.
    type Kind: Kind;
    /// The row that describes every entry.
    const KEY: &'static Key;
}

/// A string, or a table.
#[derive(Debug)]
pub(in crate::rules) enum TextOr<K> {
    Text(Placed<String>),
    Table(K),
}

/// A string, `false`, or a table.
#[derive(Debug)]
pub(in crate::rules) enum TextFalseOr<K> {
    Text(Placed<Option<String>>),
    Table(K),
}

/// One of several words, or a table.
#[derive(Debug)]
pub(in crate::rules) enum WordOr<W, K> {
    Word(W),
    Table(K),
}

/// The positions of a table and its keys in the file.
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

    /// Returns the position of the table.
    pub(in crate::rules) fn table(&self) -> &Range<usize> {
        &self.table
    }

    /// Returns the position of a key, or that of the table if the key is missing.
    pub(in crate::rules) fn of_key(&self, name: &str) -> &Range<usize> {
        self.keys.iter().find(|(own, _)| *own == name).map_or(&self.table, |(_, at)| at)
    }

    /// Returns `true` if the key is present, whatever its value.
    pub(in crate::rules) fn has(&self, name: &str) -> bool {
        self.keys.iter().any(|(own, _)| *own == name)
    }
}

/// Reads a table and reports unknown keys.
fn read_table<K: Keys>(table: &Source<'_, '_>) -> K {
    let read = K::read(table);
    table.finish();
    read
}

/// The kinds of values, as marker types.
pub(in crate::rules) mod kinds {
    use std::marker::PhantomData;

    /// A string.
    pub(in crate::rules) struct Text;
    /// A string, or `false` for no value.
    pub(in crate::rules) struct TextOrFalse;
    /// `true` or `false`.
    pub(in crate::rules) struct Flag;
    /// A whole number, 0 or more.
    pub(in crate::rules) struct Number;
    /// One of several words.
    pub(in crate::rules) struct OneOf<W>(PhantomData<W>);
    /// A string or a list of strings.
    pub(in crate::rules) struct Texts;
    /// One of several words, or a list of them.
    pub(in crate::rules) struct SomeOf<W>(PhantomData<W>);
    /// A string, or a table.
    pub(in crate::rules) struct TextOrTable<K>(PhantomData<K>);
    /// A string, `false` for no value, or a table.
    pub(in crate::rules) struct TextFalseOrTable<K>(PhantomData<K>);
    /// A table whose keys are names chosen by the admin.
    pub(in crate::rules) struct Names<N>(PhantomData<N>);
    /// A string, a table, or a list of strings and tables.
    pub(in crate::rules) struct TextsOrTables<K>(PhantomData<K>);
    /// One of several words, or a table.
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
    /// Each word, or `None` for an invalid word that was reported as a problem.
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
            StringOrTable::Table(inner) => Self::Table(read_table(&inner)),
        }
    }
}

impl<K: Keys> Kind for kinds::TextFalseOrTable<K> {
    type Read = Option<TextFalseOr<K>>;
    const KIND: KeyKind = KeyKind::TextFalseOrTable(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, key: &Key) -> Self::Read {
        if table.is_table(name) {
            return table.table(name).map(|inner| TextFalseOr::Table(read_table(&inner)));
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

/// Converts a string or table into one of the words, or reads the table.
fn word_or_table<W: Words, K: Keys>(
    table: &Source<'_, '_>,
    name: &str,
    key: &Key,
    found: StringOrTable<'_, '_>,
) -> Option<WordOr<W, K>> {
    match found {
        StringOrTable::String(found) => {
            let otherwise = match key.example {
                table if table.starts_with('{') => format!("or a table such as `{name} = {table}`"),
                _ => "or a table".to_owned(),
            };
            table.chosen(name, &found, W::VALUES, Some(&otherwise)).map(WordOr::Word)
        }
        StringOrTable::Table(inner) => Some(WordOr::Table(read_table(&inner))),
    }
}

impl<K: Keys> Kind for kinds::Table<K> {
    type Read = Option<K>;
    const KIND: KeyKind = KeyKind::Table(K::KEYS);

    fn read(table: &Source<'_, '_>, name: &str, _: &Key) -> Self::Read {
        table.table(name).map(|inner| read_table(&inner))
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
            read_table(&inner)
        };
        (1..).zip(table.tables(name)).map(one).collect()
    }
}

/// Declares the keys of one table: a static with the rows, and a struct that reads them. A row has the name of the key, the kind of
/// its value, its need unless it is optional (`[Required]`, `[Any]`, `[One]`), its description, its default, and an example.
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
            #[allow(dead_code, reason = "not every reader reports problems with a position")]
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
                    $($key: $key.unwrap_or_else(|| unreachable!("every key has a row")),)*
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
