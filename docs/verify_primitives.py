"""What docs/proof-format.md takes from elsewhere, by hand: strict JSON (RFC 8785, RFC 6901) and readers of it, scalars,
Merkle trees (RFC 9162), Ed25519 (RFC 8032), signed notes (C2SP), keccak256, secp256k1 recovery, RLP and Merkle-Patricia
proofs. Every fault is one of FAULTS."""
import base64, datetime, functools, hashlib, json, re, types, unicodedata

FAULTS = ValueError, RecursionError
sha256 = lambda data: hashlib.sha256(data).digest()
u32, u64, u256 = (lambda number, size=size: number.to_bytes(size, "big") for size in (4, 8, 32))

def need(holds, rule):
    if not holds:
        raise ValueError(rule)

# Values (section 1)
def profile(data, limit=2**20):
    need(len(data) <= limit, f"more than {limit} bytes")
    def no_number(token):
        raise ValueError(f"the number {token}")
    def integer(token):
        need(token != "-0" and len(token) < 18 and abs(int(token)) < 2**53, f"the number {token:.30}")
        return int(token)
    def members_once(pairs):
        need(len(dict(pairs)) == len(pairs), "a member name occurs twice")
        return dict(pairs)
    def walk(value, level):
        if isinstance(value, str):  # encode() refuses a lone surrogate
            need(value.encode() and unicodedata.is_normalized("NFC", value) if value else True, "a string not in NFC")
        elif isinstance(value, (dict, list)):
            need(level < 32, "more than 32 levels")
            for item in [*value, *value.values()] if isinstance(value, dict) else value:
                walk(item, level + 1)
    value = json.loads(data.decode("utf-8"), object_pairs_hook=members_once, parse_int=integer,
                       parse_float=no_number, parse_constant=no_number)
    walk(value, 0)
    return value

def jcs(value):
    def ordered(value):
        if isinstance(value, dict):
            return {name: ordered(value[name]) for name in sorted(value, key=lambda name: name.encode("utf-16-be"))}
        return [ordered(item) for item in value] if isinstance(value, list) else value
    return json.dumps(ordered(value), ensure_ascii=False, separators=(",", ":")).encode()

def canonical(data, limit=2**20):
    value = profile(data, limit)
    need(jcs(value) == data, "not its own canonical form")
    return value

# Readers: functions from a JSON value to what it stands for
def of(kind):
    def read(value):
        need(isinstance(value, kind) and not isinstance(value, bool), f"not a {kind.__name__}: {str(value):.40}")
        return value
    return read

def text(pattern):
    def read(value):
        need(re.fullmatch(pattern, of(str)(value)), f"not {pattern}: {value:.40}")
        return value
    return read

def record(**readers):
    """An object of exactly these members, as an object with these attributes."""
    def read(value):
        need(set(of(dict)(value)) == set(readers), f"not an object of exactly {sorted(readers)}")
        return types.SimpleNamespace(**{name: read_member(value[name]) for name, read_member in readers.items()})
    return read

def mapping(read_name, read_member):
    return lambda value: {read_name(name): read_member(member) for name, member in of(dict)(value).items()}

def listed(read_item, least=0):
    def read(value):
        need(len(of(list)(value)) >= least, "an empty list")
        return [read_item(item) for item in value]
    return read

def ascending(name, read_item, least=0):
    """A list of records that is strictly sorted by a member (of strings, by code points: that is by bytes of UTF-8)."""
    def read(value):
        items = listed(read_item, least)(value)
        keys = [getattr(item, name) for item in items]
        need(keys == sorted(set(keys)), "not strictly sorted")
        return items
    return read

def optional(read_value, default=None):
    return lambda value: default if value is None else read_value(value)

def pointed(value, pointer):
    """The value that has the member a pointer names, whether present or not, and the member's name (RFC 6901)."""
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in way:
        inside = isinstance(value, list) and position(part) < len(value)
        value = value[position(part)] if inside else of(dict)(value).get(part)
    return value, last

def position(value, low=0, high=2**64 - 1):
    number = int(text("0|[1-9][0-9]{0,19}")(value))
    need(low <= number <= high, f"not from {low} to {high}")
    return number

def unhex(value, size=None):
    data = bytes.fromhex(text("0x([0-9a-f]{2})*")(value)[2:])
    need(size in (None, len(data)), f"not {size} bytes")
    return data

def unbase64(value, size=None, url=True):
    padded = of(str)(value) + "=" * (-len(value) % 4 if url else 0)
    data = base64.b64decode(padded, b"-_" if url else None)
    again = base64.b64encode(data, b"-_" if url else None).decode()
    need((again.rstrip("=") if url else again) == value and size in (None, len(data)), "not base64 in its one spelling")
    return data

hex20, hex32 = functools.partial(unhex, size=20), functools.partial(unhex, size=32)
base32 = functools.partial(unbase64, size=32)

def instant(value):
    digits = text("[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z")(value)
    since = datetime.datetime.fromisoformat(digits[:-1]) - datetime.datetime(1970, 1, 1)
    need(since.days >= 0, "a year before 1970")
    return since // datetime.timedelta(milliseconds=1)

# Merkle trees (section 3): RFC 9162, 2.1.3.2
def included(leaf, index, size, path, root):
    need(index < size and len(path) <= 64, "index beyond the size, or more than 64 hashes")
    last, computed = size - 1, leaf
    for sibling in path:
        need(last > 0, "a hash too many")
        if index & 1 or index == last:
            computed = sha256(b"\1" + sibling + computed)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            computed = sha256(b"\1" + computed + sibling)
        index, last = index >> 1, last >> 1
    need(last == 0 and computed == root, "the path does not lead to the root")

# Ed25519, strictly: points are (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z
P25519, L25519 = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D25519 = -121665 * pow(121666, -1, P25519) % P25519

def ed_add(a, b):
    p, q = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    r, s = 2 * a[3] * b[3] * D25519, 2 * a[2] * b[2]
    e, f, g, h = (q - p) % P25519, (s - r) % P25519, (s + r) % P25519, (q + p) % P25519
    return e * f % P25519, g * h % P25519, f * g % P25519, e * h % P25519

def ed_times(number, point):
    result = (0, 1, 1, 0)
    while number:
        result, point, number = ed_add(result, point) if number & 1 else result, ed_add(point, point), number >> 1
    return result

def ed_same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P25519 == 0 and (a[1] * b[2] - b[1] * a[2]) % P25519 == 0

@functools.cache
def ed_point(data):
    """The point of 32 bytes; an error if there is none or it is of small order."""
    y, sign = int.from_bytes(data, "little") % 2**255, data[31] >> 7
    square = (y * y - 1) * pow(D25519 * y * y + 1, -1, P25519) % P25519
    x = pow(square, (P25519 + 3) // 8, P25519)
    if (x * x - square) % P25519:
        x = x * pow(2, (P25519 - 1) // 4, P25519) % P25519
    need((x * x - square) % P25519 == 0, "not a point of the curve")
    x = P25519 - x if x & 1 != sign else x
    need(not ed_same(ed_times(8, (x, y, 1, x * y)), (0, 1, 1, 0)), "a point of small order")
    return x, y, 1, x * y % P25519

ED_BASE = ed_point((4 * pow(5, -1, P25519) % P25519).to_bytes(32, "little"))

@functools.cache
def ed_verify(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    need(len(signature) == 64 and s < L25519, "not a signature, or S is not canonical")
    hashed = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L25519
    right = ed_add(ed_point(signature[:32]), ed_times(hashed, ed_point(key)))
    need(ed_same(ed_times(s, ED_BASE), right), "the signature does not verify")

# Keys and signed notes (C2SP signed-note; tlog-cosignature is algorithm 4)
def note_key(algorithm):
    def read(value):
        name, key_id, encoded = text(r"[^\s+]+\+[0-9a-f]{8}\+.*")(value).split("+", 2)
        material = unbase64(encoded, 33, url=False)
        need(material[0] == algorithm, "a key of another algorithm")
        need(sha256(name.encode() + b"\n" + material)[:4].hex() == key_id, "the key id is another's")
        ed_point(material[1:])
        return types.SimpleNamespace(name=name, id=bytes.fromhex(key_id), algorithm=algorithm, point=material[1:])
    return read

def open_note(note, keys):
    """The text of a note, and who signed it; an error if a signature is not by one of the keys, or by one twice."""
    need(len(note.encode()) <= 65536 and not re.search("[\0-\x09\x0b-\x1f]", note), "not a note")
    text, blank, lines = note.rpartition("\n\n")
    need(blank and re.fullmatch("(\u2014 [^ ]* .*\n){1,100}", lines), "not a note")
    text, signers = text + "\n", []
    for name, encoded in re.findall("\u2014 ([^ ]*) (.*)\n", lines):
        data = unbase64(encoded, url=False)
        key = next((key for key in keys if (key.name, key.id) == (name, data[:4]) and key not in signers), None)
        need(key, f"a signature by {name!r} that the policy does not list, or its second")
        signature, signed = data[4:], text
        if key.algorithm == 4:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            signed = f"cosignature/v1\ntime {time}\n{text}"
        ed_verify(key.point, signed.encode(), signature)
        signers.append(key)
    return text, signers

# keccak256: SHA-3 with the padding of before the standard
@functools.cache
def keccak256(data):
    rotate = lambda lane, by: (lane << by | lane >> (64 - by)) & (2**64 - 1)
    data += b"\1" + bytes(-(len(data) + 1) % 136)
    data, lanes = data[:-1] + bytes([data[-1] | 128]), [0] * 25
    for block in range(0, len(data), 136):
        for i in range(17):
            lanes[i] ^= int.from_bytes(data[block + 8 * i:][:8], "little")
        lfsr = 1
        for _ in range(24):
            columns = [functools.reduce(int.__xor__, lanes[x::5]) for x in range(5)]
            lanes = [lanes[i] ^ columns[(i + 4) % 5] ^ rotate(columns[(i + 1) % 5], 1) for i in range(25)]
            x, y, moved = 1, 0, lanes[1]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                moved, lanes[x + 5 * y] = lanes[x + 5 * y], rotate(moved, (t + 1) * (t + 2) // 2 % 64)
            lanes = [lanes[i] ^ (~lanes[i - i % 5 + (i + 1) % 5] & lanes[i - i % 5 + (i + 2) % 5]) for i in range(25)]
            for bit in range(7):
                lfsr, lanes[0] = (lfsr << 1) ^ (lfsr >> 7) * 0x171, lanes[0] ^ (lfsr & 1) << (2**bit - 1)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])

# secp256k1
PK1, NK1 = 2**256 - 2**32 - 977, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141
GK1 = (0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798,
       0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8)

def k1_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % PK1 == 0:
        return None
    slope = (3 * a[0] ** 2 * pow(2 * a[1], -1, PK1) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, PK1)) % PK1
    x = (slope ** 2 - a[0] - b[0]) % PK1
    return x, (slope * (a[0] - x) - a[1]) % PK1

def k1_times(number, point):
    result = None
    while number:
        result, point, number = k1_add(result, point) if number & 1 else result, k1_add(point, point), number >> 1
    return result

@functools.cache
def recover(hashed, seal):
    """The address whose key made the seal r || s || v over a hash."""
    r, s, v = int.from_bytes(seal[:32], "big"), int.from_bytes(seal[32:64], "big"), seal[64]
    need(0 < r < NK1 and 0 < s <= NK1 // 2 and v < 2, "not a signature with low S")
    y = pow(r ** 3 + 7, (PK1 + 1) // 4, PK1)
    need((y * y - r ** 3 - 7) % PK1 == 0, "no point has this x")
    point, inverse = (r, PK1 - y if y & 1 != v else y), pow(r, -1, NK1)
    key = k1_add(k1_times(s * inverse % NK1, point), k1_times(-int.from_bytes(hashed, "big") * inverse % NK1, GK1))
    need(key, "no key made this seal")
    return keccak256(key[0].to_bytes(32, "big") + key[1].to_bytes(32, "big"))[12:]

# RLP, canonical: a string is bytes, a list is a list
def rlp_decode(data):
    item, rest = rlp_item(data)
    need(rest == b"", "bytes after the RLP item")
    return item

def rlp_item(data):
    need(data, "RLP that breaks off")
    first, base = data[0], 0xc0 if data[0] >= 0xc0 else 0x80
    if first < 0x80:
        return data[:1], data[1:]
    start, size = 1, first - base
    if size > 55:
        start, digits = 1 + size - 55, data[1:1 + size - 55]
        size = int.from_bytes(digits, "big")
        need(digits[:1] != b"\0" and size > 55, "an RLP length in another spelling")
    payload, rest = data[start:start + size], data[start + size:]
    need(len(data) >= start + size, "RLP that breaks off")
    if base == 0x80:
        need(not (size == 1 and payload[0] < 0x80), "an RLP byte in another spelling")
        return payload, rest
    items = []
    while payload:
        item, payload = rlp_item(payload)
        items.append(item)
    return items, rest

def rlp_record(least, most, **kinds):
    """A list of `least` to `most` strings; the first ones are of so many bytes, an `int` below 2^64, or any `bytes`."""
    def read(data):
        fields = rlp_decode(data)
        need(isinstance(fields, list) and least <= len(fields) <= most, f"not a list of {least} to {most} fields")
        need(all(isinstance(field, bytes) for field in fields), "a list among the fields")
        record = types.SimpleNamespace(hash=keccak256(data), fields=fields)
        for (name, kind), field in zip(kinds.items(), fields):
            fits = len(field) <= 8 and field[:1] != b"\0" if kind is int else kind in (bytes, len(field))
            need(fits, f"the length of {name}")
            setattr(record, name, int.from_bytes(field, "big") if kind is int else field)
        return record
    return read

def rlp_encode(item):
    if isinstance(item, bytes) and len(item) == 1 and item[0] < 0x80:
        return item
    base, payload = (0x80, item) if isinstance(item, bytes) else (0xc0, b"".join(map(rlp_encode, item)))
    size = len(payload)
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return (bytes([base + size]) if size <= 55 else bytes([base + 55 + len(digits)]) + digits) + payload

def trie_value(root, key, proof):
    """The value at a key, from a Merkle-Patricia proof all of whose nodes are needed."""
    need(len(proof) <= 65, "more than 65 nodes")
    wanted, path, nodes, value = root, keccak256(key).hex(), list(proof), None
    while value is None:
        if isinstance(wanted, bytes):
            need(nodes and len(wanted) == 32 and keccak256(nodes[0]) == wanted, "a node is missing or another")
            wanted = rlp_decode(nodes.pop(0))
        need(isinstance(wanted, list) and len(wanted) in (2, 17), "not a node")
        if len(wanted) == 17:
            need(path, "a path that ends in a branch")
            wanted, path = wanted[int(path[0], 16)], path[1:]
            continue
        need(isinstance(wanted[0], bytes) and wanted[0], "not a node's path")
        nibbles = wanted[0].hex()
        need(nibbles[0] in "0123" and (nibbles[0] in "13" or nibbles[1] == "0"), "not a node's path")
        part, leaf = nibbles[1 if nibbles[0] in "13" else 2:], nibbles[0] in "23"
        need(path == part if leaf else path.startswith(part), "another key")
        wanted, path = wanted[1], path[len(part):]
        value = wanted if leaf else None
    need(not nodes and isinstance(value, bytes), "a node too many, or no value")
    return value
