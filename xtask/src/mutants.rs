//! Mistakes in the domain that the simulation has to detect: each is put into a copy of the tree, never into the tree.
//!
//! One build has them all, and a variable of the environment chooses which one is made.

use crate::run::root;
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// In how many histories at most a mistake must be detected.
const CHANCES: u64 = 2_000;
const TEST: &str = "many::as_many_histories_as_asked_keep_the_promise";

/// A mistake: `from` in `file` becomes `to`, in which `BROKEN` asks whether it is the one that is made.
pub(crate) struct Mutation {
    pub(crate) name: &'static str,
    /// In `crates/chat/src`.
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    to: &'static str,
}

const fn mutation(name: &'static str, file: &'static str, from: &'static str, to: &'static str) -> Mutation {
    Mutation { name, file, from, to }
}

/// All mistakes. `docs/proof.md` says in words what each is.
pub(crate) const ALL: [Mutation; 27] = [
    mutation(
        "times-repeat",
        "conversation/row.rs",
        "now.max(self.updated + 1)",
        "if BROKEN { now } else { now.max(self.updated + 1) }",
    ),
    mutation(
        "second-reaction",
        "messages/react.rs",
        "one.by.retain(|member| *member != by);",
        "if !BROKEN { one.by.retain(|member| *member != by); }",
    ),
    mutation("deleted-text-stays", "messages/delete.rs", "row.text.clear();", "if !BROKEN { row.text.clear(); }"),
    mutation(
        "deleted-reactions-stay",
        "messages/delete.rs",
        "row.reactions.clear();",
        "if !BROKEN { row.reactions.clear(); }",
    ),
    mutation(
        "deleted-counts-as-unread",
        "messages/delete.rs",
        "touch::discount_unread(touched);",
        "if !BROKEN { touch::discount_unread(touched); }",
    ),
    mutation(
        "anybody-edits",
        "messages/edit.rs",
        "if !touched.row.from.is(member) {",
        "if !touched.row.from.is(member) && !BROKEN {",
    ),
    mutation(
        "client-id-reused",
        "messages/idempotency.rs",
        "if sent.input != request.fingerprint {",
        "if sent.input != request.fingerprint && !BROKEN {",
    ),
    mutation(
        "read-goes-back",
        "conversation/receipts.rs",
        "return Ok(ReadUpTo { message: mine.read, count: mine.read_count, unread_deleted: mine.unread_deleted });",
        "let message = if BROKEN { message } else { mine.read };
        let count = mine.read_count + u64::from(BROKEN);
        return Ok(ReadUpTo { message, count, unread_deleted: mine.unread_deleted });",
    ),
    mutation(
        "sender-is-not-told-of-delivery",
        "conversation/receipts.rs",
        "append::change(cx, &mut update, &change, &[usize::from(member == 0)], now)",
        "append::change(cx, &mut update, &change, &[usize::from((member == 0) != BROKEN)], now)",
    ),
    mutation(
        "refused-on-old-rows",
        "messages/send.rs",
        "Err(refusal) if attempts.may_be_stale() && refusal.code != Code::Unavailable =>",
        "Err(refusal) if attempts.may_be_stale() && refusal.code != Code::Unavailable && !BROKEN =>",
    ),
    mutation(
        "rest-of-a-change-skipped",
        "log/merge.rs",
        "if fits {\n            self.cursor.position.change = next;",
        "if fits || BROKEN {\n            self.cursor.position.change = next;",
    ),
    mutation(
        "touched-messages-read-eventually",
        "log/merge.rs",
        "let rows = cx.db.get_many(&keys, Consistency::Strong).await?;",
        "let rows = cx.db.get_many(&keys, if BROKEN { Consistency::Eventual } else { Consistency::Strong }).await?;",
    ),
    mutation(
        "old-call-shown-as-missed",
        "messages/calls/confirm.rs",
        "is_some_and(|call| call.is_over_by_time(one.row.at, now)) {",
        "is_some_and(|call| call.is_over_by_time(one.row.at, now) && !BROKEN) {",
    ),
    mutation(
        "crew-wakes-nobody",
        "conversation/update.rs",
        "self.bump_heads(&all, before, now)?;",
        "if !BROKEN { self.bump_heads(&all, before, now)?; }",
    ),
    mutation(
        "crew-falls-asleep-unheard",
        "conversation/update.rs",
        "self.bump_heads(&all, woke, self.row.updated)?;",
        "if !BROKEN { self.bump_heads(&all, woke, self.row.updated)?; }",
    ),
    mutation(
        "awake-crew-not-polled",
        "inbox/awake.rs",
        "filter(move |crew| known(crew.fingerprint) != Some(crew.change))",
        "filter(move |crew| known(crew.fingerprint) != Some(crew.change) && !BROKEN)",
    ),
    mutation(
        "place-in-awake-crew-forgotten",
        "inbox/follow.rs",
        "|| self.awake.contains(one.conversation)",
        "|| (self.awake.contains(one.conversation) && !BROKEN)",
    ),
    mutation(
        "newcomer-sleeps",
        "conversation/crew.rs",
        "update.set_awake_for(*member, true)?;",
        "update.set_awake_for(*member, !BROKEN)?;",
    ),
    mutation(
        "leaver-told-of-later-job",
        "conversation/crew.rs",
        "update.row.leave(*member, known.clone());",
        "update.row.leave(*member, if BROKEN { update.row.crew.as_ref().and_then(|crew| crew.roster.job.clone()) } else { known.clone() });",
    ),
    mutation(
        "block-not-asked-at-send",
        "messages/send.rs",
        "blocks::check(&update, request.sender)?;",
        "if !BROKEN { blocks::check(&update, request.sender)?; }",
    ),
    mutation(
        "block-not-asked-at-first-message",
        "messages/send.rs",
        "if let Some(blocks) = &first_blocks {",
        "if let Some(blocks) = first_blocks.as_ref().filter(|_| !BROKEN) {",
    ),
    mutation(
        "block-not-asked-at-edit",
        "messages/edit.rs",
        "blocks::check(&touched.update, member)?;",
        "if !BROKEN { blocks::check(&touched.update, member)?; }",
    ),
    mutation(
        "block-not-asked-at-upload",
        "files/upload.rs",
        "if blocks::is_blocked(cx, me, other).await? {",
        "if blocks::is_blocked(cx, me, other).await? && !BROKEN {",
    ),
    mutation(
        "blocked-reaction-stays",
        "messages/react.rs",
        "if emoji.is_some() {\n            blocks::check",
        "if emoji.is_some() || BROKEN {\n            blocks::check",
    ),
    mutation(
        "block-untold",
        "user/blocks.rs",
        "update.bump_heads(&[member], before, now)?;",
        "if !BROKEN { update.bump_heads(&[member], before, now)?; }",
    ),
    mutation(
        "restored-log-not-noticed",
        "log/read.rs",
        "if !from.may_be_of(log.row) {",
        "if !from.may_be_of(log.row) && !BROKEN {",
    ),
    mutation(
        "restored-head-not-noticed",
        "inbox/sync.rs",
        "cursor.seen <= head.version\n        && head.has_been_at(cursor.stamp())",
        "(BROKEN || cursor.seen <= head.version && head.has_been_at(cursor.stamp()))",
    ),
];

/// The function in the copy that says whether a mistake is switched on.
const ASKS: &str = "
pub(crate) fn broken(name: &str) -> bool {
    static NAME: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    NAME.get_or_init(|| std::env::var(\"SIM_BROKEN\").ok()).as_deref() == Some(name)
}
";

/// Switches each mistake on, and prints after how many histories it was detected.
pub(crate) fn run() -> Result<(), String> {
    let tree = root().join("target/mutants/tree");
    copy_tree(&tree)?;
    for mutation in &ALL {
        apply(&tree, mutation)?;
    }
    let lib = tree.join("crates/chat/src/lib.rs");
    fs::write(&lib, read(&lib)? + ASKS).map_err(|error| format!("{}: {error}", lib.display()))?;
    let suite = build(&tree)?;
    if let Some(histories) = detected(&tree, &suite, "none")? {
        return Err(format!("history {} fails without any mistake, so it cannot detect one", histories - 1));
    }
    let mut missed = Vec::new();
    for mutation in &ALL {
        match detected(&tree, &suite, mutation.name)? {
            Some(histories) => println!("| `{}` | {histories} |", mutation.name),
            None => missed.push(mutation.name),
        }
    }
    if missed.is_empty() { Ok(()) } else { Err(format!("not detected in {CHANCES} histories: {missed:?}")) }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Copies the sources that the suite is built from, over those of an earlier run.
fn copy_tree(tree: &Path) -> Result<(), String> {
    fs::create_dir_all(tree).map_err(|error| format!("{}: {error}", tree.display()))?;
    let mut command = Command::new("cp");
    command.args(["-R", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "crates", "xtask", "fuzz"]).arg(tree);
    crate::run::run(
        "cp -R Cargo.toml Cargo.lock rust-toolchain.toml crates xtask fuzz target/mutants/tree",
        &mut command,
    )
}

fn apply(tree: &Path, mutation: &Mutation) -> Result<(), String> {
    let path = tree.join("crates/chat/src").join(mutation.file);
    let text = read(&path)?;
    if text.matches(mutation.from).count() != 1 {
        return Err(format!(
            "{} is not exactly once in {}: correct xtask/src/mutants.rs",
            mutation.name, mutation.file
        ));
    }
    let to = mutation.to.replace("BROKEN", &format!("crate::broken({:?})", mutation.name));
    fs::write(&path, text.replace(mutation.from, &to)).map_err(|error| format!("{}: {error}", path.display()))
}

/// Builds the simulation of the copy. Returns its path.
fn build(tree: &Path) -> Result<PathBuf, String> {
    let mut command = Command::new(env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    command.args(["test", "--release", "--package", "jobline-chat", "--test", "simulation", "--no-run"]);
    let output = command.arg("--message-format=json").current_dir(tree).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("cargo did not start: {error}"))?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let suite = lines.lines().find_map(|line| {
        let artifact: Value = serde_json::from_str(line).ok()?;
        let wanted = artifact["target"]["name"] == "simulation";
        wanted.then(|| artifact["executable"].as_str().map(PathBuf::from)).flatten()
    });
    suite.ok_or_else(|| "the copy with the mistakes does not build".to_owned())
}

/// After how many histories the simulation detects a mistake.
fn detected(tree: &Path, suite: &Path, name: &str) -> Result<Option<u64>, String> {
    let mut command = Command::new(suite);
    command.args(["--ignored", "--exact", "--nocapture", TEST]).current_dir(tree.join("crates/chat"));
    let chances = CHANCES.to_string();
    command.envs([("SIM_BROKEN", name), ("SIM_SEEDS", &*chances), ("SIM_JOBS", "1"), ("SIM_SHRINK", "0")]);
    let output = command.output().map_err(|error| format!("the simulation did not start: {error}"))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let seed =
        printed.lines().find_map(|line| line.strip_prefix("seed ")?.strip_suffix(" failed")?.parse::<u64>().ok());
    match seed {
        None if !output.status.success() => Err(format!("{name}: {printed}")),
        seed => Ok(seed.map(|seed| seed + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_can_be_made_and_is_described() {
        let proof = read(&root().join("docs/proof.md")).expect("docs/proof.md");
        for mutation in &ALL {
            let text = read(&root().join("crates/chat/src").join(mutation.file)).expect(mutation.file);
            assert_eq!(text.matches(mutation.from).count(), 1, "{} in {}", mutation.name, mutation.file);
            assert!(mutation.to.contains("BROKEN"), "{}", mutation.name);
            assert!(proof.contains(&format!("`{}`", mutation.name)), "docs/proof.md does not name {}", mutation.name);
        }
    }
}
