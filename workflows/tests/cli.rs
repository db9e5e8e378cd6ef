//! The examples as an operator runs them, in process.

// Each example brings what they share along.
#![allow(clippy::duplicate_mod, clippy::unwrap_used)]

#[path = "../examples/capacity.rs"]
#[allow(dead_code)]
mod capacity;
#[path = "../examples/disable_dnssec.rs"]
#[allow(dead_code)]
mod disable_dnssec;
#[path = "../examples/enable_dnssec.rs"]
#[allow(dead_code)]
mod enable_dnssec;
#[path = "../examples/fakes.rs"]
#[allow(dead_code)]
mod fakes;
#[path = "../examples/front_ends.rs"]
#[allow(dead_code)]
mod front_ends;
#[path = "../examples/install_certificate.rs"]
#[allow(dead_code)]
mod install_certificate;
#[path = "../examples/move_dns.rs"]
#[allow(dead_code)]
mod move_dns;
#[path = "../examples/offsite_copy.rs"]
#[allow(dead_code)]
mod offsite_copy;
#[path = "../examples/round_up.rs"]
#[allow(dead_code)]
mod round_up;
#[path = "../examples/transfer_domain.rs"]
#[allow(dead_code)]
mod transfer_domain;

use std::{
    ffi::OsString,
    fs,
    io::{self, Write},
    sync::{Arc, Mutex},
};

use howdah_backblaze::Backblaze;
use howdah_core::{
    Clock,
    http::{Body, Transport},
    testing::TestAuthority,
};
use howdah_digitalocean::{DigitalOcean, snapshots::SnapshotFilter, testing::spaces::FakeSpaces};
use howdah_dnsimple::DnSimple;
use howdah_netlify::{
    sites::{SiteOptions, SiteSettings},
    testing::FakeNetlify,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tempfile::TempDir;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/tests/data/sample.zone");
const VMST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vmst.io/vmst.io.zone");
const INSTANCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/vmst.io/instance.toml");

/// What the command printed, or why it failed.
async fn run(line: &[&str], env: &[(&str, &str)]) -> (String, Result<(), String>) {
    command("move_dns", line, env).await
}

async fn command(name: &str, line: &[&str], env: &[(&str, &str)]) -> (String, Result<(), String>) {
    let args = [name].into_iter().chain(line.iter().copied()).map(OsString::from);
    let env: Vec<(String, String)> = env.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let look = move |name: &str| env.iter().find(|(one, _)| one == name).map(|(_, value)| value.clone());
    let mut out = Vec::new();
    let failure = match name {
        "move_dns" => move_dns::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        "transfer_domain" => transfer_domain::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        "enable_dnssec" => enable_dnssec::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        "capacity" => capacity::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        "front_ends" => front_ends::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        "install_certificate" => {
            install_certificate::run(args, &look, &mut out).await.err().map(|failure| failure.to_string())
        }
        "disable_dnssec" => disable_dnssec::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        "offsite_copy" => offsite_copy::run(args, &look, &mut out).await.err().map(|failure| failure.to_string()),
        other => panic!("there is no command {other}"),
    };
    (String::from_utf8(out).unwrap(), failure.map_or(Ok(()), Err))
}

fn file(directory: &TempDir, name: &str, text: &str) -> String {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[tokio::test]
async fn each_mistake_has_one_clear_line() {
    let directory = TempDir::new().unwrap();
    let good = file(&directory, "good.zone", "www 300 IN A 192.0.2.1\n");
    let bad = file(&directory, "bad.zone", "www 300 IN A 192.0.2.1\nmail 300 IN MX ten\nx 300 IN A y\n");
    let instance = file(&directory, "instance.toml", "[instance]\ndomain = 'example.org'\ncolour = 'blue'\n");
    let to = |file: &'static str| ["--zone-file", file, "--zone", "example.org", "--to", "dnsimple"].map(str::to_owned);
    let with = |file: &str, more: &[&str]| {
        let mut line: Vec<String> = to("").to_vec();
        line[1] = file.to_owned();
        line.extend(more.iter().map(|word| (*word).to_owned()));
        line
    };
    for (line, expected) in [
        (with(&good, &[]), "DNSIMPLE_TOKEN is not set"),
        (with(&bad, &["--demo"]), "bad.zone, line 2, column 16:"),
        (with(&bad, &["--demo"]), "(and 1 more)"),
        (with("/nowhere/x.zone", &["--demo"]), "cannot read /nowhere/x.zone:"),
        (with(&good, &["--demo", "--instance", &instance]), "instance.toml, line 3, column 1: unknown field `colour`"),
        (with(&good, &["--demo", "--to", "dnsimple"]), "cannot be used multiple times"),
        (with(&good, &["--state", "x"]), "--demo"),
        (with(&good, &["--demo", "--sandbox"]), "cannot be used with"),
        (vec!["--zone", "example.org", "--to", "dnsimple"].into_iter().map(str::to_owned).collect(), "--zone-file"),
        (["--zone", "a..b", "--from", "dnsimple", "--to", "dnsimple"].map(str::to_owned).to_vec(), "a..b"),
        (
            ["--zone", "example.org", "--from", "dnsimple", "--to", "dnsimple", "--demo"].map(str::to_owned).to_vec(),
            "there is no zone example.org. at dnsimple",
        ),
        (
            ["--zone", "example.org", "--from", "bind", "--to", "dnsimple", "--demo"].map(str::to_owned).to_vec(),
            "there is no provider `bind` here: choose one of cloudflare, digitalocean, dnsimple, gandi",
        ),
    ] {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let (out, result) = run(&line, &[]).await;
        let failure = result.expect_err("this is a mistake");
        assert!(failure.contains(expected), "{line:?}: {failure}");
        assert_eq!((failure.lines().count(), out.as_str()), (1, ""), "{line:?}: {failure}");
    }
}

#[tokio::test]
async fn an_account_that_is_no_number_is_told_without_the_token() {
    let directory = TempDir::new().unwrap();
    let zone = file(&directory, "good.zone", "www 300 IN A 192.0.2.1\n");
    let line = ["--zone-file", &zone, "--zone", "example.org", "--to", "dnsimple"];
    let secret = "a-canary-in-the-mine";
    let (out, result) = run(&line, &[("DNSIMPLE_TOKEN", secret), ("DNSIMPLE_ACCOUNT", "mine")]).await;
    let failure = result.unwrap_err();
    assert!(failure.contains("DNSIMPLE_ACCOUNT is no account number: `mine`"), "{failure}");
    assert!(!failure.contains(secret) && !out.contains(secret));
}

#[tokio::test]
async fn help_is_no_failure() {
    let (out, result) = run(&["--help"], &[]).await;
    assert!(result.is_ok() && out.contains("--leave-out") && out.contains("DNSIMPLE_TOKEN"), "{out}");
}

#[tokio::test]
async fn every_set_is_accounted_for_and_a_second_run_finds_nothing_to_do() {
    let world = TempDir::new().unwrap();
    let state = world.path().display().to_string();
    let line =
        ["--zone-file", SAMPLE, "--zone", "sample.example", "--to", "dnsimple", "--demo", "--state", &state, "--json"];
    let with = |more: &[&'static str]| line.iter().copied().chain(more.iter().copied()).collect::<Vec<_>>();
    let json = |out: &str| serde_json::from_str::<Value>(out).unwrap();

    let (out, result) = run(&with(&[]), &[]).await;
    assert!(result.is_ok());
    let look = json(&out);
    let number = |name: &str| usize::try_from(look[name].as_u64().unwrap()).unwrap();
    let sets = look["record_sets"].as_array().unwrap();
    assert!(sets.len() > 40);
    assert_eq!(number("carried") + number("translated") + number("left_out"), sets.len());
    assert_eq!(look["changes"].as_array().unwrap().len(), number("carried") + number("translated"));
    assert_eq!(look["steps"][1]["state"], "blocked", "LOC, URI and others need a decision");
    let held = fs::read_to_string(world.path().join("dnsimple.json")).unwrap();
    assert!(!held.contains("sample.example"), "a look changes nothing");

    let (out, result) = run(&with(&["--apply"]), &[]).await;
    let failure = result.unwrap_err();
    assert!(failure.contains("cannot be held by dnsimple"), "{failure}");
    assert_eq!(json(&out)["acted"], serde_json::json!([]));

    let (out, result) = run(&with(&["--apply", "--leave-out"]), &[]).await;
    assert!(result.is_ok(), "{result:?}");
    let done = json(&out);
    assert_eq!(done["acted"], serde_json::json!(["create", "load"]));
    let checks = done["checks"].as_array().unwrap();
    assert!(checks.len() == 4 && checks.iter().all(|check| check["verdict"] == "passed"), "{checks:?}");

    let (out, result) = run(&with(&["--apply", "--leave-out"]), &[]).await;
    assert!(result.is_ok());
    let again = json(&out);
    assert_eq!((&again["acted"], &again["changes"]), (&serde_json::json!([]), &serde_json::json!([])));
}

#[tokio::test]
async fn people_are_told_in_a_hundred_plain_columns() {
    let line = ["--zone-file", VMST, "--zone", "vmst.io", "--to", "dnsimple", "--demo", "--instance", INSTANCE];
    let (look, result) = run(&line, &[]).await;
    assert!(result.is_ok());
    assert!(look.contains("Nothing was changed. Run it again with --apply"), "{look}");
    let (done, result) = run(&[&line[..], &["--apply"]].concat(), &[]).await;
    assert!(result.is_ok());
    assert!(done.contains("Next, let the registrar delegate vmst.io. to:\n  ns1."), "{done}");
    for text in [look, done] {
        plain(&text);
    }
}

/// What two hold: one writes, the other reads.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn fakes_are_served_as_the_line_of_json_says() {
    let page = Page::default();
    let told = page.clone();
    let visit = async move {
        let line: Value = serde_json::from_str(told.text().lines().next().unwrap()).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        assert_eq!((text("provider").as_str(), text("base_url")), ("dnsimple", text("origin") + "/v2"));
        let api = DnSimple::builder(text("token")).base_url(text("base_url")).build().unwrap();
        let account = DnSimple::from(api).resolve_account().await.unwrap();
        assert_eq!(Some(*account.id().get()), line["account"].as_u64());
        let lines: Vec<Value> = told.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let providers: Vec<_> = lines.iter().filter_map(|line| line["provider"].as_str()).collect();
        assert_eq!(
            providers,
            ["dnsimple", "cloudflare", "gandi", "backblaze", "digitalocean", "spaces", "netlify", "uptimerobot"]
        );
        let text = |name: &str| lines[3][name].as_str().unwrap().to_owned();
        assert_eq!(text("base_url"), text("origin"));
        let backblaze = Backblaze::builder(text("account"), text("token")).base_url(text("base_url")).build().unwrap();
        assert_eq!(backblaze.buckets().find("vmst-media").await.unwrap(), None);
        let text = |name: &str| lines[4][name].as_str().unwrap().to_owned();
        let ocean = DigitalOcean::builder(text("token")).base_url(text("base_url")).build().unwrap();
        let snapshots = DigitalOcean::from(ocean).snapshots().list(SnapshotFilter::new()).all().await.unwrap();
        assert_eq!(snapshots[0].name, "mastodon-web");
        assert!(text("edge").starts_with("127.0.0.1:"));
        told.0.lock().unwrap().clear();
        told.clone().write_all(b"visited").unwrap();
    };
    let args = ["fakes", "--json"].map(OsString::from);
    fakes::serve(args, &mut page.clone(), visit).await.unwrap();
    assert_eq!(page.text(), "visited");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let args = ["fakes", "--port", &port].map(OsString::from);
    let failure = fakes::serve(args, &mut Vec::new(), async {}).await.unwrap_err().to_string();
    assert!(failure.starts_with(&format!("cannot listen on port {port}: ")), "{failure}");
}

#[tokio::test]
async fn caa_records_block_when_that_is_asked_for() {
    let directory = TempDir::new().unwrap();
    let zone = file(&directory, "x.zone", "@ 300 IN CAA 0 issue \"letsencrypt.org\"\n@ 300 IN A 192.0.2.1\n");
    let line =
        ["--zone-file", &zone, "--zone", "vmst.io", "--to", "dnsimple", "--demo", "--apply", "--instance", INSTANCE];
    let (out, result) = run(&line, &[]).await;
    assert!(result.is_ok() && out.contains("sectigo.com may not issue for www.vmst.io."), "{out}");
    let (_, result) = run(&[&line[..], &["--require-caa"]].concat(), &[]).await;
    assert!(result.unwrap_err().starts_with("not done: sectigo.com may not issue for vmst.io.:"));
}

#[tokio::test]
async fn the_round_up_is_told_to_its_end() {
    let page = Page::default();
    round_up::run(["round_up"].map(OsString::from), page.clone(), async {}).await.unwrap();
    let text = page.text();
    plain(&text);
    assert_eq!(text.matches("A further run finds nothing to do.").count(), 6);
    assert!(!text.contains(" NO ") && !text.contains("not observed"), "{text}");
    for part in [
        "✗ could not load the record sets",
        "✓ delete the zone at cloudflare",
        "Paid for at the registry: 1 time.",
        "the certificate is not for media.vmst.io",
        "Front ends cost 54.00 dollars a month, and 48.00 then.",
        "203.0.113.98 chose h2",
        "the first picture is answered with 200 OK",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    // The second run began with what the first had not done.
    let loads: Vec<&str> = text.lines().filter(|line| line.contains("… load the record sets")).collect();
    assert!(loads.len() == 2 && loads[0] != loads[1], "{loads:?}");
}

#[tokio::test]
async fn the_month_can_be_done_by_hand_one_command_after_the_other() {
    let world = TempDir::new().unwrap();
    let state = world.path().display().to_string();
    let demo = ["--demo", "--state", &state, "--apply"];
    let with = |line: &[&'static str]| -> Vec<String> { line.iter().copied().chain(demo).map(str::to_owned).collect() };
    let done = async |name: &str, line: &[String], env: &[(&str, &str)]| {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let (out, result) = command(name, &line, env).await;
        assert!(result.is_ok(), "{name}: {result:?}\n{out}");
        plain(&out);
        out
    };

    let signing = with(&["--zone", "vmst.io", "--signer", "dnsimple", "--registrar", "gandi"]);
    let early: Vec<&str> = signing.iter().map(String::as_str).collect();
    let (_, result) = command("enable_dnssec", &early, &[]).await;
    assert!(result.unwrap_err().contains("gandi"), "the domain is not there yet");

    let moving = ["--zone", "vmst.io", "--from", "cloudflare", "--to", "dnsimple", "--registrar", "dnsimple"];
    // One run that waits for the parent, and one that stays.
    let first = done("move_dns", &with(&moving), &[]).await;
    assert!(
        first.contains("It waits for the parent to delegate as the registrar says.\nRun it again after 20"),
        "{first}"
    );
    let staying = with(&[&moving[..], &["--wait", "--delete-source"]].concat());
    assert!(done("move_dns", &staying, &[]).await.contains("Done. The world asks:\n  ns1.dnsimple-edge.com"));

    let transfer = ["--domain", "vmst.io", "--from", "dnsimple", "--to", "gandi"];
    let dear: Vec<String> = with(&[&transfer[..], &["--max-price", "1.00 EUR"]].concat());
    let dear: Vec<&str> = dear.iter().map(String::as_str).collect();
    let (_, result) = command("transfer_domain", &dear, &[]).await;
    assert!(result.unwrap_err().contains("mailed the code"), "the first step comes first");
    let code = mailed_code(&world);
    let (_, result) = command("transfer_domain", &dear, &[("TRANSFER_AUTH_CODE", &code)]).await;
    assert!(result.unwrap_err().contains("which is more than the confirmed 1.00 EUR"));
    let line = with(&[&transfer[..], &["--max-price", "20.00 EUR", "--wait"]].concat());
    let out = done("transfer_domain", &line, &[("TRANSFER_AUTH_CODE", &code)]).await;
    assert!(out.ends_with("Done.\n") && !out.contains(&code), "{out}");
    assert!(done("transfer_domain", &line, &[]).await.ends_with("There was nothing to do.\n"));

    let staying: Vec<String> = signing.iter().cloned().chain(["--wait".to_owned()]).collect();
    assert!(done("enable_dnssec", &staying, &[]).await.ends_with("Done.\n"));
    assert!(done("enable_dnssec", &staying, &[]).await.ends_with("There was nothing to do.\n"));
    assert!(done("disable_dnssec", &staying, &[]).await.ends_with("Done.\n"));
    assert!(done("disable_dnssec", &staying, &[]).await.ends_with("There was nothing to do.\n"));
}

/// The registrant's mail, which only the fake's file has.
fn mailed_code(world: &TempDir) -> String {
    let held: Value = serde_json::from_str(&fs::read_to_string(world.path().join("dnsimple.json")).unwrap()).unwrap();
    let mut found = Vec::new();
    collect("mailed", &held, &mut found);
    found.pop().unwrap()
}

fn collect(key: &str, value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == key {
                    let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                    found.extend(texts.map(str::to_owned));
                }
                collect(key, value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(key, item, found)),
        _ => {}
    }
}

fn plain(text: &str) {
    assert!(!text.contains('\u{1b}'), "no colours where nobody watches");
    for line in text.lines() {
        assert!(line.chars().count() <= 100 && line == line.trim_end(), "{line:?}");
    }
}

#[tokio::test]
async fn offsite_copy_says_what_is_wrong_with_its_places() {
    let (source, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (source, other) = (format!("file://{}", source.path().display()), format!("file://{}", other.path().display()));
    let below = format!("{source}/copy");
    let key = [("AWS_ACCESS_KEY_ID", "id"), ("AWS_SECRET_ACCESS_KEY", "secret"), ("B2_APPLICATION_KEY_ID", "id")];
    for (line, expected) in [
        (
            vec!["media", &other],
            "`media` is no place of objects: relative URL without a base; s3://, spaces://, b2:// or file://",
        ),
        (vec!["ftp://media", &other], "`ftp` is not s3, spaces, b2 or file"),
        (vec!["file:///no/such", &other], "there is no directory /no/such"),
        (vec!["s3://media?acl=private&colour=red", &other], "`colour` is not known there"),
        (vec!["s3://media?virtual-hosted=yes", &other], "virtual-hosted is true or false, and not `yes`"),
        (vec!["b2://media", &other], "B2_APPLICATION_KEY is not set"),
        (vec!["s3://media?credentials=SPACES", &other], "SPACES_ACCESS_KEY_ID is not set: it is needed for s3://media"),
        (vec!["spaces://media", &other], "`spaces://media` names no region: say ?region=NAME"),
        (vec![&source, &source], "overlap: a copy is to be apart from its source and from other copies"),
        (vec![&source, &other, &below], "overlap"),
        (vec![&source, "s3://b/media", "s3://b"], "`s3://b/media` and `s3://b` overlap"),
        (vec![&source, &other, "--force"], "--delete"),
        (vec![&source, &other, "--shard", "3/3"], "shards are counted from 0"),
        (vec![&source, &other, "--verify", "some"], "none, listing, sampled:N or full is meant (--help explains)"),
    ] {
        let (said, failure) = command("offsite_copy", &line, &key).await;
        let failure = failure.expect_err(&format!("{line:?}"));
        assert!(said.is_empty() && failure.contains(expected), "{line:?}: {said} {failure}");
    }
    // Buckets of one name are not one place where they are at different services, and their names may begin alike.
    let apart =
        [&source, "s3://b?endpoint=http://127.0.0.1:1", "s3://b?endpoint=http://127.0.0.1:2", "b2://b", "b2://bb"];
    let (_, failure) = command("offsite_copy", &apart, &key).await;
    assert!(failure.unwrap_err().contains("B2_APPLICATION_KEY is not set"));
}

#[tokio::test]
async fn the_demo_refuses_what_cannot_be_the_name_of_a_bucket() {
    let (_, failure) = command("offsite_copy", &["spaces://vmst-media", "b2://copy", "--demo"], &[]).await;
    let failure = failure.unwrap_err();
    let expected = "`bucketName` cannot be `copy`: 6 to 63 letters";
    assert!(failure.contains(expected) && failure.lines().count() == 1, "{failure}");
}

#[tokio::test]
async fn offsite_copy_copies_to_the_demo_and_back() {
    let (source, back, state) = (TempDir::new().unwrap(), TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(source.path().join("a 1%.txt"), "one").unwrap();
    fs::write(source.path().join("b"), "two").unwrap();
    let place = |directory: &TempDir| format!("file://{}", directory.path().display());
    let run = async |line: &[&str]| {
        let state = state.path().to_str().unwrap();
        let (said, done) = command("offsite_copy", &[line, &["--demo", "--state", state]].concat(), &[]).await;
        done.unwrap_or_else(|failure| panic!("{line:?}: {failure}"));
        said
    };
    let (from, to) = (place(&source), place(&back));
    let said = run(&[&from, "b2://vmst-media/copy"]).await;
    assert!(said.contains("+ b2://vmst-media/copy/a 1%.txt") && said.contains("Run it again with --apply"), "{said}");
    let said = run(&[&from, "b2://vmst-media/copy", "--apply", "--verify", "full"]).await;
    assert!(said.contains("2 listed, 2 read"), "{said}");
    assert!(run(&[&from, "b2://vmst-media/copy"]).await.contains("There is nothing to do."));
    let said = run(&["b2://vmst-media/copy", &to, "--apply", "--json"]).await;
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&document["copied"][0]["copied"]["objects"], &document["vanished"]), (&2.into(), &0.into()), "{said}");
    assert_eq!(fs::read(back.path().join("a 1%.txt")).unwrap(), b"one");
}

#[tokio::test]
async fn offsite_copy_restores_media_to_a_space_for_browsers() {
    let (source, state) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    fs::write(source.path().join("avatar.png"), "pixels").unwrap();
    let from = format!("file://{}", source.path().display());
    for (space, status) in [("spaces://public?acl=public-read", 200), ("spaces://closed", 403)] {
        let line = [&from, space, "--apply", "--demo", "--state", state.path().to_str().unwrap()];
        let (_, done) = command("offsite_copy", &line, &[]).await;
        done.unwrap();
        let directory = state.path().join("spaces");
        let fake = FakeSpaces::kept_in(&directory, "nyc3", Clock::system(), |_| None).unwrap();
        let bucket = space.trim_start_matches("spaces://").split('?').next().unwrap();
        let url = format!("https://{bucket}.nyc3.digitaloceanspaces.com/avatar.png");
        let anybody = http::Request::get(url).body(Body::Empty).unwrap();
        assert_eq!(fake.send(anybody).await.unwrap().status().as_u16(), status);
    }
    let (_, failure) = command("offsite_copy", &[&from, "spaces://media"], &[]).await;
    assert!(failure.unwrap_err().contains("names no region: say ?region=NAME"));
    let key = [("SPACES_ACCESS_KEY_ID", "DO00EXAMPLE"), ("SPACES_REGION", "ams3")];
    let (_, failure) = command("offsite_copy", &[&from, "spaces://media"], &key).await;
    assert!(failure.unwrap_err().contains("SPACES_SECRET_ACCESS_KEY is not set"));
}

#[tokio::test]
async fn front_ends_are_scaled_on_the_demo() {
    let state = TempDir::new().unwrap();
    let two = ["--pool", "web", "--count", "2", "--size", "s-2vcpu-4gb", "--image", "mastodon-web", "--region", "nyc3"];
    let behind = ["--load-balancer", "web", "--http2", "--host", "vmst.io"];
    let run = async |more: &[&str]| {
        let kept = ["--demo", "--state", state.path().to_str().unwrap()];
        let (said, done) = command("front_ends", &[&two[..], &behind, &kept, more].concat(), &[]).await;
        done.unwrap_or_else(|failure| panic!("{more:?}: {failure}\n{said}"));
        said
    };
    let said = run(&[]).await;
    let cost = "Front ends web: 2 of s-2vcpu-4gb behind web; 54.00 USD a month now, 48.00 then\n";
    assert!(said.starts_with(cost) && said.contains("Nothing was changed."), "{said}");
    plain(&said);
    let said = run(&["--apply", "--wait"]).await;
    assert!(said.contains("chose h2") && said.ends_with("Done.\n"), "{said}");
    assert!(run(&["--apply", "--wait"]).await.ends_with("There was nothing to do.\n"));
    let said = run(&["--apply", "--wait", "--spare"]).await;
    assert_eq!(said.matches("behind the load balancer").count(), 3, "{said}");

    let none = [&two[..2], &["--count", "0"], &two[4..], &behind, &["--demo"]].concat();
    let (_, failure) = command("front_ends", &none, &[]).await;
    assert!(failure.unwrap_err().contains("`count` is 0: at least one front end is needed"));
    let (_, failure) = command("front_ends", &[&two[..], &behind].concat(), &[]).await;
    assert!(failure.unwrap_err().contains("DIGITALOCEAN_TOKEN"));
}

#[tokio::test]
async fn a_certificate_is_installed_on_the_demo() {
    let state = TempDir::new().unwrap();
    let targets = ["--load-balancer", "web:vmst.io,www.vmst.io", "--cdn", "media.vmst.io"];
    let run = async |more: &[&str]| {
        let kept = ["--demo", "--state", state.path().to_str().unwrap()];
        let (said, done) = command("install_certificate", &[&targets[..], &kept, more].concat(), &[]).await;
        done.unwrap_or_else(|failure| panic!("{more:?}: {failure}\n{said}"));
        said
    };
    let said = run(&[]).await;
    assert!(said.contains("install it on the load balancer web") && said.contains("Nothing was changed."), "{said}");
    let said = run(&["--apply", "--wait"]).await;
    assert!(said.contains("vmst.io:443 at 203.0.113.") && said.ends_with("Done.\n"), "{said}");
    let said = run(&["--apply", "--json"]).await;
    let document: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(document["acted"], Value::Array(Vec::new()), "{said}");
    assert!(!said.contains("PRIVATE KEY"));
}

#[tokio::test]
async fn a_certificate_is_installed_on_a_site_of_the_demo() {
    let state = TempDir::new().unwrap();
    let netlify = FakeNetlify::kept_in(&state.path().join("netlify.json"), Clock::system()).unwrap().client();
    let settings = SiteSettings::new().with_name("vmst-docs").with_custom_domain("docs.vmst.io");
    netlify.sites().create(SiteOptions::new(), settings).await.unwrap();
    let on_site =
        ["--site", "vmst-docs:docs.vmst.io", "--demo", "--state", state.path().to_str().unwrap(), "--apply", "--wait"];
    let (said, done) = command("install_certificate", &on_site, &[]).await;
    assert_eq!(done, Ok(()), "{said}");
    assert!(said.contains("docs.vmst.io:443 at vmst-docs.netlify.app") && said.ends_with("Done.\n"), "{said}");
    let (said, _) = command("install_certificate", &on_site, &[]).await;
    assert!(said.ends_with("There was nothing to do.\n"), "{said}");
    let (_, failure) = command("install_certificate", &["--site", "wiki:wiki.vmst.io", "--demo"], &[]).await;
    assert!(failure.unwrap_err().contains("there is no site wiki"));
}

#[tokio::test]
async fn a_zone_is_moved_to_netlify_on_the_demo() {
    let line = ["--zone-file", VMST, "--zone", "vmst.io", "--to", "netlify", "--demo", "--apply"];
    let (_, refused) = command("move_dns", &line, &[]).await;
    assert!(refused.unwrap_err().contains("_25._tcp.mail.vmst.io. TLSA"));
    let line = [&line[..], &["--leave-out"]].concat();
    let (said, done) = command("move_dns", &line, &[]).await;
    assert_eq!(done, Ok(()), "{said}");
    let (_, failure) = command("move_dns", &["--zone-file", VMST, "--zone", "vmst.io", "--to", "netlify"], &[]).await;
    assert!(failure.unwrap_err().contains("NETLIFY_ACCOUNT is not set"));
}

#[tokio::test]
async fn a_certificate_that_cannot_be_is_refused_by_name() {
    let directory = TempDir::new().unwrap();
    let issued =
        |names: &[&str]| TestAuthority::new(Timestamp::now()).issue(names, SignedDuration::from_hours(24 * 365));
    let (one, other) = (issued(&["vmst.io"]), issued(&["vmst.io"]));
    let crt = file(&directory, "vmst_io.crt", &one.leaf);
    let chain = file(&directory, "vmst_io.ca-bundle", &one.chain);
    let key = file(&directory, "vmst_io.key", one.key.expose());
    let wrong_key = file(&directory, "other.key", other.key.expose());
    let wrong_chain = file(&directory, "other.ca-bundle", &other.chain);
    let expiring = TestAuthority::new(Timestamp::now()).issue(&["vmst.io"], SignedDuration::from_hours(48));
    let expiring = file(&directory, "expiring.pem", &(expiring.full_chain() + expiring.key.expose()));
    let (web, www) = (&["--load-balancer", "web:vmst.io"][..], &["--load-balancer", "web:vmst.io,www.vmst.io"][..]);
    for (pem, targets, expected) in [
        (vec![&crt, &chain, &wrong_key], web, "the private key fits none of the certificates"),
        (vec![&crt, &wrong_chain, &key], web, "the chain is broken"),
        (vec![&crt, &key], web, "the chain is broken: the certificate of `Test Intermediate`"),
        (vec![&crt, &chain, &key], web, "no browser would take the certificate for vmst.io"),
        (vec![&crt, &chain], web, "there is no private key"),
        (vec![&crt, &chain, &key], www, "the load balancer web: the certificate is not for www.vmst.io"),
        (vec![&expiring], web, "in less than 14 days"),
        (vec![&crt, &chain, &key], &["--load-balancer", "api:vmst.io"], "there is no load balancer api; there is web"),
        (
            vec![&crt, &chain, &key],
            &["--cdn", "x.vmst.io"],
            "there is no CDN endpoint x.vmst.io; there is media.vmst.io",
        ),
        (vec![&crt, &chain, &key], &["--load-balancer", "web"], "NAME:HOST is meant"),
    ] {
        let mut line: Vec<&str> = pem.iter().flat_map(|file| ["--pem", file.as_str()]).collect();
        line.extend(targets);
        line.extend(["--demo", "--apply"]);
        let (_, failure) = command("install_certificate", &line, &[]).await;
        let failure = failure.expect_err("this is a mistake");
        assert!(failure.contains(expected) && failure.lines().count() == 1, "{line:?}: {failure}");
        assert!(!failure.contains("PRIVATE KEY"));
    }
    let whole = file(&directory, "whole.pem", &(one.full_chain() + one.key.expose()));
    let (_, failure) = command("install_certificate", &["--pem", &whole, web[0], web[1]], &[]).await;
    assert!(failure.unwrap_err().contains("DIGITALOCEAN_TOKEN"));
}

#[tokio::test]
async fn capacity_tells_its_sums() {
    let demo = ["--instance", INSTANCE, "--database", "mastodon", "--demo"];
    let (told, ended) = command("capacity", &demo, &[]).await;
    assert_eq!(ended, Ok(()), "{told}");
    assert!(told.contains("in all: 50 direct + 20 pooled = 70, at the peak of a change 95, of 97\n"), "{told}");
    assert!(told.ends_with("It fits.\n"), "{told}");

    let narrow = [&demo[..], &["--limit", "60"]].concat();
    let (told, ended) = command("capacity", &narrow, &[]).await;
    assert_eq!(ended, Err("what is asked for does not fit the database".to_owned()));
    assert!(told.contains("70 connections are asked for, and the database has 60: 10 too many"), "{told}");
    let (told, _) = command("capacity", &[&demo[..], &["--json"]].concat(), &[]).await;
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["limit"], 97);
}

#[tokio::test]
async fn capacity_says_what_it_lacks() {
    let directory = TempDir::new().unwrap();
    let empty = file(&directory, "instance.toml", "[instance]\ndomain = 'example.org'\n");
    let line = ["--instance", empty.as_str(), "--database", "mastodon", "--demo"];
    let (_, ended) = command("capacity", &line, &[]).await;
    assert!(ended.unwrap_err().contains("has no [[process]]"));
    let line = ["--instance", INSTANCE, "--database", "mastodon"];
    let (_, ended) = command("capacity", &line, &[]).await;
    assert!(ended.unwrap_err().contains("DIGITALOCEAN_TOKEN"));
}
