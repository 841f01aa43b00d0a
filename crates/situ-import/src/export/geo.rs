//! Rows as features of GeoJSON.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use situ_core::{Known, PlaceId, PlacePoint, PointPrecision, Register, SituationId};
use situ_rows::{Row, Table};

use super::json::Object;

/// Whether a feature has a place on the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Geometry {
    /// A point for at least one of its places.
    Points,
    /// None of its places has a point, or it names none: its geometry is null.
    None,
}

/// A row as a feature of GeoJSON (RFC 7946), without a line break: a point, several points, or a null geometry.
///
/// Its properties are the columns of the row, and `points`: which place each point is of, and what it stands for. Longitude
/// comes first, in WGS 84. Points are those known then.
///
/// # Panics
/// When the row is not of the table.
#[must_use]
pub fn feature(
    table: &Table,
    row: &Row,
    situation: &SituationId,
    register: &Register,
    known: Known,
) -> (String, Geometry) {
    let point = |place| register.place(situation, place, known)?.point.as_ref();
    let places = row.places.iter();
    let points: Vec<_> = places
        .filter_map(|place| Some((place, point(place)?)))
        .collect();
    let shape = match points.as_slice() {
        [] => None,
        [(_, only)] => Some(Shape::Point {
            coordinates: coordinates(only),
        }),
        several => Some(Shape::MultiPoint {
            coordinates: several
                .iter()
                .map(|(_, point)| coordinates(point))
                .collect(),
        }),
    };
    let geometry = match shape {
        Some(_) => Geometry::Points,
        None => Geometry::None,
    };
    let points = points.iter().map(|(place, point)| Placed {
        place,
        precision: point.precision,
    });
    let feature = Feature {
        r#type: "Feature",
        geometry: shape,
        properties: Properties {
            row: Object { table, row },
            points: points.collect(),
        },
    };
    let text = serde_json::to_string(&feature).expect("features have string keys");
    (text, geometry)
}

fn coordinates(point: &PlacePoint) -> [f64; 2] {
    let degrees = |millionths: i32| f64::from(millionths) / 1e6;
    let at = point.at;
    [degrees(at.longitude_e6()), degrees(at.latitude_e6())]
}

#[derive(Serialize)]
struct Feature<'a> {
    r#type: &'static str,
    geometry: Option<Shape>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type")]
enum Shape {
    Point { coordinates: [f64; 2] },
    MultiPoint { coordinates: Vec<[f64; 2]> },
}

struct Properties<'a> {
    row: Object<'a>,
    points: Vec<Placed<'a>>,
}

#[derive(Serialize)]
struct Placed<'a> {
    place: &'a PlaceId,
    precision: PointPrecision,
}

impl Serialize for Properties<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Object { table, row } = self.row;
        let mut map = serializer.serialize_map(None)?;
        for (column, cell) in table.columns.iter().zip(&row.cells) {
            map.serialize_entry(column.name, cell)?;
        }
        map.serialize_entry("points", &self.points)?;
        map.end()
    }
}
