//! What every implementor of a trait has to do, as cases that anyone can run against an implementation of their own.
//!
//! A case [passes](Verdict::Passed), [fails](Verdict::Failed), or is [ignored](Verdict::Ignored) because the
//! implementation declares that it cannot do what the case is about. What is ignored is shown by name and is never
//! counted as passed; for what is not declared there are cases which hold that it is refused.

use std::{fmt, panic::AssertUnwindSafe};

use futures::{FutureExt as _, future::BoxFuture};

pub mod certificate;
pub mod dns;
pub mod monitor;
pub mod registrar;

/// One thing that an implementation has to do.
pub struct Case<S: ?Sized> {
    name: String,
    missing: Option<String>,
    run: Box<Run<S>>,
}

type Run<S> = dyn for<'a> Fn(&'a S) -> BoxFuture<'a, Result<(), Stop>> + Send + Sync;

/// Why a case ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// It turned out that the implementation cannot do this and says so.
    Ignored(String),
    /// It does otherwise than it must.
    Failed(String),
}

/// How a case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it must.
    Passed,
    /// It was not run, or not to its end, for want of this.
    Ignored(String),
    /// This is wrong.
    Failed(String),
}

/// The verdicts of a run; `Display` lists all of them by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    subject: String,
    verdicts: Vec<(String, Verdict)>,
}

impl<S: ?Sized> Case<S> {
    /// A case that needs nothing in particular.
    pub fn new<F>(name: impl Into<String>, run: F) -> Self
    where
        F: for<'a> Fn(&'a S) -> BoxFuture<'a, Result<(), Stop>> + Send + Sync + 'static,
    {
        Self { name: name.into(), missing: None, run: Box::new(run) }
    }

    /// Says which capability the implementation lacks for this case, if any.
    pub fn with_missing(mut self, missing: Option<String>) -> Self {
        self.missing = missing;
        self
    }

    /// What the case is about.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The capability for want of which the case is ignored.
    pub fn missing(&self) -> Option<&str> {
        self.missing.as_deref()
    }

    /// Runs it; a panic of the implementation is a failure.
    pub async fn run(&self, subject: &S) -> Verdict {
        if let Some(missing) = &self.missing {
            return Verdict::Ignored(missing.clone());
        }
        match AssertUnwindSafe((self.run)(subject)).catch_unwind().await {
            Ok(Ok(())) => Verdict::Passed,
            Ok(Err(Stop::Ignored(why))) => Verdict::Ignored(why),
            Ok(Err(Stop::Failed(why))) => Verdict::Failed(why),
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                Verdict::Failed(format!("it panicked: {}", text.unwrap_or("no message")))
            }
        }
    }
}

impl<S: ?Sized> fmt::Debug for Case<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).field("missing", &self.missing).finish_non_exhaustive()
    }
}

/// Any error that a case does not expect is a failure of it.
impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Failed(text)
    }
}

impl Report {
    /// Runs cases one after the other.
    pub async fn of<S: ?Sized>(name: impl Into<String>, cases: &[Case<S>], subject: &S) -> Self {
        let mut verdicts = Vec::with_capacity(cases.len());
        for case in cases {
            verdicts.push((case.name.clone(), case.run(subject).await));
        }
        Self { subject: name.into(), verdicts }
    }

    /// Every case by name, in the order of the run.
    pub fn verdicts(&self) -> impl ExactSizeIterator<Item = (&str, &Verdict)> {
        self.verdicts.iter().map(|(name, verdict)| (name.as_str(), verdict))
    }

    /// The names of the cases that passed.
    pub fn passed(&self) -> Vec<&str> {
        self.named(|verdict| *verdict == Verdict::Passed)
    }

    /// The names of the cases that were ignored.
    pub fn ignored(&self) -> Vec<&str> {
        self.named(|verdict| matches!(verdict, Verdict::Ignored(_)))
    }

    /// The names of the cases that failed.
    pub fn failed(&self) -> Vec<&str> {
        self.named(|verdict| matches!(verdict, Verdict::Failed(_)))
    }

    /// Writes the report to standard error, and panics with what failed unless something passed and nothing failed.
    ///
    /// # Panics
    ///
    /// When a case failed, and when none passed.
    #[allow(clippy::print_stderr)]
    pub fn assert_passed(&self) {
        eprintln!("{self}");
        let failed = self.failed();
        assert!(failed.is_empty(), "{} does not conform: {failed:#?}", self.subject);
        assert!(!self.passed().is_empty(), "{} passed nothing", self.subject);
    }

    fn named(&self, which: impl Fn(&Verdict) -> bool) -> Vec<&str> {
        self.verdicts().filter(|(_, verdict)| which(verdict)).map(|(name, _)| name).collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (passed, ignored, failed) = (self.passed().len(), self.ignored().len(), self.failed().len());
        write!(f, "{}: {passed} passed, {ignored} ignored, {failed} failed", self.subject)?;
        for (name, verdict) in &self.verdicts {
            match verdict {
                Verdict::Passed => write!(f, "\n  passed   {name}")?,
                Verdict::Ignored(why) => write!(f, "\n  ignored  {name}: {why}")?,
                Verdict::Failed(why) => write!(f, "\n  FAILED   {name}: {why}")?,
            }
        }
        Ok(())
    }
}

/// A case's name as one label.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(63);
    slug.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, run: fn() -> Result<(), Stop>) -> Case<()> {
        Case::new(name, move |(): &()| async move { run() }.boxed())
    }

    #[tokio::test]
    async fn ignored_is_shown_by_name_and_is_not_passed() {
        let cases = [
            case("good", || Ok(())),
            case("lacking", || Ok(())).with_missing(Some("no wings".into())),
            case("unable", || Err(Stop::Ignored("says so".into()))),
        ];
        let report = Report::of("bird", &cases, &()).await;
        assert_eq!(report.passed(), ["good"]);
        assert_eq!(report.ignored(), ["lacking", "unable"]);
        assert_eq!(
            report.to_string(),
            "bird: 1 passed, 2 ignored, 0 failed\n  passed   good\n  ignored  lacking: no wings\n  ignored  unable: says so"
        );
        report.assert_passed();
    }

    #[tokio::test]
    async fn errors_and_panics_are_failures() {
        let cases = [
            case("good", || Ok(())),
            case("wrong", || Err(crate::Error::invalid("bad").into())),
            case("worse", || panic!("at the disco")),
        ];
        let report = Report::of("bird", &cases, &()).await;
        assert_eq!(report.failed(), ["wrong", "worse"]);
        assert!(report.to_string().contains("it panicked: at the disco"));
        assert!(std::panic::catch_unwind(|| report.assert_passed()).is_err());
    }

    #[tokio::test]
    async fn a_run_that_passes_nothing_is_not_conforming() {
        let cases = [case("lacking", || Ok(())).with_missing(Some("no wings".into()))];
        let report = Report::of("bird", &cases, &()).await;
        assert!(std::panic::catch_unwind(|| report.assert_passed()).is_err());
    }
}
