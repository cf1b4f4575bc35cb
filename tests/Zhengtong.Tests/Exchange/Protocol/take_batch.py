"""A consumer's node in another language: opens one batch and signs for it, from docs/exchange.md alone.

    python3 take_batch.py FOLDER

In the folder: manifest.json, signature (base64), provider.der (SubjectPublicKeyInfo of the provider's sealing key), ciphertext, receive.pem and seal.pem (private keys of the
consumer, PKCS#8), and, from the second batch on, previous-manifest.json and previous-receipt.json. Writes counter-receipt.json and counter-signature, and prints what it found as JSON.
Ends with 1 and a sentence when something does not hold. Python's standard library, python3-cryptography for the ciphers, openssl for signatures.
"""
import base64
import datetime
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def demand(holds, what):
    if not holds:
        print(what, file=sys.stderr)
        sys.exit(1)


def run(*command, stdin=b""):
    done = subprocess.run(command, input=stdin, capture_output=True)
    return done.stdout if done.returncode == 0 else None


# Canonical JSON: members sorted, no white space, UTF-8, nothing escaped that need not be.
def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class International:
    distid = []
    dgst = "-sha256"
    algorithm = hashes.SHA256()
    key_size = 32

    @staticmethod
    def digest(data):
        return hashlib.sha256(data).digest()

    @staticmethod
    def secret(exchange, private):
        key = serialization.load_pem_private_key(private.read_bytes(), None)
        return key.exchange(ec.ECDH(), serialization.load_der_public_key(exchange))

    @staticmethod
    def decrypt(key, nonce, associated, cipher):
        try:
            return AESGCM(key).decrypt(nonce, cipher, associated)
        except Exception:
            return None


class National:
    distid = ["-sigopt", "distid:1234567812345678"]
    dgst = "-sm3"
    algorithm = hashes.SM3()
    key_size = 16

    @staticmethod
    def digest(data):
        sm3 = hashes.Hash(hashes.SM3())
        sm3.update(data)
        return sm3.finalize()

    @staticmethod
    def secret(exchange, private):
        return run("openssl", "pkeyutl", "-decrypt", "-inkey", str(private), "-pkeyopt", "digest:sm3", stdin=exchange)

    # GCM (NIST SP 800-38D) over SM4.
    @staticmethod
    def decrypt(key, nonce, associated, cipher):
        def block(data):
            sm4 = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()
            return sm4.update(data) + sm4.finalize()

        def times(x, y):
            product = 0
            for bit in range(127, -1, -1):
                if x >> bit & 1:
                    product ^= y
                y = (y >> 1) ^ (0xE1 << 120 if y & 1 else 0)
            return product

        body, tag = cipher[:-16], cipher[-16:]
        h, hashed = int.from_bytes(block(bytes(16)), "big"), 0
        for part in (associated, body):
            for at in range(0, len(part), 16):
                hashed = times(hashed ^ int.from_bytes(part[at:at + 16].ljust(16, b"\0"), "big"), h)
        hashed = times(hashed ^ (len(associated) * 8 << 64 | len(body) * 8), h)
        start = int.from_bytes(block(nonce + b"\0\0\0\1"), "big")
        if (hashed ^ start).to_bytes(16, "big") != tag:
            return None
        counter = Cipher(algorithms.SM4(key), modes.CTR(nonce + b"\0\0\0\2")).decryptor()
        return counter.update(body) + counter.finalize()


SUITES = {"international": International, "national": National}


def is_signed(suite, key, signature, data):
    with tempfile.TemporaryDirectory() as place:
        place = pathlib.Path(place)
        pem = run("openssl", "pkey", "-pubin", "-inform", "DER", stdin=key)
        if pem is None:
            return False
        (place / "key.pem").write_bytes(pem)
        (place / "signature").write_bytes(signature)
        return run("openssl", "dgst", suite.dgst, "-verify", str(place / "key.pem"), *suite.distid, "-signature", str(place / "signature"), stdin=data) is not None


class Table:
    """A FlatBuffers table."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.fields = at - struct.unpack_from("<i", data, at)[0]

    def place(self, field):
        entry = 4 + 2 * field
        if entry + 2 > struct.unpack_from("<H", self.data, self.fields)[0]:
            return 0
        offset = struct.unpack_from("<H", self.data, self.fields + entry)[0]
        return self.at + offset if offset else 0

    def number(self, field, form, default=0):
        place = self.place(field)
        return struct.unpack_from(form, self.data, place)[0] if place else default

    def behind(self, field):
        place = self.place(field)
        return place + struct.unpack_from("<I", self.data, place)[0] if place else 0

    def table(self, field):
        return Table(self.data, self.behind(field))

    def vector(self, field):
        place = self.behind(field)
        return (place + 4, struct.unpack_from("<I", self.data, place)[0]) if place else (0, 0)

    def tables(self, field):
        first, count = self.vector(field)
        places = [first + 4 * n for n in range(count)]
        return [Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]

    def text(self, field):
        first, count = self.vector(field)
        return self.data[first:first + count].decode()


def frames(payload):
    """The messages of an Arrow stream with their bodies."""
    at = 0
    while True:
        mark, length = struct.unpack_from("<II", payload, at)
        demand(mark == 0xFFFFFFFF, "frame")
        if length == 0:
            demand(at + 8 == len(payload), "bytes behind the end")
            return
        metadata = payload[at + 8:at + 8 + length]
        message = Table(metadata, struct.unpack_from("<I", metadata)[0])
        at += 8 + length
        size = message.number(3, "<q")
        yield message, payload[at:at + size]
        at += size


FIXED = {"integer": "<q", "float": "<d", "date": "<i", "timestamp": "<q"}


def column(kind, rows, buffers):
    """Values of one column: validity, then offsets where the width varies, then values."""
    validity = next(buffers)
    is_there = [not validity or validity[n // 8] >> n % 8 & 1 for n in range(rows)]
    if kind in FIXED:
        data = next(buffers)
        size = struct.calcsize(FIXED[kind])
        values = [struct.unpack_from(FIXED[kind], data, n * size)[0] for n in range(rows)]
    elif kind == "boolean":
        data = next(buffers)
        values = [bool(data[n // 8] >> n % 8 & 1) for n in range(rows)]
    else:
        offsets, data = next(buffers), next(buffers)
        ends = [struct.unpack_from("<i", offsets, 4 * n)[0] for n in range(rows + 1)]
        values = [data[ends[n]:ends[n + 1]] for n in range(rows)]
        values = [value.hex() for value in values] if kind == "binary" else [value.decode() for value in values]
    if kind == "date":
        values = [str(datetime.date(1970, 1, 1) + datetime.timedelta(days=value)) for value in values]
    if kind == "timestamp":
        values = [(datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=value)).strftime("%Y-%m-%d %H:%M:%S.%f") for value in values]
    return [value if there else None for value, there in zip(values, is_there)]


def rows_of(payload, columns, count):
    messages = list(frames(payload))
    demand([message.number(1, "<B") for message, _ in messages] == [1, 3], "one schema and one record batch")
    schema, batch, body = messages[0][0].table(2), messages[1][0].table(2), messages[1][1]
    demand([field.text(0) for field in schema.tables(1)] == [c["name"] for c in columns], "columns of the payload")
    demand(batch.number(0, "<q") == count, "rows of the payload")
    first, number = batch.vector(2)
    places = [struct.unpack_from("<qq", batch.data, first + 16 * n) for n in range(number)]
    buffers = iter([body[start:start + length] for start, length in places])
    return [list(row) for row in zip(*[column(c["type"], count, buffers) for c in columns])]


def main(folder):
    def read(name):
        path = folder / name
        return path.read_bytes() if path.exists() else None

    text = read("manifest.json")
    manifest = json.loads(text)
    demand(canonical(manifest) == text and manifest["format"] == "zhengtong-batch-1", "manifest")
    demand(manifest["suite"] in SUITES, "suite")
    suite = SUITES[manifest["suite"]]
    digest = suite.digest(text).hex()

    provider = read("provider.der")
    demand(suite.digest(provider).hex()[:16] == manifest["providerKey"], "provider's key")
    demand(is_signed(suite, provider, base64.b64decode(read("signature")), text), "provider's signature")

    before = read("previous-manifest.json")
    demand((before is None) == (manifest["sequence"] == 1), "sequence")
    demand(manifest.get("previous") == (suite.digest(before).hex() if before else None), "chain")

    cipher = read("ciphertext")
    demand(len(cipher) == manifest["ciphertextLength"] and suite.digest(cipher).hex() == manifest["ciphertextDigest"], "ciphertext")
    bound = canonical({name: value for name, value in manifest.items() if name not in ("ciphertextDigest", "ciphertextLength")})
    secret = suite.secret(base64.b64decode(manifest["keyExchange"]), folder / "receive.pem")
    info = b"zhengtong-batch-1" + suite.digest(bound)
    derived = HKDF(suite.algorithm, suite.key_size + 12, None, info).derive(secret)
    key, nonce = derived[:suite.key_size], derived[suite.key_size:]
    payload = suite.decrypt(key, nonce, bound, cipher)
    demand(payload is not None, "decryption")
    demand(suite.digest(payload).hex() == manifest["payloadDigest"], "payload")
    rows = rows_of(payload, manifest["columns"], manifest["rows"])

    # Here a node puts the rows into its table, and the receipt beside them, in one transaction. Then:
    earlier = read("previous-receipt.json")
    target = suite.digest((bytes.fromhex(json.loads(earlier)["targetDigest"]) if earlier else b"") + bytes.fromhex(manifest["payloadDigest"]))
    seal = folder / "seal.pem"
    applied = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    public = run("openssl", "pkey", "-in", str(seal), "-pubout", "-outform", "DER")
    receipt = canonical({
        "format": "zhengtong-counter-receipt-1", "delivery": manifest["delivery"], "sequence": manifest["sequence"], "manifestDigest": digest, "rowsApplied": manifest["rows"],
        "targetDigest": target.hex(), "appliedAt": max(applied, manifest["sealedAt"]), "suite": manifest["suite"],
        "consumerKey": suite.digest(public).hex()[:16],
    })
    (folder / "counter-receipt.json").write_bytes(receipt)
    signature = run("openssl", "dgst", suite.dgst, "-sign", str(seal), *suite.distid, stdin=receipt)
    (folder / "counter-signature").write_bytes(base64.b64encode(signature))
    deletes = manifest.get("deletes", 0)
    print(json.dumps({
        "bound": suite.digest(bound).hex(), "secret": secret.hex(), "key": key.hex(), "nonce": nonce.hex(), "payload": payload.hex(), "manifestDigest": digest, "targetDigest": target.hex(),
        "clears": manifest.get("clears", False), "upserts": rows[:len(rows) - deletes], "deletes": rows[len(rows) - deletes:],
    }, ensure_ascii=False))


main(pathlib.Path(sys.argv[1]))
