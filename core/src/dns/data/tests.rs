use super::*;

fn parse(record_type: &str, text: &str) -> Result<RecordData, DataError> {
    RecordData::parse(&record_type.parse().unwrap(), text, &Name::parse("example.org").unwrap())
}

fn shown(record_type: &str, text: &str) -> String {
    let data = parse(record_type, text).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(data.record_type().as_str(), record_type);
    let again = parse(record_type, &data.to_string()).unwrap();
    assert_eq!(again, data);
    if let Some(wire) = data.to_wire() {
        assert_eq!(RecordData::from_wire(&data.record_type(), &wire).unwrap(), data);
    }
    data.to_string()
}

#[test]
fn reads_and_shows_each_type() {
    for (record_type, text, expected) in [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("ALIAS", "www", "www.example.org."),
        ("CAA", "000 Issue ca.example", "0 issue \"ca.example\""),
        ("CAA", r#"0 issue "ca.example\; a=b""#, r#"0 issue "ca.example; a=b""#),
        ("CAA", r#"128 issue ";""#, r#"128 issue ";""#),
        ("CNAME", "@", "example.org."),
        ("DNSKEY", "257 3 ED25519 ( AA EC\n AwQ= )", "257 3 15 AAECAwQ="),
        ("DS", "1 ecdsap256sha256 2 0aff 00", "1 13 2 0AFF00"),
        ("MX", "010 mail", "10 mail.example.org."),
        ("MX", "0 .", "0 ."),
        ("NAPTR", r#"1 2 s "SIP+D2U" "" ."#, r#"1 2 "s" "SIP+D2U" "" ."#),
        ("NS", "ns.Example.NET.", "ns.example.net."),
        ("PTR", "host", "host.example.org."),
        (
            "SOA",
            r"ns host\.master 4294967295 2h 30m 2w 1d",
            r"ns.example.org. host\.master.example.org. 4294967295 7200 1800 1209600 86400",
        ),
        ("SRV", "0 0 0 .", "0 0 0 ."),
        ("SSHFP", "4 2 ab cd", "4 2 ABCD"),
        ("TLSA", "02 00 01 ( ab\n cd )", "2 0 1 ABCD"),
        ("TXT", r#"a "b c" \; "\195\165" """#, r#""a" "b c" ";" "\195\165" """#),
        ("URI", r#"1 2 "https://example.org/?a;b""#, r#"1 2 "https://example.org/?a;b""#),
        ("DNAME", "sub", "sub.example.org."),
        ("RP", "a @", "a.example.org. example.org."),
        ("AFSDB", "1 afs", "1 afs.example.org."),
        ("IPSECKEY", "10 3 2 gateway AQ==", "10 3 2 gateway.example.org. AQ=="),
        ("IPSECKEY", "10 1 2 192.0.2.38 AQ==", "10 1 2 192.0.2.38 AQ=="),
        ("SPF", "\"v=spf1  -all\"  x", "\"v=spf1  -all\" x"),
        ("URL", "https://example.org", "https://example.org"),
        ("APL", "", ""),
        ("TYPE65280", r"\# 3 0a0B 0c", r"\# 3 0A0B0C"),
        ("TYPE65280", r"\# 0", r"\# 0"),
        ("DNAME", r"\# 3 016100", r"\# 3 016100"),
        ("A", r"\# 4 c0000201", "192.0.2.1"),
        ("MX", r"\# 5 000a 01 61 00", "10 a."),
        ("TXT", r"\# 4 016101 62", r#""a" "b""#),
        ("LOC", r"\# 16 00121613 80000000 80000000 00989680", "0 0 0.000 N 0 0 0.000 E 0.00m 1.00m 10000.00m 10.00m"),
        ("SVCB", r"\# 10 0001 00 0003 0002 01bb 00", ""),
    ] {
        if expected.is_empty() && record_type == "SVCB" {
            // One byte too many after the last parameter.
            assert!(parse(record_type, text).is_err());
        } else {
            assert_eq!(shown(record_type, text), expected);
        }
    }
}

#[test]
fn refuses_with_place_and_reason() {
    for (record_type, text, expected) in [
        ("A", "192.0.2.256", "A data, column 1: `192.0.2.256` is not an IPv4 address"),
        ("A", "", "A data, column 1: an IPv4 address (such as 192.0.2.1) was expected, but the record ends here"),
        ("AAAA", "192.0.2.1", "is not an IPv6 address"),
        ("MX", "10", "MX data, column 3: the mail server's name was expected"),
        ("MX", "+10 a", "whole number from 0 to 65535"),
        ("MX", "65536 a", "whole number from 0 to 65535"),
        ("MX", "10 \"a\"", "names are written without quotes"),
        ("MX", "10 a b", "MX data, column 6: the record should end before `b`"),
        ("CAA", "256 issue x", "from 0 to 255"),
        ("CAA", "0 is-sue x", "is not a tag"),
        ("CAA", "0 issue a b", "put the whole value in quotes"),
        ("CAA", "0 issue a; b", "CAA data, column 10: a semicolon begins a comment"),
        ("TXT", "", "a string was expected"),
        ("TXT", "a\nb", "does not go on"),
        ("TXT", "å \"b", "TXT data, column 3: the quoted string"),
        ("DS", "1 2 3 abc", "hexadecimal"),
        ("DS", "1 2 3", "the digest was expected"),
        ("DNSKEY", "1 2 3 AAE", "Base64"),
        ("URI", "1 2 \"\"", "the URI is empty"),
        ("NAPTR", "1 2 s x", "the regular expression was expected"),
        ("SOA", "a b 1 2 3 4 1x", "a time such as 1h30m"),
        ("ALIAS", r"\# 1 00", "ALIAS has no wire format"),
        ("A", r"\# 4 c00002", "4 bytes were announced and 3 are given"),
        ("CNAME", r"\# 2 c00c", "malformed"),
        ("DNAME", "", "the record's data was expected"),
        ("DNAME", "a..b", "label 2 is empty"),
        ("TYPE65280", "a", "must be given as"),
    ] {
        let error = parse(record_type, text).unwrap_err().to_string();
        assert!(error.contains(expected), "{record_type} {text}: {error}");
    }
    let long = format!("\"{}\"", "x".repeat(256));
    assert!(parse("NAPTR", &format!("1 2 {long} x x .")).unwrap_err().to_string().contains("256 bytes"));
    assert!(parse("TLSA", &format!("3 1 0 {}", "ab".repeat(70_000))).unwrap_err().to_string().contains("65535"));
    assert!(parse("TXT", &format!("\"{}\"", "x".repeat(70_000))).unwrap_err().to_string().contains("65535"));
}

#[test]
fn wire_format() {
    let wire = |record_type: &str, text: &str| parse(record_type, text).unwrap().to_wire();
    assert_eq!(wire("SRV", "1 2 3 A").unwrap(), b"\0\x01\0\x02\0\x03\x01a\x07example\x03org\0");
    assert_eq!(wire("CAA", "1 issue x").unwrap(), b"\x01\x05issuex");
    assert_eq!(wire("TYPE65280", r"\# 1 ff").unwrap(), [255]);
    assert_eq!(wire("ALIAS", "x"), None);
    assert_eq!(wire("DNAME", "x"), None);
    let long = Naptr {
        order: 0,
        preference: 0,
        flags: vec![0; 256],
        services: vec![],
        regexp: vec![],
        replacement: Name::root(),
    };
    assert_eq!(RecordData::Naptr(long).to_wire(), None);
    for (record_type, bytes) in [
        ("A", &[1, 2, 3, 4, 5][..]),
        ("TXT", &[]),
        ("DS", &[0, 1, 2, 3]),
        ("LOC", &[1; 16]),
        ("CAA", b"\0\x01-"),
        ("URI", &[0; 4]),
    ] {
        let error = RecordData::from_wire(&record_type.parse().unwrap(), bytes).unwrap_err();
        assert!(error.to_string().contains("malformed"), "{error}");
    }
}

#[test]
fn serde_is_type_and_text() {
    let data = parse("MX", "10 mail").unwrap();
    let json = serde_json::to_string(&data).unwrap();
    assert_eq!(json, r#"{"type":"MX","data":"10 mail.example.org."}"#);
    assert_eq!(serde_json::from_str::<RecordData>(&json).unwrap(), data);
    assert!(serde_json::from_str::<RecordData>(r#"{"type":"MX","data":"mail"}"#).is_err());
}
