//! Whether one message stands for many when much fails at a time.
//!
//! ```
//! use howdah_uptimerobot::monitors::storm_protection::{StormProtectionUpdate, ThresholdType};
//! # use howdah_uptimerobot::testing::FakeUptimeRobot;
//! # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> howdah_core::Result<()> {
//! # let robot = FakeUptimeRobot::new().client();
//! let storm = robot.monitors().storm_protection();
//! let update = StormProtectionUpdate::new().with_is_enabled(true).with_threshold_type(ThresholdType::Count);
//! let settings = storm.update(update.with_threshold_value(5u32)).await?;
//! assert_eq!(settings.is_enabled, Some(true));
//! # Ok(()) }
//! ```
//!
//! These operations are known from the service's other clients; its published document does not have them.

use howdah_core::{
    endpoints,
    http::{Api, Call},
    input, open_enum,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! {
    GET:    ()                    => StormProtectionSettings = get("/monitors/storm-protection");
    UPDATE: StormProtectionUpdate => StormProtectionSettings = patch("/monitors/storm-protection");
}

/// The storm protection. Reach it through [`Monitors::storm_protection`](super::Monitors::storm_protection).
#[derive(Clone, Debug)]
pub struct StormProtection(pub(super) Api);

impl StormProtection {
    /// Reads when one message stands for many.
    ///
    /// `GET /monitors/storm-protection`
    pub fn get(&self) -> Call<StormProtectionSettings> {
        self.0.send(&GET, [], ())
    }

    /// Says when one message stands for many.
    ///
    /// `PATCH /monitors/storm-protection`
    pub fn update(&self, update: StormProtectionUpdate) -> Call<StormProtectionSettings> {
        self.0.send(&UPDATE, [], update)
    }
}

/// When one message stands for many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs)]
pub struct StormProtectionSettings {
    pub is_enabled: Option<bool>,
    pub threshold_type: Option<ThresholdType>,
    pub threshold_value: Option<f64>,
    /// The time within which failures are counted.
    pub window_minutes: Option<f64>,
    /// What else there is to it.
    pub config: Option<Value>,
}

open_enum! {
    /// What is counted.
    pub enum ThresholdType {
        /// Monitors.
        Count = "Count",
        /// Per cent of the monitors.
        Percentage = "Percentage",
    }
}

input! {
    /// What changes in when one message stands for many.
    #[serde(rename_all = "camelCase")]
    pub struct StormProtectionUpdate {} optional {
        is_enabled: bool,
        threshold_type: ThresholdType,
        threshold_value: u32,
        /// The time within which failures are counted.
        window_minutes: u32,
    }
}
