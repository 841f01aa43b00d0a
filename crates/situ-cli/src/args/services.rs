//! The command line of `situ services`.

use std::str::FromStr;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use situ_core::{PlaceId, Service};

use super::audit::Axis;
use super::words::one_of;

/// Arguments of `situ services`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ services
  situ services --service rail --at '2026-02-04 00:30'
  situ services --place quetta --stale 12h --stale road=2d
  situ services --days 7
  situ services why rail@between:PK-BA")]
pub(crate) struct ServicesArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ServicesCommand>,

    /// Only this service; may be repeated
    #[arg(long = "service", value_name = "SERVICE", value_parser = one_of!(Service), hide_possible_values = true)]
    pub(crate) services: Vec<Service>,

    /// Only this place: what lies in it, what covers it, what may concern it
    #[arg(long, value_name = "PLACE")]
    pub(crate) place: Option<PlaceId>,

    /// Only what is in this state; may be repeated
    #[arg(long, value_name = "STATE")]
    pub(crate) only: Vec<Only>,

    /// How the page is ordered
    #[arg(
        long,
        value_name = "WHAT",
        default_value = "service",
        hide_default_value = true
    )]
    pub(crate) by: By,

    /// Draw the last so many days as well, up to 60
    #[arg(long, value_name = "N", value_parser = days)]
    pub(crate) days: Option<u16>,

    /// After how long without a word a status is stale: 48h, or rail=12h for one service
    ///
    /// It goes before what the file situ.toml beside the log says, and that before 24 hours for trains and telecommunications,
    /// 48 for roads and 72 for all others.
    #[arg(long, value_name = "TIME", global = true)]
    pub(crate) stale: Vec<StaleArg>,
}

/// What to do instead of printing the board.
#[derive(Debug, Subcommand)]
pub(crate) enum ServicesCommand {
    /// Why a status is what it is: the claims it rests on, those set aside, what covers it
    #[command(after_help = "Example:\n  situ services why rail@between:PK-BA")]
    Why(StatusArg),
    /// How a status changed: from what to what, when, by which event
    #[command(after_help = "\
Examples:
  situ services history rail@between:PK-BA
  situ services history rail --axis recorded")]
    History(HistoryArgs),
}

/// Arguments of `situ services history`.
#[derive(Debug, clap::Args)]
pub(crate) struct HistoryArgs {
    #[command(flatten)]
    pub(crate) status: StatusArg,

    /// Along which clock: learnt (as it became public) or recorded (as the log took it) [default: learnt; recorded with --known
    /// @POSITION]
    #[arg(long)]
    pub(crate) axis: Option<Axis>,
}

/// Which status.
#[derive(Debug, clap::Args)]
pub(crate) struct StatusArg {
    /// SERVICE@SCOPE, such as road@segment:nushki..taftan or sms@quetta, or what only one begins with; without, all are listed
    #[arg(value_name = "ID")]
    pub(crate) id: Option<String>,
}

/// A state to look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Only {
    /// Nothing runs, last known
    Suspended,
    /// Less than usual runs, last known
    Restricted,
    /// It runs as usual, last known
    Operating,
    /// Nobody says
    Unknown,
    /// Reports contradict each other
    Disputed,
    /// Nobody has said so for long
    Stale,
}

/// How the page is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum By {
    /// By service, then scope
    Service,
    /// Under a heading for each place
    Place,
}

/// `48h`, or `rail=12h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StaleArg {
    /// `None`: every service.
    pub(crate) service: Option<Service>,
    pub(crate) after: Duration,
}

impl FromStr for StaleArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (service, after) = match text.split_once('=') {
            Some((service, after)) => {
                let service = service
                    .parse::<Service>()
                    .map_err(|error| error.to_string())?;
                (Some(service), after)
            }
            None => (None, text),
        };
        let after = duration(after)?;
        Ok(Self { service, after })
    }
}

/// Reads `90m`, `48h` or `2d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no length of time; write 90m, 48h or 2d");
    let (number, unit) = text
        .split_at_checked(text.len().wrapping_sub(1))
        .ok_or_else(wrong)?;
    if unit == "s" {
        return Err(format!(
            "`{text}` is too fine; write whole minutes, hours or days: 90m, 48h or 2d"
        ));
    }
    let seconds = match unit {
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return Err(wrong()),
    };
    let is_number = number.bytes().all(|digit| digit.is_ascii_digit());
    let number: u32 = number
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(wrong)?;
    if number == 0 {
        return Err(format!(
            "after `{text}` everything is stale at once; write 90m, 48h or 2d"
        ));
    }
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// Reads how many days to draw.
fn days(text: &str) -> Result<u16, String> {
    let days = text.parse().ok().filter(|days| (1..=60).contains(days));
    days.ok_or_else(|| "write a whole number of days, from 1 to 60".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_of_all_services_or_of_one() {
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        let stale = |text: &str| {
            text.parse::<StaleArg>()
                .map(|stale| (stale.service, stale.after))
        };
        assert_eq!(stale("48h"), Ok((None, hours(48))));
        assert_eq!(stale("2d"), Ok((None, hours(48))));
        assert_eq!(stale("90m"), Ok((None, Duration::from_secs(5400))));
        assert_eq!(stale("rail=12h"), Ok((Some(Service::Rail), hours(12))));
        assert!(
            stale("train=12h")
                .unwrap_err()
                .contains("unknown service `train`")
        );
        assert!(stale("0h").unwrap_err().contains("stale at once"));
        assert!(stale("1s").unwrap_err().contains("whole minutes"));
        assert!(days("1.5").unwrap_err().contains("whole number"));
        assert_eq!(
            (days("60"), days("61").is_err(), days("0").is_err()),
            (Ok(60), true, true)
        );
        for wrong in ["", "h", "48", "+4h", "4 h", "4é", "99999999999h", "rail="] {
            assert!(
                stale(wrong).unwrap_err().contains("write 90m, 48h or 2d"),
                "{wrong}"
            );
        }
    }
}
