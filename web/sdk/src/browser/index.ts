/** The client of Jobline for pages and workers: everything of `@jobline/sdk`, with the browser's own ports. */

import type { Jobline, JoblineOptions } from '../client.ts';
import type { Ports } from '../ports.ts';

export type * from '../index.ts';

export interface BrowserOptions extends Omit<JoblineOptions, 'ports'> {
  /** Replaces some of the browser's own. */
  readonly ports?: Partial<Ports>;
}

export declare function createJobline(options: BrowserOptions): Jobline;
