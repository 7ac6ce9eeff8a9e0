#!/usr/bin/env python3
"""A second reader of the audit log, for which the texts of C2SP and the RFCs were the only source.

It shares no code with the gateway and needs nothing but Python's standard library:

    tlog_verify.py export DIR --log VKEY [--witness VKEY]... [--quorum N]
    tlog_verify.py proof FILE --entry FILE --log VKEY [--witness VKEY]... [--quorum N]
    tlog_verify.py jobs        (one JSON object a line on standard input; for the tests)

Exit status 0: everything holds. 1: it does not, and the reason is printed. 2: wrong usage.
"""

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import struct
import sys


class Bad(Exception):
    """Something does not hold."""


def need(condition, why):
    if not condition:
        raise Bad(why)


# --- Ed25519, RFC 8032 section 5.1 ------------------------------------------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_mul(s, p):
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = point_add(q, p)
        p = point_add(p, p)
        s >>= 1
    return q


def point_equal(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if x & 1 != sign else x


def point_decompress(text):
    y = int.from_bytes(text, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a = point_decompress(public)
    r = point_decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return point_equal(point_mul(s, BASE), point_add(r, point_mul(h, a)))


# --- signed-note ------------------------------------------------------------------------------------------------------


def b64(text):
    """RFC 4648 section 4, and one spelling for each value."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Bad("not base64") from error
    need(base64.b64encode(value).decode() == text, "not canonical base64")
    return value


def decimal(text):
    need(re.fullmatch(r"0|[1-9][0-9]*", text, re.ASCII), "not a decimal number")
    return int(text)


def key_name(text):
    need(text and "+" not in text and not any(c.isspace() for c in text), "not a key name")
    return text


class Key:
    """<key name>+hex(32-bit key ID)+base64(signature type || public key)"""

    def __init__(self, vkey):
        parts = vkey.split("+", 2)
        need(len(parts) == 3, "not a vkey")
        self.name = key_name(parts[0])
        material = b64(parts[2])
        need(material[:1] in (b"\x01", b"\x04") and len(material) == 33, "unsupported key")
        self.type, self.public = material[0], material[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + material).digest()[:4]
        need(self.id.hex() == parts[1], "key ID does not match")

    def verify(self, text, signature):
        """The timestamp of a cosignature; None for a plain signature."""
        if self.type == 0x01:
            need(ed25519_verify(self.public, text.encode(), signature), "signature does not verify")
            return None
        need(len(signature) == 72, "cosignature of a wrong length")
        (at,) = struct.unpack(">Q", signature[:8])
        need(at < 2**63, "timestamp out of range")
        message = f"cosignature/v1\ntime {at}\n{text}".encode()
        need(ed25519_verify(self.public, message, signature[8:]), "cosignature does not verify")
        return at


def parse_note(data):
    try:
        note = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Bad("note is not UTF-8") from error
    need(all(c >= " " or c == "\n" for c in note), "control character in note")
    at = note.rfind("\n\n")
    need(at >= 0, "no blank line in note")
    text, rest = note[: at + 1], note[at + 2 :]
    need(rest.endswith("\n"), "last signature line does not end")
    lines = rest[:-1].split("\n")
    need(1 <= len(lines) <= 16, "number of signatures")
    signatures = []
    for line in lines:
        parts = line.split(" ")
        need(len(parts) == 3 and parts[0] == "\u2014", "not a signature line")
        value = b64(parts[2])
        need(len(value) > 4, "signature too short")
        signatures.append((key_name(parts[1]), value[:4], value[4:]))
    return text, signatures


# --- tlog-checkpoint --------------------------------------------------------------------------------------------------


def parse_checkpoint(text):
    need(text.endswith("\n"), "checkpoint does not end its last line")
    lines = text[:-1].split("\n")
    need(len(lines) >= 3 and all(lines), "lines of checkpoint")
    size = decimal(lines[1])
    root = b64(lines[2])
    need(len(root) == 32, "root is no hash")
    return lines[0], size, root


def open_checkpoint(data, trust):
    text, signatures = parse_note(data)
    origin, size, root = parse_checkpoint(text)
    signed, witnesses = False, set()
    for name, ident, signature in signatures:
        for key in trust["logs"]:
            if (key.name, key.id) == (name, ident):
                key.verify(text, signature)
                signed = signed or key.name == origin
        for key in trust["witnesses"]:
            if (key.name, key.id) == (name, ident):
                key.verify(text, signature)
                witnesses.add(key.name)
    need(signed, "not signed by a known key of its log")
    need(len(witnesses) >= trust["quorum"], "too few witnesses")
    return origin, size, root


# --- RFC 6962 section 2.1, RFC 9162 section 2.1 -----------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(n):
    """The largest power of two smaller than n."""
    return 1 << ((n - 1).bit_length() - 1)


def mth(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    # Pairs from the left, an odd one goes up as it is: the same tree as by the recursive definition.
    while len(level) > 1:
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) - len(level) % 2 :]
    return level[0]


def root_from_inclusion(leaf, index, size, proof):
    """Undoes PATH(m, D[n]), from its recursive definition."""
    need(0 <= index < size, "index outside of the tree")
    if size == 1:
        need(not proof, "inclusion proof too long")
        return leaf
    need(proof, "inclusion proof too short")
    k = split(size)
    if index < k:
        return node_hash(root_from_inclusion(leaf, index, k, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_from_inclusion(leaf, index - k, size - k, proof[:-1]))


def roots_from_consistency(old, size, proof, known, old_root):
    """Undoes SUBPROOF(m, D[n], b), from its recursive definition: the old root and the new one."""
    if old == size:
        if known:
            need(not proof, "consistency proof too long")
            return old_root, old_root
        need(len(proof) == 1, "length of consistency proof")
        return proof[0], proof[0]
    need(proof, "consistency proof too short")
    k = split(size)
    if old <= k:
        before, after = roots_from_consistency(old, k, proof[:-1], known, old_root)
        return before, node_hash(after, proof[-1])
    before, after = roots_from_consistency(old - k, size - k, proof[:-1], False, old_root)
    return node_hash(proof[-1], before), node_hash(proof[-1], after)


def verify_consistency(old, old_root, new, new_root, proof):
    need(old <= new, "old size above the new one")
    if old == 0:
        need(not proof and old_root == mth([]), "nothing to prove from the empty tree")
        return
    before, after = roots_from_consistency(old, new, proof, True, old_root)
    need(before == old_root and after == new_root, "consistency proof leads elsewhere")


# --- tlog-proof -------------------------------------------------------------------------------------------------------


def verify_proof(data, leaf, trust):
    head, separator, checkpoint = data.partition(b"\n\n")
    need(separator, "no empty line in proof")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Bad("proof is not ASCII") from error
    need(lines.pop(0) == "c2sp.org/tlog-proof@v1", "not a tlog-proof")
    if lines and lines[0].startswith("extra "):
        b64(lines.pop(0)[len("extra ") :])
    need(lines and lines[0].startswith("index "), "no index in proof")
    index = decimal(lines.pop(0)[len("index ") :])
    hashes = [b64(line) for line in lines]
    need(all(len(h) == 32 for h in hashes) and len(hashes) <= 63, "hashes of proof")
    _, size, root = open_checkpoint(checkpoint, trust)
    need(root_from_inclusion(leaf, index, size, hashes) == root, "inclusion proof leads elsewhere")
    return index


# --- tlog-tiles -------------------------------------------------------------------------------------------------------


def tile_path(level, index, width):
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03d}")
    return f"tile/{level}/" + "/".join(groups) + ("" if width == 256 else f".p/{width}")


def widths(count):
    full, partial = divmod(count, 256)
    return [256] * full + ([partial] if partial else [])


def parse_bundle(data):
    entries, at = [], 0
    while at < len(data):
        need(at + 2 <= len(data), "bundle cut in a length")
        (length,) = struct.unpack_from(">H", data, at)
        need(at + 2 + length <= len(data), "bundle cut in an entry")
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return entries


def verify_export(files, trust):
    """Everything that a log of the size of its checkpoint must have, and that all of it agrees."""
    for name in ("key", "checkpoint", "checkpoints"):
        need(name in files, f"{name} is missing")
    key = files["key"].decode("utf-8", "replace")
    need(key.endswith("\n") and any(Key(key[:-1]).__dict__ == known.__dict__ for known in trust["logs"]), "unknown key")
    _, size, root = open_checkpoint(files["checkpoint"], trust)

    entries = []
    for index, width in enumerate(widths(size)):
        path = tile_path("entries", index, width)
        need(path in files, f"{path} is missing")
        bundle = parse_bundle(files[path])
        need(len(bundle) == width, f"{path} has {len(bundle)} entries")
        entries += bundle
    leaves = [leaf_hash(entry) for entry in entries]
    need(mth(leaves) == root, "entries do not have the root of the checkpoint")

    level, hashes, wanted = 0, leaves, {"key", "checkpoint", "checkpoints"}
    wanted.update(tile_path("entries", index, width) for index, width in enumerate(widths(size)))
    while hashes:
        for index, width in enumerate(widths(len(hashes))):
            path = tile_path(level, index, width)
            need(path in files, f"{path} is missing")
            need(files[path] == b"".join(hashes[index * 256 : index * 256 + width]), f"{path} is not what belongs there")
            wanted.add(path)
        hashes = [mth(hashes[at : at + 256]) for at in range(0, len(hashes) - 255, 256)]
        level += 1

    kept = files["checkpoints"].split(b"\n\n")
    need(len(kept) % 2 == 0, "checkpoints: a text and its signatures belong together")
    last = -1
    for at in range(0, len(kept), 2):
        ending = b"" if at + 2 == len(kept) else b"\n"
        _, older, older_root = open_checkpoint(kept[at] + b"\n\n" + kept[at + 1] + ending, trust)
        need(last < older <= size, "checkpoints do not grow")
        need(mth(leaves[:older]) == older_root, f"the checkpoint at {older} is of another history")
        last = older
    need(last == size, "the latest checkpoint is not the last of those kept")

    for name in files:
        if name.startswith("openings/"):
            entry = entries[decimal(name[len("openings/") :])]
            for line in files[name].decode("utf-8").splitlines():
                verify_disclosure(line, entry)
        else:
            need(name in wanted or not name.startswith("tile/"), f"{name} is no part of the log")
    return size


# --- what an entry commits to -----------------------------------------------------------------------------------------


def commitment(field, salt, value):
    name = field.encode()
    return hashlib.sha256(
        b"doorward-audit-field-v1\n" + struct.pack(">H", len(name)) + name + salt + value.encode()
    ).digest()


def verify_disclosure(line, entry):
    shown = json.loads(line)
    known = json.loads(entry)
    need(known["version"] == 1, "version of the entry")
    made = commitment(shown["field"], b64(shown["salt"]), shown["value"])
    need(made == b64(known["commitments"][shown["field"]]), f"the entry does not commit to this {shown['field']}")
    json.loads(shown["value"])


def field_salt(record_salt, field):
    return hmac.new(record_salt, field.encode(), hashlib.sha256).digest()


# --- usage ------------------------------------------------------------------------------------------------------------


def trusting(logs, witnesses, quorum):
    return {"logs": [Key(k) for k in logs], "witnesses": [Key(k) for k in witnesses], "quorum": quorum}


def do(job):
    raw = base64.b64decode
    trust = trusting(job.get("logs", []), job.get("witnesses", []), job.get("quorum", 0))
    kind = job["kind"]
    if kind == "checkpoint":
        open_checkpoint(raw(job["note"]), trust)
    elif kind == "proof":
        verify_proof(raw(job["proof"]), leaf_hash(raw(job["entry"])), trust)
    elif kind == "consistency":
        hashes = [raw(h) for h in job["proof"]]
        verify_consistency(job["old"], raw(job["old_root"]), job["new"], raw(job["new_root"]), hashes)
    elif kind == "export":
        verify_export({name: raw(data) for name, data in job["files"].items()}, trust)
    elif kind == "disclosure":
        verify_disclosure(job["line"], raw(job["entry"]))
    elif kind == "salt":
        need(field_salt(raw(job["record_salt"]), job["field"]) == raw(job["salt"]), "another salt")
    else:
        raise ValueError(kind)


def jobs():
    for line in sys.stdin:
        try:
            do(json.loads(line))
            print("ok")
        except (Bad, KeyError, IndexError, ValueError) as error:
            print("bad:", str(error).replace("\n", " "))


def read_folder(folder):
    files = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, folder).replace(os.sep, "/")] = file.read()
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["export", "proof", "jobs"])
    parser.add_argument("path", nargs="?")
    parser.add_argument("--entry")
    parser.add_argument("--log", action="append", default=[])
    parser.add_argument("--witness", action="append", default=[])
    parser.add_argument("--quorum", type=int, default=0)
    arguments = parser.parse_args()
    if arguments.kind == "jobs":
        return jobs()
    try:
        trust = trusting(arguments.log, arguments.witness, arguments.quorum)
        if arguments.kind == "export":
            size = verify_export(read_folder(arguments.path), trust)
            print(f"sound: {size} records")
        else:
            with open(arguments.path, "rb") as proof, open(arguments.entry, "rb") as entry:
                index = verify_proof(proof.read(), leaf_hash(entry.read()), trust)
            print(f"proven: record {index}")
    except (Bad, KeyError, IndexError, ValueError) as error:
        sys.exit(f"not sound: {error}")
    return None


if __name__ == "__main__":
    main()
