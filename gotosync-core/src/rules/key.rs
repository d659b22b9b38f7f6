//! A key of a rules file as data.

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value may be.
    pub kind: KeyKind,
    /// Whether it must be there.
    pub need: Need,
    /// What it does, in one sentence without a full stop.
    pub about: &'static str,
    /// What holds where it is absent: a value in backticks, or words.
    pub absent: &'static str,
    /// A value as an admin would write it.
    pub example: &'static str,
}

/// What the value of a key may be.
#[derive(Clone, Copy, Debug)]
pub enum KeyKind {
    /// A text.
    Text,
    /// A text, or `false` for none.
    TextOrFalse,
    /// `true` or `false`.
    Flag,
    /// A whole number from 0 on.
    Number,
    /// One of some words.
    Word(&'static [Word]),
    /// A text or a list of them.
    Texts,
    /// One of some words, or a list of them.
    Words(&'static [Word]),
    /// A text, or a table with these keys.
    TextOrTable(&'static [Key]),
    /// A text, `false` for none, or a table with these keys.
    TextFalseOrTable(&'static [Key]),
    /// A table whose keys are names, each with a value like that of this key.
    Names(&'static Key),
    /// A text, a table with these keys, or a list of either.
    TextsOrTables(&'static [Key]),
    /// One of some words, or a table with these keys.
    WordOrTable(&'static [Word], &'static [Key]),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A list of tables with these keys, each under a heading in double brackets.
    Tables(&'static [Key]),
}

/// A word that is a value.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word.
    pub word: &'static str,
    /// What it means.
    pub about: &'static str,
}

/// Whether a key must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It may be left out.
    Optional,
    /// It must be there.
    Required,
    /// It, or another of its table that is marked so.
    Any,
    /// Exactly one of those in its table that are marked so.
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

    /// The keys of the table that its value is or may be; empty where it is none.
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

    /// What its value must be, in the words of the errors of a rules file.
    pub fn expected(&self) -> String {
        let words = |words: &[Word]| words.iter().map(|word| format!("`{}`", word.word)).collect::<Vec<_>>().join(", ");
        match self.kind {
            KeyKind::Text => "a string in quotes".to_owned(),
            KeyKind::TextOrFalse => "a string in quotes, or false".to_owned(),
            KeyKind::Flag => "true or false".to_owned(),
            KeyKind::Number => "a whole number, 0 or more".to_owned(),
            KeyKind::Word(list) => format!("one of {}", words(list)),
            KeyKind::Texts | KeyKind::Words(_) => "a string in quotes or a list of them".to_owned(),
            KeyKind::TextOrTable(_) => "a string in quotes, or a table in braces".to_owned(),
            KeyKind::TextFalseOrTable(_) => "a string in quotes, false, or a table in braces".to_owned(),
            KeyKind::TextsOrTables(_) => "a string in quotes, a table in braces, or a list of them".to_owned(),
            KeyKind::WordOrTable(list, _) => {
                let quoted: Vec<_> = list.iter().map(|word| format!("\"{}\"", word.word)).collect();
                format!("a table in braces or {}", quoted.join(" or "))
            }
            KeyKind::Table(_) | KeyKind::Names(_) => "a table".to_owned(),
            KeyKind::Tables(_) => format!("a table headed [[{}]]", self.name),
        }
    }
}

impl Word {
    pub(super) const fn new(word: &'static str, about: &'static str) -> Self {
        Self { word, about }
    }
}
