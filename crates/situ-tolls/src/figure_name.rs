//! The name of a figure: which people, where, of whose harm, how known, over which time.

use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use situ_core::{
    AgeBand, Basis, Figure, Harm, HarmError, IdError, Outcome, Period, PlaceId, Role, Sex,
    UnknownWord, When, WhenError, Who, WindowKind, Zone,
};

/// What one asks about, in a text that is short, stable and readable: `killed/civilian/child@quetta/since:2026-01-31[Asia/Karachi]`.
///
/// The form is `OUTCOME/ROLE[/SEX][/AGE][@PLACE[+PLACE…]][/SCOPE][/BASIS][/PERIOD]`. What is left out is any sex and age, the whole
/// situation, all harm, `reported`, and a running count since whenever it was said. The period is `incident`, `since:WHEN` for a
/// running count, or `occurrence:WHEN`, `reporting:WHEN` or `unstated:WHEN` for a window that starts then. A name is printed in
/// one way. It is read with its words in any order, but for the outcome, which comes first, and the start, which runs to the end.
///
/// In a place, ASCII other than letters, digits and `- . _ : , =` is percent-encoded, so that a name without a zone needs no quotes
/// in a shell. A zone does: [`FigureName::display_in`] leaves it out where it is the reader's own, [`FigureName::parse_in`] puts it
/// back. Two names that tell one start in different words (a day; the instants it runs between) are different names.
///
/// ```
/// use situ_core::Zone;
/// use situ_tolls::FigureName;
///
/// let karachi: Zone = "Asia/Karachi".parse()?;
/// let name = FigureName::parse_in("killed/child/civilian@quetta/since:2026-01-31", karachi)?;
/// assert_eq!(name.to_string(), "killed/civilian/child@quetta/since:2026-01-31[Asia/Karachi]");
/// assert_eq!(name.display_in(karachi).to_string(), "killed/civilian/child@quetta/since:2026-01-31");
/// assert_eq!(name.without_start().to_string(), "killed/civilian/child@quetta");
/// assert_eq!("killed".parse(), "killed/all".parse::<FigureName>());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FigureName {
    /// What became of the people.
    pub outcome: Outcome,
    /// Which people.
    pub who: Who,
    /// Whose harm.
    pub scope: Harm,
    /// Where, sorted and each once; empty means the whole situation.
    pub places: Vec<PlaceId>,
    /// How it is known.
    pub basis: Basis,
    /// Over which time; a running count without a start is one since whenever it was said.
    pub period: Period,
}

/// A text that names no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FigureNameError {
    /// The first word is no outcome.
    #[error("{0}; a figure is named OUTCOME/PEOPLE, such as killed/civilian")]
    Outcome(UnknownWord),
    /// A word that means nothing.
    #[error(
        "unknown word `{word}` in a figure; after the outcome come people ({people}), a scope (attacks, operations, event:ID), \
         a basis ({basis}), and last a period (incident, since:DAY, occurrence:DAY, reporting:DAY, unstated:DAY)",
        people = listed(Role::ALL.iter().map(|word| word.as_str())
            .chain(Sex::ALL.iter().map(|word| word.as_str()))
            .chain(AgeBand::ALL.iter().map(|word| word.as_str()))),
        basis = listed(Basis::ALL.iter().map(|word| word.as_str())),
    )]
    Word {
        /// The word.
        word: String,
    },
    /// Nothing stands between two slashes, or before or after one.
    #[error("a word is missing in `{0}`; write one slash between two words, and none at the end")]
    NoWord(String),
    /// Something can be said once only.
    #[error("`{word}` says for a second time {what} a figure counts; name one figure at a time")]
    Twice {
        /// What is said twice.
        what: &'static str,
        /// The second word.
        word: String,
    },
    /// `event:` without an id.
    #[error(transparent)]
    Scope(#[from] HarmError),
    /// A place that cannot be one.
    #[error("`@{places}` names no places: {because}; write @quetta, or @quetta+nushki")]
    Place {
        /// What was read, up to the next slash.
        places: String,
        /// What is wrong with it.
        because: PlaceError,
    },
    /// A period without its start.
    #[error("`{period}` does not say from when; write {period}:2026-01-31")]
    NoStart {
        /// The kind of period.
        period: String,
    },
    /// A period whose start tells no time.
    #[error("cannot read from when the figure counts: {0}")]
    Start(#[from] WhenError),
    /// Something else follows the period.
    #[error("`{word}` stands behind the start of the period; write {period}:… last")]
    NotLast {
        /// The kind of period.
        period: &'static str,
        /// What follows it.
        word: String,
    },
}

/// Why a text is no place of a figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Nothing between two signs.
    #[error("one is empty")]
    Empty,
    /// `@` between two places, or within one.
    #[error("a second @ (write + between two places, and %40 for an @ within one)")]
    SecondAt,
    /// `%` without two hexadecimal digits, or bytes that are no text.
    #[error("`{0}` is not percent-encoded (write %25 for a %)")]
    Encoding(String),
    /// The rules of every id.
    #[error(transparent)]
    Id(#[from] IdError),
}

impl FigureName {
    /// The name of the cell a claim counts, with its start.
    #[must_use]
    pub fn of(figure: &Figure) -> Self {
        Self {
            outcome: figure.outcome,
            who: figure.who(),
            scope: figure.scope,
            places: sorted(figure.places.clone()),
            basis: figure.basis,
            period: figure.period.clone(),
        }
    }

    /// The same figure since whenever it was said; only running counts have a start that can be left open.
    #[must_use]
    pub fn without_start(mut self) -> Self {
        if let Period::Cumulative { since } = &mut self.period {
            *since = None;
        }
        self
    }

    /// From when it counts, where its name says so.
    pub(crate) const fn start(&self) -> Option<&When> {
        match &self.period {
            Period::Cumulative { since } => since.as_ref(),
            Period::Window { from, .. } => Some(from),
            Period::Incident => None,
        }
    }

    /// The name as somebody in `zone` types it: without the zone of its start, where it is theirs.
    #[must_use]
    pub fn display_in(&self, zone: Zone) -> impl fmt::Display + '_ {
        InZone { name: self, zone }
    }

    /// Reads a name typed by somebody in `zone`, where a start without a zone is counted.
    ///
    /// # Errors
    /// When `text` names no figure; the message says what to write.
    pub fn parse_in(text: &str, zone: Zone) -> Result<Self, FigureNameError> {
        parse(text, |when| when_in(when, zone))
    }

    fn write<'a>(
        &'a self,
        f: &mut fmt::Formatter<'_>,
        show: impl Fn(&'a When) -> &'a str,
    ) -> fmt::Result {
        write!(f, "{}/{}", self.outcome, self.who.role)?;
        if let Some(sex) = self.who.sex {
            write!(f, "/{sex}")?;
        }
        if let Some(age) = self.who.age {
            write!(f, "/{age}")?;
        }
        for (index, place) in sorted(self.places.clone()).iter().enumerate() {
            f.write_char(if index == 0 { '@' } else { '+' })?;
            encode(place, f)?;
        }
        if self.scope != Harm::All {
            write!(f, "/{}", self.scope)?;
        }
        if self.basis != Basis::Reported {
            write!(f, "/{}", self.basis)?;
        }
        match &self.period {
            Period::Cumulative { since: None } => Ok(()),
            Period::Cumulative { since: Some(since) } => write!(f, "/since:{}", show(since)),
            Period::Window { counts, from } => write!(f, "/{counts}:{}", show(from)),
            Period::Incident => f.write_str("/incident"),
        }
    }

    /// Names sort as figures do in an answer.
    fn key(&self) -> impl Ord + Hash + '_ {
        let (rank, start) = match &self.period {
            Period::Cumulative { since } => (0, since.as_ref()),
            Period::Incident => (1, None),
            Period::Window { counts, from } => (2 + *counts as u8, Some(from)),
        };
        let start = start.map(When::as_str);
        (
            self.outcome,
            rank,
            self.scope,
            &self.places,
            self.basis,
            self.who,
            start,
        )
    }
}

impl fmt::Display for FigureName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, When::as_str)
    }
}

struct InZone<'a> {
    name: &'a FigureName,
    zone: Zone,
}

impl fmt::Display for InZone<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.write(f, |when| {
            let bare = when.edtf();
            let is_clear = when_in(bare, self.zone).is_ok_and(|read| read == *when);
            if is_clear { bare } else { when.as_str() }
        })
    }
}

impl FromStr for FigureName {
    type Err = FigureNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        parse(text, str::parse)
    }
}

impl Serialize for FigureName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FigureName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl PartialOrd for FigureName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for FigureName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for FigureName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

/// Reads a time that may leave out the zone it is counted in.
fn when_in(text: &str, zone: Zone) -> Result<When, WhenError> {
    match text.parse() {
        Err(WhenError::NoZone(_)) => format!("{text}[{zone}]").parse(),
        read => read,
    }
}

fn parse(
    text: &str,
    when: impl Fn(&str) -> Result<When, WhenError>,
) -> Result<FigureName, FigureNameError> {
    let end = text.find(['/', '@']).unwrap_or(text.len());
    let outcome = text[..end].parse().map_err(FigureNameError::Outcome)?;
    let mut said = Said::default();
    let (places, mut rest) = split(&text[end..], '/');
    if let Some(places) = places.strip_prefix('@') {
        said.places(places)?;
    }
    while let Some(unread) = rest {
        if let Some((period, start)) = period(unread) {
            said.period(period, start, when)?;
            break;
        }
        let (segment, tail) = split(unread, '/');
        let (word, places) = split(segment, '@');
        if word.is_empty() {
            return Err(FigureNameError::NoWord(text.to_owned()));
        }
        said.word(word)?;
        if let Some(places) = places {
            said.places(places)?;
        }
        rest = tail;
    }
    Ok(said.of(outcome))
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

/// The kinds of period that name a start; a running count is no window.
const PERIODS: [(&str, Option<WindowKind>); 4] = [
    ("since", None),
    ("occurrence", Some(WindowKind::Occurrence)),
    ("reporting", Some(WindowKind::Reporting)),
    ("unstated", Some(WindowKind::Unstated)),
];

/// The period at the start of `text` and the rest of it: EDTF may hold slashes, so it runs to the end.
fn period(text: &str) -> Option<((&'static str, Option<WindowKind>), &str)> {
    PERIODS.into_iter().find_map(|period| {
        let start = text.strip_prefix(period.0)?.strip_prefix(':')?;
        Some((period, start))
    })
}

/// What has been read of a name behind its outcome.
#[derive(Default)]
struct Said {
    role: Option<Role>,
    sex: Option<Sex>,
    age: Option<AgeBand>,
    places: Option<Vec<PlaceId>>,
    scope: Option<Harm>,
    basis: Option<Basis>,
    period: Option<Period>,
}

impl Said {
    fn word(&mut self, word: &str) -> Result<(), FigureNameError> {
        // Everyone, and everyone's harm: people are named first.
        if word == "all" && self.role.is_some() {
            return once(&mut self.scope, Harm::All, "whose harm", word);
        }
        if let Ok(role) = word.parse() {
            once(&mut self.role, role, "which role", word)
        } else if let Ok(sex) = word.parse() {
            once(&mut self.sex, sex, "which sex", word)
        } else if let Ok(age) = word.parse() {
            once(&mut self.age, age, "which age band", word)
        } else if let Ok(basis) = word.parse() {
            once(&mut self.basis, basis, "on which basis", word)
        } else if word == "incident" {
            once(&mut self.period, Period::Incident, "over which time", word)
        } else if matches!(word, "attacks" | "operations") || word.starts_with("event:") {
            once(&mut self.scope, word.parse()?, "whose harm", word)
        } else if PERIODS.iter().any(|(period, _)| *period == word) {
            let period = word.to_owned();
            Err(FigureNameError::NoStart { period })
        } else {
            let word = word.to_owned();
            Err(FigureNameError::Word { word })
        }
    }

    fn period(
        &mut self,
        (period, counts): (&'static str, Option<WindowKind>),
        start: &str,
        when: impl Fn(&str) -> Result<When, WhenError>,
    ) -> Result<(), FigureNameError> {
        if start.is_empty() {
            let period = period.to_owned();
            return Err(FigureNameError::NoStart { period });
        }
        let start = when(start).map_err(|error| match behind(start) {
            Some(word) => FigureNameError::NotLast {
                period,
                word: word.to_owned(),
            },
            None => FigureNameError::Start(error),
        })?;
        let read = match counts {
            Some(counts) => Period::Window {
                counts,
                from: start,
            },
            None => Period::Cumulative { since: Some(start) },
        };
        once(&mut self.period, read, "over which time", period)
    }

    fn places(&mut self, text: &str) -> Result<(), FigureNameError> {
        let read = read_places(text).map_err(|because| FigureNameError::Place {
            places: text.to_owned(),
            because,
        })?;
        once(&mut self.places, read, "where", &format!("@{text}"))
    }

    fn of(self, outcome: Outcome) -> FigureName {
        FigureName {
            outcome,
            who: Who {
                role: self.role.unwrap_or(Role::All),
                sex: self.sex,
                age: self.age,
            },
            scope: self.scope.unwrap_or_default(),
            places: self.places.unwrap_or_default(),
            basis: self.basis.unwrap_or(Basis::Reported),
            period: self.period.unwrap_or(Period::Cumulative { since: None }),
        }
    }
}

fn once<T>(
    slot: &mut Option<T>,
    value: T,
    what: &'static str,
    word: &str,
) -> Result<(), FigureNameError> {
    if slot.is_some() {
        let word = word.to_owned();
        return Err(FigureNameError::Twice { what, word });
    }
    *slot = Some(value);
    Ok(())
}

/// The first piece of a start that is a word of a name, and so no part of a time.
fn behind(start: &str) -> Option<&str> {
    let mut pieces = start.split('/').skip(1);
    pieces
        .find(|piece| period(piece).is_some() || Said::default().word(split(piece, '@').0).is_ok())
}

fn read_places(text: &str) -> Result<Vec<PlaceId>, PlaceError> {
    if text.contains('@') {
        return Err(PlaceError::SecondAt);
    }
    let places: Result<Vec<PlaceId>, _> = text.split('+').map(decode).collect();
    Ok(sorted(places?))
}

fn sorted(mut places: Vec<PlaceId>) -> Vec<PlaceId> {
    places.sort();
    places.dedup();
    places
}

/// Writes a place so that it ends where it ends, and a shell reads it as it stands.
fn encode(place: &PlaceId, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in place.as_str().chars() {
        let is_plain = !character.is_ascii()
            || character.is_ascii_alphanumeric()
            || "-._:,=".contains(character);
        if is_plain {
            f.write_char(character)?;
        } else {
            write!(f, "%{:02X}", u32::from(character))?;
        }
    }
    Ok(())
}

fn decode(text: &str) -> Result<PlaceId, PlaceError> {
    if text.is_empty() {
        return Err(PlaceError::Empty);
    }
    let wrong = || PlaceError::Encoding(text.to_owned());
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).ok_or_else(wrong)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| wrong())?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    let id = String::from_utf8(bytes).map_err(|_| wrong())?;
    Ok(PlaceId::new(id)?)
}

fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
