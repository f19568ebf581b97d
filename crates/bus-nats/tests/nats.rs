//! Two servers over one store, and a real NATS that is killed, stopped and cut off. `cargo xtask cloud-tools` installs it.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

#[path = "nats/proxy.rs"]
mod proxy;
#[path = "nats/server.rs"]
mod server;
#[path = "nats/world.rs"]
mod world;

use proxy::Proxy;
use rustix::process::Signal;
use server::Nats;
use std::time::Duration;
use world::{AT_ONCE, Servers, eventually};

/// How late changes may be seen when the bus fails.
const LATEST: Duration = Duration::from_millis(3_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notifications_reach_the_other_server_over_nats_at_once() {
    let nats = Nats::start();
    let servers = Servers::start(&[nats.url(), nats.url()]).await;
    servers.are_whole().await;
    for _ in 0..50 {
        let took = servers.commit_and_see(0, 1).await;
        assert!(took < AT_ONCE, "{took:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_notification_is_lost_when_nats_is_killed_and_restarted() {
    let mut nats = Nats::start();
    let servers = Servers::start(&[nats.url(), nats.url()]).await;
    for _ in 0..2 {
        servers.are_whole().await;
        nats.signal(Signal::KILL);
        for (from, to) in [(0, 1), (1, 0), (0, 1)] {
            let took = servers.commit_and_see(from, to).await;
            assert!(took < LATEST, "{took:?}");
        }
        eventually("clients are told", || servers.degraded() == [true, true]).await;
        nats = nats.again();
    }
    servers.are_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_notification_is_lost_when_nats_is_frozen() {
    let nats = Nats::start();
    let servers = Servers::start(&[nats.url(), nats.url()]).await;
    servers.are_whole().await;
    nats.signal(Signal::STOP);
    for (from, to) in [(0, 1), (1, 0), (0, 1)] {
        let took = servers.commit_and_see(from, to).await;
        assert!(took < LATEST, "{took:?}");
    }
    eventually("clients are told", || servers.degraded() == [true, true]).await;
    nats.signal(Signal::CONT);
    servers.are_whole().await;
    let took = servers.commit_and_see(0, 1).await;
    assert!(took < AT_ONCE, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_cut_off_from_nats_misses_no_change() {
    let nats = Nats::start();
    let proxy = Proxy::start(nats.port()).await;
    let servers = Servers::start(&[proxy.url(), nats.url()]).await;
    servers.are_whole().await;
    proxy.stall(true);
    for (from, to) in [(0, 1), (1, 0)] {
        let took = servers.commit_and_see(from, to).await;
        assert!(took < LATEST, "{took:?}");
    }
    eventually("both sides notice", || servers.degraded() == [true, true]).await;
    proxy.stall(false);
    servers.are_whole().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_that_start_before_nats_find_it_later() {
    let nats = Nats::start();
    let (url, nats) = (nats.url(), nats.gone());
    let servers = Servers::start(&[url.clone(), url]).await;
    let took = servers.commit_and_see(0, 1).await;
    assert!(took < LATEST, "{took:?}");
    let _nats = nats.start();
    servers.are_whole().await;
}
