//! A deployment into an empty account until `jobline check` passes, and its removal, with the commands of
//! `docs/deploy.md`.
//!
//! Wrappers around `aws` and `cargo` replace what differs from AWS: the zip holds the program that was built for the
//! tests, the stack gets the endpoints of the doubles, and the URL of the function, which no name server knows, becomes
//! a path of the emulator.

use super::{emulator::Emulator, folder};
use crate::run::root;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The wrappers around the commands.
const AROUND: &str = r#"
set -euo pipefail
cargo() { :; }
FRONT=function-url
WEBHOOK=
aws() {
    case "$1 $2" in
    "cloudformation deploy") command aws "$@" Architecture=x86_64 Front=$FRONT DynamoDbEndpoint=$EMULATOR S3Endpoint=$EMULATOR WebhookUrl=$WEBHOOK ;;
    "cloudformation package") command aws "${@/deploy\/template.yaml/$TEMPLATE}" ;;
    *) command aws "$@" | sed -E "s#https://([a-z0-9]+)\.(lambda-url)\.[^/]*/#$EMULATOR/_aws/\2/\1#;
        s#https://([a-z0-9]+)\.(execute-api)\.[a-z0-9.-]*#$EMULATOR/_aws/\2/\1/\$default#" ;;
    esac
}
"#;

/// Parts of the template, and what replaces them: `jobline check` has to fail without such permissions, and when a
/// bucket that requires TLS is called without it.
const BROKEN: [(&str, &str); 4] = [
    ("dynamodb:PutItem", "dynamodb:DescribeTable"),
    ("dynamodb:Query", "dynamodb:DescribeTable"),
    ("s3:PutObject", "s3:GetObjectAcl"),
    ("Condition: S3IsOfAws", "Condition: HasS3Endpoint"),
];

/// Without this permission no client is notified.
const MUTE: (&str, &str) = ("execute-api:ManageConnections", "execute-api:Invoke");

/// Where clients and the function find the WebSocket API. No name server knows it here: a path of the emulator takes its place.
const LIVE_URL: &str = "            - !Sub wss://${LiveApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/live";

/// Connects to the deployment as clients do.
const LIVE: &str = r#"
TABLE=$(aws cloudformation describe-stacks --stack-name jobline \
    --query 'Stacks[0].Outputs[?OutputKey==`TableName`].OutputValue' --output text)
python "$LIVE" "$URL" "$JOBLINE_HOST_KEY" "$TABLE"
"#;

/// Receives the events of the deployment's webhook.
const OUTBOX: &str = r#"python "$OUTBOX" "$URL" "$JOBLINE_HOST_KEY" "$PORT"
"#;

/// A line of the template after which a setting can be put.
const SETTING: &str = "          JOBLINE_LOG: !Ref LogLevel\n";

/// Deploys, checks and removes everything, with `program` as the function.
pub(super) fn run_through(program: &Path) -> Result<(), String> {
    let place = root().join("target/deployment");
    let emulator = Emulator::start(&place)?;
    let stage = Stage { page: read(&root().join("docs/deploy.md"))?, url: emulator.url.clone(), place };
    stage.zip(program)?;
    let template = read(&root().join("deploy/template.yaml"))?;
    let template = broken(&template, LIVE_URL, &stage.live())?;
    let whole = stage.template("whole.yaml", &template)?;
    stage.run(&["secrets", "deploy", "check"], &whole)?;
    stage.live_connections(&whole)?;
    let later = package_and_deploy(&stage.block("deploy")?);
    for (part, other) in BROKEN {
        let broken = stage.template("broken.yaml", &broken(&template, part, other)?)?;
        stage.shell(&later, &broken)?;
        if stage.run(&["check"], &broken).is_ok() {
            return Err(format!("jobline check passes although the template has {other} instead of {part}"));
        }
        println!("xtask: jobline check fails, as it should, with {other} instead of {part}");
    }
    let (permission, other) = MUTE;
    let mute = stage.template("broken.yaml", &broken(&template, permission, other)?)?;
    stage.shell(&later, &mute)?;
    if stage.live_connections(&mute).is_ok() {
        return Err(format!("live connections work although the template has {other} instead of {permission}"));
    }
    println!("xtask: live connections fail, as they should, with {other} instead of {permission}");
    stage.webhooks(&template)?;
    stage.run(&["remove"], &whole)?;
    stage.nothing_is_left()?;
    let again = stage.blocks(&["secrets", "deploy", "check", "remove"])?;
    stage.shell(&format!("FRONT=http-api\n{again}"), &whole)?;
    println!("xtask: jobline check passes behind the function URL and behind the HTTP API");
    stage.nothing_is_left()
}

struct Stage {
    page: String,
    url: String,
    place: PathBuf,
}

impl Stage {
    /// Makes the zip of the function from the stripped program.
    fn zip(&self, program: &Path) -> Result<(), String> {
        let stripped = self.place.join("bootstrap");
        let told = |error: std::io::Error| format!("{}: {error}", program.display());
        fs::copy(program, &stripped).map_err(told)?;
        let _ = Command::new("strip").arg(&stripped).status();
        fs::create_dir_all(self.place.join("target/lambda/jobline")).map_err(told)?;
        let zip = ["-m", "zipfile", "--create", "target/lambda/jobline/bootstrap.zip", "bootstrap"];
        self.command(folder().join("bin/python"))
            .args(zip)
            .status()
            .map_err(told)
            .and_then(|status| if status.success() { Ok(()) } else { Err("the zip could not be made".to_owned()) })
    }

    /// Writes a template where the commands find it, one folder below the zip.
    fn template(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.place.join("deploy").join(name);
        let written = fs::create_dir_all(self.place.join("deploy")).and_then(|()| fs::write(&path, text));
        written.map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(path)
    }

    /// Runs blocks of the page in one shell.
    fn run(&self, names: &[&str], template: &Path) -> Result<(), String> {
        self.shell(&self.blocks(names)?, template)
    }

    /// Tests live connections of what is deployed.
    fn live_connections(&self, template: &Path) -> Result<(), String> {
        let begun = self.block("check")?.replace("jobline check", "echo");
        self.shell(&format!("{begun}{LIVE}"), template)
    }

    /// Deploys with a webhook that is on this machine, which a deployment refuses otherwise, and has an event delivered.
    fn webhooks(&self, template: &str) -> Result<(), String> {
        let private = format!("{SETTING}          JOBLINE_WEBHOOK_ALLOW_PRIVATE: \"on\"\n");
        let told = self.template("told.yaml", &broken(template, SETTING, &private)?)?;
        let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = free.map_err(|error| format!("no port is free: {error}"))?.port();
        let settings = format!("PORT={port}\nWEBHOOK=http://127.0.0.1:{port}/hook\n");
        let deploy = package_and_deploy(&self.block("deploy")?);
        let begun = self.block("check")?.replace("jobline check", "echo");
        self.shell(&format!("{settings}{}{deploy}{begun}{OUTBOX}", self.block("webhook")?), &told)?;
        println!("xtask: the table's stream has an event delivered to the webhook");
        Ok(())
    }

    /// The line of the template with the address of the WebSocket API at the emulator.
    fn live(&self) -> String {
        format!("            - !Sub {}/_aws/execute-api/${{LiveApi}}/live", self.url.replacen("http", "ws", 1))
    }

    fn blocks(&self, names: &[&str]) -> Result<String, String> {
        names.iter().map(|name| self.block(name)).collect()
    }

    fn shell(&self, commands: &str, template: &Path) -> Result<(), String> {
        let mut shell = self.command("bash");
        shell
            .arg("-c")
            .arg(format!("{AROUND}{commands}"))
            .env("TEMPLATE", template)
            .env("LIVE", root().join("deploy/tests/live.py"));
        shell.env("OUTBOX", root().join("deploy/tests/outbox.py"));
        let output = shell.output().map_err(|error| format!("bash: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = [output.stdout, output.stderr].concat();
        Err(format!("docs/deploy.md, against the doubles:\n{commands}\n{}", String::from_utf8_lossy(&said)))
    }

    /// The commands in the block of `docs/deploy.md` that begins with ```` ```sh name ````.
    fn block(&self, name: &str) -> Result<String, String> {
        let rest = self.page.split_once(&format!("\n```sh {name}\n")).map(|(_, rest)| rest);
        let block = rest.and_then(|rest| rest.split_once("\n```")).map(|(block, _)| format!("{block}\n"));
        block.ok_or_else(|| format!("docs/deploy.md has no block ```sh {name}"))
    }

    /// A command that finds the tools, the program and the doubles.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let old = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{old}", folder().join("bin").display(), root().join("target/debug").display());
        let mut command = Command::new(program);
        command
            .current_dir(&self.place)
            .env("PATH", path)
            .env("EMULATOR", &self.url)
            .env("AWS_ENDPOINT_URL", &self.url);
        command.envs([("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")]);
        command.envs([("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_CONFIG_FILE", "/dev/null")]);
        command.env_remove("AWS_SESSION_TOKEN").env_remove("AWS_PROFILE");
        command
    }

    /// Fails if anything that the deployment created is left in the account.
    fn nothing_is_left(&self) -> Result<(), String> {
        let left = r#"
            aws cloudformation list-stacks --query "StackSummaries[?StackStatus!='DELETE_COMPLETE'].StackName" --output text
            aws dynamodb list-tables --query 'TableNames' --output text
            aws s3 ls
            aws iam list-roles --query "Roles[?starts_with(RoleName, 'jobline')].RoleName" --output text
            aws lambda list-functions --query 'Functions[].FunctionName' --output text
            aws logs describe-log-groups --log-group-name-prefix /jobline --query 'logGroups[].logGroupName' --output text
            aws ssm describe-parameters --query 'Parameters[].Name' --output text
        "#;
        let output = self.command("bash").arg("-ec").arg(left).output().map_err(|error| format!("bash: {error}"))?;
        let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && said.is_empty() {
            return Ok(());
        }
        Err(format!("left behind: {said} {}", String::from_utf8_lossy(&output.stderr)))
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// The template with `other` instead of `part`.
fn broken(template: &str, part: &str, other: &str) -> Result<String, String> {
    if template.matches(part).count() != 1 {
        return Err(format!("the template should have \"{part}\" once"));
    }
    Ok(template.replace(part, other))
}

/// The commands for a later version: all of `block` except those that make the bucket for code.
fn package_and_deploy(block: &str) -> String {
    block.split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default()
}
