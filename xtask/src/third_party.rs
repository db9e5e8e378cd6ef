//! `cargo xtask third-party`: programs that this project did not write, against its fakes and its clients.

mod stores;

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::Value;

use crate::process::{Result, Status, cargo, is_available, output, root, run as run_command};

/// A script of `xtask/third-party`, and the provider whose fake it talks to.
const SCRIPTS: &[(&str, &str)] = &[
    ("dnsimple_client.py", "dnsimple"),
    ("cloudflare_client.py", "cloudflare"),
    ("backblaze_clients.py", "backblaze"),
    ("digitalocean_client.py", "digitalocean"),
    ("spaces_client.py", "spaces"),
];

/// The same in the language of the clients that npm has.
const MODULES: &[(&str, &str)] = &[("netlify_client.mjs", "netlify"), ("uptimerobot_cli.mjs", "uptimerobot")];

/// A tool, and the Debian package that it is in.
const DNS_TOOLS: &[(&str, &str)] =
    &[("dig", "bind9-dnsutils"), ("delv", "bind9-dnsutils"), ("unbound-host", "unbound-host")];

const FAKES_PACKAGE: &str = "howdah-workflows";
const START: Duration = Duration::from_secs(30);

/// The line that the fakes print for each provider.
#[derive(Deserialize)]
struct Served {
    provider: String,
    base_url: String,
    token: String,
    account: Value,
    /// Where its TLS listeners are, if it has any.
    #[serde(default)]
    edge: String,
}

pub(crate) fn run() -> Result<Status> {
    let mut missing = Vec::new();
    for status in [clients()?, modules()?, dns_tools()?, stores::check()?] {
        if let Status::NotChecked(why) = status {
            missing.push(why);
        }
    }
    match missing.join("; ") {
        nothing if nothing.is_empty() => Ok(Status::Passed),
        why if std::env::var_os("CI").is_some_and(|it| it == "true") => Err(format!("third-party: {why}; CI needs it")),
        why => Ok(Status::NotChecked(why)),
    }
}

/// The providers' own clients, against our fakes.
fn clients() -> Result<Status> {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return Ok(Status::NotChecked(why)),
    };
    if !is_there("rclone") {
        return Ok(Status::NotChecked(
            "our fake of Backblaze is judged by rclone, of the package rclone: install it".to_owned(),
        ));
    }
    let offsite_copy = build(FAKES_PACKAGE, "offsite_copy")?;
    let mut fakes = Fakes::start()?;
    for (script, provider) in SCRIPTS {
        let served = fakes.wait_for(provider)?;
        println!("{script} against {}", served.base_url);
        let account = served.account.as_str().map_or_else(|| served.account.to_string(), str::to_owned);
        let environment = [
            ("HOWDAH_BASE_URL", OsStr::new(&served.base_url)),
            ("HOWDAH_TOKEN", OsStr::new(&served.token)),
            ("HOWDAH_ACCOUNT", OsStr::new(&account)),
            ("HOWDAH_EDGE", OsStr::new(&served.edge)),
            ("HOWDAH_OFFSITE_COPY", offsite_copy.as_os_str()),
        ];
        run_script(&python, script, &environment)?;
    }
    Ok(Status::Passed)
}

/// The clients that npm has, against our fakes.
fn modules() -> Result<Status> {
    let node = match node() {
        Ok(node) => node,
        Err(why) => return Ok(Status::NotChecked(why)),
    };
    let modules = directory().join("node/node_modules");
    let mut fakes = Fakes::start()?;
    for (script, provider) in MODULES {
        let served = fakes.wait_for(provider)?;
        println!("{script} against {}", served.base_url);
        let environment = [
            ("HOWDAH_BASE_URL", served.base_url.as_str()),
            ("HOWDAH_TOKEN", &served.token),
            ("HOWDAH_ACCOUNT", served.account.as_str().unwrap_or_default()),
        ];
        let mut command = Command::new(&node);
        command
            .arg(root().join("xtask/third-party").join(script))
            .envs(environment)
            .env("HOWDAH_NODE_MODULES", &modules);
        run_checks(&mut command, script)
            .map_err(|problem| format!("{problem}; the client is right until proven wrong"))?;
    }
    Ok(Status::Passed)
}

/// Tools of the DNS, against a small internet of ours.
fn dns_tools() -> Result<Status> {
    let missing: Vec<&str> =
        DNS_TOOLS.iter().filter(|(command, ..)| !is_there(command)).map(|(_, package)| *package).collect();
    if !missing.is_empty() {
        let packages = missing.join(", ");
        return Ok(Status::NotChecked(format!("our DNS is judged by tools of the packages {packages}: install them")));
    }
    if !cfg!(target_os = "linux") {
        let why = "name servers need addresses in 127.0.0.0/8, which only Linux gives to everyone";
        return Ok(Status::NotChecked(why.to_owned()));
    }
    let (internet, round_up) = (build("howdah-core", "internet")?, build("howdah-workflows", "round_up")?);
    println!("dns_tools.py against {} and {}", internet.display(), round_up.display());
    let worlds = [("HOWDAH_INTERNET", internet.as_os_str()), ("HOWDAH_ROUND_UP", round_up.as_os_str())];
    run_script(Path::new("python3"), "dns_tools.py", &worlds)?;
    Ok(Status::Passed)
}

/// Tools answer differently when they are given nothing to do: that they start is enough.
fn is_there(command: &str) -> bool {
    let nothing =
        Command::new(command).arg("-h").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    nothing.is_ok()
}

/// What the programs keep between runs.
pub(crate) fn directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |it| root().join(it));
    target.join("third-party")
}

/// The interpreter of a virtual environment with the clients in it, made on the first run.
pub(crate) fn python() -> Result<PathBuf> {
    let environment = directory();
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if !is_available(Command::new(&python).args(["-m", "pip", "--version"])) {
        let made = output(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
        made.map_err(|error| format!("a virtual environment of Python 3 could not be made: {}", error.trim_end()))?;
    }
    let requirements = root().join("xtask/third-party/requirements.txt");
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    let installed = output(Command::new(&python).args(install).arg(requirements));
    installed.map_err(|error| format!("pip could not install the clients: {}", error.trim_end()))?;
    Ok(python)
}

/// A Node that is new enough for all of the modules, which npm brings with them.
fn node() -> Result<PathBuf> {
    let place = directory().join("node");
    let wanted = root().join("xtask/third-party/package.json");
    fs::create_dir_all(&place)
        .and_then(|()| fs::copy(wanted, place.join("package.json")))
        .map_err(|it| it.to_string())?;
    let install = ["install", "--no-audit", "--no-fund", "--loglevel", "error", "--prefix"];
    let installed = output(Command::new("npm").args(install).arg(&place));
    installed.map_err(|error| format!("npm could not install the clients: {}", error.trim_end()))?;
    let node = place.join("node_modules/node/bin/node");
    if is_available(Command::new(&node).arg("--version")) {
        return Ok(node);
    }
    Err("npm brought no Node: its package `node` runs a script when it is installed".to_owned())
}

fn run_script(python: &Path, script: &str, environment: &[(&str, &OsStr)]) -> Result {
    let mut command = Command::new(python);
    // What the scripts share is imported, and no trace of that is to be left beside it.
    command.arg("-B").arg(root().join("xtask/third-party").join(script)).envs(environment.iter().copied());
    run_checks(&mut command, script).map_err(|problem| format!("{problem}; the client is right until proven wrong"))
}

/// A program prints what it checked, and at last `N passed, 0 failed`.
fn run_checks(command: &mut Command, name: &str) -> Result {
    // A proxy of the developer's would not find our loopback.
    command.env("NO_PROXY", "127.0.0.1,localhost").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{name} did not start: {error}"))?;
    let mut last = String::new();
    for line in
        child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(std::io::Result::ok)
    {
        println!("  {line}");
        last = line;
    }
    let status = child.wait().map_err(|error| format!("{name}: {error}"))?;
    match last.split_once(" passed, 0 failed") {
        Some((passed, "")) if status.success() && passed.parse::<u32>().is_ok_and(|passed| passed > 0) => Ok(()),
        _ => Err(format!("{name}: not everything passed ({status})")),
    }
}

/// The `fakes` example, stopped when this goes.
struct Fakes {
    process: Child,
    lines: mpsc::Receiver<String>,
    served: Vec<Served>,
}

impl Fakes {
    fn start() -> Result<Self> {
        // Run as itself and not below `cargo run`, so that stopping it stops it.
        let binary = build(FAKES_PACKAGE, "fakes")?;
        let mut process = Command::new(&binary)
            .arg("--json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{} did not start: {error}", binary.display()))?;
        let (sender, lines) = mpsc::channel();
        let out = process.stdout.take();
        thread::spawn(move || forward(out, &sender));
        Ok(Self { process, lines, served: Vec::new() })
    }

    /// The fake of a provider, once it is there.
    fn wait_for(&mut self, provider: &str) -> Result<&Served> {
        let until = Instant::now() + START;
        loop {
            if let Some(index) = self.served.iter().position(|it| it.provider == provider) {
                return Ok(&self.served[index]);
            }
            let left = until.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).map_err(|_| match self.process.try_wait() {
                Ok(Some(status)) => {
                    format!("the fakes ended ({status}) without one for {provider}")
                }
                _ => format!("no fake for {provider} after {} s", START.as_secs()),
            })?;
            // The example may greet before it serves.
            self.served.extend(serde_json::from_str::<Served>(&line).ok());
        }
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn forward(out: Option<impl Read>, to: &mpsc::Sender<String>) {
    for line in out.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(std::io::Result::ok) {
        // Reading goes on when nobody listens any more, or the example would block on a full pipe.
        let _ = to.send(line);
    }
}

/// Builds an example and says where it is.
fn build(package: &str, example: &str) -> Result<PathBuf> {
    build_with(&["build", "--package", package, "--example", example], package, example)
}

/// The same, as fast as it can be.
pub(crate) fn build_release(package: &str, example: &str) -> Result<PathBuf> {
    build_with(&["build", "--release", "--package", package, "--example", example], package, example)
}

fn build_with(build: &[&str], package: &str, example: &str) -> Result<PathBuf> {
    run_command(&mut cargo(build))?;
    let messages = output(cargo(build).args(["--quiet", "--message-format", "json"]))?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == example)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or_else(|| format!("{package} has no example `{example}`"))
}
