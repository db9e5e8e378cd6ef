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

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use futures::{FutureExt as _, future::BoxFuture};

use super::{Case, Report, Stop};
use crate::{
    Error, ErrorKind, Outcome, Result,
    dns::{
        AliasScope, ApplyError, Atomicity, Change, DnsCapabilities, DnsProvider,
        DnsProviderExt as _, DnssecSigner, Finding, Name, Plan, RecordData, RecordSet, RecordType,
        Scope, SigningStatus, Ttl, Txt, TxtOctets, Zone, ZoneSnapshot,
    },
};

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
        let name = Name::parse(&format!("{case}.example"))
            .map_err(|error| Error::invalid(error.to_string()))?;
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
    Report::of(
        format!("{} as a DNS provider", provider.name()),
        &cases(provider.capabilities()),
        subject,
    )
    .await
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

/// Whether the audit may block what a case wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    /// The capabilities promise it.
    Promised,
    /// It is awkward; a provider may say that it cannot, as long as it says so.
    Awkward,
}

/// A zone without a name: lines of owner, TTL, type and data. The TTLs `short` and `long` are of the provider's range.
type Lines = Vec<String>;

struct Suite(Arc<DnsCapabilities>);

impl Suite {
    fn stories(&self) -> Vec<DnsCase> {
        let story = |name: &str, states: &[&str]| {
            self.story(&format!("story: {name}"), Wish::Promised, states)
        };
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
            story("an international name", &["bücher long A 192.0.2.1", "bücher long A 192.0.2.2\nбаза.bücher long TXT \"x\""]),
            story(
                "names with underscores",
                &["_dmarc long TXT \"v=DMARC1; p=none\"\n_443._tcp.www long TXT \"x\"", "_dmarc long TXT \"v=DMARC1; p=reject\""],
            ),
            story("a label of 63 octets", &[&format!("{} long A 192.0.2.1", "x".repeat(63))]),
            self.story("names: a plus sign", Wish::Awkward, &["_sip+d2t._tcp long TXT \"x\""]),
            self.story("names: digits and hyphens", Wish::Promised, &["0 long A 192.0.2.1\na--1 long A 192.0.2.1", ""]),
            self.story("an ALIAS beside other types", Wish::Awkward, &[
                "@ long ALIAS host.example.net.\n@ long MX 10 mx.example.net.\n@ long TXT \"a\"",
                "@ long MX 10 mx.example.net.\n@ long TXT \"a\"",
            ]),
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
                cases.push(self.story(
                    &format!("{name}, awkward"),
                    Wish::Awkward,
                    &[sample.awkward, sample.plain],
                ));
            }
        }
        for (record_type, line) in [
            ("MX", "host long MX 0 ."),
            ("SRV", "_imap._tcp long SRV 0 0 0 ."),
        ] {
            cases.push(self.story(
                &format!("round trip: {record_type}, for a service that is not there"),
                Wish::Awkward,
                &[line, ""],
            ));
        }
        let known: Vec<_> = SAMPLES
            .iter()
            .map(|sample| sample.record_type.to_owned())
            .collect();
        for other in self
            .0
            .record_types
            .iter()
            .filter(|declared| !known.contains(&declared.to_string()))
        {
            let missing = format!("a sample of {other} in this suite");
            let case = DnsCase::new(format!("round trip: {other}"), |_| async { Ok(()) }.boxed());
            cases.push(case.with_missing(Some(missing)));
        }
        cases
    }

    fn texts(&self) -> Vec<DnsCase> {
        let utf8 = "Grüße, 象: ok".as_bytes().to_vec();
        let awkward: [(&str, Vec<u8>); 13] = [
            ("quotes", br#"say "hi" and "bye""#.to_vec()),
            ("an unpaired quote", br#"a 5" disk"#.to_vec()),
            ("in quotes altogether", br#""quoted""#.to_vec()),
            ("backslashes", br"C:\path\\share".to_vec()),
            ("a backslash at the end", br"end\".to_vec()),
            ("what looks like escapes", br#"\"\\\059 \065"#.to_vec()),
            ("semicolons", b"v=DKIM1; k=rsa; p=MIGf;;".to_vec()),
            ("what looks like a comment", b"a ; b (c) # d".to_vec()),
            ("spaces within", b"a  b   c".to_vec()),
            ("upper and lower case", b"Verify=AbCdEf".to_vec()),
            ("UTF-8", utf8),
            ("spaces at the ends", b"  a  ".to_vec()),
            ("nothing", Vec::new()),
        ];
        let mut cases: Vec<_> = awkward
            .into_iter()
            .map(|(name, text)| self.text(name, Wish::Awkward, text))
            .collect();
        cases.push(self.text("every octet", Wish::Promised, (0..=255).collect()));
        for length in [254, 255, 256, 500, 510, 511, 1000] {
            let text = (0..length)
                .map(|at| b"abcdefghijklmnopqrstuvwxyz0123456789-"[at % 37])
                .collect();
            cases.push(self.text(&format!("{length} octets"), Wish::Promised, text));
        }
        cases.push(self.story(
            "text: several in one set",
            Wish::Promised,
            &[
                "@ long TXT \"one\"\n@ long TXT \"two words\"\n@ long TXT \"three\"",
                "@ long TXT \"two words\"",
            ],
        ));
        cases
    }

    /// Counts at which pages of 100 end, and one that takes many.
    fn sizes(&self) -> Vec<DnsCase> {
        let size = |count: usize| {
            let line = |n: usize| format!("h{n} long A 192.0.2.{}\n", n % 256);
            let all: String = (0..count).map(line).collect();
            let without_last: String = (0..count - 1).map(line).collect();
            self.story(
                &format!("size: {count} record sets"),
                Wish::Promised,
                &[&all, &without_last, ""],
            )
        };
        [99, 100, 101, 1200].into_iter().map(size).collect()
    }

    fn rules(&self) -> Vec<DnsCase> {
        vec![
            self.case("rules: an empty zone is empty", "", nothing_of_its_own),
            self.case(
                "rules: an empty plan does nothing",
                "www long A 192.0.2.1",
                empty_plan,
            ),
            self.case(
                "rules: what the provider keeps survives",
                "www long A 192.0.2.1",
                keeps_its_own,
            ),
            self.case(
                "rules: a zone changed meanwhile is a conflict",
                "www long A 192.0.2.1",
                conflict,
            ),
            self.case(
                "rules: a set that is gone is deleted",
                "www long A 192.0.2.1",
                delete_absent,
            ),
            self.case(
                "rules: what is out of scope stays",
                "www long A 192.0.2.1\nwww long TXT \"x\"",
                out_of_scope,
            ),
            self.case(
                "rules: a plan for another zone is refused",
                "www long A 192.0.2.1",
                foreign_plan,
            ),
            self.case(
                "rules: a failed plan is accounted for",
                "m long A 192.0.2.1\nz long CNAME a",
                truthful_account,
            ),
            self.case("zones: listed", "", listed),
            self.case(
                "zones: created twice is the same",
                "www long A 192.0.2.1",
                created_twice,
            )
            .with_missing((!self.0.create_zone).then(|| "creating zones".to_owned())),
            self.case(
                "zones: an unknown one is not found",
                "www long A 192.0.2.1",
                unknown_zone,
            ),
            self.case("zones: name servers to delegate to", "", delegated_to),
        ]
    }

    /// What is not declared is found by the audit and refused by apply, before anything is sent.
    fn honesty(&self) -> Vec<DnsCase> {
        let capabilities = &self.0;
        let mut cases = Vec::new();
        let mut refused = |name: String, lines: &str| {
            let lines = lines.to_owned();
            cases.push(self.bench(&format!("honesty: {name}"), move |bench| {
                let lines = lines.clone();
                async move { bench.is_refused(&bench.zone_of(&lines)?).await }.boxed()
            }));
        };
        for sample in SAMPLES {
            if sample
                .record_type
                .parse()
                .is_ok_and(|record_type| !capabilities.supports(&record_type, false))
            {
                let only = sample
                    .plain
                    .lines()
                    .find(|line| type_of(line) == Some(sample.record_type));
                refused(
                    format!("no {}", sample.record_type),
                    only.unwrap_or(sample.plain),
                );
            }
        }
        match capabilities.alias {
            AliasScope::Any => {}
            AliasScope::Apex => refused(
                "no ALIAS below the apex".into(),
                "www long ALIAS host.example.net.",
            ),
            AliasScope::None => refused("no ALIAS".into(), "@ long ALIAS host.example.net."),
        }
        if !capabilities.wildcard {
            refused("no wildcards".into(), "* long A 192.0.2.1");
        }
        if !capabilities.apex_ns {
            refused("no NS at the apex".into(), "@ long NS ns1.example.net.");
        }
        if let Some(below) = capabilities.ttl.start().checked_sub(1) {
            refused(
                format!("no TTL of {below}"),
                &format!("www {below} A 192.0.2.1"),
            );
        }
        let most = capabilities.ttl.end();
        if *most < i32::MAX.unsigned_abs() {
            let above = most + 1;
            refused(
                format!("no TTL of {above}"),
                &format!("www {above} A 192.0.2.1"),
            );
        }
        let longest = capabilities.txt.max_length;
        let texts = [
            (
                longest < usize::from(u16::MAX),
                format!("no text of {} octets", longest + 1),
                vec![b'x'; (longest + 1).min(1 << 16)],
            ),
            (!capabilities.txt.empty, "no empty text".into(), Vec::new()),
            (
                !capabilities.txt.outer_spaces,
                "no text with a space in front".into(),
                b" a".to_vec(),
            ),
            (
                !capabilities.txt.outer_spaces,
                "no text with a space behind".into(),
                b"a ".to_vec(),
            ),
            (
                capabilities.txt.octets == TxtOctets::Ascii,
                "no text in UTF-8".into(),
                "ü".into(),
            ),
            (
                capabilities.txt.octets != TxtOctets::Any,
                "no text of any octets".into(),
                b"\0\x07\xff".to_vec(),
            ),
        ];
        for (_, name, text) in texts.into_iter().filter(|(applies, ..)| *applies) {
            cases.push(self.bench(&format!("honesty: {name}"), move |bench| {
                let text = text.clone();
                async move { bench.is_refused(&bench.zone_with_text(&text)?).await }.boxed()
            }));
        }
        if !capabilities.create_zone {
            cases.push(self.bench("honesty: no creating of zones", |bench| {
                no_create(bench).boxed()
            }));
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
                on_and_off(signer, &subject.empty_zone(&slug(name)).await?).await
            }
            .boxed()
        });
        vec![case.with_missing(missing)]
    }

    /// Brings an empty zone from state to state; after each, planning again is empty.
    fn story(&self, name: &str, wish: Wish, states: &[&str]) -> DnsCase {
        let lines: Lines = states
            .iter()
            .flat_map(|state| state.lines())
            .map(str::to_owned)
            .collect();
        let states: Vec<String> = states.iter().map(|&state| state.to_owned()).collect();
        let case = self.bench(name, move |bench| {
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
        let is_utf8 =
            std::str::from_utf8(&text).is_ok_and(|text| !text.chars().any(char::is_control));
        let octets = match (
            text.iter().all(|octet| (b' '..=b'~').contains(octet)),
            is_utf8,
        ) {
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
        let case = self.bench(&format!("text: {name}"), move |bench| {
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
        let states = [
            "@ long NS ns1.example.net.\n@ long NS ns2.example.net.",
            "@ long NS ns1.example.net.",
        ];
        let missing = (!self.0.apex_ns).then(|| "changing the NS set of the apex".to_owned());
        self.story(
            "story: the NS set of the apex changes",
            Wish::Promised,
            &states,
        )
        .with_missing(missing)
    }

    /// A case that starts from an empty zone; `lines` are what it needs to be possible.
    fn case<F>(&self, name: &str, lines: &'static str, run: F) -> DnsCase
    where
        F: for<'a> RunOn<'a> + Send + Sync + 'static,
    {
        let needed: Lines = lines.lines().map(str::to_owned).collect();
        let case = self.bench(name, move |bench| run.on(bench, lines));
        case.with_missing(self.missing(&needed))
    }

    fn bench<F>(&self, name: &str, run: F) -> DnsCase
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
            if !record_type
                .parse()
                .is_ok_and(|parsed| capabilities.supports(&parsed, owner == "@"))
            {
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
            (line.split(' ').nth(1) == Some("short") && short == long)
                .then(|| "a choice of TTLs".to_owned())
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

/// One case's zone at the provider.
struct Bench<'a> {
    provider: &'a dyn DnsProvider,
    zone: Name,
    /// What is in the zone before anything was put there: nothing, or the NS set of the apex.
    base: Zone,
}

impl<'a> Bench<'a> {
    async fn new(subject: &'a dyn Subject, case: &str) -> Result<Self, Stop> {
        let zone = subject.empty_zone(case).await?;
        let base = subject.provider().snapshot(&zone).await?.zone;
        let bench = Self {
            provider: subject.provider(),
            zone,
            base,
        };
        let mut users = bench.base.clone();
        let authority = users.split_off_authority();
        ensure(users.is_empty(), || {
            format!("the zone {} is not empty before the case", bench.zone)
        })?;
        let is_own = authority
            .iter()
            .all(|set| *set.record_type() == RecordType::Ns && bench.capabilities().apex_ns);
        ensure(is_own, || {
            "what the provider keeps for itself belongs into `left_alone`".into()
        })?;
        Ok(bench)
    }

    fn capabilities(&self) -> &DnsCapabilities {
        self.provider.capabilities()
    }

    async fn snapshot(&self) -> Result<ZoneSnapshot, Stop> {
        Ok(self.provider.snapshot(&self.zone).await?)
    }

    /// The base and what the lines say.
    fn zone_of(&self, lines: &str) -> Result<Zone, Stop> {
        let (short, long) = short_and_long(self.capabilities());
        let mut sets: BTreeMap<(Name, RecordType), (Ttl, Vec<RecordData>)> = BTreeMap::new();
        for line in lines.lines() {
            let [owner, ttl, record_type, data] = line.splitn(4, ' ').collect::<Vec<_>>()[..]
            else {
                return Err(Stop::Failed(format!("the suite is wrong: `{line}`")));
            };
            let record_type: RecordType = record_type.parse()?;
            let ttl = match ttl {
                "auto" => Ttl::Auto,
                "short" => Ttl::Seconds(short),
                "long" => Ttl::Seconds(long),
                seconds => Ttl::Seconds(seconds.parse()?),
            };
            let data = RecordData::parse(&record_type, data, &self.zone)?;
            let key = (Name::parse_in(owner, &self.zone)?, record_type);
            sets.entry(key).or_insert((ttl, Vec::new())).1.push(data);
        }
        let mut zone = self.base.clone();
        for ((name, _), (ttl, data)) in sets {
            zone.insert(RecordSet::new(name, ttl, data)?)?;
        }
        Ok(zone)
    }

    fn zone_with_text(&self, text: &[u8]) -> Result<Zone, Stop> {
        let (_, long) = short_and_long(self.capabilities());
        let mut zone = self.base.clone();
        zone.insert(RecordSet::new(
            self.zone.child("text")?,
            Ttl::Seconds(long),
            [RecordData::Txt(Txt::from_bytes(text))],
        )?)?;
        Ok(zone)
    }

    async fn wish(&self, wish: Wish, desired: &Zone) -> Result<(), Stop> {
        match self
            .provider
            .audit(desired)
            .into_iter()
            .find(Finding::is_blocking)
        {
            None => self.reach(desired).await,
            Some(finding) if wish == Wish::Promised => Err(Stop::Failed(format!(
                "the audit blocks what the capabilities declare: {finding}"
            ))),
            Some(finding) => {
                self.is_refused(desired).await?;
                Err(Stop::Ignored(format!("the audit says {finding}")))
            }
        }
    }

    /// Makes the zone what is desired, and holds that it is; then planning again is empty.
    async fn reach(&self, desired: &Zone) -> Result<(), Stop> {
        let (plan, before) = self.provider.plan_to(desired, &Scope::WholeZone).await?;
        let receipt = self.provider.apply(&self.zone, &plan, &before).await?;
        ensure(receipt.applied == plan.changes().len(), || {
            format!("applied {} of\n{plan}", receipt.applied)
        })?;
        let (again, after) = self.provider.plan_to(desired, &Scope::WholeZone).await?;
        ensure(again.is_empty(), || {
            format!("after it was applied, planning again gives\n{again}")
        })?;
        for set in desired.iter() {
            let held = after.zone.get(set.name(), set.record_type());
            let same = held.is_some_and(|held| {
                held.data() == set.data() && (held.ttl() == set.ttl() || set.ttl() == Ttl::Auto)
            });
            ensure(same, || {
                format!("wanted `{set}`, the provider holds {}", shown(held))
            })?;
        }
        let (held, wanted) = (after.zone.len(), desired.len());
        ensure(held == wanted, || {
            format!("the provider holds {held} sets instead of {wanted}")
        })
    }

    /// Holds that the audit blocks it and that apply refuses it before anything is sent.
    async fn is_refused(&self, desired: &Zone) -> Result<(), Stop> {
        let blocking = self
            .provider
            .audit(desired)
            .into_iter()
            .any(|finding| finding.is_blocking());
        ensure(blocking, || {
            "the audit finds nothing that is blocking".into()
        })?;
        let (plan, before) = self.provider.plan_to(desired, &Scope::WholeZone).await?;
        let Err(refusal) = self.provider.apply(&self.zone, &plan, &before).await else {
            return Err(Stop::Failed(
                "it was applied although it is not declared".into(),
            ));
        };
        is_kind(
            &refusal.error,
            ErrorKind::Unsupported,
            Some(Outcome::NotSent),
        )?;
        ensure(refusal.zone_unchanged(), || {
            "the refusal does not say that the zone is unchanged".into()
        })?;
        self.is_unchanged_since(&before).await
    }

    async fn is_unchanged_since(&self, before: &ZoneSnapshot) -> Result<(), Stop> {
        let now = self.snapshot().await?;
        ensure(now.zone == before.zone, || {
            let changes = Plan::between(&before.zone, &now.zone, &Scope::WholeZone);
            format!("the zone was changed nevertheless\n{changes}")
        })
    }
}

async fn nothing_of_its_own(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    let snapshot = bench.snapshot().await?;
    ensure(*snapshot.zone.name() == bench.zone, || {
        format!("the snapshot is of {}", snapshot.zone.name())
    })?;
    ensure(
        snapshot
            .left_alone
            .iter()
            .all(|record| !record.reason.is_empty()),
        || "a record is left alone without a reason".into(),
    )
}

async fn empty_plan(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let desired = bench.zone_of(lines)?;
    bench.reach(&desired).await?;
    let (plan, before) = bench.provider.plan_to(&desired, &Scope::WholeZone).await?;
    ensure(plan.is_empty(), || format!("planning again gives\n{plan}"))?;
    let receipt = bench.provider.apply(&bench.zone, &plan, &before).await?;
    ensure(receipt.applied == 0, || {
        format!("{} changes applied of an empty plan", receipt.applied)
    })?;
    let after = bench.snapshot().await?;
    ensure(after == before, || {
        "an empty plan changed the zone or its version".into()
    })
}

async fn keeps_its_own(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let before = bench.snapshot().await?;
    bench.reach(&bench.zone_of(lines)?).await?;
    bench.reach(&bench.base).await?;
    let after = bench.snapshot().await?;
    let kept = |snapshot: &ZoneSnapshot| {
        let mut kept: Vec<_> = snapshot
            .left_alone
            .iter()
            .map(|r| (r.name.clone(), r.record_type.clone()))
            .collect();
        kept.sort();
        kept
    };
    let (before, after) = (kept(&before), kept(&after));
    ensure(before == after, || {
        format!("the provider's own records were {before:?} and are {after:?}")
    })
}

async fn conflict(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let first = bench.snapshot().await?;
    let other = bench.zone_of("other long A 192.0.2.9")?;
    bench.reach(&bench.zone_of(lines)?).await?;
    let now = bench.snapshot().await?;
    let stale = Plan::between(&first.zone, &other, &Scope::WholeZone);
    let Err(refusal) = bench.provider.apply(&bench.zone, &stale, &first).await else {
        return Err(Stop::Failed(
            "a plan was applied to a zone that had changed since".into(),
        ));
    };
    is_kind(&refusal.error, ErrorKind::Conflict, Some(Outcome::NotSent))?;
    ensure(refusal.zone_unchanged(), || {
        "the refusal does not say that the zone is unchanged".into()
    })?;
    bench.is_unchanged_since(&now).await
}

async fn delete_absent(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let there = bench.zone_of(lines)?;
    let plan = Plan::between(&there, &bench.base, &Scope::WholeZone);
    let expected = bench.snapshot().await?;
    bench.provider.apply(&bench.zone, &plan, &expected).await?;
    bench.is_unchanged_since(&expected).await
}

async fn out_of_scope(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let full = bench.zone_of(lines)?;
    bench.reach(&full).await?;
    let www = bench.zone.child("www")?;
    for (scope, stays) in [
        (Scope::Types([RecordType::Txt].into()), Some(RecordType::A)),
        (Scope::Names([www.clone()].into()), None),
    ] {
        bench.reach(&full).await?;
        let (plan, before) = bench.provider.plan_to(&bench.base, &scope).await?;
        bench.provider.apply(&bench.zone, &plan, &before).await?;
        let after = bench.snapshot().await?.zone;
        let held: Vec<_> = after
            .at(&www)
            .map(|set| set.record_type().clone())
            .collect();
        ensure(held == Vec::from_iter(stays), || {
            format!("after a plan for {scope:?} there is {held:?} at {www}")
        })?;
    }
    Ok(())
}

async fn foreign_plan(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let plan = Plan::between(&bench.base, &bench.zone_of(lines)?, &Scope::WholeZone);
    let before = bench.snapshot().await?;
    let other = Name::parse("another-zone.example")?;
    let Err(refusal) = bench.provider.apply(&other, &plan, &before).await else {
        return Err(Stop::Failed(
            "the plan of one zone was applied to another".into(),
        ));
    };
    is_kind(&refusal.error, ErrorKind::Invalid, Some(Outcome::NotSent))?;
    bench.is_unchanged_since(&before).await
}

/// Among three creates the middle one puts a CNAME beside an address, which nobody accepts.
async fn truthful_account(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    bench.reach(&bench.zone_of("m long A 192.0.2.1")?).await?;
    let before = bench.snapshot().await?;
    let desired =
        bench.zone_of("a long A 192.0.2.1\nm long CNAME host.example.net.\nz long A 192.0.2.1")?;
    let plan = Plan::between(&bench.base, &desired, &Scope::WholeZone);
    let Err(account) = bench.provider.apply(&bench.zone, &plan, &before).await else {
        return Err(Stop::Failed(
            "a CNAME beside an address was accepted".into(),
        ));
    };
    let told = [
        &account.applied,
        &account.failed,
        &account.unknown,
        &account.not_attempted,
    ];
    let told: usize = told.iter().map(|changes| changes.len()).sum();
    let planned = plan.changes().len();
    ensure(told == planned, || {
        format!("the account is of {told} changes, the plan had {planned}")
    })?;

    let after = bench.snapshot().await?;
    let is_made = |change: &Change| {
        let set = after.zone.get(change.name(), change.record_type());
        change
            .after()
            .is_some_and(|wanted| set.is_some_and(|set| set.same_data(wanted)))
    };
    let undone = account.applied.iter().find(|change| !is_made(change));
    ensure(undone.is_none(), || {
        format!("told as applied, and is not: {}", shown(undone))
    })?;
    let done = account
        .failed
        .iter()
        .chain(&account.not_attempted)
        .find(|change| is_made(change));
    ensure(done.is_none(), || {
        format!("told as not applied, and is: {}", shown(done))
    })?;
    let is_whole = match bench.capabilities().atomicity {
        Atomicity::WholeZone => true,
        Atomicity::Batch { max } => max >= planned,
        Atomicity::None | Atomicity::RecordSet => false,
    };
    if is_whole {
        ensure(account.zone_unchanged(), || {
            "all or nothing is declared, and the account says otherwise".into()
        })?;
    }
    if account.zone_unchanged() {
        bench.is_unchanged_since(&before).await?;
    }
    Ok(())
}

async fn listed(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    let zones = bench.provider.zones().await?;
    let found: Vec<_> = zones
        .iter()
        .filter(|info| info.name == bench.zone)
        .collect();
    ensure(found.len() == 1, || {
        format!("{} is listed {} times", bench.zone, found.len())
    })?;
    ensure(found.iter().all(|info| !info.id.is_empty()), || {
        "its id is empty".into()
    })?;
    let exists = bench.provider.zone_exists(&bench.zone).await?;
    ensure(exists, || {
        format!("{} does not exist although it is listed", bench.zone)
    })
}

async fn created_twice(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let full = bench.zone_of(lines)?;
    bench.reach(&full).await?;
    let first = bench
        .provider
        .zones()
        .await?
        .into_iter()
        .find(|info| info.name == bench.zone);
    let again = bench.provider.create_zone(&bench.zone).await?;
    let same = first
        .as_ref()
        .is_some_and(|first| first.id == again.id && first.name == again.name);
    ensure(same, || format!("{again:?} instead of {first:?}"))?;
    let held = bench.snapshot().await?.zone;
    let lost = Plan::between(&held, &full, &Scope::WholeZone);
    ensure(lost.is_empty(), || {
        format!("creating the zone again lost\n{lost}")
    })
}

async fn unknown_zone(bench: &Bench<'_>, lines: &str) -> Result<(), Stop> {
    let unknown = Name::parse("nobody-has-this-zone.example")?;
    let exists = bench.provider.zone_exists(&unknown).await?;
    ensure(!exists, || format!("{unknown} exists"))?;
    let not_found = |what: &str, error: Option<Error>| match error {
        None => Err(Stop::Failed(format!("{what} succeeds for an unknown zone"))),
        Some(error) => is_kind(&error, ErrorKind::NotFound, None),
    };
    not_found("snapshot", bench.provider.snapshot(&unknown).await.err())?;
    not_found(
        "name_servers",
        bench.provider.name_servers(&unknown).await.err(),
    )?;
    let wanted = Bench {
        provider: bench.provider,
        zone: unknown.clone(),
        base: Zone::new(unknown.clone()),
    }
    .zone_of(lines)?;
    let nothing = ZoneSnapshot::new(Zone::new(unknown.clone()));
    let plan = Plan::between(&nothing.zone, &wanted, &Scope::WholeZone);
    let refusal = bench.provider.apply(&unknown, &plan, &nothing).await.err();
    let unchanged = refusal.as_ref().is_none_or(ApplyError::zone_unchanged);
    not_found("apply", refusal.map(|refusal| refusal.error))?;
    ensure(unchanged, || {
        "the refusal does not say that the zone is unchanged".into()
    })
}

async fn delegated_to(bench: &Bench<'_>, _: &str) -> Result<(), Stop> {
    let servers = bench.provider.name_servers(&bench.zone).await?;
    ensure(
        !servers.is_empty() && servers.iter().all(|server| !server.is_root()),
        || format!("{servers:?}"),
    )
}

async fn no_create(bench: &Bench<'_>) -> Result<(), Stop> {
    match bench
        .provider
        .create_zone(&Name::parse("never-created.example")?)
        .await
    {
        Ok(info) => Err(Stop::Failed(format!("{} was created", info.name))),
        Err(error) => is_kind(&error, ErrorKind::Unsupported, Some(Outcome::NotSent)),
    }
}

async fn on_and_off(signer: &dyn DnssecSigner, zone: &Name) -> Result<(), Stop> {
    let is = |wanted: &'static [SigningStatus]| async move {
        let status = signer.status(zone).await?;
        ensure(wanted.contains(&status), || {
            format!("the status is {status:?} instead of {wanted:?}")
        })
    };
    is(&[SigningStatus::Off]).await?;
    let keys = signer.keys(zone).await?;
    ensure(keys.is_empty(), || {
        format!("an unsigned zone has {} keys", keys.len())
    })?;
    for _ in 0..2 {
        signer.enable(zone).await?;
        is(&[SigningStatus::Enabling, SigningStatus::Active]).await?;
    }
    let keys = signer.keys(zone).await?;
    ensure(!keys.is_empty(), || "a signed zone has no keys".into())?;
    for key in &keys {
        let Some(dnskey) = &key.dnskey else {
            ensure(!key.ds.is_empty(), || {
                "a key is told neither as DNSKEY nor as DS".into()
            })?;
            continue;
        };
        ensure(dnskey.flags & 1 == 1, || {
            format!("a key with flags {} is not for the parent", dnskey.flags)
        })?;
        let stranger = key.ds.iter().find(|ds| ds.key_tag != dnskey.key_tag());
        ensure(stranger.is_none(), || {
            format!(
                "the DS {} is not of the key {}",
                shown(stranger),
                dnskey.key_tag()
            )
        })?;
    }
    for _ in 0..2 {
        signer.disable(zone).await?;
        is(&[SigningStatus::Disabling, SigningStatus::Off]).await?;
    }
    let unknown = Name::parse("nobody-has-this-zone.example")?;
    match signer.status(&unknown).await {
        Ok(status) => Err(Stop::Failed(format!("an unknown zone is {status:?}"))),
        Err(error) => is_kind(&error, ErrorKind::NotFound, None),
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Stop> {
    if holds {
        Ok(())
    } else {
        Err(Stop::Failed(otherwise()))
    }
}

fn is_kind(error: &Error, kind: ErrorKind, outcome: Option<Outcome>) -> Result<(), Stop> {
    let fits = error.kind() == kind && outcome.is_none_or(|outcome| error.outcome() == outcome);
    let wanted = outcome.map_or_else(
        || format!("{kind:?}"),
        |outcome| format!("{kind:?} and {outcome:?}"),
    );
    ensure(fits, || {
        format!(
            "wanted {wanted}, got {:?} and {:?}: {error}",
            error.kind(),
            error.outcome()
        )
    })
}

fn shown<T: std::fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"))
}

/// Two TTLs of the provider's range, different if it has two.
fn short_and_long(capabilities: &DnsCapabilities) -> (u32, u32) {
    let (least, most) = (*capabilities.ttl.start(), *capabilities.ttl.end());
    let short = 600.clamp(least, most);
    let long = 3600.clamp(least, most);
    if short == long && least < most {
        (least, most)
    } else {
        (short, long)
    }
}

fn type_of(line: &str) -> Option<&str> {
    line.split(' ').nth(2)
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

/// What a record type looks like, as everyone writes it and as few do.
struct Sample {
    record_type: &'static str,
    plain: &'static str,
    awkward: &'static str,
}

const fn sample(record_type: &'static str, plain: &'static str, awkward: &'static str) -> Sample {
    Sample {
        record_type,
        plain,
        awkward,
    }
}

const SAMPLES: &[Sample] = &[
    sample(
        "A",
        "host long A 192.0.2.1",
        "host long A 0.0.0.0\nhost long A 255.255.255.255",
    ),
    sample(
        "AAAA",
        "host long AAAA 2001:db8::1",
        "host long AAAA ::ffff:192.0.2.1\nhost long AAAA ::",
    ),
    sample(
        "CAA",
        "@ long CAA 0 issue \"ca.example.net\"",
        "@ long CAA 0 issue \";\"\n@ long CAA 128 issuewild \"ca.example.net; account=1\"\n@ long CAA 0 iodef \"mailto:a@example.net\"",
    ),
    sample(
        "CNAME",
        "www long CNAME host.example.net.",
        "www long CNAME _a--b.1.example.net.",
    ),
    sample("DNAME", "old long DNAME new.example.net.", ""),
    sample(
        "DNSKEY",
        "sub long DNSKEY 257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT0rAK9iUzy1L53eKGQ==",
        "",
    ),
    sample(
        "DS",
        "sub long NS ns.example.net.\nsub long DS 370 13 2 be74359954660069d5c63d200c39f5603827d7dd02b56f120ee9f3a86764247c",
        "sub long NS ns.example.net.\nsub long DS 370 13 2 be74359954660069d5c63d200c39f5603827d7dd02b56f120ee9f3a86764247c\nsub long DS 1 8 2 000000000000000000000000000000000000000000000000000000000000000f",
    ),
    sample(
        "HINFO",
        "host long HINFO \"PC\" \"Linux\"",
        "host long HINFO \"a \\\"PC\\\"\" \"\"",
    ),
    sample(
        "HTTPS",
        "@ long HTTPS 1 . alpn=h2",
        "@ long HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1\n@ long HTTPS 16 svc.example.net. port=8443",
    ),
    sample(
        "LOC",
        "host long LOC 52 22 23.000 N 4 53 32.000 E 2.00m 1.00m 10000.00m 10.00m",
        "host long LOC 52 0 0.001 S 179 59 59.999 W -100.00m 0.00m 0.00m 90000000.00m",
    ),
    sample(
        "MX",
        "@ long MX 10 mx.example.net.",
        "@ long MX 0 a.example.net.\n@ long MX 65535 b.example.net.\n@ long MX 10 a.example.net.",
    ),
    sample(
        "NAPTR",
        "host long NAPTR 100 10 \"s\" \"SIP+D2U\" \"\" _sip._udp.example.net.",
        "host long NAPTR 100 10 \"u\" \"E2U+sip\" \"!^(\\\\+44.*)$!sip:\\\\1@example.net!\" .",
    ),
    sample(
        "NS",
        "sub long NS a.example.net.",
        "sub long NS a.example.net.\nsub long NS ns.sub",
    ),
    sample(
        "PTR",
        "1 long PTR host.example.net.",
        "1 long PTR host.example.net.\n1 long PTR other.example.net.",
    ),
    sample(
        "SRV",
        "_sip._tcp long SRV 10 20 5060 host.example.net.",
        "_sip._tcp long SRV 0 0 5060 host.example.net.\n_sip._tcp long SRV 0 0 5061 host.example.net.\n_sip._tcp long SRV 65535 65535 65535 b.example.net.",
    ),
    sample(
        "SSHFP",
        "host long SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
        "host long SSHFP 1 1 0000000000000000000000000000000000000001\nhost long SSHFP 4 2 123456789abcdef67890123456789abcdef67890123456789abcdef123456789",
    ),
    sample(
        "SVCB",
        "_dns long SVCB 1 svc.example.net. alpn=dot",
        "_dns long SVCB 0 svc.example.net.",
    ),
    sample(
        "TLSA",
        "_25._tcp.mx long TLSA 3 1 1 0c72ac70b745ac19998811b131d662c9ac69dbdbe7cb23e5b514b56664c5d3d6",
        "_25._tcp.mx long TLSA 2 0 1 000000000000000000000000000000000000000000000000000000000000000f\n_25._tcp.mx long TLSA 3 1 1 0c72ac70b745ac19998811b131d662c9ac69dbdbe7cb23e5b514b56664c5d3d6",
    ),
    sample(
        "TXT",
        "@ long TXT \"v=spf1 -all\"",
        "@ long TXT \"one; two\" \"three\"\n@ long TXT \"a \\\"b\\\"\"",
    ),
    sample(
        "URI",
        "_ftp._tcp long URI 10 1 \"ftp://ftp.example.net/public\"",
        "_ftp._tcp long URI 10 1 \"https://example.net/a?b=c;d#e\"",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::testing::MemoryDns;

    #[test]
    fn names_of_cases_and_of_their_zones_are_unique() {
        for capabilities in [
            MemoryDns::full_capabilities(),
            DnsCapabilities::new([RecordType::A]),
        ] {
            let cases = cases(&capabilities);
            let zones: BTreeSet<_> = cases.iter().map(|case| slug(case.name())).collect();
            let mut names: Vec<_> = cases.iter().map(Case::name).collect();
            assert_eq!(zones.len(), cases.len(), "{names:#?}");
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), cases.len());
            assert!(
                zones
                    .iter()
                    .all(|zone| zone.len() <= 63 && !zone.ends_with('-'))
            );
        }
    }

    #[test]
    fn ttls_are_of_the_providers_range() {
        let mut capabilities = DnsCapabilities::new([RecordType::A]);
        for (range, expected) in [
            (0..=u32::MAX, (600, 3600)),
            (3600..=86400, (3600, 86400)),
            (60..=60, (60, 60)),
            (1000..=2000, (1000, 2000)),
        ] {
            capabilities.ttl = range;
            assert_eq!(short_and_long(&capabilities), expected);
        }
    }
}
