//! The name of a status: which service, in which scope.

use std::fmt::{self, Write as _};
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use situ_core::{Extent, IdError, Name, PlaceId, Service, TextError, UnknownWord};

use crate::claim::normal;

/// What one asks about, in a text that is short, stable and readable: `rail@between:PK-BA`, `road@segment:nushki..taftan`.
///
/// The form is `SERVICE@SCOPE`, with a scope `PLACE`, `segment:FROM..TO`, `segment:FROM..TO:ROUTE`, `route:NAME`,
/// `operator:NAME`, `network:NAME`, `facility:NAME`, `facility:NAME@PLACE`, `between:A..B`, `between:A` (and everywhere else), or
/// `some_of:PLACE` for the members of it that nobody named. Scopes that mean the same have one name: a stretch is named from the
/// end that comes first in the alphabet, "several districts" without its count. ASCII other than letters, digits and
/// `- . _ = ,` is percent-encoded in places and names, so that an id needs no quotes in a shell; spaces may be typed as they are.
///
/// ```
/// use situ_services::StatusId;
///
/// let id: StatusId = "road@segment:taftan..nushki:N-40 West".parse()?;
/// assert_eq!(id.to_string(), "road@segment:nushki..taftan:N-40%20West");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusId {
    service: Service,
    scope: Extent,
}

impl StatusId {
    /// Names the status of a service in a scope; of "some of" a place, the one of its unnamed members.
    #[must_use]
    pub fn new(service: Service, scope: &Extent) -> Self {
        Self {
            service,
            scope: normal(scope),
        }
    }

    /// The service.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.service
    }

    /// The scope, in the one spelling all that mean the same share.
    #[must_use]
    pub const fn scope(&self) -> &Extent {
        &self.scope
    }
}

/// A text that names no status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatusIdError {
    /// There is no scope.
    #[error(
        "`{0}` does not say where; write SERVICE@SCOPE, such as rail@quetta or road@segment:nushki..taftan"
    )]
    NoScope(String),
    /// The first word is no service.
    #[error("{0}; a status is named SERVICE@SCOPE, such as rail@quetta")]
    Service(#[from] UnknownWord),
    /// The word before the colon is no shape.
    #[error(
        "unknown scope `{0}`; write PLACE, segment:FROM..TO, route:NAME, operator:NAME, network:NAME, facility:NAME@PLACE, \
         between:A..B, between:A or some_of:PLACE"
    )]
    Shape(String),
    /// A stretch without its other end.
    #[error("`{0}` has no two ends; write FROM..TO")]
    NoEnds(String),
    /// A percent sign that encodes nothing.
    #[error(
        "`{0}` holds a % that no two hexadecimal digits follow, or that encodes no UTF-8; write %25 for the sign itself"
    )]
    Encoding(String),
    /// A place that cannot be one.
    #[error(transparent)]
    Place(#[from] IdError),
    /// A name that cannot be one.
    #[error(transparent)]
    Name(#[from] TextError),
}

impl FromStr for StatusId {
    type Err = StatusIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let no_scope = || StatusIdError::NoScope(text.to_owned());
        let (service, scope) = text.split_once('@').ok_or_else(no_scope)?;
        let service = service.parse()?;
        if scope.is_empty() {
            return Err(no_scope());
        }
        Ok(Self::new(service, &extent(scope)?))
    }
}

fn extent(text: &str) -> Result<Extent, StatusIdError> {
    let Some((shape, rest)) = text.split_once(':') else {
        return Ok(Extent::Area {
            place: place(text)?,
        });
    };
    Ok(match shape {
        "area" => Extent::Area {
            place: place(rest)?,
        },
        "segment" => {
            let (stretch, route) = match rest.split_once(':') {
                Some((stretch, route)) => (stretch, Some(name(route)?)),
                None => (rest, None),
            };
            let (from, to) = ends(stretch)?;
            Extent::Segment { from, to, route }
        }
        "route" => Extent::Route { name: name(rest)? },
        "operator" => Extent::Operator { name: name(rest)? },
        "network" => Extent::Network { name: name(rest)? },
        "facility" => match rest.split_once('@') {
            Some((facility, at)) => Extent::Facility {
                name: name(facility)?,
                place: Some(place(at)?),
            },
            None => Extent::Facility {
                name: name(rest)?,
                place: None,
            },
        },
        "between" if rest.contains("..") => {
            let (a, b) = ends(rest)?;
            Extent::Between { a, b: Some(b) }
        }
        "between" => Extent::Between {
            a: place(rest)?,
            b: None,
        },
        "some_of" => Extent::SomeOf {
            within: place(rest)?,
            named: Vec::new(),
            at_least: NonZeroU32::MIN,
            words: None,
        },
        other => return Err(StatusIdError::Shape(other.to_owned())),
    })
}

fn ends(text: &str) -> Result<(PlaceId, PlaceId), StatusIdError> {
    let (one, other) = text
        .split_once("..")
        .ok_or_else(|| StatusIdError::NoEnds(text.to_owned()))?;
    Ok((place(one)?, place(other)?))
}

fn place(text: &str) -> Result<PlaceId, StatusIdError> {
    Ok(PlaceId::new(decoded(text)?)?)
}

fn name(text: &str) -> Result<Name, StatusIdError> {
    Ok(Name::new(decoded(text)?)?)
}

impl fmt::Display for StatusId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.service)?;
        let place = |place: &PlaceId| encoded(place.as_str());
        let name = |name: &Name| encoded(name.as_str());
        match &self.scope {
            Extent::Area { place: area } => f.write_str(&place(area)),
            Extent::Segment { from, to, route } => {
                write!(f, "segment:{}..{}", place(from), place(to))?;
                route
                    .as_ref()
                    .map_or(Ok(()), |route| write!(f, ":{}", name(route)))
            }
            Extent::Route { name: route } => write!(f, "route:{}", name(route)),
            Extent::Operator { name: operator } => write!(f, "operator:{}", name(operator)),
            Extent::Network { name: network } => write!(f, "network:{}", name(network)),
            Extent::Facility {
                name: facility,
                place: at,
            } => {
                write!(f, "facility:{}", name(facility))?;
                at.as_ref().map_or(Ok(()), |at| write!(f, "@{}", place(at)))
            }
            Extent::Between { a, b: Some(b) } => write!(f, "between:{}..{}", place(a), place(b)),
            Extent::Between { a, b: None } => write!(f, "between:{}", place(a)),
            Extent::SomeOf { within, .. } => write!(f, "some_of:{}", place(within)),
        }
    }
}

impl Serialize for StatusId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Dots that could be taken for those between two ends are encoded as well.
fn encoded(text: &str) -> String {
    let has_dots = text.contains("..") || text.starts_with('.') || text.ends_with('.');
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        let is_plain = !character.is_ascii()
            || character.is_ascii_alphanumeric()
            || matches!(character, '-' | '_' | '=' | ',')
            || character == '.' && !has_dots;
        if is_plain {
            encoded.push(character);
        } else {
            write!(encoded, "%{:02X}", u32::from(character)).expect("a string takes all");
        }
    }
    encoded
}

fn decoded(text: &str) -> Result<String, StatusIdError> {
    let wrong = || StatusIdError::Encoding(text.to_owned());
    let mut pieces = text.split('%');
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2).ok_or_else(wrong)?;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let byte = u8::from_str_radix(digits, 16)
            .ok()
            .filter(|_| is_hexadecimal);
        bytes.push(byte.ok_or_else(wrong)?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_of_scope_has_a_name_that_reads_back() {
        let check = |typed: &str, printed: &str| {
            let id: StatusId = typed
                .parse()
                .unwrap_or_else(|error| panic!("{typed}: {error}"));
            assert_eq!(id.to_string(), printed);
            assert_eq!(printed.parse(), Ok(id));
        };
        check("mobile_data@PK-BA", "mobile_data@PK-BA");
        check("mobile_data@area:PK-BA", "mobile_data@PK-BA");
        check("road@segment:taftan..nushki", "road@segment:nushki..taftan");
        check("road@segment:a..b:N 40", "road@segment:a..b:N%2040");
        check("road@route:M-8", "road@route:M-8");
        check(
            "electricity@operator:K: E@st",
            "electricity@operator:K%3A%20E%40st",
        );
        check("mobile_voice@network:شبکه", "mobile_voice@network:شبکه");
        check(
            "air@facility:Quetta airport@quetta",
            "air@facility:Quetta%20airport@quetta",
        );
        check("air@facility:tower", "air@facility:tower");
        check("rail@between:PK-SD..PK-BA", "rail@between:PK-BA..PK-SD");
        check("rail@between:PK-BA", "rail@between:PK-BA");
        check("road@some_of:PK-BA", "road@some_of:PK-BA");
        check("road@segment:a%2E%2Eb..c%2E", "road@segment:a%2E%2Eb..c%2E");
        check("road@segment:a.b..c", "road@segment:a.b..c");
    }

    #[test]
    fn what_names_no_status_says_what_to_write() {
        let check = |typed: &str, says: &str| {
            let error = typed.parse::<StatusId>().unwrap_err().to_string();
            assert!(error.contains(says), "{typed}: {error}");
        };
        check("rail", "write SERVICE@SCOPE");
        check("rail@", "write SERVICE@SCOPE");
        check("trains@quetta", "unknown service `trains`");
        check("rail@planet:mars", "unknown scope `planet`");
        check("rail@segment:quetta", "write FROM..TO");
        check("rail@100%", "write %25");
        check("rail@%+1", "write %25");
        check("rail@route:", "text is empty");
        check("rail@two words", "has white space");
    }
}
