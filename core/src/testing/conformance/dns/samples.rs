//! What the record types look like.

/// What a record type looks like, as everyone writes it and as few do.
pub(super) struct Sample {
    pub(super) record_type: &'static str,
    pub(super) plain: &'static str,
    pub(super) awkward: &'static str,
}

const fn sample(record_type: &'static str, plain: &'static str, awkward: &'static str) -> Sample {
    Sample { record_type, plain, awkward }
}

pub(super) const SAMPLES: &[Sample] = &[
    sample("A", "host long A 192.0.2.1", "host long A 0.0.0.0\nhost long A 255.255.255.255"),
    sample("AAAA", "host long AAAA 2001:db8::1", "host long AAAA ::ffff:192.0.2.1\nhost long AAAA ::"),
    sample(
        "CAA",
        "@ long CAA 0 issue \"ca.example.net\"",
        "@ long CAA 0 issue \";\"\n@ long CAA 128 issuewild \"ca.example.net; account=1\"\n@ long CAA 0 iodef \"mailto:a@example.net\"",
    ),
    sample("CNAME", "www long CNAME host.example.net.", "www long CNAME _a--b.1.example.net."),
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
    sample("HINFO", "host long HINFO \"PC\" \"Linux\"", "host long HINFO \"a \\\"PC\\\"\" \"\""),
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
    sample("NS", "sub long NS a.example.net.", "sub long NS a.example.net.\nsub long NS ns.sub"),
    sample("PTR", "1 long PTR host.example.net.", "1 long PTR host.example.net.\n1 long PTR other.example.net."),
    sample("SPF", "@ long SPF \"v=spf1 -all\"", ""),
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
    sample("SVCB", "_dns long SVCB 1 svc.example.net. alpn=dot", "_dns long SVCB 0 svc.example.net."),
    sample(
        "TLSA",
        "_25._tcp.mx long TLSA 3 1 1 0c72ac70b745ac19998811b131d662c9ac69dbdbe7cb23e5b514b56664c5d3d6",
        "_25._tcp.mx long TLSA 2 0 1 000000000000000000000000000000000000000000000000000000000000000f\n_25._tcp.mx long TLSA 3 1 1 0c72ac70b745ac19998811b131d662c9ac69dbdbe7cb23e5b514b56664c5d3d6",
    ),
    sample("TXT", "@ long TXT \"v=spf1 -all\"", "@ long TXT \"one; two\" \"three\"\n@ long TXT \"a \\\"b\\\"\""),
    sample(
        "URI",
        "_ftp._tcp long URI 10 1 \"ftp://ftp.example.net/public\"",
        "_ftp._tcp long URI 10 1 \"https://example.net/a?b=c;d#e\"",
    ),
];

/// The type that a line is about.
pub(super) fn type_of(line: &str) -> Option<&str> {
    line.split(' ').nth(2)
}
