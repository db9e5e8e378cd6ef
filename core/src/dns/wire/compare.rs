//! Whether new servers answer what the old ones do.

use std::{collections::BTreeSet, fmt};

use futures::{StreamExt as _, stream};
use serde::Serialize;

use super::{
    Answer, Observer, Rcode, Server,
    observer::{Trouble, needless},
};
use crate::dns::{Name, RecordData, RecordType, Ttl};

/// How many questions are under way at once.
const AT_ONCE: usize = 16;

/// How the answers of new servers differ from those of old ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Comparison {
    /// How many answers were compared.
    pub compared: usize,
    /// Records that differ.
    pub differences: Vec<Difference>,
    /// Records that are the same, with other TTLs.
    pub ttl_differences: Vec<TtlDifference>,
    /// Questions that have no answer at a server: nothing is known there.
    pub not_compared: Vec<NotCompared>,
}

impl Comparison {
    /// Whether every server was observed on every question and all of them answer the same; TTLs may differ.
    pub fn is_same(&self) -> bool {
        self.compared > 0 && self.differences.is_empty() && self.not_compared.is_empty()
    }
}

/// A server that answers something else than the old servers' first one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct Difference {
    pub name: Name,
    pub record_type: RecordType,
    /// What the first old server that serves the zone answers.
    pub expected: Found,
    /// The server that differs; it may be another old one.
    pub server: Server,
    pub found: Found,
}

/// A server that answers the same records with another TTL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct TtlDifference {
    pub name: Name,
    pub record_type: RecordType,
    /// In seconds.
    pub expected: u32,
    pub server: Server,
    /// In seconds.
    pub found: u32,
}

/// A question that could not be settled at a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
#[allow(missing_docs)]
pub struct NotCompared {
    pub name: Name,
    pub record_type: RecordType,
    pub server: Server,
    pub why: String,
}

/// The substance of an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Found {
    /// These records. Two texts are the same if they are so once their strings are joined.
    Records(BTreeSet<RecordData>),
    /// An alias of another name.
    Alias(Name),
    /// No records of this type.
    Nothing,
    /// The server does not serve the zone, which it says with this code and without authority.
    NotServed(Rcode),
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} answers compared: {} differ, {} have other TTLs, {} could not be compared",
            self.compared,
            self.differences.len(),
            self.ttl_differences.len(),
            self.not_compared.len()
        )?;
        self.differences.iter().try_for_each(|difference| write!(f, "\n{difference}"))?;
        self.ttl_differences.iter().try_for_each(|difference| write!(f, "\n{difference}"))?;
        self.not_compared.iter().try_for_each(|question| write!(f, "\n{question}"))
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Difference { name, record_type, expected, server, found } = self;
        write!(f, "{name} {record_type}: {server} answers {found} instead of {expected}")
    }
}

impl fmt::Display for TtlDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TtlDifference { name, record_type, expected, server, found } = self;
        write!(f, "{name} {record_type}: {server} answers with the TTL {found} s instead of {expected} s")
    }
}

impl fmt::Display for NotCompared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NotCompared { name, record_type, server, why } = self;
        write!(f, "{name} {record_type}: not observed at {server}: {why}")
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Records(data) => {
                let texts: Vec<String> = data.iter().map(ToString::to_string).collect();
                f.write_str(&texts.join(", "))
            }
            Found::Alias(name) => write!(f, "CNAME {name}"),
            Found::Nothing => f.write_str("no such records"),
            Found::NotServed(rcode) => write!(f, "{rcode} without authority"),
        }
    }
}

impl Observer {
    /// Asks old and new servers the same questions, and says where their answers differ.
    ///
    /// An ALIAS is asked as A and AAAA. What the first old server that serves the zone answers is what is expected of
    /// all others, old ones included.
    pub async fn compare(
        &self,
        questions: impl IntoIterator<Item = (Name, RecordType)>,
        old: &[Server],
        new: &[Server],
    ) -> Comparison {
        let questions: BTreeSet<(Name, RecordType)> = questions
            .into_iter()
            .flat_map(|(name, record_type)| match record_type {
                RecordType::Alias => vec![(name.clone(), RecordType::A), (name, RecordType::Aaaa)],
                other => vec![(name, other)],
            })
            .collect();
        let servers: Vec<Server> =
            old.iter().chain(new.iter().filter(|server| !old.contains(server))).cloned().collect();
        let pairs: Vec<_> =
            questions.iter().flat_map(|question| servers.iter().map(move |server| (question, server))).collect();
        let asked: Vec<_> =
            pairs.into_iter().map(|((name, record_type), server)| self.answer(server, name, record_type)).collect();
        let answers: Vec<Result<Answer, Trouble>> = stream::iter(asked).buffered(AT_ONCE).collect().await;
        let of_server = |index| answers.iter().skip(index).step_by(servers.len());
        let silent = |index| !of_server(index).any(Result::is_ok);
        let needless = needless(&servers, |index| {
            of_server(index).find_map(|answer| answer.as_ref().err()).filter(|_| silent(index))
        });
        let mut comparison = Comparison::default();
        for (question, answers) in questions.iter().zip(answers.chunks(servers.len().max(1))) {
            let numbered = servers.iter().zip(answers).enumerate();
            let answers = numbered.filter(|(_, (server, _))| !needless.contains(server));
            let answers = answers.map(|(index, (server, answer))| Settled {
                server,
                old: index < old.len(),
                found: answer.as_ref().map(found),
            });
            comparison.settle(question, &answers.collect::<Vec<_>>());
        }
        comparison
    }
}

/// What a server has to say to one question.
struct Settled<'a> {
    server: &'a Server,
    old: bool,
    found: Result<(Found, Option<u32>), &'a Trouble>,
}

impl Comparison {
    /// Compares the answers to one question.
    fn settle(&mut self, (name, record_type): &(Name, RecordType), answers: &[Settled<'_>]) {
        let from_old = answers.iter().filter(|answer| answer.old).filter_map(|answer| answer.found.as_ref().ok());
        let expected = from_old.clone().find(|(found, _)| !matches!(found, Found::NotServed(_)));
        for Settled { server, found, .. } in answers {
            let (name, record_type, server) = (name.clone(), record_type.clone(), (*server).clone());
            match (expected, found) {
                (_, Err(trouble)) => {
                    self.not_compared.push(NotCompared { name, record_type, server, why: trouble.to_string() });
                }
                (None, Ok(_)) => {
                    let why = "no old server serves the zone to compare with".to_owned();
                    self.not_compared.push(NotCompared { name, record_type, server, why });
                }
                (Some((expected, expected_ttl)), Ok((found, found_ttl))) => {
                    self.compared += 1;
                    if expected != found {
                        let (expected, found) = (expected.clone(), found.clone());
                        self.differences.push(Difference { name, record_type, expected, server, found });
                    } else if let (Some(expected), Some(found)) = (*expected_ttl, *found_ttl)
                        && expected != found
                    {
                        self.ttl_differences.push(TtlDifference { name, record_type, expected, server, found });
                    }
                }
            }
        }
    }
}

/// The substance of an answer, and its TTL where it has one.
fn found(answer: &Answer) -> (Found, Option<u32>) {
    let served = answer.authoritative && matches!(answer.rcode, Rcode::NOERROR | Rcode::NXDOMAIN);
    match (&answer.set, answer.aliases.first()) {
        _ if !served => (Found::NotServed(answer.rcode), None),
        // What an alias leads to is another question, which an old server may answer beside it and a new one may not.
        (_, Some(alias)) => (Found::Alias(alias.clone()), None),
        (Some(set), None) => {
            let ttl = match set.ttl() {
                Ttl::Seconds(seconds) => Some(seconds),
                Ttl::Auto => None,
            };
            (Found::Records(set.data().clone()), ttl)
        }
        (None, None) => (Found::Nothing, None),
    }
}
