//! `packages FOLDER`: writes the release package and the record package of one process into FOLDER, for a validator.

mod case;

use std::{fs, path::PathBuf};

use anyhow::Context as _;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("usage: packages FOLDER")?;
    fs::create_dir_all(&folder)?;
    let packages = case::packages();
    let files = [
        ("release-package.json", packages.releases),
        ("record-package.json", packages.records),
        ("versioned-record-package.json", packages.versioned_records),
    ];
    for (name, package) in files {
        let path = folder.join(name);
        fs::write(&path, serde_json::to_string_pretty(&package)?)
            .with_context(|| format!("writing {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}
