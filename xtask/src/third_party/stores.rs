//! Our S3 against servers that others wrote. What one of them cannot do, the other can.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{START, build, directory, python, run_checks};
use crate::process::{Result, Status, is_available};

const INSTALL: &str = "`cargo install s3s-fs --version 0.14.1 --features binary --locked`";

const KEY: &str = "conformance";
const SECRET: &str = "the-secret-of-the-key";

/// What s3s-fs cannot pass, whoever asks.
const NOT_S3S: &[(&str, &str)] = &[
    ("put_get_delete_list", "it answers 500 when a directory is asked for as an object"),
    ("get_opts", "it takes no notice of If-Modified-Since and If-Unmodified-Since"),
    ("put_opts", "it does not compare and replace in one step, so that one update undoes another"),
    ("no_bucket", "it makes a bucket that is not there"),
];

/// What moto cannot pass, whoever asks.
const NOT_MOTO: &[(&str, &str)] = &[
    ("put_get_attributes", "it loses headers with an underscore in their names"),
    ("multipart_with_opts", "the same"),
    ("signed_url", "it checks no signature"),
    ("wrong_secret", "the same"),
];

pub(super) fn check() -> Result<Status> {
    let conformance = build("howdah-core", "store_conformance")?;
    let mut missing = Vec::new();

    if is_available(Command::new("s3s-fs").arg("--version")) {
        let buckets = directory().join("buckets");
        let _ = fs::remove_dir_all(&buckets);
        fs::create_dir_all(&buckets).map_err(|error| format!("{}: {error}", buckets.display()))?;
        let port = free_port()?;
        let mut server = Command::new("s3s-fs");
        server.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--access-key", KEY, "--secret-key", SECRET]);
        let checked = hold(&conformance, "s3s-fs", server.arg(&buckets), port, NOT_S3S);
        let _ = fs::remove_dir_all(&buckets);
        checked?;
    } else {
        missing.push(format!("S3 is held against s3s-fs: {INSTALL}"));
    }

    match python() {
        Ok(python) => {
            let port = free_port()?;
            let mut server = Command::new(python);
            server.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
            hold(&conformance, "moto", &mut server, port, NOT_MOTO)?;
        }
        Err(why) => missing.push(format!("S3 is held against moto: {why}")),
    }
    Ok(if missing.is_empty() { Status::Passed } else { Status::NotChecked(missing.join("; ")) })
}

fn hold(conformance: &Path, name: &str, server: &mut Command, port: u16, cannot: &[(&str, &str)]) -> Result {
    println!("S3 against {name}");
    let _server = Server::start(name, server, port)?;
    let mut checks = Command::new(conformance);
    checks
        .args(cannot.iter().map(|(check, _)| check))
        .env("AWS_ENDPOINT_URL_S3", format!("http://127.0.0.1:{port}"))
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env_remove("AWS_SESSION_TOKEN");
    run_checks(&mut checks, &format!("S3 against {name}"))?;
    for (check, why) in cannot {
        println!("  not checked by {name}: {check}: {why}");
    }
    Ok(())
}

/// A port that nobody had a moment ago.
fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(|error| format!("no port is free: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| format!("no port is free: {error}"))
}

/// A server, stopped when this goes.
struct Server(Child);

impl Server {
    fn start(name: &str, command: &mut Command, port: u16) -> Result<Self> {
        let silenced = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut server = Self(silenced.spawn().map_err(|error| format!("{name} did not start: {error}"))?);
        let until = Instant::now() + START;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        while TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err() {
            if let Ok(Some(status)) = server.0.try_wait() {
                return Err(format!("{name} ended ({status}) instead of serving"));
            }
            if Instant::now() > until {
                return Err(format!("{name} does not listen after {} s", START.as_secs()));
            }
            sleep(Duration::from_millis(50));
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_cannot_do_the_other_can() {
        assert!(NOT_S3S.iter().all(|(check, _)| NOT_MOTO.iter().all(|(other, _)| check != other)));
    }
}
