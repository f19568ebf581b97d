//! What one process does to an engine, and the figures that it prints.

use crate::engines::{Engine, open};
use crate::{CLIENTS, RUN, Result, Rows};
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Row `number`, in the order in which messages of ten thousand conversations arrive.
pub(crate) fn row(number: u64, bytes: usize) -> (Vec<u8>, Vec<u8>) {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let key = format!("CONVERSATION#conv_{:04}\0MESSAGE#2026-01-01T{number:012}#{mixed:016x}", (mixed >> 40) % 10_000);
    let mut value = format!("{{\"v\":1,\"number\":{number},\"content\":\"");
    let mut state = mixed | 1;
    while value.len() + 2 < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        value.push(char::from(b'a' + (state % 26) as u8));
    }
    value.push_str("\"}");
    (key.into_bytes(), value.into_bytes())
}

/// Rows a second when 64 clients each wait for one row, and what is queued is written together.
pub(crate) fn clients(engine: &mut dyn Engine) -> Result<f64> {
    let (submit, queue) = mpsc::channel::<((Vec<u8>, Vec<u8>), mpsc::SyncSender<()>)>();
    let begin = Instant::now();
    let mut written = 0u64;
    std::thread::scope(|scope| {
        for client in 0..CLIENTS as u64 {
            let submit = submit.clone();
            scope.spawn(move || {
                let (reply, answer) = mpsc::sync_channel(1);
                let mut number = client;
                while begin.elapsed() < RUN && submit.send((row(number, 300), reply.clone())).is_ok() {
                    if answer.recv().is_err() {
                        return;
                    }
                    number += CLIENTS as u64;
                }
            });
        }
        drop(submit);
        while let Ok(first) = queue.recv() {
            let (rows, replies): (Rows, Vec<_>) = std::iter::once(first).chain(queue.try_iter()).unzip();
            written += rows.len() as u64;
            engine.write(rows)?;
            replies.iter().try_for_each(|reply| reply.send(()))?;
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    Ok(written as f64 / begin.elapsed().as_secs_f64())
}

/// Rows a second in batches of 64 commits of five rows; the slowest of a hundred batches, and the slowest.
pub(crate) fn batches(engine: &mut dyn Engine, bytes: usize) -> Result<(f64, Duration, Duration)> {
    let (mut number, mut busy, mut times) = (0, Duration::ZERO, Vec::new());
    while busy < RUN {
        let rows: Rows = (0..64 * 5).map(|offset| row(number + offset, bytes)).collect();
        number += 64 * 5;
        let begin = Instant::now();
        engine.write(rows)?;
        times.push(begin.elapsed());
        busy += begin.elapsed();
    }
    times.sort();
    Ok((number as f64 / busy.as_secs_f64(), times[times.len() * 99 / 100], times[times.len() - 1]))
}

pub(crate) fn child(engine_name: &str, what: &str, folder: &Path) -> Result<()> {
    let begin = Instant::now();
    let mut engine = open(engine_name, folder)?;
    match what {
        "clients" => println!("rows {}", clients(&mut *engine)?),
        "300" | "1000" => {
            let (rows, p99, worst) = batches(&mut *engine, what.parse()?)?;
            println!("rows {rows}\np99 {}\nworst {}", millis(p99), millis(worst));
        }
        "load" => {
            for first in (0..load_rows()).step_by(1000) {
                engine.write((first..first + 1000).map(|number| row(number, 300)).collect())?;
            }
            println!("memory {}\nloaded 1", memory()?);
            std::io::stdout().flush()?;
            // Closes when told to; killed otherwise.
            if std::io::stdin().lines().next().is_some() {
                engine.close();
            }
            return Ok(());
        }
        _ => {
            let found = engine.read(&row(load_rows() - 1, 300).0)? && engine.read(&row(7, 300).0)?;
            println!("start {}\nfound {}", millis(begin.elapsed()), u8::from(found));
            println!("memory {}", memory()?);
        }
    }
    Ok(())
}

/// Rows for the measurements of starts, memory and files.
pub(crate) fn load_rows() -> u64 {
    std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000)
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Resident memory of this process in MB.
pub(crate) fn memory() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_ascii_whitespace().nth(1).ok_or("no number")?.parse::<f64>()? / 1024.0)
}
