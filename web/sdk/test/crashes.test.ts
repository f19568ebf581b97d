import { expect, test } from 'vitest';
import type { Jobline } from '../src/index.ts';
import {
  type Device,
  type FakeServer,
  type ManualClock,
  seeded,
  settle,
  type Tab,
  world,
} from '../testing/index.ts';

const PHOTO = {
  size: 4,
  type: 'image/png',
  name: 'kitchen.png',
  arrayBuffer: async () => new ArrayBuffer(4),
};

/** Waits until nothing is in flight, however many retries that takes. */
async function quiet(clock: ManualClock, jobline: Jobline, other: string): Promise<void> {
  const chat = jobline.conversation({ with: other });
  chat.open();
  for (let turn = 0; turn < 40; turn += 1) {
    await clock.advance(3000);
    const open = chat
      .get()
      .messages.filter(({ state }) => !['sent', 'delivered', 'received'].includes(state.is));
    if (turn > 1 && open.length === 0 && chat.get().status === 'ready') return;
  }
  throw new Error(
    `Still on the way: ${JSON.stringify(chat.get().messages.map(({ text, state }) => [text, state]))}`,
  );
}

/** What ben got from anna must be what she was told is stored, once each, in her order. */
function check(server: FakeServer, promised: readonly string[], tried: readonly string[]): void {
  const arrived = server.said('anna', 'ben').map(({ content }) => content);
  expect(new Set(arrived).size, `doubled: ${arrived}`).toBe(arrived.length);
  for (const text of promised) expect(arrived, 'lost').toContain(text);
  expect(arrived, 'swapped').toEqual(tried.filter(text => arrived.includes(text)));
}

/**
 * Sends in a tab that is killed after `fuse` steps. Returns what was reported as stored before that, and
 * whether it was killed.
 */
async function sendAndDie(
  device: Device,
  fuse: number,
): Promise<{ promised: string[]; tried: string[]; died: boolean }> {
  const { tab, jobline } = device.client('anna');
  tab.fuse = fuse;
  const chat = jobline.conversation({ with: 'ben' });
  chat.open();
  const [promised, tried]: [string[], string[]] = [[], []];
  const send = (text: string, how: () => Promise<string>) => {
    tried.push(text);
    void how().then(() => promised.push(text));
    return settle(2);
  };
  await send('one', () => chat.send('one'));
  await send('photo', () => chat.sendFile(PHOTO, { text: 'photo' }));
  await send('three', () => chat.send('three'));
  await device.clock.advance(3000);
  const died = !tab.isAlive;
  tab.kill();
  return { promised, tried, died };
}

test('a tab is killed at every step of sending: nothing is lost, duplicated or reordered', async () => {
  let deaths = 0;
  for (let fuse = 0; ; fuse += 1) {
    const { server, clock, device } = world(fuse);
    const phone = device();
    const { promised, tried, died } = await sendAndDie(phone, fuse);
    const { jobline } = phone.client('anna');
    await quiet(clock, jobline, 'ben');
    check(server, promised, tried);
    const shown = jobline
      .conversation({ with: 'ben' })
      .get()
      .messages.map(({ text }) => text);
    expect(shown).toEqual(server.said('anna', 'ben').map(({ content }) => content));
    if (!died) break;
    deaths += 1;
  }
  // The number of steps: fewer would mean that the tab did not do its work.
  expect(deaths).toBeGreaterThan(30);
});

/** Tabs one after the other, two at a time, killed at random on a network that fails at random. */
async function history(seed: number): Promise<void> {
  const { server, clock, device } = world(seed);
  const random = seeded(seed * 7919);
  const phone = device();
  phone.modern = random() < 0.7;
  server.fault = () => {
    const dice = random();
    if (dice < 0.1) return 'offline';
    if (dice < 0.2) return 'lost';
    return dice < 0.25 ? { status: 503, code: 'unavailable', retryAfterMs: 500 } : undefined;
  };
  const open = (): { tab: Tab; jobline: Jobline } => {
    const client = phone.client('anna');
    client.tab.fuse = 5 + Math.floor(random() * 120);
    client.jobline.conversation({ with: 'ben' }).open();
    return client;
  };
  const tabs = [open(), open()];
  const [promised, tried]: [string[], string[]] = [[], []];
  for (let turn = 0; turn < 12; turn += 1) {
    const which = Math.floor(random() * 2);
    if (!tabs[which]?.tab.isAlive) tabs[which] = open();
    const chat = tabs[which]?.jobline.conversation({ with: 'ben' });
    const text = `message ${turn}`;
    tried.push(text);
    const sending = random() < 0.3 ? chat?.sendFile(PHOTO, { text }) : chat?.send(text);
    void sending?.then(() => promised.push(text));
    await clock.advance(Math.floor(random() * 4000));
    if (random() < 0.15) server.say('ben', 'anna', `answer ${turn}`);
  }
  server.fault = () => undefined;
  for (const { tab } of tabs) tab.kill();
  await quiet(clock, phone.client('anna').jobline, 'ben');
  const arrived = server
    .said('anna', 'ben')
    .filter(({ senderId }) => senderId === 'anna')
    .map(({ content }) => content);
  expect(new Set(arrived).size, `seed ${seed} doubled: ${arrived}`).toBe(arrived.length);
  for (const text of promised) expect(arrived, `seed ${seed} lost`).toContain(text);
  expect(arrived, `seed ${seed} swapped`).toEqual(tried.filter(text => arrived.includes(text)));
}

const SEEDS = Number(process.env.SDK_SEEDS ?? 60);

test('two tabs, killed at random on a bad network, lose, duplicate and reorder nothing', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await history(seed);
}, 600_000);
