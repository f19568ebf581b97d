import { expect, test } from 'vitest';
import type { Timeline } from '../src/index.ts';
import { type Fault, type Seen, settle, world } from '../testing/index.ts';

const texts = (chat: Timeline) => chat.get().messages.map(({ text }) => text);
const keyOf = (chat: Timeline, text: string) =>
  chat.get().messages.find(message => message.text === text)?.key ?? '';
const failing =
  (procedure: string, fault: Fault) =>
  (seen: Seen): Fault | undefined =>
    seen.procedure === procedure ? fault : undefined;

/** Anna and Ben, each with a device, and their messages. */
async function both(...said: string[]) {
  const { server, clock, device } = world();
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const hers = jobline.conversation({ with: 'ben' });
  const his = device().client('ben').jobline.conversation({ with: 'anna' });
  hers.open();
  his.open();
  for (const text of said) await hers.send(text);
  await clock.advance(6000);
  return { server, clock, phone, tab, jobline, hers, his };
}

test('an edit is shown at once, and to the other person once it is stored; versions return the earlier texts', async () => {
  const { server, clock, hers, his } = await both('at nine');
  await hers.edit(keyOf(hers, 'at nine'), 'at ten');
  expect(hers.get().messages).toMatchObject([{ text: 'at ten', edited: true, state: { is: 'delivered' } }]);
  await clock.advance(6000);
  expect(his.get().messages).toMatchObject([{ text: 'at ten', edited: true }]);
  expect(server.said('anna', 'ben')[0]).toMatchObject({ content: 'at ten', revision: 1 });
  const said = await his.versions(keyOf(his, 'at ten'));
  expect(said.map(({ text }) => text)).toEqual(['at nine', 'at ten']);
  expect(hers.get().messages[0]?.refused).toBeUndefined();
});

test('offline changes survive a killed tab, and are sent once, in order', async () => {
  const { server, clock, phone, tab, hers, his } = await both('one', 'two', 'three');
  tab.set({ online: false });
  await hers.edit(keyOf(hers, 'one'), 'first');
  await hers.react(keyOf(hers, 'two'), '👍');
  await hers.send('four');
  await hers.delete(keyOf(hers, 'three'));
  await hers.edit(keyOf(hers, 'first'), 'first of all');
  tab.kill();
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await settle();
  expect(texts(later)).toEqual(['first of all', 'two', '', 'four']);
  await clock.advance(9000);
  const told = server.requests.filter(({ procedure }) => /send|edit|react|delete/.test(procedure));
  expect(told.slice(3).map(({ procedure }) => procedure)).toEqual(['react', 'send', 'delete', 'edit']);
  expect(his.get().messages).toMatchObject([
    { text: 'first of all', edited: true },
    { text: 'two', reactions: [{ emoji: '👍', userIds: ['anna'] }] },
    { text: '', deleted: 'sender' },
    { text: 'four' },
  ]);
  expect(later.get().messages.map(({ state }) => state.is)).not.toContain('queued');
});

test('a change whose answer was lost is repeated without effect', async () => {
  const { server, clock, hers, his } = await both('Hello');
  let lost = 0;
  server.fault = ({ procedure }) => (procedure === 'react' && lost++ === 0 ? 'lost' : undefined);
  await hers.react(keyOf(hers, 'Hello'), '🎉');
  await clock.advance(10_000);
  expect(his.get().messages[0]?.reactions).toEqual([{ emoji: '🎉', userIds: ['anna'] }]);
  await hers.react(keyOf(hers, 'Hello'));
  expect(hers.get().messages[0]?.reactions).toEqual([]);
  await clock.advance(10_000);
  expect(his.get().messages[0]?.reactions).toBeUndefined();
  expect(hers.get().messages[0]?.reactions).toBeUndefined();
});

test('a second reaction replaces the first; those of others stay', async () => {
  const { clock, hers, his } = await both('Hello');
  await his.react(keyOf(his, 'Hello'), '👍');
  await clock.advance(6000);
  await hers.react(keyOf(hers, 'Hello'), '👍');
  await hers.react(keyOf(hers, 'Hello'), '😂');
  expect(hers.get().messages[0]?.reactions).toEqual([
    { emoji: '👍', userIds: ['ben'] },
    { emoji: '😂', userIds: ['anna'] },
  ]);
  await clock.advance(6000);
  expect(his.get().messages[0]?.reactions).toEqual(hers.get().messages[0]?.reactions);
});

test('a change that the server refuses is reverted, with the reason and the text', async () => {
  const { server, clock, hers } = await both('at nine');
  server.fault = failing('edit', { status: 403, code: 'edit_window_over' });
  const key = keyOf(hers, 'at nine');
  await hers.edit(key, 'at ten');
  expect(texts(hers)).toEqual(['at ten']);
  await clock.advance(1000);
  expect(hers.get().messages).toMatchObject([
    { text: 'at nine', refused: { is: 'edit', text: 'at ten', problem: { code: 'edit_window_over' } } },
  ]);
  await hers.dismiss(key);
  expect(hers.get().messages[0]?.refused).toBeUndefined();
});

test('a change that a proxy keeps refusing is refused, and the rate limit of reactions delays no message', async () => {
  const { server, clock, hers } = await both('Hello');
  server.fault = failing('react', { status: 429, code: 'rate_limited', retryAfterMs: 20_000 });
  await hers.react(keyOf(hers, 'Hello'), '👍');
  await hers.send('behind it');
  await clock.advance(1000);
  expect(server.said('anna', 'ben').map(({ content }) => content)).toEqual(['Hello', 'behind it']);
  server.fault = failing('react', { status: 403 });
  await clock.advance(5 * 60_000);
  expect(hers.get().messages[0]?.refused).toMatchObject({ is: 'react', problem: { code: 'proxy_refused' } });
});

test('invalid text is refused before anything is stored', async () => {
  const { hers, his } = await both('Hello');
  const key = keyOf(hers, 'Hello');
  await expect(hers.edit(key, ' ')).rejects.toMatchObject({ problem: { code: 'content_empty' } });
  await expect(hers.edit(key, 'x'.repeat(2001))).rejects.toMatchObject({
    problem: { code: 'content_too_long' },
  });
  await expect(his.delete('nothing')).rejects.toMatchObject({ problem: { code: 'not_found' } });
  expect(texts(hers)).toEqual(['Hello']);
});

test('a reply quotes the current text of its original, and nothing once that is deleted: on every device and in the cache', async () => {
  const { server, clock, phone, tab, hers, his } = await both('at nine');
  await his.send('Fine', keyOf(his, 'at nine'));
  expect(his.get().messages[1]?.replyTo).toMatchObject({ text: 'at nine', mine: false, deleted: false });
  await clock.advance(6000);
  expect(hers.get().messages[1]?.replyTo).toMatchObject({ text: 'at nine', mine: true });
  await hers.edit(keyOf(hers, 'at nine'), 'at ten');
  expect(hers.get().messages[1]?.replyTo).toMatchObject({ text: 'at ten' });
  await clock.advance(6000);
  expect(his.get().messages[1]?.replyTo).toMatchObject({ text: 'at ten' });
  await hers.delete(keyOf(hers, 'at ten'));
  await clock.advance(6000);
  expect(his.get().messages[1]?.replyTo).toMatchObject({ text: '', deleted: true });
  expect(hers.get().messages[1]?.replyTo).toMatchObject({ text: '', deleted: true });
  expect(server.said('anna', 'ben')[0]?.content).toBe('');
  tab.kill();
  const kept = JSON.stringify([...phone.rows.values()].map(rows => [...rows]));
  expect(kept).not.toMatch(/at (nine|ten)/);
});

test('a message that is deleted while being sent is deleted on the server', async () => {
  const { server, clock, phone, tab, hers, his } = await both();
  server.fault = failing('send', 'lost');
  const unwanted = await hers.send('never mind');
  await clock.advance(500);
  tab.set({ online: false });
  expect(await hers.discard(unwanted)).toBe(true);
  expect(hers.get().messages).toEqual([]);
  tab.kill();
  server.fault = () => undefined;
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await clock.advance(9000);
  expect(server.said('anna', 'ben')).toMatchObject([{ content: '', deletedBy: 'sender' }]);
  expect(later.get().messages).toMatchObject([{ text: '', deleted: 'sender' }]);
  expect(his.get().messages).toMatchObject([{ text: '', deleted: 'sender' }]);
});

test('a message that was never sent is discarded without a trace', async () => {
  const { server, clock, tab, hers } = await both();
  tab.set({ online: false });
  expect(await hers.discard(await hers.send('never mind'))).toBe(true);
  tab.set({ online: true });
  await clock.advance(6000);
  expect(server.requests.filter(({ procedure }) => /send|delete/.test(procedure))).toEqual([]);
});

test('a deletion wins over edits and reactions that come later', async () => {
  const { clock, tab, hers, his } = await both('Hello');
  const key = keyOf(his, 'Hello');
  await hers.delete(keyOf(hers, 'Hello'));
  await clock.advance(100);
  await his.react(key, '👍');
  await clock.advance(6000);
  expect(his.get().messages).toMatchObject([{ deleted: 'sender' }]);
  expect(his.get().messages[0]?.reactions).toBeUndefined();
  expect(his.get().messages[0]?.refused).toBeUndefined();
  expect(tab.isAlive).toBe(true);
});

test('messages of the marketplace belong to neither person', async () => {
  const { server, clock, jobline, hers } = await both('Hello');
  jobline.conversations.subscribe(() => undefined);
  server.hostSays('anna', 'ben', 'The job was booked');
  server.hostSays('anna', 'ben', 'Please keep payments on the platform.', 'text');
  await clock.advance(6000);
  expect(hers.get().messages.slice(1)).toMatchObject([
    { type: 'event', host: true, mine: false, text: 'The job was booked' },
    { type: 'text', host: true, mine: false },
  ]);
  expect(jobline.conversations.get().items[0]?.preview).toMatchObject({ host: true, mine: false });
});

test('before the first message the chat has the person, the job, and whether the user may write', async () => {
  const { server, clock, device } = world();
  const { jobline } = device().client('cleo');
  const chat = jobline.conversation({ with: 'ben', job: 7 });
  chat.open();
  await settle();
  expect(chat.get()).toMatchObject({
    person: { name: 'Ben Okafor' },
    job: { title: 'Kitchen renovation' },
    canWrite: true,
  });
  const stranger = jobline.conversation({ with: 'dora' });
  stranger.open();
  await settle();
  expect(stranger.get()).toMatchObject({ canWrite: false, reason: 'not_job_participant' });
  server.job(9, ['cleo', 'dora'], 'open', 'Garden');
  await clock.advance(70_000);
  expect(stranger.get()).toMatchObject({ canWrite: true, job: { title: 'Garden' } });
});

test('a chat opened for another job shows that job, until it is closed', async () => {
  const { server, clock, jobline } = await both('Hello');
  server.job(8, ['anna', 'ben'], 'open', 'Garden');
  const other = jobline.conversation({ with: 'ben', job: 8 });
  other.open();
  await settle();
  expect(other.get()).toMatchObject({ job: { title: 'Garden' }, canWrite: true });
  server.job(8, ['anna', 'ben'], 'closed', 'Garden');
  await clock.advance(70_000);
  expect(other.get()).toMatchObject({ canWrite: false, reason: 'job_closed' });
});

test('the conversation has its call, whatever messages came after it or are pending', async () => {
  const { server, clock, tab, jobline, hers } = await both('Hello');
  jobline.conversations.subscribe(() => undefined);
  const item = () => jobline.conversations.get().items[0];
  expect(item()?.call).toBeUndefined();
  server.calls('ben', 'anna', 'ringing');
  await clock.advance(6000);
  expect(item()?.call).toMatchObject({ startedBy: 'ben', state: 'ringing' });
  tab.set({ online: false });
  await hers.send('Not sent yet');
  await clock.advance(100);
  expect(item()).toMatchObject({ preview: { text: 'Not sent yet' }, call: { state: 'ringing' } });
  tab.set({ online: true });
  server.say('ben', 'anna', 'Please take it');
  await clock.advance(6000);
  expect(item()?.call).toMatchObject({ state: 'ringing' });
  server.calls('ben', 'anna', 'missed');
  await clock.advance(6000);
  expect(item()?.call).toMatchObject({ state: 'missed' });
});
