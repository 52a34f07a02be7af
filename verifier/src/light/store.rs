//! Where a followed chain is kept: a folder of the auditor's own, with the settled chain as one
//! snapshot, the unsettled headers, and the hash of every settled block.
//!
//! An interruption leaves a file of hashes that is longer than the snapshot says: the next start
//! cuts it. The headers that are not settled are checked again.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::followed::Followed;
use super::kept;
use crate::chain::Address;
use crate::chain::header::Header;
use crate::chain::snapshot::Snapshot;
use crate::encoding::{hex, unhex};
use crate::json::{Value, object};
use crate::members::Members;
use crate::merkle::Hash;
use crate::own_file::{self, Content};
use crate::policy::Chain;
use crate::refusal::Refusal;

const WORD: &str = "smart-tenders/chain-state@v1";
/// Some 1,300 bytes are kept of each unsettled header, so this is far beyond what there can be.
const STATE_BYTES_MAX: u64 = 64 * 1024 * 1024;
const HASH_BYTES: u64 = 32;

/// Why a chain cannot be kept or gone on with: not a verdict (exit code 2).
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file cannot be read or written.
    #[error("{}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another program uses the folder.
    #[error("{} is in use by another program: stop it, or name another folder", .path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The files are not what was written.
    #[error(
        "{} is damaged or of another chain: name another folder, or delete it, to follow from the genesis block",
        .path.display()
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
    },
    /// The policy does not say of the signers what the chain made of them.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// The folder, held by this program alone.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    hashes: File,
    /// How many hashes are on the disk.
    written: u64,
    _lock: File,
}

impl Store {
    /// Opens `folder`, making it if it is missing, and reads the chain it holds.
    ///
    /// # Errors
    /// If it cannot be used, or what it holds is not a chain of `rules`.
    pub fn open(folder: &Path, rules: &Chain) -> Result<(Self, Option<Followed>), StoreError> {
        let failed = |path: PathBuf| move |source| StoreError::File { path, source };
        fs::create_dir_all(folder).map_err(failed(folder.to_owned()))?;
        let path = folder.join("lock");
        let lock = File::create(&path).map_err(failed(path.clone()))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => StoreError::InUse { path: folder.to_owned() },
            TryLockError::Error(source) => StoreError::File { path, source },
        })?;
        let path = folder.join("hashes");
        let mut options = OpenOptions::new();
        let hashes = options.read(true).write(true).create(true).truncate(false);
        let hashes = hashes.open(&path).map_err(failed(path))?;
        let mut store = Self { folder: folder.to_owned(), hashes, written: 0, _lock: lock };
        let followed = store.read(rules)?;
        Ok((store, followed))
    }

    /// Keeps the chain as it is now. The hashes are on the disk before the snapshot that needs them.
    ///
    /// # Errors
    /// If the files cannot be written.
    pub fn keep(&mut self, followed: &Followed) -> Result<(), StoreError> {
        let path = self.folder.join("hashes");
        let failed = |source| StoreError::File { path, source };
        self.append(&followed.hashes).map_err(failed)?;
        let headers = followed.tail.iter().map(|block| hex(&block.header.rlp()).into()).collect();
        let state = object([
            ("genesisHash", hex(&followed.rules.genesis_hash).into()),
            ("settled", kept::to_json(&followed.settled)),
            ("signers", kept::signers_to_json(&followed.signers)),
            ("unsettled", Value::Array(headers)),
        ]);
        let path = self.state();
        own_file::write(&path, WORD, &state).map_err(|source| StoreError::File { path, source })
    }

    fn state(&self) -> PathBuf {
        self.folder.join("chain.json")
    }

    fn append(&mut self, hashes: &[Hash]) -> io::Result<()> {
        let new = usize::try_from(self.written).ok().and_then(|written| hashes.get(written..));
        self.hashes.seek(SeekFrom::Start(self.written * HASH_BYTES))?;
        self.hashes.write_all(new.unwrap_or_default().as_flattened())?;
        self.hashes.sync_data()?;
        self.written = hashes.len() as u64;
        Ok(())
    }

    fn read(&mut self, rules: &Chain) -> Result<Option<Followed>, StoreError> {
        let path = self.state();
        let content = own_file::read(&path, WORD, STATE_BYTES_MAX);
        let damaged = || StoreError::Damaged { path: self.folder.clone() };
        let state = match content.map_err(|source| StoreError::File { path, source })? {
            Content::None => return Ok(None),
            Content::Damaged => return Err(damaged()),
            Content::Json(state) => state,
        };
        let Parts { settled, signers, headers } = parts(&state, rules).ok_or_else(damaged)?;
        let bytes = (settled.number + 1) * HASH_BYTES;
        let mut read = Vec::new();
        let path = self.folder.join("hashes");
        let failed = |source| StoreError::File { path, source };
        let taken = (&self.hashes).take(bytes).read_to_end(&mut read);
        taken.and_then(|_| self.hashes.set_len(bytes)).map_err(failed)?;
        let (hashes, rest) = read.as_chunks::<32>();
        let fits = rest.is_empty()
            && hashes.first() == Some(&rules.genesis_hash)
            && hashes.len() as u64 == settled.number + 1
            && hashes.last() == Some(&settled.hash);
        if !fits {
            return Err(damaged());
        }
        let (hashes, tail) = (hashes.to_vec(), VecDeque::new());
        let ancestor = settled.number;
        let mut followed = Followed { rules: rules.clone(), settled, signers, tail, hashes };
        followed.check_settled_signers()?;
        self.written = ancestor + 1;
        let mut branch = followed.branch(ancestor)?;
        followed.extend(&mut branch, headers)?;
        followed.adopt(&mut branch);
        Ok(Some(followed))
    }
}

struct Parts {
    settled: Snapshot,
    signers: Vec<(u64, Vec<Address>)>,
    headers: Vec<Header>,
}

/// What a state holds, if it is of the chain of `rules`.
fn parts(state: &Value, rules: &Chain) -> Option<Parts> {
    let names = ["genesisHash", "settled", "signers", "unsettled"];
    let members = Members::exactly(state, "state", &names).ok()?;
    (members.string("genesisHash").ok()? == hex(&rules.genesis_hash)).then_some(())?;
    let settled = kept::from_json(members.value("settled").ok()?)?;
    let signers = kept::signers_from_json(members.value("signers").ok()?)?;
    let header = |item: &Value| Header::decode(&unhex(item.as_str()?)?).ok();
    let headers = members.array("unsettled").ok()?.iter().map(header).collect::<Option<_>>()?;
    Some(Parts { settled, signers, headers })
}
