//! Charts: one row a figure, its number and its range on one axis.

use std::io::{self, Write};

use situ_core::Interval;
use unicode_width::UnicodeWidthStr;

use super::number::{grouped, interval, regrouped};
use super::paint::Tone;
use super::table::{Cell, Table, paragraph, wrap};

/// How wide a chart is where its words leave room: it must not break in a terminal of that width.
const WIDTH: usize = 80;
const TRACK_LEAST: usize = 26;
const TRACK_MOST: usize = 60;
const LABEL_MOST: usize = 24;
const END_MOST: usize = 30;

/// One row of a chart.
#[derive(Debug, Clone)]
pub(crate) enum Row {
    Point(Point),
    /// Words in place of a figure: a gap in time.
    Note(String),
}

/// A figure: what it is of, the number shown, and how many it may be.
#[derive(Debug, Clone)]
pub(crate) struct Point {
    /// A moment as it is spoken, or a name.
    pub(crate) label: String,
    /// It may lie outside the range.
    pub(crate) shown: Option<u64>,
    /// `Interval::ANY` without a number shown is an unknown figure: nothing is drawn for it.
    pub(crate) interval: Interval,
    /// What stands at the end of the row: "disputed"; may be empty.
    pub(crate) remark: String,
    /// `Plain`, unless the reader must beware.
    pub(crate) tone: Tone,
}

/// Rows in the order given, on an axis from 0 to the largest number among them, and what the signs mean.
///
/// Nothing is written where there are no rows, and no axis where no row has a number.
pub(crate) fn write(rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let points = || rows.iter().filter_map(Row::point);
    let axis = Axis::up_to(points().filter_map(Point::largest).max(), track_width(rows));
    let mut table = Table::indented(0);
    for row in rows {
        match row {
            Row::Point(point) => point.push(&axis, &mut table),
            Row::Note(note) => {
                for line in wrap(note, axis.width()) {
                    table.row(["".into(), "".into(), Cell::new(line, Tone::Quiet)]);
                }
            }
        }
    }
    if points().all(Point::is_unknown) {
        return table.write(out);
    }
    for line in [axis.line(), axis.numbers()] {
        table.row(["".into(), "".into(), Cell::new(line, Tone::Quiet)]);
    }
    table.write(out)?;
    paragraph(out, 0, &legend(points()), Tone::Quiet)
}

/// How many columns the words beside it leave to the track.
fn track_width(rows: &[Row]) -> usize {
    let widest = |words: fn(&Point) -> Vec<String>| {
        let words = rows.iter().filter_map(Row::point).flat_map(words);
        words.map(|line| line.width()).max().unwrap_or(0)
    };
    let label = widest(Point::label_lines);
    let number = widest(|point| vec![point.number()]);
    let end = widest(Point::end_lines);
    let gaps = 3 * 2;
    WIDTH
        .saturating_sub(label + number + end + gaps)
        .clamp(TRACK_LEAST, TRACK_MOST)
}

/// The signs that occur, each with its meaning.
fn legend<'a>(points: impl Iterator<Item = &'a Point> + Clone) -> String {
    let has = |is_so: fn(&Point) -> bool| {
        let mut known = points.clone().filter(|point| !point.is_unknown());
        known.any(is_so)
    };
    let signs = [
        (has(|point| point.shown.is_some()), "● shown"),
        (has(Point::has_range), "├─┤ least to most"),
        (
            has(|point| point.interval.most.is_none()),
            "┄► no upper end",
        ),
        (has(Point::clashes), "┤ ├ at most and at least, which clash"),
    ];
    let used = signs.into_iter().filter(|(is_used, _)| *is_used);
    used.map(|(_, sign)| sign).collect::<Vec<_>>().join(" · ")
}

impl Row {
    const fn point(&self) -> Option<&Point> {
        match self {
            Self::Point(point) => Some(point),
            Self::Note(_) => None,
        }
    }
}

impl Point {
    fn push(&self, axis: &Axis, table: &mut Table) {
        let beware = |usual| match self.tone {
            Tone::Plain => usual,
            tone => tone,
        };
        let (labels, ends) = (self.label_lines(), self.end_lines());
        for line in 0..labels.len().max(ends.len()) {
            let (number, track) = match line {
                0 => (self.number(), self.track(axis)),
                _ => (String::new(), String::new()),
            };
            let [label, end] = [&labels, &ends].map(|lines| lines.get(line).cloned());
            table.row([
                label.unwrap_or_default().into(),
                Cell::number(number, beware(Tone::Strong)),
                Cell::new(track, self.tone),
                Cell::new(end.unwrap_or_default(), beware(Tone::Quiet)),
            ]);
        }
    }

    fn label_lines(&self) -> Vec<String> {
        wrap(&self.label, LABEL_MOST)
    }

    fn number(&self) -> String {
        match self.shown {
            Some(shown) => grouped(shown),
            None if self.is_unknown() => "unknown".to_owned(),
            None => String::new(),
        }
    }

    /// The range and the number, each at its column; the number hides an end that shares its column.
    fn track(&self, axis: &Axis) -> String {
        if self.is_unknown() {
            return String::new();
        }
        let mut track = vec![' '; axis.width()];
        let least = axis.column(self.interval.least);
        match self.interval.most {
            None => {
                track[least..].fill('┄');
                track[least] = '├';
                track[axis.width() - 1] = '►';
            }
            Some(most) => {
                let most = axis.column(most);
                if least == most {
                    track[least] = '│';
                } else {
                    track[least.min(most)..most].fill('─');
                    track[least] = '├';
                    track[most] = '┤';
                }
            }
        }
        if let Some(shown) = self.shown {
            track[axis.column(shown)] = '●';
        }
        String::from_iter(track).trim_end().to_owned()
    }

    /// The range in words, unless it says no more than the number does, and the remark.
    fn end_lines(&self) -> Vec<String> {
        let range = match (self.interval.least, self.interval.most) {
            _ if self.is_unknown() => String::new(),
            (0, None) => "no bounds".to_owned(),
            (least, Some(most)) if least == most && !self.has_range() => String::new(),
            (least, Some(most)) if least == most => format!("exactly {}", grouped(least)),
            _ => interval(self.interval),
        };
        let parts = [range, self.remark.clone()].into_iter();
        let parts: Vec<String> = parts.filter(|part| !part.is_empty()).collect();
        let end = parts.join(", ");
        if end.width() <= END_MOST {
            return vec![end];
        }
        let lines = parts.iter().flat_map(|part| wrap(part, END_MOST));
        lines.collect()
    }

    fn is_unknown(&self) -> bool {
        self.shown.is_none() && self.interval == Interval::ANY
    }

    /// Whether it has a range with two ends that says more than the number does.
    fn has_range(&self) -> bool {
        let Interval { least, most } = self.interval;
        most >= Some(least) && !(self.shown == most && self.shown == Some(least))
    }

    fn clashes(&self) -> bool {
        self.interval
            .most
            .is_some_and(|most| most < self.interval.least)
    }

    fn largest(&self) -> Option<u64> {
        let ends = [Some(self.interval.least), self.interval.most];
        ends.into_iter().chain([self.shown]).flatten().max()
    }
}

/// From 0 up, so many columns a step, and one column more for what has no end.
#[derive(Debug)]
struct Axis {
    step: u128,
    steps: usize,
    columns: usize,
}

impl Axis {
    /// The finest steps of 1, 2 or 5 times a power of ten whose numbers stand apart in so many columns.
    fn up_to(largest: Option<u64>, width: usize) -> Self {
        let largest = u128::from(largest.unwrap_or(0).max(1));
        let room = width - 2;
        let mut steps =
            (0..=20).flat_map(|power| [1, 2, 5].map(|digit| digit * 10_u128.pow(power)));
        let axis = steps.find_map(|step| {
            let steps = usize::try_from(largest.div_ceil(step)).ok()?;
            let axis = Self {
                step,
                steps,
                columns: room / steps,
            };
            let number = axis.number(steps).width();
            (steps == 1 || axis.columns >= (number + 3).max(8)).then_some(axis)
        });
        axis.expect("one step of 10^20 is past every number")
    }

    fn column(&self, number: u64) -> usize {
        let column = (u128::from(number) * self.columns as u128 + self.step / 2) / self.step;
        usize::try_from(column).expect("the axis ends past every number drawn on it")
    }

    const fn width(&self) -> usize {
        self.steps * self.columns + 2
    }

    fn number(&self, step: usize) -> String {
        regrouped(&(self.step * step as u128).to_string())
    }

    fn line(&self) -> String {
        let step = format!("{}┴", "─".repeat(self.columns - 1));
        format!("┴{}", step.repeat(self.steps))
    }

    /// Each number ends below its tick.
    fn numbers(&self) -> String {
        let mut numbers = self.number(0);
        for step in 1..=self.steps {
            let number = self.number(step);
            numbers += &" ".repeat(self.columns.saturating_sub(number.width()).max(1));
            numbers += &number;
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(label: &str, shown: Option<u64>, least: u64, most: Option<u64>) -> Point {
        Point {
            label: label.to_owned(),
            shown,
            interval: Interval { least, most },
            remark: String::new(),
            tone: Tone::Plain,
        }
    }

    fn exact(label: &str, number: u64) -> Point {
        point(label, Some(number), number, Some(number))
    }

    fn at_least(label: &str, number: u64) -> Point {
        point(label, Some(number), number, None)
    }

    fn disputed(point: Point) -> Point {
        Point {
            remark: "disputed".to_owned(),
            tone: Tone::Alarm,
            ..point
        }
    }

    fn painted(rows: &[Row]) -> String {
        let mut out = Vec::new();
        write(rows, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn drawn(rows: &[Row]) -> String {
        let plain = anstream::adapter::strip_str(&painted(rows)).to_string();
        plain.replace('\u{202f}', " ")
    }

    fn check<const N: usize>(points: [Point; N], expected: &str) {
        let chart = drawn(&points.map(Row::Point));
        assert_eq!(format!("\n{chart}"), expected, "\n{chart}");
    }

    #[test]
    fn a_chart_over_time_shows_numbers_ranges_and_gaps() {
        let rows = [
            Row::Point(at_least("31 Jan", 31)),
            Row::Point(point("1 Feb", Some(145), 145, Some(177))),
            Row::Note("10 days without a report".to_owned()),
            Row::Point(point("12 Feb", Some(216), 93, Some(216))),
            Row::Point(disputed(at_least("13 Feb", 250))),
            Row::Point(exact("14 Feb", 255)),
        ];
        let chart = drawn(&rows);
        let expected = r"
31 Jan   31      ●┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄►  at least 31
1 Feb   145                     ●───┤                   145–177
             10 days without a report
12 Feb  216              ├───────────────●              93–216
13 Feb  250                                   ●┄┄┄┄┄┄►  at least 250, disputed
14 Feb  255                                   ●
             ┴────────────┴────────────┴────────────┴
             0          100          200          300
● shown · ├─┤ least to most · ┄► no upper end
";
        assert_eq!(format!("\n{chart}"), expected, "\n{chart}");
    }

    #[test]
    fn an_unknown_figure_is_said_and_not_drawn() {
        check(
            [exact("31 Jan", 31), point("1 Feb", None, 0, None)],
            r"
31 Jan       31                                                    ●
1 Feb   unknown
                 ┴───────┴───────┴───────┴───────┴───────┴───────┴───────┴
                 0       5      10      15      20      25      30      35
● shown
",
        );
    }

    #[test]
    fn an_axis_is_drawn_only_for_numbers() {
        check(
            [point("31 Jan", None, 0, None)],
            r"
31 Jan  unknown
",
        );
    }

    #[test]
    fn a_range_without_a_number_stands_alone() {
        check(
            [
                point("31 Jan", None, 93, Some(216)),
                point("1 Feb", None, 36, None),
                point("2 Feb", None, 0, Some(5)),
                point("3 Feb", None, 120, Some(120)),
            ],
            r"
31 Jan                        ├───────────────────────────┤          93–216
1 Feb             ├┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄►  at least 36
2 Feb     ├┤                                                         up to 5
3 Feb                               │                                exactly 120
          ┴──────────┴──────────┴──────────┴──────────┴──────────┴
          0         50        100        150        200        250
├─┤ least to most · ┄► no upper end
",
        );
    }

    #[test]
    fn a_number_outside_its_range_is_drawn_where_it_is() {
        check(
            [
                point("31 Jan", Some(197), 255, None),
                point("1 Feb", Some(250), 100, Some(200)),
                point("2 Feb", Some(93), 94, Some(94)),
            ],
            r"
31 Jan  197                                  ●        ├┄┄┄┄┄┄┄►  at least 255
1 Feb   250                  ├───────────────┤       ●           100–200
2 Feb    93                 ●                                    exactly 94
             ┴───────┴───────┴───────┴───────┴───────┴───────┴
             0      50     100     150     200     250     300
● shown · ├─┤ least to most · ┄► no upper end
",
        );
    }

    #[test]
    fn ends_that_clash_face_each_other() {
        check(
            [
                disputed(point("31 Jan", Some(22), 85, Some(22))),
                disputed(point("1 Feb", None, 85, Some(22))),
            ],
            r"
31 Jan  22         ●                     ├       at least 85 against at most 22
                                                 disputed
1 Feb              ┤                     ├       at least 85 against at most 22
                                                 disputed
            ┴────────────────┴────────────────┴
            0               50              100
● shown · ┤ ├ at most and at least, which clash
",
        );
    }

    #[test]
    fn a_number_that_nothing_bounds_is_not_taken_for_exact() {
        check(
            [
                exact("31 Jan", 0),
                point("1 Feb", Some(0), 0, None),
                point("2 Feb", Some(40), 0, None),
            ],
            r"
31 Jan   0  ●
1 Feb    0  ●┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄►  no bounds
2 Feb   40  ├┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄●►  no bounds
            ┴────────────┴────────────┴────────────┴────────────┴
            0           10           20           30           40
● shown · ┄► no upper end
",
        );
    }

    #[test]
    fn equal_numbers_stand_below_each_other() {
        check(
            [exact("Quetta", 7), exact("کوئٹہ", 7), at_least("Nushki", 7)],
            r"
Quetta  7                                                ●
کوئٹہ   7                                                ●
Nushki  7                                                ●┄┄┄┄┄┄►  at least 7
           ┴────────────┴────────────┴────────────┴────────────┴
           0            2            4            6            8
● shown · ┄► no upper end
",
        );
    }

    #[test]
    fn zeros_stand_at_the_foot_of_the_axis() {
        check(
            [exact("Quetta", 0), exact("Nushki", 0)],
            r"
Quetta  0  ●
Nushki  0  ●
           ┴─────────────────────────────────────────────────────────┴
           0                                                         1
● shown
",
        );
    }

    #[test]
    fn one_figure_is_a_chart() {
        check(
            [at_least("31 Jan", 4047)],
            r"
31 Jan  4047                                      ●┄┄┄┄┄┄┄┄┄►  at least 4047
              ┴────────┴────────┴────────┴────────┴────────┴
              0     1000     2000     3000     4000     5000
● shown · ┄► no upper end
",
        );
    }

    #[test]
    fn the_largest_numbers_fit() {
        check(
            [
                point("31 Jan", Some(5_000_000_000), 0, Some(10_000_000_000)),
                at_least("1 Feb", 10_000_000_000),
                point("2 Feb", None, 93, Some(94)),
            ],
            r"
31 Jan   5 000 000 000  ├──────────────●─────────────┤   up to 10 000 000 000
1 Feb   10 000 000 000                               ●►  at least 10 000 000 000
2 Feb                   │                                93–94
                        ┴────────────────────────────┴
                        0               10 000 000 000
● shown · ├─┤ least to most · ┄► no upper end
",
        );
    }

    #[test]
    fn a_long_label_goes_on_below() {
        check(
            [
                disputed(point(
                    "Quetta, Mastung, Nushki, Kalat, Kharan, Panjgur and Gwadar",
                    Some(12),
                    5,
                    Some(20),
                )),
                exact("Quetta", 24_686),
            ],
            r"
Quetta, Mastung, Nushki,      12  ●                             5–20, disputed
Kalat, Kharan, Panjgur
and Gwadar
Quetta                    24 686                        ●
                                  ┴────────┴────────┴────────┴
                                  0   10 000   20 000   30 000
● shown · ├─┤ least to most
",
        );
    }

    #[test]
    fn nothing_is_drawn_without_points() {
        assert_eq!(drawn(&[]), "");
        let note = drawn(&[Row::Note("no report".to_owned())]);
        assert_eq!(note.trim_start(), "no report\n");
    }

    #[test]
    fn a_chart_stays_within_the_terminal() {
        let check = |label: &str, number: u64, width: usize| {
            let point = disputed(point(label, Some(number), number, Some(number / 2)));
            let note = Row::Note("nothing was reported ".repeat(9).trim_end().to_owned());
            let chart = drawn(&[Row::Point(point), note]);
            let widest = chart.lines().map(UnicodeWidthStr::width).max();
            assert!(widest <= Some(width), "{widest:?}\n{chart}");
        };
        check("31 Jan", 0, 80);
        check("31 January 2026", 197, 80);
        check("Khyber Pakhtunkhwa and Balochistan", 10_000_000_000, 100);
        check("Khyber Pakhtunkhwa and Balochistan", u64::MAX / 2, 120);
    }

    #[test]
    fn every_tick_is_a_round_number_on_a_column_of_its_own() {
        for largest in (0..64).map(|bits| u64::MAX >> bits).chain(0..2000) {
            for width in TRACK_LEAST..=TRACK_MOST {
                let axis = Axis::up_to(Some(largest), width);
                let step = axis.step.to_string();
                let digits = step.trim_end_matches('0');
                assert!(["1", "2", "5"].contains(&digits), "{axis:?}");
                assert!(axis.width() <= width, "{axis:?}");
                assert!(axis.column(largest) < axis.width() - 1, "{axis:?}");
                assert_eq!(axis.column(0), 0, "{axis:?}");
            }
        }
    }

    #[test]
    fn what_is_disputed_is_painted_so() {
        let alarm = Tone::Alarm.paint("●");
        let text = painted(&[Row::Point(disputed(exact("31 Jan", 0)))]);
        assert!(text.contains(&alarm), "{text}");
        let text = painted(&[Row::Point(exact("31 Jan", 0))]);
        assert!(!text.contains(&alarm), "{text}");
    }
}
