import { expect, test } from 'vitest';
import type { Prepared } from '../src/media/photo.ts';
import { Tray, Trays } from '../src/platform/trays.ts';

const pdf = (name: string) => new File(['%PDF-1.7'], name, { type: 'application/pdf' });

async function asItIs(file: File): Promise<Prepared> {
  return { blob: file, bytes: await file.arrayBuffer(), name: file.name, type: file.type };
}

/** A tray whose files are processed when the test says so. */
function held() {
  const waiting: (() => void)[] = [];
  const tray = new Tray(async file => {
    await new Promise<void>(resolve => waiting.push(resolve));
    return asItIs(file);
  });
  const ready = async () => {
    waiting.shift()?.();
    await new Promise(resolve => setTimeout(resolve));
  };
  return { tray, ready };
}

const names = (tray: Tray) => tray.get().list.map(one => one.name);

test('each conversation has its own tray, which is kept while another chat is open', () => {
  const trays = new Trays();
  trays.of('john').add([pdf('offer.pdf')]);
  expect(names(trays.of('jane'))).toEqual([]);
  expect(names(trays.of('john'))).toEqual(['offer.pdf']);
  trays.clear();
  expect(names(trays.of('john'))).toEqual([]);
});

test('files are sent only when all are ready, in the order in which they were chosen', async () => {
  const { tray, ready } = held();
  tray.add([pdf('one.pdf'), pdf('two.pdf')]);
  await ready();
  expect(tray.take()).toBeUndefined();
  await ready();
  expect(tray.take()?.map(file => file.name)).toEqual(['one.pdf', 'two.pdf']);
  expect(tray.get().list).toEqual([]);
});

test('a file that was removed while it was processed does not come back', async () => {
  const { tray, ready } = held();
  tray.add([pdf('one.pdf'), pdf('two.pdf')]);
  tray.remove(tray.get().list[0]?.number ?? 0);
  await ready();
  await ready();
  expect(tray.take()?.map(file => file.name)).toEqual(['two.pdf']);
});

test('names every refused file, until something else is chosen', () => {
  const tray = new Tray(asItIs);
  tray.add([new File(['x'], 'setup.exe'), pdf('offer.pdf'), new File([], 'empty.pdf')]);
  expect(tray.get().notices).toEqual([
    { key: 'fileKind', name: 'setup.exe' },
    { key: 'fileEmpty', name: 'empty.pdf' },
  ]);
  expect(names(tray)).toEqual(['offer.pdf']);
  tray.add([pdf('plan.pdf')]);
  expect(tray.get().notices).toEqual([]);
});

test('a file that cannot be read is named, with that reason, and left out', async () => {
  const tray = new Tray(() => Promise.reject(new Error('gone')));
  tray.add([pdf('offer.pdf')]);
  await new Promise(resolve => setTimeout(resolve));
  expect(tray.get()).toEqual({ list: [], notices: [{ key: 'fileUnreadable', name: 'offer.pdf' }] });
});
