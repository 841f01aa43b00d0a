//! The last days of a status, the worst state of each.

use serde::Serialize;
use situ_core::{AsOf, Degree, Instant, SituationId, Valid};

use crate::board::{Day, Freshness, ServiceStatus, Status};
use crate::claim::severity;
use crate::services::Services;
use crate::status_id::StatusId;
use crate::time_to_live::TimeToLive;

/// The worst of a local day, as known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DayState {
    /// The day.
    pub day: Day,
    /// How it was at its worst; disputed goes before all.
    pub status: Status,
    /// How much of the service there was then.
    pub degree: Degree,
    /// Whether that was confirmed recently enough then.
    pub freshness: Freshness,
}

impl Services {
    /// The last so many local days of a status, oldest first, up to the moment asked about; `None` for a day before anybody spoke of it.
    #[must_use]
    pub fn days(
        &self,
        situation: &SituationId,
        id: &StatusId,
        as_of: AsOf,
        time_to_live: &TimeToLive,
        count: u16,
    ) -> Vec<(Day, Option<DayState>)> {
        let zone = self.register().zone(situation, as_of.known);
        let today = zone.day_of(as_of.valid.0);
        let days = (0..u64::from(count)).rev();
        let days = days.filter_map(|back| today.checked_sub_days(chrono::Days::new(back)));
        days.map(|day| {
            let until = zone.end_of(day).min(as_of.valid.0);
            let mut worst: Option<ServiceStatus> = None;
            let mut moment = Some(zone.start_of(day));
            while let Some(now) = moment.filter(|now| *now <= until) {
                let (status, next) = self.look(situation, id, now, as_of, time_to_live);
                worst = worse(worst, status);
                moment = next;
            }
            let (last, _) = self.look(situation, id, until, as_of, time_to_live);
            let state = worse(worst, last).map(|status| DayState {
                day: Day(day),
                status: status.status,
                degree: status.degree,
                freshness: status.freshness,
            });
            (Day(day), state)
        })
        .collect()
    }

    fn look(
        &self,
        situation: &SituationId,
        id: &StatusId,
        now: Instant,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> (Option<ServiceStatus>, Option<Instant>) {
        let as_of = AsOf {
            valid: Valid(now),
            ..as_of
        };
        self.ledger(situation).map_or((None, None), |ledger| {
            self.in_full(ledger, id, as_of, time_to_live)
        })
    }
}

/// The worse of two states, of equals the one that was fresh, of those the later.
fn worse(one: Option<ServiceStatus>, other: Option<ServiceStatus>) -> Option<ServiceStatus> {
    let rank = |status: &ServiceStatus| {
        let is_disputed = status.status == Status::Disputed;
        let is_fresh = status.freshness == Freshness::Fresh;
        (is_disputed, severity(status.degree), is_fresh)
    };
    match (one, other) {
        (Some(one), Some(other)) if rank(&one) > rank(&other) => Some(one),
        (one, other) => other.or(one),
    }
}
