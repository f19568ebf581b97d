import type { CallProps } from '../views/context.ts';
import { CallButtons } from './CallButtons.tsx';
import { CallScreen } from './CallScreen.tsx';

/** The buttons that call those in a conversation; without one, the call of this tab. */
export function Calls({ id, ...props }: CallProps) {
  return id === undefined ? <CallScreen /> : <CallButtons id={id} {...props} />;
}
