//! The description of a key of a rules file.

/// A key of a rules file.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// The kind of value that it takes.
    pub kind: KeyKind,
    /// The condition under which the key is required.
    pub need: Need,
    /// The description, without a full stop at the end.
    pub about: &'static str,
    /// The default if the key is omitted: a value in backticks, or words; `required` if there is no default.
    pub absent: &'static str,
    /// An example of a value, in TOML.
    pub example: &'static str,
}

/// A kind of value that a key takes.
#[derive(Clone, Copy, Debug)]
pub enum KeyKind {
    /// A string.
    Text,
    /// A string, or `false` for no value.
    TextOrFalse,
    /// `true` or `false`.
    Flag,
    /// A whole number, 0 or more.
    Number,
    /// One of several words.
    Word(&'static [Word]),
    /// A string or a list of strings.
    Texts,
    /// One of several words, or a list of them.
    Words(&'static [Word]),
    /// A string, or a table with these keys.
    TextOrTable(&'static [Key]),
    /// A string, `false` for no value, or a table with these keys.
    TextFalseOrTable(&'static [Key]),
    /// A table whose keys are names chosen by the admin; each value is of the kind of this key.
    Names(&'static Key),
    /// A string, a table with these keys, or a list of strings and tables.
    TextsOrTables(&'static [Key]),
    /// One of several words, or a table with these keys.
    WordOrTable(&'static [Word], &'static [Key]),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A list of tables with these keys, each with a heading in double brackets.
    Tables(&'static [Key]),
}

/// A word that is a possible value.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// The meaning.
    pub about: &'static str,
}

/// A condition under which a key is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The key may be omitted.
    Optional,
    /// The key is required.
    Required,
    /// At least one of the keys with this mark in the table is required.
    Any,
    /// Exactly one of the keys with this mark in the table is required.
    One,
}

impl Need {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Optional, Self::Required, Self::Any, Self::One];
}

impl Key {
    pub(super) const fn new(
        name: &'static str,
        kind: KeyKind,
        about: &'static str,
        absent: &'static str,
        example: &'static str,
    ) -> Self {
        Self { name, kind, need: Need::Optional, about, absent, example }
    }

    pub(super) const fn need(mut self, need: Need) -> Self {
        self.need = need;
        self
    }

    /// Returns the keys of the table that the value can be; empty if the value cannot be a table.
    pub fn inner(&self) -> &'static [Key] {
        match self.kind {
            KeyKind::TextsOrTables(keys)
            | KeyKind::WordOrTable(_, keys)
            | KeyKind::TextOrTable(keys)
            | KeyKind::TextFalseOrTable(keys)
            | KeyKind::Table(keys)
            | KeyKind::Tables(keys) => keys,
            KeyKind::Text
            | KeyKind::TextOrFalse
            | KeyKind::Flag
            | KeyKind::Number
            | KeyKind::Word(_)
            | KeyKind::Words(_)
            | KeyKind::Names(_)
            | KeyKind::Texts => &[],
        }
    }

    /// Describes the expected value, in the same words as error messages.
    pub fn expected(&self) -> String {
        let words = |words: &[Word]| words.iter().map(|word| format!("`{}`", word.word)).collect::<Vec<_>>().join(", ");
        match self.kind {
            KeyKind::Text => "a string in quotes".to_owned(),
            KeyKind::TextOrFalse => "a string in quotes, or false".to_owned(),
            KeyKind::Flag => "true or false".to_owned(),
            KeyKind::Number => "a whole number, 0 or more".to_owned(),
            KeyKind::Word(list) => format!("one of {}", words(list)),
            KeyKind::Texts | KeyKind::Words(_) => "a string in quotes, or a list of strings".to_owned(),
            KeyKind::TextOrTable(_) => "a string in quotes, or a table in braces".to_owned(),
            KeyKind::TextFalseOrTable(_) => "a string in quotes, false, or a table in braces".to_owned(),
            KeyKind::TextsOrTables(_) => "a string in quotes, a table in braces, or a list of these".to_owned(),
            KeyKind::WordOrTable(list, _) => {
                let quoted: Vec<_> = list.iter().map(|word| format!("\"{}\"", word.word)).collect();
                format!("a table in braces, or {}", quoted.join(" or "))
            }
            KeyKind::Table(_) | KeyKind::Names(_) => "a table".to_owned(),
            KeyKind::Tables(_) => format!("a table with the heading [[{}]]", self.name),
        }
    }
}

impl Word {
    pub(super) const fn new(word: &'static str, about: &'static str) -> Self {
        Self { word, about }
    }
}
