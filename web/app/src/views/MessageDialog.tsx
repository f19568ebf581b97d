import type { Timeline, TimelineMessage } from '@jobline/sdk';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { changeWords } from '../changes/words.ts';
import { reactionOf } from '../models/acting.ts';
import { wordsFor } from '../models/problems.ts';
import type { Acts, Opened } from './acts.ts';
import { useSurroundings } from './context.ts';
import { EmojiPanel } from './EmojiPanel.tsx';
import { lazy } from './lazy.tsx';
import { type Asked, MessageMenu } from './MessageMenu.tsx';
import { VersionList } from './VersionList.tsx';

export { CallText } from '../calls/CallLine.tsx';
export { Choices } from './Choices.tsx';
export { HostLine } from './HostLine.tsx';
export { olderMessage } from './olderMessage.ts';
export { Refused } from './Refused.tsx';
export { followSwipe } from './swipe.ts';
export { UploadBar } from './UploadBar.tsx';

/** It is loaded with the details of a chat, which have a report form, too. */
const MessageReport = lazy(async () => (await import('./DetailsDialog.tsx')).MessageReport);

interface Props {
  readonly timeline: Timeline;
  readonly message: TimelineMessage;
  readonly acts: Acts;
  readonly opened: Opened;
  readonly close: () => void;
}

/**
 * The dialog of one message: its menu, the emoji picker, the question before a deletion, the report form, or its
 * versions.
 */
export function MessageDialog({ timeline, message, acts, opened, close }: Props) {
  const { client, words } = useSurroundings();
  const said = changeWords(words.lang);
  const [asked, ask] = useState<Asked>();
  if (asked === 'emoji') {
    const choose = (emoji: string) => {
      acts.toggle(message, emoji);
      close();
    };
    return (
      <Dialog key={asked} label={words.t('react')} close={close} at={opened.at}>
        <EmojiPanel chosen={reactionOf(message, client.user.get())} choose={choose} />
      </Dialog>
    );
  }
  if (asked === 'report') {
    const { id } = timeline;
    const name = acts.nameOf(message.senderId);
    return (
      <Dialog key={asked} label={words.t('messageActions')} close={close}>
        <MessageReport conversationId={id} message={message} name={name} close={close} />
      </Dialog>
    );
  }
  if (asked === 'delete') {
    const sure = () => {
      timeline.delete(message.key).catch(error => console.error('The message was not deleted.', error));
      close();
    };
    return (
      <Dialog key={asked} label={words.fill(said.deleteTitle)} close={close}>
        <h2>{words.fill(said.deleteTitle)}</h2>
        <p class="quiet">{words.fill(said.deleteText)}</p>
        <div class="answers">
          <button type="button" class="button outlined" onClick={close}>
            {words.t('cancel')}
          </button>
          <button type="button" class="button bad" onClick={sure}>
            {words.t('delete')}
          </button>
        </div>
      </Dialog>
    );
  }
  if (opened.is === 'versions') {
    return (
      <Dialog label={words.fill(said.versionsTitle)} close={close}>
        <h2>{words.fill(said.versionsTitle)}</h2>
        <VersionList ask={() => timeline.versions(message.key)} reason={code => wordsFor(code, words)} />
        <div class="answers">
          <button type="button" class="button outlined" onClick={close}>
            {words.t('close')}
          </button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog label={words.t('messageActions')} close={close} at={opened.at}>
      <MessageMenu timeline={timeline} message={message} acts={acts} close={close} ask={ask} />
    </Dialog>
  );
}

interface DialogProps {
  readonly label: string;
  readonly close: () => void;
  /**
   * The element beside which it opens if there is room; on phones, or without one, it opens at the bottom or in the
   * middle.
   */
  readonly at?: Element;
  readonly children: ComponentChildren;
}

function Dialog({ label, close, at, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    if (at && dialog.current) place(dialog.current, at);
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it, as any dialog.
    <dialog
      class={at ? 'message-dialog menu' : 'message-dialog'}
      ref={dialog}
      aria-label={label}
      onClose={close}
      onClick={event => event.target === event.currentTarget && close()}
    >
      <div class="inside">{children}</div>
    </dialog>
  );
}

/** Puts a menu below `at`, or above it if there is no room, within the window; on narrow screens at the bottom. */
function place(dialog: HTMLElement, at: Element): void {
  if (innerWidth < 600) return;
  const [menu, there] = [dialog.getBoundingClientRect(), at.getBoundingClientRect()];
  const below = there.bottom + 6 + menu.height <= innerHeight - 8;
  const top = below ? there.bottom + 6 : Math.max(8, there.top - 6 - menu.height);
  const middle = there.left + there.width / 2 < innerWidth / 2 ? there.left : there.right - menu.width;
  const left = Math.min(Math.max(8, middle), innerWidth - menu.width - 8);
  dialog.style.inset = `${top}px auto auto ${left}px`;
  dialog.style.margin = '0';
}
