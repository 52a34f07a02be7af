#!/usr/bin/env python3
"""Checks a proof bundle against a policy: docs/proof-format.md in another language, with Python's own library alone.

usage: verify.py BUNDLE POLICY      prints the verdict; exit code 0 anchored, 1 refused, 2 unreadable, 3 between
       verify.py --vectors FOLDER [STEP]    prints the verdicts of the shared vectors, one line of JSON each
"""
import json, pathlib, re, sys
from verify_primitives import *

class Refused(Exception):
    """The check's name and its evidence."""

def check(name, function, *arguments):
    try:
        return function(*arguments)
    except (ValueError, RecursionError) as error:
        raise Refused(name, str(error)) from error

# 2. Entry
OPEN = "log seq id stream ver prev type schema at effectiveAt clock causation correlation ruleSet data cm sig"
SEALED = "at clock cm id log pad schema seq type"
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-%s[0-9a-f]{3}-[0-9a-f]{12}"
EVENT_ID, ANY_ID, ORIGIN = UUID % ("7", "[89ab]"), UUID % ("[0-9a-f]", "[0-9a-f]"), "[!-*,-~]{1,128}"

def read_entry(data):
    need(24 <= len(data) <= 65535 and data.startswith(b"smart-tenders/event@v1\n"), "length or first line")
    envelope = profile(data[23:])
    need(jcs(envelope) == data[23:], "not its own canonical form")
    return envelope

def read_place(e):
    need(1 <= position(e["schema"]) <= 65535, "schema")
    return (matching(ORIGIN, e["log"]), position(e["seq"]), matching(EVENT_ID, e["id"]), instant(e["at"]),
            matching("wall|simulated|imported", e["clock"]))

def read_open(e):
    """An envelope whose members can be read; its place in the log."""
    of(dict, e)
    members(e, OPEN if "/actor" in of(dict, e.get("cm")) else OPEN + " actor")
    short = lambda text: need(1 <= len(of(str, text).encode()) <= 128, "not 1 to 128 bytes")
    if "actor" in e:
        kind, ref, role = members(e["actor"], "kind ref role")
        matching("official|company|evaluator|citizen|authority|system", kind), short(ref), short(role)
    matching("[a-z][A-Za-z0-9._-]{0,127}", e["stream"])
    need(matching("[A-Z][A-Za-z0-9]{0,63}", e["type"]) != "Sealed", "an inner type Sealed")
    need(position(e["ver"]) >= 1 and (e["prev"] is None) == (e["ver"] == "1"), "ver and prev")
    e["prev"] is None or unbase64(e["prev"], 32)
    e["causation"] is None or matching(EVENT_ID, e["causation"])
    matching(ANY_ID, e["correlation"]), instant(e["effectiveAt"]), of(dict, e["data"])
    if e["ruleSet"] is not None:
        rule_id, rule_hash = members(e["ruleSet"], "id hash")
        short(rule_id), unhex(rule_hash, 32)
    for path, commitment in e["cm"].items():
        unbase64(commitment, 32), need(path == "/actor" or path.startswith("/data/"), f"cm path {path}")
        need(not re.search("~(?![01])", path), "an escape")
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
        at = e
        for part in way:
            at = at[position(part)] if isinstance(at, list) and position(part) < len(at) else of(dict, at).get(part)
        need(last not in of(dict, at), "a withheld member that is present")
    for commitment in of(list, e["sig"]):
        unbase64(commitment, 32)
    return read_place(e)

def read_envelope(e, size, origin):
    if isinstance(e, dict) and e.get("type") == "Sealed":
        members(e, SEALED)
        need(size == 1024 and matching("0*", e["pad"]) is not None, "a sealed entry's length")
        need(set(of(dict, e["cm"])) == {""} and unbase64(e["cm"][""], 32), "a sealed entry's cm")
        place = read_place(e)
    else:
        place = read_open(e)
    need(place[0] == origin, "the entry is of another log")
    return place

def check_disclosures(e, disclosures):
    def right(path, salt, value, commitment):
        name, value = path.encode(), jcs(value)
        hashed = sha256(b"smart-tenders/commit@v1\0" + len(name).to_bytes(4, "big") + name + salt
                        + len(value).to_bytes(8, "big") + value)
        need(unbase64(commitment) == hashed, f"not what was committed at {path!r}")
    if e["type"] == "Sealed" and disclosures:
        (path, salt, value), *disclosures = disclosures
        need(path == "", "a sealed entry's content without its envelope")
        right(path, salt, value, e["cm"][""])
        need(read_open(value) == read_place(e), "an inner envelope of another place")
        e = value
    for path, salt, value in disclosures:
        index = path.startswith("/sig/") and position(path[5:])
        found = e["sig"][index:][:1] if index is not False else [e["cm"][path]] if path in e["cm"] else []
        need(found, f"nothing is committed at {path!r}")
        right(path, salt, value, found[0])

# 3. Checkpoint
def read_key(text, algorithm):
    name, key_id, encoded = of(str, text).split("+", 2)
    material = unbase64(encoded, 33, url=False)
    need(name and not any(map(str.isspace, name)) and material[0] == algorithm, "a key's name or algorithm")
    need(sha256(name.encode() + b"\n" + material)[:4].hex() == key_id, "the key id is another's")
    ed_point(material[1:])
    return name, bytes.fromhex(key_id), algorithm, material[1:]

def check_checkpoint(note, policy, size, root):
    need(len(note.encode()) <= 65536 and not re.search("[\0-\x09\x0b-\x1f]", note), "not a note")
    text, blank, lines = note.rpartition("\n\n")
    need(blank and lines.endswith("\n") and lines.count("\n") <= 100, "not a note")
    text, seen, keys = text + "\n", [], [policy["logKey"], *policy["witnessKeys"]]
    for line in lines[:-1].split("\n"):
        dash, name, encoded = (line.split(" ", 2) + ["", ""])[:3]
        data = unbase64(encoded, url=False)
        found = [key for key in keys if dash == "\u2014" and key[:2] == (name, data[:4]) and key not in seen]
        need(found, f"a signature by {name!r} that the policy does not list, or its second")
        signature, signed = data[4:], text
        if found[0][2] == 4:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            signed = f"cosignature/v1\ntime {time}\n{text}"
        ed_verify(found[0][3], signed.encode(), signature)
        seen.append(found[0])
    need(keys[0] in seen and len(seen) > policy["witnessQuorum"], "not signed by the log, or by too few witnesses")
    origin, signed_size, signed_root = text[:-1].split("\n")
    signed_root = unbase64(signed_root, 32, url=False)
    need((origin, position(signed_size), signed_root) == (policy["origin"], size, root), "a checkpoint of another tree")

# 5. Bundle
def read_bundle(data):
    need(len(data) <= 2**20, "more than 1 MiB")
    bundle = profile(data)
    need(jcs(bundle) == data, "not its own canonical form")
    v, entry, disclosures, batch, log, anchor = members(bundle, "v entry disclosures batch log anchor")
    need(v == "smart-tenders/bundle@v1", "another version")
    disclosures = [members(item, "path salt value") for item in of(list, disclosures)]
    disclosures = [(of(str, path), unbase64(salt, 32), value) for path, salt, value in disclosures]
    names = [path.encode() for path, _, _ in disclosures]
    need(names == sorted(set(names)), "disclosures that are not strictly sorted")
    hashes = lambda values: [unhex(value, 32) for value in of(list, values)]
    index, first, count, root, path = members(batch, "index first count root path")
    batch = (position(index), position(first), position(count), unhex(root, 32), hashes(path))
    size, root, path, checkpoint = members(log, "size root path checkpoint")
    log = (position(size), unhex(root, 32), hashes(path), of(str, checkpoint))
    if anchor is not None:
        fields = members(anchor, "consensus chainId genesisHash contract accountProof storageProof headers")
        matching("clique|dev", fields[0])
        proofs = [[unhex(value) for value in of(list, values)] for values in fields[4:]]
        anchor = (fields[0], position(fields[1]), unhex(fields[2], 32), unhex(fields[3], 20), *proofs)
    return unbase64(entry), disclosures, batch, log, anchor

# 6. Policy
def read_policy(data):
    need(len(data) <= 2**20, "more than 1 MiB")
    value = profile(data)
    members(value, "v origin logKey witnessKeys witnessQuorum receiptKey chain contracts maxDelaySeconds"
                   " toleranceSeconds")
    need(value["v"] == "smart-tenders/policy@v1", "another version")
    policy = dict(value, fingerprint=sha256(jcs(value)).hex(), logKey=read_key(value["logKey"], 1))
    policy["witnessKeys"] = [read_key(key, 4) for key in of(list, value["witnessKeys"])]
    keys = [policy["logKey"], *policy["witnessKeys"]]
    keys += [] if value["receiptKey"] is None else [read_key(value["receiptKey"], 1)]
    need(len({key[3] for key in keys}) == len(keys), "a key used twice")
    need(matching(ORIGIN, value["origin"]) == policy["logKey"][0], "a logKey of another name")
    need(0 <= of(int, value["witnessQuorum"]) <= len(policy["witnessKeys"]), "the quorum")
    policy["maxDelaySeconds"] = position(value["maxDelaySeconds"])
    policy["toleranceSeconds"] = position(value["toleranceSeconds"])
    read_contract = lambda address, code: (unhex(address, 20), unhex(code, 32))
    policy["contracts"] = read_ranges(value["contracts"], "fromSize toSize address codeHash", read_contract)
    consensus, chain_id, genesis, period, epoch, signers = members(
        value["chain"], "consensus chainId genesisHeader period epoch signers")
    genesis = read_header(unhex(genesis))
    def read_signers(signers):
        pairs = [members(signer, "address organisation") for signer in of(list, signers)]
        addresses = [unhex(address, 20) for address, organisation in pairs if of(str, organisation) is not None]
        need(addresses and addresses == sorted(set(addresses)), "signers that are missing or not strictly sorted")
        return addresses
    signers = read_ranges(signers, "fromBlock toBlock signers", read_signers)
    period, epoch = position(period), position(epoch)
    need(matching("clique|dev", consensus) == "clique" and epoch > 0 or consensus == "dev" and period == epoch == 0,
         "period and epoch do not fit the consensus")
    if consensus == "clique":
        extra = genesis["extra"]
        need(genesis["number"] == 0 and len(extra) >= 97, "not a genesis header")
        need(extra[32:-65] == b"".join(at_height(signers, 0) or [b"?"]), "the genesis header names other signers")
    policy["chain"] = (consensus, position(chain_id), genesis["hash"], period, epoch, signers)
    return policy

def read_ranges(values, names, read):
    """Half-open ranges that are not empty and do not overlap, with what `read` makes of their other members."""
    ranges = []
    for start, end, *others in (members(value, names) for value in of(list, values)):
        ranges.append((position(start), 2**64 if end is None else position(end), read(*others)))
    bounds = sorted(bounds[:2] for bounds in ranges)
    need(all(start < end for start, end in bounds), "an empty range")
    need(all(one[1] <= next[0] for one, next in zip(bounds, bounds[1:])), "ranges that overlap")
    return ranges

def at_height(ranges, number):
    return next((found for start, end, found in ranges if start <= number < end), None)

# 7. Checks
def read_header(data):
    fields = rlp_decode(data)
    need(isinstance(fields, list) and 15 <= len(fields) <= 21, "not a list of 15 to 21 fields")
    need(all(isinstance(field, bytes) for field in fields), "a list among the fields")
    lengths = zip(fields, [32, 32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, None, 32, 8])
    for field, length in lengths:  # 0 stands for an integer below 2^64
        fits = len(field) <= 8 and field[:1] != b"\0" if length == 0 else length in (None, len(field))
        need(fits, "a field's length")
    number = lambda field: int.from_bytes(fields[field], "big")
    return {"hash": keccak256(data), "parent": fields[0], "state": fields[3], "difficulty": number(7),
            "number": number(8), "time": number(11), "extra": fields[12], "fields": fields}

def check_storage(anchor, block, digest, code, index):
    nonce, balance, storage, code_hash = rlp_decode(trie_value(block["state"], anchor[3], anchor[4]))
    need(all(isinstance(field, bytes) for field in (nonce, balance, storage, code_hash)), "not an account")
    need(code_hash == code, "other code than the policy's")
    slot = keccak256(index.to_bytes(32, "big") + (2).to_bytes(32, "big"))
    need(trie_value(storage, slot, anchor[5]) == rlp_encode(digest.lstrip(b"\0")), "another digest in the slot")

def check_links(headers, period):
    for parent, child in zip(headers, headers[1:]):
        follows = child["number"] == parent["number"] + 1 and child["parent"] == parent["hash"]
        need(follows, "a header that does not follow")
        need(child["time"] >= parent["time"] + period, "less than a period apart")

def check_seals(headers, epoch, ranges):
    sealers = []
    for header in headers:
        fields, extra, number = header["fields"], header["extra"], header["number"]
        signers = at_height(ranges, number)
        need(signers and len(fields) <= 16 and len(extra) >= 97, "no signers, too many fields, or no seal")
        need(extra[32:-65] == (b"" if number % epoch else b"".join(signers)), "the signers listed")
        nonces = [bytes(8), bytes(8) if number % epoch == 0 else b"\xff" * 8]
        need(fields[14] in nonces and fields[13] == bytes(32), "nonce or mixDigest")
        need(number % epoch or fields[2] == bytes(20), "an epoch block that votes")
        need(fields[1] == keccak256(b"\xc0"), "uncles")
        sealer = recover(keccak256(rlp_encode(fields[:12] + [extra[:-65]] + fields[13:])), extra[-65:])
        half = len(signers) // 2
        need(sealer in signers and sealer not in sealers[len(sealers) - half if len(sealers) > half else 0:],
             "sealed by a stranger, or too recently")
        need(header["difficulty"] == (2 if signers[number % len(signers)] == sealer else 1), "the difficulty")
        sealers.append(sealer)
    return len(set(sealers))

def verify(data, policy):
    """The verdict, and whether it is late; an exception with the check's name if it is refused."""
    entry, disclosures, batch, log, anchor = check("limits", read_bundle, data)
    envelope = check("leaf", read_entry, entry)
    _, seq, _, at, _ = check("profile", read_envelope, envelope, len(entry), policy["origin"])
    check("disclosures", check_disclosures, envelope, disclosures)
    leaf, (index, first, count, batch_root, batch_path) = sha256(b"\0" + entry), batch
    size, log_root, log_path, checkpoint = log
    check("batch path", need, first <= seq < first + count < 2**64, "the entry is not in the batch")
    check("batch path", included, leaf, seq - first, count, batch_path, batch_root)
    check("log path", need, size == first + count, "the log's size is not the batch's end")
    check("log path", included, leaf, seq, size, log_path, log_root)
    check("checkpoint", check_checkpoint, checkpoint, policy, size, log_root)
    if anchor is None:
        return "included", False
    consensus, chain_id, genesis, period, epoch, signers = policy["chain"]
    contract = at_height(policy["contracts"], size - 1)  # fromSize < size <= toSize
    check("anchor", need, anchor[:3] == (consensus, chain_id, genesis) and contract and anchor[3] == contract[0],
          "another consensus, chain, genesis or contract than the policy's")
    headers = check("headers", lambda: [read_header(header) for header in anchor[6]])
    check("headers", need, headers, "no header")
    digest = sha256(b"smart-tenders/batch@v1\0" + sha256(policy["origin"].encode()) + chain_id.to_bytes(8, "big")
                    + contract[0] + b"".join(n.to_bytes(8, "big") for n in (index, first, count))
                    + batch_root + log_root)
    check("storage", check_storage, anchor, headers[0], digest, contract[1], index)
    check("headers", check_links, headers, period)
    if consensus == "clique":
        found = check("seals", check_seals, headers, epoch, signers)
        wanted = len(at_height(signers, headers[0]["number"])) // 2 + 1
        check("confirmations", need, found >= wanted and len(headers) > 1, f"{found} signers, {wanted} wanted")
    time, tolerance = headers[0]["time"] * 1000, policy["toleranceSeconds"] * 1000
    check("times", need, time + tolerance >= at, "the block is of before the recording")
    late = time > at + policy["maxDelaySeconds"] * 1000 + tolerance
    return "anchored" if consensus == "clique" else "development", late

def judge(data, policy):
    try:
        verdict, late = verify(data, policy)
        return [verdict, None, late]
    except Refused as refused:
        return ["refused", refused.args[0], False]

def vectors(folder, step):
    """Judges every bundle and policy of the shared vectors, and the change of every `step`th byte."""
    read = lambda name: json.loads((folder / name).read_text("utf-8"))
    policies = {name: read_policy(json.dumps(policy).encode()) for name, policy in read("policies.json").items()}
    bundles = {vector["name"]: vector for vector in read("bundles.json")}
    for name, vector in bundles.items():
        print(json.dumps(["bundle", name, *judge(unbase64(vector["bundle"]), policies[vector["policy"]])]))
    for vector in read("no-policies.json"):
        try:
            read_policy(unbase64(vector["policy"]))
            print(json.dumps(["no policy", vector["name"], "read"]))
        except (ValueError, RecursionError):
            print(json.dumps(["no policy", vector["name"], "refused"]))
    for vector in read("flips.json"):
        bundle = bundles[vector["bundle"]]
        data = unbase64(bundle["bundle"])
        for at in range(0, len(data), step):
            flipped = data[:at] + bytes([data[at] ^ vector["mask"]]) + data[at + 1:]
            found = judge(flipped, policies[bundle["policy"]])
            print(json.dumps(["flip", vector["bundle"], vector["mask"], at, *found]))

def main(first, second, step="101"):
    if first == "--vectors":
        return vectors(pathlib.Path(second), int(step))
    try:
        data, policy = (pathlib.Path(name).read_bytes() for name in (first, second))
        policy = read_policy(policy)
    except (OSError, ValueError, RecursionError) as error:
        sys.exit(print(f"verify.py: {error}", file=sys.stderr) or 2)
    try:
        verdict, late = verify(data, policy)
        print(verdict + ", late" * late)
    except Refused as refused:
        verdict = print("refused by {}: {}".format(*refused.args))
    print(f"policy {policy['fingerprint']}; the chain was not followed from its genesis; truth was not examined")
    sys.exit(1 if verdict is None else 0 if verdict == "anchored" else 3)

if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) in (3, 4) else sys.exit(print(__doc__, file=sys.stderr) or 2)
