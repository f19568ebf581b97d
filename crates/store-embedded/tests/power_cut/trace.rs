//! What a process did to the files of a folder, as `strace` saw it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// The environment variable that gives the traced process its folder.
pub const FOLDER: &str = "JOBLINE_POWER_CUT_FOLDER";

/// The calls of the system that change files, make them durable, or move the position at which the next write happens.
const CALLS: &str = "openat,creat,close,read,lseek,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,\
     rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,fsync,fdatasync,\
     sync_file_range,copy_file_range,sendfile,splice,mmap,dup,dup2,dup3,fcntl,io_uring_setup";

/// A file, whatever its name is at the time.
pub type FileId = usize;

/// Something that happened between the lines `begin` and `end` of the trace.
#[derive(Debug)]
pub struct Event {
    pub begin: usize,
    pub end: usize,
    pub what: What,
}

/// Paths are relative to the folder.
#[derive(Debug)]
pub enum What {
    MakeFolder(PathBuf),
    Create(PathBuf, FileId),
    Rename(PathBuf, PathBuf, FileId),
    Remove(PathBuf),
    Write(FileId, u64, Vec<u8>),
    SetLength(FileId, u64),
    SyncFile(PathBuf, FileId),
    SyncFolder(PathBuf),
    /// The process reported that the commit with this number was answered.
    Answered(u64),
}

/// One call, its result included.
struct Call {
    begin: usize,
    end: usize,
    name: String,
    arguments: String,
    result: i64,
}

impl Call {
    /// The texts between quotation marks, which `-xx` writes in hexadecimal.
    fn texts(&self) -> Vec<Vec<u8>> {
        self.arguments.split('"').skip(1).step_by(2).map(bytes).collect()
    }

    fn path(&self, nth: usize) -> PathBuf {
        PathBuf::from(String::from_utf8(self.texts().swap_remove(nth)).unwrap())
    }

    /// The file descriptor that comes first, and the path that `-y` adds to it.
    fn descriptor(&self) -> Option<(i64, PathBuf)> {
        let (number, rest) = self.arguments.split_once('<')?;
        let path = String::from_utf8(bytes(rest.split_once('>')?.0)).ok()?;
        Some((number.parse().ok()?, path.into()))
    }

    fn last_number(&self) -> u64 {
        self.arguments.rsplit(", ").next().unwrap().parse().unwrap()
    }
}

/// The bytes of `\x61\x62`.
fn bytes(hexadecimal: &str) -> Vec<u8> {
    hexadecimal.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// The calls of a trace, in the order in which they ended.
fn calls(trace: &str) -> Vec<Call> {
    let mut unfinished: HashMap<&str, (usize, String, String)> = HashMap::new();
    let mut calls = Vec::new();
    for (line, text) in trace.lines().enumerate() {
        let (process, text) = text.split_once(' ').unwrap();
        let text = text.trim_start();
        if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
            let (name, arguments) = begun.split_once('(').unwrap();
            unfinished.insert(process, (line, name.to_owned(), arguments.to_owned()));
            continue;
        }
        let (begin, name, arguments, result) = if let Some(rest) = text.strip_prefix("<... ") {
            let (begin, name, begun) = unfinished.remove(process).unwrap();
            let (ending, result) = rest.split_once(" resumed>").unwrap().1.rsplit_once(" = ").unwrap();
            (begin, name, begun + ending, result)
        } else if let Some((call, result)) = text.rsplit_once(" = ") {
            let (name, arguments) = call.split_once('(').unwrap();
            (line, name.to_owned(), arguments.to_owned(), result)
        } else {
            // A signal, or the end of a thread.
            continue;
        };
        let arguments = arguments.trim_end().strip_suffix(')').unwrap_or(&arguments).to_owned();
        let number = result.split([' ', '<']).next().unwrap();
        // An address is no number; `?` is a call that did not return.
        let Ok(result) = number.parse() else { continue };
        calls.push(Call { begin, end: line, name, arguments, result });
    }
    calls
}

/// Runs the ignored test `test` of this program under `strace`, in a folder of its own. What it did there.
pub fn record(test: &str) -> Vec<Event> {
    let place = tempfile::tempdir().unwrap();
    let (folder, trace) = (place.path().join("data"), place.path().join("trace"));
    fs::create_dir(&folder).unwrap();
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-y", "-xx", "-s", "16777216", "-e", "signal=none", "-e"]);
    strace.arg(format!("trace={CALLS}")).arg("-o").arg(&trace).arg(env::current_exe().unwrap());
    strace.args(["--ignored", "--exact", test, "--nocapture"]);
    let run = strace.env(FOLDER, &folder).output().expect("strace is missing. Needed: `apt-get install strace`");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    read(&fs::read_to_string(&trace).unwrap(), &folder)
}

/// Reads a trace by its calls.
struct Reader<'a> {
    folder: &'a Path,
    names: HashMap<PathBuf, FileId>,
    folders: HashSet<PathBuf>,
    /// Where the next write through a file descriptor goes; `None`: to the end of the file.
    positions: HashMap<i64, Option<u64>>,
    /// Of each file.
    lengths: Vec<u64>,
    events: Vec<Event>,
}

/// What the process did in `folder`, and what it said was answered.
fn read(trace: &str, folder: &Path) -> Vec<Event> {
    let mut reader = Reader {
        folder,
        names: HashMap::new(),
        folders: HashSet::from([PathBuf::new()]),
        positions: HashMap::new(),
        lengths: Vec::new(),
        events: Vec::new(),
    };
    for call in calls(trace) {
        if call.result >= 0 {
            reader.take(&call);
        }
    }
    reader.events
}

impl Reader<'_> {
    fn inside(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(self.folder).ok().map(Path::to_owned)
    }

    fn push(&mut self, call: &Call, what: What) {
        match &what {
            What::Create(..) => self.lengths.push(0),
            What::SetLength(file, length) => self.lengths[*file] = *length,
            What::Write(file, at, written) => {
                self.lengths[*file] = self.lengths[*file].max(at + written.len() as u64);
            }
            _ => {}
        }
        self.events.push(Event { begin: call.begin, end: call.end, what });
    }

    fn take(&mut self, call: &Call) {
        match call.name.as_str() {
            "openat" => self.open(call),
            "mkdir" => {
                if let Some(path) = self.inside(&call.path(0)) {
                    self.folders.insert(path.clone());
                    self.push(call, What::MakeFolder(path));
                }
            }
            "rename" | "renameat" | "renameat2" => {
                let (from, to) = (self.inside(&call.path(0)), self.inside(&call.path(1)));
                if let (Some(from), Some(to)) = (from, to) {
                    let file = self.names.remove(&from).expect("a file is renamed that was created in the trace");
                    self.names.insert(to.clone(), file);
                    self.push(call, What::Rename(from, to, file));
                }
            }
            "unlink" | "unlinkat" => {
                if let Some(path) = self.inside(&call.path(0)) {
                    self.names.remove(&path);
                    self.push(call, What::Remove(path));
                }
            }
            "close" => {
                let number = call.arguments.split('<').next().unwrap().parse().unwrap();
                self.positions.remove(&number);
            }
            _ => self.take_by_descriptor(call),
        }
    }

    fn open(&mut self, call: &Call) {
        self.positions.insert(call.result, (!call.arguments.contains("O_APPEND")).then_some(0));
        let Some(path) = self.inside(&call.path(0)) else { return };
        match self.names.get(&path).copied() {
            None if call.arguments.contains("O_CREAT") => {
                let file = self.lengths.len();
                self.names.insert(path.clone(), file);
                self.push(call, What::Create(path, file));
            }
            Some(file) if call.arguments.contains("O_TRUNC") => self.push(call, What::SetLength(file, 0)),
            _ => {}
        }
    }

    fn take_by_descriptor(&mut self, call: &Call) {
        let Some((number, path)) = call.descriptor() else { return };
        if number == 1 && call.name == "write" {
            let said = String::from_utf8(call.texts().swap_remove(0)).unwrap();
            if let Some(commit) = said.trim().strip_prefix("answered ") {
                self.push(call, What::Answered(commit.parse().unwrap()));
            }
            return;
        }
        let Some(path) = self.inside(&path) else { return };
        if self.folders.contains(&path) {
            if matches!(call.name.as_str(), "fsync" | "fdatasync") {
                self.push(call, What::SyncFolder(path));
            }
            return;
        }
        // A file that has no name any more is not there after a power cut.
        let Some(file) = self.names.get(&path).copied() else { return };
        let moved = u64::try_from(call.result).unwrap();
        let position = self.positions.entry(number).or_insert(Some(0));
        match call.name.as_str() {
            "read" => *position = position.map(|at| at + moved),
            "lseek" => *position = position.map(|_| moved),
            "write" => {
                let at = position.unwrap_or(self.lengths[file]);
                *position = position.map(|at| at + moved);
                let mut written = call.texts().swap_remove(0);
                written.truncate(moved as usize);
                self.push(call, What::Write(file, at, written));
            }
            "pwrite64" => {
                let mut written = call.texts().swap_remove(0);
                written.truncate(moved as usize);
                self.push(call, What::Write(file, call.last_number(), written));
            }
            "ftruncate" => self.push(call, What::SetLength(file, call.last_number())),
            "fsync" | "fdatasync" => self.push(call, What::SyncFile(path, file)),
            "mmap" if !call.arguments.contains("MAP_SHARED") => {}
            "fcntl" if !call.arguments.contains("F_DUPFD") => {}
            other => panic!("{other} of {} is not a part of the model of the disk: {}", path.display(), call.arguments),
        }
    }
}
