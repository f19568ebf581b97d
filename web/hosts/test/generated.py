"""A conversation through the client that openapi-python-client has generated for the test."""

import os

from jobline_client import AuthenticatedClient
from jobline_client.api.host import get_job, mint_token
from jobline_client.api.messages import get_conversations, list_, send, sync
from jobline_client.models import MintToken, Problem, SendMessage, Status

URL = os.environ["JOBLINE_URL"]
host = AuthenticatedClient(base_url=URL, token=os.environ["JOBLINE_HOST_KEY"])


def user(name: str) -> AuthenticatedClient:
    minted = mint_token.sync(name, client=host, body=MintToken())
    return AuthenticatedClient(base_url=URL, token=minted.token)


anna, ben = user("anna"), user("ben")
job = get_job.sync(7, client=host)
assert (job.id, sorted(job.participants)) == (7, ["anna", "ben"]), job
sent = send.sync(client=anna, body=SendMessage(receiver_id="ben", content="From Python"))
assert sent.message.status == Status.SENT, sent
assert sync.sync(client=ben).messages[-1].content == "From Python"
listed = list_.sync(client=ben, conversation_id=sent.conversation_id)
assert listed.messages[-1].id == sent.message.id, listed
assert get_conversations.sync(client=ben).conversations[0].last_message == "From Python"
refused = send.sync(client=anna, body=SendMessage(receiver_id="stranger", content="?"))
assert isinstance(refused, Problem) and refused.status == 403, refused
print("held a conversation")
