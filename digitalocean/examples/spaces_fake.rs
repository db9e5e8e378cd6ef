//! Serves the fake of Spaces on loopback, for the AWS CLI, boto3, rclone and other S3 clients, until it is interrupted.
//!
//! `cargo run -p howdah-digitalocean --all-features --example spaces_fake -- [PORT [DIRECTORY]]`; what it holds is kept in
//! the directory, if one is named. It prints the variables that the clients read.
#![allow(clippy::print_stdout)]

use std::{env, io, path::Path};

use howdah_core::Clock;
use howdah_digitalocean::{
    spaces_keys::Grant,
    testing::spaces::{ACCESS_KEY, FakeSpaces, SECRET_KEY},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let port = arguments.next().map_or(Ok(0), |port| port.parse()).map_err(io::Error::other)?;
    let fake = match arguments.next() {
        Some(directory) => FakeSpaces::kept_in(Path::new(&directory), "nyc3", Clock::system(), |id| {
            (id == ACCESS_KEY).then(|| (SECRET_KEY.to_owned(), vec![Grant::full_access()]))
        })?,
        None => FakeSpaces::default(),
    };
    let server = fake.serve_on(port).await?;
    println!("export AWS_ENDPOINT_URL_S3={}", server.base_url());
    println!("export AWS_ACCESS_KEY_ID={ACCESS_KEY}");
    println!("export AWS_SECRET_ACCESS_KEY={SECRET_KEY}");
    println!("export AWS_REGION=nyc3");
    std::future::pending().await
}
