import type { TimelineMessage } from '@jobline/sdk';
import { useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { ReportForm } from './ReportForm.tsx';
import { accountWords } from './words.ts';

interface Props {
  readonly conversationId: string;
  readonly message: TimelineMessage;
  /** The sender's name. */
  readonly name: string;
  readonly close: () => void;
}

/** Reports a message to the marketplace, with the reader's reason. */
export function MessageReport({ conversationId, message, name, close }: Props) {
  const { client, words } = useSurroundings();
  const said = accountWords(words.lang);
  const [done, setDone] = useState<'reported' | 'failed'>();
  const send = (reason: string, comment: string) => {
    const report = { conversationId, messageId: message.id ?? '', reason, ...(comment && { comment }) };
    client.call('report', report).then(
      () => setDone('reported'),
      () => setDone('failed'),
    );
  };
  return (
    <>
      <h2>{words.fill(said.reportMessage)}</h2>
      {done !== 'reported' && (
        <ReportForm text={words.fill(said.reportMessageText, { name })} cancel={close} send={send} />
      )}
      {done && (
        <p class="quiet" role="status">
          {words.fill(said[done])}
        </p>
      )}
      {done === 'reported' && (
        <div class="answers">
          <button type="button" class="button outlined" onClick={close}>
            {words.t('close')}
          </button>
        </div>
      )}
    </>
  );
}
