import { useState } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { accountWords } from './words.ts';

const REASONS = ['Spam', 'Fraud', 'Abuse', 'Other'] as const;

interface Props {
  /** What the marketplace does with a report. */
  readonly text: string;
  readonly cancel: () => void;
  readonly send: (reason: string, comment: string) => void;
}

/** Asks for the reason of a report. */
export function ReportForm({ text, cancel, send }: Props) {
  const { words } = useSurroundings();
  const said = accountWords(words.lang);
  const [reason, choose] = useState<string>();
  const [comment, write] = useState('');
  return (
    <form
      class="moderation"
      onSubmit={event => {
        event.preventDefault();
        if (reason) send(reason, comment.trim());
      }}
    >
      <p class="quiet">{text}</p>
      <fieldset>
        <legend>{words.fill(said.reportReason)}</legend>
        {REASONS.map(one => (
          <label key={one} class="choice">
            <input type="radio" name="reason" onChange={() => choose(one.toLowerCase())} />
            {words.fill(said[`reason${one}`])}
          </label>
        ))}
      </fieldset>
      <label>
        {words.fill(said.reportComment)}
        <textarea rows={3} maxLength={1000} onInput={event => write(event.currentTarget.value)} />
      </label>
      <div class="answers">
        <button type="button" class="button outlined" onClick={cancel}>
          {words.t('cancel')}
        </button>
        <button type="submit" class="button main" disabled={!reason}>
          {words.fill(said.reportSend)}
        </button>
      </div>
    </form>
  );
}
