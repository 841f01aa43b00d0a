use super::*;

/// A Friday, 2026-02-06 20:00 in Karachi.
fn karachi() -> Clock {
    Clock {
        now: "2026-02-06T15:00:00Z".parse().unwrap(),
        zone: "Asia/Karachi".parse().unwrap(),
    }
}

fn new_york() -> Clock {
    Clock {
        now: "2026-11-02T17:00:00Z".parse().unwrap(),
        zone: "America/New_York".parse().unwrap(),
    }
}

#[test]
fn a_time_is_read_in_the_zone_of_the_situation() {
    let check = |text: &str, expected: &str, was_exact: bool| {
        let resolved = karachi()
            .instant(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(
            (resolved.instant.to_string().as_str(), resolved.was_exact),
            (expected, was_exact),
            "{text}"
        );
    };
    check("2026-02-04T12:00:00+05:00", "2026-02-04T07:00:00Z", true);
    check("2026-02-04T07:00:00Z", "2026-02-04T07:00:00Z", true);
    check("2026-02-04 12:00", "2026-02-04T07:00:00Z", false);
    check("2026-02-04T12:00:30", "2026-02-04T07:00:30Z", false);
    check("2026-02-04", "2026-02-04T18:59:59.999999999Z", false);
    check("now", "2026-02-06T15:00:00Z", false);
    check("today", "2026-02-06T18:59:59.999999999Z", false);
    check("Yesterday 14:00", "2026-02-05T09:00:00Z", false);
    check("yesterday 2pm", "2026-02-05T09:00:00Z", false);
    check("yesterday", "2026-02-05T18:59:59.999999999Z", false);
    check("3 hours ago", "2026-02-06T12:00:00Z", false);
    check("2 days ago", "2026-02-04T15:00:00Z", false);
    check("1 month ago", "2026-01-06T15:00:00Z", false);
    check("last wednesday", "2026-02-04T18:59:59.999999999Z", false);
    check("last wed 12:00", "2026-02-04T07:00:00Z", false);
    check("last friday", "2026-01-30T18:59:59.999999999Z", false);
    check("last friday 23:30", "2026-01-30T18:30:00Z", false);
    check("last saturday", "2026-01-31T18:59:59.999999999Z", false);
    check("4 February 2026", "2026-02-04T18:59:59.999999999Z", false);
    check("feb 4, 2026 12:00", "2026-02-04T07:00:00Z", false);
}

#[test]
fn a_day_starts_where_something_counts_from_it() {
    let start = |text| karachi().start(text).unwrap().instant.to_string();
    assert_eq!(start("2026-02-04"), "2026-02-03T19:00:00Z");
    assert_eq!(start("yesterday"), "2026-02-04T19:00:00Z");
    assert_eq!(start("2026-02-04 12:00"), "2026-02-04T07:00:00Z");
}

#[test]
fn a_duration_is_counted_on_the_time_line_and_a_day_on_the_calendar() {
    // The clocks of New York were set back on 1 November 2026: that day had 25 hours.
    let read = |text| new_york().instant(text).unwrap().instant.to_string();
    assert_eq!(read("36 hours ago"), "2026-11-01T05:00:00Z");
    assert_eq!(read("2 days ago"), "2026-10-31T16:00:00Z");
}

#[test]
fn what_names_no_moment_or_two_is_refused_with_what_to_do() {
    let check = |clock: Clock, text: &str, expected: &str| {
        let error = clock.instant(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    check(karachi(), "01/02/2026", "can be read as two dates");
    check(karachi(), "1/2/26 12:00", "can be read as two dates");
    check(karachi(), "01-02-2026", "is no time; write");
    check(
        karachi(),
        "friday",
        "`friday` does not say which week; write `last friday`",
    );
    check(karachi(), "next friday", "is read in two ways");
    check(karachi(), "4 february", "does not say which year");
    check(
        karachi(),
        "14:00",
        "does not say on which day; write for example `today 14:00`",
    );
    check(karachi(), "2pm", "does not say on which day");
    check(
        karachi(),
        "3 hours",
        "does not say in which direction; write `3 hours ago`",
    );
    check(karachi(), "2026-02", "is no time; write");
    check(karachi(), "2026-02-30", "is no time; write");
    check(
        karachi(),
        "2026-02-04T12:00Z",
        "is no instant; write date, time with seconds",
    );
    check(karachi(), "yesterday 14:00 or so", "is no time; write");
    check(karachi(), "soon", "is no time; write");
    check(karachi(), "today 12:00Z", "is no time; write");
    check(karachi(), "today 12:00+05:00", "is no time; write");
    check(karachi(), "yesterday 25:00", "is no time; write");
    check(karachi(), "last monday 24:00", "is no time; write");
    check(
        karachi(),
        "9999 years ago",
        "lies outside the years 1900 to 2200",
    );
    check(
        karachi(),
        "1 february 1800",
        "lies outside the years 1900 to 2200",
    );
    for text in ["2300-01-01", "9999-12-31", "1899-12-31 12:00", "1 May 2300"] {
        check(karachi(), text, "lies outside the years 1900 to 2200");
    }
    check(karachi(), "99999999999 hours ago", "is no time; write");
    check(karachi(), "", "is no time; write");
    check(karachi(), "ago", "is no time; write");
    check(
        new_york(),
        "2026-11-01 01:30",
        "2026-11-01 01:30:00 occurs twice in America/New_York, when the clocks are set back; write it with its offset, as 2026-11-01T01:30:00-04:00 or 2026-11-01T01:30:00-05:00",
    );
    check(new_york(), "yesterday 01:30", "occurs twice");
    check(
        new_york(),
        "2026-03-08 02:30",
        "does not occur in America/New_York",
    );
}

#[test]
fn a_day_that_was_left_out_of_a_calendar_is_refused_whatever_it_is_asked_for() {
    let apia = Clock {
        now: "2026-02-06T15:00:00Z".parse().unwrap(),
        zone: "Pacific/Apia".parse().unwrap(),
    };
    let expected = "there was no 2011-12-30 in Pacific/Apia";
    let refused = |error: TimeError| assert!(error.to_string().contains(expected), "{error}");
    refused(apia.instant("2011-12-30").unwrap_err());
    refused(apia.start("30 December 2011").unwrap_err());
    refused(apia.when("2011-12-30").unwrap_err());
    assert!(apia.instant("2011-12-31").is_ok() && apia.instant("2011-12-29").is_ok());
}

#[test]
fn a_time_of_a_claim_keeps_its_precision() {
    let check = |text: &str, expected: &str| {
        let when = karachi()
            .when(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(when.to_string(), expected, "{text}");
    };
    check("2026-02-05", "2026-02-05[Asia/Karachi]");
    check("yesterday", "2026-02-05[Asia/Karachi]");
    check("2026-01-31~", "2026-01-31~[Asia/Karachi]");
    check("2026-01", "2026-01[Asia/Karachi]");
    check(
        "2026-01-29/2026-01-30",
        "2026-01-29/2026-01-30[Asia/Karachi]",
    );
    check("2026-01-31/..", "2026-01-31/..[Asia/Karachi]");
    check("../2026-02-04", "../2026-02-04[Asia/Karachi]");
    check("2026-02-04[UTC]", "2026-02-04[UTC]");
    check("2026-02-04 12:00", "2026-02-04T07:00:00Z");
    check("2026-01-31T05:00:00Z/..", "2026-01-31T05:00:00Z/..");
    let refused = |text: &str, expected: &str| {
        let error = karachi().when(text).expect_err(text).to_string();
        assert!(error.contains(expected), "{text}: {error}");
    };
    refused("2026-02-30", "`2026-02-30` is no date");
    refused("2300-01-01", "lies outside the years 1900 to 2200");
    refused("2300-01~", "lies outside the years 1900 to 2200");
    refused("soonish", "is no time; write");
    refused("01/02/2026", "can be read as two dates");
}

#[test]
fn a_fixed_moment_is_the_same_whenever_it_is_read() {
    for text in [
        "2026-02-04",
        "2026-02-04 12:00",
        "4 February 2026",
        "2026-02-04T07:00:00Z",
    ] {
        assert_eq!(karachi().fixed(text), karachi().instant(text), "{text}");
    }
    for text in [
        "now",
        "2 hours ago",
        "yesterday",
        "today 09:00",
        "last friday",
        "2 days ago",
    ] {
        let error = karachi().fixed(text).unwrap_err().to_string();
        assert!(
            error.contains("is another moment whenever it is read"),
            "{error}"
        );
    }
    for text in ["10:00", "friday 10:00", "2 hours", "soon"] {
        let error = karachi().fixed(text).unwrap_err().to_string();
        assert!(
            error.contains("is no date and no moment; write 2026"),
            "{error}"
        );
    }
}
