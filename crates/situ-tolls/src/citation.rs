//! A figure cited in one line, and checked against a log, years later and on another machine.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use situ_core::{
    AsOf, ClaimRef, EventId, Instant, Known, Position, Projection as _, Recorded, SituationId,
    SourceId, Valid,
};

use crate::figure_name::FigureName;
use crate::policy::Policy;
use crate::toll::{Reading, Toll};
use crate::tolls::{Question, Tolls};

/// Which form of the line this program writes and reads.
const FORM: &str = "situ/1";

/// What a figure was when it was cited, and everything needed to work it out again.
///
/// [`fmt::Display`] writes one line of `key=value; …` without other white space, so that a mail or a footnote may break it
/// anywhere; [`FromStr`] reads it back, whatever white space came in. Days carry their zone, moments are in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// The figure.
    pub figure: FigureName,
    /// The situation.
    pub situation: SituationId,
    /// The moment asked about.
    pub valid: Valid,
    /// The clock of knowledge the figure was asked on.
    pub clock: Clock,
    /// What the log held: its last position, the event there, and the latest moment anything in it was learnt, or was asked for.
    pub log: LogState,
    /// The rule that picked what is shown, with its order of sources, such as `trusted:ispr,dawn`.
    pub policy: String,
    /// The version of the rule.
    pub policy_version: u32,
    /// The reading the ends are of.
    pub reading: Reading,
    /// The number shown.
    pub shown: Option<u64>,
    /// The lower end.
    pub least: u64,
    /// The upper end, if there is one.
    pub most: Option<u64>,
    /// The version of the view that worked it out.
    pub view: u32,
    /// The events it rests on, in the order of their ids.
    pub rests: Vec<Rest>,
    /// The digest over all of them.
    pub digest: Digest,
}

/// A clock of knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// What the log held.
    Position,
    /// What was public.
    Learnt,
}

/// How far a log had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// The last position.
    pub position: Position,
    /// The event at that position.
    pub head: EventId,
    /// The moment of knowledge: the one asked for, else the latest at which anything up to the position was learnt.
    pub learnt: Instant,
}

/// An event a figure rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rest {
    /// The event.
    pub event: EventId,
    /// Which of its figures; none for a declaration.
    pub figures: Vec<u16>,
    /// The first bytes of the digest of the event, to tell which one differs.
    pub check: [u8; 4],
}

/// A SHA-256, as 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest(pub [u8; 32]);

/// How this program is given SHA-256: the crate itself computes none.
pub type Sha256<'a> = &'a dyn Fn(&[u8]) -> [u8; 32];

/// An event a figure rests on that could not be found while citing it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the event {0} is not in the log, yet the figure rests on it; run `situ check`")]
pub struct CiteError(pub EventId);

impl Citation {
    /// Cites a figure as it was resolved.
    ///
    /// `find` gives the event of an id, `sha256` the digest of some bytes.
    ///
    /// # Errors
    /// When `find` has no event for one the figure rests on.
    pub fn of<'e>(
        toll: &Toll,
        situation: &SituationId,
        as_of: AsOf,
        log: LogState,
        policy: &Policy,
        find: &dyn Fn(EventId) -> Option<&'e Recorded>,
        sha256: Sha256<'_>,
    ) -> Result<Self, CiteError> {
        let mut rests: Vec<Rest> = Vec::new();
        let mut all = Vec::new();
        let mut names: Vec<ClaimRef> = toll.rests_on.iter().map(|support| support.claim).collect();
        names.sort_by_key(|name| (name.event(), figure_of(*name)));
        for name in names {
            let event = name.event();
            if rests.last().is_none_or(|rest| rest.event != event) {
                let bytes = bytes_of(find(event).ok_or(CiteError(event))?);
                rests.push(Rest {
                    event,
                    figures: Vec::new(),
                    check: check_of(sha256(&bytes)),
                });
                all.extend(bytes);
            }
            let rest = rests.last_mut().expect("there is one since just now");
            rest.figures.extend(figure_of(name));
        }
        let (clock, learnt) = match as_of.known {
            Known::Position(_) => (Clock::Position, log.learnt),
            Known::Learnt(learnt) => (Clock::Learnt, learnt),
        };
        Ok(Self {
            figure: toll.figure.clone(),
            situation: situation.clone(),
            valid: as_of.valid,
            clock,
            log: LogState { learnt, ..log },
            policy: policy_text(policy),
            policy_version: toll.policy.version,
            reading: toll.reading,
            shown: toll.shown,
            least: toll.least,
            most: toll.most,
            view: Tolls::VERSION,
            rests,
            digest: Digest(sha256(&all)),
        })
    }

    /// The events to hand to [`Citation::check`], as far as the log has them.
    pub fn events(&self) -> impl Iterator<Item = EventId> {
        let rests = self.rests.iter().map(|rest| rest.event);
        rests.chain([self.log.head])
    }

    /// Works the figure out again from a log folded into `tolls`, and says what differs.
    ///
    /// A position means something only in the log it was given in: where this log has another event there, or none, the figure is
    /// asked for as learnt by the moment in the citation, and a note says so.
    #[must_use]
    pub fn check<'e>(
        &self,
        tolls: &Tolls,
        find: &dyn Fn(EventId) -> Option<&'e Recorded>,
        sha256: Sha256<'_>,
    ) -> Checked {
        let mut checked = Checked {
            as_of: self.as_of(find),
            toll: None,
            notes: Vec::new(),
            discrepancies: Vec::new(),
        };
        if self.clock == Clock::Position && matches!(checked.as_of.known, Known::Learnt(_)) {
            let there = find(self.log.head).map(|head| head.position);
            let note = Note::OtherLog {
                position: self.log.position,
                head: self.log.head,
                there,
                learnt: self.log.learnt,
            };
            checked.notes.push(note);
        }
        if self.view != Tolls::VERSION {
            let (cited, here) = (self.view, Tolls::VERSION);
            checked.notes.push(Note::OtherView { cited, here });
        }
        self.check_events(find, sha256, &mut checked.discrepancies);
        match self.rule() {
            Err(unknown) => checked.discrepancies.push(unknown),
            Ok(policy) => self.check_figure(tolls, policy, &mut checked),
        }
        checked
    }

    /// The two clocks to ask with.
    fn as_of<'e>(&self, find: &dyn Fn(EventId) -> Option<&'e Recorded>) -> AsOf {
        let is_there =
            || find(self.log.head).is_some_and(|recorded| recorded.position == self.log.position);
        let known = match self.clock {
            Clock::Position if is_there() => Known::Position(self.log.position),
            Clock::Position | Clock::Learnt => Known::Learnt(self.log.learnt),
        };
        AsOf {
            valid: self.valid,
            known,
        }
    }

    fn check_events<'e>(
        &self,
        find: &dyn Fn(EventId) -> Option<&'e Recorded>,
        sha256: Sha256<'_>,
        discrepancies: &mut Vec<Discrepancy>,
    ) {
        let mut all = Vec::new();
        let before = discrepancies.len();
        for rest in &self.rests {
            let event = rest.event;
            let Some(recorded) = find(event) else {
                discrepancies.push(Discrepancy::EventMissing { event });
                continue;
            };
            let bytes = bytes_of(recorded);
            if check_of(sha256(&bytes)) != rest.check {
                let position = recorded.position;
                discrepancies.push(Discrepancy::EventChanged { event, position });
            }
            all.extend(bytes);
        }
        if discrepancies.len() == before && Digest(sha256(&all)) != self.digest {
            discrepancies.push(Discrepancy::Digest);
        }
    }

    /// The rule it was cited under, if this program has it in that version.
    fn rule(&self) -> Result<Policy, Discrepancy> {
        let unknown = || Discrepancy::UnknownPolicy {
            policy: self.policy.clone(),
        };
        let policy = policy_named(&self.policy).ok_or_else(unknown)?;
        let (cited, here) = (self.policy_version, policy.used().version);
        if cited != here {
            let policy = self.policy.clone();
            return Err(Discrepancy::OtherPolicyVersion {
                policy,
                cited,
                here,
            });
        }
        Ok(policy)
    }

    fn check_figure(&self, tolls: &Tolls, policy: Policy, checked: &mut Checked) {
        let question = Question {
            figure: Some(self.figure.clone()),
            policy,
            reading: self.reading,
            ..Question::default()
        };
        let answer = tolls.at(&self.situation, checked.as_of, &question);
        let Some(toll) = answer.tolls.into_iter().next() else {
            let figure = self.figure.clone();
            checked.discrepancies.push(Discrepancy::NoFigure { figure });
            return;
        };
        let numbers = [
            ("shown", self.shown, toll.shown),
            ("least", Some(self.least), Some(toll.least)),
            ("most", self.most, toll.most),
        ];
        let differing = numbers.into_iter().filter(|(_, cited, here)| cited != here);
        checked
            .discrepancies
            .extend(differing.map(|(what, cited, here)| Discrepancy::Number { what, cited, here }));
        let cited: Vec<ClaimRef> = self.rests.iter().flat_map(Rest::names).collect();
        let here: Vec<ClaimRef> = toll.rests_on.iter().map(|support| support.claim).collect();
        let beside = |of: &[ClaimRef], other: &[ClaimRef]| -> Vec<ClaimRef> {
            let is_new = |name: &&ClaimRef| !other.contains(name);
            of.iter().filter(is_new).copied().collect()
        };
        let (more, fewer) = (beside(&here, &cited), beside(&cited, &here));
        if !more.is_empty() {
            checked.notes.push(Note::RestsOnMore { claims: more });
        }
        if !fewer.is_empty() {
            checked.notes.push(Note::RestsOnFewer { claims: fewer });
        }
        checked.toll = Some(toll);
    }
}

impl Rest {
    /// The claims, or the declaration.
    fn names(&self) -> Vec<ClaimRef> {
        if self.figures.is_empty() {
            return vec![ClaimRef::Event(self.event)];
        }
        let figures = self.figures.iter().map(|figure| {
            ClaimRef::Claim(situ_core::ClaimId {
                event: self.event,
                figure: *figure,
            })
        });
        figures.collect()
    }
}

/// What came of checking a citation.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The clocks the figure was asked with here.
    pub as_of: AsOf,
    /// The figure as it is worked out here, where it could be.
    pub toll: Option<Toll>,
    /// What a reader should know, though the citation may hold.
    pub notes: Vec<Note>,
    /// What differs; nothing where the citation holds.
    pub discrepancies: Vec<Discrepancy>,
}

impl Checked {
    /// Whether the citation holds: every event it rests on is here as it was, and gives the same figure.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.discrepancies.is_empty()
    }
}

/// Why a citation does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// An event it rests on is not in this log.
    #[error("the event {event} is not in this log")]
    EventMissing {
        /// The event.
        event: EventId,
    },
    /// An event it rests on is another here.
    #[error(
        "the event {event}, @{position} here, does not say what was cited, or was learnt at another moment"
    )]
    EventChanged {
        /// The event.
        event: EventId,
        /// Where it stands here.
        position: Position,
    },
    /// Each event seems to be as it was, but all of them together are not.
    #[error("the events are not those that were cited: their digest is another")]
    Digest,
    /// This program has no such policy.
    #[error("this version of situ does not know the policy `{policy}`")]
    UnknownPolicy {
        /// The policy.
        policy: String,
    },
    /// The policy picks by another rule here.
    #[error("the policy {policy} was version {cited}; this version of situ has version {here}")]
    OtherPolicyVersion {
        /// The policy.
        policy: String,
        /// The version cited.
        cited: u32,
        /// The version here.
        here: u32,
    },
    /// Nothing is known here of the figure.
    #[error("nothing is known here of {figure}")]
    NoFigure {
        /// The figure.
        figure: FigureName,
    },
    /// The figure is another.
    #[error("`{what}` was {}, and is {} here", number(*.cited), number(*.here))]
    Number {
        /// Which number of the figure: shown, least or most.
        what: &'static str,
        /// As cited.
        cited: Option<u64>,
        /// As worked out here.
        here: Option<u64>,
    },
}

/// What a reader of a checked citation should know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Note {
    /// The position cited is one of another log.
    #[error(
        "this log does not have the event {head} at @{position}{}; the figure was asked for as learnt by {learnt}",
        there.map(|there| format!(" but at @{there}")).unwrap_or_default()
    )]
    OtherLog {
        /// The position cited.
        position: Position,
        /// The event that stood there.
        head: EventId,
        /// Where it stands here.
        there: Option<Position>,
        /// The moment asked for instead.
        learnt: Instant,
    },
    /// The figure was worked out by another version of the view.
    #[error(
        "it was worked out by version {cited} of the view of tolls, and is by version {here} here"
    )]
    OtherView {
        /// The version cited.
        cited: u32,
        /// The version here.
        here: u32,
    },
    /// The figure rests on more here.
    #[error("it rests on more here: {}", listed(claims))]
    RestsOnMore {
        /// What was not cited.
        claims: Vec<ClaimRef>,
    },
    /// The figure rests on less here.
    #[error("it does not rest here on {}", listed(claims))]
    RestsOnFewer {
        /// What was cited.
        claims: Vec<ClaimRef>,
    },
}

fn number(number: Option<u64>) -> String {
    number.map_or("none".to_owned(), |number| number.to_string())
}

fn listed(claims: &[ClaimRef]) -> String {
    let names: Vec<String> = claims.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn figure_of(name: ClaimRef) -> Option<u16> {
    match name {
        ClaimRef::Claim(claim) => Some(claim.figure),
        ClaimRef::Event(_) => None,
    }
}

/// What is digested of an event: everything but where and when a log took it. Lengths stand before texts, so that nothing can be
/// moved from one field to the next.
fn bytes_of(recorded: &Recorded) -> Vec<u8> {
    let kind = recorded.kind.as_str().as_bytes();
    let body = recorded.body.as_bytes();
    let mut bytes = recorded.id.as_uuid().as_bytes().to_vec();
    for text in [kind, body] {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend(text);
    }
    bytes.extend(recorded.version.to_be_bytes());
    bytes.extend(recorded.learnt_at.unix_nanos().to_be_bytes());
    bytes
}

fn check_of(digest: [u8; 32]) -> [u8; 4] {
    let [a, b, c, d, ..] = digest;
    [a, b, c, d]
}

/// The name of a policy, with its order of sources.
fn policy_text(policy: &Policy) -> String {
    let name = policy.used().name;
    match policy {
        Policy::Trusted(order) | Policy::Consistent(order) if !order.is_empty() => {
            let order: Vec<String> = order.iter().map(|id| encoded(id.as_str())).collect();
            format!("{name}:{}", order.join(","))
        }
        _ => name.to_owned(),
    }
}

fn policy_named(text: &str) -> Option<Policy> {
    let Some((name, order)) = text.split_once(':') else {
        return text.parse().ok();
    };
    let order = order.split(',').map(|id| SourceId::new(decoded(id)?).ok());
    let order = order.collect::<Option<_>>()?;
    match name {
        "trusted" => Some(Policy::Trusted(order)),
        "consistent" => Some(Policy::Consistent(order)),
        _ => None,
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LogState {
            position,
            head,
            learnt,
        } = self.log;
        let clock = match self.clock {
            Clock::Position => "position",
            Clock::Learnt => "learnt",
        };
        let reading = match self.reading {
            Reading::Floor => "floor",
            Reading::Point => "point",
        };
        write!(f, "cite={FORM}; figure={}; ", self.figure)?;
        write!(f, "shown={}; least={}; ", number(self.shown), self.least)?;
        write!(f, "most={}; reading={reading}; ", number(self.most))?;
        write!(f, "policy={}/{}; ", self.policy, self.policy_version)?;
        write!(f, "situation={}; ", encoded(self.situation.as_str()))?;
        write!(f, "valid={}; known={clock}; ", self.valid.0)?;
        write!(f, "learnt={learnt}; position={position}; head={head}; ")?;
        write!(f, "view=tolls/{}; rests=", self.view)?;
        for (index, rest) in self.rests.iter().enumerate() {
            if index > 0 {
                f.write_char(',')?;
            }
            write!(f, "{rest}")?;
        }
        write!(f, "; sha256={}", hex(&self.digest.0))
    }
}

impl fmt::Display for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.event)?;
        for figure in &self.figures {
            write!(f, "#{figure}")?;
        }
        write!(f, ":{}", hex(&self.check))
    }
}

/// A text that is no citation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CitationError {
    /// It does not begin as one.
    #[error(
        "a citation begins with `cite={FORM}`; this one begins with `{0}`: it was cut on its way, or a newer situ wrote it"
    )]
    Form(String),
    /// A piece without `=`.
    #[error("`{0}` is no key=value; the citation was cut or changed on its way")]
    Piece(String),
    /// A key is there twice, so that a reader may see another value than is checked.
    #[error("the citation says `{0}` twice; it was changed on its way, copy one citation whole")]
    Twice(String),
    /// A key is not there.
    #[error("the citation has no `{0}`; it was cut on its way, copy it whole")]
    Missing(&'static str),
    /// A value cannot be read.
    #[error("cannot read `{key}` of the citation: `{value}` is no {expected}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl FromStr for Citation {
    type Err = CitationError;

    fn from_str(text: &str) -> Result<Self, CitationError> {
        let pieces = Pieces::of(text)?;
        let valid: Instant = pieces.read("valid", "instant")?;
        let (policy, policy_version) = pieces.versioned("policy")?;
        let (view, view_version) = pieces.versioned("view")?;
        if view != "tolls" {
            return Err(pieces.wrong("view", "version of the view of tolls, such as tolls/1"));
        }
        let situation = decoded(pieces.get("situation")?).map(SituationId::new);
        Ok(Self {
            figure: pieces.read("figure", "figure")?,
            situation: match situation {
                Some(Ok(situation)) => situation,
                _ => return Err(pieces.wrong("situation", "situation")),
            },
            valid: Valid(valid),
            clock: match pieces.get("known")? {
                "position" => Clock::Position,
                "learnt" => Clock::Learnt,
                _ => return Err(pieces.wrong("known", "clock; it is position or learnt")),
            },
            log: LogState {
                position: pieces.read("position", "position")?,
                head: pieces.read("head", "event id")?,
                learnt: pieces.read("learnt", "instant")?,
            },
            policy: policy.to_owned(),
            policy_version,
            reading: match pieces.get("reading")? {
                "floor" => Reading::Floor,
                "point" => Reading::Point,
                _ => return Err(pieces.wrong("reading", "reading; it is floor or point")),
            },
            shown: pieces.number("shown")?,
            least: pieces.read("least", "number")?,
            most: pieces.number("most")?,
            view: view_version,
            rests: pieces.rests()?,
            digest: match unhex(pieces.get("sha256")?) {
                Some(digest) => Digest(digest),
                None => return Err(pieces.wrong("sha256", "64 hexadecimal digits")),
            },
        })
    }
}

/// The pieces of a citation, without white space.
struct Pieces(Vec<(String, String)>);

impl Pieces {
    fn of(text: &str) -> Result<Self, CitationError> {
        // A mail that quotes another puts `>` before each line.
        let lines = text.lines().map(|line| line.trim_start_matches(['>', ' ']));
        let plain: String = lines
            .flat_map(str::chars)
            .filter(|sign| !sign.is_whitespace())
            .collect();
        if !plain.starts_with(&format!("cite={FORM};")) {
            let start = plain.chars().take(20).collect();
            return Err(CitationError::Form(start));
        }
        let mut pieces: Vec<(String, String)> = Vec::new();
        for piece in plain.split(';').filter(|piece| !piece.is_empty()) {
            let (key, value) = piece
                .split_once('=')
                .ok_or_else(|| CitationError::Piece(piece.to_owned()))?;
            if pieces.iter().any(|(other, _)| other == key) {
                return Err(CitationError::Twice(key.to_owned()));
            }
            pieces.push((key.to_owned(), value.to_owned()));
        }
        Ok(Self(pieces))
    }

    fn get(&self, key: &'static str) -> Result<&str, CitationError> {
        let piece = self.0.iter().find(|(other, _)| other == key);
        let (_, value) = piece.ok_or(CitationError::Missing(key))?;
        Ok(value)
    }

    fn read<T: FromStr>(
        &self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<T, CitationError> {
        let read = self.get(key)?.parse();
        read.map_err(|_| self.wrong(key, expected))
    }

    fn number(&self, key: &'static str) -> Result<Option<u64>, CitationError> {
        if self.get(key)? == "none" {
            return Ok(None);
        }
        self.read(key, "number, nor `none`").map(Some)
    }

    fn versioned(&self, key: &'static str) -> Result<(&str, u32), CitationError> {
        let expected = "name with its version, such as latest/1";
        let (name, version) = self
            .get(key)?
            .rsplit_once('/')
            .ok_or_else(|| self.wrong(key, expected))?;
        let version = version.parse().map_err(|_| self.wrong(key, expected))?;
        Ok((name, version))
    }

    fn rests(&self) -> Result<Vec<Rest>, CitationError> {
        let rest = |text: &str| {
            let (names, check) = text.rsplit_once(':')?;
            let mut names = names.split('#');
            let event = names.next()?.parse().ok()?;
            let figures = names.map(|figure| figure.parse().ok());
            Some(Rest {
                event,
                figures: figures.collect::<Option<_>>()?,
                check: unhex(check)?,
            })
        };
        let rests = self
            .get("rests")?
            .split(',')
            .filter(|text| !text.is_empty());
        rests
            .map(rest)
            .collect::<Option<_>>()
            .ok_or_else(|| self.wrong("rests", "list of ID#n:CHECK"))
    }

    fn wrong(&self, key: &'static str, expected: &'static str) -> CitationError {
        CitationError::Value {
            key,
            value: self.get(key).unwrap_or_default().to_owned(),
            expected,
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("writing to memory does not fail");
    }
    text
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if text.len() != 2 * N || !is_hex {
        return None;
    }
    let mut bytes = [0; N];
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

/// An id without the signs the line is made of.
fn encoded(id: &str) -> String {
    let mut text = String::new();
    for sign in id.chars() {
        let is_plain = !sign.is_ascii() || sign.is_ascii_alphanumeric() || "-._:".contains(sign);
        if is_plain {
            text.push(sign);
        } else {
            write!(text, "%{:02X}", u32::from(sign)).expect("writing to memory does not fail");
        }
    }
    text
}

fn decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut id = pieces.next()?.to_owned();
    for piece in pieces {
        let digits = piece.get(..2)?;
        let byte = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)?;
        id.push(char::from(byte));
        id.push_str(&piece[2..]);
    }
    Some(id)
}
