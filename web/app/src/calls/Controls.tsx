import type { Calls, CurrentCall, Obstacle } from '@jobline/sdk/calls';
import { useEffect, useReducer, useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { Devices } from './Devices.tsx';
import { Drawing, type DrawingName } from './Drawing.tsx';
import { type CallWords, callWords } from './words.ts';

interface Props {
  readonly calls: Calls;
  readonly call: CurrentCall;
  readonly root: { readonly current: HTMLElement | null };
  readonly isSmall: boolean;
  readonly setSmall: (small: boolean) => void;
}

/** The controls of a call; beside the chat only those that are always needed, so that the chat has room. */
export function Controls({ calls, call, root, isSmall, setSmall }: Props) {
  const words = callWords(useSurroundings().words);
  const [obstacle, setObstacle] = useState<Obstacle>();
  const [choosing, setChoosing] = useState(false);
  const { own } = call;
  const { isFull, isOut } = useWhere();
  const button = (name: DrawingName, label: keyof CallWords, act: () => unknown, pressed?: boolean) => (
    <button
      type="button"
      class={name === 'end' ? 'call-round bad' : 'call-round'}
      aria-label={words(label)}
      title={words(label)}
      {...(pressed !== undefined && { 'data-on': String(pressed) })}
      onClick={() => void act()}
    >
      <Drawing name={name} />
    </button>
  );
  const camera = async () => setObstacle(await calls.camera(!own.camera));
  const picture = () => root.current?.querySelector<HTMLVideoElement>('.call-screen, .call-picture');
  const leave = () => document.exitFullscreen().catch(() => undefined);
  // A browser may refuse both; then everything stays where it is.
  const full = () => (isFull ? leave() : root.current?.requestFullscreen().catch(() => undefined));
  const out = () =>
    (isOut ? document.exitPictureInPicture() : picture()?.requestPictureInPicture())?.catch(() => undefined);
  const canShare = 'getDisplayMedia' in (navigator.mediaDevices ?? {});
  return (
    <footer>
      {obstacle && <p role="alert">{words(obstacle)}</p>}
      {choosing && !isSmall && <Devices calls={calls} told={setObstacle} />}
      <div class="call-controls">
        {own.microphone
          ? button('microphone', 'mute', () => calls.mute(true), true)
          : button('muted', 'unmute', () => calls.mute(false), false)}
        {button(
          own.camera ? 'camera' : 'cameraOff',
          own.camera ? 'cameraOff' : 'cameraOn',
          camera,
          own.camera,
        )}
        {canShare &&
          (!isSmall || own.screen) &&
          (own.screen
            ? button('screen', 'stopSharing', () => calls.stopSharing(), true)
            : button('screen', 'share', () => calls.share(), false))}
        {!isSmall && button('settings', 'devices', () => setChoosing(!choosing))}
        {document.fullscreenEnabled &&
          !isSmall &&
          button(isFull ? 'notFull' : 'full', isFull ? 'notFull' : 'full', full)}
        {document.pictureInPictureEnabled &&
          !isSmall &&
          call.others.some(({ shown }) => shown.camera || shown.screen) &&
          button('pip', isOut ? 'notPip' : 'pip', out, isOut)}
        {isSmall
          ? button('large', 'large', () => setSmall(false))
          : button('small', 'small', () => {
              if (isFull) void leave();
              setSmall(true);
            })}
        {button('end', 'end', () => calls.end())}
      </div>
    </footer>
  );
}

/** Whether the call fills the screen, and whether its picture is in a window of its own; both also end by other means. */
function useWhere() {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const stop = new AbortController();
    for (const name of ['fullscreenchange', 'enterpictureinpicture', 'leavepictureinpicture'])
      document.addEventListener(name, redraw, { signal: stop.signal });
    return () => stop.abort();
  }, []);
  return { isFull: !!document.fullscreenElement, isOut: !!document.pictureInPictureElement };
}
