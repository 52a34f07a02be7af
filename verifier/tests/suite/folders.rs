//! A log that is a folder of files.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::world::server::{log, node, serve};
use crate::world::{FOUR, World, jcs};
use verifier::log::{FolderError, LogError, LogReport, LogSource, verify_log};
use verifier::policy::Policy;

/// A copy of the long log in a folder of its own.
pub struct Copy(pub PathBuf);

impl Copy {
    pub fn new(name: &str) -> Self {
        let copy = std::env::temp_dir().join(format!("verifier-{name}-{}", std::process::id()));
        let all = log(&World::long(), 720);
        for path in [
            "/log/checkpoint",
            "/log/tile/0/000",
            "/log/tile/0/001",
            "/log/tile/0/002.p/208",
            "/log/tile/1/000.p/2",
            "/log/tile/entries/000",
            "/log/tile/entries/001",
            "/log/tile/entries/002.p/208",
        ] {
            let file = copy.join(&path[1..]);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, all(path).unwrap()).unwrap();
        }
        Self(copy)
    }

    fn file(&self, path: &str) -> PathBuf {
        self.0.join("log").join(path)
    }

    fn replay(&self) -> Result<LogReport, LogError> {
        replay(&format!("file://{}", self.0.display()), FOUR)
    }

    fn folder_error(&self) -> FolderError {
        match self.replay() {
            Err(LogError::Folder(error)) => error,
            other => panic!("{other:?}"),
        }
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn replay(api: &str, threads: NonZero<usize>) -> Result<LogReport, LogError> {
    let world = World::long();
    let policy = Policy::parse(jcs(&world.policy()).as_bytes()).unwrap();
    let rpc = serve(Arc::new(|_: &str| None), Arc::new(node(world)));
    let source = LogSource { api, rpc: &rpc, patience: Duration::ZERO, threads };
    verify_log(&source, &policy, &mut |_, _| ())
}

#[test]
fn a_log_in_a_folder_has_the_verdict_of_the_served_one() {
    let (world, copy) = (World::long(), Copy::new("folder"));
    let url = serve(Arc::new(log(&world, 720)), Arc::new(node(World::long())));
    let (there, here) = (replay(&url, FOUR).unwrap(), copy.replay().unwrap());
    assert_eq!(here.outcome.exit_code(), 0, "{here}");
    assert_eq!(here.to_json(), there.to_json());
}

#[test]
fn a_fault_in_a_folder_is_named_as_in_a_served_log() {
    let copy = Copy::new("folder-fault");
    let file = copy.file("tile/entries/001");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[400] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let text = copy.replay().unwrap().outcome.to_string();
    assert!(text.contains("position 256: entry does not match its leaf"), "{text}");
    std::fs::remove_file(&file).unwrap();
    let missing = copy.replay();
    assert!(matches!(&missing, Err(LogError::NotServed { path }) if path.ends_with("entries/001")));
}

#[test]
fn an_address_that_names_no_folder_is_told() {
    let copy = Copy::new("folder-address");
    let file = copy.file("checkpoint");
    let here = file.display();
    for address in ["file://srv/copy".to_owned(), "file://".to_owned(), format!("file://{here}")] {
        let outcome = replay(&address, FOUR);
        let text = outcome.unwrap_err().to_string();
        assert!(text.contains("is not file:// and the absolute path of a folder"), "{text}");
    }
    let missing = replay(&format!("file://{}/missing", copy.0.display()), FOUR);
    assert!(matches!(missing, Err(LogError::Folder(FolderError::Read { .. }))));
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_folder_is_read() {
    use std::os::unix::fs::symlink;
    let (copy, other) = (Copy::new("folder-inside"), Copy::new("folder-outside"));
    let file = copy.file("tile/entries/001");
    let replaced_by = |target: &Path| {
        std::fs::remove_file(&file).unwrap();
        symlink(target, &file).unwrap();
    };
    // The same bytes, and still not of this folder.
    for outside in [other.file("tile/entries/001"), "/dev/zero".into()] {
        replaced_by(&outside);
        assert!(matches!(copy.folder_error(), FolderError::NotInside { .. }));
    }
    let beside = copy.file("tile/entries/again");
    std::fs::copy(other.file("tile/entries/001"), &beside).unwrap();
    replaced_by(&beside);
    assert_eq!(copy.replay().unwrap().outcome.exit_code(), 0);
    replaced_by(&copy.file("tile"));
    assert!(matches!(copy.folder_error(), FolderError::NotInside { .. }), "a folder is no file");
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_tile_does_not_hold_up_the_replay() {
    let copy = Copy::new("folder-pipe");
    let file = copy.file("tile/0/000");
    std::fs::remove_file(&file).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&file).status().unwrap();
    assert!(made.success());
    assert!(matches!(copy.folder_error(), FolderError::NotInside { .. }));
}

#[test]
fn a_file_longer_than_a_tile_is_not_read_whole() {
    let copy = Copy::new("folder-long");
    let file = std::fs::File::options().write(true).open(copy.file("tile/0/000")).unwrap();
    // No such disk: only its beginning may be read.
    file.set_len(1 << 40).unwrap();
    let error = copy.folder_error();
    assert!(matches!(error, FolderError::TooLong { bytes_max: 8192, .. }), "{error}");
}
