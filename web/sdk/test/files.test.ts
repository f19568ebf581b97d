import { expect, test } from 'vitest';
import type { FileLike, MessageState } from '../src/index.ts';
import { type Fault, type Seen, settle, world } from '../testing/index.ts';

const photo = (size = 1000): FileLike => ({
  size,
  type: 'image/png',
  name: 'kitchen.png',
  arrayBuffer: async () => new ArrayBuffer(size),
});

function anna() {
  const { server, clock, device } = world();
  const phone = device();
  const { tab, jobline } = phone.client('anna');
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  return { server, clock, phone, tab, chat };
}

/** A failure of the first `times` calls of a procedure. */
function failing(procedure: string, fault: Fault, times = 1): (seen: Seen) => Fault | undefined {
  let left = times;
  return seen => {
    if (seen.procedure !== procedure || left === 0) return undefined;
    left -= 1;
    return fault;
  };
}

test('a voice message has its type, duration and waveform before it is sent', async () => {
  const { server, clock, phone, tab, chat } = anna();
  const voice = { durationMs: 4200, waveform: '0123456789abcdefghijklmnopqrstuv'.repeat(2) };
  const recording = { ...photo(), name: 'voice.webm', type: 'audio/webm' };
  tab.set({ online: false });
  await chat.sendFile(recording, { voice });
  expect(chat.get().messages[0]).toMatchObject({ type: 'voice', file: voice, state: { is: 'queued' } });
  // Its bytes survive the tab, as those of photos do.
  await clock.advance(1000);
  tab.kill();
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await clock.advance(10_000);
  expect(later.get().messages[0]).toMatchObject({ type: 'voice', file: voice, state: { is: 'sent' } });
  expect(server.said('anna', 'ben')[0]).toMatchObject({ type: 'voice', ...voice });
});

test('a photo is stored before its bubble is shown, shows its progress and is sent', async () => {
  const { server, clock, chat } = anna();
  const seen: MessageState[] = [];
  chat.subscribe(() => {
    const state = chat.get().messages[0]?.state;
    if (state) seen.push(state);
  });
  const id = await chat.sendFile(photo(), { text: 'The sink', width: 800, height: 600 });
  expect(chat.get().messages[0]).toMatchObject({
    type: 'image',
    file: { name: 'kitchen.png', width: 800, height: 600 },
  });
  expect((await chat.fileBytes(id))?.byteLength).toBe(1000);
  await clock.advance(3000);
  expect(seen).toContainEqual({ is: 'uploading', sentBytes: 500, totalBytes: 1000 });
  expect(chat.get().messages[0]).toMatchObject({
    state: { is: 'sent' },
    file: { width: 800, height: 600, expired: false },
  });
  expect(chat.get().messages[0]?.file?.url).toContain('/download/');
  expect(await chat.fileBytes(id)).toBeUndefined();
  expect(server.said('anna', 'ben')).toMatchObject([{ content: 'The sink', type: 'image', fileSize: 1000 }]);
});

for (const [procedure, fault] of [
  ['uploadFile', 'lost'],
  ['put', 'offline'],
  ['put', 'lost'],
  ['put', { status: 403 }],
  ['send', 'lost'],
  ['send', { status: 503 }],
] as const) {
  test(`a photo survives ${procedure} failing (${JSON.stringify(fault)}), once`, async () => {
    const { server, clock, chat } = anna();
    server.fault = failing(procedure, fault);
    await chat.sendFile(photo());
    await clock.advance(10_000);
    expect(chat.get().messages.map(({ state }) => state.is)).toEqual(['sent']);
    expect(server.said('anna', 'ben')).toHaveLength(1);
  });
}

test('bytes that expired before the message was sent are uploaded again', async () => {
  const { server, clock, chat } = anna();
  server.fault = failing('send', { status: 503 });
  await chat.sendFile(photo());
  await settle();
  server.loseFiles();
  await clock.advance(5000);
  expect(chat.get().messages.map(({ state }) => state.is)).toEqual(['sent']);
});

test('a file of a refused type fails with the reason', async () => {
  const { clock, chat } = anna();
  await chat.sendFile({ ...photo(), type: 'image/svg+xml', name: 'a.svg' });
  await clock.advance(1000);
  expect(chat.get().messages[0]?.state).toMatchObject({ is: 'failed', problem: { code: 'invalid_file' } });
});

test('a file that is too large, empty or unreadable is refused at once', async () => {
  const { chat } = anna();
  await expect(chat.sendFile(photo(10_485_761))).rejects.toMatchObject({
    problem: { code: 'file_too_large' },
  });
  await expect(chat.sendFile(photo(0))).rejects.toMatchObject({ problem: { code: 'invalid_file' } });
  const gone = { ...photo(), arrayBuffer: () => Promise.reject(new Error('NotFoundError')) };
  await expect(chat.sendFile(gone)).rejects.toMatchObject({ problem: { code: 'invalid_file' } });
  expect(chat.get().messages).toEqual([]);
});

test('a cancelled upload sends nothing, and later messages continue', async () => {
  const { server, clock, chat } = anna();
  server.fault = failing('put', 'silent');
  const id = await chat.sendFile(photo());
  await chat.send('after it');
  await settle();
  expect(chat.get().messages[0]?.state.is).toBe('uploading');
  expect(await chat.discard(id)).toBe(true);
  await clock.advance(3000);
  expect(chat.get().messages.map(({ text, state }) => [text, state.is])).toEqual([['after it', 'sent']]);
  expect(server.said('anna', 'ben')).toHaveLength(1);
});

test('a stalled upload is restarted', async () => {
  const { server, clock, chat } = anna();
  server.fault = failing('put', 'silent');
  await chat.sendFile(photo());
  await clock.advance(11 * 60_000);
  expect(chat.get().messages.map(({ state }) => state.is)).toEqual(['sent']);
});

test('an expired download URL is renewed', async () => {
  const { server, clock, chat } = anna();
  await chat.sendFile(photo(), { width: 4, height: 3 });
  await clock.advance(3000);
  const before = chat.get().messages[0]?.file;
  await clock.advance(60 * 60_000);
  expect(before?.urlExpiresAt).toBeLessThan(clock.now());
  await chat.refreshFile(chat.get().messages[0]?.key ?? '');
  const after = chat.get().messages[0]?.file;
  expect(after?.url).not.toBe(before?.url);
  expect(after).toMatchObject({ width: 4, height: 3 });
  expect(after?.urlExpiresAt).toBeGreaterThan(clock.now());
  expect(server.requests.at(-1)?.procedure).toBe('list');
});

test('the size of an image is remembered across a reload', async () => {
  const { clock, phone, tab, chat } = anna();
  const ben = phone.client('ben').jobline.conversation({ with: 'anna' });
  await ben.sendFile(photo());
  await clock.advance(4000);
  chat.rememberSize(chat.get().messages[0]?.key ?? '', 640, 480);
  await settle();
  tab.kill();
  const later = phone.client('anna').jobline.conversation({ with: 'ben' });
  later.open();
  await settle();
  expect(later.get().messages[0]?.file).toMatchObject({ width: 640, height: 480 });
});
