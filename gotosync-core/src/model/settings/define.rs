//! What a row of the table of settings becomes.

/// The type of a setting's value.
macro_rules! value_of {
    (one $value:ty) => { Option<$value> };
    (set $value:ty) => { BTreeSet<$value> };
    (map $key:ty => $value:ty) => { BTreeMap<$key, $value> };
    (switches) => { BTreeMap<LicenseKey, BTreeSet<String>> };
}

/// The type of a setting's change.
macro_rules! change_of {
    (one $value:ty) => { Option<Change<$value>> };
    (set $value:ty) => { SetChange<$value> };
    (map $key:ty => $value:ty) => { BTreeMap<$key, Change<$value>> };
    (switches) => { BTreeMap<LicenseKey, SetChange<String>> };
}

/// The type in which a change is read from text, before there is evidence for it.
macro_rules! read_of {
    (one $value:ty) => { Option<ChangeRead<$value>> };
    (set $value:ty) => { SetRead<$value> };
    (map $key:ty => $value:ty) => { BTreeMap<$key, ChangeRead<$value>> };
    (switches) => { BTreeMap<LicenseKey, SetRead<String>> };
}

/// An optional part of a row.
macro_rules! option {
    () => { None };
    ($($value:tt)+) => { Some($($value)+) };
}

/// The first of two things; the second says only that there is something to say.
macro_rules! first {
    ($first:expr, $second:literal) => {
        $first
    };
}

/// Makes the types of settings from their table: see the module that uses it.
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
        /// A field of a user, as rules and reasons name it.
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

            /// Returns the word as a rules file writes it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$field => $field_word,)*
                    $($(Self::$at => $word,)?)*
                    $($(Self::$named => $named_word,)?)*
                }
            }
        }

        /// Something that an account may have besides users with an address and a name.
        ///
        /// A target claims the features it has ([`Capabilities`](crate::target::Capabilities)); whatever it does not claim is
        /// read as absent, and refused when it is written.
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

            /// Returns the words used in output.
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

        /// Settings of a user. Most users have few of them or none.
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct UserSettings {
            $($(#[$doc])* #[serde(skip_serializing_if = "Shape::is_absent")] pub $name: value_of!$shape,)*
        }

        impl UserSettings {
            /// The settings of a user who has none.
            pub const NONE: &'static Self = &Self { $($name: <value_of!$shape as Shape>::ABSENT),* };

            /// Returns everything that no other user can have at the same time.
            pub fn exclusive(&self) -> Vec<Exclusive> {
                let mut all = Vec::new();
                $($(for value in self.$name.names() {
                    all.push(Exclusive { what: $exclusive, value: value.into() });
                })?)*
                all
            }

            /// Returns what a target must claim to have these settings.
            pub fn features(&self) -> Vec<Feature> {
                let mut features = Vec::new();
                $(if !self.$name.is_absent() {
                    features.push(Feature::$own);
                })*
                features
            }

            /// Takes out every setting whose feature is not kept.
            pub fn retain(&mut self, keeps: impl Fn(Feature) -> bool) {
                $(if !keeps(Feature::$own) {
                    self.$name = <value_of!$shape as Shape>::ABSENT;
                })*
            }

            /// Says whether something that a user has now is missing in these settings, or switched off.
            pub(crate) fn loses(&self, now: &Self) -> bool {
                false $(|| self.$name.loses(&now.$name))*
            }

            /// Puts back whatever a user has now and these settings lack.
            pub(crate) fn keep(&mut self, now: &Self) {
                $(self.$name.keep(&now.$name);)*
            }

            /// Calls a function with each value: the setting, the part it belongs to where there are several, and the text.
            pub(crate) fn each(&self, mut visit: impl FnMut(&'static Setting, Option<&str>, &str)) {
                let mut settings = Self::rows();
                $(if let Some(setting) = settings.next() {
                    self.$name.each(&mut |part, value| visit(setting, part, value));
                })*
            }

            /// Sets a setting from texts, one for each value: text that has another form than the setting is left out. Values
            /// by name cannot be set so.
            pub(crate) fn put(&mut self, field: Field, values: &[&str]) {
                match field {
                    $($(Field::$at => first!(self.$name.put(values), $word),)?)*
                    _ => {}
                }
            }

            /// Returns the values of a setting as texts: values by name, by their names.
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

        /// What changes about the settings of one user; what is absent stays.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct SettingsChanges {
            $($(#[$doc])* #[serde(skip_serializing_if = "super::change::is_unchanged")] pub $change: change_of!$shape,)*
            /// The voicemail of a new extension. It is set before the extension is the user's, since it cannot be read: once the
            /// extension has arrived, the voicemail has.
            #[serde(skip_serializing_if = "Option::is_none")]
            pub voicemail: Option<Voicemail>,
        }

        impl SettingsChanges {
            /// Returns the changes that bring these settings to a user who has none. Nothing is switched off by them: that takes
            /// something away, and a new user has nothing to lose.
            pub fn making(settings: &UserSettings) -> Self {
                Self { $($change: settings.$name.making(),)* voicemail: None }
            }

            /// Returns the changes that lead from some settings to others.
            pub fn between(whole: Whole<'_>, before: &UserSettings, after: &UserSettings) -> Self {
                Self::with(&mut Evidence::new(Some(whole)), before, after)
            }

            /// Returns the changes that lead from some settings to others, as far as there is evidence for them.
            pub(crate) fn with(evidence: &mut Evidence<'_>, before: &UserSettings, after: &UserSettings) -> Self {
                Self {
                    $($change: before.$name.between(&after.$name, Field::$at, evidence),)*
                    voicemail: None,
                }
            }

            /// Says whether nothing changes.
            pub fn is_empty(&self) -> bool {
                self.voicemail.is_none() $(&& super::change::is_unchanged(&self.$change))*
            }

            /// Returns each change as text: settings with one value first, in the order of the table.
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

            /// Returns the first field that is no longer as it was before.
            pub(super) fn stale(&self, now: &UserSettings) -> Option<Field> {
                $(if now.$name.is_stale(&self.$change) {
                    return Some(Field::$at);
                })*
                None
            }

            /// Says whether the settings are as after the change.
            pub(super) fn has_arrived(&self, now: &UserSettings) -> bool {
                true $(&& now.$name.has_arrived(&self.$change))*
            }

            /// Changes settings accordingly.
            pub(super) fn apply_to(&self, settings: &mut UserSettings) {
                $(settings.$name.apply(&self.$change);)*
            }

            /// Returns what a target must claim to take these changes.
            pub fn features(&self) -> Vec<Feature> {
                let mut features = Vec::new();
                $(if !super::change::is_unchanged(&self.$change) {
                    features.push(Feature::$own);
                })*
                features.extend(self.voicemail.as_ref().map(|_| Feature::Voicemail));
                features
            }

            /// Returns everything that comes and that no other user can have at the same time.
            pub(crate) fn exclusive(&self) -> Vec<Exclusive> {
                let mut all = Vec::new();
                $($(for value in <value_of!$shape as Shape>::coming(&self.$change) {
                    all.push(Exclusive { what: $exclusive, value: value.into() });
                })?)*
                all
            }

            /// Returns the values that come and must be in the account's catalog.
            pub(crate) fn listed(&self) -> Vec<(Listed, String)> {
                let mut all = Vec::new();
                $($(all.extend(<value_of!$shape as Shape>::coming(&self.$change).into_iter().map(|value| (Listed::$listed, value)));)?)*
                all
            }
        }

        /// Changes as they are read from text.
        #[derive(Default, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub(crate) struct SettingsRead {
            $($change: read_of!$shape,)*
            voicemail: Option<Voicemail>,
        }

        impl SettingsRead {
            /// Builds the changes by the constructors that everybody uses.
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
