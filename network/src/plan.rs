//! Command lines and peers of all nodes, from the description, the keys and the chosen ports.

use std::ffi::OsString;
use std::path::Path;

use alloy_primitives::Address;

use crate::chain::{Chain, ChainKind, Signer};
use crate::description::Description;
use crate::folders::Folders;
use crate::initialise::Keys;
use crate::ports::Ports;
use crate::process::{ProcessSpec, Supervised};
use crate::running::NetworkError;
use crate::sealing::Sealer;

/// All ports a network needs.
pub fn purposes(description: &Description) -> Vec<String> {
    let archive = &description.archive.name;
    let mut purposes = vec!["boot.discovery".to_owned(), format!("{archive}.rpc")];
    for name in description.node_names() {
        purposes.push(format!("{name}.p2p"));
        purposes.push(format!("{name}.auth"));
    }
    purposes
}

/// What the command lines of all nodes derive from.
#[derive(Debug)]
pub struct Plan<'a> {
    pub description: &'a Description,
    pub folders: &'a Folders,
    pub keys: &'a Keys,
    pub ports: &'a Ports,
}

impl Plan<'_> {
    /// Starts the bootnode and all nodes.
    pub fn start(&self, geth: &Path, bootnode: &Path) -> Result<Vec<Supervised>, NetworkError> {
        let mut specs = vec![self.spec("boot", bootnode, self.bootnode_arguments())?];
        for name in self.description.node_names() {
            let config = self.folders.node(name).join("node.toml");
            std::fs::write(&config, self.peers(name))?;
            let mut arguments = self.common_arguments(name, &config);
            match self.keys.signers.iter().find(|(signer, _)| signer == name) {
                Some((_, key)) => arguments.extend(self.signer_arguments(key.address())),
                None => arguments.extend(self.archive_arguments(name)),
            }
            specs.push(self.spec(name, geth, arguments)?);
        }
        Ok(specs.into_iter().map(Supervised::start).collect())
    }

    /// The chain as far as it is known before a node answers: all but the genesis header.
    pub fn chain(&self) -> Chain {
        let mut signers: Vec<Signer> = self
            .keys
            .signers
            .iter()
            .zip(&self.description.signers)
            .map(|((name, key), description)| Signer {
                name: name.clone(),
                address: key.address(),
                organisation: description.organisation.clone(),
            })
            .collect();
        signers.sort_by_key(|signer| signer.address);
        let archive = &self.description.archive.name;
        Chain {
            kind: ChainKind::Clique,
            rpc_url: format!("http://127.0.0.1:{}", self.ports.get(&format!("{archive}.rpc"))),
            chain_id: self.description.chain_id,
            period_seconds: self.description.period_seconds,
            epoch_blocks: self.description.epoch_blocks,
            anchor_key: self.folders.anchor_key(),
            anchor_address: self.keys.anchor.address(),
            // Read from the archive node once it answers.
            genesis_header: alloy_primitives::Bytes::new(),
            signers,
        }
    }

    /// The signers as Clique counts their turns.
    pub fn sealers(&self) -> Vec<Sealer> {
        let identity = |name: &str| self.keys.nodes.iter().find(|(node, _)| node == name);
        let mut sealers: Vec<Sealer> = self
            .keys
            .signers
            .iter()
            .filter_map(|(name, key)| {
                let (_, node_key) = identity(name)?;
                let socket = self.folders.sockets().join(format!("{name}.ipc"));
                let name = name.clone();
                Some(Sealer { name, socket, address: key.address(), node_id: node_key.node_id() })
            })
            .collect();
        sealers.sort_by_key(|sealer| sealer.address);
        sealers
    }

    fn spec(
        &self,
        name: &str,
        program: &Path,
        args: Vec<OsString>,
    ) -> Result<ProcessSpec, NetworkError> {
        Ok(ProcessSpec {
            name: name.to_owned(),
            program: program.to_owned(),
            args,
            env: Vec::new(),
            log: Some(self.folders.log(name)?),
        })
    }

    /// Every node lists all others, so that who finds whom does not depend on the bootnode, and trusts
    /// them, so that no limit of inbound peers keeps two of them apart for ever.
    fn peers(&self, name: &str) -> String {
        let others: Vec<String> = self
            .keys
            .nodes
            .iter()
            .filter(|(other, _)| other != name)
            .map(|(other, key)| {
                let port = self.ports.get(&format!("{other}.p2p"));
                format!("\"enode://{}@127.0.0.1:{port}\"", key.node_id())
            })
            .collect();
        let port = self.ports.get(&format!("{name}.p2p"));
        let others = others.join(", ");
        format!(
            "[Node.P2P]\nListenAddr = \"127.0.0.1:{port}\"\nStaticNodes = [{others}]\nTrustedNodes = [{others}]\n"
        )
    }

    fn bootnode_arguments(&self) -> Vec<OsString> {
        let port = self.ports.get("boot.discovery");
        vec![
            "-nodekey".into(),
            self.folders.key("boot.nodekey").into(),
            "-addr".into(),
            format!("127.0.0.1:{port}").into(),
            "-nat".into(),
            "none".into(),
            "-netrestrict".into(),
            "127.0.0.0/8".into(),
        ]
    }

    fn common_arguments(&self, name: &str, config: &Path) -> Vec<OsString> {
        let boot = self.keys.boot.node_id();
        let discovery = self.ports.get("boot.discovery");
        let bootnode = format!("enode://{boot}@127.0.0.1:0?discport={discovery}");
        let auth = self.ports.get(&format!("{name}.auth")).to_string();
        let chain_id = self.description.chain_id.to_string();
        let socket = self.folders.sockets().join(format!("{name}.ipc"));
        // A node starts to synchronise when it has five peers or as many as it may have.
        let peers_max = (self.keys.nodes.len() - 1).max(1).to_string();
        let node_key = self.folders.key(&format!("{name}.nodekey"));
        let mut arguments: Vec<OsString> = vec![
            "--config".into(),
            config.into(),
            "--datadir".into(),
            self.folders.node(name).into(),
            "--ipcpath".into(),
            socket.into(),
            "--nodekey".into(),
            node_key.into(),
        ];
        for (flag, value) in [
            ("--networkid", chain_id.as_str()),
            ("--identity", name),
            ("--nat", "extip:127.0.0.1"),
            ("--netrestrict", "127.0.0.0/8"),
            ("--bootnodes", &bootnode),
            ("--syncmode", "full"),
            // A full node that loses its memory rewinds to its last state; an archive node does not.
            ("--gcmode", "archive"),
            ("--state.scheme", "hash"),
            ("--cache", "64"),
            ("--maxpeers", &peers_max),
            ("--txpool.pricelimit", "1"),
            ("--authrpc.addr", "127.0.0.1"),
            ("--authrpc.port", &auth),
        ] {
            arguments.extend([flag.into(), value.into()]);
        }
        arguments
    }

    /// Signers have no HTTP and no WebSocket, so unlocking needs no insecure flag. They do not seal
    /// until `sealing` lets them.
    fn signer_arguments(&self, account: Address) -> Vec<OsString> {
        let account = account.to_string();
        let gas_limit = self.description.gas_limit.to_string();
        let mut arguments: Vec<OsString> =
            vec!["--password".into(), self.folders.key("password").into()];
        for (flag, value) in [
            ("--unlock", account.as_str()),
            ("--miner.etherbase", &account),
            ("--miner.gaslimit", &gas_limit),
            ("--miner.gasprice", "1"),
        ] {
            arguments.extend([flag.into(), value.into()]);
        }
        arguments
    }

    fn archive_arguments(&self, name: &str) -> Vec<OsString> {
        let port = self.ports.get(&format!("{name}.rpc")).to_string();
        let mut arguments: Vec<OsString> = vec!["--http".into()];
        for (flag, value) in [
            ("--http.addr", "127.0.0.1"),
            ("--http.port", port.as_str()),
            ("--http.api", "eth,net,web3,clique"),
            ("--http.vhosts", "localhost,127.0.0.1"),
        ] {
            arguments.extend([flag.into(), value.into()]);
        }
        arguments
    }
}
