//! What the provider offers to everyone: regions, sizes and public images.

use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::{
    images::{Image, ImageStatus, ImageType},
    regions::{Region, RegionSlug},
    sizes::{Amount, DiskInfo, DiskType, Size},
};

const REGIONS: &[(&str, &str)] = &[
    ("nyc1", "New York 1"),
    ("nyc2", "New York 2"),
    ("nyc3", "New York 3"),
    ("sfo2", "San Francisco 2"),
    ("sfo3", "San Francisco 3"),
    ("ams3", "Amsterdam 3"),
    ("sgp1", "Singapore 1"),
    ("lon1", "London 1"),
    ("fra1", "Frankfurt 1"),
    ("tor1", "Toronto 1"),
    ("blr1", "Bangalore 1"),
    ("syd1", "Sydney 1"),
];

/// Slug, class, MiB, processors, GiB, TiB of transfer, cents a month.
const SIZES: &[(&str, &str, u64, u32, u64, f64, i64)] = &[
    ("s-1vcpu-512mb-10gb", "Basic", 512, 1, 10, 0.5, 400),
    ("s-1vcpu-1gb", "Basic", 1024, 1, 25, 1.0, 600),
    ("s-1vcpu-2gb", "Basic", 2048, 1, 50, 2.0, 1200),
    ("s-2vcpu-2gb", "Basic", 2048, 2, 60, 3.0, 1800),
    ("s-2vcpu-4gb", "Basic", 4096, 2, 80, 4.0, 2400),
    ("s-4vcpu-8gb", "Basic", 8192, 4, 160, 5.0, 4800),
    ("s-8vcpu-16gb", "Basic", 16384, 8, 320, 6.0, 9600),
    ("c-2", "CPU-Optimized", 4096, 2, 25, 4.0, 4200),
    ("c-4", "CPU-Optimized", 8192, 4, 50, 5.0, 8400),
    ("g-2vcpu-8gb", "General Purpose", 8192, 2, 25, 4.0, 6300),
    ("m-2vcpu-16gb", "Memory-Optimized", 16384, 2, 50, 4.0, 8400),
];

const FEATURES: &[&str] =
    &["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer", "load_balancers"];

/// Slug, distribution, name.
const IMAGES: &[(&str, &str, &str)] = &[
    ("debian-11-x64", "Debian", "11 x64"),
    ("debian-12-x64", "Debian", "12 x64"),
    ("debian-13-x64", "Debian", "13 x64"),
    ("ubuntu-20-04-x64", "Ubuntu", "20.04 (LTS) x64"),
    ("ubuntu-22-04-x64", "Ubuntu", "22.04 (LTS) x64"),
    ("ubuntu-24-04-x64", "Ubuntu", "24.04 (LTS) x64"),
];

pub(super) fn regions() -> Vec<Region> {
    REGIONS.iter().filter_map(|(slug, _)| region(&RegionSlug::from(*slug))).collect()
}

pub(super) fn region(wanted: &RegionSlug) -> Option<Region> {
    let (slug, name) = REGIONS.iter().find(|(slug, _)| *slug == wanted.as_str())?;
    Some(Region {
        slug: RegionSlug::from(*slug),
        name: Some((*name).to_owned()),
        features: FEATURES.iter().map(ToString::to_string).collect(),
        // Full for years.
        available: Some(*slug != "nyc2"),
        sizes: SIZES.iter().map(|(slug, ..)| (*slug).to_owned()).collect(),
    })
}

pub(super) fn sizes() -> Vec<Size> {
    SIZES.iter().filter_map(|(slug, ..)| size(slug)).collect()
}

pub(super) fn size(wanted: &str) -> Option<Size> {
    const HOURS_A_MONTH: i64 = 672;
    let (slug, class, memory, vcpus, disk, transfer, cents) = SIZES.iter().find(|(slug, ..)| *slug == wanted)?;
    let price_monthly = Decimal::new(*cents, 2).normalize();
    Some(Size {
        slug: (*slug).to_owned(),
        memory: *memory,
        vcpus: *vcpus,
        disk: *disk,
        transfer: *transfer,
        price_monthly,
        price_hourly: (price_monthly / Decimal::from(HOURS_A_MONTH)).round_dp(5),
        regions: REGIONS.iter().map(|(slug, _)| RegionSlug::from(*slug)).collect(),
        available: true,
        description: Some((*class).to_owned()),
        disk_info: vec![DiskInfo {
            disk_type: DiskType::Local,
            size: Some(Amount { amount: *disk, unit: Some("gib".to_owned()) }),
        }],
        gpu_info: None,
    })
}

pub(super) fn images() -> Vec<Image> {
    let described = IMAGES.iter().zip(1..);
    described
        .map(|((slug, distribution, name), number)| Image {
            id: (100_000 + number).into(),
            name: Some((*name).to_owned()),
            image_type: Some(ImageType::Base),
            distribution: Some((*distribution).to_owned()),
            slug: Some((*slug).to_owned()),
            public: Some(true),
            regions: REGIONS.iter().map(|(slug, _)| RegionSlug::from(*slug)).collect(),
            created_at: Timestamp::from_second(1_700_000_000).ok(),
            min_disk_size: Some(7),
            size_gigabytes: Some(0.7),
            description: Some(format!("{distribution} {name}")),
            tags: Vec::new(),
            status: Some(ImageStatus::Available),
            error_message: None,
        })
        .collect()
}
