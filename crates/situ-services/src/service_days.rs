//! The days on which a service runs by its timetable.

use std::collections::BTreeMap;

use chrono::{Datelike as _, Weekday};
use situ_core::{Service, Valid, Zone};

use crate::board::ServiceStatus;

/// On which days of the week scheduled services run, where that is given.
///
/// A ferry that sails on Mondays and Thursdays and has been halted since Monday is on Thursday in its fourth day, and in its second
/// day of service. Ordinals and [`ServiceStatus::day`] count every day all the same; this stands beside them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceDays(BTreeMap<Service, Vec<Weekday>>);

impl ServiceDays {
    /// Gives the days of a service.
    #[must_use]
    pub fn with(mut self, service: Service, days: impl IntoIterator<Item = Weekday>) -> Self {
        self.0.insert(service, days.into_iter().collect());
        self
    }

    /// Counts the days of service of a run, where they are given and the status counts days at all.
    ///
    /// `zone` is the one days are counted in, `valid` the moment the status was asked for.
    pub fn count(&self, status: &mut ServiceStatus, zone: Zone, valid: Valid) {
        let Some((day, scheduled)) = status.day.zip(self.0.get(&status.service)) else {
            return;
        };
        let today = zone.day_of(valid.0);
        let days = (0..u64::from(day)).filter_map(|back| {
            let day = today.checked_sub_days(chrono::Days::new(back))?;
            scheduled.contains(&day.weekday()).then_some(day)
        });
        status.service_day = u32::try_from(days.count()).ok();
    }
}
