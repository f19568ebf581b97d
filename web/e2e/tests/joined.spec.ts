/**
 * The client's simulation, joined with the real server: tabs that are killed, a device that stores nothing,
 * clocks that jump, sockets that are cut and a server that is killed, in one history that is checked at both
 * ends. A failure prints its seed; `JOBLINE_JOINED_SEEDS=7` (or `1-100`) runs that one again. All but the
 * timing of the real server follows from the seed.
 */

import { createJobline, type Jobline, type TimelineMessage } from '../../sdk/src/index.ts';
import { Device, ManualClock, seeded, type Tab } from '../../sdk/testing/index.ts';
import type { Api, Told } from '../harness/api.ts';
import { Network } from '../harness/network.ts';
import type { Server } from '../harness/server.ts';
import { expect, test } from '../harness/test.ts';

const [FIRST = 1, LAST = FIRST] = (process.env.JOBLINE_JOINED_SEEDS ?? '1-8').split('-').map(Number);
const TURNS = 16;
const PHOTO = {
  size: 4,
  type: 'text/plain',
  name: 'list.txt',
  arrayBuffer: async () => new TextEncoder().encode('milk').buffer as ArrayBuffer,
};

test.use({ flags: ['--send-rate', '0', '--upload-rate', '0'] });
test.skip(({ isMobile }) => isMobile, 'no browser takes part');

/** The fields that `list` returns and the client shows. */
interface Listed extends Told {
  readonly deletedAt?: string;
  readonly editedAt?: string;
  readonly replyTo?: { readonly id: string };
  readonly reactions?: readonly { readonly emoji: string; readonly userIds: readonly string[] }[];
}

/** A change of a message: the last one of its kind that was tried, and whether the client has accepted it. */
interface Deed {
  text: string | undefined;
  promised: boolean;
}

/** The model: what both users did, and what the client reported as stored. */
class Model {
  /**
   * Texts of messages, in the order in which they were written, by author. Messages with a file are not in
   * it.
   */
  readonly tried = new Map<string, string[]>();
  readonly promised: string[] = [];
  readonly edits = new Map<string, Deed>();
  readonly deletions = new Map<string, Deed>();
  readonly reactions = new Map<string, Deed>();

  note(
    kind: 'edits' | 'deletions' | 'reactions',
    of: string,
    text: string | undefined,
    done: Promise<void>,
  ): void {
    const deed: Deed = { text, promised: false };
    this[kind].set(of, deed);
    done.then(
      () => {
        deed.promised = true;
      },
      () => this[kind].delete(of),
    );
  }
}

/** A user with a browser. */
class Side {
  tab!: Tab;
  client!: Jobline;

  constructor(
    readonly me: string,
    readonly other: string,
    readonly device: Device<Network>,
    private readonly url: string,
  ) {
    this.open();
  }

  /** A new tab, with the conversation on its screen. */
  open(): this {
    const { server } = this.device;
    this.tab = this.device.tab();
    const getToken = () => server.token(this.me);
    this.client = createJobline({ baseUrl: this.url, user: this.me, getToken, ports: this.tab.ports() });
    this.client.conversations.subscribe(() => undefined);
    this.chat.open();
    return this;
  }

  get chat() {
    return this.client.conversation({ with: this.other });
  }

  /** A message that the server has and nobody deleted; one of the user's own, if `own` is set. */
  one(random: () => number, own: boolean): TimelineMessage | undefined {
    const all = this.chat.get().messages.filter(({ id, mine, deleted }) => id && !deleted && (mine || !own));
    return all[Math.floor(random() * all.length)];
  }
}

/** One action of a user. */
function act(side: Side, model: Model, random: () => number, turn: number): void {
  const { chat, me } = side;
  const dice = random();
  const text = `${me} ${turn}`;
  const target = side.one(random, dice >= 0.6 && dice < 0.8);
  const promise = (sent: Promise<string>) => {
    sent.then(
      () => model.promised.push(text),
      () => undefined,
    );
  };
  if (dice < 0.5 || !target) {
    model.tried.set(me, [...(model.tried.get(me) ?? []), text]);
    promise(chat.send(text, dice < 0.15 ? target?.key : undefined));
  } else if (dice < 0.6) promise(chat.sendFile(PHOTO, { text }));
  else if (dice < 0.72 && target.type === 'text') {
    const next = `${target.text.split(' edited')[0]} edited ${turn}`;
    model.note('edits', target.id ?? '', next, chat.edit(target.key, next));
  } else if (dice < 0.8) model.note('deletions', target.id ?? '', undefined, chat.delete(target.key));
  else if (dice < 0.92) {
    const emoji = ['👍', '❤️', undefined][Math.floor(random() * 3)];
    model.note('reactions', `${target.id} ${me}`, emoji, chat.react(target.key, emoji));
  } else chat.markAsRead();
}

/** Runs a history until nothing is in flight any more. */
async function history(seed: number, server: Server, api: Api): Promise<void> {
  const random = seeded(seed * 7919);
  const clock = new ManualClock(Date.now());
  const network = new Network(api, seeded(seed * 104_729));
  const [anna, ben] = [`anna${seed}`, `ben${seed}`];
  for (const id of [anna, ben]) await api.person(id, id);
  await api.job(1000 + seed, 'Kitchen', [anna, ben], 'open');
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 500) {
      await clock.advance(Math.min(500, left));
      await network.quiet();
    }
  };
  const model = new Model();
  const laptop = new Device(clock, network, seeded(seed));
  laptop.modern = random() < 0.7;
  const hers = [new Side(anna, ben, laptop, server.url), new Side(anna, ben, laptop, server.url)];
  const his = new Side(ben, anna, new Device(clock, network, seeded(seed + 1)), server.url);
  await pass(1000);
  network.faults = 0.35;
  for (let turn = 0; turn < TURNS; turn += 1) {
    const side = [...hers, his][Math.floor(random() * 3)] as Side;
    if (!side.tab.isAlive) side.open();
    // Her tabs may be killed at any step. His are not: his device stores nothing, so everything is in memory.
    if (side !== his && random() < 0.4) side.tab.fuse = side.tab.steps + Math.floor(random() * 40);
    const event = random();
    if (event < 0.12) clock.shift((random() - 0.5) * 48 * 60 * 60_000);
    else if (event < 0.22) his.tab.cacheIsFull = true;
    else if (event < 0.34) side.tab.set({ online: !side.tab.online });
    else if (event < 0.4) {
      await server.kill();
      await server.start();
    }
    act(side, model, random, turn);
    await pass(Math.floor(random() * 4000));
  }
  network.faults = 0;
  for (const { tab } of hers) tab.kill();
  his.tab.cacheIsFull = false;
  his.tab.set({ online: true });
  const again = hers[0]?.open() as Side;
  const fresh = new Side(anna, ben, new Device(clock, network, seeded(seed + 2)), server.url);
  for (let turn = 0; turn < 60; turn += 1) {
    await pass(3000);
    if (turn > 3 && [again, his].every(isQuiet)) break;
  }
  // The server records deliveries a few seconds later, by its own clock; the next poll returns them.
  const agree = async () => {
    await pass(3000);
    await check(api, model, [again, his, fresh]);
  };
  await expect(agree).toPass({ timeout: 30_000 });
}

function isQuiet({ chat }: Side): boolean {
  const { messages, status } = chat.get();
  return status === 'ready' && messages.every(({ id, state }) => id !== undefined && state.is !== 'failed');
}

/**
 * Both ends agree: each user sees what the server returns from the beginning of the log, which is what the
 * model expects.
 */
async function check(api: Api, model: Model, sides: readonly Side[]): Promise<void> {
  for (const { me, chat, client } of sides) {
    const told = (await api.messages(me, chat.id)) as Listed[];
    expect(chat.get().messages.map(shown), `${me} sees what the server tells`).toEqual(
      told.map(one => listed(one, me)),
    );
    const unread = told.filter(
      ({ senderId, status, deletedAt }) => senderId !== me && status !== 'read' && !deletedAt,
    );
    expect(client.unread.get(), `unread messages of ${me}`).toBe(unread.length);
  }
  const [{ me = '', chat } = {}] = sides;
  const all = (await api.messages(me, chat?.id ?? '')) as Listed[];
  const texts = all.map(({ content }) => content.split(' edited')[0] ?? '').filter(text => text !== '');
  expect(new Set(texts).size, `sent once: ${texts}`).toBe(texts.length);
  for (const tried of model.tried.values())
    expect(
      texts.filter(text => tried.includes(text)),
      'in the order in which they were written',
    ).toEqual(tried.filter(text => texts.includes(text)));
  const deleted = all.filter(({ deletedAt }) => deletedAt);
  const lost = model.promised.filter(text => !texts.includes(text));
  expect(lost.length, `only what was deleted is gone: ${lost}`).toBeLessThanOrEqual(deleted.length);
  for (const { id, content, deletedAt, reactions = [] } of all) {
    expect(Boolean(deletedAt) || !model.deletions.get(id)?.promised, `${id} is deleted as promised`).toBe(
      true,
    );
    expect(!deletedAt || model.deletions.has(id), `${id} is deleted because somebody did so`).toBe(true);
    if (deletedAt) continue;
    const edit = model.edits.get(id);
    if (edit?.promised) expect(content, `${id} is edited as promised`).toBe(edit.text);
    for (const side of sides) {
      const wanted = model.reactions.get(`${id} ${side.me}`);
      const stands = reactions.find(({ userIds }) => userIds.includes(side.me))?.emoji;
      if (!wanted) expect(stands, `${side.me} did not react to ${id}`).toBeUndefined();
      else if (wanted.promised) expect(stands, `the reaction of ${side.me} to ${id}`).toBe(wanted.text);
    }
  }
}

function shown({ id, number, text, deleted, edited, replyTo, reactions = [], state, mine }: TimelineMessage) {
  const stands = reactions.map(({ emoji, userIds }) => `${emoji} ${[...userIds].sort()}`).sort();
  const is = mine ? state.is : state.is === 'read';
  return {
    id,
    number,
    text,
    deleted: Boolean(deleted),
    edited: edited === true,
    replyTo: replyTo?.id,
    stands,
    is,
  };
}

function listed(told: Listed, me: string): ReturnType<typeof shown> {
  const { id, number, content, deletedAt, editedAt, replyTo, reactions = [], status, senderId } = told;
  const stands = reactions.map(({ emoji, userIds }) => `${emoji} ${[...userIds].sort()}`).sort();
  const is = senderId === me ? (status as 'sent') : status === 'read';
  return {
    id,
    number,
    text: content,
    deleted: Boolean(deletedAt),
    edited: Boolean(editedAt),
    replyTo: replyTo?.id,
    stands,
    is,
  };
}

for (let seed = FIRST; seed <= LAST; seed += 1) {
  test(`one history, the same at both ends: seed ${seed}`, async ({ server, api }) => {
    await history(seed, server, api);
  });
}
