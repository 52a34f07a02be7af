#!/usr/bin/env python3
"""Checks a proof bundle against a policy: docs/proof-format.md, sections 2 to 7, with Python's own library alone. What
the format takes from elsewhere is in verify_primitives.py: JSON, Merkle trees, cryptography, signed notes, RLP, tries.

usage: verify.py BUNDLE POLICY      prints the verdict; exit code 0 anchored, 1 refused, 2 unreadable, 3 between
       verify.py --vectors FOLDER [STEP]    prints the verdicts of the shared vectors, one line of JSON each
"""
import functools, operator, pathlib, sys, verify_vectors
from verify_primitives import *

# 2. Entry: a record has exactly these members, each as its reader wants it
ORIGIN, UUID = text("[!-*,-~]{1,128}"), text("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT_ID = text("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SHORT = lambda value: need(1 <= len(of(str)(value).encode()) <= 128, "not 1 to 128 bytes")
PLACE = {"log": ORIGIN, "seq": position, "id": EVENT_ID, "at": instant, "clock": text("wall|simulated|imported")}
BOTH = {**PLACE, "schema": functools.partial(position, low=1, high=65535)}
SEALED = record(**BOTH, type=text("Sealed"), pad=text("0*"), cm=mapping(text(""), base32))
OPEN = functools.partial(
    record, **BOTH, stream=text("[a-z][A-Za-z0-9._-]{0,127}"), ver=functools.partial(position, low=1),
    prev=optional(base32), type=text(r"(?!Sealed\Z)[A-Z][A-Za-z0-9]{0,63}"), effectiveAt=instant,
    causation=optional(EVENT_ID), correlation=UUID, ruleSet=optional(record(id=SHORT, hash=hex32)), data=of(dict),
    cm=mapping(text("/actor|/data/([^~]|~[01])*"), base32), sig=listed(base32))
ACTOR = record(kind=text("official|company|evaluator|citizen|authority|system"), ref=SHORT, role=SHORT)
place = operator.attrgetter(*PLACE)

def read_entry(data):
    need(24 <= len(data) <= 65535 and data.startswith(b"smart-tenders/event@v1\n"), "length or first line")
    return canonical(data[23:])

def read_open(value):
    withheld = of(dict)(of(dict)(value).get("cm"))
    e = (OPEN() if "/actor" in withheld else OPEN(actor=ACTOR))(value)
    need((e.prev is None) == (e.ver == 1), "ver and prev")
    for path in withheld:
        parent, name = pointed(value, path)
        need(name not in of(dict)(parent), "a withheld member that is present")
    return e

def read_envelope(value, length, origin):
    sealed = of(dict)(value).get("type") == "Sealed"
    e = SEALED(value) if sealed else read_open(value)
    need(not sealed or length == 1024 and e.cm, "a sealed entry's length, or no commitment")
    need(e.log == origin, "the entry is of another log")
    return e

def check_disclosures(e, disclosures):
    for path, salt, value in map(operator.attrgetter("path", "salt", "value"), disclosures):
        committed = {**e.cm, **{f"/sig/{index}": hashed for index, hashed in enumerate(getattr(e, "sig", []))}}
        name, data = path.encode(), jcs(value)
        hashed = sha256(b"smart-tenders/commit@v1\0" + u32(len(name)) + name + salt + u64(len(data)) + data)
        need(committed.get(path) == hashed, f"not what was committed at {path!r}")
        if path == "":  # discloses a sealed entry's inner envelope, to which the disclosures behind it refer
            outer, e = e, read_open(value)
            need(place(e) == place(outer), "an inner envelope of another place")

# 3. Checkpoint
def check_checkpoint(log, policy):
    body, signers = open_note(log.checkpoint, policy.keys)
    need(policy.logKey in signers and len(signers) > policy.witnessQuorum, "not by the log, or by too few witnesses")
    need(body == f"{policy.origin}\n{log.size}\n{base64.b64encode(log.root).decode()}\n", "another tree's checkpoint")

# 5. Bundle, and the headers in it
BUNDLE = record(
    v=text("smart-tenders/bundle@v1"), entry=unbase64,
    disclosures=ascending("path", record(path=of(str), salt=base32, value=lambda value: value)),
    batch=record(index=position, first=position, count=position, root=hex32, path=listed(hex32)),
    log=record(size=position, root=hex32, path=listed(hex32), checkpoint=of(str)),
    anchor=optional(record(consensus=text("clique|dev"), chainId=position, genesisHash=hex32, contract=hex20,
                           accountProof=listed(unhex), storageProof=listed(unhex), headers=listed(unhex))))
HEADER = rlp_record(
    15, 21, parentHash=32, uncleHash=32, miner=20, stateRoot=32, transactionsRoot=32, receiptsRoot=32, bloom=256,
    difficulty=int, number=int, gasLimit=int, gasUsed=int, time=int, extraData=bytes, mixDigest=32, nonce=8)
ACCOUNT = rlp_record(4, 4, nonce=bytes, balance=bytes, storageRoot=bytes, codeHash=bytes)

# 6. Policy
def ranges(start, end, **others):
    """Half-open ranges that are not empty and do not overlap, each with its record."""
    def read(value):
        items = listed(record(**{start: position, end: optional(position, 2**64)}, **others))(value)
        bounds = operator.attrgetter(start, end)
        found = [*sorted(map(bounds, items)), (2**64, None)]
        need(all(low < high <= after for (low, high), (after, _) in zip(found, found[1:])), "empty, or overlapping")
        return [(range(*bounds(item)), item) for item in items]
    return read

def at(ranges, number):
    return next((item for range, item in ranges if number in range), None)

def signers_at(chain, number):
    return [signer.address for signer in getattr(at(chain.signers, number), "signers", [])]

SIGNERS = ascending("address", record(address=hex20, organisation=of(str)), least=1)
POLICY = record(
    v=text("smart-tenders/policy@v1"), origin=ORIGIN, logKey=note_key(1), witnessKeys=listed(note_key(4)),
    witnessQuorum=of(int), receiptKey=optional(note_key(1)), maxDelaySeconds=position, toleranceSeconds=position,
    contracts=ranges("fromSize", "toSize", address=hex20, codeHash=hex32),
    chain=record(
        consensus=text("clique|dev"), chainId=position, period=position, epoch=position,
        genesisHeader=lambda value: HEADER(unhex(value)), signers=ranges("fromBlock", "toBlock", signers=SIGNERS)))

def read_policy(data):
    value = profile(data, 2**20)
    policy = POLICY(value)
    chain, genesis, extra = policy.chain, policy.chain.genesisHeader, policy.chain.genesisHeader.extraData
    policy.fingerprint, policy.keys = sha256(jcs(value)).hex(), [policy.logKey, *policy.witnessKeys]
    points = [key.point for key in [*policy.keys, policy.receiptKey] if key]
    need(len(set(points)) == len(points), "a key used twice")
    need(policy.origin == policy.logKey.name, "a logKey of another name")
    need(0 <= policy.witnessQuorum <= len(policy.witnessKeys), "the quorum")
    need(chain.epoch > 0 if chain.consensus == "clique" else chain.period == chain.epoch == 0, "period or epoch")
    named = genesis.number == 0 and len(extra) > 97 and extra[32:-65] == b"".join(signers_at(chain, 0))
    need(named or chain.consensus == "dev", "not a genesis header, or it names other signers")
    return policy

# 7. Checks
class Refused(Exception):
    """The check's name and its evidence."""

def check(name, function, *arguments):
    try:
        return function(*arguments)
    except FAULTS as fault:
        raise Refused(name, str(fault)) from fault

def check_storage(state, anchor, code, index, digest):
    account, slot = ACCOUNT(trie_value(state, anchor.contract, anchor.accountProof)), keccak256(u256(index) + u256(2))
    need(account.codeHash == code, "other code than the policy's")
    need(trie_value(account.storageRoot, slot, anchor.storageProof) == rlp_encode(digest.lstrip(b"\0")), "other digest")

def check_seals(headers, chain):
    sealers = []
    for h in headers:
        signers, extra, epoch = signers_at(chain, h.number), h.extraData, h.number % chain.epoch == 0
        need(signers and len(h.fields) <= 16 and len(extra) >= 97, "no signers, too many fields, or no seal")
        need(extra[32:-65] == b"".join(signers if epoch else []), "the signers listed")
        need(h.nonce in (bytes(8), b"\xff" * 8) and h.mixDigest == bytes(32), "nonce or mixDigest")
        need(not epoch or (h.nonce, h.miner) == (bytes(8), bytes(20)), "an epoch block that votes")
        need(h.uncleHash == keccak256(rlp_encode([])), "uncles")
        sealer = recover(keccak256(rlp_encode(h.fields[:12] + [extra[:-65]] + h.fields[13:])), extra[-65:])
        recent = sealers[max(0, len(sealers) - len(signers) // 2):]
        need(sealer in signers and sealer not in recent, "sealed by a stranger, or too recently")
        need(h.difficulty == (2 if signers[h.number % len(signers)] == sealer else 1), "the difficulty")
        sealers.append(sealer)
    return len(set(sealers))

def verify(data, policy):
    """The verdict, no check (none refused), and whether it is late."""
    bundle = check("limits", lambda: BUNDLE(canonical(data, 2**20)))
    envelope = check("leaf", read_entry, bundle.entry)
    e = check("profile", read_envelope, envelope, len(bundle.entry), policy.origin)
    check("disclosures", check_disclosures, e, bundle.disclosures)
    batch, log, anchor, chain = bundle.batch, bundle.log, bundle.anchor, policy.chain
    leaf, end = sha256(b"\0" + bundle.entry), batch.first + batch.count
    check("batch path", need, batch.first <= e.seq < end < 2**64, "the entry is not in the batch")
    check("batch path", included, leaf, e.seq - batch.first, batch.count, batch.path, batch.root)
    check("log path", need, log.size == end, "the log's size is not the batch's end")
    check("log path", included, leaf, e.seq, log.size, log.path, log.root)
    check("checkpoint", check_checkpoint, log, policy)
    if anchor is None:
        return "included", None, False
    contract = at(policy.contracts, log.size - 1)  # fromSize < size <= toSize
    wanted = contract and (chain.consensus, chain.chainId, chain.genesisHeader.hash, contract.address)
    found = anchor.consensus, anchor.chainId, anchor.genesisHash, anchor.contract
    check("anchor", need, found == wanted, "another consensus, chain, genesis or contract than the policy's")
    headers = check("headers", listed(HEADER, least=1), anchor.headers)
    digest = sha256(b"smart-tenders/batch@v1\0" + sha256(policy.origin.encode()) + u64(chain.chainId) + contract.address
                    + u64(batch.index) + u64(batch.first) + u64(batch.count) + batch.root + log.root)
    check("storage", check_storage, headers[0].stateRoot, anchor, contract.codeHash, batch.index, digest)
    for parent, child in zip(headers, headers[1:]):
        follows = (child.number, child.parentHash) == (parent.number + 1, parent.hash)
        check("headers", need, follows and child.time >= parent.time + chain.period, "it does not follow, or too soon")
    if chain.consensus == "clique":
        sealers, signers = check("seals", check_seals, headers, chain), len(signers_at(chain, headers[0].number))
        check("confirmations", need, sealers > signers // 2 and len(headers) > 1, f"{sealers} of {signers} signers")
    time, tolerance = headers[0].time * 1000, policy.toleranceSeconds * 1000
    check("times", need, time + tolerance >= e.at, "the block is of before the recording")
    late = time > e.at + policy.maxDelaySeconds * 1000 + tolerance
    return "anchored" if chain.consensus == "clique" else "development", None, late

def judge(data, policy):
    """The verdict, the check that refused, whether it is late; and the evidence."""
    try:
        return *verify(data, policy), None
    except Refused as refused:
        return "refused", refused.args[0], False, refused.args[1]

def main(first, second, step="101"):
    if first == "--vectors":
        return verify_vectors.say(pathlib.Path(second), int(step), read_policy, judge)
    try:
        data, policy = pathlib.Path(first).read_bytes(), read_policy(pathlib.Path(second).read_bytes())
    except (OSError, *FAULTS) as error:
        sys.exit(print(f"verify.py: {error}", file=sys.stderr) or 2)
    verdict, name, late, evidence = judge(data, policy)
    print(f"refused by {name}: {evidence}" if name else verdict + ", late" * late)
    print(f"policy {policy.fingerprint}; the chain was not followed from its genesis; truth was not examined")
    sys.exit({"anchored": 0, "refused": 1}.get(verdict, 3))

if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) in (3, 4) else sys.exit(print(__doc__, file=sys.stderr) or 2)
