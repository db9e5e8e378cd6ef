//! `cargo xtask coverage`: a provider's crate against the document that the provider publishes.
//!
//! Nothing counts because it is written down. An operation counts when a public method called it in the test run and what was
//! sent and answered holds against the document; an example counts when the crate's types lose nothing of it.

mod calls;
mod document;
mod encoding;
mod examples;
mod exceptions;
mod facts;
mod instance;
mod journal;
mod notation;
mod operation;
mod prose;
mod providers;
mod published;
mod routes;
mod rows;
mod swagger;
mod translate;
mod untyped;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::process::{Result, Status, cargo, output, root};
use document::Document;
use exceptions::Exceptions;
use journal::Call;
use operation::Operation;
use providers::Provider;

pub(crate) use published::write as write_examples;

/// The reason for which only an operation may be left out of which nothing but its path is known.
const PATH_ONLY: &str = "known by path only";

pub(crate) fn provider_names() -> impl Iterator<Item = &'static str> {
    providers::ALL.iter().map(|provider| provider.name)
}

/// Checks the providers of these names, or all when there are none.
pub(crate) fn run(names: &[String]) -> Result<Status> {
    let wanted = || providers::ALL.iter().filter(|it| names.is_empty() || names.iter().any(|name| name == it.name));
    let Some(documents) = std::env::var_os("HOWDAH_DOCUMENTS") else {
        for provider in wanted() {
            println!(
                "{}: not checked; its document is {}, as {}",
                provider.name, provider.published, provider.document
            );
        }
        return Ok(Status::NotChecked("HOWDAH_DOCUMENTS names no directory with the providers' documents".into()));
    };
    let mut failed = Vec::new();
    for provider in wanted() {
        let verdict = cover(provider, Path::new(&documents))?;
        for (problem, times) in &verdict.problems {
            let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
            println!("  {problem}{times}");
        }
        println!("{} {}", provider.name, verdict.score);
        if !verdict.problems.is_empty() {
            failed.push(format!("{}: {} problems", provider.name, verdict.problems.len()));
        }
    }
    if failed.is_empty() { Ok(Status::Passed) } else { Err(format!("coverage: {}", failed.join(", "))) }
}

fn cover(provider: &Provider, documents: &Path) -> Result<Verdict> {
    let directory = root().join(provider.directory);
    let document =
        Document::read(&documents.join(provider.document), provider.mend)?.with_whole_numbers(provider.whole_numbers);
    let evidence = Evidence {
        document: &document,
        operations: &(provider.operations)(),
        calls: &test_run(provider)?,
        untyped: &untyped::fields(&directory.join("src"))?,
        exceptions: &Exceptions::read(&directory)?,
    };
    let mut verdict = judge(&evidence);
    if let Some(encoding) = &provider.encoding {
        encoding::check(encoding, documents, &mut verdict)?;
    }
    Ok(verdict)
}

/// Runs the crate's tests with a journal, and reads it.
fn test_run(provider: &Provider) -> Result<Vec<Call>> {
    let journal = std::env::temp_dir().join(format!("howdah-journal-{}", std::process::id()));
    fs::create_dir(&journal).map_err(|error| format!("{}: {error}", journal.display()))?;
    let mut tests = cargo(&["test", "--quiet", "--package", provider.package, "--all-features"]);
    let calls = output(tests.env("HOWDAH_JOURNAL", &journal)).and_then(|_| journal::read(&journal, provider.name));
    let _ = fs::remove_dir_all(&journal);
    calls
}

/// Everything the verdict rests on.
struct Evidence<'a> {
    document: &'a Document,
    operations: &'a [Operation],
    calls: &'a [Call],
    untyped: &'a [String],
    exceptions: &'a Exceptions,
}

struct Verdict {
    score: String,
    /// Each problem once, and how often it occurred.
    problems: BTreeMap<String, usize>,
}

fn judge(evidence: &Evidence) -> Verdict {
    let mut problems = Problems::default();
    let compared = routes::compare(evidence, &mut problems);
    let covered = calls::check(evidence, &mut problems);
    let examples = examples::check(evidence, &mut problems);
    untyped::check(evidence, &mut problems);
    for entry in evidence.exceptions.unused() {
        problems.add(format!("{entry}: nothing needs this entry (any more); remove it"));
    }
    let mut score = format!("{covered}/{}", compared.total);
    if !compared.omitted.is_empty() {
        let reasons: Vec<_> = compared.omitted.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let _ = write!(score, ", omitted {}", reasons.join("; "));
    }
    // Every operation is in one of the three sums.
    match compared.total.saturating_sub(covered + compared.omitted.values().sum::<usize>()) {
        0 => {}
        left => {
            let _ = write!(score, ", {left} left");
        }
    }
    let held = match evidence.document.rows() {
        Some(rows) => rows.score(evidence),
        None => format!(
            "{} {}/{}; whole requests {}/{}",
            if evidence.document.has_examples() { "examples" } else { "whole answers" },
            examples.answers.passed,
            examples.answers.total,
            examples.requests.passed,
            examples.requests.total
        ),
    };
    Verdict { score: format!("{score}; {held}"), problems: problems.0 }
}

#[derive(Default)]
struct Problems(BTreeMap<String, usize>);

impl Problems {
    fn add(&mut self, problem: String) {
        *self.0.entry(problem).or_default() += 1;
    }
}

#[cfg(test)]
mod tests;
