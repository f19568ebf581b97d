"""How long the function's start takes: from the process's beginning to its first question for an event, on one core.

    python3 deploy/tests/init.py PROGRAM [RUNS]

Plays Lambda's Runtime API and, for the two reads of a start, a table that is empty. Prints the median of the starts and
their range, and for scale the same of a program that does nothing (`PROGRAM --version`).
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

asked = threading.Event()
# The deployment's secrets, which a table that is in use has.
SECRETS = {"pk": {"S": "SYSTEM"}, "sk": {"S": "SECRETS"}, "r": {"S": "0" * 16},
           "v": {"S": json.dumps({"v": 1, "root": "00" * 32})}}


class Double(BaseHTTPRequestHandler):
    """Lambda and DynamoDB at one address."""

    protocol_version = "HTTP/1.1"
    # An answer goes out in one piece: in two, the second waits 40 ms for the first to be acknowledged.
    wbufsize = -1

    def do_GET(self):
        asked.set()
        time.sleep(60)

    def do_POST(self):
        key = json.loads(self.rfile.read(int(self.headers["content-length"])))
        found = {"Item": SECRETS} if "SYSTEM" in json.dumps(key) else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("content-type", "application/x-amz-json-1.0")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def environment(address):
    return {
        "AWS_LAMBDA_RUNTIME_API": address, "AWS_LAMBDA_FUNCTION_NAME": "jobline", "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL_DYNAMODB": f"http://{address}", "JOBLINE_STORE": "dynamodb",
        "JOBLINE_DYNAMODB_TABLE": "jobline", "JOBLINE_FILES": "s3", "JOBLINE_S3_BUCKET": "jobline",
        "JOBLINE_JWT_SECRET": "s" * 32, "JOBLINE_HOST_KEY": "h" * 32, "JOBLINE_LOG": "error",
    }


def start(program, address):
    """Milliseconds until the first question."""
    asked.clear()
    begun = time.perf_counter()
    child = subprocess.Popen(["taskset", "-c", "0", program], env=environment(address))
    if not asked.wait(30):
        sys.exit("the program did not ask for an event within 30 s")
    took = (time.perf_counter() - begun) * 1000
    child.kill()
    child.wait()
    return took


def nothing(program):
    begun = time.perf_counter()
    subprocess.run(["taskset", "-c", "0", program, "--version"], env={}, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - begun) * 1000


def told(what, times):
    print(f"{what}: {statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f}, {len(times)} runs)")


def main():
    program, runs = os.path.abspath(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20
    server = ThreadingHTTPServer(("127.0.0.1", 0), Double)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_address[1]}"
    told("start", [start(program, address) for _ in range(runs)])
    told("a program that does nothing", [nothing(program) for _ in range(runs)])


main()
