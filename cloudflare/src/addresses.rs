//! Addresses of Cloudflare's proxies: what its name servers answer for a proxied name, and what is no one's origin.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address blocks that Cloudflare [publishes](https://www.cloudflare.com/ips/), each with the length of its prefix.
pub const PUBLISHED_RANGES: [(IpAddr, u8); 22] = [
    v4([103, 21, 244, 0], 22),
    v4([103, 22, 200, 0], 22),
    v4([103, 31, 4, 0], 22),
    v4([104, 16, 0, 0], 13),
    v4([104, 24, 0, 0], 14),
    v4([108, 162, 192, 0], 18),
    v4([131, 0, 72, 0], 22),
    v4([141, 101, 64, 0], 18),
    v4([162, 158, 0, 0], 15),
    v4([172, 64, 0, 0], 13),
    v4([173, 245, 48, 0], 20),
    v4([188, 114, 96, 0], 20),
    v4([190, 93, 240, 0], 20),
    v4([197, 234, 240, 0], 22),
    v4([198, 41, 128, 0], 17),
    v6([0x2400, 0xcb00], 32),
    v6([0x2405, 0x8100], 32),
    v6([0x2405, 0xb500], 32),
    v6([0x2606, 0x4700], 32),
    v6([0x2803, 0xf800], 32),
    v6([0x2a06, 0x98c0], 29),
    v6([0x2c0f, 0xf248], 32),
];

/// Whether this is an address of a proxy: whoever finds it in a zone that is to be moved has the proxy and not its origin.
///
/// ```
/// use howdah_cloudflare::addresses::is_cloudflare_address;
///
/// assert!(is_cloudflare_address("104.16.132.229".parse().unwrap()));
/// assert!(!is_cloudflare_address("192.0.2.1".parse().unwrap()));
/// ```
pub fn is_cloudflare_address(address: IpAddr) -> bool {
    PUBLISHED_RANGES.iter().any(|(block, length)| match (address, block) {
        (IpAddr::V4(address), IpAddr::V4(block)) => (address.to_bits() ^ block.to_bits()) >> (32 - length) == 0,
        (IpAddr::V6(address), IpAddr::V6(block)) => (address.to_bits() ^ block.to_bits()) >> (128 - length) == 0,
        _ => false,
    })
}

const fn v4(block: [u8; 4], length: u8) -> (IpAddr, u8) {
    (IpAddr::V4(Ipv4Addr::new(block[0], block[1], block[2], block[3])), length)
}

const fn v6(block: [u16; 2], length: u8) -> (IpAddr, u8) {
    (IpAddr::V6(Ipv6Addr::new(block[0], block[1], 0, 0, 0, 0, 0, 0)), length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_where_they_end() {
        for (address, inside) in [
            ("104.15.255.255", false),
            ("104.16.0.0", true),
            ("104.27.255.255", true),
            ("104.28.0.0", false),
            ("172.63.255.255", false),
            ("172.71.255.255", true),
            ("172.72.0.0", false),
            ("2606:46ff:ffff::", false),
            ("2606:4700::6810:84e5", true),
            ("2a06:98c7::1", true),
            ("2a06:98c8::1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_cloudflare_address(address.parse().unwrap()), inside, "{address}");
        }
    }
}
