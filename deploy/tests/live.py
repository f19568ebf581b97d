"""Live connections of a deployment: says ok, or what is wrong.

    live.py <url> <host key> <table>

Two users, of whom one is connected, write to each other; then the connection is lost, and has to be forgotten.
"""

import json
import socket
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import boto3
from boto3.dynamodb.conditions import Key
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, Ping, RejectConnection, Request, TextMessage

url, host_key, table = sys.argv[1:4]
WITHIN = 30


def call(method, path, credential, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url.rstrip("/") + path, data, method=method)
    request.add_header("authorization", "Bearer " + credential)
    request.add_header("content-type", "application/json")
    with urllib.request.urlopen(request, timeout=WITHIN) as answer:
        return json.load(answer)


def user(name):
    call("PUT", f"/host/users/{name}", host_key, {"name": name})
    return call("POST", f"/host/users/{name}/token", host_key, {})["token"]


class Connection:
    """A WebSocket at the address that `sync` offers."""

    def __init__(self, address, token):
        parts = urlsplit(address)
        self.line = socket.create_connection((parts.hostname, parts.port), timeout=WITHIN)
        self.peer = WSConnection(ConnectionType.CLIENT)
        self.say(Request(host=parts.netloc, target=parts.path, subprotocols=["jobline.v1", "bearer." + token]))
        self.is_open = isinstance(self.hear((AcceptConnection, RejectConnection)), AcceptConnection)

    def say(self, event):
        self.line.sendall(self.peer.send(event))

    def hear(self, kinds):
        while True:
            for event in self.peer.events():
                if isinstance(event, Ping):
                    self.say(event.response())
                if isinstance(event, kinds):
                    return event
            data = self.line.recv(65536)
            assert data, "the connection has ended"
            self.peer.receive_data(data)

    def op(self):
        return json.loads(self.hear(TextMessage).data)["op"]


anna, ben = user("live-anna"), user("live-ben")
job = {"title": "Live", "participants": ["live-anna", "live-ben"], "status": "open"}
call("PUT", "/host/jobs/90210", host_key, job)
offer = call("GET", "/messages/sync", ben)["live"]
assert offer["afterMs"] == 20000, offer

assert not Connection(offer["url"], "nonsense").is_open, "a stranger was let in"
connection = Connection(offer["url"], ben)
assert connection.is_open, "Ben was not let in"
connection.say(TextMessage(data=json.dumps({"op": "start"})))
assert [connection.op(), connection.op()] == ["ready", "poke"]
connection.say(TextMessage(data=json.dumps({"op": "ping"})))
assert connection.op() == "pong"
call("POST", "/messages/send", anna, {"receiverId": "live-ben", "content": "Hello"})
assert connection.op() == "poke"
[message] = call("GET", "/messages/sync", ben)["messages"]
assert message["content"] == "Hello", message


def kept():
    """The connections of Ben that the table knows."""
    condition = Key("pk").eq("USER#live-ben") & Key("sk").begins_with("LIVE#")
    return boto3.resource("dynamodb").Table(table).query(KeyConditionExpression=condition)["Items"]


assert len(kept()) == 1, kept()
connection.line.close()
deadline = time.monotonic() + WITHIN
while kept():
    assert time.monotonic() < deadline, "a connection that is gone is still kept"
    call("POST", "/messages/send", anna, {"receiverId": "live-ben", "content": "Are you there?"})
call("PUT", "/host/jobs/90210", host_key, {**job, "status": "closed"})
print("ok")
