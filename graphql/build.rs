//! Copies what npm fetched into the build, or empty files in its place: a build needs no network and no Node.

use std::path::Path;
use std::{env, fs};

const FILES: [(&str, &str); 4] = [
    ("react/umd/react.production.min.js", "react.js"),
    ("react-dom/umd/react-dom.production.min.js", "react-dom.js"),
    ("graphiql/graphiql.min.js", "graphiql.js"),
    ("graphiql/graphiql.min.css", "graphiql.css"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR").expect("cargo names the folder");
    for (source, target) in FILES {
        let source = Path::new("assets/node_modules").join(source);
        println!("cargo::rerun-if-changed={}", source.display());
        let body = fs::read(&source).unwrap_or_default();
        fs::write(Path::new(&out).join(target), body).expect("the folder can be written");
    }
}
