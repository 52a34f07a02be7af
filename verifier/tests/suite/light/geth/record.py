"""Records what a geth node answers, for the tests of the light node: record.py RPC POLICY > answers.json

The policy is that of a network of `smart-tenders network up` on which a contract was deployed and has anchored.
"""
import json
import sys
import urllib.request

rpc, policy = sys.argv[1], json.load(open(sys.argv[2]))
asked, expected = [], []


def call(method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    request = urllib.request.Request(rpc, body, {"content-type": "application/json"})
    answer = json.load(urllib.request.urlopen(request))
    if "error" in answer:
        sys.exit(f"{method} {params}: {answer['error']}")
    return answer["result"]


def ask(method, *params):
    answer = call(method, *params)
    asked.append([method, list(params), answer])
    return answer


def expect(method, *params):
    expected.append([method, list(params), call(method, *params)])


contract = policy["contracts"][0]["address"]
events = call("eth_getLogs", {"address": contract, "fromBlock": "0x0"})
last = int(events[-1]["blockNumber"], 16) + 2 if len(sys.argv) < 4 else int(sys.argv[3])
newest = hex(last)
nobody = "0x00000000000000000000000000000000000000ab"

ask("eth_chainId")
for number in range(last + 1):
    block = ask("eth_getBlockByNumber", hex(number), False)
    count = ask("eth_getBlockTransactionCountByNumber", hex(number))
    for index in range(int(count, 16)):
        ask("eth_getRawTransactionByBlockNumberAndIndex", hex(number), hex(index))
    if int(count, 16):
        ask("eth_getBlockReceipts", hex(number))
        ask("eth_getBlockByHash", block["hash"], False)
        for transaction in block["transactions"]:
            ask("eth_getTransactionReceipt", transaction)
            expect("eth_getTransactionReceipt", transaction)
        expect("eth_getBlockByHash", block["hash"], False)
slots = ["0x" + hex(n)[2:].zfill(64) for n in (0, 1, 77)]
for slot in slots:
    ask("eth_getProof", contract, [slot], newest)
    expect("eth_getStorageAt", contract, slot, newest)
sender = call("eth_getTransactionByHash", events[0]["transactionHash"])["from"]
for address in (contract, sender, nobody):
    ask("eth_getProof", address, [], newest)
    expect("eth_getBalance", address, newest)
    expect("eth_getTransactionCount", address, newest)
    expect("eth_getCode", address, newest)
ask("eth_getProof", contract, slots, newest)
ask("eth_getProof", nobody, slots, newest)
ask("eth_getCode", contract, newest)
expect("eth_getProof", contract, slots, newest)
expect("eth_getProof", nobody, slots, newest)
expect("eth_getBlockByNumber", newest, False)
expect("eth_getLogs", {"address": contract, "fromBlock": "0x0", "toBlock": newest})
expect("eth_getLogs", {"topics": [None, events[-1]["topics"][1]], "fromBlock": "0x1", "toBlock": newest})
expect("eth_getLogs", {"address": nobody, "fromBlock": "0x0", "toBlock": newest})
expect("clique_getSigners", newest)
expect("net_version")
print(json.dumps({"policy": policy, "newest": newest, "asked": asked, "expected": expected}, indent=0))
