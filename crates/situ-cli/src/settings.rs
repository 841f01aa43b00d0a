//! `situ.toml` beside the log: what a desk has agreed on.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use chrono::Weekday;
use serde::de::IntoDeserializer as _;
use serde::{Deserialize, Deserializer};
use situ_core::Service;
use situ_services::{ServiceDays, TimeToLive};

use crate::args::duration;
use crate::exit::Hinted;

/// What the file says; without a file, nothing.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    /// After how long without a word a status is stale.
    #[serde(default)]
    time_to_live: BTreeMap<Of, Length>,
    /// On which days of the week a service runs.
    #[serde(default)]
    service_days: BTreeMap<Service, Weekdays>,
}

/// What a time to live is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// Every service not named.
    All,
    One(Service),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Length(Duration);

/// Days of the week, at least one.
#[derive(Debug, PartialEq, Eq)]
struct Weekdays(Vec<Weekday>);

impl<'de> Deserialize<'de> for Weekdays {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let days = Vec::deserialize(deserializer)?;
        if days.is_empty() {
            let message = "no day of the week; leave the service out, or name its days";
            return Err(serde::de::Error::custom(message));
        }
        Ok(Self(days))
    }
}

impl<'de> Deserialize<'de> for Of {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        if word == "all" {
            return Ok(Self::All);
        }
        Service::deserialize(word.into_deserializer()).map(Self::One)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        duration(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

impl Settings {
    /// Reads the file in the folder of the log, if there is one.
    pub(crate) fn beside(store: &Path) -> anyhow::Result<Self> {
        let path = store.with_file_name("situ.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => {
                return Err(
                    anyhow::Error::new(error).context(format!("cannot read {}", path.display()))
                );
            }
        };
        Self::parse(&text).map_err(|error| {
            let message = format!("cannot use {}: {error}", path.display());
            let hint = "write for example\n  [time_to_live]\n  rail = \"12h\"\n  [service_days]\n  sea = [\"Mon\", \"Thu\"]";
            Hinted::new(message, hint).into()
        })
    }

    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())
    }

    /// How long a status is fresh.
    pub(crate) fn time_to_live(&self) -> TimeToLive {
        // `all` stands before every service.
        let times = self.time_to_live.iter();
        times.fold(
            TimeToLive::default(),
            |times, (of, Length(time))| match of {
                Of::All => TimeToLive::all(*time),
                Of::One(service) => times.with(*service, *time),
            },
        )
    }

    /// On which days scheduled services run.
    pub(crate) fn service_days(&self) -> ServiceDays {
        let days = self.service_days.iter();
        days.fold(ServiceDays::default(), |all, (service, Weekdays(days))| {
            all.with(*service, days.iter().copied())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_of_all_services_or_of_one() {
        let settings = Settings::parse("[time_to_live]\nall = \"2d\"\nrail = \"12h\"\n").unwrap();
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let times = settings.time_to_live();
        assert_eq!(
            (times.of(Service::Rail), times.of(Service::Road)),
            (hours(12), hours(48))
        );
        let nothing = Settings::parse("").unwrap();
        assert_eq!(nothing.time_to_live(), TimeToLive::default());
    }

    #[test]
    fn days_of_service_are_days_of_the_week() {
        let settings = Settings::parse("[service_days]\nsea = [\"Mon\", \"thu\"]\n").unwrap();
        let expected = ServiceDays::default().with(Service::Sea, [Weekday::Mon, Weekday::Thu]);
        assert_eq!(settings.service_days(), expected);
    }

    #[test]
    fn what_cannot_be_understood_is_refused_with_its_place() {
        let check = |text: &str, says: &str| {
            let error = Settings::parse(text).unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        };
        check("[time_to_live]\ntrain = \"12h\"", "unknown variant `train`");
        check("[time_to_live]\ntrain = \"12h\"", "line 2");
        check("[time_to_live]\nrail = \"soon\"", "write 90m, 48h or 2d");
        check("[time_to_live]\nroad = \"1h\"\nrail = \"soon\"", "line 3");
        check("[colours]\n", "unknown field `colours`");
        check("[service_days]\nsea = [\"someday\"]", "line 2");
        check("[service_days]\nsea = []", "no day of the week");
        check("[time_to_live]\nrail = \"0h\"", "stale at once");
        check("rail", "line 1");
    }
}
