import type { Timeline, TimelineMessage } from '@jobline/sdk';
import { useLayoutEffect, useReducer, useState } from 'preact/hooks';
import { useSurroundings } from './context.ts';
import { useAgain } from './useAgain.ts';

/** How often another address is asked for before the reader is told. */
const ATTEMPTS = 3;

interface Failure {
  readonly key: string;
  /** The address that did not work, if there was one. */
  readonly url: string | undefined;
  readonly times: number;
}

export interface Picture {
  /** Where the picture is; undefined while there is no address that may work. */
  readonly url: string | undefined;
  /** It could not be had. It is tried again, on `online` at the latest. */
  readonly failed: boolean;
  /** The browser could not load it. */
  broken(): void;
}

/** The picture of a message, with a fresh address when the old one has ended, and again after a failure. */
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
        // Nothing came of it: the address is the one that did not work.
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
