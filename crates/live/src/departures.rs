//! Telling people that somebody they saw online has gone.

use crate::{hub::Hub, ports::Ports};
use std::time::Duration;

/// How often it is looked who has gone.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Tells of departures for as long as it is polled. Who may know of one is found out then: a job may have been closed, and a
/// user blocked, since they came.
pub async fn tell_departures(hub: &Hub, ports: &Ports) {
    loop {
        ports.clock.sleep(LOOK_EVERY).await;
        for departure in hub.departures(ports.clock.now_ms()) {
            // Where it cannot be found out, nobody may know.
            let circle = ports.circles.of(departure.user()).await.unwrap_or_default();
            hub.tell_departure(departure, &circle);
        }
    }
}
