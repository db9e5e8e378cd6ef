//! What the service tells of itself.
//!
//! ```
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! for range in robot.meta().ips().await? {
//!     println!("allow {range}");
//! }
//! # Ok(()) }
//! ```
//!
//! The list of addresses is not in the service's published document, and neither is its form: whatever of it reads as an
//! address or a range is taken.

use std::net::IpAddr;

use howdah_core::{
    endpoints,
    http::{Api, Call, Text},
};

use crate::ORIGIN;

endpoints! {
    IPS: () => Text = get("/meta/ips").base(ORIGIN);
}

/// The meta group. Reach it through [`UptimeRobot::meta`](crate::UptimeRobot::meta).
#[derive(Clone, Debug)]
pub struct Meta(pub(crate) Api);

impl Meta {
    /// Lists the addresses that the service looks from, such as `192.0.2.7` or `2001:db8::/48`.
    ///
    /// `GET /meta/ips`
    pub fn ips(&self) -> Call<Vec<String>> {
        self.0.send(&IPS, [], ()).map(|Text(text)| ranges(&text))
    }
}

fn ranges(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !(c.is_ascii_hexdigit() || matches!(c, '.' | ':' | '/')));
    let is_range = |word: &&str| {
        let (address, length) = word.split_once('/').unwrap_or((word, "0"));
        address.parse::<IpAddr>().is_ok() && length.parse::<u8>().is_ok()
    };
    let mut ranges: Vec<String> = words.filter(is_range).map(str::to_owned).collect();
    ranges.dedup();
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_any_form() {
        let json = r#"{"prefixes":[{"ip_prefix":"192.0.2.7/32","region":"eu"},{"ipv6_prefix":"2001:db8::/48"}]}"#;
        assert_eq!(ranges(json), ["192.0.2.7/32", "2001:db8::/48"]);
        assert_eq!(ranges("192.0.2.7\n2001:db8::1\n"), ["192.0.2.7", "2001:db8::1"]);
        assert_eq!(ranges("nothing of 12:30 or 1.2"), [""; 0]);
    }
}
