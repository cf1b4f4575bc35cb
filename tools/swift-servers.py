"""Writes rings and configuration for one Swift on loopback, starts its four servers, makes the bucket, prints how to reach it. Called by tools/swift."""
import datetime
import hashlib
import hmac
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from swift.common.ring import RingBuilder

folder = sys.argv[1]
user = "zhengtong:test"
secret = secrets.token_hex(20)
kinds = ["account", "container", "object", "proxy"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write(name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


ports = {kind: free_port() for kind in kinds}
write("swift.conf", f"[swift-hash]\nswift_hash_path_prefix = {secrets.token_hex(8)}\nswift_hash_path_suffix = {secrets.token_hex(8)}\n[storage-policy:0]\nname = one\ndefault = yes\n")
for kind in kinds[:3]:
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[kind], "device": "d1", "weight": 1,
                     "replication_ip": "127.0.0.1", "replication_port": ports[kind], "meta": ""})
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, kind + ".ring.gz"))

common = f"swift_dir = {folder}\nuser = {os.environ.get('USER') or 'root'}\nbind_ip = 127.0.0.1\nworkers = 0\nlog_level = WARNING\nmount_check = false\ndevices = {folder}/devices\n"
for kind in kinds[:3]:
    write(kind + ".conf", f"[DEFAULT]\n{common}bind_port = {ports[kind]}\n[pipeline:main]\npipeline = {kind}-server\n[app:{kind}-server]\nuse = egg:swift#{kind}\n")
write("proxy.conf", f"""[DEFAULT]
{common}bind_port = {ports['proxy']}
[pipeline:main]
pipeline = catch_errors gatekeeper cache s3api tempauth bulk slo dlo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_zhengtong_test = {secret} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:dlo]
use = egg:swift#dlo
""")

with open(os.path.join(folder, "pids"), "w", encoding="utf-8") as pids:
    for kind in kinds:
        program = f"import sys\nfrom swift.common import utils\nutils.set_swift_dir({folder!r})\nfrom swift.common.wsgi import run_wsgi\nsys.exit(run_wsgi({folder + '/' + kind + '.conf'!r}, '{kind}-server'))"
        log = open(os.path.join(folder, kind + ".log"), "w", encoding="utf-8")
        server = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        pids.write(f"{server.pid}\n")

endpoint = f"http://127.0.0.1:{ports['proxy']}"


def signature(day, text):
    key = ("AWS4" + secret).encode()
    for part in (day, "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def put_bucket(name):
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    empty = hashlib.sha256(b"").hexdigest()
    host = endpoint.removeprefix("http://")
    canonical = f"PUT\n/{name}\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{stamp}\n\nhost;x-amz-content-sha256;x-amz-date\n{empty}"
    scope = f"{day}/us-east-1/s3/aws4_request"
    signed = signature(day, f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}")
    request = urllib.request.Request(f"{endpoint}/{name}", method="PUT", headers={
        "x-amz-date": stamp, "x-amz-content-sha256": empty,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={user}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signed}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        return answer.status


deadline = time.monotonic() + 30
while True:
    try:
        put_bucket("objects")
        break
    except (urllib.error.URLError, OSError) as failure:
        if time.monotonic() > deadline:
            subprocess.run([os.path.join(os.path.dirname(__file__), "swift"), "down", folder], check=False)
            sys.exit(f"Swift does not answer: {failure}")
        time.sleep(0.2)
print(endpoint, user, secret, "objects")
