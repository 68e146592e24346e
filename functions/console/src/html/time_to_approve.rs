//! Times that approvals of a deployment take: a plot, and the same as a table.

use super::counted;
use super::tables::{cell, list};
use crate::view::{Every, Period, TimeToApprove, words};
use jiff::SignedDuration;
use maud::{Markup, html};
use signoff_store::{ApprovalSummary, MAX_SCANNED};

/// The plot's size, and where its field lies in it, in its own units.
const WIDTH: f64 = 340.0;
const HEIGHT: f64 = 170.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 332.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 144.0;

/// The lines across the plot, in seconds, and their names. Their distance is that of the times' magnitudes.
const LINES: [(i64, &str); 9] = [
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3600, "1 h"),
    (6 * 3600, "6 h"),
    (24 * 3600, "1 day"),
    (7 * 24 * 3600, "1 week"),
    (365 * 24 * 3600, "1 year"),
];

/// Section with the times that those of `approvals` took that were approved. They are of one deployment, as
/// [`signoff_store::Store::approved`] has them.
pub(crate) fn time_to_approve(approvals: &[ApprovalSummary]) -> Markup {
    html! {
        section.taken aria-labelledby="taken" {
            h2 #taken { "Time to approve" }
            @match TimeToApprove::of(approvals) {
                None => p { "No approvals of this deployment have been approved yet." },
                Some(time) => (shown(&time)),
            }
        }
    }
}

fn shown(time: &TimeToApprove) -> Markup {
    let all = &time.all;
    html! {
        p {
            "Of " (counted(all.count, "approval", "approvals")) ", half were approved within "
            strong { (words::lasted(all.median)) } " (median), and 9 of 10 within " strong { (words::lasted(all.p90)) }
            " (90th percentile) after they were opened. This covers the newest " (MAX_SCANNED) " approvals of the deployment."
        }
        div.plot-and-table {
            (plot(time))
            (table(time))
        }
    }
}

fn table(time: &TimeToApprove) -> Markup {
    let rows = time.periods.iter().map(|period| {
        html! {
            (cell("", &html! { (name(time.every, period)) }))
            (cell("aside", &html! { (counted(period.taken.count, "approval", "approvals")) }))
            (cell("", &html! { "Half within " (words::lasted(period.taken.median)) }))
            (cell("aside", &html! { "9 of 10 within " (words::lasted(period.taken.p90)) }))
        }
    });
    let every = match time.every {
        Every::Day => "Day",
        Every::Week => "Week from",
        Every::Month => "Month",
        Every::Year => "Year",
    };
    list(&[every, "Approved", "Median", "90th percentile"], rows)
}

fn name(every: Every, period: &Period) -> String {
    let format = match every {
        Every::Day | Every::Week => "%b %-d, %Y",
        Every::Month => "%b %Y",
        Every::Year => "%Y",
    };
    period.from.strftime(format).to_string()
}

/// For each period a line from the median, which is a dot, to the 90th percentile, which is a bar.
fn plot(time: &TimeToApprove) -> Markup {
    let (lowest, highest) = range(time);
    let height = |took: SignedDuration| at_height(took.as_secs(), lowest, highest);
    let last = time.periods.last().map_or(0, |period| period.place);
    let step = (RIGHT - LEFT) / (last + 1) as f64;
    let along = |period: &Period| LEFT + step * (period.place as f64 + 0.5);
    let ends = [time.periods.first(), time.periods.last().filter(|period| period.place > 0)];
    html! {
        svg.plot viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby="plot-title plot-words" {
            title #plot-title { "Time to approve" }
            desc #plot-words {
                "A dot at the median and a bar at the 90th percentile for each period. The table has the same figures."
            }
            @for (seconds, name) in LINES.iter().filter(|(seconds, _)| (lowest..=highest).contains(seconds)) {
                @let y = units(at_height(*seconds, lowest, highest));
                line.across x1=(LEFT) x2=(RIGHT) y1=(y) y2=(y) {}
                text.beside x=(LEFT - 6.0) y=(y) text-anchor="end" dominant-baseline="middle" { (name) }
            }
            @for period in &time.periods {
                @let x = along(period);
                @let (median, p90) = (units(height(period.taken.median)), units(height(period.taken.p90)));
                line.reach x1=(units(x)) x2=(units(x)) y1=(median) y2=(p90) {}
                line.reach x1=(units(x - 5.0)) x2=(units(x + 5.0)) y1=(p90) y2=(p90) {}
                circle.middle cx=(units(x)) cy=(median) r="3.5" {}
            }
            @for period in ends.into_iter().flatten() {
                @let anchor = if period.place == 0 { "start" } else { "end" };
                @let x = if period.place == 0 { LEFT } else { RIGHT };
                text.beside x=(x) y=(HEIGHT - 8.0) text-anchor=(anchor) { (name(time.every, period)) }
            }
        }
    }
}

/// The lowest and the highest line that the plot needs, in seconds.
fn range(time: &TimeToApprove) -> (i64, i64) {
    let taken = || time.periods.iter().map(|period| &period.taken);
    let least = taken().map(|taken| taken.median.as_secs()).min().unwrap_or(0);
    let most = taken().map(|taken| taken.p90.as_secs()).max().unwrap_or(0);
    let seconds = LINES.map(|(seconds, _)| seconds);
    let below = seconds.iter().rposition(|line| *line <= least).unwrap_or(0);
    let above = seconds.iter().position(|line| *line >= most).unwrap_or(seconds.len() - 1);
    // One line would have no distance to measure by.
    (seconds[below.min(seconds.len() - 2)], seconds[above.max(below + 1).min(seconds.len() - 1)])
}

fn at_height(seconds: i64, lowest: i64, highest: i64) -> f64 {
    let magnitude = |seconds: i64| (seconds.clamp(lowest, highest) as f64).ln();
    let share = (magnitude(seconds) - magnitude(lowest)) / (magnitude(highest) - magnitude(lowest));
    BOTTOM - share * (BOTTOM - TOP)
}

/// A place in the plot, to a tenth.
fn units(place: f64) -> String {
    format!("{place:.1}")
}

#[cfg(test)]
mod tests {
    use super::super::tests::lines;
    use super::*;
    use crate::sample;
    use jiff::Timestamp;

    fn taken(pairs: &[(&str, i64)]) -> Vec<ApprovalSummary> {
        let opened = |text: &str| text.parse::<Timestamp>().unwrap();
        sample::approved_after(&pairs.iter().map(|(at, after)| (opened(at), *after)).collect::<Vec<_>>())
    }

    #[test]
    fn two_weeks() {
        let approvals = taken(&[
            ("2026-11-23T10:00:00Z", 60),
            ("2026-11-24T10:00:00Z", 600),
            ("2026-11-24T11:00:00Z", 3600),
            ("2026-11-09T10:00:00Z", 30),
            ("2026-11-10T10:00:00Z", 90_000),
        ]);
        insta::assert_snapshot!(lines(&time_to_approve(&approvals)));
    }

    #[test]
    fn nothing_was_approved() {
        assert_eq!(
            time_to_approve(&[]).0,
            "<section class=\"taken\" aria-labelledby=\"taken\"><h2 id=\"taken\">Time to approve</h2>\
             <p>No approvals of this deployment have been approved yet.</p></section>"
        );
    }

    #[test]
    fn every_time_has_its_place_in_the_plot() {
        for pairs in [
            &[("2026-11-23T10:00:00Z", 0)][..],
            &[("2026-11-23T10:00:00Z", 1)],
            &[("2026-11-23T10:00:00Z", 60)],
            &[("2026-11-23T10:00:00Z", 365 * 24 * 3600)],
            &[("2016-11-23T10:00:00Z", 9 * 365 * 24 * 3600), ("2026-11-23T10:00:00Z", -5)],
        ] {
            let time = TimeToApprove::of(&taken(pairs)).unwrap();
            let (lowest, highest) = range(&time);
            assert!(lowest < highest, "{pairs:?}");
            for period in &time.periods {
                for took in [period.taken.median, period.taken.p90] {
                    let y = at_height(took.as_secs(), lowest, highest);
                    assert!((TOP..=BOTTOM).contains(&y), "{pairs:?}: {y}");
                }
            }
            let drawn = plot(&time).0;
            assert!(!drawn.contains("NaN") && !drawn.contains("inf") && !drawn.contains("style="), "{drawn}");
        }
    }
}
