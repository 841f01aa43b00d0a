//! What a file means: a mapping, read from TOML.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use situ_core::{
    AgeBand, AttackMode, Basis, Instant, Name, Outcome, PlaceId, PointPrecision, RetractionReason,
    Role, Sex, SituationId, SourceId, SourceKind, Text, When, WindowKind, Zone,
};

use crate::services::{self, ServiceRule};

/// What a file means: which records it holds, who publishes them, and which of their fields are figures.
///
/// It is read from TOML; see `docs/import.md` for every key.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The name of the dataset.
    pub(crate) dataset: Name,
    /// How the file is laid out.
    pub(crate) shape: Shape,
    pub(crate) situation: Situation,
    /// Who publishes the records.
    pub(crate) publisher: Described,
    #[serde(default)]
    pub(crate) sources: Vec<Described>,
    #[serde(default)]
    pub(crate) places: Vec<Place>,
    #[serde(default)]
    pub(crate) records: RecordRules,
    #[serde(default)]
    pub(crate) values: ValueRules,
    #[serde(default)]
    pub(crate) changes: Changes,
    /// The as-of of the figures; a mapping without figures needs none.
    pub(crate) as_of: Option<Moment>,
    /// Who claims the figures; absent: the publisher.
    pub(crate) claimed_by: Option<ClaimedBy>,
    /// Where records are attacks.
    pub(crate) attack: Option<Attack>,
    /// The place of a record, where its fields say it.
    pub(crate) location: Option<Location>,
    #[serde(default)]
    pub(crate) figures: Vec<FigureRule>,
    /// What records say of services.
    #[serde(default)]
    pub(crate) services: Vec<ServiceRule>,
    /// The ids of places by the names that fields hold; a name that is not here makes its own id.
    #[serde(default)]
    pub(crate) place_ids: BTreeMap<String, PlaceId>,
}

/// How a file, or each version of one, is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// The operations of a history, one JSON object a line.
    History,
    /// Rows under a row of names.
    Csv,
    /// Rows under a row of HXL tags, which name the columns.
    Hxl,
    /// JSON objects: one a line, or in one array.
    Json,
    /// Alerts of the Common Alerting Protocol, alone or in a feed such as Atom.
    Cap,
    /// Alerts of GTFS-Realtime, binary or JSON.
    #[serde(rename = "gtfs-rt")]
    GtfsRt,
    /// Road works of the Work Zone Data Exchange.
    Wzdx,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Situation {
    pub(crate) id: SituationId,
    pub(crate) title: Option<Name>,
    #[serde(with = "parsed")]
    pub(crate) zone: Zone,
    /// From when on the situation, its sources and its places are known.
    pub(crate) opened: Instant,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Described {
    pub(crate) id: SourceId,
    pub(crate) name: Option<Name>,
    #[serde(default = "unknown_kind")]
    pub(crate) kind: SourceKind,
    pub(crate) party: Option<Name>,
    /// Where it publishes.
    pub(crate) url: Option<Text>,
}

fn unknown_kind() -> SourceKind {
    SourceKind::Unknown
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Place {
    pub(crate) id: PlaceId,
    pub(crate) names: Vec<Name>,
    #[serde(default)]
    pub(crate) within: Vec<PlaceId>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RecordRules {
    /// The columns that make up a record's key, of a table.
    pub(crate) key: Vec<KeyColumn>,
    /// What stands between the cells of a CSV table; absent: a comma.
    pub(crate) separator: Option<char>,
    /// The names that lead to the rows in a file of JSON, with dots between; absent: the file is the rows.
    pub(crate) rows: Option<String>,
    /// The field that takes the names of JSON that rows lie under.
    pub(crate) named: Option<String>,
    /// Patterns of the names of fields that the publisher filled in; `*` stands for anything.
    pub(crate) derived: Vec<String>,
    /// Records of which every field was filled in.
    pub(crate) derived_where: Condition,
    /// Fields of some records that the publisher filled in.
    pub(crate) derived_if: Vec<DerivedIf>,
    /// When a row of a table became public.
    pub(crate) learnt: Option<Moment>,
    /// Other names of columns, old to new.
    pub(crate) rename: BTreeMap<String, String>,
}

impl RecordRules {
    /// The byte between cells.
    pub(crate) fn separator(&self) -> u8 {
        let separator = self.separator.map(u8::try_from);
        separator.and_then(Result::ok).unwrap_or(b',')
    }
}

/// A column of a key.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum KeyColumn {
    Whole(String),
    /// Only so many characters of it.
    Cut {
        field: String,
        first: usize,
    },
}

impl KeyColumn {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Whole(field) | Self::Cut { field, .. } => field,
        }
    }

    pub(crate) fn cut<'a>(&self, text: &'a str) -> &'a str {
        match self {
            Self::Whole(_) => text,
            Self::Cut { first, .. } => first_of(text, *first),
        }
    }
}

/// So many characters of a text.
pub(crate) fn first_of(text: &str, first: usize) -> &str {
    let end = text.char_indices().nth(first);
    end.map_or(text, |(end, _)| &text[..end])
}

/// Fields that were filled in where a record says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DerivedIf {
    pub(crate) fields: Vec<String>,
    #[serde(rename = "where")]
    pub(crate) where_: Condition,
}

/// Every field named holds one of the words, however they are spaced; `*` stands for anything.
pub(crate) type Condition = BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ValueRules {
    /// What stands for no value.
    pub(crate) absent: Vec<String>,
    /// What stands between groups of digits.
    pub(crate) group: Option<String>,
    /// Whether `12.0` is read as 12.
    pub(crate) whole_decimals: bool,
}

impl Default for ValueRules {
    fn default() -> Self {
        Self {
            absent: vec![String::new(), "NaN".to_owned()],
            group: None,
            whole_decimals: false,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Changes {
    #[serde(rename = "as")]
    pub(crate) as_: ChangeKind,
    /// Why a value that changed did not stand.
    pub(crate) reason: RetractionReason,
    /// Why a value that vanished does not.
    pub(crate) removed: RetractionReason,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            as_: ChangeKind::Correction,
            reason: RetractionReason::SourceError,
            removed: RetractionReason::Other,
        }
    }
}

/// What a changed value of a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangeKind {
    /// The earlier claim is retracted, and the new one named as its replacement.
    Correction,
    /// The same as-of stated again: the later one wins, and nothing is retracted.
    Revision,
}

/// Where a time stands in a record, and how it is written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Moment {
    /// The first of these fields that says something; absent: the record's key.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    /// How days are written, such as `%m/%d/%Y`; the first that fits is taken. Absent: as RFC 3339 or EDTF writes them.
    #[serde(default)]
    pub(crate) formats: Vec<String>,
    /// How many characters of it are the time; absent: all.
    pub(crate) first: Option<usize>,
    /// Where the end stands of a time that has one.
    pub(crate) until: Option<Box<Moment>>,
    /// How finely the time is known.
    pub(crate) precision: Option<Coded<TimePrecision>>,
}

/// A field whose words stand for something; a word that is not named stands for nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Coded<T> {
    pub(crate) field: String,
    pub(crate) words: BTreeMap<String, T>,
}

/// How finely a day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimePrecision {
    Day,
    /// Some day of a week that has the day in it.
    Week,
    /// Some day of its month.
    Month,
    /// Some day of its year.
    Year,
}

/// Where a record says its place.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Location {
    /// The fields with the names of the places, the innermost first; each lies in the next.
    pub(crate) names: Vec<String>,
    /// The field with the latitude of the innermost, in degrees.
    pub(crate) latitude: Option<String>,
    pub(crate) longitude: Option<String>,
    /// What the point stands for; where no word says so, there is none.
    pub(crate) precision: Option<Coded<PointPrecision>>,
}

/// Who claims the figures of a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaimedBy {
    /// The field that says who.
    pub(crate) field: Option<String>,
    /// Its words, and the sources they mean; a record that says nothing here claims nothing, one with another word is told.
    #[serde(default)]
    pub(crate) ids: BTreeMap<String, SourceId>,
    /// Always the same.
    pub(crate) id: Option<SourceId>,
    /// A field with the words the figures were taken from.
    pub(crate) words: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attack {
    pub(crate) mode: AttackMode,
    /// Where the fields say another mode.
    pub(crate) modes: Option<Coded<AttackMode>>,
    /// Only records that say this are attacks.
    #[serde(default, rename = "where")]
    pub(crate) where_: Condition,
    /// A field with the source's own words for it.
    pub(crate) words: Option<String>,
}

/// A figure of a record.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FigureRule {
    /// The first of these fields that says something: the names it has had.
    #[serde(default)]
    pub(crate) fields: Vec<String>,
    /// Fields that say the same of different places.
    #[serde(default)]
    pub(crate) places: BTreeMap<String, PlaceId>,
    /// Only of records that say this.
    #[serde(default, rename = "where")]
    pub(crate) where_: Condition,
    /// Not of records that say any of this.
    #[serde(default)]
    pub(crate) unless: Condition,
    /// The field with the least it may be; it goes with `high`.
    pub(crate) low: Option<String>,
    /// The field with the most it may be.
    pub(crate) high: Option<String>,
    /// What stands for no value in this figure, beside what does so everywhere.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
    pub(crate) outcome: Outcome,
    #[serde(default = "everyone")]
    pub(crate) who: Role,
    pub(crate) sex: Option<Sex>,
    pub(crate) age: Option<AgeBand>,
    #[serde(default = "reported")]
    pub(crate) basis: Basis,
    /// Where; absent: the whole situation.
    pub(crate) place: Option<PlaceId>,
    #[serde(default)]
    pub(crate) form: FormRule,
    #[serde(default)]
    pub(crate) scope: ScopeRule,
    pub(crate) period: PeriodRule,
    /// The first time counted, of a cumulative figure.
    #[serde(default, with = "parsed_option")]
    pub(crate) since: Option<When>,
    /// What a window counts.
    #[serde(default = "unstated")]
    pub(crate) counts: WindowKind,
    /// How long a window is.
    pub(crate) hours: Option<Hours>,
    /// The source's own words for the number or the people.
    pub(crate) words: Option<Text>,
}

fn everyone() -> Role {
    Role::All
}

fn reported() -> Basis {
    Basis::Reported
}

fn unstated() -> WindowKind {
    WindowKind::Unstated
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FormRule {
    #[default]
    Exactly,
    AtLeast,
    UpTo,
    About,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ScopeRule {
    #[default]
    All,
    Attacks,
    Operations,
    /// The attack the record is.
    Record,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeriodRule {
    Incident,
    Cumulative,
    Window,
}

/// How many hours a window has: a number, or the field that says it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Hours {
    Fixed(u32),
    Field(String),
}

mod parsed {
    use serde::{Deserialize as _, Deserializer, de::Error as _};

    pub(super) fn deserialize<'de, D, T>(deserializer: D) -> Result<T, D::Error>
    where
        D: Deserializer<'de>,
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

mod parsed_option {
    use serde::Deserializer;

    pub(super) fn deserialize<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
    where
        D: Deserializer<'de>,
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        super::parsed::deserialize(deserializer).map(Some)
    }
}

/// A mapping that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// It does not read as TOML, or has a key or word that no mapping has.
    #[error("{0}")]
    Toml(Box<toml::de::Error>),
    /// It asks for something that is not said.
    #[error("{0}")]
    Contradiction(String),
}

impl Mapping {
    /// Reads a mapping.
    ///
    /// # Errors
    /// Says which line cannot be used, and why.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        let mut mapping: Self =
            toml::from_str(text).map_err(|error| MappingError::Toml(Box::new(error)))?;
        services::complete(&mut mapping).map_err(MappingError::Contradiction)?;
        match mapping.contradiction() {
            Some(what) => Err(MappingError::Contradiction(what)),
            None => Ok(mapping),
        }
    }

    /// How the file is laid out.
    #[must_use]
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// The zone its days are counted in.
    #[must_use]
    pub const fn zone(&self) -> Zone {
        self.situation.zone
    }

    fn contradiction(&self) -> Option<String> {
        if self.as_of.is_none() && (!self.figures.is_empty() || self.attack.is_some()) {
            return Some("figures and attacks need [as_of]: the time they speak of".to_owned());
        }
        if matches!(self.shape, Shape::Csv | Shape::Hxl | Shape::Json)
            && self.records.key.is_empty()
        {
            return Some("a table needs records.key: the columns that name a record".to_owned());
        }
        let is_laid_out = self.records.rows.is_some() || self.records.named.is_some();
        if is_laid_out && self.shape != Shape::Json {
            return Some("records.rows and records.named are for JSON".to_owned());
        }
        if let Some(separator) = self.records.separator {
            let is_sign = separator.is_ascii() && !separator.is_ascii_alphanumeric();
            if !is_sign || "\"\r\n".contains(separator) {
                return Some("records.separator is one sign, such as \";\" or \"\\t\"".to_owned());
            }
            if self.shape != Shape::Csv {
                return Some("records.separator is for shape \"csv\"".to_owned());
            }
        }
        if self.location.as_ref().is_some_and(Location::is_halved) {
            return Some("a point needs latitude, longitude and precision".to_owned());
        }
        if let Some(claimed_by) = &self.claimed_by
            && claimed_by.field.is_some() == claimed_by.id.is_some()
        {
            return Some("claimed_by needs `id`, or `field` with `ids`, not both".to_owned());
        }
        let mut numbered = (1..).zip(&self.figures);
        numbered.find_map(|(number, figure)| {
            let wrong = figure.contradiction(self)?;
            Some(format!("figure {number}: {wrong}"))
        })
    }

    /// Whether the publisher filled the field in.
    pub(crate) fn is_derived(&self, field: &str) -> bool {
        self.records
            .derived
            .iter()
            .any(|pattern| is_like(pattern, field))
    }
}

impl Location {
    /// Whether a part of a point is not said.
    fn is_halved(&self) -> bool {
        let said = [
            self.latitude.is_some(),
            self.longitude.is_some(),
            self.precision.is_some(),
        ];
        said.contains(&true) && said.contains(&false)
    }
}

impl FigureRule {
    fn contradiction(&self, mapping: &Mapping) -> Option<String> {
        if self.fields.is_empty() == self.places.is_empty() {
            return Some("name its `fields`, or `places` with a field each, not both".to_owned());
        }
        if self.period == PeriodRule::Window && self.hours.is_none() {
            return Some("a window needs `hours`: a number, or the field that says it".to_owned());
        }
        if self.period != PeriodRule::Cumulative && self.since.is_some() {
            return Some("only a cumulative figure has `since`".to_owned());
        }
        if self.low.is_some() != self.high.is_some() {
            return Some("`low` and `high` go together".to_owned());
        }
        if self.low.is_some() && !matches!(self.form, FormRule::Exactly) {
            return Some("`low` and `high` say the form; leave `form` out".to_owned());
        }
        if self.scope == ScopeRule::Record && mapping.attack.is_none() {
            return Some("scope `record` needs [attack]: what the record is".to_owned());
        }
        let fields = self.fields.iter().chain(self.places.keys());
        let fields = fields.chain(&self.low).chain(&self.high);
        let derived = fields.into_iter().find(|field| mapping.is_derived(field))?;
        Some(format!(
            "`{derived}` is derived, and derived fields make no figure"
        ))
    }

    /// The fields of each place it speaks of.
    pub(crate) fn spread(&self) -> Vec<(&[String], Option<&PlaceId>)> {
        if self.places.is_empty() {
            return vec![(&self.fields, self.place.as_ref())];
        }
        let spread = self.places.iter();
        spread
            .map(|(field, place)| (std::slice::from_ref(field), Some(place)))
            .collect()
    }
}

/// Whether a record fulfils a condition, by what its fields say.
pub(crate) fn holds<'a>(
    condition: &Condition,
    text: impl Fn(&str) -> Option<Cow<'a, str>>,
) -> bool {
    let mut fields = condition.iter();
    fields.all(|(field, words)| says(text(field), words))
}

/// Whether a record fulfils any part of a condition.
pub(crate) fn holds_any<'a>(
    condition: &Condition,
    text: impl Fn(&str) -> Option<Cow<'a, str>>,
) -> bool {
    let mut fields = condition.iter();
    fields.any(|(field, words)| says(text(field), words))
}

/// Whether a field says one of some words, but for spaces.
fn says(said: Option<Cow<'_, str>>, words: &[String]) -> bool {
    let spaced = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    said.is_some_and(|said| {
        let said = spaced(&said);
        words.iter().any(|word| is_like(&spaced(word), &said))
    })
}

/// Whether a name is like a pattern, in which `*` stands for anything.
fn is_like(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut pieces = pieces.peekable();
    if pieces.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(piece) = pieces.next() {
        if pieces.peek().is_none() {
            return rest.ends_with(piece);
        }
        let Some(at) = rest.find(piece) else {
            return false;
        };
        rest = &rest[at + piece.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = r#"
dataset = "floods"
shape = "csv"
[situation]
id = "floods"
zone = "Asia/Dhaka"
opened = "2026-01-01T00:00:00Z"
[publisher]
id = "disaster-desk"
[records]
key = ["day"]
derived = ["ext_*"]
[as_of]
fields = ["day"]
"#;

    fn check(more: &str, expected: Result<(), &str>) {
        let read = Mapping::from_toml(&format!("{PLAIN}{more}"));
        match (read, expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(expected)) => {
                let said = error.to_string();
                assert!(said.contains(expected), "{said}");
            }
            (read, expected) => panic!("{read:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn a_mapping_says_what_it_lacks() {
        let figure = "[[figures]]\noutcome = \"killed\"\n";
        check(
            &format!("{figure}fields = [\"dead\"]\nperiod = \"cumulative\"\n"),
            Ok(()),
        );
        check(
            &format!("{figure}period = \"cumulative\"\n"),
            Err("figure 1: name its `fields`"),
        );
        check(
            &format!("{figure}fields = [\"dead\"]\nperiod = \"window\"\n"),
            Err("figure 1: a window needs `hours`"),
        );
        check(
            &format!("{figure}fields = [\"ext_dead\"]\nperiod = \"cumulative\"\n"),
            Err("`ext_dead` is derived"),
        );
        check(
            &format!("{figure}fields = [\"dead\"]\nperiod = \"cumulative\"\nscope = \"record\"\n"),
            Err("scope `record` needs [attack]"),
        );
        let bounded = "fields = [\"dead\"]\nperiod = \"incident\"\nlow = \"least\"\n";
        check(
            &format!("{figure}{bounded}"),
            Err("figure 1: `low` and `high` go together"),
        );
        check(
            &format!("{figure}{bounded}high = \"most\"\nform = \"about\"\n"),
            Err("figure 1: `low` and `high` say the form"),
        );
        check(
            &format!("{figure}{bounded}high = \"ext_most\"\n"),
            Err("`ext_most` is derived"),
        );
        check(
            "[location]\nnames = [\"town\"]\nlatitude = \"lat\"\n",
            Err("a point needs latitude, longitude and precision"),
        );
        check("[figure]\n", Err("unknown field `figure`"));
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, is) in [
            ("ext_*", "ext_killed", true),
            ("ext_*", "text_killed", false),
            ("*.ext_*", "residential.ext_destroyed", true),
            ("*.ext_*", "residential.destroyed", false),
            ("killed", "killed", true),
            ("killed", "killed_cum", false),
            ("*_cum", "killed_cum", true),
            ("a*b*c", "a-b-b-c", true),
        ] {
            assert_eq!(is_like(pattern, name), is, "{pattern} {name}");
        }
    }
}
