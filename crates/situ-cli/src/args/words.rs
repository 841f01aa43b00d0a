//! Small languages within one argument.

use std::str::FromStr;

use situ_core::{AgeBand, Extent, Name, PlaceId, Position, Role, Sex, Who, Zone};
use situ_tolls::{FigureName, FigureNameError, Reading, Series};

/// Accepts the words of a vocabulary and nothing else.
macro_rules! one_of {
    ($vocabulary:ty) => {{
        use clap::builder::TypedValueParser as _;
        clap::builder::PossibleValuesParser::new(
            <$vocabulary>::ALL.iter().map(|word| word.as_str()),
        )
        .try_map(|word| word.parse::<$vocabulary>())
    }};
}
pub(crate) use one_of;

/// Reads a number that counts from 1.
pub(crate) fn from_1<N: FromStr>(text: &str) -> Result<N, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no number from 1 on; write for example 5"))
}

/// Reads how many of something are wanted.
pub(crate) fn how_many(text: &str) -> Result<usize, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is no number of events; write for example 20"))
}

/// The state of knowledge asked for, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum KnownArg {
    /// Everything the log holds.
    Now,
    /// What had been learnt by the moment asked about.
    Then,
    /// What the log held at a position.
    At(Position),
    /// What had been learnt by a time.
    Learnt(String),
    /// Two states, one after the other.
    Between(Box<KnownArg>, Box<KnownArg>),
}

impl FromStr for KnownArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some((from, to)) = text.split_once("..") {
            return Ok(Self::Between(
                Box::new(from.parse()?),
                Box::new(to.parse()?),
            ));
        }
        match text {
            "now" => Ok(Self::Now),
            "then" => Ok(Self::Then),
            _ => match text.strip_prefix('@') {
                Some(position) => position
                    .parse()
                    .map(Self::At)
                    .map_err(|_| format!("`{text}` is no position; write @26")),
                None => Ok(Self::Learnt(text.to_owned())),
            },
        }
    }
}

/// A figure by its name, as typed: `killed/civilian@quetta/since:2026-01-31`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FigureArg(String);

impl FigureArg {
    /// The figure; days without a zone are those of `zone`, the situation's.
    pub(crate) fn resolve(&self, zone: Zone) -> Result<FigureName, FigureNameError> {
        FigureName::parse_in(&self.0, zone)
    }
}

impl FromStr for FigureArg {
    type Err = FigureNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // In whichever zone: a slip is told before a log is opened.
        FigureName::parse_in(text, Zone::UTC)?;
        Ok(Self(text.to_owned()))
    }
}

/// People and their number: `civilian=36`, `civilian/female='at least 1'`, or a number alone for everyone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SumArg {
    pub(crate) who: Who,
    pub(crate) quantity: String,
}

impl FromStr for SumArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (who, quantity) = match text.split_once('=') {
            Some((who, quantity)) => (who.parse::<WhoArg>()?.0, quantity),
            None => (Who::any(Role::All), text),
        };
        if quantity.contains(',') {
            let plain = quantity.replace(',', "");
            return Err(format!(
                "`{quantity}` may be one number or two; write {plain}, or give each number its own flag"
            ));
        }
        crate::said::quantity(quantity).map_err(|error| error.to_string())?;
        Ok(Self {
            who,
            quantity: quantity.to_owned(),
        })
    }
}

/// People: `civilian`, `civilian/female`, `civilian/child`, `all/male/adult`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WhoArg(pub(crate) Who);

impl FromStr for WhoArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split('/');
        let role = words.next().unwrap_or_default();
        let mut who = Who::any(role.parse::<Role>().map_err(|error| error.to_string())?);
        for word in words {
            if let Ok(sex) = word.parse::<Sex>() {
                who.sex = Some(sex);
            } else if let Ok(age) = word.parse::<AgeBand>() {
                who.age = Some(age);
            } else {
                return Err(format!(
                    "unknown sex or age band `{word}`; it is one of female, male, child, adult, elderly"
                ));
            }
        }
        Ok(Self(who))
    }
}

/// How a bare number is read, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ReadingArg(pub(crate) Reading);

impl FromStr for ReadingArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "floor" => Ok(Self(Reading::Floor)),
            "point" => Ok(Self(Reading::Point)),
            _ => Err(format!("unknown reading `{text}`; it is floor or point")),
        }
    }
}

/// What becomes of a counter that began anew, as typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SeriesArg(pub(crate) Series);

impl FromStr for SeriesArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "published" => Ok(Self(Series::Published)),
            "continuous" => Ok(Self(Series::Continuous)),
            _ => Err(format!(
                "unknown series `{text}`; it is published or continuous"
            )),
        }
    }
}

/// Where a service is meant, as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScopeArg(pub(crate) Extent);

const SCOPE: &str = "write PLACE, segment:FROM..TO, between:A..B, between:A, route:NAME, operator:NAME, network:NAME, facility:NAME, or facility:NAME@PLACE";

impl FromStr for ScopeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let place = |id: &str| PlaceId::new(id).map_err(|error| format!("{error}; {SCOPE}"));
        let name = |name: &str| Name::new(name).map_err(|error| format!("{error}; {SCOPE}"));
        let pair = |text: &str| {
            let (a, b) = text
                .split_once("..")
                .ok_or_else(|| format!("`{text}` has no two ends; {SCOPE}"))?;
            Ok::<_, String>((place(a)?, place(b)?))
        };
        let extent = match text.split_once(':') {
            None => Extent::Area {
                place: place(text)?,
            },
            Some(("area", id)) => Extent::Area { place: place(id)? },
            Some(("segment", ends)) => {
                let (from, to) = pair(ends)?;
                Extent::Segment {
                    from,
                    to,
                    route: None,
                }
            }
            Some(("between", ends)) if ends.contains("..") => {
                let (a, b) = pair(ends)?;
                Extent::Between { a, b: Some(b) }
            }
            Some(("between", id)) => Extent::Between {
                a: place(id)?,
                b: None,
            },
            Some(("route", text)) => Extent::Route { name: name(text)? },
            Some(("operator", text)) => Extent::Operator { name: name(text)? },
            Some(("network", text)) => Extent::Network { name: name(text)? },
            Some(("facility", text)) => match text.split_once('@') {
                Some((text, id)) => Extent::Facility {
                    name: name(text)?,
                    place: Some(place(id)?),
                },
                None => Extent::Facility {
                    name: name(text)?,
                    place: None,
                },
            },
            Some((other, _)) => return Err(format!("unknown scope `{other}`; {SCOPE}")),
        };
        Ok(Self(extent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_named_by_role_sex_and_age() {
        let who = |text: &str| text.parse::<WhoArg>().map(|who| who.0);
        assert_eq!(who("civilian"), Ok(Who::any(Role::Civilian)));
        let women = Who {
            sex: Some(Sex::Female),
            age: Some(AgeBand::Adult),
            ..Who::any(Role::All)
        };
        assert_eq!(who("all/female/adult"), Ok(women));
        assert!(
            who("terrorist")
                .unwrap_err()
                .contains("unknown role `terrorist`; it is one of all")
        );
        assert!(
            who("civilian/young")
                .unwrap_err()
                .contains("unknown sex or age band `young`")
        );
    }

    #[test]
    fn a_figure_counts_days_in_the_zone_it_is_resolved_in() {
        let figure: FigureArg = "killed/all/since:2026-01-31".parse().unwrap();
        let in_karachi = figure.resolve("Asia/Karachi".parse().unwrap()).unwrap();
        assert_eq!(
            in_karachi.to_string(),
            "killed/all/since:2026-01-31[Asia/Karachi]"
        );
        assert!("killed/civilans".parse::<FigureArg>().is_err());
    }

    #[test]
    fn a_scope_is_a_place_or_a_shape_with_its_name() {
        let scope = |text: &str| text.parse::<ScopeArg>().map(|scope| scope.0);
        let place = |id: &str| PlaceId::new(id).unwrap();
        assert_eq!(
            scope("PK-BA"),
            Ok(Extent::Area {
                place: place("PK-BA")
            })
        );
        assert_eq!(
            scope("segment:nushki..taftan"),
            Ok(Extent::Segment {
                from: place("nushki"),
                to: place("taftan"),
                route: None
            })
        );
        assert_eq!(
            scope("between:PK-BA"),
            Ok(Extent::Between {
                a: place("PK-BA"),
                b: None
            })
        );
        assert!(
            scope("segment:nushki")
                .unwrap_err()
                .contains("has no two ends")
        );
        assert!(
            scope("planet:mars")
                .unwrap_err()
                .contains("unknown scope `planet`")
        );
        assert!(scope("two words").unwrap_err().contains("has white space"));
    }

    #[test]
    fn known_is_now_then_a_time_or_a_position() {
        assert_eq!("now".parse(), Ok(KnownArg::Now));
        assert_eq!("then".parse(), Ok(KnownArg::Then));
        assert_eq!("@26".parse(), Ok(KnownArg::At(Position::new(26))));
        assert_eq!(
            "yesterday".parse(),
            Ok(KnownArg::Learnt("yesterday".into()))
        );
        assert!("@x".parse::<KnownArg>().is_err());
    }
}
