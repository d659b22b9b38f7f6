//! The macros that generate code from the table of settings.

/// Expands to the type of a setting's value.
macro_rules! value_of {
    (one $value:ty) => { Option<$value> };
    (set $value:ty) => { BTreeSet<$value> };
    (map $key:ty => $value:ty) => { BTreeMap<$key, $value> };
    (switches) => { BTreeMap<LicenseKey, BTreeSet<String>> };
}

/// Expands to the type of a setting's change.
macro_rules! change_of {
    (one $value:ty) => { Option<Change<$value>> };
    (set $value:ty) => { SetChange<$value> };
    (map $key:ty => $value:ty) => { BTreeMap<$key, Change<$value>> };
    (switches) => { BTreeMap<LicenseKey, SetChange<String>> };
}

/// Expands to the type that a change is deserialized into, before the proof of complete reads is checked.
macro_rules! read_of {
    (one $value:ty) => { Option<ChangeRead<$value>> };
    (set $value:ty) => { SetRead<$value> };
    (map $key:ty => $value:ty) => { BTreeMap<$key, ChangeRead<$value>> };
    (switches) => { BTreeMap<LicenseKey, SetRead<String>> };
}

/// Expands to an `Option` for an optional part of a row.
macro_rules! option {
    () => { None };
    ($($value:tt)+) => { Some($($value)+) };
}

/// Expands to the first argument. The second only makes the expansion depend on an optional part of a row.
macro_rules! first {
    ($first:expr, $second:literal) => {
        $first
    };
}

/// Generates the types of settings from the table in the parent module.
macro_rules! settings {
    (
        fields { $($field:ident = $field_word:literal, $field_doc:literal;)* }
        features { $($feature:ident = $feature_word:literal, $feature_doc:literal;)* }
        settings { $(
            $(#[$doc:meta])*
            $name:ident / $change:ident: $shape:tt {
                field $at:ident $(= $word:literal)?;
                feature $own:ident = $own_word:literal;
                shown $shown:literal;
                $(exclusive $exclusive:literal;)?
                $(listed $listed:ident;)?
                $(key $form:ident, $about:literal, $example:literal;)?
                $(named $named:ident = $named_word:literal, $named_about:literal, $named_example:literal;)?
            }
        )* }
    ) => {
        /// A field of a user, as named in rules and reasons.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Field {
            $(#[doc = $field_doc] $field,)*
            $($(#[doc = concat!("The setting `", $word, "`.")] $at,)?)*
            $($(#[doc = concat!("The key `", $named_word, "`.")] $named,)?)*
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$field,)* $($(first!(Self::$at, $word),)?)* $($(Self::$named,)?)*];

            /// The word used in rules files.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$field => $field_word,)*
                    $($(Self::$at => $word,)?)*
                    $($(Self::$named => $named_word,)?)*
                }
            }
        }

        /// An optional part of an account, besides users with an e-mail address and a name.
        ///
        /// A target claims the features that it supports ([`Capabilities`](crate::target::Capabilities)). A feature that is not
        /// supported is treated as absent when reading and rejected when writing.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum Feature {
            $(#[doc = $feature_doc] $feature,)*
            $(#[doc = concat!("The setting [`", stringify!($name), "`](UserSettings::", stringify!($name), ").")] $own,)*
        }

        impl Feature {
            /// Every feature.
            pub const ALL: &'static [Self] = &[$(Self::$feature,)* $(Self::$own,)*];

            /// The words used in output.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$feature => $feature_word,)*
                    $(Self::$own => $own_word,)*
                }
            }
        }

        impl Setting {
            /// Every setting, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self {
                field: Field::$at,
                feature: Feature::$own,
                arity: <value_of!$shape as Shape>::ARITY,
                exclusive: option!($($exclusive)?),
                listed: option!($(Listed::$listed)?),
                shown: $shown,
                key: option!($(ExpressionKey {
                    field: Field::$at,
                    arity: <value_of!$shape as Shape>::ARITY,
                    form: Form::$form,
                    about: $about,
                    example: $example,
                })?),
                named: option!($(ExpressionKey {
                    field: Field::$named,
                    arity: Arity::One,
                    form: Form::Any,
                    about: $named_about,
                    example: $named_example,
                })?),
            }),*];
        }

        /// The optional settings of a user. Most users have few or none.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct UserSettings {
            $($(#[$doc])* #[serde(skip_serializing_if = "Shape::is_absent")] pub $name: value_of!$shape,)*
        }

        impl UserSettings {
            /// The settings of a user without any.
            pub const NONE: &'static Self = &Self { $($name: <value_of!$shape as Shape>::ABSENT),* };

            /// Returns all values that only one user can have at a time.
            pub fn exclusive(&self) -> Vec<Exclusive> {
                let mut all = Vec::new();
                $($(for value in self.$name.names() {
                    all.push(Exclusive { what: $exclusive, value: value.into() });
                })?)*
                all
            }

            /// Returns the features that a target must support for these settings.
            pub fn features(&self) -> Vec<Feature> {
                let mut features = Vec::new();
                $(if !self.$name.is_absent() {
                    features.push(Feature::$own);
                })*
                features
            }

            /// Clears every setting whose feature `keeps` rejects.
            pub fn retain(&mut self, keeps: impl Fn(Feature) -> bool) {
                $(if !keeps(Feature::$own) {
                    self.$name = <value_of!$shape as Shape>::ABSENT;
                })*
            }

            /// Returns `true` if something that a user has now is missing or switched off in these settings.
            pub(crate) fn loses(&self, now: &Self) -> bool {
                false $(|| self.$name.loses(&now.$name))*
            }

            /// Adds back everything that a user has now and these settings lack.
            pub(crate) fn keep(&mut self, now: &Self) {
                $(self.$name.keep(&now.$name);)*
            }

            /// Calls a function for each value with the setting, the part that the value belongs to (if there are several), and the text.
            pub(crate) fn each(&self, mut visit: impl FnMut(&'static Setting, Option<&str>, &str)) {
                let mut settings = Self::rows();
                $(if let Some(setting) = settings.next() {
                    self.$name.each(&mut |part, value| visit(setting, part, value));
                })*
            }

            /// Sets a setting from texts, one for each value; texts that cannot be parsed are ignored. Settings with values by name
            /// cannot be set this way.
            pub(crate) fn put(&mut self, field: Field, values: &[&str]) {
                match field {
                    $($(Field::$at => first!(self.$name.put(values), $word),)?)*
                    _ => {}
                }
            }

            /// Returns the values of a setting as texts; for values by name, their names.
            pub(crate) fn names(&self, field: Field) -> Vec<String> {
                match field {
                    $($(Field::$at => first!(self.$name.names(), $word),)?)*
                    _ => Vec::new(),
                }
            }

            fn rows() -> std::slice::Iter<'static, Setting> {
                Setting::ALL.iter()
            }
        }

        /// The changes to the settings of one user; settings without a change stay as they are.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct SettingsChanges {
            $($(#[$doc])* #[serde(skip_serializing_if = "super::change::is_unchanged")] pub $change: change_of!$shape,)*
            /// The voicemail settings of a new extension. They cannot be read back, so they are set before the user gets the
            /// extension: if the extension has arrived, they have, too.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub voicemail: Option<Voicemail>,
        }

        impl SettingsChanges {
            /// Returns the changes that give these settings to a user without any. They switch nothing off, because that takes
            /// something away, and a new user has nothing to lose.
            pub fn making(settings: &UserSettings) -> Self {
                Self { $($change: settings.$name.making(),)* voicemail: None }
            }

            /// Returns the changes from one state of the settings to another.
            pub fn between(whole: Whole<'_>, before: &UserSettings, after: &UserSettings) -> Self {
                Self::with(&mut Evidence::new(Some(whole)), before, after)
            }

            /// Returns the changes from one state of the settings to another, without those that need a missing proof.
            pub(crate) fn with(evidence: &mut Evidence<'_>, before: &UserSettings, after: &UserSettings) -> Self {
                Self {
                    $($change: before.$name.between(&after.$name, Field::$at, evidence),)*
                    voicemail: None,
                }
            }

            /// Returns `true` if nothing changes.
            pub fn is_empty(&self) -> bool {
                self.voicemail.is_none() $(&& super::change::is_unchanged(&self.$change))*
            }

            /// Returns all changes as text: settings with a single value first, in the order of the table.
            pub(super) fn list(&self) -> Vec<FieldChange<'_>> {
                let mut list = Vec::new();
                for arity in [Arity::One, Arity::Several] {
                    $(if <value_of!$shape as Shape>::ARITY == arity {
                        <value_of!$shape as Shape>::list(&self.$change, Field::$at, &mut list);
                    })*
                }
                list.extend(self.voicemail.as_ref().map(|own| FieldChange::coming(Field::Voicemail, own.to_string())));
                list
            }

            /// Returns the first field that no longer has the value from before the changes.
            pub(super) fn stale(&self, now: &UserSettings) -> Option<Field> {
                $(if now.$name.is_stale(&self.$change) {
                    return Some(Field::$at);
                })*
                None
            }

            /// Returns `true` if all changes have been made to the settings.
            pub(super) fn has_arrived(&self, now: &UserSettings) -> bool {
                true $(&& now.$name.has_arrived(&self.$change))*
            }

            /// Applies the changes to settings.
            pub(super) fn apply_to(&self, settings: &mut UserSettings) {
                $(settings.$name.apply(&self.$change);)*
            }

            /// Returns the features that a target must support to make these changes.
            pub fn features(&self) -> Vec<Feature> {
                let mut features = Vec::new();
                $(if !super::change::is_unchanged(&self.$change) {
                    features.push(Feature::$own);
                })*
                features.extend(self.voicemail.as_ref().map(|_| Feature::Voicemail));
                features
            }

            /// Returns all added values that only one user can have at a time.
            pub(crate) fn exclusive(&self) -> Vec<Exclusive> {
                let mut all = Vec::new();
                $($(for value in <value_of!$shape as Shape>::coming(&self.$change) {
                    all.push(Exclusive { what: $exclusive, value: value.into() });
                })?)*
                all
            }

            /// Returns the added values that must be in the account's catalog.
            pub(crate) fn listed(&self) -> Vec<(Listed, String)> {
                let mut all = Vec::new();
                $($(all.extend(<value_of!$shape as Shape>::coming(&self.$change).into_iter().map(|value| (Listed::$listed, value)));)?)*
                all
            }
        }

        /// Deserialized changes that have not been built yet.
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct SettingsRead {
            $($change: read_of!$shape,)*
            voicemail: Option<Voicemail>,
        }

        impl SettingsRead {
            /// Builds the changes with the regular constructors.
            pub(crate) fn build(self, whole: Option<Whole<'_>>) -> Result<SettingsChanges, Unproven> {
                Ok(SettingsChanges {
                    $($change: <value_of!$shape as Shape>::build(self.$change, whole)?,)*
                    voicemail: self.voicemail,
                })
            }
        }
    };
}

pub(super) use {change_of, first, option, read_of, settings, value_of};
