"""The attacks the log is built to withstand, and whether each defence is what stops them.

  attacks.py check          what attacks.toml names is there, and docs/attacks.md says the same
  attacks.py table          print docs/attacks.md
  attacks.py run [A1 …]     take each defence out, once, in a copy, and see its test fail

A defence is a line of code; taken out, it is replaced by another line. The test that is named must
pass with it and fail without it. Standard library only.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
ATTACKS = tomllib.loads((ROOT / "ops/attacks/attacks.toml").read_text())["attack"]
COPY = ROOT / "target/attacks"
NUMBERS = [f"A{n}" for n in range(1, 52)]
HEAD = """# Attacks

What somebody could do to the log, who notices, and the test that shows it. Each defence was taken out once, and its test failed:
`python3 ops/attacks/attacks.py run` does it again in a copy of the repository. This page is made of `ops/attacks/attacks.toml`.

| | attack | what happens | defence | test that fails without it |
|---|---|---|---|---|
"""
FOOT = """
Two cuts nobody can see in a bundle alone: the tail of the log cut off between two anchors (whoever holds a receipt sees it, A3, A11), and a view shown to one reader only (witnesses see it, A12).
What no defence stops: a majority of signers that rewrites the chain before anybody followed it (A17 needs an auditor who did), and lies that were recorded as such.
"""


def table():
    rows = []
    for attack in ATTACKS:
        files = "<br>".join(dict.fromkeys(f"`{d['file']}`" for d in attack["defence"]))
        tests = "<br>".join(dict.fromkeys(f"`{d['test']}`" for d in attack["defence"]))
        rows.append(f"| {attack['number']} | {attack['attack']} | {attack['outcome']} | {files} | {tests} |\n")
    return HEAD + "".join(rows) + FOOT


def function(test):
    return re.split(r"::|/", test)[-1]


def check():
    faults = []
    numbers = [attack["number"] for attack in ATTACKS]
    if numbers != NUMBERS:
        missing = [n for n in NUMBERS if n not in numbers]
        faults.append(f"attacks.toml has not A1 to A51 once each, in order; missing: {missing}")
    for attack in ATTACKS:
        for defence in attack["defence"]:
            where = f"{attack['number']}: {defence['file']}"
            text = (ROOT / defence["file"]).read_text()
            if text.count(defence["old"]) != 1:
                faults.append(f"{where}: the defence is there {text.count(defence['old'])} times: {defence['old']!r}")
            room = ROOT / defence["tests"]
            name = function(defence["test"])
            found = any(re.search(rf"\b{re.escape(name)}\b", f.read_text()) for f in room.rglob("*.*")
                        if f.suffix in (".rs", ".sol", ".ts", ".mjs") and "node_modules" not in f.parts)
            if not found:
                faults.append(f"{where}: no test {name} in {defence['tests']}")
    if (ROOT / "docs/attacks.md").read_text() != table():
        faults.append("docs/attacks.md is not what attacks.py table prints")
    return faults


def command(defence):
    """What runs the test of a defence, in the copy."""
    if defence["runner"] == "forge":
        match = ["node", "forge.mjs", "test", "--match-test", function(defence["test"])]
        return match, COPY / "tree/contracts"
    arguments = ["cargo", "test", "--quiet", "-p", defence["package"], *defence.get("target", [])]
    return [*arguments, "--", "--exact", defence["test"]], COPY / "tree"


def passes(defence):
    arguments, folder = command(defence)
    environment = dict(os.environ, CARGO_TARGET_DIR=str(COPY / "build"), RUST_BACKTRACE="0")
    done = subprocess.run(arguments, cwd=folder, env=environment, capture_output=True, text=True)
    output = done.stdout + done.stderr
    ran = "1 passed" in output or "1 failed" in output or "FAILED" in output or "[PASS]" in output
    if not ran and "could not compile" not in output and "panicked" not in output:
        sys.exit(f"attacks: {' '.join(arguments)} ran no test:\n{output[-2000:]}")
    if "could not compile" in output:
        sys.exit(f"attacks: {defence['file']} does not compile without its defence:\n{output[-3000:]}")
    return done.returncode == 0


def copy():
    tree = COPY / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in names.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    if (ROOT / "contracts/node_modules").exists():
        (tree / "contracts/node_modules").symlink_to(ROOT / "contracts/node_modules")
    return tree


def run(wanted):
    tree = copy()
    survivors, honest = [], set()
    for attack in ATTACKS:
        if wanted and attack["number"] not in wanted:
            continue
        for defence in attack["defence"]:
            started = time.monotonic()
            key = (defence.get("package"), defence["test"])
            if key not in honest and not passes(defence):
                sys.exit(f"attacks: {defence['test']} fails with its defence")
            honest.add(key)
            path = tree / defence["file"]
            text = path.read_text()
            path.write_text(text.replace(defence["old"], defence["new"]))
            caught = not passes(defence)
            path.write_text(text)
            if not caught:
                survivors.append(f"{attack['number']}: {defence['test']} passes without {defence['old']!r}")
            said = "caught" if caught else "NOT CAUGHT"
            print(f"{attack['number']:4} {said:10} {defence['test']} ({time.monotonic() - started:.0f} s)", flush=True)
    return survivors


def main():
    match sys.argv[1:]:
        case ["check"]:
            faults = check()
        case ["table"]:
            print(table(), end="")
            return
        case ["run", *wanted]:
            faults = run(wanted)
        case _:
            sys.exit(__doc__)
    for fault in faults:
        print(f"attacks: {fault}", file=sys.stderr)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
