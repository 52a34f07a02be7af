//! The users' accounts: officials get theirs from the operator, companies make their own.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::api::Api;
use crate::system::System;
use crate::tool;

/// Passwords of the play's users, kept for a play that is resumed.
pub struct Accounts<'a> {
    system: &'a System,
    passwords: BTreeMap<String, String>,
    file: PathBuf,
}

impl<'a> Accounts<'a> {
    pub fn open(system: &'a System) -> Result<Self> {
        let file = system.data.join("run/demo-passwords.json");
        let passwords = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).context("reading the play's passwords")?,
            Err(_) => BTreeMap::new(),
        };
        Ok(Self { system, passwords, file })
    }

    /// An official with `role` in `unit`, made by the operator; logged in.
    pub fn official(&mut self, login: &str, role: &str, unit: &str) -> Result<Api<'a>> {
        let password = self.password(login)?;
        let arguments = ["account", "add", "--login", login, "--role", role, "--unit", unit];
        let added = {
            let mut command = tool::program(self.system, "smart-tenders");
            command.args(arguments).arg("--password-stdin");
            tool::run(command, &format!("{password}\n"))?
        };
        match self.log_in(login, &password) {
            Ok(api) => Ok(api),
            Err(error) => Err(error.context(format!("the operator said: {}", added.text()))),
        }
    }

    /// Anybody who makes an account on the public page; logged in.
    pub fn citizen(&mut self, login: &str) -> Result<Api<'a>> {
        let password = self.password(login)?;
        let text = "mutation($login: String!, $password: String!) {
            createAccount(login: $login, password: $password) {
                __typename ... on CommandRejected { code message } } }";
        let variables = json!({"login": login, "password": password});
        // A play that is resumed finds the account made; the log-in then decides.
        let made = Api::anonymous(self.system).ask(text, &variables)?;
        self.log_in(login, &password).with_context(|| format!("making the account said {made}"))
    }

    fn log_in(&self, login: &str, password: &str) -> Result<Api<'a>> {
        let text = "mutation($login: String!, $password: String!) {
            login(login: $login, password: $password) {
                __typename ... on Session { token } ... on CommandRejected { code message } } }";
        let variables = json!({"login": login, "password": password});
        let answer: Value = Api::anonymous(self.system).ask(text, &variables)?;
        match answer["login"]["token"].as_str() {
            Some(token) => Ok(Api::with_token(self.system, token.to_owned())),
            None => bail!("{login} cannot log in: {}", answer["login"]),
        }
    }

    fn password(&mut self, login: &str) -> Result<String> {
        if let Some(password) = self.passwords.get(login) {
            return Ok(password.clone());
        }
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).context("drawing a password")?;
        let password = uuid::Uuid::from_bytes(bytes).simple().to_string();
        self.passwords.insert(login.to_owned(), password.clone());
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&self.file)
            .context("writing the play's passwords")?;
        file.write_all(&serde_json::to_vec(&self.passwords)?)?;
        Ok(password)
    }
}
