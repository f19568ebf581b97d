/** The client of Jobline for pages and workers: everything of `@jobline/sdk`, with the browser's own ports. */

import type { Jobline, JoblineOptions } from '../client.ts';
import { createJobline as create } from '../jobline.ts';
import type { Ports } from '../ports.ts';
import { browserPorts } from './ports.ts';

export { openIndexedDb } from '../cache/indexeddb.ts';
export * from '../index.ts';
export { browserPorts };

export interface BrowserOptions extends Omit<JoblineOptions, 'ports'> {
  /** Replaces some of the browser's ports. */
  readonly ports?: Partial<Ports>;
}

/** A client for one user, as `createJobline` of `@jobline/sdk` creates it. */
export function createJobline({ ports, ...options }: BrowserOptions): Jobline {
  return create({ ...options, ports: { ...browserPorts(), ...ports } });
}
