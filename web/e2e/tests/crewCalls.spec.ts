/** Calls of several people, and failures in calls. */

import type { Page } from '@playwright/test';
import type { Person } from '../harness/person.ts';
import { Relay } from '../harness/relay.ts';
import { expect, test } from '../harness/test.ts';

test.use({ live: 'on', permissions: ['camera', 'microphone'] });
test.skip(({ isMobile }) => isMobile, 'it is about who is connected with whom, not about the screen');

const CREW = 'crew_77';
const button = (person: Person, name: string) => person.page.getByRole('button', { name, exact: true });
const call = (person: Person) => person.page.locator('.call');
const ringing = (person: Person) => person.page.getByRole('alertdialog');
const lines = (person: Person) => person.log.locator('.call-line');
const pictures = (person: Person) => person.page.locator('.call-picture');

/** How many frames of each other person's video were shown. */
const frames = (page: Page): Promise<number[]> =>
  page
    .locator('.call-picture')
    .evaluateAll(all =>
      all.map(video => (video as HTMLVideoElement).getVideoPlaybackQuality().totalVideoFrames),
    );

/** Video comes from this many others, and all of it moves. */
async function sees(person: Person, others: number): Promise<void> {
  await expect(pictures(person)).toHaveCount(others);
  const before = await frames(person.page);
  await expect
    .poll(async () => (await frames(person.page)).every((count, place) => count > (before[place] ?? 0) + 5))
    .toBe(true);
}

async function openCrew(of: Person): Promise<Person> {
  await of.page.goto(`/#/c/${CREW}`);
  await of.page.reload();
  await expect(of.page.getByRole('region', { name: 'Conversation with Repair the roof' })).toBeVisible();
  await expect(button(of, 'Video call')).toBeVisible();
  return of;
}

test('three people in a crew call see each other; it continues after one leaves, and ends with one left', async ({
  person,
  api,
}) => {
  test.setTimeout(240_000);
  await api.job(77, 'Repair the roof', ['you', 'john', 'mike'], 'open');
  await api.sayTo('john', CREW, 'Can we talk?');
  const [you, john, mike] = await Promise.all(
    (['You', 'John Smith', 'Mike Worker'] as const).map(async name => openCrew(await person(name))),
  );
  if (!you || !john || !mike) throw new Error('Three people are here.');
  await button(you, 'Video call').click();
  for (const one of [john, mike]) {
    await expect(ringing(one)).toContainText('You is calling, with video');
    await button(one, 'Accept with video').click();
  }
  for (const one of [you, john, mike]) await sees(one, 2);
  await button(mike, 'Mute the microphone').click();
  for (const one of [you, john]) await expect(call(one)).toContainText('Microphone off: Mike Worker');
  // The caller leaves: the others stay.
  await button(you, 'End the call').click();
  await expect(call(you)).toHaveCount(0);
  for (const one of [john, mike]) await sees(one, 1);
  await button(john, 'End the call').click();
  for (const one of [you, john, mike]) {
    await expect(call(one)).toHaveCount(0);
    await expect(lines(one)).toContainText(/Video call · \d+:\d\d/);
  }
});

test('a member who comes when a call is already in progress joins it from the timeline', async ({
  person,
  api,
}) => {
  await api.job(77, 'Repair the roof', ['you', 'john', 'mike'], 'open');
  await api.sayTo('john', CREW, 'Can we talk?');
  const you = await openCrew(await person('You'));
  const john = await openCrew(await person('John Smith'));
  await button(you, 'Audio call').click();
  await button(john, 'Accept').click();
  await expect(call(you)).toHaveAttribute('data-phase', 'connected');
  await expect(lines(you)).toContainText('in progress');
  // A participant has no button to join.
  await expect(button(you, 'Join')).toHaveCount(0);
  const mike = await openCrew(await person('Mike Worker'));
  await expect(ringing(mike)).toHaveCount(0);
  await expect(lines(mike)).toContainText('Audio call · in progress');
  await button(mike, 'Join').click();
  await expect(call(mike)).toHaveAttribute('data-phase', 'connected');
  await expect(call(you)).toContainText('Mike Worker');
});

test('when both call at the same moment there is one call', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  for (const one of [you, john]) await expect(button(one, 'Audio call')).toBeEnabled();
  await Promise.all([button(you, 'Audio call').click(), button(john, 'Audio call').click()]);
  for (const one of [you, john]) await expect(call(one)).toHaveAttribute('data-phase', 'connected');
  await button(you, 'End the call').click();
  for (const one of [you, john]) await expect(lines(one)).toHaveCount(1);
});

test('when the other person’s tab is killed, the call ends, and the timeline says so', async ({ person }) => {
  const you = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await button(john, 'Audio call').click();
  await button(you, 'Accept').click();
  await expect(call(john)).toHaveAttribute('data-phase', 'connected');
  await you.page.context().close();
  await expect(call(john)).toContainText('The connection is lost. Connecting again…');
  await expect(call(john)).toHaveCount(0, { timeout: 90_000 });
  await expect(lines(john)).toContainText(/Audio call · \d+:\d\d/);
});

test('when the caller’s tab is killed, the call is missed, and other devices stop ringing', async ({
  person,
}) => {
  const you = await (await person('You')).open('John Smith');
  const tablet = await (await person('You')).open('John Smith');
  const john = await (await person('John Smith')).open('You');
  await button(john, 'Audio call').click();
  for (const one of [you, tablet]) await expect(ringing(one)).toBeVisible();
  await you.page.context().close();
  // It rings for 45 s.
  await expect(john.page.getByText('Nobody answered.')).toBeVisible({ timeout: 90_000 });
  await expect(ringing(tablet)).toHaveCount(0);
  await expect(lines(john)).toContainText('no answer');
  await expect(lines(tablet)).toContainText('missed');
});

test('video recovers by itself after five seconds without network', async ({ server, person }) => {
  const relay = await Relay.start({ udp: true });
  try {
    await server.stop();
    await server.start(['--live', 'on', ...relay.flags]);
    const [you, john] = await Promise.all([person('You'), person('John Smith')]);
    await you.open('John Smith');
    await john.open('You');
    await button(john, 'Video call').click();
    await button(you, 'Accept with video').click();
    for (const one of [you, john]) await sees(one, 1);
    // All connections fail: to the server, and of media.
    const cut = Date.now();
    relay.pause();
    for (const one of [you, john]) await one.page.context().setOffline(true);
    await expect.poll(() => Date.now() - cut).toBeGreaterThan(4000);
    const frozen = await frames(you.page);
    await expect.poll(() => Date.now() - cut).toBeGreaterThan(5000);
    expect(await frames(you.page)).toEqual(frozen);
    relay.resume();
    for (const one of [you, john]) await one.page.context().setOffline(false);
    for (const one of [you, john]) {
      await sees(one, 1);
      await expect(call(one)).toHaveAttribute('data-phase', 'connected');
    }
    await button(john, 'End the call').click();
    await expect(call(you)).toHaveCount(0);
    await expect(lines(you)).toContainText(/Video call · \d+:\d\d/);
  } finally {
    relay.resume();
    await relay.stop();
  }
});

for (const [error, words] of [
  ['NotAllowedError', 'Microphone or camera is not allowed for this page.'],
  ['NotFoundError', 'No microphone or camera was found.'],
  ['NotReadableError', 'Microphone or camera is used by another program.'],
] as const)
  test(`without a microphone nobody is called, and the reason is shown: ${error}`, async ({ person }) => {
    const you = await person('You');
    await you.page.evaluate(name => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
    }, error);
    await you.open('John Smith');
    await button(you, 'Audio call').click();
    await expect(you.page.getByRole('alert')).toContainText(words);
    await expect(lines(you)).toHaveCount(0);
  });

for (const transport of ['UDP', 'TCP'] as const)
  test(`a call goes through the relay alone, over ${transport}`, async ({ server, person }) => {
    const relay = await Relay.start({ udp: transport === 'UDP' });
    try {
      await server.stop();
      await server.start(['--live', 'on', ...relay.flags]);
      const [you, john] = await Promise.all([watched(person('You')), watched(person('John Smith'))]);
      await you.open('John Smith');
      await john.open('You');
      await button(john, 'Video call').click();
      await button(you, 'Accept with video').click();
      for (const one of [you, john]) await sees(one, 1);
      const path = { candidateType: 'relay', relayProtocol: transport.toLowerCase() };
      // The transport may select another pair of candidates after media has begun to flow.
      for (const one of [you, john])
        await expect.poll(() => pathOf(one.page)).toEqual({ local: path, remote: 'relay' });
    } finally {
      await relay.stop();
    }
  });

/** Records the connections of a page, so that a test can query them. */
async function watched(coming: Promise<Person>): Promise<Person> {
  const person = await coming;
  await person.page.addInitScript(() => {
    const Real = window.RTCPeerConnection;
    const made: RTCPeerConnection[] = [];
    Object.assign(window, {
      madeConnections: made,
      RTCPeerConnection: class extends Real {
        constructor(configuration?: RTCConfiguration) {
          super(configuration);
          made.push(this);
        }
      },
    });
  });
  await person.page.reload();
  return person;
}

/**
 * The candidates between which media is sent. Several pairs may be nominated; the transport has selected one
 * of them.
 */
function pathOf(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const { madeConnections } = window as unknown as { madeConnections: RTCPeerConnection[] };
    const stats = await madeConnections.at(-1)?.getStats();
    const all = [...((stats?.values() ?? []) as Iterable<Record<string, string | boolean>>)];
    const selected = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
    const pair = all.find(({ id }) => id === selected);
    const local = all.find(({ id }) => id === pair?.localCandidateId);
    const remote = all.find(({ id }) => id === pair?.remoteCandidateId);
    return {
      local: { candidateType: local?.candidateType, relayProtocol: local?.relayProtocol },
      remote: remote?.candidateType,
    };
  });
}
