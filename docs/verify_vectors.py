"""What verify.py says to the vectors in verifier/vectors: to compare verifiers with, and no part of this one."""
import json
from verify_primitives import FAULTS, included, position, unbase64, unhex

def say(folder, step, read_policy, judge):
    """A line of JSON for each bundle, text that is no policy, inclusion proof, and `step`th changed byte of flips.json."""
    read, line = lambda name: json.loads((folder / name).read_text("utf-8")), lambda *said: print(json.dumps(said))
    policies = {name: read_policy(json.dumps(policy).encode()) for name, policy in read("policies.json").items()}
    bundles = {it["name"]: (unbase64(it["bundle"]), policies[it["policy"]]) for it in read("bundles.json")}
    for name, (data, policy) in bundles.items():
        line("bundle", name, *judge(data, policy)[:3])
    for vector in read("no-policies.json"):
        try:
            read_policy(unbase64(vector["policy"]))
            line("no policy", vector["name"], "read")
        except FAULTS:
            line("no policy", vector["name"], "refused")
    for number, it in enumerate(read("inclusion.json")):
        try:
            path = [unhex(sibling, 32) for sibling in it["proof"]]
            included(unhex(it["leaf"], 32), position(it["index"]), position(it["size"]), path, unhex(it["root"], 32))
            line("inclusion", number, True)
        except FAULTS:
            line("inclusion", number, False)
    for name, mask in ((vector["bundle"], vector["mask"]) for vector in read("flips.json")):
        data, policy = bundles[name]
        for at in range(0, len(data), step):
            changed = data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]
            line("flip", name, mask, at, *judge(changed, policy)[:3])
