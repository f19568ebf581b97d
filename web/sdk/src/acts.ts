/** What stores and drops the reader's commands; `commands.ts` has their rules. */

import type { Target } from './commands.ts';
import type { Core } from './core.ts';
import { type Act, commandKey } from './rows.ts';
import { check, clean } from './text.ts';

/** Stores a command; rejects for an edit to a text that is no message. */
export async function addCommand(core: Core, target: Target, act: Act): Promise<void> {
  const { id, conversationId, number, clientId } = target;
  const row = { id, conversationId, number, clientId, act: cleaned(act), at: core.ports.clock.now() };
  await core.store.update('command', [commandKey(row)], (_, __, order) => ({ ...row, order }));
}

function cleaned(act: Act): Act {
  if (act.is !== 'edit') return act;
  const text = clean(act.text);
  check(text, false);
  return { is: 'edit', text };
}

/** Deletes the refused commands of a message. */
export function dismiss({ store }: Core, id: string): Promise<void> {
  const refused = [...store.mirror.command.values()].filter(row => row.id === id && row.problem);
  return store.transact([], () => refused.map(row => ({ drop: commandKey(row) })));
}
