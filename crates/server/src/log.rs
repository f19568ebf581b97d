//! The log: one JSON object a line on standard error, which never waits for its reader.

use crate::config::Config;
use std::sync::OnceLock;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that wait for the reader of standard error; further ones are dropped and counted.
const LINES: usize = 8_192;

static DROPPED: OnceLock<ErrorCounter> = OnceLock::new();

/// Begins to log. Lines are written by a separate thread; the rest is written when the result is dropped, unless nobody
/// reads. A function writes its lines synchronously: it is frozen as soon as it has answered, and so is that thread.
#[must_use]
pub fn as_json(config: &Config) -> Option<WorkerGuard> {
    let guard = if config.is_function {
        write_to(config, std::io::stderr);
        None
    } else {
        let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES).thread_name("log");
        let (writer, guard) = builder.finish(std::io::stderr());
        let _ = DROPPED.set(writer.error_counter());
        write_to(config, writer);
        Some(guard)
    };
    // Only the place: the text of a panic may quote messages.
    std::panic::set_hook(Box::new(|panic| {
        let at = panic.location().map(ToString::to_string);
        tracing::error!(at, "panicked");
    }));
    guard
}

fn write_to(config: &Config, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(config.log)
        .with_writer(writer)
        .init();
}

/// How many lines were dropped because the reader was too slow.
#[must_use]
pub fn dropped() -> u64 {
    DROPPED.get().map_or(0, |counter| counter.dropped_lines() as u64)
}
