/**
 * A call from its beginning to its end, with all kinds of interruptions: on devices that share a server in
 * this process.
 */

import { expect, test } from 'vitest';
import { ringingIn } from '../src/calls/ringing.ts';
import { callsOffered, watchCalls } from '../src/calls/watch.ts';
import { CallWorld } from '../testing/calls.ts';
import { chunksOf, gzipped } from './chunks.ts';

const CONVERSATION = 'conv_john_you';

/** John has called You on one device, which rings. */
async function ringing() {
  const world = new CallWorld();
  const john = world.device('john', 1);
  const you = world.device('you', 2);
  await john.calls.start(CONVERSATION, 'video');
  await world.clock.advance(100);
  expect(john.shown()?.phase).toBe('calling');
  expect(you.shown()).toMatchObject({ phase: 'ringing', startedBy: 'john', media: 'video' });
  return { world, john, you };
}

/** And You have accepted. */
async function connected() {
  const all = await ringing();
  await all.you.calls.accept(true);
  await all.world.clock.advance(3000);
  for (const device of [all.john, all.you]) {
    expect(device.shown()?.phase).toBe('connected');
    expect(device.connections).toHaveLength(1);
  }
  return all;
}

test('a call rings, is accepted, connects both with all their tracks, and ends on both sides', async () => {
  const { world, john, you } = await connected();
  for (const { connections } of [john, you]) {
    expect(connections[0]?.transceivers.map(({ sends }) => sends !== null)).toEqual([true, true, false]);
    expect(connections[0]?.transceivers.every(({ direction }) => direction === 'sendrecv')).toBe(true);
  }
  // Only one side makes offers.
  expect([john, you].map(({ connections }) => connections[0]?.offers).sort()).toEqual([0, 1]);
  you.calls.end();
  await world.clock.advance(100);
  expect(you.shown()).toMatchObject({ phase: 'over', outcome: 'ended' });
  expect(john.shown()).toMatchObject({ phase: 'over', outcome: 'ended' });
  expect([john, you].every(({ connections }) => connections[0]?.closed)).toBe(true);
  john.calls.dismiss();
  expect(john.shown()).toBeUndefined();
});

test('when one of two ringing devices accepts, the other stops ringing', async () => {
  const { world, you } = await ringing();
  const tablet = world.device('you', 3);
  world.change('message_0', {});
  await world.clock.advance(100);
  expect(tablet.shown()?.phase).toBe('ringing');
  await Promise.all([you.calls.accept(true), tablet.calls.accept(true)]);
  await world.clock.advance(3000);
  const outcomes = [you, tablet].map(device => device.shown()?.outcome ?? device.shown()?.phase);
  expect(outcomes.sort()).toEqual(['connected', 'elsewhere']);
});

test('in a crew call people come and go, and only participants are shown', async () => {
  const { world, john } = await connected();
  const [call] = world.calls;
  if (!call) throw new Error('There is a call.');
  const others = () => john.shown()?.others.map(({ userId }) => userId);
  expect(others()).toEqual(['you']);
  world.change(call.id, { devices: { ...call.devices, mike: 'device-of-mike' } });
  await world.clock.advance(100);
  expect(others()).toEqual(['you', 'mike']);
  world.change(call.id, { devices: call.devices });
  await world.clock.advance(100);
  expect(others()).toEqual(['you']);
  expect(john.shown()?.phase).toBe('connected');
});

test('declining ends the call for the caller and on the user’s other devices', async () => {
  const { world, john, you } = await ringing();
  const tablet = world.device('you', 3);
  world.change('message_0', {});
  await world.clock.advance(100);
  you.calls.end();
  await world.clock.advance(100);
  expect([john, you, tablet].map(device => device.shown()?.outcome)).toEqual([
    'declined',
    'declined',
    'declined',
  ]);
});

test('when the caller hangs up, the ringing ends', async () => {
  const { world, john, you } = await ringing();
  john.calls.end();
  await world.clock.advance(100);
  expect(john.shown()?.outcome).toBe('cancelled');
  expect(you.shown()?.outcome).toBe('cancelled');
});

test('a call that nobody accepts is missed, by word of the server or by the local clock', async () => {
  const told = await ringing();
  told.world.change('message_0', { state: 'missed' });
  await told.world.clock.advance(100);
  expect([told.john, told.you].map(device => device.shown()?.outcome)).toEqual(['missed', 'missed']);
  const silent = await ringing();
  silent.world.isDown = true;
  silent.world.restart();
  await silent.world.clock.advance(60_000);
  expect([silent.john, silent.you].map(device => device.shown()?.outcome)).toEqual(['missed', 'missed']);
});

test('two people who call each other at once have one call', async () => {
  const world = new CallWorld();
  const [john, you] = [world.device('john', 1), world.device('you', 2)];
  await Promise.all([john.calls.start(CONVERSATION, 'video'), you.calls.start(CONVERSATION, 'video')]);
  await world.clock.advance(3000);
  expect(world.calls).toHaveLength(1);
  expect([john, you].map(device => device.shown()?.phase)).toEqual(['connected', 'connected']);
});

test('a reloaded tab rejoins the call, and the other side negotiates again', async () => {
  const { world, john, you } = await connected();
  you.calls.mute(true);
  you.leave();
  you.kill();
  const memory = { text: you.memory.text ?? '' };
  expect(memory.text).not.toBe('');
  await world.clock.advance(4000);
  const again = world.device('you', 9, memory);
  await world.clock.advance(5000);
  expect(again.shown()).toMatchObject({ phase: 'connected', own: { microphone: false, camera: true } });
  expect(john.shown()?.phase).toBe('connected');
  expect(john.connections).toHaveLength(2);
  expect(john.connections[0]?.closed).toBe(true);
});

test('when a tab is duplicated during a reload, one continues the call, and the other gets its own device id', async () => {
  const { world, john, you } = await connected();
  you.leave();
  you.kill();
  const text = you.memory.text ?? '';
  const again = world.device('you', 9, { text });
  const copy = world.device('you', 10, { text });
  await world.clock.advance(5000);
  expect(again.shown()?.phase).toBe('connected');
  expect(copy.shown()).toBeUndefined();
  again.calls.end();
  await world.clock.advance(100);
  expect(john.shown()?.outcome).toBe('ended');
  john.calls.dismiss();
  await john.calls.start(CONVERSATION, 'audio');
  await world.clock.advance(100);
  await copy.calls.accept(false);
  await world.clock.advance(3000);
  expect(copy.shown()?.phase).toBe('connected');
  expect(again.shown()).toMatchObject({ phase: 'over', outcome: 'elsewhere' });
});

test('a tab that comes back too late, or into a call that is over, shows nothing', async () => {
  const { world, you } = await connected();
  you.leave();
  you.kill();
  const text = you.memory.text ?? '';
  world.change('message_0', { state: 'ended' });
  const over = world.device('you', 9, { text });
  await world.clock.advance(100);
  expect(over.shown()).toBeUndefined();
  await world.clock.advance(21_000);
  const before = world.asked.length;
  const late = world.device('you', 10, { text });
  await world.clock.advance(100);
  expect(late.shown()).toBeUndefined();
  expect(world.asked.slice(before)).not.toContain('/calls/accept');
});

test('a restart of the server interrupts nothing, and the end of the call is reported once it is back', async () => {
  const { world, john, you } = await connected();
  world.isDown = true;
  world.restart();
  await world.clock.advance(10_000);
  expect([john, you].map(device => device.shown()?.phase)).toEqual(['connected', 'connected']);
  you.calls.end();
  await world.clock.advance(1000);
  world.isDown = false;
  await world.clock.advance(20_000);
  expect(world.calls[0]?.state).toBe('ended');
  expect(john.shown()?.outcome).toBe('ended');
});

test('a failed connection is renegotiated by the offerer; one that does not recover ends the call', async () => {
  const { world, john, you } = await connected();
  for (const device of [john, you]) device.connections[0]?.become('failed');
  expect(john.shown()?.phase).toBe('reconnecting');
  await world.clock.advance(1000);
  expect([john, you].map(device => device.shown()?.phase)).toEqual(['connected', 'connected']);
  expect(Math.max(...[john, you].map(({ connections }) => connections[0]?.offers ?? 0))).toBeGreaterThan(1);
  world.isDown = true;
  world.restart();
  john.connections[0]?.become('failed');
  await world.clock.advance(40_000);
  expect(john.shown()).toMatchObject({ phase: 'over', outcome: 'lost' });
});

test('when the microphone cannot be used, the reason is reported, and nobody is called', async () => {
  for (const [name, obstacle] of Object.entries({
    NotAllowedError: 'refused',
    NotFoundError: 'noDevice',
    NotReadableError: 'inUse',
    TypeError: 'unsupported',
  })) {
    const world = new CallWorld();
    const john = world.device('john', 1, {}, name);
    await john.calls.start(CONVERSATION, 'video');
    expect(john.shown()).toMatchObject({ phase: 'over', outcome: 'failed', obstacle });
    expect(world.calls).toHaveLength(0);
  }
});

test('a shared screen replaces the camera and gives it back, and tracks that are off are stopped', async () => {
  const { john } = await connected();
  expect(await john.calls.share()).toBe(true);
  expect(john.shown()?.own.screen).toBe(true);
  const [, camera, screen] = john.connections[0]?.transceivers ?? [];
  const shared = screen?.sends as { onended: () => void };
  expect(shared).not.toBeNull();
  // By the browser's own control.
  shared.onended();
  expect(john.shown()?.own.screen).toBe(false);
  const picture = camera?.sends as { stopped: boolean };
  await john.calls.camera(false);
  expect(picture.stopped).toBe(true);
  expect(camera?.sends).toBeNull();
});

test('another camera is taken in place of the first, and stays the one that is switched on until it is unplugged', async () => {
  const { world, john } = await connected();
  const { calls } = john;
  expect([calls.device('microphone'), calls.device('camera')]).toEqual(['audio 1', 'video 1']);
  expect(await calls.choose('camera', 'back')).toBeUndefined();
  const [, camera] = john.connections[0]?.transceivers ?? [];
  expect(camera?.sends).toMatchObject({ deviceId: 'back', stopped: false });
  await calls.camera(false);
  // A camera that is chosen while video is off does not start it.
  expect(await calls.choose('camera', 'front')).toBeUndefined();
  expect([john.shown()?.own.camera, calls.device('camera')]).toEqual([false, 'front']);
  await calls.camera(true);
  expect(camera?.sends).toMatchObject({ deviceId: 'front' });
  await calls.camera(false);
  world.unplugged.add('front');
  expect(await calls.camera(true)).toBeUndefined();
  expect(camera?.sends).toMatchObject({ deviceId: 'video 1' });
  // If a device cannot be opened, the current one stays.
  expect(await calls.choose('camera', 'front')).toBe('noDevice');
  expect([john.shown()?.own.camera, calls.device('camera')]).toEqual([true, 'video 1']);
});

test('the devices that were chosen are those of the call after a reload, and of the next call while they are there', async () => {
  const { world, you } = await connected();
  await you.calls.choose('microphone', 'headset');
  await you.calls.choose('camera', 'back');
  you.leave();
  you.kill();
  const again = world.device('you', 9, you.memory);
  await world.clock.advance(5000);
  const used = (of: typeof you) => (['microphone', 'camera'] as const).map(kind => of.calls.device(kind));
  const sent = (of: typeof you) =>
    of.connections[0]?.transceivers.flatMap(
      ({ sends }) => (sends as { deviceId?: string } | null)?.deviceId ?? [],
    );
  expect(used(again)).toEqual(['headset', 'back']);
  expect(sent(again)).toEqual(['headset', 'back']);
  again.calls.end();
  await world.clock.advance(100);
  world.unplugged.add('headset');
  await again.calls.start(CONVERSATION, 'video');
  expect(used(again)).toEqual(['audio 1', 'back']);
  again.calls.end();
  world.unplugged.delete('headset');
  await again.calls.start(CONVERSATION, 'audio');
  expect(used(again)).toEqual(['headset', 'back']);
  again.calls.end();
  // Stored data may be anything.
  const other = world.device('you', 11, { devices: 'null]' });
  await other.calls.start(CONVERSATION, 'video');
  expect(used(other)).toEqual(['audio 1', 'video 1']);
});

test('the watcher reports a ringing call and, after a reload, the ongoing one, and nothing else', async () => {
  const world = new CallWorld();
  const you = world.device('you', 2);
  const watched = (of: typeof you) => {
    let times = 0;
    const stop = watchCalls(of.client, of.ports, () => (times += 1));
    return { stop, times: () => times };
  };
  const mine = watched(world.device('john', 1));
  const yours = watched(you);
  expect([mine.times(), yours.times()]).toEqual([0, 0]);
  await world.device('john', 3).calls.start(CONVERSATION, 'audio');
  expect(mine.times()).toBe(0);
  expect(yours.times()).toBe(1);
  // It rings already when the watcher starts.
  expect(watched(you).times()).toBe(1);
  yours.stop();
  world.change('message_0', {});
  expect(yours.times()).toBe(1);
  world.change('message_0', { state: 'missed' });
  expect(watched(you).times()).toBe(0);
  const { client, ports } = you;
  let resumed = 0;
  watchCalls(client, { ...ports, memory: { ...ports.memory, isKept: () => true } }, () => (resumed += 1));
  expect(resumed).toBe(1);
});

test('the server is not asked about old calls', async () => {
  const { world, you } = await ringing();
  const { items } = you.client.conversations.get();
  expect(ringingIn(items, 'you', world.clock.now())?.call.id).toBe('message_0');
  expect(ringingIn(items, 'you', world.clock.now(), () => true)).toBeUndefined();
  expect(ringingIn(items, 'john', world.clock.now())).toBeUndefined();
  expect(ringingIn(items, 'you', world.clock.now() + 11 * 60_000)).toBeUndefined();
});

test('whether calls are offered can be asked without loading their chunk', async () => {
  const { world, you } = await ringing();
  expect(await callsOffered('', () => 'token', you.ports)).toBe(true);
  world.notOffered = true;
  expect(await callsOffered('', () => 'token', you.ports)).toBe(false);
  world.isDown = true;
  await expect(callsOffered('', () => 'token', you.ports)).rejects.toThrow();
});

test('the chunk for calls is at most 14 KB gzipped, shared code included', async () => {
  const size = (await chunksOf('calls/index.ts')).reduce((sum, { code }) => sum + gzipped(code), 0);
  console.log(`calls: ${size} gzipped.`);
  expect(size).toBeLessThanOrEqual(14 * 1024);
});

test('the watcher for calls adds at most 1 KB gzipped to the client', async () => {
  const chunks = await chunksOf('calls/watch.ts', 'browser/index.ts');
  const watch = chunks.find(({ name }) => name === 'watch');
  const bytes = watch && gzipped(watch.code);
  console.log(`calls/watch: ${bytes} gzipped.`);
  expect(bytes).toBeLessThanOrEqual(1024);
});
