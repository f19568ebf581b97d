/** Reports the end of a call to the server, which may be unreachable for a moment. */

import { isRefusal, problemOf } from '../errors.ts';
import type { AnswerCall } from '../generated/contract.ts';
import { Backoff } from '../time.ts';
import type { CallApi } from './api.ts';
import type { CallPorts } from './ports.ts';

/** The number of attempts. After that the other side notices by itself, or the call ends after twelve hours. */
const ATTEMPTS = 6;

export async function tellEnd(
  api: CallApi,
  { clock, random }: Pick<CallPorts, 'clock' | 'random'>,
  ending: AnswerCall,
): Promise<void> {
  const backoff = new Backoff(random);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      await api.post('calls.end', ending);
      return;
    } catch (error) {
      if (isRefusal(problemOf(error))) return;
      await new Promise<void>(resolve => void clock.after(backoff.next(), resolve));
    }
  }
}
