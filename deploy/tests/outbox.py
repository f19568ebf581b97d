"""Webhooks of a deployment: says ok, or what is wrong.

    outbox.py <url> <host key> <port>

Listens where the deployment's webhook points to, sends a message, and waits for its event, which the table's stream has
delivered: the schedule of the template comes round too late for it.
"""

import http.server
import json
import queue
import sys
import threading
import urllib.request

url, host_key, port = sys.argv[1:4]
WITHIN = 60
events = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        events.put((dict(self.headers.items()), json.loads(body)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def call(method, path, credential, body):
    request = urllib.request.Request(url.rstrip("/") + path, json.dumps(body).encode(), method=method)
    request.add_header("authorization", "Bearer " + credential)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=WITHIN) as answer:
        return json.load(answer)


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
threading.Thread(target=server.serve_forever, daemon=True).start()
for name in ["hook-anna", "hook-ben"]:
    call("PUT", f"/host/users/{name}", host_key, {"name": name})
job = {"title": "Hook", "participants": ["hook-anna", "hook-ben"], "status": "open"}
call("PUT", "/host/jobs/90211", host_key, job)
anna = call("POST", "/host/users/hook-anna/token", host_key, {})["token"]
sent = call("POST", "/messages/send", anna, {"receiverId": "hook-ben", "content": "Hello"})
while True:
    headers, event = events.get(timeout=WITHIN)
    if sent["message"]["id"] in json.dumps(event):
        break
assert headers["webhook-signature"].startswith("v1,"), headers
call("PUT", "/host/jobs/90211", host_key, {**job, "status": "closed"})
print("ok")
