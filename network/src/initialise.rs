//! What a Clique network is made of before its first start: keys, genesis block, databases.
//!
//! Every step looks at what is there first, so that a start that was cut short is taken up again.

use std::path::Path;
use std::process::Stdio;

use alloy_primitives::Address;
use serde_json::Value;
use tokio::process::Command;

use crate::description::Description;
use crate::folders::Folders;
use crate::genesis::genesis_json;
use crate::keys::{Key, create_secret_folder, random_word, write_secret};
use crate::running::NetworkError;

/// All keys of a network, by node name in the order of the description.
#[derive(Debug)]
pub struct Keys {
    /// Accounts of the signers.
    pub signers: Vec<(String, Key)>,
    /// Peer-to-peer identities of the signers and the archive node.
    pub nodes: Vec<(String, Key)>,
    /// Peer-to-peer identity of the bootnode.
    pub boot: Key,
    /// The account that anchors.
    pub anchor: Key,
}

/// Makes what is missing of the network `description` describes.
///
/// # Errors
/// [`NetworkError::DescriptionChanged`] if the folder holds another network; else what failed.
pub async fn initialise(
    description: &Description,
    folders: &Folders,
    geth: &Path,
    now: u64,
) -> Result<Keys, NetworkError> {
    folders.create()?;
    let before: Option<Description> = folders.read("description.json")?;
    if before.as_ref().is_some_and(|before| before != description) {
        return Err(NetworkError::DescriptionChanged { folder: folders.data().to_owned() });
    }
    folders.write("description.json", description)?;
    let keys = load_keys(description, folders)?;
    if folders.read::<Value>("genesis.json")?.is_none() {
        let signers: Vec<Address> = keys.signers.iter().map(|(_, key)| key.address()).collect();
        let genesis = genesis_json(description, &signers, keys.anchor.address(), now);
        folders.write("genesis.json", &genesis)?;
    }
    for name in description.node_names() {
        initialise_node(name, &keys, folders, geth).await?;
    }
    Ok(keys)
}

fn load_keys(description: &Description, folders: &Folders) -> Result<Keys, NetworkError> {
    let password = folders.key("password");
    if !password.exists() {
        write_secret(&password, &format!("{}\n", random_word()?))?;
    }
    let mut signers = Vec::new();
    for signer in &description.signers {
        let key = Key::load_or_create(&folders.key(&format!("{}.key", signer.name)))?;
        signers.push((signer.name.clone(), key));
    }
    let mut nodes = Vec::new();
    for name in description.node_names() {
        let key = Key::load_or_create(&folders.key(&format!("{name}.nodekey")))?;
        nodes.push((name.to_owned(), key));
    }
    let boot = Key::load_or_create(&folders.key("boot.nodekey"))?;
    let anchor = Key::load_or_create(&folders.anchor_key())?;
    Ok(Keys { signers, nodes, boot, anchor })
}

/// The last step writes a mark; without it all steps are done again, which harms nothing.
async fn initialise_node(
    name: &str,
    keys: &Keys,
    folders: &Folders,
    geth: &Path,
) -> Result<(), NetworkError> {
    let folder = folders.node(name);
    let mark = folder.join("initialised");
    if mark.exists() {
        return Ok(());
    }
    create_secret_folder(&folder)?;
    let log = folders.log("initialise")?;
    let genesis = folders.data().join("genesis.json");
    let init: [&Path; 4] =
        ["init".as_ref(), "--state.scheme".as_ref(), "hash".as_ref(), genesis.as_ref()];
    run(geth, &folder, &init, &log).await?;
    let is_signer = keys.signers.iter().any(|(signer, _)| signer == name);
    if is_signer && std::fs::read_dir(folder.join("keystore"))?.next().is_none() {
        let password = folders.key("password");
        let key = folders.key(&format!("{name}.key"));
        let import: [&Path; 6] = [
            "account".as_ref(),
            "import".as_ref(),
            // The password lies beside the keystore, so a slow derivation would guard nothing.
            "--lightkdf".as_ref(),
            "--password".as_ref(),
            password.as_ref(),
            key.as_ref(),
        ];
        run(geth, &folder, &import, &log).await?;
    }
    std::fs::write(mark, b"")?;
    Ok(())
}

async fn run(
    geth: &Path,
    folder: &Path,
    arguments: &[&Path],
    log: &Path,
) -> Result<(), NetworkError> {
    let output = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
    let status = Command::new(geth)
        .arg("--datadir")
        .arg(folder)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .status()
        .await?;
    if status.success() { Ok(()) } else { Err(NetworkError::Initialise { log: log.to_owned() }) }
}
