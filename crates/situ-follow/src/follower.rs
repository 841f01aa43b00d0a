//! Views that say what every event changed.

use std::fmt;

use situ_core::{
    DecodeError, Instant, PlaceId, Position, Projection as _, Recorded, SituationId, Valid,
};
use situ_services::{Services, TimeToLive, Watch};
use situ_tolls::{Question, Tolls};

/// After everything that may be told.
const WHATEVER_IS_NEWEST: Valid = Valid(Instant::from_unix_nanos(i64::MAX));

/// What one wants to be told.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Which situation; none: every one of the log.
    pub situation: Option<SituationId>,
    /// Where: of figures those of the place and of places in it, of services also those that cover it; none: everywhere.
    pub place: Option<PlaceId>,
    /// Which figures, under which policy and reading; its place is that above.
    pub figures: Option<Question>,
    /// The services, and how long each report stays fresh.
    pub services: Option<TimeToLive>,
    /// The moment asked about. None: of figures whatever is the newest, of services what is so for whoever asks at the time.
    pub valid: Option<Valid>,
}

impl Asked {
    /// Every change of every figure, by the default policy, and of every status.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            figures: Some(Question::default()),
            services: Some(TimeToLive::default()),
            ..Self::default()
        }
    }
}

/// A figure or a status that changed, with the event that did it.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "snake_case", tag = "of")]
pub enum Notice {
    /// A figure.
    Figure(situ_tolls::Notice),
    /// The status of a service.
    Service(situ_services::Notice),
}

impl Notice {
    /// The situation.
    #[must_use]
    pub const fn situation(&self) -> &SituationId {
        match self {
            Self::Figure(notice) => &notice.situation,
            Self::Service(notice) => &notice.situation,
        }
    }

    /// Where the event stands that did it; for what time alone did, the last event of the situation.
    #[must_use]
    pub const fn position(&self) -> Position {
        match self {
            Self::Figure(notice) => notice.position,
            Self::Service(notice) => notice.position,
        }
    }
}

/// In one line: `killed/civilian: 36 → 38 (correction)`, `rail@between:PK-BA: suspended → operating (restored)`.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = match self {
            Self::Figure(notice) => {
                write!(f, "{}: ", notice.figure)?;
                let words = |brief: &Option<situ_tolls::Brief>| {
                    brief.as_ref().map(|brief| brief.words.clone())
                };
                (words(&notice.from), words(&notice.to))
            }
            Self::Service(notice) => {
                write!(f, "{}: ", notice.change.id)?;
                let word =
                    |brief: &Option<situ_services::Brief>| brief.as_ref().map(ToString::to_string);
                (word(&notice.change.from), word(&notice.change.to))
            }
        };
        let to = to.as_deref().unwrap_or("not known");
        match from {
            Some(from) if from == to => write!(f, "{to} still")?,
            Some(from) => write!(f, "{from} → {to}")?,
            None => f.write_str(to)?,
        }
        let class = match self {
            Self::Figure(notice) => notice.class.words(),
            Self::Service(notice) => notice.change.class.words(),
        };
        write!(f, " ({class})")
    }
}

/// Holds the views of figures and services, and hands out a notice for whatever an event changes in them.
///
/// It is fed every event of the log from the first on, because a view is the fold of all of them; what it tells begins after a
/// position. Replayed from the start and followed live it tells the same, in the same order: per situation, first what time
/// changed until the event was learnt, then figures, then services.
///
/// ```
/// use situ_core::{EventStore, Position};
/// use situ_follow::{Asked, Follower};
///
/// # let store = situ_memory::MemoryStore::default();
/// let mut follower = Follower::new(Asked::everything(), Position::START);
/// for recorded in store.read_after(Position::START, 1000)? {
///     for notice in follower.apply(&recorded)? {
///         println!("@{} {notice}", notice.position());
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Follower {
    asked: Asked,
    after: Position,
    tolls: Tolls,
    services: Services,
    watch: Watch,
    figures: Option<situ_tolls::Watch>,
    /// Whether the board was looked at before the first event that is told.
    has_looked: bool,
    /// Until when what time did is told already.
    told_until: Option<Instant>,
}

impl Follower {
    /// Tells what is asked of the events after a position.
    #[must_use]
    pub fn new(asked: Asked, after: Position) -> Self {
        let time_to_live = asked.services.clone().unwrap_or_default();
        let asked = Asked {
            figures: asked.figures.map(|question| Question {
                place: asked.place.clone().or(question.place),
                ..question
            }),
            ..asked
        };
        Self {
            watch: match asked.valid {
                Some(valid) => Watch::of_moment(time_to_live, valid),
                None => Watch::new(time_to_live),
            },
            figures: asked.figures.clone().map(|question| {
                situ_tolls::Watch::new(asked.valid.unwrap_or(WHATEVER_IS_NEWEST), question)
            }),
            asked,
            after,
            tolls: Tolls::default(),
            services: Services::default(),
            has_looked: false,
            told_until: None,
        }
    }

    /// Leaves out as well what time alone did up to a moment: somebody who had caught up was told by then.
    #[must_use]
    pub const fn and_what_time_does_after(mut self, until: Instant) -> Self {
        self.told_until = Some(until);
        self
    }

    /// Applies the next event, and tells what it changed.
    ///
    /// # Errors
    /// When a kind the views need does not read as stored.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<Vec<Notice>, DecodeError> {
        let is_told = recorded.position > self.after;
        if is_told {
            self.look();
        }
        let figures = self.tolls.apply(recorded)?;
        let services = self.services.apply(recorded)?;
        if !is_told {
            self.watch.pass_over(recorded);
            return Ok(Vec::new());
        }
        let mut notices = Vec::new();
        if self.asked.services.is_some() {
            let told = self.watch.notices(&self.services, recorded, &services);
            notices.extend(told.into_iter().map(Notice::Service));
        }
        if let Some(watch) = &mut self.figures {
            let told = watch.notices(&self.tolls, recorded, &figures);
            // What time did comes before what the event did.
            let before = |notice: &Notice| match notice {
                Notice::Service(notice) => notice.position < recorded.position,
                Notice::Figure(_) => false,
            };
            let at = notices.partition_point(before);
            notices.splice(at..at, told.into_iter().map(Notice::Figure));
        }
        notices.retain(|notice| self.is_asked(notice));
        Ok(notices)
    }

    /// Tells what time alone changes until now: what goes stale, what was announced and begins.
    pub fn pass_time(&mut self, now: Instant) -> Vec<Notice> {
        self.look();
        if self.asked.services.is_none() {
            return Vec::new();
        }
        let told = self.watch.pass_time(&self.services, now);
        let mut notices: Vec<Notice> = told.into_iter().map(Notice::Service).collect();
        notices.retain(|notice| self.is_asked(notice));
        notices
    }

    /// When time alone will next change something.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        let is_asked = self.asked.services.is_some();
        self.watch.next_due().filter(|_| is_asked)
    }

    /// The figures, to ask more of.
    #[must_use]
    pub const fn tolls(&self) -> &Tolls {
        &self.tolls
    }

    /// The services, to ask more of.
    #[must_use]
    pub const fn services(&self) -> &Services {
        &self.services
    }

    fn look(&mut self) {
        if std::mem::replace(&mut self.has_looked, true) || self.asked.services.is_none() {
            return;
        }
        self.watch.look(&self.services);
        if let Some(until) = self.told_until {
            self.watch.pass_time(&self.services, until);
        }
    }

    fn is_asked(&self, notice: &Notice) -> bool {
        let situation = self.asked.situation.as_ref();
        let place = match notice {
            Notice::Service(told) => self.asked.place.as_ref().map(|place| (told, place)),
            Notice::Figure(_) => None,
        };
        situation.is_none_or(|situation| notice.situation() == situation)
            && place.is_none_or(|(told, place)| {
                self.services
                    .concerns(&told.situation, &told.change.id, place)
            })
    }
}
