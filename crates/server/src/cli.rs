//! The command line: commands, and every setting as text. [`crate::config`] checks the text, so that a flag and an
//! environment variable are checked in the same way.

mod settings;

pub use settings::Settings;

use clap::{Args, CommandFactory, Parser, Subcommand};
use jobline_tools::bench::BenchArgs;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  jobline
      With an empty ./jobline-data, a demo on http://127.0.0.1:8080: people, jobs and conversations to try.
  JOBLINE_JWT_SECRET=… JOBLINE_HOST_KEY=… jobline --listen 0.0.0.0:8080 --public-url https://chat.example.com
      Behind a TLS proxy. Make each secret with: openssl rand -hex 32
  jobline --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --jwks-url https://example.com/jwks.json
      HTTPS by the server itself, user tokens signed by the host's own keys.
  jobline token --user anna --ttl 1h
      Prints a user token signed with --jwt-secret.

Every setting is a flag and an environment variable: --send-rate is JOBLINE_SEND_RATE. The flag wins over the variable.
Keep secrets in the environment: flags can be read by everyone on the machine.";

/// Flags that are on or off; without a value they are on.
const SWITCHES: [&str; 4] = ["--trust-proxy", "--webhook-allow-private", "--webhook-content", "--mail-content"];
const SWITCH_VALUES: [&str; 6] = ["on", "off", "true", "false", "1", "0"];

/// Messaging for job marketplaces, in one binary.
#[derive(Debug, Parser)]
#[command(name = "jobline", version, about, after_help = EXAMPLES, max_term_width = 120)]
pub struct Cli {
    /// The command; `serve` when it is left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub settings: Settings,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API and the web app (the default command).
    Serve,
    /// Print a user token signed with the configured secret.
    Token(TokenArgs),
    /// Write every row and file of the configured store to a file.
    Export {
        /// The file to write.
        file: PathBuf,
    },
    /// Read every row and file of an export into the configured store.
    Import {
        /// The file to read.
        file: PathBuf,
        /// Read and verify the whole file and say what an import would do; write nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// Create or check the table of --store dynamodb.
    #[command(subcommand)]
    Table(TableCommand),
    /// Run a synthetic conversation against a running deployment and say what failed.
    Check(CheckArgs),
    /// Check from this machine that everything the settings refer to works, and say what to do where it does not.
    Doctor,
    /// Print a configuration of coturn, a TURN server, that matches --turn-url and --turn-secret.
    TurnConfig(TurnConfigArgs),
    /// Generate load and measure; produces the figures in the documentation.
    Bench(BenchArgs),
}

/// What `jobline table` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum TableCommand {
    /// Create the table with on-demand capacity, unless it exists; turn on time to live and point-in-time recovery.
    Create,
    /// Say what is wrong with the table: keys, time to live, permissions.
    Check,
}

/// Arguments of `jobline token`.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// The user id that the token is for.
    #[arg(long, value_name = "ID")]
    pub user: String,
    /// How long the token is valid: a number with s, m, h or d, at most 365d.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub ttl: String,
}

/// Arguments of `jobline check`.
#[derive(Debug, Clone, Args)]
pub struct CheckArgs {
    /// The URL of the deployment, such as https://chat.example.com. Uses --host-key, and --jwt-secret if set.
    pub url: String,
    /// The longest that one call may take: a number with s, m or h.
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub timeout: String,
}

/// Arguments of `jobline turn-config`.
#[derive(Debug, Clone, Args)]
pub struct TurnConfigArgs {
    /// The address of the TURN server, as devices reach it.
    #[arg(long, value_name = "IP")]
    pub address: Option<std::net::IpAddr>,
    /// Its address in its own network, if that is another one: behind NAT, as in most clouds.
    #[arg(long, value_name = "IP", requires = "address")]
    pub inner_address: Option<std::net::IpAddr>,
}

/// The command line, with values joined to their flags where `clap` would misread them: a switch without a value gets `on`,
/// and a command after it is not its value; any other word after a switch is, and so is a negative number after a flag. So
/// the setting itself refuses a wrong value, and says what is accepted.
#[must_use]
pub fn with_joined_values(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    let mut arguments = arguments.into_iter().peekable();
    while let Some(argument) = arguments.next() {
        let next = arguments.peek().and_then(|next| next.to_str());
        let switch = SWITCHES.iter().any(|switch| argument == *switch);
        let takes_next = match next {
            Some(next) if switch => is_switch_value(next, &joined),
            Some(next) => is_flag(&argument) && is_negative(next),
            None => false,
        };
        if takes_next && let Some(next) = arguments.next() {
            joined.push([argument, next].join(OsStr::new("=")));
        } else if switch {
            joined.extend([argument, "on".into()]);
        } else {
            joined.push(argument);
        }
    }
    joined
}

/// Whether `word` after a switch is its value, and not a flag, a command or the argument of a command.
fn is_switch_value(word: &str, before: &[OsString]) -> bool {
    let cli = Cli::command();
    let command = |word: &OsStr| cli.get_subcommands().find(|one| word == one.get_name());
    let takes_argument = |one: &clap::Command| one.has_subcommands() || one.get_positionals().next().is_some();
    let taken = word.starts_with("--") || command(OsStr::new(word)).is_some();
    SWITCH_VALUES.contains(&word) || !(taken || before.iter().any(|word| command(word).is_some_and(takes_argument)))
}

fn is_flag(argument: &OsStr) -> bool {
    argument
        .to_str()
        .is_some_and(|argument| argument.starts_with("--") && argument.len() > 2 && !argument.contains('='))
}

fn is_negative(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit() || first == '.'))
}

/// The error of `clap` about a wrong command line, in one line.
#[must_use]
pub fn one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let message = text.split("\n\n").filter(|part| !part.starts_with("Usage") && !part.starts_with("For more"));
    let parts: Vec<String> = message.map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let line = parts.join("; ").replace("; tip: ", "; ");
    format!("{}; see jobline --help", line.strip_prefix("error: ").unwrap_or(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_without_a_value_is_on_also_before_a_command() {
        for (arguments, said) in [
            (&["jobline", "--trust-proxy", "serve"][..], "on"),
            (&["jobline", "serve", "--trust-proxy"], "on"),
            (&["jobline", "--trust-proxy", "off", "serve"], "off"),
            (&["jobline", "--trust-proxy=off"], "off"),
        ] {
            let cli = parsed(arguments);
            assert_eq!(cli.settings.trust_proxy.as_deref(), Some(said));
        }
    }

    fn parsed(arguments: &[&str]) -> Cli {
        Cli::try_parse_from(with_joined_values(arguments.iter().map(OsString::from))).expect("a command line")
    }

    #[test]
    fn a_wrong_value_reaches_its_setting() {
        assert_eq!(parsed(&["jobline", "--send-rate", "-1"]).settings.send_rate.as_deref(), Some("-1"));
        assert_eq!(parsed(&["jobline", "serve", "--mail-after", "-1m"]).settings.mail_after.as_deref(), Some("-1m"));
        assert_eq!(parsed(&["jobline", "--trust-proxy", "maybe"]).settings.trust_proxy.as_deref(), Some("maybe"));
        assert_eq!(parsed(&["jobline", "--trust-proxy", "-1"]).settings.trust_proxy.as_deref(), Some("-1"));
        let serve = parsed(&["jobline", "serve", "--webhook-content", "maybe"]);
        assert_eq!(serve.settings.webhook_content.as_deref(), Some("maybe"));
        let export = parsed(&["jobline", "export", "--trust-proxy", "backup.tar"]);
        assert_eq!(export.settings.trust_proxy.as_deref(), Some("on"));
        assert!(matches!(export.command, Some(Command::Export { .. })));
    }
}
