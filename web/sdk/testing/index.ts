/** For tests of what is built on the client: a server, devices and a clock in memory. Not published. */

// Loaded before any test begins: scripts that come on demand are not what tests wait for.
import '../src/live/index.ts';
import '../src/onDemand.ts';
import { ManualClock, seeded } from './clock.ts';
import { Device } from './device.ts';
import { FakeServer } from './server.ts';

export { ManualClock, seeded, settle, until } from './clock.ts';
export { Device, type Reached, Tab } from './device.ts';
export { FakeLine } from './live.ts';
export { FakeServer, type Fault, type Seen } from './server.ts';
export { instead } from './stored.ts';

export interface World {
  readonly clock: ManualClock;
  readonly server: FakeServer;
  /** Another browser. */
  device(): Device;
}

/** A server on which anna, ben and cleo share job 7. */
export function world(seed = 1): World {
  const clock = new ManualClock();
  const server = new FakeServer(clock);
  const random = seeded(seed);
  server.people
    .set('anna', { name: 'Anna Berg' })
    .set('ben', { name: 'Ben Okafor' })
    .set('cleo', { name: 'Cleo Lind' });
  server.job(7, ['anna', 'ben', 'cleo'], 'open', 'Kitchen renovation');
  return { clock, server, device: () => new Device(clock, server, random) };
}
