//! `packages FOLDER`: writes the release and record packages of two processes into FOLDER, for a validator.

mod case;

use std::{fs, path::PathBuf};

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("usage: packages FOLDER")?;
    fs::create_dir_all(&folder)?;
    let whole = case::packages(case::releases());
    let deserted = case::packages(case::releases_of(&case::events_of_deserted()));
    let files = [
        ("release-package.json", whole.releases),
        ("record-package.json", whole.records),
        ("versioned-record-package.json", whole.versioned_records),
        ("deserted-release-package.json", deserted.releases),
        ("deserted-record-package.json", deserted.records),
        ("deserted-versioned-record-package.json", deserted.versioned_records),
    ];
    for (name, package) in files {
        let path = folder.join(name);
        fs::write(&path, serde_json::to_string_pretty(&package)?)
            .with_context(|| format!("writing {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}
