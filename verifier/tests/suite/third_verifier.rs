//! `docs/verify.py` shares no code with this verifier and comes to the same verdicts.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::cases::HONEST;
use crate::vectors::{decoded, read_list};
use crate::world::jcs;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// What `verify.py` says to these arguments; `None` where there is no Python to ask.
fn verify(arguments: &[&Path]) -> Option<Output> {
    let program = docs().join("verify.py");
    match Command::new("python3").arg("-B").arg(program).args(arguments).output() {
        Ok(output) => Some(output),
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("SKIPPED: the third verifier was not compared, python3 cannot run: {error}");
            None
        }
        Err(error) => panic!("python3 cannot run: {error}"),
    }
}

/// The check at an offset of a run-length list.
fn check_at(runs: &Value, mut at: u64) -> Option<&str> {
    runs.as_array()?.iter().find_map(|run| {
        let count = run[1].as_u64()?;
        if at < count {
            return run[0].as_str();
        }
        at -= count;
        None
    })
}

#[test]
fn a_third_verifier_comes_to_the_same_verdicts_by_the_same_checks() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let Some(output) = verify(&[Path::new("--vectors"), &folder]) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let said: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (bundles, flips) = (read_list("bundles.json"), read_list("flips.json"));
    let no_policies = read_list("no-policies.json");
    let mut wanted = Vec::new();
    for vector in &bundles {
        let (verdict, check, late) = (&vector["verdict"], &vector["check"], &vector["late"]);
        wanted.push(json!(["bundle", vector["name"], verdict, check, late]));
    }
    for vector in &no_policies {
        wanted.push(json!(["no policy", vector["name"], "refused"]));
    }
    for (number, vector) in read_list("inclusion.json").iter().enumerate() {
        wanted.push(json!(["inclusion", number, vector["valid"]]));
    }
    let proofs = wanted.len() - bundles.len() - no_policies.len();
    for vector in &flips {
        let bundle = bundles.iter().find(|bundle| bundle["name"] == vector["bundle"]).unwrap();
        for at in (0..decoded(&bundle["bundle"]).len() as u64).step_by(101) {
            let check = check_at(&vector["checks"], at).unwrap();
            let (name, mask) = (&vector["bundle"], &vector["mask"]);
            wanted.push(json!(["flip", name, mask, at, "refused", check, false]));
        }
    }
    for (said, wanted) in said.iter().zip(&wanted) {
        assert_eq!(said, wanted, "said and wanted");
    }
    assert_eq!(said.len(), wanted.len());
    let changes = wanted.len() - bundles.len() - no_policies.len() - proofs;
    println!("third verifier: {} bundles, {proofs} proofs, {changes} changed bytes", bundles.len());
}

#[test]
fn the_third_verifier_exits_with_the_codes_of_the_format() {
    let folder = std::env::temp_dir().join(format!("third-verifier-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let policy = file("policy", jcs(&HONEST.policy()).as_bytes());
    let mut bundle = HONEST.bundle(2);
    let anchored = file("anchored", jcs(&bundle).as_bytes());
    bundle["anchor"] = Value::Null;
    let included = file("included", jcs(&bundle).as_bytes());
    bundle["log"]["size"] = "9".into();
    let refused = file("refused", jcs(&bundle).as_bytes());
    let code = |bundle: &Path, policy: &Path| {
        verify(&[bundle, policy]).map(|output| {
            (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
        })
    };
    for (bundle, policy, wanted, says) in [
        (&anchored, &policy, 0, "anchored\n"),
        (&refused, &policy, 1, "refused by log path: "),
        (&anchored, &anchored, 2, ""),
        (&folder, &policy, 2, ""),
        (&included, &policy, 3, "included\n"),
    ] {
        let Some((code, text)) = code(bundle, policy) else { continue };
        assert_eq!(code, Some(wanted), "{}: {text}", bundle.display());
        assert!(text.starts_with(says), "{text}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
