import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { useSurroundings } from './context.ts';
import { useAgain } from './useAgain.ts';

/** How many new addresses are requested before an error is shown. */
const ATTEMPTS = 3;

interface Failure {
  readonly key: string;
  /** The address that did not work, if there was one. */
  readonly url: string | undefined;
  readonly times: number;
}

export interface Picture {
  /** The address of the picture; undefined while there is none that may work. */
  readonly url: string | undefined;
  /** It could not be loaded. It is tried again, on `online` at the latest. */
  readonly failed: boolean;
  /** The browser could not load it. */
  broken(): void;
}

/** The picture of a message, with a new address when the old one has expired, and again after a failure. */
export function usePicture(timeline: Timeline, message: TimelineMessage | undefined): Picture {
  const { pictures } = useSurroundings();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [failure, setFailure] = useState<Failure>();
  const mine = failure && failure.key === message?.key ? failure : undefined;
  const url = message && pictures.url(message, mine?.url);
  const times = mine?.times ?? 0;
  const failed = url === undefined && times >= ATTEMPTS;
  const fail = (url: string | undefined) => {
    if (message) setFailure({ key: message.key, url, times: times + 1 });
  };

  useLayoutEffect(() => {
    if (!message || url || failed) return;
    let over = false;
    const fetched = async () => {
      const own = message.clientId !== undefined && (await pictures.fetchOwn(timeline, message));
      if (!own) await timeline.refreshFile(message.key);
    };
    fetched()
      .then(() => {
        if (over) return;
        redraw(undefined);
        // The request brought no new address.
        if (!pictures.url(message, mine?.url)) fail(mine?.url);
      })
      .catch(() => over || fail(mine?.url));
    return () => {
      over = true;
    };
  }, [message?.key, url, times, message?.file?.url]);
  useAgain(mine !== undefined && url === undefined, () => setFailure(undefined));

  const broken = () => {
    if (!message) return;
    pictures.failed(message);
    fail(url);
  };
  return { url, failed, broken };
}
