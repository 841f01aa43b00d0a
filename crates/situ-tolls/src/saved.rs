//! The saved form: what is claimed in one situation, as compact as it can be read back quickly.
//!
//! What follows from the rest (kinship, indexes, bounds of times) is not written, but made anew in the same order.

use std::collections::HashMap;
use std::sync::Arc;

use situ_core::{
    ClaimId, EventId, Harm, Instant, PlaceId, Position, Register, SavedError, SavedReader,
    SavedWriter, SituationId, Who,
};

use crate::claims::{
    Cell, Claim, Claims, Declared, Incident, Line, Moment, Moved, Report, Restart, Span,
};
use crate::kin::Besides;
use crate::tolls::Tolls;

/// The saved form.
impl Tolls {
    /// The version of the layout of what [`Tolls::save`] writes.
    pub const SAVED: u32 = 1;

    /// Writes what is claimed in a situation; nothing where nothing is.
    #[must_use]
    pub fn save(&self, situation: &SituationId) -> Vec<u8> {
        let Some(claims) = self.situations.get(situation) else {
            return Vec::new();
        };
        let mut writer = SavedWriter::default();
        save(claims, &mut writer);
        writer.finish()
    }

    /// Puts a view together from a register and what was saved of some situations, all at one position of the log.
    ///
    /// Fed the events after it, the view answers about these situations as if it had been fed all; it must not be asked about
    /// another.
    ///
    /// # Errors
    /// When something does not read.
    pub fn restore<'a>(
        register: Register,
        position: Position,
        situations: impl IntoIterator<Item = (SituationId, &'a [u8])>,
    ) -> Result<Self, SavedError> {
        let mut tolls = Self {
            register,
            reached: position,
            ..Self::default()
        };
        for (situation, bytes) in situations {
            if !bytes.is_empty() {
                let mut reader = SavedReader::new(bytes)?;
                let claims = restore(&mut reader, &tolls.register)?;
                reader.end()?;
                tolls.situations.insert(situation, claims);
            }
        }
        Ok(tolls)
    }
}

/// The marks of what a claim has besides its number.
mod mark {
    pub(super) const WORDS: u64 = 1;
    pub(super) const START: u64 = 2;
    pub(super) const EPOCH: u64 = 4;
}

const ZERO: Instant = Instant::from_unix_nanos(0);

fn save(claims: &Claims, writer: &mut SavedWriter) {
    let numbers = save_reports(claims, writer);
    writer.count(claims.cells.len());
    for kept in &claims.cells {
        save_cell(&kept.cell, writer);
        writer.count(kept.lines.len());
        for line in &kept.lines {
            writer.word(line.origin.as_str());
            writer.count(line.claims().len());
            let mut before = 0;
            for claim in line.in_order() {
                let report = numbers[&claim.id.event];
                writer.signed(report - before);
                before = report;
                save_claim(claim, writer);
            }
        }
    }
    save_besides(claims, writer);
    save_declarations(claims, writer);
    let mut incidents: Vec<(&EventId, &Incident)> = claims.incidents.iter().collect();
    incidents.sort_by_key(|(_, incident)| incident.position);
    writer.count(incidents.len());
    for (event, incident) in incidents {
        save_place(*event, incident.position, incident.learnt_at, writer);
        writer.word(&incident.harm.to_string());
        writer.option(incident.part_of, SavedWriter::event_id);
    }
}

fn restore(reader: &mut SavedReader<'_>, register: &Register) -> Result<Claims, SavedError> {
    let is_retracted = |claim: &Claim| {
        !register.is_unretracted() && !register.retractions_of(claim.id.event).is_empty()
    };
    const WRONG: SavedError = SavedError::new("a claim is of no report");
    let reports = restore_reports(reader)?;
    let mut claims = Claims::default();
    let mut cells = Vec::new();
    for _ in 0..reader.count()? {
        let cell = Arc::new(restore_cell(reader)?);
        let mut lines = Vec::new();
        for _ in 0..reader.count()? {
            let origin = reader.source_id()?;
            let count = reader.count()?;
            let mut in_order = Vec::with_capacity(count);
            let mut number = 0_i64;
            for _ in 0..count {
                number = number.wrapping_add(reader.signed()?);
                let report = usize::try_from(number).ok().and_then(|n| reports.get(n));
                let (event, report) = report.ok_or(WRONG)?;
                in_order.push(restore_claim(*event, report, &cell, reader)?);
            }
            lines.push(Line::ordered(origin, in_order, is_retracted));
        }
        cells.push((cell, lines));
    }
    let besides = restore_besides(reader)?;
    let mut besides = besides.iter().peekable();
    for (index, (cell, lines)) in cells.into_iter().enumerate() {
        while let Some((_, besides)) = besides.next_if(|(after, _)| *after <= index) {
            claims.kin.add_besides(besides);
        }
        claims.take_in(cell, lines);
    }
    for (_, besides) in besides {
        claims.kin.add_besides(besides);
    }
    restore_declarations(reader, &mut claims)?;
    for _ in 0..reader.count()? {
        let (event, position, learnt_at) = restore_place(reader)?;
        let incident = Incident {
            position,
            learnt_at,
            harm: reader.code()?,
            part_of: reader.option(SavedReader::event_id)?,
        };
        claims.incidents.insert(event, incident);
    }
    Ok(claims)
}

/// Writes every report once, in the order of the log, and gives their numbers.
fn save_reports(claims: &Claims, writer: &mut SavedWriter) -> HashMap<EventId, i64> {
    let mut reports: Vec<(&Report, EventId)> = claims
        .all()
        .map(|claim| (&*claim.report, claim.id.event))
        .collect();
    reports.sort_unstable_by_key(|(report, _)| report.position);
    reports.dedup_by_key(|(report, _)| report.position);
    writer.count(reports.len());
    let (mut position, mut learnt_at) = (Position::START, ZERO);
    for (report, event) in &reports {
        writer.event_id(*event);
        writer.position(report.position, position);
        writer.instant(report.learnt_at, learnt_at);
        (position, learnt_at) = (report.position, report.learnt_at);
        writer.when(&report.as_of);
        writer.source(&report.source);
        let has = |is_there: bool, mark: u64| if is_there { mark } else { 0 };
        writer.number(
            has(report.words.is_some(), mark::WORDS) | has(report.epoch.is_some(), mark::EPOCH),
        );
        if let Some(words) = &report.words {
            writer.text(words.as_str());
        }
        if let Some(epoch) = &report.epoch {
            writer.word(epoch.as_str());
        }
    }
    let numbers = reports.iter().map(|(_, event)| *event).zip(0..);
    numbers.collect()
}

fn restore_reports(
    reader: &mut SavedReader<'_>,
) -> Result<Vec<(EventId, Arc<Report>)>, SavedError> {
    let count = reader.count()?;
    let mut reports = Vec::with_capacity(count);
    let (mut position, mut learnt_at) = (Position::START, ZERO);
    for _ in 0..count {
        let event = reader.event_id()?;
        position = reader.position(position)?;
        learnt_at = reader.instant(learnt_at)?;
        let as_of = reader.when()?;
        let source = reader.source()?;
        let marks = reader.number()?;
        let has = |mark: u64| marks & mark != 0;
        let report = Report {
            position,
            learnt_at,
            moment: Moment::of(&as_of),
            as_of,
            source,
            words: has(mark::WORDS).then(|| reader.text()).transpose()?,
            epoch: has(mark::EPOCH).then(|| reader.name()).transpose()?,
        };
        reports.push((event, Arc::new(report)));
    }
    Ok(reports)
}

fn save_claim(claim: &Claim, writer: &mut SavedWriter) {
    let Claim {
        id,
        report: _,
        cell: _,
        quantity,
        words,
        start,
    } = claim;
    let has = |is_there: bool, mark: u64| if is_there { mark } else { 0 };
    writer.number(u64::from(id.figure));
    writer.number(has(words.is_some(), mark::WORDS) | has(start.is_some(), mark::START));
    writer.quantity(*quantity);
    if let Some(words) = words {
        writer.text(words.as_str());
    }
    if let Some(start) = start {
        writer.when(start);
    }
}

fn restore_claim(
    event: EventId,
    report: &Arc<Report>,
    cell: &Arc<Cell>,
    reader: &mut SavedReader<'_>,
) -> Result<Claim, SavedError> {
    let figure = u16::try_from(reader.number()?);
    let figure = figure.map_err(|_| SavedError::new("a figure over the limit"))?;
    let marks = reader.number()?;
    let has = |mark: u64| marks & mark != 0;
    Ok(Claim {
        id: ClaimId { event, figure },
        report: Arc::clone(report),
        cell: Arc::clone(cell),
        quantity: reader.quantity()?,
        words: has(mark::WORDS).then(|| reader.text()).transpose()?,
        start: has(mark::START).then(|| reader.when()).transpose()?,
    })
}

fn save_cell(cell: &Cell, writer: &mut SavedWriter) {
    let Cell {
        outcome,
        basis,
        harm,
        places,
        who,
        span,
    } = cell;
    writer.word(outcome.as_str());
    writer.word(basis.as_str());
    writer.word(&harm.to_string());
    save_places(places, writer);
    save_who(*who, writer);
    match span {
        Span::Incident => writer.number(0),
        Span::Cumulative(None) => writer.number(1),
        Span::Cumulative(Some(start)) => {
            writer.number(2);
            save_moment(*start, writer);
        }
        Span::Window(kind, start) => {
            writer.number(3);
            writer.word(kind.as_str());
            save_moment(*start, writer);
        }
    }
}

fn restore_cell(reader: &mut SavedReader<'_>) -> Result<Cell, SavedError> {
    Ok(Cell {
        outcome: reader.code()?,
        basis: reader.code()?,
        harm: reader.code::<Harm>()?,
        places: restore_places(reader)?.into(),
        who: restore_who(reader)?,
        span: match reader.number()? {
            0 => Span::Incident,
            1 => Span::Cumulative(None),
            2 => Span::Cumulative(Some(restore_moment(reader)?)),
            3 => Span::Window(reader.code()?, restore_moment(reader)?),
            _ => return Err(SavedError::new("no such period")),
        },
    })
}

fn save_moment(moment: Moment, writer: &mut SavedWriter) {
    writer.signed(moment.earliest.unix_nanos());
    writer.instant(moment.latest, moment.earliest);
}

fn restore_moment(reader: &mut SavedReader<'_>) -> Result<Moment, SavedError> {
    let earliest = Instant::from_unix_nanos(reader.signed()?);
    let latest = reader.instant(earliest)?;
    Ok(Moment { latest, earliest })
}

fn save_who(who: Who, writer: &mut SavedWriter) {
    writer.word(who.role.as_str());
    writer.option(who.sex, |writer, sex| writer.word(sex.as_str()));
    writer.option(who.age, |writer, age| writer.word(age.as_str()));
}

fn restore_who(reader: &mut SavedReader<'_>) -> Result<Who, SavedError> {
    Ok(Who {
        role: reader.code()?,
        sex: reader.option(SavedReader::code)?,
        age: reader.option(SavedReader::code)?,
    })
}

fn save_places(places: &[PlaceId], writer: &mut SavedWriter) {
    writer.count(places.len());
    for place in places {
        writer.word(place.as_str());
    }
}

fn restore_places(reader: &mut SavedReader<'_>) -> Result<Vec<PlaceId>, SavedError> {
    (0..reader.count()?).map(|_| reader.place_id()).collect()
}

/// Writes what makes kin besides cells.
fn save_besides(claims: &Claims, writer: &mut SavedWriter) {
    let besides = claims.kin.besides();
    writer.count(besides.len());
    for (after, besides) in besides {
        writer.number(*after as u64);
        match besides {
            Besides::Partition {
                outcome,
                places,
                who,
            } => {
                writer.number(0);
                writer.word(outcome.as_str());
                save_places(places, writer);
                writer.count(who.len());
                who.iter().for_each(|who| save_who(*who, writer));
            }
            Besides::Place { place, within } => {
                writer.number(1);
                writer.word(place.as_str());
                save_places(within, writer);
            }
        }
    }
}

fn restore_besides(reader: &mut SavedReader<'_>) -> Result<Vec<(usize, Besides)>, SavedError> {
    let mut all = Vec::new();
    for _ in 0..reader.count()? {
        let after = usize::try_from(reader.number()?).unwrap_or(usize::MAX);
        let besides = match reader.number()? {
            0 => Besides::Partition {
                outcome: reader.code()?,
                places: restore_places(reader)?,
                who: {
                    let count = reader.count()?;
                    (0..count)
                        .map(|_| restore_who(reader))
                        .collect::<Result<_, _>>()?
                },
            },
            1 => Besides::Place {
                place: reader.place_id()?,
                within: restore_places(reader)?,
            },
            _ => return Err(SavedError::new("no such kinship")),
        };
        all.push((after, besides));
    }
    Ok(all)
}

/// Writes what is declared beside figures; all of it is rare.
fn save_declarations(claims: &Claims, writer: &mut SavedWriter) {
    writer.count(claims.declared.len());
    for declared in &claims.declared {
        save_place(
            declared.event,
            declared.position,
            declared.learnt_at,
            writer,
        );
        writer.option(declared.occurred.as_ref(), SavedWriter::when);
        writer.rare(&declared.partition);
    }
    writer.count(claims.restarts.len());
    for restart in &claims.restarts {
        save_place(restart.event, restart.position, restart.learnt_at, writer);
        writer.word(restart.origin.as_str());
        writer.when(&restart.at);
        writer.option(restart.outcome, |writer, outcome| {
            writer.word(outcome.as_str());
        });
        writer.word(restart.epoch.as_str());
    }
    writer.count(claims.moved.len());
    for moved in &claims.moved {
        save_place(moved.event, moved.position, moved.learnt_at, writer);
        writer.word(moved.origin.as_str());
        writer.when(&moved.at);
        writer.rare(&moved.change);
    }
}

fn restore_declarations(
    reader: &mut SavedReader<'_>,
    claims: &mut Claims,
) -> Result<(), SavedError> {
    for _ in 0..reader.count()? {
        let (event, position, learnt_at) = restore_place(reader)?;
        claims.declared.push(Declared {
            event,
            position,
            learnt_at,
            occurred: reader.option(SavedReader::when)?,
            partition: reader.rare()?,
        });
    }
    for _ in 0..reader.count()? {
        let (event, position, learnt_at) = restore_place(reader)?;
        claims.restarts.push(Restart {
            event,
            position,
            learnt_at,
            origin: reader.source_id()?,
            at: reader.when()?,
            outcome: reader.option(SavedReader::code)?,
            epoch: reader.name()?,
        });
    }
    for _ in 0..reader.count()? {
        let (event, position, learnt_at) = restore_place(reader)?;
        claims.moved.push(Moved {
            event,
            position,
            learnt_at,
            origin: reader.source_id()?,
            at: reader.when()?,
            change: reader.rare()?,
        });
    }
    Ok(())
}

/// Where an event stands.
fn save_place(event: EventId, position: Position, learnt_at: Instant, writer: &mut SavedWriter) {
    writer.event_id(event);
    writer.position(position, Position::START);
    writer.signed(learnt_at.unix_nanos());
}

fn restore_place(reader: &mut SavedReader<'_>) -> Result<(EventId, Position, Instant), SavedError> {
    Ok((
        reader.event_id()?,
        reader.position(Position::START)?,
        Instant::from_unix_nanos(reader.signed()?),
    ))
}
