"""A conversation over a live connection by wsproto, which was written from the RFC by others. Says what it waits for."""

import json
import os
import socket

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, Pong, Request, TextMessage

host, port = os.environ["ADDRESS"].rsplit(":", 1)
line = socket.create_connection((host, int(port)), timeout=20)
peer = WSConnection(ConnectionType.CLIENT)


def say(event):
    line.sendall(peer.send(event))


def tell(**frame):
    say(TextMessage(data=json.dumps(frame)))


def hear(wanted):
    """The next event that is wanted; pings are answered, other events dropped."""
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


token = os.environ["TOKEN"]
say(Request(host=os.environ["ADDRESS"], target="/messages/live", subprotocols=["jobline.v1", "bearer." + token]))
accepted = hear(lambda event: isinstance(event, AcceptConnection))
assert (accepted.subprotocol, accepted.extensions) == ("jobline.v1", []), accepted
tell(op="start", watch="conv_anna_ben")
assert frame("ready")["heartbeatMs"] == 25000
tell(op="have", since=frame("synced")["cursor"])
say(TextMessage(data='{"op":', message_finished=False))
say(Ping(payload=b"between"))
assert hear(lambda event: isinstance(event, Pong)).payload == b"between"
say(TextMessage(data='"ping"}'))
frame("pong")
tell(op="token", token=os.environ["NEXT_TOKEN"])
tell(op="typing", conversationId="conv_anna_ben", typing=True)
print("ready", flush=True)
synced = frame("synced")
assert synced["messages"][-1]["content"] == "Hello", synced
tell(op="have", since=synced["cursor"])
print("hello", flush=True)
bye = frame("bye")
assert bye["reason"] == "stopping" and bye["retryAfterMs"] < 1000, bye
closed = hear(lambda event: isinstance(event, CloseConnection))
assert closed.code == 1001, closed
say(closed.response())
assert line.recv(1) == b"", "the server ends the connection"
print("bye", flush=True)
