//! Free ports on loopback: chosen by the system, written down, kept as long as nobody took them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};

use serde::{Deserialize, Serialize};

/// Ports by purpose, such as `signer1.p2p`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ports(BTreeMap<String, u16>);

impl Ports {
    /// Ports for all `purposes`: those of `self` that are still free, else new ones.
    ///
    /// # Errors
    /// If the system has no free port on loopback.
    pub fn choose(&self, purposes: &[String]) -> std::io::Result<Self> {
        // All are held until all are chosen, so that no port is given out twice.
        let mut held = Vec::new();
        let mut taken = BTreeSet::new();
        let mut chosen = BTreeMap::new();
        for purpose in purposes {
            let before = self.0.get(purpose).filter(|port| !taken.contains(*port));
            let kept = before.and_then(|port| hold(*port).ok());
            let (port, sockets) = match kept {
                Some(held) => held,
                None => hold_any()?,
            };
            taken.insert(port);
            held.push(sockets);
            chosen.insert(purpose.clone(), port);
        }
        Ok(Self(chosen))
    }

    /// The port of `purpose`; 0 if none was chosen.
    #[must_use]
    pub fn get(&self, purpose: &str) -> u16 {
        self.0.get(purpose).copied().unwrap_or(0)
    }
}

type Sockets = (TcpListener, UdpSocket);

/// Peer-to-peer nodes need one number for both kinds of socket, so every port is tried as both.
fn hold(port: u16) -> std::io::Result<(u16, Sockets)> {
    let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    let port = tcp.local_addr()?.port();
    let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, port))?;
    Ok((port, (tcp, udp)))
}

fn hold_any() -> std::io::Result<(u16, Sockets)> {
    let mut last = hold(0);
    for _ in 0..16 {
        if last.is_ok() {
            break;
        }
        last = hold(0);
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn purposes() -> Vec<String> {
        (0..8).map(|n| format!("node{n}.p2p")).collect()
    }

    #[test]
    fn chosen_ports_differ_and_are_kept() {
        let first = Ports::default().choose(&purposes()).unwrap();
        assert_eq!(first.0.values().collect::<BTreeSet<_>>().len(), 8);
        assert_eq!(first.choose(&purposes()).unwrap(), first);
    }

    #[test]
    fn a_port_that_somebody_took_is_replaced() {
        let first = Ports::default().choose(&purposes()).unwrap();
        let taken = first.get("node3.p2p");
        let _other = TcpListener::bind((Ipv4Addr::LOCALHOST, taken)).unwrap();
        let second = first.choose(&purposes()).unwrap();
        assert_ne!(second.get("node3.p2p"), taken);
    }
}
