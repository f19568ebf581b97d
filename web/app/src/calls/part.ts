/** The engine and the views of a call: a separate part, loaded with the first call. */

import type { Jobline } from '@jobline/sdk';
import { browserCallPorts, Calls } from '@jobline/sdk/calls';
import { baseOf } from '../platform/addresses.ts';

export { CallScreen } from './CallScreen.tsx';

/** The calls of a client. A call that rings, or that continues after a reload, is found at once. */
export function callsOf(client: Jobline, getToken: () => string | Promise<string>): Calls {
  return new Calls({ client, baseUrl: baseOf(document), getToken, ports: browserCallPorts() });
}
