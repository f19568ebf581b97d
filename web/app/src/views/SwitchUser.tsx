import { entryWords } from '../entry/words.ts';
import type { Translator } from '../i18n/translator.ts';
import { plain } from '../models/plainText.ts';
import { MessagePage } from './MessagePage.tsx';

interface Props {
  readonly words: Translator;
  /** The names of the signed-in user and of the other one, if they are known. */
  readonly name: string | undefined;
  readonly other: string | undefined;
  /** Called with whether to continue as the other user. */
  answer(yes: boolean): void;
}

/** A link brought the token of another user than the signed-in one: asks which of them to continue as. */
export function SwitchUser({ words, name, other, answer }: Props) {
  const said = entryWords(words.lang);
  const names = {
    name: plain(name ?? '') || words.fill(said.switchSomebody),
    other: plain(other ?? '') || words.fill(said.switchSomebodyElse),
  };
  return (
    <MessagePage title={words.fill(said.switchTitle, names)} text={words.fill(said.switchText)}>
      <button type="button" class="button main" onClick={() => answer(true)}>
        {words.fill(said.switchYes, names)}
      </button>
      <button type="button" class="button" onClick={() => answer(false)}>
        {words.fill(said.switchNo, names)}
      </button>
    </MessagePage>
  );
}
