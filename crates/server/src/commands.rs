//! The commands of the binary. Exit codes: 0 for success, 1 for a failure, 2 for a wrong setting.

use crate::cli::{CheckArgs, Cli, Command, Settings, TableCommand, TokenArgs, one_line, with_joined_values};
use crate::config::{Config, ConfigError, seconds};
use crate::engines::Engines;
use crate::measured::EmbeddedLauncher;
use crate::system::{SystemClock, SystemRandom};
use crate::{doctor, log, start, turn_config};
use clap::Parser;
use clap::error::ErrorKind;
use jobline_chat::UserId;
use jobline_identity::{Identity, IdentitySettings};
use jobline_tools::doctor::Findings;
use jobline_tools::{bench, check, transfer};
use std::fmt::Display;
use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// Why a command failed: one line, and the exit code.
struct CommandError {
    code: u8,
    line: String,
}

impl CommandError {
    fn failed(error: impl Display) -> Self {
        Self { code: 1, line: error.to_string() }
    }

    fn wrong(error: impl Display) -> Self {
        Self { code: 2, line: error.to_string() }
    }
}

impl From<ConfigError> for CommandError {
    fn from(error: ConfigError) -> Self {
        Self::wrong(error)
    }
}

/// The program: reads the command line and the environment, runs the command, and returns its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse_from(with_joined_values(std::env::args_os())) {
        Ok(cli) => cli,
        Err(asked) if matches!(asked.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            // The reader may be gone already, as in `jobline --help | head -1`.
            let _ = asked.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => return end(&CommandError::wrong(one_line(&error))),
    };
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => end(&why),
    }
}

fn end(why: &CommandError) -> ExitCode {
    use std::io::Write;
    let line: Vec<&str> = why.line.split_whitespace().collect();
    let _ = writeln!(std::io::stderr(), "jobline: {}", line.join(" "));
    ExitCode::from(why.code)
}

fn run(cli: &Cli) -> Result<(), CommandError> {
    if matches!(cli.command, Some(Command::Doctor)) {
        return doctor(&cli.settings);
    }
    let config = Config::new(&cli.settings)?;
    match &cli.command {
        None | Some(Command::Serve) if config.is_function => function(&config),
        None | Some(Command::Serve) => serve(&config),
        Some(Command::Token(args)) => token(&config, args),
        Some(Command::Export { file }) => runtime()?.block_on(async {
            let engines = Engines::open_existing(&config, &config.base_url(config.listen)).await?;
            copied("exported", &engines, transfer::export(engines.transfer(), file).await).await
        }),
        Some(Command::Import { file, dry_run: true }) => {
            copy(&config, "dry run:", async |engines| transfer::dry_run(engines.transfer(), file).await)
        }
        Some(Command::Import { file, dry_run: false }) => {
            copy(&config, "imported", async |engines| transfer::import(engines.transfer(), file).await)
        }
        Some(Command::Table(what)) => table(&config, *what),
        Some(Command::Check(args)) => check(&cli.settings, args),
        Some(Command::Doctor) => doctor(&cli.settings),
        Some(Command::TurnConfig(args)) => {
            print!("{}", turn_config::text(&config, args)?);
            Ok(())
        }
        Some(Command::Bench(args)) => runtime()?
            .block_on(bench::run(args, &EmbeddedLauncher, &mut std::io::stdout()))
            .map_err(CommandError::failed),
    }
}

fn serve(config: &Config) -> Result<(), CommandError> {
    let _log = log::as_json(config);
    let runtime = runtime()?;
    let ended = runtime.block_on(async { Ok(start::run(config, stop_signal()?).await?) });
    // Tasks that still wait for a disk or another machine have no client left.
    runtime.shutdown_background();
    ended
}

/// A function serves one request at a time, so one thread is enough, and starts fastest.
#[cfg(feature = "aws")]
fn function(config: &Config) -> Result<(), CommandError> {
    let _log = log::as_json(config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::failed)?;
    runtime.block_on(crate::lambda::run(config)).map_err(CommandError::wrong)
}

#[cfg(not(feature = "aws"))]
fn function(_: &Config) -> Result<(), CommandError> {
    Err(CommandError::wrong(
        "AWS_LAMBDA_RUNTIME_API is set, but this build is no Lambda function; build one: cargo build --release \
         --features aws",
    ))
}

fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CommandError::failed)
}

/// How long after the signal the process ends at the latest, for instance if a thread waits for a disk that does not answer.
/// Everything that was answered is on disk, so nothing is lost.
const END_WITHIN: Duration = Duration::from_millis(9_500);

/// A future that is ready at the first SIGTERM or SIGINT; the process ends within [`END_WITHIN`] of it. It catches signals
/// from now on, not only once it is polled: one may come right after the server says that it listens.
fn stop_signal() -> Result<impl Future<Output = ()>, CommandError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(CommandError::failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CommandError::failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        std::thread::spawn(|| {
            std::thread::sleep(END_WITHIN);
            std::process::exit(0);
        });
    })
}

fn token(config: &Config, args: &TokenArgs) -> Result<(), CommandError> {
    let user = UserId::new(&args.user).ok_or_else(|| {
        CommandError::wrong("--user is not a user id; accepted are 1 to 128 of A–Z a–z 0–9 . _ | @ : + = ~ -")
    })?;
    let ttl = duration("--ttl", &args.ttl)?;
    let Some(secret) = &config.identity.jwt_secret else {
        return Err(ConfigError::new("jwt-secret", "is missing: tokens are signed with it").into());
    };
    let settings = IdentitySettings {
        jwt_secret: Some(secret.expose().to_owned()),
        issuer: config.identity.issuer.clone(),
        audience: config.identity.audience.clone(),
        ..IdentitySettings::default()
    };
    let identity = Identity::new(settings, Arc::new(SystemClock)).map_err(CommandError::wrong)?;
    let minted = identity.mint(&user, ttl).map_err(CommandError::failed)?;
    println!("{}", minted.token);
    Ok(())
}

#[cfg_attr(not(feature = "aws"), expect(unused_variables, reason = "no engine of this build has a table"))]
fn table(config: &Config, what: TableCommand) -> Result<(), CommandError> {
    #[cfg(feature = "aws")]
    if let crate::config::StoreKind::DynamoDb { table } = &config.store {
        let said = runtime()?.block_on(async {
            match what {
                TableCommand::Create => crate::engines::create_table(table).await,
                TableCommand::Check => crate::engines::check_table(table).await,
            }
        });
        println!("{}", said.map_err(CommandError::failed)?);
        return Ok(());
    }
    Err(ConfigError::new("store", "is embedded, which has no table; set --store dynamodb and --dynamodb-table").into())
}

/// Opens the engines, copies, and closes them again.
fn copy<T: Display, E: Display>(
    config: &Config,
    done: &str,
    copying: impl AsyncFnOnce(&Engines) -> Result<T, E>,
) -> Result<(), CommandError> {
    runtime()?.block_on(async {
        let engines = Engines::open(config, &config.base_url(config.listen)).await?;
        copied(done, &engines, copying(&engines).await).await
    })
}

/// Closes the engines, and says what was copied.
async fn copied<T: Display, E: Display>(
    done: &str,
    engines: &Engines,
    copied: Result<T, E>,
) -> Result<(), CommandError> {
    engines.close().await;
    println!("{done} {}", copied.map_err(CommandError::failed)?);
    Ok(())
}

fn check(settings: &Settings, args: &CheckArgs) -> Result<(), CommandError> {
    let target = check::Target {
        url: args.url.clone(),
        host_key: settings.host_key.clone(),
        jwt_secret: settings.jwt_secret.clone(),
        timeout: duration("--timeout", &args.timeout)?,
    };
    let well = check::run(&target, Arc::new(SystemClock), &SystemRandom, &mut std::io::stdout());
    if well {
        Ok(())
    } else {
        Err(CommandError::failed(format_args!("{} did not pass the checks listed above", args.url)))
    }
}

fn doctor(settings: &Settings) -> Result<(), CommandError> {
    let mut out = std::io::stdout();
    let mut findings = Findings::new(&mut out);
    runtime()?.block_on(doctor::run(settings, &mut findings));
    match findings.end() {
        0 => Ok(()),
        _ => Err(CommandError::failed("the deployment has the problems listed above")),
    }
}

/// A number with a unit: 90s, 15m, 1h, 30d; at most a year.
fn duration(flag: &str, text: &str) -> Result<Duration, CommandError> {
    const YEAR: u64 = 365 * 86_400;
    match seconds(text).filter(|seconds| (1..=YEAR).contains(seconds)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(CommandError::wrong(format!(
            "{flag} is \"{text}\"; accepted is a number with s, m, h or d, at most 365d"
        ))),
    }
}
