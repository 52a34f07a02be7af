"""What verify.py says to the vectors in verifier/vectors: to compare verifiers with, and no part of this one."""
import json
from verify_primitives import FAULTS, unbase64

def say(folder, step, read_policy, judge):
    """One line of JSON for each bundle, each text that is no policy, and each `step`th byte of flips.json changed."""
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
    for name, mask in ((vector["bundle"], vector["mask"]) for vector in read("flips.json")):
        data, policy = bundles[name]
        for at in range(0, len(data), step):
            changed = data[:at] + bytes([data[at] ^ mask]) + data[at + 1:]
            line("flip", name, mask, at, *judge(changed, policy)[:3])
