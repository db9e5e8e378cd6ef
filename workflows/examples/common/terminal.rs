//! Tables and progress, plain where nobody watches.

use std::{collections::BTreeMap, io::IsTerminal, time::Duration};

use comfy_table::{ContentArrangement, LineStyle, Table, presets};
use howdah_workflows::{
    engine::{Check, Event, State, Steps, Verdict},
    translate::{Entry, Fate, Translation},
};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// Columns that a table fills at most.
const WIDTH: u16 = 100;

/// A table for people.
pub fn table<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING.header_separator(LineStyle::none().fill('─').junction('─')))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(heading);
    table
}

/// The table's text, without spaces at the ends of its lines.
pub fn shown(table: &Table) -> String {
    table.trim_fmt()
}

/// What becomes of a zone's record sets: those that are carried by numbers, the others by what becomes of them.
pub fn translation(translation: &Translation) -> String {
    let (carried, translated, left_out) = translation.count();
    let total = translation.entries.len();
    let mut text = vec![format!(
        "{total} record sets: {carried} carried as they are, {translated} translated, {left_out} left out"
    )];
    let mut types: BTreeMap<_, usize> = BTreeMap::new();
    let mut groups: Vec<(&str, String, Vec<String>)> = Vec::new();
    for Entry { set, fate, warnings } in &translation.entries {
        let (word, mut why) = match fate {
            Fate::Carried => ("carried", Vec::new()),
            Fate::Translated { changes, .. } => ("translated", changes.clone()),
            Fate::LeftOut { reason, .. } => ("left out", vec![reason.clone()]),
        };
        if *fate == Fate::Carried {
            *types.entry(set.record_type()).or_default() += 1;
        }
        why.extend(warnings.iter().map(|warning| format!("Mind: {warning}")));
        let why = why.join("\n");
        let owner = set.name().relative_to(translation.zone.name()).filter(|owner| !owner.is_empty());
        let name = format!("{} {}", owner.as_deref().unwrap_or("@"), set.record_type());
        match groups.iter_mut().find(|(one, other, _)| *one == word && *other == why) {
            _ if why.is_empty() => {}
            Some((.., names)) => names.push(name),
            None => groups.push((word, why, vec![name])),
        }
    }
    if !types.is_empty() {
        let types: Vec<_> = types.iter().map(|(record_type, count)| format!("{count} {record_type}")).collect();
        text.push(format!("carried: {}", types.join(", ")));
    }
    let mut table = table(["", "Record sets", "What and why"]);
    for (word, why, names) in groups {
        table.add_row([word, &names.join(", "), &why]);
    }
    if !table.is_empty() {
        text.push(format!("\n{}", shown(&table)));
    }
    text.join("\n")
}

/// A line that changes, where somebody watches.
pub fn spinner() -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// Lines below a heading.
pub fn list(heading: &str, lines: &[String]) -> String {
    let mut rows = table([heading]);
    rows.add_rows(lines.iter().map(|line| [line]));
    shown(&rows)
}

/// Where a job stands.
pub fn steps(steps: &Steps) -> String {
    let mut rows = table(["", "Step", ""]);
    for step in steps.iter() {
        let more = match &step.state {
            State::Waiting { until, what_for } => format!("until {}: {what_for}", moment(*until)),
            State::Blocked { because, remedy } => format!("because {because}\nto do: {remedy}"),
            _ => step.detail.clone(),
        };
        rows.add_row([step.state.word(), &step.title, &more]);
    }
    shown(&rows)
}

/// A moment to come back at, in whole minutes of UTC.
pub fn moment(at: Timestamp) -> String {
    let later = at.round(TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil)).unwrap_or(at);
    later.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// What a job waits for, and when it goes on.
pub fn come_back(until: Timestamp, what_for: &str) -> String {
    format!("It waits for {what_for}.\nRun it again after {}, or with --wait.", moment(until))
}

/// What was verified.
pub fn checks(checks: &[Check]) -> String {
    let mut rows = table(["", "Verified", ""]);
    for check in checks {
        let verdict = match check.verdict {
            Verdict::Passed => "yes",
            Verdict::Failed => "NO",
            Verdict::NotObserved => "not observed",
        };
        rows.add_row([verdict, &check.what, &check.detail]);
    }
    shown(&rows)
}

/// Tells on standard error what a run does: a spinner on a terminal, elsewhere nothing.
pub fn progress() -> impl Fn(&Event<'_>) + Send + Sync + 'static {
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
    if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(100));
    move |event| match event {
        Event::Observing => bar.set_message("looking where things stand"),
        Event::Started(step) => bar.set_message(step.title.clone()),
        Event::Finished(step) => bar.println(format!("  ✓ {}", step.title)),
        Event::Disturbed { step, error } => {
            bar.println(format!("  ↻ {}: {}, looking again", step.title, error.message()));
        }
        Event::Sleeping { until, what_for } => {
            bar.set_message(format!("waiting until {until} for {what_for}"));
        }
        Event::Verifying => bar.set_message("verifying"),
        _ => {}
    }
}
