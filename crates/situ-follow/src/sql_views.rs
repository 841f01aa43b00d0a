//! The read model behind the views for people with SQL tools.

mod tables;
mod values;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use situ_core::{
    AsOf, ClaimId, Event, EventId, Instant, Known, Payload, Position, Projection as _, Recorded,
    Retraction, SituationId, Valid,
};
use situ_rows::{
    AsideBases, Noted, RETRACTION, claim_rows, retraction_cells, service_row, toll_row,
};
use situ_services::{ServiceStatus, Services, TimeToLive};
use situ_sqlite::{Change, Declaration, Value};
use situ_tolls::{Policy, Tolls};

use crate::read_model::{ReadModel, Undigestible};
use crate::sql_views::tables::{CLAIMS, SERVICES, SITUATIONS, TABLES, TOLLS};
use crate::sql_views::values::{instant, value, values};

/// Claims, tolls and services as tables: `v_claims`, `v_tolls`, `v_services` and `v_situations`.
///
/// `docs/sql-views.md` is the contract of their columns. Tolls and services stand as of the last event that concerned those of
/// their situation: as known at its position, at the moment it was recorded. After each page of events the figures of
/// every situation concerned are resolved anew, all of them, and only rows that differ are written: a page costs one
/// answer to everything for each situation it concerns, however many events it has.
#[derive(Debug, Clone)]
pub struct SqlViews {
    declaration: Declaration,
    tolls: Tolls,
    services: Services,
    reached: Position,
    events: HashMap<EventId, Told>,
    /// What each retraction is aimed at.
    targets: HashMap<EventId, EventId>,
    /// The claims whose rows say that they are retracted, and by what.
    retracted: HashMap<ClaimId, EventId>,
    /// The events whose claims may be retracted now, or no longer.
    disturbed: BTreeSet<EventId>,
    situations: BTreeMap<SituationId, Situation>,
}

/// What is kept of an event.
#[derive(Debug, Clone)]
struct Told {
    /// What other rows need to know of it.
    rows: Noted,
    situation: SituationId,
    claims: Claims,
}

/// The rows of `v_claims` an event has.
#[derive(Debug, Clone, Copy)]
enum Claims {
    None,
    /// One for each figure, from 1.
    Figures(u16),
    /// One for the whole event.
    Service,
}

/// What is written of a situation, and whether it is to be looked at again.
#[derive(Debug, Clone, Default)]
struct Situation {
    /// The last event that concerned its figures.
    tolls: Concerned,
    /// The last event that concerned its services.
    services: Concerned,
    bases: AsideBases,
    row: Option<Vec<Value>>,
    toll_rows: Rows,
    service_rows: Rows,
}

/// Rows by the name of what they tell.
type Rows = BTreeMap<String, Vec<Value>>;

/// The last event that concerned something, and whether its rows are from before.
#[derive(Debug, Clone, Copy, Default)]
struct Concerned {
    last: Option<(Position, Instant)>,
    is_open: bool,
}

impl Concerned {
    fn by(&mut self, recorded: &Recorded) {
        self.last = Some((recorded.position, recorded.recorded_at));
        self.is_open = true;
    }

    fn as_of(self) -> Option<AsOf> {
        self.last.map(|(position, recorded_at)| AsOf {
            valid: Valid(recorded_at),
            known: Known::Position(position),
        })
    }
}

impl SqlViews {
    /// Its name among the followers of a log.
    pub const NAME: &'static str = "sql_views";
    /// The version of what it makes of the events: raised whenever the same events would give other rows.
    pub const VERSION: u32 = 1;

    fn note(&mut self, recorded: &Recorded, event: &Event) {
        let claims = match &event.payload {
            Payload::CasualtiesReported(reported) => {
                Claims::Figures(u16::try_from(reported.figures.len()).unwrap_or(u16::MAX))
            }
            Payload::ServiceSuspended(_)
            | Payload::ServiceConfirmed(_)
            | Payload::ServiceRestored(_)
            | Payload::ServiceOutlookGiven(_) => Claims::Service,
            _ => Claims::None,
        };
        let told = Told {
            rows: Noted::of(recorded, event),
            situation: recorded.situation.clone(),
            claims,
        };
        self.events.insert(recorded.id, told);
        let situation = self.situation(&recorded.situation);
        situation.bases.note(&event.payload);
    }

    /// Looks again at what an event may have retracted, or a retraction recorded before it.
    fn disturb(&mut self, recorded: &Recorded, event: &Event) {
        if !self.tolls.register().retractions_of(recorded.id).is_empty() {
            self.disturbed.insert(recorded.id);
        }
        let Payload::ClaimRetracted(retracted) = &event.payload else {
            return;
        };
        let mut target = retracted.target.event();
        self.targets.insert(recorded.id, target);
        // From a retraction to what it is aimed at, to what that is aimed at: at most once round a circle.
        let mut seen = BTreeSet::from([recorded.id]);
        while seen.insert(target) {
            self.disturbed.insert(target);
            if let Some(told) = self.events.get(&target) {
                let situation = told.situation.clone();
                self.situation(&situation).tolls.by(recorded);
            }
            let Some(next) = self.targets.get(&target) else {
                return;
            };
            target = *next;
        }
    }

    fn situation(&mut self, situation: &SituationId) -> &mut Situation {
        if !self.situations.contains_key(situation) {
            self.situations
                .insert(situation.clone(), Situation::default());
        }
        self.situations
            .get_mut(situation)
            .expect("was there, or is inserted above")
    }

    /// What retractions changed in the rows of claims.
    fn settle_claims(&mut self) -> Vec<Change> {
        let register = self.tolls.register();
        let known = Known::Position(self.reached);
        let mut changes = Vec::new();
        for event in std::mem::take(&mut self.disturbed) {
            let Some(told) = self.events.get(&event) else {
                continue;
            };
            let figures = match told.claims {
                Claims::None => continue,
                Claims::Figures(count) => 1..=count,
                Claims::Service => 0..=0,
            };
            for figure in figures {
                let claim = ClaimId { event, figure };
                let retraction = match told.claims {
                    Claims::Service => register.event_retraction(event, known),
                    _ => register.claim_retraction(claim, known),
                };
                let by = retraction.map(|retraction| retraction.event);
                let before = match by {
                    Some(by) => self.retracted.insert(claim, by),
                    None => self.retracted.remove(&claim),
                };
                if by != before {
                    changes.push(Change::Amend {
                        table: CLAIMS.name,
                        key: vec![told.rows.position.get().into(), i64::from(figure).into()],
                        set: retracted(retraction),
                    });
                }
            }
        }
        changes
    }

    fn settle_situation(&self, id: &SituationId, situation: &mut Situation) -> Vec<Change> {
        let mut changes = Vec::new();
        if std::mem::take(&mut situation.tolls.is_open)
            && let Some(as_of) = situation.tolls.as_of()
        {
            let rows = self.toll_rows(id, as_of, &situation.bases);
            changes.extend(differences(TOLLS.name, id, &situation.toll_rows, &rows));
            situation.toll_rows = rows;
        }
        if std::mem::take(&mut situation.services.is_open)
            && let Some(as_of) = situation.services.as_of()
        {
            let rows = self.service_rows(id, as_of);
            changes.extend(differences(
                SERVICES.name,
                id,
                &situation.service_rows,
                &rows,
            ));
            situation.service_rows = rows;
        }
        let row = self.situation_row(id, situation);
        if situation.row.as_ref() != Some(&row) {
            changes.push(Change::Put {
                table: SITUATIONS.name,
                row: row.clone(),
            });
            situation.row = Some(row);
        }
        changes
    }

    fn toll_rows(&self, id: &SituationId, as_of: AsOf, bases: &AsideBases) -> Rows {
        let figures = bases.figures(&self.tolls, id, as_of, &Policy::default());
        let row = |(name, toll)| {
            let row = toll_row(id, &toll, |event| self.noted(event));
            (name, values(row))
        };
        figures.into_iter().map(row).collect()
    }

    fn service_rows(&self, id: &SituationId, as_of: AsOf) -> Rows {
        let board = self.services.at(id, as_of, &TimeToLive::default());
        let row = |status: &ServiceStatus| {
            let row = service_row(id, status, |event| self.noted(event));
            (status.id.to_string(), values(row))
        };
        board.services.iter().map(row).collect()
    }

    fn noted(&self, event: EventId) -> Option<Noted> {
        self.events.get(&event).map(|told| told.rows)
    }

    fn situation_row(&self, id: &SituationId, situation: &Situation) -> Vec<Value> {
        let last = [situation.tolls.last, situation.services.last];
        let known = last.into_iter().flatten().map(|(position, _)| position);
        let known = Known::Position(known.max().unwrap_or_default());
        let opened = self.tolls.register().situation(id, known);
        let position = |concerned: Concerned| concerned.last.map(|(position, _)| position.get());
        let at = |concerned: Concerned| concerned.last.map(|(_, at)| instant(at));
        vec![
            id.as_str().into(),
            opened.map(|opened| opened.title.as_str()).into(),
            opened.map(|opened| opened.zone.name()).into(),
            position(situation.tolls).into(),
            at(situation.tolls).into(),
            position(situation.services).into(),
            at(situation.services).into(),
        ]
    }
}

/// What the row of a claim says of the retraction that stands against it.
fn retracted(retraction: Option<&Retraction>) -> Vec<(&'static str, Value)> {
    let cells = retraction_cells(retraction).map(value);
    RETRACTION.into_iter().zip(cells).collect()
}

/// What turns rows of a situation into others.
fn differences(
    table: &'static str,
    situation: &SituationId,
    from: &Rows,
    to: &Rows,
) -> Vec<Change> {
    let gone = from.keys().filter(|name| !to.contains_key(*name));
    let removed = gone.map(|name| Change::Remove {
        table,
        key: vec![situation.as_str().into(), name.as_str().into()],
    });
    let new = to
        .iter()
        .filter(|(name, row)| from.get(*name) != Some(*row));
    let put = new.map(|(_, row)| Change::Put {
        table,
        row: row.clone(),
    });
    removed.chain(put).collect()
}

impl Default for SqlViews {
    fn default() -> Self {
        let declaration = Declaration::new(Self::NAME, Self::VERSION, &TABLES);
        Self {
            declaration: declaration.expect("the tables are declared as they must be"),
            tolls: Tolls::default(),
            services: Services::default(),
            reached: Position::START,
            events: HashMap::new(),
            targets: HashMap::new(),
            retracted: HashMap::new(),
            disturbed: BTreeSet::new(),
            situations: BTreeMap::new(),
        }
    }
}

impl ReadModel for SqlViews {
    fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    fn digest(&mut self, recorded: &Recorded) -> Result<Vec<Change>, Undigestible> {
        // Whatever does not read is found here, before anything is folded.
        let event = recorded.event()?;
        let tolls = self.tolls.apply(recorded)?;
        let services = self.services.apply(recorded)?;
        self.reached = recorded.position;
        self.note(recorded, &event);
        match tolls {
            situ_tolls::Touched::Nothing => {}
            situ_tolls::Touched::Figures(situation, _)
            | situ_tolls::Touched::Situation(situation) => {
                self.situation(&situation).tolls.by(recorded);
            }
        }
        match services {
            situ_services::Touched::Nothing => {}
            situ_services::Touched::Lines(lines) => {
                for line in lines {
                    self.situation(&line.situation).services.by(recorded);
                }
            }
            situ_services::Touched::Situation(situation) => {
                self.situation(&situation).services.by(recorded);
            }
        }
        self.disturb(recorded, &event);
        // What retracts a claim is settled at the end of the page, for it may come after.
        let rows = claim_rows(
            recorded,
            &event,
            self.tolls.register(),
            Known::Position(Position::START),
        );
        let put = |row| Change::Put {
            table: CLAIMS.name,
            row: values(row),
        };
        Ok(rows.into_iter().map(put).collect())
    }

    fn settle(&mut self) -> Vec<Change> {
        let mut changes = self.settle_claims();
        let mut situations = std::mem::take(&mut self.situations);
        for (id, situation) in &mut situations {
            if situation.tolls.is_open || situation.services.is_open {
                changes.extend(self.settle_situation(id, situation));
            }
        }
        self.situations = situations;
        changes
    }
}
