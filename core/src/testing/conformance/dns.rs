//! What every [`DnsProvider`] and [`DnssecSigner`] has to do.
//!
//! ```
//! use howdah_core::testing::{MemoryDns, conformance::dns};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! // A provider that can create zones is a subject as it is; one that cannot implements `Subject`.
//! dns::run_all(&MemoryDns::new()).await.assert_passed();
//! # }
//! ```
//!
//! An implementor has this as one test, on the paused clock when the provider is a fake in process. The report goes to
//! standard error: `cargo test -- --nocapture` shows what was ignored, and for want of what.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{FutureExt as _, future::BoxFuture};

use self::{
    bench::{Bench, Wish, short_and_long},
    samples::{SAMPLES, type_of},
};
use super::{Case, Report, Stop, slug};
use crate::{
    Error, Result,
    dns::{AliasScope, DnsCapabilities, DnsProvider, DnssecSigner, Name, TxtOctets},
};

mod bench;
mod rules;
mod samples;

/// The implementation that the cases are run against.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The provider.
    fn provider(&self) -> &dyn DnsProvider;

    /// The provider's signer, where it has one; the cases about signing are ignored otherwise.
    fn signer(&self) -> Option<&dyn DnssecSigner> {
        None
    }

    /// A zone without any records of the user's, for the case of this name (lower-case letters, digits and hyphens).
    ///
    /// Unless told otherwise, a new one is created under `example`.
    async fn empty_zone(&self, case: &str) -> Result<Name> {
        let name = Name::parse(&format!("{case}.example")).map_err(|error| Error::invalid(error.to_string()))?;
        Ok(self.provider().create_zone(&name).await?.name)
    }
}

impl<P: DnsProvider> Subject for P {
    fn provider(&self) -> &dyn DnsProvider {
        self
    }
}

/// Runs all cases.
pub async fn run_all(subject: &(dyn Subject + 'static)) -> Report {
    let provider = subject.provider();
    Report::of(format!("{} as a DNS provider", provider.name()), &cases(provider.capabilities()), subject).await
}

/// All cases for a provider of these capabilities.
pub fn cases(capabilities: &DnsCapabilities) -> Vec<Case<dyn Subject>> {
    let suite = Suite(Arc::new(capabilities.clone()));
    let groups = [
        suite.stories(),
        suite.round_trips(),
        suite.texts(),
        suite.sizes(),
        suite.rules(),
        suite.honesty(),
        suite.signing(),
    ];
    groups.into_iter().flatten().collect()
}

type DnsCase = Case<dyn Subject>;
type Fate<'a> = BoxFuture<'a, Result<(), Stop>>;

/// A zone without a name: lines of owner, TTL, type and data. The TTLs `short` and `long` are of the provider's range.
type Lines = Vec<String>;

struct Suite(Arc<DnsCapabilities>);

impl Suite {
    fn stories(&self) -> Vec<DnsCase> {
        let story = |name: &str, states: &[&str]| self.story(&format!("story: {name}"), Wish::Promised, states);
        vec![
            story(
                "a set is created, changed and deleted",
                &["www long A 192.0.2.1", "www long A 192.0.2.2", "", "www long A 192.0.2.1"],
            ),
            story(
                "a set grows and shrinks",
                &[
                    "www long A 192.0.2.1",
                    "www long A 192.0.2.1\nwww long A 192.0.2.2\nwww long A 192.0.2.3",
                    "www long A 192.0.2.3\nwww long A 192.0.2.4",
                    "www long A 192.0.2.2",
                ],
            ),
            story(
                "several types at one name",
                &[
                    "host long A 192.0.2.1\nhost long AAAA 2001:db8::1\nhost long MX 10 mx.example.net.\nhost long TXT \"a\"",
                    "host long AAAA 2001:db8::1\nhost long MX 20 mx.example.net.\nhost long TXT \"a\"",
                    "host long AAAA 2001:db8::1\nhost long TXT \"a\"",
                ],
            ),
            story(
                "a CNAME takes the place of addresses and gives it back",
                &[
                    "www long A 192.0.2.1\nwww long AAAA 2001:db8::1",
                    "www long CNAME host.example.net.",
                    "www long CNAME other.example.net.",
                    "www long A 192.0.2.1\nwww long TXT \"was elsewhere\"",
                    "www long CNAME host.example.net.",
                ],
            ),
            story(
                "two names swap their CNAME and their address",
                &["a long A 192.0.2.1\nb long CNAME a", "a long CNAME b\nb long A 192.0.2.1"],
            ),
            story(
                "only the TTL changes",
                &[
                    "www short A 192.0.2.1\nwww short A 192.0.2.2",
                    "www long A 192.0.2.1\nwww long A 192.0.2.2",
                    "www short A 192.0.2.1\nwww short A 192.0.2.2",
                ],
            ),
            story("the provider chooses the TTL", &["www auto A 192.0.2.1", "www auto A 192.0.2.2"]),
            story("addresses at the apex", &["@ long A 192.0.2.1\n@ long AAAA 2001:db8::1", "@ long A 192.0.2.2"]),
            story(
                "mail at the apex",
                &["@ long MX 10 a.example.net.\n@ long MX 20 b.example.net.\n@ long TXT \"v=spf1 mx -all\"", ""],
            ),
            story("a CAA at the apex", &["@ long CAA 0 issue \"ca.example.net\"", ""]),
            story(
                "a wildcard",
                &["* long A 192.0.2.1\n*.below long TXT \"any\"\nwww long A 192.0.2.2", "* long A 192.0.2.3"],
            ),
            story("a delegation below the apex", &["sub long NS a.example.net.\nsub long NS b.example.net.", ""]),
            story("an ALIAS at the apex", &["@ long ALIAS host.example.net.", "@ long ALIAS other.example.net.", ""]),
            story("an ALIAS below the apex", &["www long ALIAS host.example.net.", "www long A 192.0.2.1"]),
            story(
                "an international name",
                &["bücher long A 192.0.2.1", "bücher long A 192.0.2.2\nбаза.bücher long TXT \"x\""],
            ),
            story(
                "names with underscores",
                &[
                    "_dmarc long TXT \"v=DMARC1; p=none\"\n_443._tcp.www long TXT \"x\"",
                    "_dmarc long TXT \"v=DMARC1; p=reject\"",
                ],
            ),
            story("a label of 63 octets", &[&format!("{} long A 192.0.2.1", "x".repeat(63))]),
            self.story("names: a plus sign", Wish::Awkward, &["_sip+d2t._tcp long TXT \"x\""]),
            self.story("names: digits and hyphens", Wish::Promised, &["0 long A 192.0.2.1\na--1 long A 192.0.2.1", ""]),
            self.story(
                "an ALIAS beside other types",
                Wish::Awkward,
                &[
                    "@ long ALIAS host.example.net.\n@ long MX 10 mx.example.net.\n@ long TXT \"a\"",
                    "@ long MX 10 mx.example.net.\n@ long TXT \"a\"",
                ],
            ),
            self.own_apex_ns(),
        ]
    }

    /// Each declared type, once as everyone writes it and once as few do.
    fn round_trips(&self) -> Vec<DnsCase> {
        let mut cases = Vec::new();
        for sample in SAMPLES {
            let name = format!("round trip: {}", sample.record_type);
            cases.push(self.story(&name, Wish::Promised, &[sample.plain, ""]));
            if !sample.awkward.is_empty() {
                cases.push(self.story(&format!("{name}, awkward"), Wish::Awkward, &[sample.awkward, sample.plain]));
            }
        }
        for (record_type, line) in [("MX", "host long MX 0 ."), ("SRV", "_imap._tcp long SRV 0 0 0 .")] {
            cases.push(self.story(
                &format!("round trip: {record_type}, for a service that is not there"),
                Wish::Awkward,
                &[line, ""],
            ));
        }
        let known: Vec<_> = SAMPLES.iter().map(|sample| sample.record_type.to_owned()).collect();
        for other in self.0.record_types.iter().filter(|declared| !known.contains(&declared.to_string())) {
            let missing = format!("a sample of {other} in this suite");
            let case = DnsCase::new(format!("round trip: {other}"), |_| async { Ok(()) }.boxed());
            cases.push(case.with_missing(Some(missing)));
        }
        cases
    }

    fn texts(&self) -> Vec<DnsCase> {
        let awkward: [(&str, &[u8]); 10] = [
            ("quotes", br#"say "hi" and "bye""#),
            ("an unpaired quote", br#"a 5" disk"#),
            ("in quotes altogether", br#""quoted""#),
            ("backslashes", br"C:\path\\share"),
            ("a backslash at the end", br"end\"),
            ("what looks like escapes", br#"\"\\059 \065"#),
            ("semicolons", b"v=DKIM1; k=rsa; p=MIGf;;"),
            ("what looks like a comment", b"a ; b (c) # d"),
            ("spaces within", b"a  b   c"),
            ("upper and lower case", b"Verify=AbCdEf"),
        ];
        let every: Vec<u8> = (0..=255).collect();
        let declared: [(&str, &[u8]); 4] = [
            ("UTF-8", "Grüße, 象: ok".as_bytes()),
            ("spaces at the ends", b"  a  "),
            ("nothing", b""),
            ("every octet", &every),
        ];
        let awkward = awkward.map(|(name, text)| self.text(name, Wish::Awkward, text.to_vec()));
        let declared = declared.map(|(name, text)| self.text(name, Wish::Promised, text.to_vec()));
        let mut cases: Vec<_> = awkward.into_iter().chain(declared).collect();
        for length in [254, 255, 256, 500, 510, 511, 1000] {
            let text = (0..length).map(|at| b"abcdefghijklmnopqrstuvwxyz0123456789-"[at % 37]).collect();
            cases.push(self.text(&format!("{length} octets"), Wish::Promised, text));
        }
        cases.push(self.story(
            "text: several in one set",
            Wish::Promised,
            &["@ long TXT \"one\"\n@ long TXT \"two words\"\n@ long TXT \"three\"", "@ long TXT \"two words\""],
        ));
        cases
    }

    /// Counts at which pages of 100 end, and one that takes many.
    fn sizes(&self) -> Vec<DnsCase> {
        let size = |count: usize| {
            let line = |n: usize| format!("h{n} long A 192.0.2.{}\n", n % 256);
            let all: String = (0..count).map(line).collect();
            let without_last: String = (0..count - 1).map(line).collect();
            self.story(&format!("size: {count} record sets"), Wish::Promised, &[&all, &without_last, ""])
        };
        [99, 100, 101, 1200].into_iter().map(size).collect()
    }

    fn rules(&self) -> Vec<DnsCase> {
        vec![
            self.case("rules: an empty zone is empty", "", rules::nothing_of_its_own),
            self.case("rules: an empty plan does nothing", "www long A 192.0.2.1", rules::empty_plan),
            self.case("rules: what the provider keeps survives", "www long A 192.0.2.1", rules::keeps_its_own),
            self.case("rules: a zone changed meanwhile is a conflict", "www long A 192.0.2.1", rules::conflict),
            self.case("rules: a set that is gone is deleted", "www long A 192.0.2.1", rules::delete_absent),
            self.case(
                "rules: what is out of scope stays",
                "www long A 192.0.2.1\nwww long TXT \"x\"",
                rules::out_of_scope,
            ),
            self.case("rules: a plan for another zone is refused", "www long A 192.0.2.1", rules::foreign_plan),
            self.case(
                "rules: a failed plan is accounted for",
                "m long A 192.0.2.1\nz long CNAME a",
                rules::truthful_account,
            ),
            self.case("zones: listed", "", rules::listed),
            self.case("zones: created twice is the same", "www long A 192.0.2.1", rules::created_twice)
                .with_missing((!self.0.create_zone).then(|| "creating zones".to_owned())),
            self.case("zones: an unknown one is not found", "www long A 192.0.2.1", rules::unknown_zone),
            self.case("zones: name servers to delegate to", "", rules::delegated_to),
        ]
    }

    /// What is not declared is found by the audit and refused by apply, before anything is sent.
    fn honesty(&self) -> Vec<DnsCase> {
        let capabilities = &self.0;
        let mut cases = Vec::new();
        let mut refused = |name: String, lines: &str| {
            let lines = lines.to_owned();
            cases.push(Self::bench(&format!("honesty: {name}"), move |bench| {
                let lines = lines.clone();
                async move { bench.is_refused(&bench.zone_of(&lines)?).await }.boxed()
            }));
        };
        for sample in SAMPLES {
            if sample.record_type.parse().is_ok_and(|record_type| !capabilities.supports(&record_type, false)) {
                let only = sample.plain.lines().find(|line| type_of(line) == Some(sample.record_type));
                refused(format!("no {}", sample.record_type), only.unwrap_or(sample.plain));
            }
        }
        match capabilities.alias {
            AliasScope::Any => {}
            AliasScope::Apex => refused("no ALIAS below the apex".into(), "www long ALIAS host.example.net."),
            AliasScope::None => refused("no ALIAS".into(), "@ long ALIAS host.example.net."),
        }
        if !capabilities.wildcard {
            refused("no wildcards".into(), "* long A 192.0.2.1");
        }
        if !capabilities.apex_ns {
            refused("no NS at the apex".into(), "@ long NS ns1.example.net.");
        }
        if let Some(below) = capabilities.ttl.start().checked_sub(1) {
            refused(format!("no TTL of {below}"), &format!("www {below} A 192.0.2.1"));
        }
        let most = capabilities.ttl.end();
        if *most < i32::MAX.unsigned_abs() {
            let above = most + 1;
            refused(format!("no TTL of {above}"), &format!("www {above} A 192.0.2.1"));
        }
        let longest = capabilities.txt.max_length;
        let texts = [
            (
                longest < usize::from(u16::MAX),
                format!("no text of {} octets", longest + 1),
                vec![b'x'; (longest + 1).min(1 << 16)],
            ),
            (!capabilities.txt.empty, "no empty text".into(), Vec::new()),
            (!capabilities.txt.outer_spaces, "no text with a space in front".into(), b" a".to_vec()),
            (!capabilities.txt.outer_spaces, "no text with a space behind".into(), b"a ".to_vec()),
            (capabilities.txt.octets == TxtOctets::Ascii, "no text in UTF-8".into(), "ü".into()),
            (capabilities.txt.octets != TxtOctets::Any, "no text of any octets".into(), b"\0\x07\xff".to_vec()),
        ];
        for (_, name, text) in texts.into_iter().filter(|(applies, ..)| *applies) {
            cases.push(Self::bench(&format!("honesty: {name}"), move |bench| {
                let text = text.clone();
                async move { bench.is_refused(&bench.zone_with_text(&text)?).await }.boxed()
            }));
        }
        if !capabilities.create_zone {
            cases.push(Self::bench("honesty: no creating of zones", |bench| rules::no_create(bench).boxed()));
        }
        cases
    }

    fn signing(&self) -> Vec<DnsCase> {
        let missing = (!self.0.dnssec).then(|| "DNSSEC".to_owned());
        let name = "signing: on and off, each twice";
        let case = DnsCase::new(name, move |subject| {
            async move {
                let Some(signer) = subject.signer() else {
                    return Err(Stop::Ignored("the subject gives no signer".into()));
                };
                rules::on_and_off(signer, &subject.empty_zone(&slug(name)).await?).await
            }
            .boxed()
        });
        vec![case.with_missing(missing)]
    }

    /// Brings an empty zone from state to state; after each, planning again is empty.
    fn story(&self, name: &str, wish: Wish, states: &[&str]) -> DnsCase {
        let lines: Lines = states.iter().flat_map(|state| state.lines()).map(str::to_owned).collect();
        let states: Vec<String> = states.iter().map(|&state| state.to_owned()).collect();
        let case = Self::bench(name, move |bench| {
            let states = states.clone();
            async move {
                for state in &states {
                    bench.wish(wish, &bench.zone_of(state)?).await?;
                }
                Ok(())
            }
            .boxed()
        });
        case.with_missing(self.missing(&lines))
    }

    fn text(&self, name: &str, wish: Wish, text: Vec<u8>) -> DnsCase {
        let limits = &self.0.txt;
        let is_utf8 = std::str::from_utf8(&text).is_ok_and(|text| !text.chars().any(char::is_control));
        let octets = match (text.iter().all(|octet| (b' '..=b'~').contains(octet)), is_utf8) {
            (true, _) => TxtOctets::Ascii,
            (false, true) => TxtOctets::Utf8,
            (false, false) => TxtOctets::Any,
        };
        let missing = if text.len() > limits.max_length {
            Some(format!("texts longer than {} octets", limits.max_length))
        } else if text.is_empty() && !limits.empty {
            Some("empty texts".to_owned())
        } else if (text.starts_with(b" ") || text.ends_with(b" ")) && !limits.outer_spaces {
            Some("spaces at the ends of a text".to_owned())
        } else if octets > limits.octets {
            Some(format!("texts of {octets:?} octets"))
        } else {
            self.missing(&["@ long TXT \"x\"".to_owned()])
        };
        let case = Self::bench(&format!("text: {name}"), move |bench| {
            let text = text.clone();
            async move {
                bench.wish(wish, &bench.zone_with_text(&text)?).await?;
                bench.reach(&bench.base).await
            }
            .boxed()
        });
        case.with_missing(missing)
    }

    fn own_apex_ns(&self) -> DnsCase {
        let states = ["@ long NS ns1.example.net.\n@ long NS ns2.example.net.", "@ long NS ns1.example.net."];
        let missing = (!self.0.apex_ns).then(|| "changing the NS set of the apex".to_owned());
        self.story("story: the NS set of the apex changes", Wish::Promised, &states).with_missing(missing)
    }

    /// A case that starts from an empty zone; `lines` are what it needs to be possible.
    fn case<F>(&self, name: &str, lines: &'static str, run: F) -> DnsCase
    where
        F: for<'a> RunOn<'a> + Send + Sync + 'static,
    {
        let needed: Lines = lines.lines().map(str::to_owned).collect();
        let case = Self::bench(name, move |bench| run.on(bench, lines));
        case.with_missing(self.missing(&needed))
    }

    fn bench<F>(name: &str, run: F) -> DnsCase
    where
        F: for<'a> Fn(&'a Bench<'a>) -> Fate<'a> + Send + Sync + 'static,
    {
        let zone = slug(name);
        let run = Arc::new(run);
        DnsCase::new(name, move |subject| {
            let (zone, run) = (zone.clone(), Arc::clone(&run));
            async move {
                let bench = Bench::new(subject, &zone).await?;
                run(&bench).await
            }
            .boxed()
        })
    }

    /// The first capability that these lines want and the provider does not have.
    fn missing(&self, lines: &[String]) -> Option<String> {
        let capabilities = &self.0;
        lines.iter().find_map(|line| {
            let owner = line.split(' ').next()?;
            let record_type = type_of(line)?;
            if !record_type.parse().is_ok_and(|parsed| capabilities.supports(&parsed, owner == "@")) {
                let place = if record_type == "ALIAS" && capabilities.alias == AliasScope::Apex {
                    " below the apex"
                } else {
                    ""
                };
                return Some(format!("{record_type} records{place}"));
            }
            if owner.starts_with('*') && !capabilities.wildcard {
                return Some("wildcards".to_owned());
            }
            let (short, long) = short_and_long(capabilities);
            (line.split(' ').nth(1) == Some("short") && short == long).then(|| "a choice of TTLs".to_owned())
        })
    }
}

/// An async function of a bench and some lines; closures cannot yet be asked for this without boxing.
trait RunOn<'a> {
    fn on(&self, bench: &'a Bench<'a>, lines: &'static str) -> Fate<'a>;
}

impl<'a, F, R> RunOn<'a> for F
where
    F: Fn(&'a Bench<'a>, &'static str) -> R,
    R: Future<Output = Result<(), Stop>> + Send + 'a,
{
    fn on(&self, bench: &'a Bench<'a>, lines: &'static str) -> Fate<'a> {
        self(bench, lines).boxed()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{dns::RecordType, testing::MemoryDns};

    #[test]
    fn names_of_cases_and_of_their_zones_are_unique() {
        for capabilities in [MemoryDns::full_capabilities(), DnsCapabilities::new([RecordType::A])] {
            let cases = cases(&capabilities);
            let zones: BTreeSet<_> = cases.iter().map(|case| slug(case.name())).collect();
            let mut names: Vec<_> = cases.iter().map(Case::name).collect();
            assert_eq!(zones.len(), cases.len(), "{names:#?}");
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), cases.len());
            assert!(zones.iter().all(|zone| zone.len() <= 63 && !zone.ends_with('-')));
        }
    }
}
