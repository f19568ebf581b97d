import { expect, test } from 'vitest';
import { settle, world } from '../testing/index.ts';

const CREW = 'crew_7';
const THREE = ['anna', 'ben', 'carl'];

/** A crew of three in which ben has written, and anna's phone. */
function crew(participants = THREE) {
  const made = world();
  made.server.people.set('ben', { name: 'Ben Smith' });
  made.server.people.set('carl', { name: 'Carl' });
  made.server.job(7, participants, 'open', 'Roof');
  made.server.say('ben', '', 'Hello all', { conversationId: CREW });
  const phone = made.device();
  const { jobline } = phone.client('anna');
  return { ...made, phone, jobline, chat: jobline.conversation(CREW) };
}

const texts = (messages: readonly { text: string }[]) => messages.map(({ text }) => text);

test('a crew is listed by the title of its job, with the author of its last message', async () => {
  const { clock, jobline } = crew();
  jobline.conversations.subscribe(() => undefined);
  await clock.advance(3000);
  const [item] = jobline.conversations.get().items;
  expect(item).toMatchObject({ id: CREW, person: { id: CREW, name: 'Roof' }, unread: 1 });
  expect(item?.preview).toMatchObject({ text: 'Hello all', mine: false, senderId: 'ben' });
  expect(item?.people).toContainEqual({ id: 'ben', name: 'Ben Smith' });
});

test('a message to a crew reaches all members, with the name of its author', async () => {
  const { server, clock, chat, device } = crew();
  chat.open();
  await settle();
  expect(chat.get()).toMatchObject({ person: { id: CREW, name: 'Roof' }, canWrite: true });
  expect(chat.get().messages[0]).toMatchObject({ senderId: 'ben', mine: false });
  const [hello] = chat.get().messages;
  await chat.send('Hi', hello?.key);
  await clock.advance(3000);
  const carl = device().client('carl').jobline.conversation(CREW);
  carl.open();
  await clock.advance(3000);
  expect(texts(carl.get().messages)).toEqual(['Hello all', 'Hi']);
  expect(carl.get().messages[1]?.replyTo).toMatchObject({ senderId: 'ben', text: 'Hello all' });
  expect(server.requests.filter(({ procedure }) => procedure === 'send').map(({ input }) => input)).toEqual([
    expect.objectContaining({ conversationId: CREW, content: 'Hi' }),
  ]);
});

test('a file is sent to a crew', async () => {
  const { server, clock, chat } = crew();
  chat.open();
  await settle();
  const bytes = new Uint8Array([1, 2, 3]);
  const file = { size: 3, type: 'image/png', name: 'a.png', arrayBuffer: async () => bytes.buffer };
  await chat.sendFile(file);
  await clock.advance(6000);
  expect(chat.get().messages.at(-1)).toMatchObject({ type: 'image', state: { is: 'sent' } });
  const [announced] = server.requests.filter(({ procedure }) => procedure === 'uploadFile');
  expect(announced?.input).toMatchObject({ conversationId: CREW });
});

test('read positions of members are requested while the chat is open, and not afterwards', async () => {
  const { server, clock, chat, device } = crew();
  chat.open();
  await chat.send('Who is there?');
  await clock.advance(6000);
  const readBy = () =>
    chat
      .get()
      .members?.filter(({ readUpTo }) => readUpTo >= 2)
      .map(({ id }) => id);
  expect(readBy()).toEqual([]);
  const ben = device().client('ben').jobline.conversation(CREW);
  ben.open();
  await clock.advance(3000);
  ben.markAsRead();
  await clock.advance(18_000);
  expect(readBy()).toEqual(['ben']);
  chat.close();
  const asked = () =>
    server.requests.filter(({ procedure, user }) => procedure === 'members' && user === 'anna');
  const before = asked().length;
  await clock.advance(60_000);
  expect(asked()).toHaveLength(before);
});

test('joining and leaving is shown, and a new member sees what follows', async () => {
  const { server, clock, chat, device } = crew();
  chat.open();
  await clock.advance(3000);
  server.job(7, ['anna', 'ben', 'dora'], 'open', 'Roof');
  server.say('ben', '', 'Hi Dora', { conversationId: CREW });
  await clock.advance(3000);
  const events = chat.get().messages.flatMap(({ event, host }) => (event ? [{ ...event, host }] : []));
  expect(events).toEqual([
    { kind: 'left', userId: 'carl', host: true },
    { kind: 'joined', userId: 'dora', host: true },
  ]);
  expect(chat.get().people).toContainEqual({ id: 'carl', name: 'Carl' });
  const dora = device().client('dora').jobline.conversation(CREW);
  dora.open();
  await clock.advance(6000);
  expect(texts(dora.get().messages)).toEqual(['A member joined.', 'Hi Dora']);
  expect(dora.get()).toMatchObject({ hasOlder: false, unread: 1 });
});

test('the name of a member stays known, also after an offline restart', async () => {
  const many = ['anna', 'ben', 'carl', 'dora', 'eve', 'finn', 'gus'];
  const { server, clock, chat, phone } = crew(many);
  chat.open();
  await clock.advance(6000);
  expect(
    chat
      .get()
      .people?.map(({ id }) => id)
      .sort(),
  ).toEqual(many);
  chat.close();
  server.fault = () => 'offline';
  const again = phone.client('anna').jobline.conversation(CREW);
  again.open();
  await settle();
  expect(texts(again.get().messages)).toEqual(['Hello all']);
  expect(again.get().people).toContainEqual({ id: 'ben', name: 'Ben Smith' });
});

test('a user may not write once the job is closed, or to a crew they are not in', async () => {
  const { server, clock, chat, jobline } = crew();
  chat.open();
  await clock.advance(3000);
  server.job(7, THREE, 'closed', 'Roof');
  await clock.advance(9000);
  expect(chat.get()).toMatchObject({ canWrite: false, reason: 'job_closed' });
  server.job(8, ['ben', 'carl'], 'open', 'Garden');
  const foreign = jobline.conversation('crew_8');
  foreign.open();
  await clock.advance(6000);
  expect(foreign.get()).toMatchObject({ canWrite: false, reason: 'not_found', messages: [] });
});

test('a crew that nobody has written in yet begins with the first message', async () => {
  const { server, clock, jobline } = crew();
  server.job(9, ['anna', 'ben'], 'open', 'Fence');
  const chat = jobline.conversation('crew_9');
  chat.open();
  await clock.advance(3000);
  expect(chat.get()).toMatchObject({ person: { id: 'crew_9', name: 'Fence' }, canWrite: true });
  await chat.send('Shall we begin?');
  await clock.advance(6000);
  expect(chat.get().messages).toMatchObject([{ text: 'Shall we begin?', mine: true, state: { is: 'sent' } }]);
  expect(jobline.conversations.get().items.map(({ person }) => person.name)).toContain('Fence');
});
