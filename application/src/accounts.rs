//! Accounts, passwords and sessions.
//!
//! A password is hashed with Argon2id, and an unknown login costs the same work as a known one. A
//! session is a random token of which the database holds a hash only. How often somebody may try is
//! not decided here.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use deadpool_postgres::Pool;
use domain::{AccountRef, Role, Timestamp};
use eventstore::Entropy;
use merkle::hash::{sha256, to_hex};
use tokio::sync::Semaphore;
use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::authority::Caller;
use crate::outcome::{ExecuteError, Fault, Rejection};

/// The fewest characters of a password.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// The most bytes of a password: more is no safer, only slower.
pub const PASSWORD_BYTES_MAX: usize = 1_024;
/// Passwords that are hashed at the same time; each takes the memory of its [`Params`].
const HASHING_MAX: usize = 2;

/// How accounts are kept.
#[derive(Debug, Clone)]
pub struct AccountSettings {
    /// How long a session lasts from its login.
    pub session_lifetime: Duration,
    /// What a password hash costs; [`Params::DEFAULT`] is 19 MiB and two passes.
    pub password_cost: Params,
}

impl Default for AccountSettings {
    fn default() -> Self {
        Self { session_lifetime: Duration::from_hours(8), password_cost: Params::DEFAULT }
    }
}

/// An account without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The pseudonym that events name.
    pub account: AccountRef,
    /// What its owner logs in with.
    pub login: String,
    /// The roles it may act in.
    pub roles: Vec<Role>,
}

impl Account {
    /// The account as the sender of commands.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller { account: self.account, roles: self.roles.clone() }
    }
}

/// A session that was begun.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The bearer token, 64 hexadecimal digits; nobody can read it off the database.
    pub token: String,
    /// When it ends, by the wall clock.
    pub expires_at: Timestamp,
    /// Whose it is.
    pub account: Account,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// The accounts in the schema `app`. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    pool: Pool,
    entropy: Arc<dyn Entropy>,
    argon2: Argon2<'static>,
    session_lifetime: Duration,
    hashing: Arc<Semaphore>,
    /// What the password of an unknown login is compared with.
    nobody: Arc<str>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

impl Accounts {
    /// Accounts behind `pool`, which must be connected as the service's role.
    ///
    /// # Errors
    /// [`Fault::Password`] when the password cost is not one that Argon2 accepts.
    pub fn new(
        pool: Pool,
        entropy: Arc<dyn Entropy>,
        settings: AccountSettings,
    ) -> Result<Self, Fault> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, settings.password_cost);
        let nobody = hash_password(&argon2, &[0; 16], "nobody knows this password")?.into();
        Ok(Self {
            pool,
            entropy,
            argon2,
            session_lifetime: settings.session_lifetime,
            hashing: Arc::new(Semaphore::new(HASHING_MAX)),
            nobody,
        })
    }

    /// Makes an account. The public may make accounts with the role citizen; others are the
    /// operator's to make.
    ///
    /// # Errors
    /// `login-format`, `login-taken`, `password-too-short` or `password-too-long` as rejections.
    pub async fn create(
        &self,
        login: &str,
        password: &str,
        roles: &[Role],
    ) -> Result<Account, ExecuteError> {
        let login = normal_login(login).ok_or_else(login_format)?;
        check_password(password)?;
        let (mut id, mut salt) = ([0; 16], [0; 16]);
        self.entropy.fill(&mut id);
        self.entropy.fill(&mut salt);
        let account = AccountRef(uuid::Builder::from_random_bytes(id).into_uuid());
        let hash = self.hash(salt.to_vec(), password.to_owned()).await?;
        let mut client = self.pool.get().await?;
        let db_tx = client.transaction().await?;
        let inserted = db_tx
            .execute(
                "INSERT INTO app.accounts (account_ref, login, password_hash) VALUES ($1, $2, $3)",
                &[&account.0, &login, &hash],
            )
            .await;
        match inserted {
            Err(error) if violates(&error, "accounts_login_key") => return Err(login_taken()),
            other => other?,
        };
        for role in roles {
            db_tx
                .execute(
                    "INSERT INTO app.account_roles (account_ref, role) VALUES ($1, $2)
                     ON CONFLICT ON CONSTRAINT account_roles_pkey DO NOTHING",
                    &[&account.0, &role.as_str()],
                )
                .await?;
        }
        db_tx.commit().await?;
        Ok(Account { account, login, roles: self.roles(account).await? })
    }

    /// Begins a session.
    ///
    /// # Errors
    /// `login-failed`, the same for an unknown login and a wrong password, after the same work.
    pub async fn login(&self, login: &str, password: &str) -> Result<Session, ExecuteError> {
        let login = normal_login(login).unwrap_or_default();
        let client = self.pool.get().await?;
        let row = client
            .query_opt(
                "SELECT account_ref, password_hash FROM app.accounts WHERE login = $1",
                &[&login],
            )
            .await?;
        // The connection goes back before the work begins: hashing is slow on purpose.
        drop(client);
        let (account, hash) = match row {
            Some(row) => (Some(row.get("account_ref")), row.get("password_hash")),
            None => (None, self.nobody.to_string()),
        };
        let is_right = self.verify(hash, bounded(password)).await?;
        match account {
            Some(account) if is_right => self.begin_session(AccountRef(account), login).await,
            _ => Err(Rejection::plain(
                "login-failed",
                "El usuario o la contraseña no son correctos: revíselos e intente de nuevo.",
                None,
            )
            .into()),
        }
    }

    /// The account of a session that has not ended.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn authenticate(&self, token: &str) -> Result<Option<Account>, Fault> {
        let client = self.pool.get().await?;
        let statement = client
            .prepare_cached(
                "SELECT a.account_ref, a.login
                 FROM app.sessions AS s
                 JOIN app.accounts AS a ON a.account_ref = s.account_ref
                 WHERE s.token_hash = $1 AND s.expires_at > clock_timestamp()",
            )
            .await?;
        let Some(row) = client.query_opt(&statement, &[&token_hash(token)]).await? else {
            return Ok(None);
        };
        drop(client);
        let account = AccountRef(row.get("account_ref"));
        Ok(Some(Account { account, login: row.get("login"), roles: self.roles(account).await? }))
    }

    /// Ends a session; `false` when there was none.
    ///
    /// # Errors
    /// [`Fault`] when the database fails.
    pub async fn logout(&self, token: &str) -> Result<bool, Fault> {
        let client = self.pool.get().await?;
        let ended = client
            .execute("DELETE FROM app.sessions WHERE token_hash = $1", &[&token_hash(token)])
            .await?;
        Ok(ended == 1)
    }

    async fn begin_session(
        &self,
        account: AccountRef,
        login: String,
    ) -> Result<Session, ExecuteError> {
        let mut random = [0; 32];
        self.entropy.fill(&mut random);
        let token = to_hex(&random).split_off(2);
        let lifetime_ms = i64::try_from(self.session_lifetime.as_millis()).unwrap_or(i64::MAX);
        let client = self.pool.get().await?;
        // Sessions that ended are swept out by those that begin.
        client
            .execute("DELETE FROM app.sessions WHERE expires_at <= clock_timestamp()", &[])
            .await?;
        let row = client
            .query_one(
                "INSERT INTO app.sessions (token_hash, account_ref, expires_at)
                 VALUES ($1, $2, clock_timestamp() + $3::bigint * interval '1 millisecond')
                 RETURNING floor(extract(epoch FROM expires_at) * 1000)::bigint AS expires_at_ms",
                &[&token_hash(&token), &account.0, &lifetime_ms],
            )
            .await?;
        drop(client);
        let expires_at = Timestamp::from_millis(row.get("expires_at_ms"))
            .map_err(|_| Fault::Stored("end of a session"))?;
        let roles = self.roles(account).await?;
        Ok(Session { token, expires_at, account: Account { account, login, roles } })
    }

    async fn roles(&self, account: AccountRef) -> Result<Vec<Role>, Fault> {
        let client = self.pool.get().await?;
        let statement = client
            .prepare_cached(
                "SELECT role FROM app.account_roles WHERE account_ref = $1 ORDER BY role",
            )
            .await?;
        let rows = client.query(&statement, &[&account.0]).await?;
        rows.iter()
            .map(|row| row.get::<_, &str>("role").parse().map_err(|_| Fault::Stored("role")))
            .collect()
    }

    async fn hash(&self, salt: Vec<u8>, password: String) -> Result<String, Fault> {
        let argon2 = self.argon2.clone();
        self.work(move || hash_password(&argon2, &salt, &password)).await?
    }

    async fn verify(&self, hash: String, password: String) -> Result<bool, Fault> {
        let argon2 = self.argon2.clone();
        self.work(move || {
            let hash = PasswordHash::new(&hash).map_err(|_| Fault::Stored("password hash"))?;
            Ok(argon2.verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await?
    }

    /// Runs slow work beside the async threads, a bounded number at a time.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let _permit = self.hashing.acquire().await.map_err(|_| Fault::Password)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Fault::Password)
    }
}

fn hash_password(argon2: &Argon2<'_>, salt: &[u8], password: &str) -> Result<String, Fault> {
    let salt = SaltString::encode_b64(salt).map_err(|_| Fault::Password)?;
    let hash = argon2.hash_password(password.as_bytes(), &salt).map_err(|_| Fault::Password)?;
    Ok(hash.to_string())
}

fn normal_login(login: &str) -> Option<String> {
    let login = login.trim().to_ascii_lowercase();
    let is_login = (3..=64).contains(&login.len())
        && login.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
        && login.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._@+-".contains(&byte)
        });
    is_login.then_some(login)
}

fn check_password(password: &str) -> Result<(), Rejection> {
    let mut rejection = if password.chars().count() < PASSWORD_CHARS_MIN {
        Rejection::plain(
            "password-too-short",
            "La contraseña es demasiado corta: use al menos 12 caracteres.",
            Some("password"),
        )
    } else if password.len() > PASSWORD_BYTES_MAX {
        Rejection::plain(
            "password-too-long",
            "La contraseña es demasiado larga: acórtela.",
            Some("password"),
        )
    } else {
        return Ok(());
    };
    rejection.details = vec![
        ("charsMin".to_owned(), PASSWORD_CHARS_MIN.to_string()),
        ("bytesMax".to_owned(), PASSWORD_BYTES_MAX.to_string()),
    ];
    Err(rejection)
}

/// What is worked on when a login is tried: no password is longer, so nothing is lost.
fn bounded(password: &str) -> String {
    if password.len() > PASSWORD_BYTES_MAX { String::new() } else { password.to_owned() }
}

fn login_format() -> Rejection {
    Rejection::plain(
        "login-format",
        "El usuario lleva de 3 a 64 letras, dígitos o los signos . _ @ + -: corríjalo.",
        Some("login"),
    )
}

fn login_taken() -> ExecuteError {
    Rejection::plain("login-taken", "Ese usuario ya existe: elija otro.", Some("login")).into()
}

fn violates(error: &tokio_postgres::Error, constraint: &str) -> bool {
    error.as_db_error().is_some_and(|error| {
        *error.code() == SqlState::UNIQUE_VIOLATION && error.constraint() == Some(constraint)
    })
}

fn token_hash(token: &str) -> Vec<u8> {
    sha256(token.as_bytes()).to_vec()
}

/// The pseudonym of the system itself, for events that nobody in particular caused.
pub const SYSTEM: AccountRef =
    AccountRef(Uuid::from_u128(0x91a5_3f0e_6c1b_4c63_9d0a_52f7_1b0c_8e00));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_the_same_in_any_case() {
        assert_eq!(normal_login(" U-Requirente ").as_deref(), Some("u-requirente"));
        for login in ["", "ab", "-abc", "a b c", "añb", &"a".repeat(65)] {
            assert_eq!(normal_login(login), None, "{login}");
        }
    }

    #[test]
    fn a_password_has_at_least_twelve_characters() {
        assert_eq!(check_password("ñandú-ñandú").unwrap_err().code, "password-too-short");
        assert!(check_password("ñandú-ñandú-").is_ok());
        assert_eq!(check_password(&"a".repeat(1_025)).unwrap_err().code, "password-too-long");
    }

    #[test]
    fn a_hash_names_its_algorithm_and_its_cost() {
        let params = Params::new(64, 1, 1, None).unwrap();
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = hash_password(&argon2, &[7; 16], "correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
    }
}
