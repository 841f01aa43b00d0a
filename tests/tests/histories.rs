//! What real series with their revisions show once they are in a log, and a table of their latest state does not.
//!
//! The data lies beside the repository and may be absent; the tests then say so and pass. Numbers of revisions are those the
//! descriptions of the data give, counted there from the raw files. `docs/real-series.md` tells what is shown here.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::process::Command;

use situ_core::{ClaimRef, EventId, Name, Payload, Position, RecordField, replay};
use situ_sqlite::SqliteStore;
use situ_tests::{mapping, shared};
use tempfile::TempDir;

/// Files of a series beside the repository, in order of their names, where they are there.
fn files(folder: &str, ending: &str) -> Option<Vec<PathBuf>> {
    let entries = std::fs::read_dir(shared(folder)?).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.to_str().unwrap().ends_with(ending))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{folder} has no {ending}");
    Some(paths)
}

/// A log with a series in it, brought in by the mapping of the repository.
struct Series(TempDir);

impl Series {
    fn of(folder: &str, ending: &str, dataset: &str) -> Option<Self> {
        let files = files(folder, ending)?;
        let series = Self(tempfile::tempdir().unwrap());
        series.situ(&["init"]);
        let mapping = mapping(dataset);
        for file in files {
            let [file, mapping] = [&file, &mapping].map(|path| path.to_str().unwrap());
            series.situ(&["import", file, "--map", mapping]);
        }
        Some(series)
    }

    /// What the command answers.
    fn situ(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("SITU_NOW", "2026-12-01T00:00:00Z")
            .output()
            .unwrap();
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{arguments:?}: {err}");
        out
    }

    /// Checks what an answer says, wherever its lines are broken.
    fn says(&self, arguments: &[&str], expected: &str) {
        let said = self.situ(arguments);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words(&said).contains(&words(expected)),
            "{arguments:?} does not say {expected:?}:\n{said}"
        );
    }

    fn revisions(&self) -> Revisions {
        let store = SqliteStore::open_read_only(self.0.path().join("situ.db")).unwrap();
        let mut revisions = Revisions::default();
        replay(&store, Position::START, |recorded| {
            match recorded.event()?.payload {
                Payload::RecordPublished(record)
                    if !record.dataset.as_str().ends_with("/versions") =>
                {
                    revisions.published(recorded.id, &record.key, &record.fields);
                }
                Payload::ClaimRetracted(retracted) => revisions.retracted(retracted.target),
                _ => {}
            }
            Ok(())
        })
        .unwrap();
        revisions
    }

    /// The claims that cannot all be right, of the figures as they stand.
    fn conflicts(&self) -> BTreeSet<Vec<String>> {
        let answer = self.situ(&["toll", "--json", "--windows", "all"]);
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let figures = answer["data"]["figures"].as_array().unwrap();
        let conflicts = figures
            .iter()
            .flat_map(|figure| figure["conflicts"].as_array().unwrap());
        let claims = |conflict: &serde_json::Value| {
            let claims = conflict["claims"].as_array().unwrap().iter();
            claims.map(ToString::to_string).collect()
        };
        conflicts.map(claims).collect()
    }
}

/// The values of a field of a record, one after another.
type Values = Vec<Option<String>>;

/// How published values were revised.
#[derive(Default)]
struct Revisions {
    /// Those of each field that was there before and after, with the values.
    of: BTreeMap<String, Vec<[Option<String>; 2]>>,
    cells: BTreeMap<(Name, Name), Values>,
    before: BTreeMap<Name, BTreeMap<Name, RecordField>>,
    keys: HashMap<EventId, Name>,
    /// Records that were published and taken back, each time.
    gone: Vec<Name>,
}

impl Revisions {
    fn published(&mut self, event: EventId, key: &Name, fields: &BTreeMap<Name, RecordField>) {
        let before = self.before.insert(key.clone(), fields.clone());
        self.keys.insert(event, key.clone());
        for (name, field) in fields {
            let new = value(field);
            let values = self.cells.entry((key.clone(), name.clone())).or_default();
            if values.last() != Some(&new) {
                values.push(new.clone());
            }
            let old = before.as_ref().and_then(|before| before.get(name));
            if let Some(old) = old.map(value).filter(|old| *old != new) {
                let of = self.of.entry(name.as_str().to_owned()).or_default();
                of.push([old, new]);
            }
        }
    }

    fn retracted(&mut self, target: ClaimRef) {
        let Some(key) = self.keys.get(&target.event()) else {
            return;
        };
        self.before.remove(key);
        self.cells.retain(|(other, _), _| other != key);
        self.gone.push(key.clone());
    }

    /// How many there were of a field, or of all; and how many of them lowered a number.
    fn count(&self, field: Option<&str>) -> [usize; 2] {
        let of = self.of.iter();
        let of = of.filter(|(name, _)| field.is_none_or(|field| name.as_str() == field));
        let revisions: Vec<_> = of.flat_map(|(_, revisions)| revisions).collect();
        let number = |value: &Option<String>| -> Option<f64> {
            value.as_ref()?.trim_matches('"').parse().ok()
        };
        let falls = |[old, new]: &&&[Option<String>; 2]| match (number(old), number(new)) {
            (Some(old), Some(new)) => new < old,
            _ => false,
        };
        [revisions.len(), revisions.iter().filter(falls).count()]
    }

    /// Cells whose value was replaced and came back.
    fn came_back(&self) -> usize {
        let values = self.cells.values();
        let comes_back = |values: &&Values| values.windows(3).any(|three| three[0] == three[2]);
        values.filter(comes_back).count()
    }
}

fn value(field: &RecordField) -> Option<String> {
    let (RecordField::Stated(value) | RecordField::Derived(value)) = field;
    value.as_ref().map(|value| value.as_str().to_owned())
}

#[test]
fn the_dead_of_gaza() {
    let Some(gaza) = Series::of("gaza-daily", ".history.jsonl.gz", "gaza-daily") else {
        return;
    };
    let revisions = gaza.revisions();
    assert_eq!(revisions.count(None), [1058, 326]);
    assert_eq!(revisions.count(Some("killed_cum")), [33, 13]);
    // An entry error moved the dead of famine by a line, and was undone.
    assert_eq!(revisions.came_back(), 238);
    assert!(revisions.gone.contains(&Name::new("2026-06-26").unwrap()));

    // On 18 February 2024 the compilers restated twenty-four days at once; for this one that ended a dispute.
    let on_1_december = ["toll", "killed/all", "--at", "2023-12-01"];
    let known = |then| [&on_1_december[..], &["--known", then]].concat();
    gaza.says(&known("2024-02-17"), "15 000–15 110, disputed");
    gaza.says(&known("2024-02-19"), "everyone at least 14 800");
    // The ministry and the media office count the same people and do not agree.
    gaza.says(
        &["toll", "killed/all", "--at", "2023-11-06"],
        "everyone 9770–10 022, disputed",
    );
}

#[test]
fn the_buildings_of_gaza() {
    let ending = ".history.jsonl.gz";
    let Some(gaza) = Series::of("gaza-infrastructure", ending, "gaza-infrastructure") else {
        return;
    };
    let revisions = gaza.revisions();
    assert_eq!(revisions.count(None), [79, 27]);
    // A count falls because its things are counted elsewhere: damaged mosques became destroyed ones.
    let mosques = |day, state| {
        let field = format!("places_of_worship.mosques_{state}");
        gaza.situ(&["record", day, "--field", &field])
    };
    let before = ["damaged", "destroyed"].map(|state| mosques("2024-05-13", state));
    let after = ["damaged", "destroyed"].map(|state| mosques("2024-05-18", state));
    let told = [before, after].concat();
    let lines = told
        .iter()
        .map(|text| text.lines().next().unwrap().rsplit(' ').next().unwrap());
    assert_eq!(lines.collect::<Vec<_>>(), ["326", "247", "200", "604"]);
    // What stands for a day without a report is not what somebody reported.
    gaza.says(
        &[
            "record",
            "2024-05-17",
            "--field",
            "places_of_worship.ext_mosques_damaged",
        ],
        "ext_mosques_damaged: 200 (derived)",
    );
}

#[test]
fn the_dead_of_italys_bulletin() {
    let ending = ".history.jsonl.gz";
    let Some(italy) = Series::of("italy-covid-national", ending, "italy-covid-national") else {
        return;
    };
    let revisions = italy.revisions();
    assert_eq!(revisions.count(None), [337, 154]);
    // For seventeen minutes of 12 May 2020 seven thousand of the dead were missing.
    let on_12_may = ["toll", "killed/all", "--at", "2020-05-12"];
    let known = |then| [&on_12_may[..], &["--known", then]].concat();
    italy.says(
        &known("2020-05-12 18:00"),
        "as of 11 May everyone at least 30 739",
    );
    italy.says(&known("2020-05-12 18:50"), "everyone at least 23 660");
    italy.says(&known("2020-05-12 19:10"), "everyone at least 30 911");
    // The count of the dead fell on three days, as a new report and not as a slip.
    let history = italy.situ(&["history", "killed/all"]);
    let history: Vec<String> = history
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for fall in ["34 675 → 34 644", "23 Feb 2024", "5 Jan 2024"] {
        let told = history.iter().find(|line| line.contains(fall));
        assert!(
            told.is_some_and(|line| line.contains("new report")),
            "{fall}: {told:?}"
        );
    }
}

#[test]
fn the_victims_of_shootings() {
    let Some(us) = Series::of(
        "us-mass-shootings",
        ".history.jsonl.gz",
        "us-mass-shootings",
    ) else {
        return;
    };
    // Of six attacks all who were killed are fewer than the civilians and officers among them: 0 in all, 3 civilians.
    assert_eq!(us.conflicts().len(), 6);
    // The shooter was taken out of the count of the dead of the first attack.
    let fatalities = ["record", "1", "--field", "Total Number of Fatalities"];
    us.says(&fatalities, "Total Number of Fatalities: \"16\"");
    let first = [&fatalities[..], &["--version-number", "1"]].concat();
    us.says(&first, "Total Number of Fatalities: \"17\"");
    // For two weeks nobody said whether officers were killed: that is absent, not 0.
    assert_eq!(
        us.revisions()
            .count(Some("Number of Enforcement Fatalities")),
        [254, 0]
    );
}

#[test]
fn the_dead_of_ebola_in_liberia() {
    let Some(liberia) = Series::of("ebola-2014/liberia", ".csv", "ebola-liberia") else {
        return;
    };
    // The report of 14 November 2014 has 0 for all who were confirmed before: each county of 11 October is against it.
    assert_eq!(liberia.conflicts().len(), 12);
    let verified = ["toll", "killed/all@lr/verified"];
    liberia.says(
        &verified,
        "conflict, everyone: at least 777 against at most 0; 777 apart",
    );
    let before = [&verified[..], &["--known", "2014-11-13"]].concat();
    liberia.says(&before, "everyone at least 1149");
    // The count of all the dead fell by 1,102 from one report to the next: suspected deaths were found to be others.
    liberia.says(
        &["history", "killed/all@lr"],
        "26 Nov 2014 23:59 new report 4181 → 3079",
    );
}

#[test]
fn the_closures_of_a_metro() {
    let Some(metro) = Series::of("mbta-shutdowns", ".history.jsonl.gz", "mbta-shutdowns") else {
        return;
    };
    let revisions = metro.revisions();
    assert_eq!(revisions.count(Some("stop_date")), [7, 0]);
    assert_eq!(revisions.gone.len(), 92);
}
