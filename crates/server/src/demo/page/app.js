// A small client of the public API: nothing here is known to the server that the contract does not say.
const $ = (id) => document.getElementById(id);
let me = null, token = null, people = [], open = null, list = null;
const conversations = new Map();

// Text goes into the page as text, never as markup.
function el(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

async function call(path, { method = "GET", body, query } = {}) {
  const url = query ? `${path}?${new URLSearchParams(query)}` : path;
  const headers = body ? { "content-type": "application/json" } : {};
  if (token) headers.authorization = `Bearer ${token}`;
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body) });
  const data = await answer.json().catch(() => ({}));
  if (answer.ok) return data;
  throw Object.assign(new Error(data.detail || `The server answered ${answer.status}.`), { status: answer.status });
}

// A token lives for an hour; when it is not accepted any more, a new one is fetched and the call made once more.
async function api(path, options) {
  try {
    return await call(path, options);
  } catch (error) {
    if (error.status !== 401) throw error;
    await signIn();
    return call(path, options);
  }
}

async function signIn() {
  token = null; // The old one is not sent along.
  token = (await call("/demo/token", { method: "POST", body: { userId: me } })).token;
}

// Asks with the cursor of the last answer, as often as the server advises: at once when more waits, less often in a
// hidden tab, and with growing pauses while something is wrong.
function poll(ask, take) {
  let cursor, timer, running = false, stopped = false, failures = 0;
  async function turn() {
    clearTimeout(timer);
    if (running || stopped) return;
    running = true;
    let wait;
    try {
      const answer = await ask(cursor);
      if (stopped) return;
      const more = cursor !== undefined && answer.hasMore;
      take(answer, cursor === undefined || answer.reset);
      cursor = answer.cursor;
      failures = 0;
      wait = more ? 0 : Math.max(answer.nextPollMs, document.hidden ? 10000 : 0);
      trouble("");
    } catch (error) {
      wait = Math.min(30000, 1000 * 2 ** failures++);
      trouble(error.status ? error.message : "No connection. Trying again…");
    } finally {
      running = false;
    }
    if (!stopped) timer = setTimeout(turn, wait);
  }
  turn();
  return { now: turn, stop: () => { stopped = true; clearTimeout(timer); } };
}

function trouble(text) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
}
function face(id, name) {
  const initials = name.split(" ").map((word) => word[0]).join("").slice(0, 2);
  const node = el("span", `face tone${people.findIndex((person) => person.id === id) % 4}`, initials);
  node.setAttribute("aria-hidden", "true");
  return node;
}
function ago(iso) {
  const minutes = Math.floor((Date.now() - Date.parse(iso)) / 60000);
  if (minutes < 60) return minutes < 1 ? "now" : `${minutes}m`;
  return minutes < 1440 ? `${Math.floor(minutes / 60)}h` : `${Math.floor(minutes / 1440)}d`;
}
function clock(iso) {
  const date = new Date(iso), time = date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const today = date.toDateString() === new Date().toDateString();
  return today ? time : `${date.toLocaleDateString([], { day: "numeric", month: "short" })}, ${time}`;
}
// The other one of a pair; for the group chat of a job, the job.
const other = ({ id, kind, job, people }) => kind === "crew" ? { id, name: job.title } : people.find((person) => person.id !== me);
const show = (view) => (document.body.dataset.view = view);

// Who you are. Each window is one person; the next one may be another.
function pick() {
  list?.stop();
  close();
  sessionStorage.removeItem("me");
  conversations.clear();
  show("pick");
}

async function become(id) {
  me = id;
  await signIn();
  sessionStorage.setItem("me", id);
  $("switch").textContent = people.find((person) => person.id === id).name;
  show("list");
  list = poll(
    (since) => api("/messages/conversations", { query: since ? { since } : {} }),
    (answer, fresh) => {
      if (fresh) conversations.clear();
      for (const conversation of answer.conversations) conversations.set(conversation.id, conversation);
      drawList();
    },
  );
}

function drawList() {
  const sorted = [...conversations.values()].sort((a, b) => (b.lastMessageAt ?? "").localeCompare(a.lastMessageAt ?? ""));
  $("none").hidden = sorted.length > 0;
  $("conversations").replaceChildren(...sorted.map((conversation) => {
    const { id, name } = other(conversation), unread = conversation.unreadCount[me] ?? 0;
    const button = el("button", unread ? "unread" : "");
    button.type = "button";
    if (open?.id === conversation.id) button.setAttribute("aria-current", "true");
    button.append(face(id, name), el("b", "", name), el("time", "", ago(conversation.lastMessageAt)));
    button.append(el("span", "last", conversation.lastMessage || "A file"));
    if (unread) button.append(el("span", "badge", unread));
    button.onclick = () => enter(conversation);
    const item = el("li");
    item.append(button);
    return item;
  }));
  document.title = sorted.some((it) => it.unreadCount[me]) ? "• Jobline demo" : "Jobline demo";
}

function enter(conversation) {
  close();
  open = { id: conversation.id, to: other(conversation), isCrew: conversation.kind === "crew", messages: new Map(), nodes: new Map(), pending: [] };
  $("name").textContent = open.to.name;
  $("job").textContent = conversation.job ? `Job #${conversation.job.id}` : "";
  $("messages").replaceChildren();
  $("earlier").hidden = true;
  show("chat");
  drawList();
  const chat = open;
  chat.poll = poll(
    (since) => api("/messages/list", { query: { conversationId: chat.id, ...(since && { since }) } }),
    (answer, fresh) => {
      if (fresh) chat.messages.clear(), ($("earlier").hidden = !answer.hasMore);
      take(chat, answer.messages);
      seen(chat);
    },
  );
}

const close = () => { open?.poll.stop(); open = null; };

function take(chat, messages) {
  for (const message of messages) {
    chat.messages.set(message.id, message);
    chat.pending = chat.pending.filter((draft) => draft.clientId !== message.clientId);
  }
  if (open === chat) drawChat();
}

// What stands in front of someone's eyes is read.
async function seen(chat) {
  const last = [...chat.messages.values()].filter((message) => message.senderId !== me).at(-1);
  if (open !== chat || document.hidden || !last || chat.read === last.id) return;
  chat.read = last.id;
  await api("/messages/markAsRead", { method: "POST", body: { conversationId: chat.id, upTo: last.id } }).catch(() => (chat.read = null));
  list?.now();
}

function drawChat() {
  const log = $("log"), atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const sorted = [...open.messages.values()].sort((a, b) => a.number - b.number);
  const nodes = [...sorted, ...open.pending].map((message) => {
    const key = message.clientId && message.senderId === me ? message.clientId : message.id;
    if (!open.nodes.has(key)) open.nodes.set(key, bubble(message));
    const node = open.nodes.get(key);
    node.className = `message ${message.senderId === me ? "mine" : ""} ${message.state ?? ""}`;
    node.lastChild.replaceChildren(...meta(message));
    return node;
  });
  $("messages").replaceChildren(...nodes);
  if (atEnd) log.scrollTop = log.scrollHeight;
}
function meta(message) {
  if (message.state === "waiting") return ["Sending…"];
  if (message.state === "failed") {
    const again = el("button", "", "Try again");
    again.type = "button";
    again.onclick = () => deliver(open, message);
    return [`Not sent. ${message.error} `, again];
  }
  const status = { sent: " · Sent", delivered: " · Delivered", read: " · Read" }[message.status];
  const sender = open.isCrew ? `${people.find((person) => person.id === message.senderId)?.name ?? message.senderId} · ` : "";
  return [message.senderId === me ? clock(message.createdAt) + status : sender + clock(message.createdAt)];
}

// The server of a demo is this one, under whatever name: its file URLs are used without the name.
const here = (url) => (url.startsWith("blob:") ? url : new URL(url).pathname + new URL(url).search);

function bubble(message) {
  const node = el("div"), body = el("div", "bubble");
  if (message.fileUrl && message.type === "image") {
    const picture = el("img");
    picture.alt = message.fileName ?? "Picture";
    picture.onload = () => ($("log").scrollTop = $("log").scrollHeight);
    picture.src = here(message.fileUrl);
    body.append(picture);
  } else if (message.fileUrl) {
    const link = el("a", "", `↓ ${message.fileName ?? "File"}`);
    link.href = here(message.fileUrl);
    body.append(link);
  }
  body.append(el("span", "", message.content));
  node.append(body, el("span", "meta"));
  return node;
}

// Shown at once, sent with an id of its own: however often it is tried, it is stored once.
function compose(content, file) {
  const picture = /^image\/(jpeg|png|gif|webp)$/.test(file?.type);
  const draft = { clientId: crypto.randomUUID(), senderId: me, content, file, type: picture ? "image" : file ? "file" : "text" };
  if (file) Object.assign(draft, { fileName: file.name, fileUrl: URL.createObjectURL(file) });
  open.pending.push(draft);
  deliver(open, draft);
  $("log").scrollTop = $("log").scrollHeight;
}

async function deliver(chat, draft) {
  draft.state = "waiting";
  if (open === chat) drawChat();
  try {
    if (draft.file && !draft.uploaded) draft.uploaded = await upload(chat, draft.file);
    const { clientId, content, uploaded: fileUrl } = draft;
    const body = { conversationId: chat.id, clientId, ...(content && { content }), ...(fileUrl && { fileUrl }) };
    const { message } = await api("/messages/send", { method: "POST", body });
    take(chat, [message]);
    list?.now();
  } catch (error) {
    Object.assign(draft, { state: "failed", error: error.status ? error.message : "No connection." });
    if (open === chat) drawChat();
  }
}

async function upload(chat, file) {
  const about = { conversationId: chat.id, fileName: file.name, fileSize: file.size, contentType: file.type };
  const target = await api("/messages/uploadFile", { method: "POST", body: about });
  const answer = await fetch(here(target.uploadUrl), { method: target.method, headers: target.headers, body: file });
  if (!answer.ok) throw Object.assign(new Error("The file was not accepted."), { status: answer.status });
  return target.fileUrl;
}

async function earlier() {
  const chat = open, first = [...chat.messages.values()].sort((a, b) => a.number - b.number)[0];
  const answer = await api("/messages/list", { query: { conversationId: chat.id, before: first.id } });
  $("earlier").hidden = !answer.hasMore;
  take(chat, answer.messages);
}

$("switch").onclick = pick;
$("earlier").onclick = () => earlier().catch((error) => trouble(error.message));
$("back").onclick = () => { close(); show("list"); drawList(); };
$("form").onsubmit = (event) => {
  event.preventDefault();
  const content = $("text").value.trim();
  if (content) compose(content);
  $("text").value = "";
};
$("text").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("form").requestSubmit();
};
$("file").onchange = () => {
  if ($("file").files[0]) compose("", $("file").files[0]);
  $("file").value = "";
};
document.onvisibilitychange = () => {
  if (document.hidden) return;
  for (const polling of [list, open?.poll]) polling?.now();
  if (open) seen(open);
};

people = (await call("/demo/people")).people;
for (const { id, name } of people) {
  const button = el("button");
  button.type = "button";
  button.append(face(id, name), el("span", "", name));
  button.onclick = () => become(id).catch((error) => alert(error.message));
  $("people").append(button);
}
const before = sessionStorage.getItem("me");
if (people.some((person) => person.id === before)) become(before).catch(pick);
