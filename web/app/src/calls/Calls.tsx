import { type CallProps, useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { CallButtons } from './CallButtons.tsx';
import { engineOf } from './engine.ts';

/** The buttons that call the others in a conversation; without a conversation, the call of this tab. */
export function Calls({ id, ...props }: CallProps) {
  return id === undefined ? <Screen /> : <CallButtons id={id} {...props} />;
}

function Screen() {
  const loaded = useValue(engineOf(useSurroundings()));
  return loaded ? <loaded.CallScreen calls={loaded.calls} /> : null;
}
