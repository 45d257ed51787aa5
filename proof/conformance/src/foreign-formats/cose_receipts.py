"""Reads COSE receipts (RFC 9942) with nothing but RFC 8949, 9052 and 9162 and the standard library.

From standard input: {"entry": base64, "receipts": [hex]}. For each receipt one line of JSON: what
was signed, by which algorithm and with which signature, or why there is none. Whether the
signature holds is for who has the key.
"""

import base64
import hashlib
import json
import sys


# Private label of the protected header: the hash of the leaf that the receipt is of.
LEAF = -65537


class Refused(Exception):
    pass


class Tag:
    def __init__(self, number, value):
        self.number = number
        self.value = value


def read(data, at):
    if at >= len(data):
        raise Refused("it ends too early")
    kind, short = data[at] >> 5, data[at] & 31
    at += 1
    if kind == 7:
        if short == 22:
            return None, at
        raise Refused("a simple value that is not expected")
    if short < 24:
        argument = short
    else:
        if short > 27:
            raise Refused("an indefinite length")
        size = 1 << (short - 24)
        if at + size > len(data):
            raise Refused("it ends too early")
        argument = int.from_bytes(data[at : at + size], "big")
        at += size
        if argument < 24 or (size > 1 and argument < 1 << (4 * size)):
            raise Refused("a number that could be shorter")
    if kind == 0:
        return argument, at
    if kind == 1:
        return -1 - argument, at
    if kind in (2, 3):
        if at + argument > len(data):
            raise Refused("it ends too early")
        part = data[at : at + argument]
        return (part if kind == 2 else part.decode("utf-8")), at + argument
    if kind == 4:
        items = []
        for _ in range(argument):
            item, at = read(data, at)
            items.append(item)
        return items, at
    if kind == 5:
        pairs, last = {}, b""
        for _ in range(argument):
            start = at
            key, at = read(data, at)
            if data[start:at] <= last:
                raise Refused("keys out of order")
            last = data[start:at]
            pairs[key], at = read(data, at)
        return pairs, at
    value, at = read(data, at)
    return Tag(argument, value), at


def whole(data):
    value, at = read(data, 0)
    if at != len(data):
        raise Refused("bytes after the end")
    return value


def head(kind, argument):
    if argument < 24:
        return bytes([kind << 5 | argument])
    for power in range(4):
        size = 1 << power
        if argument < 1 << (8 * size):
            return bytes([kind << 5 | 24 + power]) + argument.to_bytes(size, "big")
    raise Refused("too long")


def text(value):
    return head(3, len(value)) + value.encode("ascii")


def octets(value):
    return head(2, len(value)) + value


def root_of(entry, size, index, path):
    """RFC 9162 2.1.3.2."""
    if not 0 <= index < size:
        raise Refused("the index does not lie below the size")
    first, last = index, size - 1
    node = hashlib.sha256(b"\0" + entry).digest()
    for sibling in path:
        if len(sibling) != 32 or last == 0:
            raise Refused("no path to the root")
        if first & 1 or first == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        first, last = first >> 1, last >> 1
    if last:
        raise Refused("the path is too short")
    return node


def judged(entry, receipt):
    tagged = whole(receipt)
    if not isinstance(tagged, Tag) or tagged.number != 18:
        raise Refused("not a COSE_Sign1")
    protected, unprotected, payload, signature = tagged.value
    if payload is not None:
        raise Refused("the payload is not detached")
    header = whole(protected)
    if header.get(395) != 1:
        raise Refused("another kind of tree")
    if set(header) != {1, 4, 15, 395, LEAF} or set(unprotected) != {396}:
        raise Refused("headers that are not expected")
    (proof,) = unprotected[396][-1]
    if set(unprotected[396]) != {-1}:
        raise Refused("another kind of proof")
    if header[LEAF] != hashlib.sha256(b"\0" + entry).digest():
        raise Refused("the receipt is of another leaf")
    size, index, path = whole(proof)
    root = root_of(entry, size, index, path)
    signed = head(4, 4) + text("Signature1") + octets(protected) + octets(b"") + octets(root)
    return {
        "algorithm": header[1],
        "key": header[4].hex(),
        "issuer": header[15][1],
        "subject": header[15][2],
        "signed": signed.hex(),
        "signature": signature.hex(),
    }


def main():
    given = json.load(sys.stdin)
    entry = base64.b64decode(given["entry"])
    for receipt in given["receipts"]:
        try:
            print(json.dumps(judged(entry, bytes.fromhex(receipt))))
        except (Refused, ValueError, TypeError, KeyError, AttributeError) as fault:
            print(json.dumps({"refused": str(fault)}))


main()
