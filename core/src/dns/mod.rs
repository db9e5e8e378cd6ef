//! DNS as data: names, records, zones and zone files; nothing here touches the network.

mod data;
mod dnssec;
mod name;
mod plan;
mod provider;
mod record;
mod token;
#[cfg(feature = "wire")]
pub mod wire;
mod zone;
pub mod zonefile;

pub use data::{
    Caa, DataError, Dnskey, Ds, Loc, Mx, Naptr, Opaque, RecordData, Soa, Srv, Sshfp, SvcParam, SvcParams, Svcb, Tlsa,
    Txt, Uri,
};
pub use dnssec::DigestType;
pub use name::{Name, NameError};
pub use plan::{Change, Plan, PlanStats, Safety, SafetyViolation, Scope, Violation};
pub use provider::{
    AliasScope, ApplyError, Atomicity, DnsCapabilities, DnsProvider, DnsProviderExt, DnssecSigner, Finding, KeyInfo,
    Receipt, Severity, SigningStatus, TxtLimits, TxtOctets, ZoneInfo, audit_against,
};
pub use record::{RecordSet, RecordSetError, RecordType, RecordTypeError, Ttl};
pub use zone::{LeftAlone, OutOfZone, Zone, ZoneSnapshot};
