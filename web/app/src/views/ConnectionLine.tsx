import { useSurroundings } from './context.ts';
import { useValue } from './hooks.ts';
import { Icon } from './Icon.tsx';

/** A line that is shown only if there is something to say: no connection, signed out, or nothing can be stored. */
export function ConnectionLine() {
  const { client, words } = useSurroundings();
  const { state } = useValue(client.connection);
  const { kind } = useValue(client.storage);
  const offline = state === 'offline' || state === 'reconnecting';
  const key =
    state === 'offline'
      ? 'offline'
      : offline
        ? 'reconnecting'
        : state === 'signedOut'
          ? 'expired'
          : undefined;
  return (
    <div class="connection" role="status">
      {(key ?? kind === 'memory') && (
        <p class="line">
          <Icon name={offline ? 'offline' : 'alert'} />
          {words.t(key ?? 'storageProblem')}
        </p>
      )}
    </div>
  );
}
