//! Copies what npm fetched and built into the build, or empty files in its place: a build needs no network and no Node.

use std::path::Path;
use std::{env, fs};

const FILES: [(&str, &str); 5] = [
    ("assets/node_modules/react/umd/react.production.min.js", "react.js"),
    ("assets/node_modules/react-dom/umd/react-dom.production.min.js", "react-dom.js"),
    ("assets/node_modules/graphiql/graphiql.min.js", "graphiql.js"),
    ("assets/node_modules/graphiql/graphiql.min.css", "graphiql.css"),
    ("../web/verifier/build/verifier.html", "verifier.html"),
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR").expect("cargo names the folder");
    for (source, target) in FILES {
        println!("cargo::rerun-if-changed={source}");
        let body = fs::read(source).unwrap_or_default();
        fs::write(Path::new(&out).join(target), body).expect("the folder can be written");
    }
}
