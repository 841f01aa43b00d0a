//! `situ services`: which services run and which do not, since when.

mod history;
mod why;

use serde::Serialize;
use situ_core::{Census, Known, PlaceId, SituationId};
use situ_services::{
    Day, DayState, Freshness, Nearby, Relation, ServiceDays, ServiceStatus, Services, Status,
    StatusId, TimeToLive,
};
use situ_sqlite::SqliteStore;

use crate::answer::{self, ResolvedAsOf};
use crate::args::{By, Only, ServicesArgs, ServicesCommand, StaleArg};
use crate::exit::{Exit, NotThere};
use crate::ledger::{self, Citation, Ledger};
use crate::question::{Caveats, Question};
use crate::render::{services, strip};
use crate::run::Session;
use crate::saved;
use crate::settings::Settings;

pub(crate) use why::Said;

/// The answer.
#[derive(Debug, Serialize)]
struct Board {
    situation: SituationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<PlaceId>,
    services: Vec<ServiceStatus>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nearby: Option<Vec<Nearby>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strip: Option<Vec<Strip>>,
    #[serde(flatten)]
    caveats: Caveats,
}

/// The last days of a status.
#[derive(Debug, Serialize)]
pub(crate) struct Strip {
    pub(crate) id: StatusId,
    pub(crate) days: Vec<StripDay>,
}

/// One of them; its state is left out where nobody had spoken of it.
#[derive(Debug, Serialize)]
pub(crate) struct StripDay {
    pub(crate) day: Day,
    pub(crate) state: Option<DayState>,
}

/// What every question about services is asked with.
struct Asked {
    store: SqliteStore,
    ledger: Ledger,
    services: Services,
    census: Census,
    question: Question,
    time_to_live: TimeToLive,
    service_days: ServiceDays,
}

pub(crate) fn run(args: &ServicesArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_read(session.global.store())?;
    let folded = saved::services(&store, session)?;
    let (ledger, services, census) = (folded.ledger, folded.view, folded.census);
    let question = Question::resolve(session, &ledger)?;
    let settings = Settings::beside(session.global.store())?;
    let asked = Asked {
        store,
        ledger,
        services,
        census,
        question,
        time_to_live: time_to_live(&args.stale, &settings),
        service_days: settings.service_days(),
    };
    match &args.command {
        None => board(args, &asked, session),
        Some(ServicesCommand::Why(status)) => match &status.id {
            Some(id) => why::run(id, &asked, session),
            None => ids(&asked, session),
        },
        Some(ServicesCommand::History(history)) => match &history.status.id {
            Some(id) => history::run(id, history.axis, asked, session),
            None => ids(&asked, session),
        },
    }
}

/// What the call says goes before what the file says.
pub(crate) fn time_to_live(given: &[StaleArg], settings: &Settings) -> TimeToLive {
    let of_all = given.iter().any(|stale| stale.service.is_none());
    let mut time_to_live = if of_all {
        TimeToLive::default()
    } else {
        settings.time_to_live()
    };
    for stale in given {
        time_to_live = match stale.service {
            Some(service) => time_to_live.with(service, stale.after),
            None => time_to_live.for_all(stale.after),
        };
    }
    time_to_live
}

fn board(args: &ServicesArgs, asked: &Asked, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let Asked {
        services, question, ..
    } = asked;
    let (situation, as_of) = (&question.situation, question.as_of);
    let (statuses, nearby) = match &args.place {
        Some(place) => {
            let about = services.about(situation, place, as_of, &asked.time_to_live);
            (about.inside, Some(about.nearby))
        }
        None => (
            services.at(situation, as_of, &asked.time_to_live).services,
            None,
        ),
    };
    let mut board = Board {
        place: args.place.clone(),
        services: statuses,
        nearby,
        strip: None,
        caveats: Caveats::of(&asked.census, question),
        situation: situation.clone(),
    };
    board.must_be_there(args, asked)?;
    board.keep(args);
    board.count_days(asked);
    board.strip = args.days.map(|days| board.strip(asked, days));
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(question), board)?;
        return Ok(Exit::Answered);
    }
    let register = &asked.ledger.register;
    let cite = Citation(&asked.store);
    let names = question.names(register, &cite);
    writeln!(session.out, "{}\n", question.heading(register))?;
    if board.is_empty() {
        let nothing = if args.only.is_empty() {
            "Nothing was known of any service."
        } else {
            "Nothing was in that state."
        };
        writeln!(session.out, "{nothing}")?;
    }
    match args.by {
        By::Service => services::write(&board.services, &names, session.out)?,
        By::Place => services::write_by_place(&board.services, &names, session.out)?,
    }
    if let Some(strips) = board.strip.as_deref().filter(|strips| !strips.is_empty()) {
        writeln!(session.out)?;
        strip::write(strips, &names, session.out)?;
    }
    services::write_nearby(board.nearby.as_deref().unwrap_or(&[]), &names, session.out)?;
    board.caveats.write(session.out)?;
    Ok(Exit::Answered)
}

impl Asked {
    /// What to add to "nothing is said of it" where the question is about an earlier state of knowledge.
    fn as_known(&self) -> &'static str {
        if self.question.as_of.known == Known::Position(self.ledger.head) {
            ""
        } else {
            ", as known then"
        }
    }

    fn count_days(&self, status: &mut ServiceStatus) {
        let question = &self.question;
        self.service_days
            .count(status, question.counted_in, question.as_of.valid);
    }
}

/// Every id, with the state in words.
fn ids(asked: &Asked, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let question = &asked.question;
    let board = Board {
        place: None,
        services: asked
            .services
            .at(&question.situation, question.as_of, &asked.time_to_live)
            .services,
        nearby: None,
        strip: None,
        caveats: Caveats::of(&asked.census, question),
        situation: question.situation.clone(),
    };
    if session.global.json {
        answer::write(session.out, ResolvedAsOf::from(question), board)?;
        return Ok(Exit::Answered);
    }
    let cite = Citation(&asked.store);
    let names = question.names(&asked.ledger.register, &cite);
    services::write_ids(&board.services, &names, session.out)?;
    Ok(Exit::Answered)
}

impl Board {
    fn is_empty(&self) -> bool {
        self.services.is_empty() && self.nearby.as_ref().is_none_or(Vec::is_empty)
    }

    /// A service or place that was named and that nobody spoke of is a no.
    fn must_be_there(&self, args: &ServicesArgs, asked: &Asked) -> anyhow::Result<()> {
        let Question {
            situation, as_of, ..
        } = &asked.question;
        let then = asked.as_known();
        if let Some(place) = &args.place {
            let register = &asked.ledger.register;
            let is_described = register.place(situation, place, as_of.known).is_some();
            let nearby = self.nearby.iter().flatten();
            let mut reaching = nearby.filter(|nearby| nearby.relation != Relation::NoPlace);
            if !is_described && self.services.is_empty() && reaching.next().is_none() {
                let message = format!("nobody speaks of a place {place} in {situation}{then}");
                return Err(NotThere(message).into());
            }
        }
        let is_asked = |status: &ServiceStatus| args.services.contains(&status.service);
        let nearby = self.nearby.iter().flatten().map(|nearby| &nearby.status);
        if !args.services.is_empty() && !self.services.iter().chain(nearby).any(is_asked) {
            let asked = args.services.iter().map(|service| service.as_str());
            let asked = asked.collect::<Vec<_>>().join(", ");
            let message = format!("nothing is said of {asked} in {situation}{then}");
            return Err(NotThere(message).into());
        }
        Ok(())
    }

    fn count_days(&mut self, asked: &Asked) {
        let nearby = self.nearby.iter_mut().flatten();
        let nearby = nearby.map(|nearby| &mut nearby.status);
        for status in self.services.iter_mut().chain(nearby) {
            asked.count_days(status);
        }
    }

    /// The last days of everything listed.
    fn strip(&self, asked: &Asked, count: u16) -> Vec<Strip> {
        let Question {
            situation, as_of, ..
        } = &asked.question;
        let ids = self.services.iter().map(|status| &status.id);
        ids.map(|id| {
            let days = asked
                .services
                .days(situation, id, *as_of, &asked.time_to_live, count);
            let days = days.into_iter();
            Strip {
                id: id.clone(),
                days: days.map(|(day, state)| StripDay { day, state }).collect(),
            }
        })
        .collect()
    }

    fn keep(&mut self, args: &ServicesArgs) {
        let is_asked = |status: &ServiceStatus| {
            let is_service = args.services.is_empty() || args.services.contains(&status.service);
            let is_state =
                args.only.is_empty() || args.only.iter().any(|only| is_in(status, *only));
            is_service && is_state
        };
        self.services.retain(is_asked);
        if let Some(nearby) = &mut self.nearby {
            nearby.retain(|nearby| is_asked(&nearby.status));
        }
    }
}

fn is_in(status: &ServiceStatus, only: Only) -> bool {
    match only {
        Only::Suspended => status.status == Status::Suspended,
        Only::Restricted => status.status == Status::Restricted,
        Only::Operating => status.status == Status::Operating,
        Only::Unknown => status.status == Status::Unknown,
        Only::Disputed => status.status == Status::Disputed,
        Only::Stale => status.freshness == Freshness::Stale,
    }
}
