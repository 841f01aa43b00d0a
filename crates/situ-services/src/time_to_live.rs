//! How long a confirmation keeps a status fresh.

use std::collections::BTreeMap;
use std::time::Duration;

use situ_core::Service;

/// How long after its last confirmation the status of a service counts as fresh.
///
/// By default 24 hours for telecommunications and rail, 48 for roads, 72 for all others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimeToLive {
    everything: Option<Duration>,
    single: BTreeMap<Service, Duration>,
}

impl TimeToLive {
    /// The same time for every service.
    #[must_use]
    pub const fn all(duration: Duration) -> Self {
        Self {
            everything: Some(duration),
            single: BTreeMap::new(),
        }
    }

    /// Sets the same time for every service that has none of its own.
    #[must_use]
    pub const fn for_all(mut self, duration: Duration) -> Self {
        self.everything = Some(duration);
        self
    }

    /// Sets the time of one service.
    #[must_use]
    pub fn with(mut self, service: Service, duration: Duration) -> Self {
        self.single.insert(service, duration);
        self
    }

    /// The time of a service.
    #[must_use]
    pub fn of(&self, service: Service) -> Duration {
        self.single
            .get(&service)
            .copied()
            .or(self.everything)
            .unwrap_or_else(|| by_default(service))
    }
}

fn by_default(service: Service) -> Duration {
    let hours = match service {
        Service::Rail
        | Service::MobileVoice
        | Service::MobileData
        | Service::FixedInternet
        | Service::Sms
        | Service::SocialMedia => 24,
        Service::Road => 48,
        _ => 72,
    };
    Duration::from_secs(hours * 60 * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_named_in_the_call_goes_before_all_and_all_before_the_default() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let default = TimeToLive::default();
        assert_eq!(default.of(Service::Rail), hours(24));
        assert_eq!(default.of(Service::SocialMedia), hours(24));
        assert_eq!(default.of(Service::Road), hours(48));
        assert_eq!(default.of(Service::Water), hours(72));
        let all = TimeToLive::all(hours(6)).with(Service::Road, hours(1));
        assert_eq!(all.of(Service::Rail), hours(6));
        assert_eq!(all.of(Service::Road), hours(1));
    }
}
