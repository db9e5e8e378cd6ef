//! Arbitrary DNS data.

use howdah_core::dns::{
    Caa, Dnskey, Ds, Loc, Mx, Name, Naptr, RecordData, RecordSet, RecordType, Soa, Srv, Sshfp, SvcParam, SvcParams,
    Svcb, Tlsa, Ttl, Txt, Uri, Zone,
};
use proptest::prelude::*;

pub(crate) fn origin() -> Name {
    Name::parse("example.org").unwrap()
}

fn labels(most: usize) -> impl Strategy<Value = Vec<Vec<u8>>> {
    let label = prop_oneof![
        4 => "[a-z0-9_][a-z0-9_+-]{0,11}".prop_map(String::into_bytes),
        1 => Just(b"*".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..8),
    ];
    prop::collection::vec(label, 0..most)
}

pub(crate) fn name() -> impl Strategy<Value = Name> {
    labels(5).prop_map(|labels| Name::from_labels(labels).unwrap())
}

pub(crate) fn name_in_zone() -> impl Strategy<Value = Name> {
    labels(4).prop_map(|labels| {
        let origin = origin();
        Name::from_labels(labels.iter().map(Vec::as_slice).chain(origin.labels())).unwrap()
    })
}

fn bytes(least: usize, most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), least..most)
}

fn svcb() -> impl Strategy<Value = Svcb> {
    let alpn = prop::collection::vec(bytes(1, 6), 1..4).prop_map(SvcParam::Alpn);
    let params = (
        prop::option::of((alpn, any::<bool>())),
        prop::option::of(any::<u16>()),
        prop::option::of(prop::collection::vec(any::<std::net::Ipv4Addr>(), 1..3)),
        prop::option::of(bytes(1, 20)),
        prop::option::of(prop::collection::vec(any::<std::net::Ipv6Addr>(), 1..3)),
        prop::collection::btree_map(7..=u16::MAX, bytes(0, 8), 0..3),
        any::<bool>(),
    );
    (any::<u16>(), name(), params).prop_map(|(priority, target, params)| {
        let (alpn, port, ipv4, ech, ipv6, others, mandatory) = params;
        let mut list = Vec::new();
        if let Some((alpn, no_default)) = alpn {
            list.push(alpn);
            list.extend(no_default.then_some(SvcParam::NoDefaultAlpn));
        }
        list.extend(port.map(SvcParam::Port));
        list.extend(ipv4.map(SvcParam::Ipv4Hint));
        list.extend(ech.map(SvcParam::Ech));
        list.extend(ipv6.map(SvcParam::Ipv6Hint));
        list.extend(others.into_iter().map(|(key, value)| SvcParam::Other { key, value }));
        if mandatory && !list.is_empty() {
            list.push(SvcParam::Mandatory(list.iter().map(SvcParam::key).rev().collect()));
        }
        if priority == 0 {
            list.clear();
        }
        Svcb { priority, target, params: SvcParams::new(list).unwrap() }
    })
}

fn loc() -> impl Strategy<Value = Loc> {
    let precision = || (1..10_u8, 0..10_u8).prop_map(|(base, power)| base << 4 | power);
    let middle = 1_u32 << 31;
    let angle = move |largest: u32| middle - largest * 3_600_000..=middle + largest * 3_600_000;
    (precision(), precision(), precision(), angle(90), angle(180), any::<u32>()).prop_map(
        |(size, horizontal_precision, vertical_precision, latitude, longitude, altitude)| Loc {
            size,
            horizontal_precision,
            vertical_precision,
            latitude,
            longitude,
            altitude,
        },
    )
}

pub(crate) fn soa() -> impl Strategy<Value = RecordData> {
    (name(), name(), any::<[u32; 5]>()).prop_map(|(mname, rname, [serial, refresh, retry, expire, minimum])| {
        RecordData::Soa(Soa { mname, rname, serial, refresh, retry, expire, minimum })
    })
}

fn opaque() -> impl Strategy<Value = RecordData> {
    let text = prop_oneof![
        name().prop_map(|name| ("DNAME", name.to_string())),
        (name(), name()).prop_map(|(mailbox, texts)| ("RP", format!("{mailbox} {texts}"))),
        bytes(0, 30).prop_map(|text| ("SPF", Txt::from_bytes(text).to_string())),
        "[!-'*-:<-\\[\\]-~]{1,20}"
            .prop_filter("a quote begins a string", |text| !text.contains('"'))
            .prop_map(|text| ("URL", text)),
        bytes(0, 30).prop_map(|wire| {
            let hex = data_encoding::HEXLOWER.encode(&wire);
            ("TYPE65280", format!("\\# {} {hex}", wire.len()))
        }),
    ];
    text.prop_map(|(record_type, text)| RecordData::parse(&record_type.parse().unwrap(), &text, &Name::root()).unwrap())
}

/// Data of every type except SOA.
pub(crate) fn data() -> BoxedStrategy<RecordData> {
    prop_oneof![
        any::<std::net::Ipv4Addr>().prop_map(RecordData::A),
        any::<std::net::Ipv6Addr>().prop_map(RecordData::Aaaa),
        name().prop_map(RecordData::Alias),
        (any::<u8>(), "[a-z0-9]{1,10}", bytes(0, 300)).prop_map(|(flags, tag, value)| RecordData::Caa(Caa {
            flags,
            tag,
            value
        })),
        name().prop_map(RecordData::Cname),
        (any::<u16>(), any::<u8>(), any::<u8>(), bytes(1, 80)).prop_map(|(flags, protocol, algorithm, public_key)| {
            RecordData::Dnskey(Dnskey { flags, protocol, algorithm, public_key })
        }),
        (any::<u16>(), any::<u8>(), any::<u8>(), bytes(1, 50)).prop_map(|(key_tag, algorithm, digest_type, digest)| {
            RecordData::Ds(Ds { key_tag, algorithm, digest_type, digest })
        }),
        svcb().prop_map(RecordData::Https),
        loc().prop_map(RecordData::Loc),
        (any::<u16>(), name()).prop_map(|(preference, exchange)| RecordData::Mx(Mx { preference, exchange })),
        (any::<[u16; 2]>(), bytes(0, 4), bytes(0, 20), bytes(0, 255), name()).prop_map(
            |([order, preference], flags, services, regexp, replacement)| {
                RecordData::Naptr(Naptr { order, preference, flags, services, regexp, replacement })
            }
        ),
        name().prop_map(RecordData::Ns),
        name().prop_map(RecordData::Ptr),
        (any::<[u16; 3]>(), name())
            .prop_map(|([priority, weight, port], target)| { RecordData::Srv(Srv { priority, weight, port, target }) }),
        (any::<[u8; 2]>(), bytes(1, 33)).prop_map(|([algorithm, fingerprint_type], fingerprint)| {
            RecordData::Sshfp(Sshfp { algorithm, fingerprint_type, fingerprint })
        }),
        svcb().prop_map(RecordData::Svcb),
        (any::<[u8; 3]>(), bytes(1, 33)).prop_map(|([usage, selector, matching_type], data)| {
            RecordData::Tlsa(Tlsa { usage, selector, matching_type, data })
        }),
        bytes(0, 600).prop_map(|text| RecordData::Txt(Txt::from_bytes(text))),
        (any::<[u16; 2]>(), bytes(1, 300)).prop_map(|([priority, weight], target)| RecordData::Uri(Uri {
            priority,
            weight,
            target
        })),
        opaque(),
    ]
    .boxed()
}

/// A zone whose TTLs are stated, or chosen by the provider where `automatic`.
pub(crate) fn zone(automatic: bool) -> impl Strategy<Value = Zone> {
    let ttl = if automatic {
        prop_oneof![Just(Ttl::Auto), Just(Ttl::Seconds(1)), any::<u32>().prop_map(Ttl::Seconds)].boxed()
    } else {
        prop_oneof![Just(Ttl::Seconds(1)), (0..1_u32 << 31).prop_map(Ttl::Seconds)].boxed()
    };
    let owned = (name_in_zone(), ttl, prop::collection::vec(data(), 1..6), any::<bool>());
    (prop::option::of(soa()), prop::collection::vec(owned, 0..12)).prop_map(move |(soa, owned)| {
        let mut zone = Zone::new(origin());
        if let Some(soa) = soa {
            zone.insert(RecordSet::new(origin(), Ttl::Seconds(3600), [soa]).unwrap()).unwrap();
        }
        for (owner, ttl, data, proxied) in owned {
            let types: std::collections::BTreeSet<RecordType> = data.iter().map(RecordData::record_type).collect();
            for record_type in types {
                let data = data.iter().filter(|data| data.record_type() == record_type).cloned();
                let set = RecordSet::new(owner.clone(), ttl, data).unwrap().with_proxied(automatic && proxied);
                zone.insert(set).unwrap();
            }
        }
        zone
    })
}
