//! The operator's and the auditor's programs, run as a person at a terminal would.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::system::System;

/// How a program ended and what it said.
pub struct Ended {
    /// Its exit code; -1 when a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    /// Both outputs, for a report of what went wrong.
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// A program of this system and its first argument.
pub fn program(system: &System, name: &str) -> Command {
    let path: PathBuf = system.programs.join(name);
    let mut command = Command::new(path);
    if name == "smart-tenders" {
        command.env("SMART_TENDERS_DATA", &system.data);
    }
    command
}

/// Runs `command` with `input` on its standard input.
pub fn run(mut command: Command, input: &str) -> Result<Ended> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {name}"))?;
    let mut stdin = child.stdin.take().context("a child without standard input")?;
    // A program that refuses before it reads closes the pipe; its exit code says why.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().with_context(|| format!("running {name}"))?;
    Ok(Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// `smart-tenders ARGUMENTS`; anything but exit code 0 is an error.
pub fn operator<S: AsRef<OsStr>>(system: &System, arguments: &[S], input: &str) -> Result<String> {
    let mut command = program(system, "smart-tenders");
    command.args(arguments);
    let shown = format!("{command:?}");
    let ended = run(command, input)?;
    anyhow::ensure!(ended.code == 0, "{shown} ended with {}: {}", ended.code, ended.text());
    Ok(ended.stdout)
}
