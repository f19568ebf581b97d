//! The folder of a demo: empty, or with the secrets of an earlier demo in it.

use jobline_chat::Random;
use jobline_files_local::private_folder;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The file that marks the folder of a demo. It holds the secrets, in a form that a shell can `source`.
pub const ENV_FILE: &str = "demo.env";
/// The name under which the mark is written before it is renamed, so that the mark is complete or absent.
const UNFINISHED: &str = "demo.env.new";
const JWT_SECRET: &str = "JOBLINE_JWT_SECRET";
const HOST_KEY: &str = "JOBLINE_HOST_KEY";

/// The secrets of one demo.
#[derive(Clone, PartialEq, Eq)]
pub struct DemoSecrets {
    /// Signs user tokens.
    pub jwt_secret: String,
    /// The key of the host API.
    pub host_key: String,
}

/// The secrets of the demo in `folder`: those in its mark, or new ones if the folder is empty or missing. `None`: the
/// folder has other content than that of a demo.
///
/// # Errors
/// When the folder cannot be read or written, or its mark holds no secrets.
pub fn prepare(folder: &Path, random: &dyn Random) -> io::Result<Option<DemoSecrets>> {
    let mark = folder.join(ENV_FILE);
    match fs::read_to_string(&mark) {
        Ok(text) => return read(&text).map(Some).ok_or_else(|| unreadable(&mark)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    if !is_empty(folder)? {
        return Ok(None);
    }
    private_folder(folder)?;
    let secret = || format!("{:032x}{:032x}", random.bits(), random.bits());
    let secrets = DemoSecrets { jwt_secret: secret(), host_key: secret() };
    write(folder, &secrets)?;
    Ok(Some(secrets))
}

fn is_empty(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        entries => entries?,
    };
    for entry in entries {
        if entry?.file_name() != UNFINISHED {
            return Ok(false);
        }
    }
    Ok(true)
}

fn read(text: &str) -> Option<DemoSecrets> {
    let value = |name: &str| {
        let mut values = text.lines().filter_map(|line| line.split_once('=').filter(|(key, _)| *key == name));
        values.next().map(|(_, value)| value.to_owned()).filter(|value| value.len() >= 32)
    };
    Some(DemoSecrets { jwt_secret: value(JWT_SECRET)?, host_key: value(HOST_KEY)? })
}

fn unreadable(mark: &Path) -> io::Error {
    let text = format!("{} does not hold a demo's secrets: remove the folder for a new demo", mark.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn write(folder: &Path, secrets: &DemoSecrets) -> io::Result<()> {
    let unfinished = folder.join(UNFINISHED);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    writeln!(file, "# The secrets of a Jobline demo. This file marks the folder as one. Try:")?;
    writeln!(file, "#   source {}", folder.join(ENV_FILE).display())?;
    writeln!(file, "#   curl -H \"Authorization: Bearer ${HOST_KEY}\" http://127.0.0.1:8080/host/jobs/42")?;
    writeln!(file, "{JWT_SECRET}={}", secrets.jwt_secret)?;
    writeln!(file, "{HOST_KEY}={}", secrets.host_key)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(ENV_FILE))?;
    File::open(folder)?.sync_all()
}
