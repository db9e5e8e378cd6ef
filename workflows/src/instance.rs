//! `instance.toml`: what the operator says of the instance.

use std::fmt;

use howdah_core::dns::Name;
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// An instance as its operator describes it.
///
/// ```
/// use howdah_workflows::instance::Instance;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let instance = Instance::read(r#"
/// [instance]
/// domain = "example.social"
///
/// [[host]]
/// name = "media.example.social"
/// issuer = "letsencrypt.org"
///
/// [[process]]
/// name = "puma"
/// machines = 2
/// processes = 4
/// threads = 5
/// "#)?;
/// assert_eq!(instance.hosts[0].issuer, "letsencrypt.org");
/// assert_eq!(instance.processes[0].connections(2), 40);
///
/// let error = Instance::read("[instance]\ndomain = 'example..social'").unwrap_err();
/// assert!(error.to_string().starts_with("instance.toml, line 2, column 10: "));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instance {
    /// The domain of its accounts.
    pub domain: Name,
    /// The hosts that have certificates.
    pub hosts: Vec<Host>,
    /// What connects to the database.
    pub processes: Vec<Process>,
}

/// A host that has a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Host {
    /// A name within the domain; a wildcard for a certificate of one.
    pub name: Name,
    /// The certificate authority by the domain that CAA records know it by, such as `letsencrypt.org`.
    pub issuer: String,
}

/// A kind of process that connects to the database, such as Puma or Sidekiq.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Process {
    /// What it is called in reports.
    pub name: String,
    /// On how many machines it runs.
    pub machines: u32,
    /// How many more machines run it for the time of a change.
    #[serde(default)]
    pub surge: u32,
    /// How many there are on each machine.
    pub processes: u32,
    /// How many connections each may hold: threads of Puma and Sidekiq, the pool of the streaming server.
    pub threads: u32,
    /// The pool that it connects to; directly to the database without one.
    #[serde(default)]
    pub pool: Option<String>,
}

/// What is wrong with an `instance.toml`, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InstanceError {
    /// Line and column, counted from 1; unknown for what is missing altogether.
    pub place: Option<(usize, usize)>,
    /// What was found and what was expected.
    pub message: String,
}

impl Instance {
    /// Reads the text of the file. A key that is not known is an error: it may be a misspelt one.
    pub fn read(text: &str) -> Result<Self, InstanceError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let start = error.span().map(|span| span.start);
            InstanceError::new(text, start, error.message())
        })?;
        let domain = file.instance.domain;
        let mut hosts: Vec<Host> = Vec::new();
        for FileHost { name, issuer } in file.host {
            let wrong = |span: std::ops::Range<usize>, message: String| {
                Err(InstanceError::new(text, Some(span.start), &message))
            };
            let (at, host) = (name.span(), name.into_inner());
            if !host.is_within(&domain) {
                return wrong(at, format!("the host {host} is not within the domain {domain}"));
            }
            if hosts.iter().any(|earlier| earlier.name == host) {
                return wrong(at, format!("the host {host} occurs twice"));
            }
            let (at, issuer) = (issuer.span(), issuer.into_inner());
            let is_domain = Name::parse(&issuer).is_ok_and(|name| name.labels().len() > 1);
            if !is_domain || issuer.ends_with('.') {
                return wrong(
                    at,
                    format!("`{issuer}` is not a certificate authority's domain, such as letsencrypt.org"),
                );
            }
            hosts.push(Host { name: host, issuer });
        }
        let mut processes: Vec<Process> = Vec::new();
        for process in file.process {
            let (at, process) = (process.span(), process.into_inner());
            if processes.iter().any(|earlier| earlier.name == process.name) {
                let message = format!("the process {} occurs twice", process.name);
                return Err(InstanceError::new(text, Some(at.start), &message));
            }
            processes.push(process);
        }
        Ok(Self { domain, hosts, processes })
    }
}

impl Host {
    /// A host and its certificate authority.
    pub fn new(name: Name, issuer: impl Into<String>) -> Self {
        Self { name, issuer: issuer.into() }
    }
}

impl Process {
    /// A kind of process that connects directly, and on no more machines during a change.
    pub fn new(name: impl Into<String>, machines: u32, processes: u32, threads: u32) -> Self {
        Self { name: name.into(), machines, surge: 0, processes, threads, pool: None }
    }

    /// How many connections it holds on so many machines.
    pub fn connections(&self, machines: u32) -> u64 {
        u64::from(machines).saturating_mul(self.processes.into()).saturating_mul(self.threads.into())
    }
}

impl InstanceError {
    fn new(text: &str, start: Option<usize>, message: &str) -> Self {
        let place = start.map(|start| {
            let before = text.get(..start).unwrap_or(text);
            let line = before.rsplit('\n').next().unwrap_or_default();
            (before.matches('\n').count() + 1, line.chars().count() + 1)
        });
        // One line, whatever the parser had to say.
        let message = message.split_whitespace().collect::<Vec<_>>().join(" ");
        Self { place, message }
    }
}

impl fmt::Display for InstanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => write!(f, "instance.toml, line {line}, column {column}: {}", self.message),
            None => write!(f, "instance.toml: {}", self.message),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    instance: Section,
    #[serde(default)]
    host: Vec<FileHost>,
    #[serde(default)]
    process: Vec<Spanned<Process>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Section {
    domain: Name,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileHost {
    name: Spanned<Name>,
    issuer: Spanned<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[instance]\ndomain = \"example.social\"\n";

    #[test]
    fn every_error_says_where_and_what() {
        let host = |name: &str, issuer: &str| format!("{HEAD}[[host]]\nname = \"{name}\"\nissuer = \"{issuer}\"\n");
        let process = |name: &str, more: &str| {
            format!("{HEAD}[[process]]\nname = \"{name}\"\nmachines = 2\nprocesses = 4\nthreads = 5\n{more}")
        };
        for (text, place, part) in [
            (String::new(), (1, 1), "missing field `instance`"),
            ("[instance".to_owned(), (1, 10), ""),
            (format!("{HEAD}domian = 1"), (3, 1), "unknown field `domian`"),
            ("[instance]\ndomain = 5".to_owned(), (2, 10), "invalid type"),
            (host("www.example.net", "letsencrypt.org"), (4, 8), "is not within the domain"),
            (host("www..example.social", "letsencrypt.org"), (4, 8), ""),
            (host("example.social", "Let's Encrypt"), (5, 10), "not a certificate authority's domain"),
            (format!("{HEAD}[[host]]\nname = \"example.social\""), (3, 1), "missing field `issuer`"),
            (
                host("example.social", "sectigo.com")
                    + "[[host]]\nname = \"example.social.\"\nissuer = \"sectigo.com\"",
                (7, 8),
                "occurs twice",
            ),
            (process("puma", "") + &process("puma", "")[HEAD.len()..], (8, 1), "the process puma occurs twice"),
            (process("puma", "thread = 5\n"), (8, 1), "unknown field `thread`"),
            (process("puma", "surge = -1\n"), (8, 9), "invalid value"),
        ] {
            let error = Instance::read(&text).unwrap_err();
            assert_eq!(error.place, Some(place), "{error}");
            assert!(error.message.contains(part), "{error}");
            assert_eq!(error.to_string().lines().count(), 1);
        }
    }

    #[test]
    fn hosts_are_optional_and_wildcards_allowed() {
        assert!(Instance::read(HEAD).unwrap().hosts.is_empty());
        let text = format!("{HEAD}[[host]]\nname = \"*.example.social\"\nissuer = \"sectigo.com\"");
        assert!(Instance::read(&text).unwrap().hosts[0].name.is_wildcard());
    }
}
