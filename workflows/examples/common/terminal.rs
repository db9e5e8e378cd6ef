//! Tables and progress, plain where nobody watches.

use std::{io::IsTerminal, time::Duration};

use comfy_table::{ContentArrangement, LineStyle, Table, presets};
use howdah_workflows::engine::Event;
use indicatif::{ProgressBar, ProgressStyle};

/// Columns that a table fills at most.
const WIDTH: u16 = 100;

/// A table for people.
pub fn table<const N: usize>(heading: [&str; N]) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(heading);
    table
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
