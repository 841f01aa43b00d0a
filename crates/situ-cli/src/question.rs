//! The two clocks and the situation of a question, resolved from the command line.

use anyhow::Context as _;
use chrono::Datelike as _;
use serde::Serialize;
use situ_core::{AsOf, Census, Known, Position, Register, SituationId, Valid, Zone};

use crate::args::KnownArg;
use crate::exit::{Hinted, NotThere};
use crate::ledger::{Citation, Ledger};
use crate::render::moment;
use crate::render::names::Names;
use crate::render::number::plural;
use crate::render::paint::Tone;
use crate::render::table::paragraph;
use crate::run::Session;
use crate::time::{Clock, Resolved};

/// A question without its subject: about which situation, when, as known when.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) situation: SituationId,
    /// The zone times are read and shown in: that of the situation as the log has it.
    pub(crate) zone: Zone,
    /// The zone the answer counts days in: that of the situation as known then, UTC as long as it was not open.
    pub(crate) counted_in: Zone,
    pub(crate) as_of: AsOf,
    /// The position the answer is resolved at.
    pub(crate) position: Position,
}

impl Question {
    /// Resolves what was asked, and says on standard error which moment a local or human time turned out to be.
    pub(crate) fn resolve(session: &mut Session<'_>, ledger: &Ledger) -> anyhow::Result<Self> {
        let situation = situation(session.global.situation.as_ref(), ledger)?;
        Self::about(session, ledger, situation)
    }

    /// The same about a given situation.
    pub(crate) fn about(
        session: &mut Session<'_>,
        ledger: &Ledger,
        situation: SituationId,
    ) -> anyhow::Result<Self> {
        let zone = ledger
            .register
            .zone(&situation, Known::Position(ledger.head));
        let known = session.global.known.clone();
        Self::with(session, ledger, situation, zone, &known)
    }

    /// The same as known at a state of knowledge.
    pub(crate) fn known_as(
        session: &mut Session<'_>,
        ledger: &Ledger,
        known: &KnownArg,
    ) -> anyhow::Result<Self> {
        let situation = situation(session.global.situation.as_ref(), ledger)?;
        let zone = ledger
            .register
            .zone(&situation, Known::Position(ledger.head));
        Self::with(session, ledger, situation, zone, known)
    }

    fn with(
        session: &mut Session<'_>,
        ledger: &Ledger,
        situation: SituationId,
        zone: Zone,
        known: &KnownArg,
    ) -> anyhow::Result<Self> {
        let clock = Clock {
            now: session.now.instant(),
            zone,
        };
        let valid = match &session.global.at {
            Some(text) => {
                let at = clock.instant(text).context("cannot read --at")?;
                echo(session, "at", at, zone)?;
                at.instant
            }
            None => clock.now,
        };
        let (known, position) = match known {
            KnownArg::Between(..) => {
                let message = "this command asks about one state of knowledge";
                let hint = "name one with --known; `situ diff` compares two";
                return Err(Hinted::new(message, hint).into());
            }
            KnownArg::Now => (Known::Position(ledger.head), ledger.head),
            KnownArg::Then => (Known::Learnt(valid), ledger.head),
            KnownArg::At(position) => (Known::Position(*position), within(*position, ledger.head)?),
            KnownArg::Learnt(text) => {
                let known = clock.instant(text).context("cannot read --known")?;
                echo(session, "as known at", known, zone)?;
                (Known::Learnt(known.instant), ledger.head)
            }
        };
        Ok(Self {
            counted_in: ledger.register.zone(&situation, known),
            situation,
            zone,
            as_of: AsOf {
                valid: Valid(valid),
                known,
            },
            position,
        })
    }
}

fn within(position: Position, head: Position) -> anyhow::Result<Position> {
    if position > head {
        let message = format!("--known @{position} is beyond the head of the log, @{head}");
        return Err(Hinted::new(
            message,
            format!("ask with --known @{head}, or leave it out"),
        )
        .into());
    }
    Ok(position)
}

/// Says which moment was meant, unless it was written as an instant.
pub(crate) fn echo(
    session: &mut Session<'_>,
    what: &str,
    resolved: Resolved,
    zone: Zone,
) -> anyhow::Result<()> {
    if !resolved.was_exact {
        let local = moment::local(resolved.instant, zone);
        writeln!(session.err, "{what} {local} ({})", resolved.instant)?;
    }
    Ok(())
}

/// The situation asked about: the one named, or the only one there is.
pub(crate) fn situation(
    named: Option<&SituationId>,
    ledger: &Ledger,
) -> anyhow::Result<SituationId> {
    let all = || {
        let ids: Vec<&str> = ledger.situations.iter().map(SituationId::as_str).collect();
        ids.join(", ")
    };
    match named {
        Some(named) if ledger.situations.contains(named) => Ok(named.clone()),
        Some(named) if ledger.situations.is_empty() => {
            Err(NotThere(format!("there is no situation {named}: the log is empty")).into())
        }
        Some(named) => Err(NotThere(format!(
            "there is no situation {named}; the log holds {}",
            all()
        ))
        .into()),
        None => match ledger.situations.first() {
            Some(only) if ledger.situations.len() == 1 => Ok(only.clone()),
            Some(_) => Err(Hinted::new(
                format!(
                    "the log holds {} situations: {}",
                    ledger.situations.len(),
                    all()
                ),
                "name one with --situation",
            )
            .into()),
            None => Err(Hinted::new(
                "the log is empty",
                "open a situation with `situ init --situation ID --title TITLE --zone ZONE`",
            )
            .into()),
        },
    }
}

impl Question {
    /// What names mean in the answer.
    pub(crate) fn names<'a>(&'a self, register: &'a Register, cite: &'a Citation<'a>) -> Names<'a> {
        Names {
            register,
            cite,
            situation: &self.situation,
            known: self.as_of.known,
            zone: self.zone,
            year: self.zone.local(self.as_of.valid.0).year(),
        }
    }

    /// The situation and the two clocks, in two lines.
    pub(crate) fn heading(&self, register: &Register) -> String {
        format!(
            "{}\nat {}, {}",
            self.title(register),
            self.at_in_words(),
            self.known_in_words()
        )
    }

    /// What the situation is called.
    pub(crate) fn title(&self, register: &Register) -> String {
        let opened = register.situation(&self.situation, self.as_of.known);
        let title = opened.map_or_else(
            || self.situation.to_string(),
            |opened| opened.title.to_string(),
        );
        Tone::Strong.paint(&title)
    }

    /// The moment asked about.
    pub(crate) fn at_in_words(&self) -> String {
        moment::local(self.as_of.valid.0, self.zone)
    }

    /// As known when.
    pub(crate) fn known_in_words(&self) -> String {
        match self.as_of.known {
            Known::Position(position) => format!("all known up to @{position}"),
            Known::Learnt(instant) if instant == self.as_of.valid.0 => "as known then".to_owned(),
            Known::Learnt(instant) => format!("as known at {}", moment::local(instant, self.zone)),
        }
    }
}

/// What a reader must know of any answer: how much of the log it could not take into account.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Caveats {
    /// Events of kinds or versions this program does not know.
    unknown_events: usize,
    /// References to events that are not in the log.
    dangling_references: usize,
    /// The zone days are counted in.
    zone: Zone,
    /// The zone they are counted in as the log has it, where that is another.
    #[serde(skip)]
    later_zone: Option<Zone>,
}

impl Caveats {
    pub(crate) fn of(census: &Census, question: &Question) -> Self {
        let report = census.at(Some(&question.situation), question.as_of.known);
        Self {
            unknown_events: report.unknown_events(),
            dangling_references: report.dangling.len(),
            zone: question.counted_in,
            later_zone: (question.zone != question.counted_in).then_some(question.zone),
        }
    }

    /// Says so, if there is something to say.
    pub(crate) fn write(self, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        if self.unknown_events > 0 {
            let events = plural(self.unknown_events, "event");
            let text = format!(
                "note: {events} of kinds this version does not know; kept, and not in this answer"
            );
            writeln!(out, "\n{}", Tone::Warning.paint(&text))?;
        }
        if self.dangling_references > 0 {
            let references = plural(self.dangling_references, "reference");
            let text = format!("note: {references} to events that were not in the log");
            writeln!(out, "\n{}", Tone::Warning.paint(&text))?;
        }
        if let Some(later) = self.later_zone {
            let text = format!(
                "note: days are counted in {}: it was not known then that this situation counts them in {later}",
                self.zone
            );
            writeln!(out)?;
            paragraph(out, 0, &text, Tone::Warning)?;
        }
        Ok(())
    }
}
