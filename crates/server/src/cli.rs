//! The command line: commands, and every setting as text. [`crate::config`] checks the text, so that a flag and an
//! environment variable are checked in the same way.

use clap::{Args, CommandFactory, Parser, Subcommand};
use jobline_tools::bench::BenchArgs;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  jobline
      A demo on http://127.0.0.1:8080 with an empty ./jobline-data: people, jobs and conversations to click through.
  JOBLINE_JWT_SECRET=… JOBLINE_HOST_KEY=… jobline --listen 0.0.0.0:8080 --public-url https://chat.example.com
      Behind a proxy that encrypts. Make each secret with: openssl rand -hex 32
  jobline --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --jwks-url https://example.com/jwks.json
      HTTPS by the server itself, user tokens signed by the host's own keys.
  jobline token --user anna --ttl 1h
      Prints a user token signed with --jwt-secret.

Every setting is a flag with an environment twin: --send-rate is JOBLINE_SEND_RATE. A flag wins over its twin.
Keep secrets in the environment: flags can be read by everyone on the machine.";

/// Flags that are on or off, and on where nothing else is said.
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
    /// Serve API and web app (what happens without a command).
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
    /// Make or check the table of --store dynamodb.
    #[command(subcommand)]
    Table(TableCommand),
    /// Run a synthetic conversation against a running deployment and say what failed.
    Check(CheckArgs),
    /// Look at what the settings name, from this machine, and say for each whether it is right and what to do.
    Doctor,
    /// Print a configuration of coturn, the TURN server, for --turn-url and --turn-secret.
    TurnConfig(TurnConfigArgs),
    /// Generate load and measure; makes the figures in the documentation.
    Bench(BenchArgs),
}

/// What `jobline table` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum TableCommand {
    /// Make the table with on-demand capacity, or find it; switch time to live and point-in-time recovery on.
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
    /// Its address in its own network, where that is another one: behind a router, as in most clouds.
    #[arg(long, value_name = "IP", requires = "address")]
    pub inner_address: Option<std::net::IpAddr>,
}

/// Every setting, as it was written; `None`: it was left out.
#[derive(Clone, Default, Args)]
pub struct Settings {
    /// The address to listen on; port 0 picks a free one. [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "JOBLINE_LISTEN", value_name = "HOST:PORT", help_heading = "Server")]
    pub listen: Option<String>,
    /// How browsers reach this server, such as https://chat.example.com or https://example.com/chat. [default: the
    /// request's own scheme and Host]
    #[arg(long, global = true, env = "JOBLINE_PUBLIC_URL", value_name = "URL", help_heading = "Server")]
    pub public_url: Option<String>,
    /// Take scheme, host and address of a request from X-Forwarded-* or Forwarded: on, behind a proxy that sets them and
    /// that nobody can go round. [default: off]
    #[arg(
        long,
        global = true,
        env = "JOBLINE_TRUST_PROXY",
        value_name = "on|off",
        num_args = 0..=1,
        default_missing_value = "on",
        help_heading = "Server"
    )]
    pub trust_proxy: Option<String>,
    /// PEM file of the certificate chain: HTTPS by the server itself, reloaded when the file changes.
    #[arg(long, global = true, env = "JOBLINE_TLS_CERT", value_name = "FILE", help_heading = "Server")]
    pub tls_cert: Option<String>,
    /// PEM file of the certificate's private key.
    #[arg(long, global = true, env = "JOBLINE_TLS_KEY", value_name = "FILE", help_heading = "Server")]
    pub tls_key: Option<String>,
    /// Origins of the host's pages that may call the API, comma separated: https://example.com,https://www.example.com
    #[arg(long, global = true, env = "JOBLINE_ALLOWED_ORIGINS", value_name = "ORIGINS", help_heading = "Server")]
    pub allowed_origins: Option<String>,
    /// How many connections may be open at a time. [default: 10000]
    #[arg(long, global = true, env = "JOBLINE_MAX_CONNECTIONS", value_name = "NUMBER", help_heading = "Server")]
    pub max_connections: Option<String>,
    /// How much to log on standard error: error, warn, info, debug or off. [default: info]
    #[arg(long, global = true, env = "JOBLINE_LOG", value_name = "LEVEL", help_heading = "Server")]
    pub log: Option<String>,

    /// HS256 secret of the user tokens, at least 32 bytes.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_JWT_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Who may call"
    )]
    pub jwt_secret: Option<String>,
    /// URL of the public keys of the user tokens (RS256, ES256, EdDSA).
    #[arg(long, global = true, env = "JOBLINE_JWKS_URL", value_name = "URL", help_heading = "Who may call")]
    pub jwks_url: Option<String>,
    /// A file with the public keys of the user tokens.
    #[arg(long, global = true, env = "JOBLINE_JWKS_FILE", value_name = "FILE", help_heading = "Who may call")]
    pub jwks_file: Option<String>,
    /// What `iss` in a user token must be.
    #[arg(long, global = true, env = "JOBLINE_JWT_ISSUER", value_name = "TEXT", help_heading = "Who may call")]
    pub jwt_issuer: Option<String>,
    /// What `aud` in a user token must be or contain.
    #[arg(long, global = true, env = "JOBLINE_JWT_AUDIENCE", value_name = "TEXT", help_heading = "Who may call")]
    pub jwt_audience: Option<String>,
    /// Key of the host API, at least 32 bytes; without it the host API is closed.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_HOST_KEY",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Who may call"
    )]
    pub host_key: Option<String>,

    /// Folder of the embedded store and local files. [default: ./jobline-data]
    #[arg(long, global = true, env = "JOBLINE_DATA", value_name = "FOLDER", help_heading = "Storage")]
    pub data: Option<String>,
    /// Where rows are kept: embedded or dynamodb. [default: embedded]
    #[arg(long, global = true, env = "JOBLINE_STORE", value_name = "ENGINE", help_heading = "Storage")]
    pub store: Option<String>,
    /// The table of --store dynamodb.
    #[arg(long, global = true, env = "JOBLINE_DYNAMODB_TABLE", value_name = "NAME", help_heading = "Storage")]
    pub dynamodb_table: Option<String>,
    /// Where files are kept: local or s3. [default: local]
    #[arg(long, global = true, env = "JOBLINE_FILES", value_name = "ENGINE", help_heading = "Storage")]
    pub files: Option<String>,
    /// The bucket of --files s3.
    #[arg(long, global = true, env = "JOBLINE_S3_BUCKET", value_name = "NAME", help_heading = "Storage")]
    pub s3_bucket: Option<String>,
    /// Messages and files older than this many days disappear; 0 keeps them. [default: 0]
    #[arg(long, global = true, env = "JOBLINE_RETENTION_DAYS", value_name = "DAYS", help_heading = "Storage")]
    pub retention_days: Option<String>,
    /// Files older than this many days disappear, their messages stay; 0 keeps them. [default: 0]
    #[arg(long, global = true, env = "JOBLINE_FILE_RETENTION_DAYS", value_name = "DAYS", help_heading = "Storage")]
    pub file_retention_days: Option<String>,

    /// Messages a minute for one sender; 0 is no limit. [default: 10]
    #[arg(long, global = true, env = "JOBLINE_SEND_RATE", value_name = "NUMBER", help_heading = "Messages")]
    pub send_rate: Option<String>,
    /// Minutes for which the sender may edit a message; 0 is never. [default: 15]
    #[arg(long, global = true, env = "JOBLINE_EDIT_MINUTES", value_name = "MINUTES", help_heading = "Messages")]
    pub edit_minutes: Option<String>,
    /// Hours for which the sender may delete a message; 0 is never. [default: 24]
    #[arg(long, global = true, env = "JOBLINE_DELETE_HOURS", value_name = "HOURS", help_heading = "Messages")]
    pub delete_hours: Option<String>,
    /// Files a minute that one user may announce; 0 is no limit. [default: 20]
    #[arg(long, global = true, env = "JOBLINE_UPLOAD_RATE", value_name = "NUMBER", help_heading = "Messages")]
    pub upload_rate: Option<String>,
    /// Where signed events go: https; http only with --webhook-allow-private.
    #[arg(long, global = true, env = "JOBLINE_WEBHOOK_URL", value_name = "URL", help_heading = "Messages")]
    pub webhook_url: Option<String>,
    /// What the events are signed with: whsec_ and base64 of 24 to 64 bytes; two, with a comma, while one is replaced.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Messages"
    )]
    pub webhook_secret: Option<String>,
    /// Whether events hold the text of messages: on or off. [default: off]
    #[arg(
        long,
        global = true,
        env = "JOBLINE_WEBHOOK_CONTENT",
        num_args = 0..=1,
        default_missing_value = "on",
        value_name = "on|off",
        help_heading = "Messages"
    )]
    pub webhook_content: Option<String>,
    /// Whether events go to private and link-local addresses: on or off. [default: off]
    #[arg(
        long,
        global = true,
        env = "JOBLINE_WEBHOOK_ALLOW_PRIVATE",
        num_args = 0..=1,
        default_missing_value = "on",
        value_name = "on|off",
        help_heading = "Messages"
    )]
    pub webhook_allow_private: Option<String>,

    /// The mail server for mail about unread messages: smtp://user:password@host:587, or smtps:// with port 465.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_SMTP_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Messages"
    )]
    pub smtp_url: Option<String>,
    /// Who that mail comes from: chat@example.com, or Example <chat@example.com>.
    #[arg(long, global = true, env = "JOBLINE_MAIL_FROM", value_name = "ADDRESS", help_heading = "Messages")]
    pub mail_from: Option<String>,
    /// Whether mail holds the text of messages: on or off. [default: off]
    #[arg(
        long,
        global = true,
        env = "JOBLINE_MAIL_CONTENT",
        num_args = 0..=1,
        default_missing_value = "on",
        value_name = "on|off",
        help_heading = "Messages"
    )]
    pub mail_content: Option<String>,
    /// After what time users and the host are told of messages that are still unread: 90s, 10m, 2h. [default: 10m]
    #[arg(long, global = true, env = "JOBLINE_MAIL_AFTER", value_name = "TIME", help_heading = "Messages")]
    pub mail_after: Option<String>,

    /// Push notifications about unread messages, for browsers that ask for them; push services reach you at this address, such
    /// as mailto:ops@example.com or https://example.com.
    #[arg(long, global = true, env = "JOBLINE_VAPID_SUBJECT", value_name = "ADDRESS", help_heading = "Messages")]
    pub vapid_subject: Option<String>,
    /// Push services of your own that may be called beside those of the browsers: origins, comma separated.
    #[arg(long, global = true, env = "JOBLINE_PUSH_SERVICES", value_name = "ORIGINS", help_heading = "Messages")]
    pub push_services: Option<String>,

    /// Live connections beside the polls, which make news arrive at once: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_LIVE", value_name = "on|off", help_heading = "Live")]
    pub live: Option<String>,
    /// The share of users to whom they are offered, always the same ones: 0 to 100. [default: 100]
    #[arg(long, global = true, env = "JOBLINE_LIVE_PERCENT", value_name = "PERCENT", help_heading = "Live")]
    pub live_percent: Option<String>,
    /// On Lambda, the WebSocket API of API Gateway over which clients hear that there is something to poll for:
    /// wss://abc123.execute-api.eu-central-1.amazonaws.com/live
    #[arg(long, global = true, env = "JOBLINE_LIVE_URL", value_name = "URL", help_heading = "Live")]
    pub live_url: Option<String>,
    /// NATS, over which several servers over one table tell each other what moved, such as nats://user:password@host:4222;
    /// several addresses with commas. Without it, and while it is down, they look every few seconds.
    #[arg(long, global = true, env = "JOBLINE_BUS", hide_env_values = true, value_name = "URL", help_heading = "Live")]
    pub bus: Option<String>,
    /// Whether jobs have group chats of all their participants: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_CREWS", value_name = "on|off", help_heading = "Messages")]
    pub crews: Option<String>,
    /// Whether people who share an open job see when the other is there: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_PRESENCE", value_name = "on|off", help_heading = "Live")]
    pub presence: Option<String>,
    /// Calls between users who are live: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_CALLS", value_name = "on|off", help_heading = "Calls")]
    pub calls: Option<String>,
    /// STUN servers, comma separated, for calls without a relay: stun:stun.example.com
    #[arg(long, global = true, env = "JOBLINE_STUN_URL", value_name = "URLS", help_heading = "Calls")]
    pub stun_url: Option<String>,
    /// The TURN server that relays calls, its URLs comma separated:
    /// turn:turn.example.com:3478,turns:turn.example.com:5349?transport=tcp
    #[arg(long, global = true, env = "JOBLINE_TURN_URL", value_name = "URLS", help_heading = "Calls")]
    pub turn_url: Option<String>,
    /// The secret that the TURN server shares with this one: static-auth-secret of coturn.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_TURN_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Calls"
    )]
    pub turn_secret: Option<String>,
    /// Whether calls always go through the TURN server, so that nobody learns the other's address (relay), or may go from
    /// device to device (direct). [default: relay with --turn-url, direct without]
    #[arg(long, global = true, env = "JOBLINE_CALL_PRIVACY", value_name = "relay|direct", help_heading = "Calls")]
    pub call_privacy: Option<String>,

    /// Set by AWS Lambda, where the program is a function.
    #[arg(long, global = true, env = "AWS_LAMBDA_RUNTIME_API", hide = true)]
    pub lambda_runtime_api: Option<String>,
}

/// Some settings are secrets, so none is ever printed.
impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Settings(…)")
    }
}

/// The command line with every value joined to its flag where `clap` would take it for something else: `on` behind a switch
/// that stands alone, since a command after it is no value of it; any other word behind a switch; a negative number.
/// So it is the setting that refuses a wrong value, and says what is accepted.
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

/// Whether `word` behind a switch is its value, and neither a flag, nor a command, nor what a command works on.
fn is_switch_value(word: &str, before: &[OsString]) -> bool {
    let cli = Cli::command();
    let command = |word: &OsStr| cli.get_subcommands().find(|one| word == one.get_name());
    let works_on = |one: &clap::Command| one.has_subcommands() || one.get_positionals().next().is_some();
    let taken = word.starts_with("--") || command(OsStr::new(word)).is_some();
    SWITCH_VALUES.contains(&word) || !(taken || before.iter().any(|word| command(word).is_some_and(works_on)))
}

fn is_flag(argument: &OsStr) -> bool {
    argument
        .to_str()
        .is_some_and(|argument| argument.starts_with("--") && argument.len() > 2 && !argument.contains('='))
}

fn is_negative(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit() || first == '.'))
}

/// The message of `clap` about a wrong command line, in one line.
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
    fn a_switch_may_stand_alone_before_a_command() {
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
