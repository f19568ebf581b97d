//! Every setting of the server: its flag, its environment variable and its help.

use clap::Args;

/// Every setting as text; `None`: it was not given.
#[derive(Clone, Default, Args)]
pub struct Settings {
    /// The address to listen on; port 0 picks a free one. [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "JOBLINE_LISTEN", value_name = "HOST:PORT", help_heading = "Server")]
    pub listen: Option<String>,
    /// The URL at which browsers reach this server, such as https://chat.example.com or https://example.com/chat.
    /// [default: the request's own scheme and Host]
    #[arg(long, global = true, env = "JOBLINE_PUBLIC_URL", value_name = "URL", help_heading = "Server")]
    pub public_url: Option<String>,
    /// Whether scheme, host and address of a request are taken from X-Forwarded-* or Forwarded: on only behind a proxy that
    /// sets them and that clients cannot bypass. [default: off]
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
    /// PEM file of the certificate chain, for HTTPS by the server itself; reloaded when it changes.
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
        help_heading = "Authentication"
    )]
    pub jwt_secret: Option<String>,
    /// URL of the public keys of the user tokens (RS256, ES256, EdDSA).
    #[arg(long, global = true, env = "JOBLINE_JWKS_URL", value_name = "URL", help_heading = "Authentication")]
    pub jwks_url: Option<String>,
    /// A file with the public keys of the user tokens.
    #[arg(long, global = true, env = "JOBLINE_JWKS_FILE", value_name = "FILE", help_heading = "Authentication")]
    pub jwks_file: Option<String>,
    /// What `iss` in a user token must be.
    #[arg(long, global = true, env = "JOBLINE_JWT_ISSUER", value_name = "TEXT", help_heading = "Authentication")]
    pub jwt_issuer: Option<String>,
    /// What `aud` in a user token must be or contain.
    #[arg(long, global = true, env = "JOBLINE_JWT_AUDIENCE", value_name = "TEXT", help_heading = "Authentication")]
    pub jwt_audience: Option<String>,
    /// Key of the host API, at least 32 bytes; without it the host API is closed.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_HOST_KEY",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Authentication"
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
    /// Days after which messages and files are deleted; 0 keeps them. [default: 0]
    #[arg(long, global = true, env = "JOBLINE_RETENTION_DAYS", value_name = "DAYS", help_heading = "Storage")]
    pub retention_days: Option<String>,
    /// Days after which files are deleted, while their messages stay; 0 keeps them. [default: 0]
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
    /// The URL that receives signed events: https, or http with --webhook-allow-private.
    #[arg(long, global = true, env = "JOBLINE_WEBHOOK_URL", value_name = "URL", help_heading = "Messages")]
    pub webhook_url: Option<String>,
    /// The secret that signs the events: whsec_ and base64 of 24 to 64 bytes; two, comma separated, while one is replaced.
    #[arg(
        long,
        global = true,
        env = "JOBLINE_WEBHOOK_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        help_heading = "Messages"
    )]
    pub webhook_secret: Option<String>,
    /// Whether events contain the text of messages: on or off. [default: off]
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
    /// The sender of that mail: chat@example.com, or Example <chat@example.com>.
    #[arg(long, global = true, env = "JOBLINE_MAIL_FROM", value_name = "ADDRESS", help_heading = "Messages")]
    pub mail_from: Option<String>,
    /// Whether mail contains the text of messages: on or off. [default: off]
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
    /// How long a message is unread before users and the host are notified of it: 90s, 10m, 2h. [default: 10m]
    #[arg(long, global = true, env = "JOBLINE_MAIL_AFTER", value_name = "TIME", help_heading = "Messages")]
    pub mail_after: Option<String>,

    /// Turns on push notifications about unread messages: the address at which push services can reach you, such as
    /// mailto:ops@example.com or https://example.com.
    #[arg(long, global = true, env = "JOBLINE_VAPID_SUBJECT", value_name = "ADDRESS", help_heading = "Messages")]
    pub vapid_subject: Option<String>,
    /// Your own push services, called in addition to those of the browsers: origins, comma separated.
    #[arg(long, global = true, env = "JOBLINE_PUSH_SERVICES", value_name = "ORIGINS", help_heading = "Messages")]
    pub push_services: Option<String>,

    /// Live connections in addition to polls, over which changes arrive at once: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_LIVE", value_name = "on|off", help_heading = "Live")]
    pub live: Option<String>,
    /// The share of users to whom they are offered, always the same ones: 0 to 100. [default: 100]
    #[arg(long, global = true, env = "JOBLINE_LIVE_PERCENT", value_name = "PERCENT", help_heading = "Live")]
    pub live_percent: Option<String>,
    /// On Lambda, the WebSocket API of API Gateway that notifies clients when there is something to poll for:
    /// wss://abc123.execute-api.eu-central-1.amazonaws.com/live
    #[arg(long, global = true, env = "JOBLINE_LIVE_URL", value_name = "URL", help_heading = "Live")]
    pub live_url: Option<String>,
    /// The NATS by which several servers over one table notify each other of changes, such as
    /// nats://user:password@host:4222; several addresses comma separated. Without it, and while it is down, they poll the
    /// table every few seconds.
    #[arg(long, global = true, env = "JOBLINE_BUS", hide_env_values = true, value_name = "URL", help_heading = "Live")]
    pub bus: Option<String>,
    /// Whether jobs have group chats of all their participants: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_CREWS", value_name = "on|off", help_heading = "Messages")]
    pub crews: Option<String>,
    /// Whether people who share an open job see when the other is online: on or off. [default: on]
    #[arg(long, global = true, env = "JOBLINE_PRESENCE", value_name = "on|off", help_heading = "Live")]
    pub presence: Option<String>,
    /// Calls between users with live connections: on or off. [default: on]
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
