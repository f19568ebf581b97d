"""A client of live connections by wsproto, which was written from the RFC by others: says ok, or what is wrong."""

import json
import socket
import sys

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Pong, Request, TextMessage

address, token = sys.argv[1:3]
host, port = address.rsplit(":", 1)
line = socket.create_connection((host, int(port)), timeout=20)
peer = WSConnection(ConnectionType.CLIENT)


def say(event):
    line.sendall(peer.send(event))


def hear(wanted):
    """The next event of a kind; pings are answered, other events dropped."""
    while True:
        for event in peer.events():
            if isinstance(event, Ping):
                say(event.response())
            if wanted(event):
                return event
        data = line.recv(65536)
        assert data, "the server has gone"
        peer.receive_data(data)


def frame(op):
    text = hear(lambda event: isinstance(event, TextMessage) and json.loads(event.data)["op"] == op)
    assert text.message_finished
    return json.loads(text.data)


say(Request(host=address, target="/messages/live", subprotocols=["jobline.v1", "bearer." + token]))
accepted = hear(lambda event: isinstance(event, AcceptConnection))
assert accepted.subprotocol == "jobline.v1", accepted
assert accepted.extensions == [], accepted
say(TextMessage(data=json.dumps({"op": "start"})))
assert frame("ready")["heartbeatMs"] == 25000
synced = frame("synced")
say(TextMessage(data=json.dumps({"op": "have", "since": synced["cursor"]})))
say(TextMessage(data='{"op":', message_finished=False))
say(Ping(payload=b"between"))
assert hear(lambda event: isinstance(event, Pong)).payload == b"between"
say(TextMessage(data='"ping"}'))
frame("pong")
say(CloseConnection(code=1000, reason="done"))
closed = hear(lambda event: isinstance(event, CloseConnection))
assert closed.code == 1000, closed
assert line.recv(1) == b"", "the server ends the connection"
print("ok")
