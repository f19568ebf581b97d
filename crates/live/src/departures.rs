//! Notifying users that a presence peer whom they saw online has gone offline.

use crate::{hub::Hub, ports::Ports};
use std::time::Duration;

/// How often it is checked who has gone offline.
const CHECKED_EVERY: Duration = Duration::from_secs(5);

/// Announces departures for as long as it is polled. Who may learn of a departure is read at that time: a job may have
/// been closed, and a user blocked, since they came.
pub async fn tell_departures(hub: &Hub, ports: &Ports) {
    loop {
        ports.clock.sleep(CHECKED_EVERY).await;
        for departure in hub.departures(ports.clock.now_ms()) {
            // If the presence peers cannot be read, nobody learns of the departure.
            let presence_peers = ports.presence_peers.of(departure.user()).await.unwrap_or_default();
            hub.tell_departure(departure, &presence_peers);
        }
    }
}
