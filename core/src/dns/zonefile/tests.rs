use super::*;
use crate::dns::{RecordSet, RecordType, Ttl};

fn origin() -> Name {
    Name::parse("example.org").unwrap()
}

fn good(text: &str) -> ZoneFile {
    read(text, &origin()).unwrap_or_else(|errors| panic!("{errors}"))
}

fn clean(text: &str) -> Zone {
    let file = good(text);
    assert_eq!(file.warnings, []);
    file.zone
}

fn bad(text: &str) -> Vec<String> {
    read(text, &origin()).unwrap_err().iter().map(ToString::to_string).collect()
}

fn set<'a>(zone: &'a Zone, name: &str, record_type: &RecordType) -> &'a RecordSet {
    zone.get(&Name::parse_in(name, &origin()).unwrap(), record_type).unwrap()
}

fn lines(zone: &Zone) -> Vec<String> {
    zone.iter().map(ToString::to_string).collect()
}

fn warned(text: &str) -> String {
    let warnings = good(text).warnings;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    warnings[0].to_string()
}

#[test]
fn ttl_and_class_come_in_either_order() {
    for line in [
        "a 60 IN A 192.0.2.1",
        "a IN 60 A 192.0.2.1",
        "a 1m a 192.0.2.1",
        "a in 60s A 192.0.2.1",
        "a CLASS1 60 TYPE1 192.0.2.1",
    ] {
        assert_eq!(lines(&clean(line)), ["a.example.org. 60 IN A 192.0.2.1"], "{line}");
    }
}

#[test]
fn an_omitted_ttl_is_that_of_the_directive_then_the_one_before_then_the_soas() {
    let zone = clean("$TTL 1d\na 60 A 192.0.2.1\nb A 192.0.2.2");
    assert_eq!(set(&zone, "b", &RecordType::A).ttl(), Ttl::Seconds(86_400));
    let zone = clean("a 60 A 192.0.2.1\nb A 192.0.2.2");
    assert_eq!(set(&zone, "b", &RecordType::A).ttl(), Ttl::Seconds(60));
    let file = good("@ SOA a b 1 2 3 4 5m\nb A 192.0.2.2");
    assert_eq!(set(&file.zone, "b", &RecordType::A).ttl(), Ttl::Seconds(300));
    assert_eq!(file.warnings.len(), 1);
    assert!(warned("\n  \nb A 192.0.2.2").starts_with("line 3, column 1: no TTL"));
    assert_eq!(set(&good("b A 192.0.2.2").zone, "b", &RecordType::A).ttl(), Ttl::Auto);
}

#[test]
fn owners_are_inherited_and_origins_change() {
    let zone = clean(
        "$TTL 60\na A 192.0.2.1\n\tTXT x\n; nothing\n\n  AAAA ::1\n$ORIGIN sub\nb CNAME @\n$ORIGIN org.\nc.example NS d.",
    );
    assert_eq!(
        lines(&zone),
        [
            "a.example.org. 60 IN A 192.0.2.1",
            "a.example.org. 60 IN AAAA ::1",
            "a.example.org. 60 IN TXT \"x\"",
            "c.example.org. 60 IN NS d.",
            "b.sub.example.org. 60 IN CNAME sub.example.org.",
        ]
    );
}

#[test]
fn reads_foreign_line_ends_and_marks() {
    let zone = clean("\u{feff}$TTL 60\r\na\tTXT\t\"x;y\" (\r\n \"z\" ; c\r\n)\r\n\r\nb TXT \"å\"");
    assert_eq!(lines(&zone), ["a.example.org. 60 IN TXT \"x;y\" \"z\"", "b.example.org. 60 IN TXT \"\\195\\165\""]);
}

#[test]
fn generates() {
    let zone = clean("$TTL 60\n$GENERATE 8-10 h$ IN A 192.0.2.$\n$GENERATE 1-2 ${0,2}.r 5 MX 10 m-${-1}");
    let hosts: Vec<String> = zone.iter().map(ToString::to_string).collect();
    assert_eq!(hosts.len(), 5);
    assert!(hosts.contains(&"h10.example.org. 60 IN A 192.0.2.10".to_owned()), "{hosts:?}");
    assert!(hosts.contains(&"02.r.example.org. 5 IN MX 10 m-1.example.org.".to_owned()), "{hosts:?}");
    assert_eq!(clean("$TTL 1\n$GENERATE 1-65536 h$ A 192.0.2.1").len(), 65_536);
}

#[test]
fn generating_is_bounded_in_records_and_bytes() {
    assert!(bad("$TTL 1\n$GENERATE 1-65536 h$ A 192.0.2.1\n$GENERATE 1-1 i$ A 192.0.2.1")[0].contains("65536 records"));
    assert!(bad("$GENERATE 0-4294967295 h$ A 192.0.2.1")[0].starts_with("line 1, column 11: "));
    let long = format!("$TTL 1\n$GENERATE 1-60000 h$ TXT \"{}\"", "x".repeat(1000));
    assert!(bad(&long)[0].contains("16 MiB"));
    // What fails for every number is said once.
    assert_eq!(bad("$TTL 1\n$GENERATE 1-1000 h$ A 300.0.2.$").len(), 1);
}

#[test]
fn every_error_is_found_with_its_place() {
    let errors = bad(concat!(
        " A 192.0.2.1\n",                    // 1
        "$INCLUDE other.zone\n",             // 2
        "$TTL soon\n",                       // 3
        "$FOO\n",                            // 4
        "a 60 CH A 192.0.2.1\n",             // 5
        "a 60 IN 192.0.2.1\n",               // 6
        "a 60 IN\n",                         // 7
        "a 60 A 192.0.2.1 192.0.2.2\n",      // 8
        "\u{e5} 60 MX 10 ; where to?\n",     // 9
        "a 60 TXT \"open\n",                 // 10
        "a 60 TXT \\256\n",                  // 11
        "www.example.com. 60 A 192.0.2.1\n", // 12
        "a..b 60 A 192.0.2.1\n",             // 13
        "a 60 ANY x\n",                      // 14
        "sub 60 SOA a b 1 2 3 4 5\n",        // 15
        "a 60 TYPE65280 text\n",             // 16
        "a 60 A \\# 3 c00002\n",             // 17
        "a 60 A \\# 5 c0000201\n",           // 18
        "a 60 URL \\# 1 00\n",               // 19
        "a 60 TXT ( x\n",                    // 20
        "b 60 A 192.0.2.1\n",
    ));
    let expected = [
        "line 1, column 2: a line that begins with white space belongs to the owner before it",
        "line 2, column 1: $INCLUDE is not followed",
        "line 3, column 6: `soon` is not a TTL",
        "line 4, column 1: this directive is not known",
        "line 5, column 6: the class CH is not supported",
        "line 6, column 9: `192.0.2.1` is not a record type",
        "line 7, column 8: a record type was expected",
        "line 8, column 18: the record should end before `192.0.2.2`",
        "line 9, column 11: the mail server's name was expected, but the record ends here",
        "line 10, column 10: the quoted string that begins here",
        "line 11, column 10: `\\256` is no escape",
        "line 12, column 1: www.example.com. is outside of the zone example.org.",
        "line 13, column 1: \"a..b\" is not a domain name: label 2 is empty",
        "line 14, column 6: ANY is used in messages only",
        "line 15, column 1: the SOA record belongs to the zone's own name",
        "line 16, column 16: data of TYPE65280 must be given as",
        "line 17, column 8: the 3 bytes in wire format are malformed",
        "line 18, column 8: 5 bytes were announced and 4 are given",
        "line 19, column 10: URL has no wire format",
        "line 20, column 10: the parenthesis that opens here is never closed",
    ];
    for (error, expected) in errors.iter().zip(expected) {
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
    assert_eq!(errors.len(), expected.len(), "{errors:#?}");
    let shown = read(&"x\n".repeat(30), &origin()).unwrap_err().to_string();
    assert!(shown.starts_with("the zone file has 30 errors:\n  line 1,") && shown.ends_with("and 10 more"), "{shown}");
}

#[test]
fn what_is_odd_is_warned_of_and_kept() {
    assert_eq!(
        warned("a 60 A 192.0.2.1\na 60 A 192.0.2.1"),
        "line 2, column 1: this A record of a.example.org. is given twice; it counts once"
    );
    let text = "a 60 A 192.0.2.1\na 30 A 192.0.2.2";
    assert!(warned(text).contains("different TTLs; 30 is taken"));
    assert_eq!(set(&good(text).zone, "a", &RecordType::A).ttl(), Ttl::Seconds(30));
    assert!(warned("a 60 CNAME b\na 60 TXT x").contains("beside TXT"));
    assert!(warned("a 60 CNAME b\na 60 CNAME c").contains("several CNAME"));
    assert!(warned("a 60 URL http://x").contains("kept as text"));
    assert!(warned("a 60 TXT v=1;k=2").contains("semicolon begins a comment"));
    assert!(warned("a 60 CNAME www.example.org").contains("becomes www.example.org.example.org."));
    assert!(warned("a.example.org 60 TXT x").starts_with("line 1, column 1: the name is relative"));
    assert_eq!(good("a 60 CNAME b\na 60 RRSIG CNAME 13 2 60 20300101000000 20290101000000 1 @ AA==").warnings, []);
    assert!(bad("@ 60 SOA a b 1 2 3 4 5\n@ 60 SOA a b 2 2 3 4 5")[0].contains("second one"));
}

#[test]
fn exports_of_cloudflare() {
    let file = good(
        ";; Domain: example.org.\n;; Exported: today\nexample.org 3600 IN SOA ns.example. dns.example. 1 2 3 4 5\n\
         example.org. 1 IN A 192.0.2.1 ; the apex cf_tags=cf-proxied:true\nb.example.org. 1 IN A 192.0.2.2 ; cf_tags=cf-proxied:false\n\
         c.example.org. 300 IN A 192.0.2.3\nd.example.org. 1s IN A 192.0.2.4",
    );
    assert_eq!(file.warnings.len(), 1);
    assert!(
        file.warnings[0].to_string().starts_with("line 3, column 1: the owner of the SOA record lacks its final dot")
    );
    let shown: Vec<_> = ["@", "b", "c", "d"]
        .map(|name| set(&file.zone, name, &RecordType::A))
        .iter()
        .map(|set| (set.ttl(), set.is_proxied()))
        .collect();
    assert_eq!(shown, [(Ttl::Auto, true), (Ttl::Auto, false), (Ttl::Seconds(300), false), (Ttl::Seconds(1), false)]);
    assert!(file.zone.get(&origin(), &RecordType::Soa).is_some());
    // Elsewhere a second is a second, also when a text speaks of tags.
    let zone = clean("a 1 TXT \"; cf_tags=cf-proxied:true\"");
    assert_eq!(set(&zone, "a", &RecordType::Txt).ttl(), Ttl::Seconds(1));
    let mixed = good("a 1 A 192.0.2.1 ; cf_tags=cf-proxied:true\na 300 A 192.0.2.2");
    assert_eq!(mixed.warnings.len(), 2);
    let set = set(&mixed.zone, "a", &RecordType::A);
    assert_eq!((set.ttl(), set.is_proxied()), (Ttl::Seconds(300), true));
}

#[test]
fn writes_one_line_a_record_with_the_soa_first() {
    let zone = clean("$TTL 60\n@ A 192.0.2.1\n@ SOA ns hm 1 2h 3 4 5\nb.a TXT x\na ALIAS t.\n* 1 A 192.0.2.2");
    assert_eq!(
        write(&zone),
        "$ORIGIN example.org.\n@ 60 IN SOA ns.example.org. hm.example.org. 1 7200 3 4 5\n@ 60 IN A 192.0.2.1\n\
         * 1 IN A 192.0.2.2\na 60 IN ALIAS t.\nb.a 60 IN TXT \"x\"\n"
    );
    let mut zone = zone;
    let proxied = set(&zone, "*", &RecordType::A).clone().with_proxied(true);
    zone.insert(proxied).unwrap();
    let auto = set(&zone, "a", &RecordType::Alias).clone().with_ttl(Ttl::Auto);
    zone.insert(auto).unwrap();
    let text = write(&zone);
    assert!(text.contains("\n* 1s IN A 192.0.2.2 ; cf_tags=cf-proxied:true\na 1 IN ALIAS t.\n"), "{text}");
    assert_eq!(clean(&text), zone);
}

#[test]
fn a_zone_may_be_the_root() {
    let root = Name::root();
    let zone = read("@ 60 NS a.root.\norg 60 NS ns.org.", &root).unwrap().zone;
    assert_eq!(zone.len(), 2);
    assert_eq!(read(&write(&zone), &root).unwrap().zone, zone);
}
