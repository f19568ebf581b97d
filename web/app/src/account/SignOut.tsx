import { useState } from 'preact/hooks';
import { baseOf } from '../platform/addresses.ts';
import { type Menu, useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { forgetEverybody, othersHere, unsentIn } from './everybody.ts';
import { settingsWords } from './settingsWords.ts';

/** A question before unsent messages are lost, and the action after a yes. */
interface Question {
  readonly unsent: number;
  readonly yes: string;
  act(): void;
}

/** Signing out, of the reader in every tab or of everybody in this browser. If messages are unsent, it asks first. */
export function SignOut({ menu }: { readonly menu: Menu }) {
  const { client, words } = useSurroundings();
  const said = settingsWords(words.lang);
  const { items } = useValue(client.conversations);
  const [question, ask] = useState<Question>();
  const [failed, setFailed] = useState(false);
  const own = items.reduce((sum, item) => sum + item.pending + item.failed, 0);
  const leave = words.fill(menu.demo ? said.switchPerson : said.signOut);
  const everywhere = words.fill(said.signOutEverywhere);
  const unlessLost = (unsent: number, yes: string, act: () => void) =>
    unsent > 0 ? ask({ unsent, yes, act }) : act();
  const everybody = async () => {
    const others = await othersHere(baseOf(document), client.user.get());
    const act = () => forgetEverybody(others).then(menu.signOut, () => setFailed(true));
    unlessLost(own + (await unsentIn(others)), everywhere, () => void act());
  };
  if (question) {
    return (
      <div class="moderation">
        <p role="alert">
          <strong>{words.fill(said.unsentWarning, { count: question.unsent })}</strong>
        </p>
        <div class="answers">
          <button type="button" class="button outlined" onClick={() => ask(undefined)}>
            {words.t('cancel')}
          </button>
          <button type="button" class="button danger" onClick={question.act}>
            {question.yes}
          </button>
        </div>
      </div>
    );
  }
  return (
    <>
      {!menu.demo && <p class="quiet">{words.fill(said.signOutText)}</p>}
      <button type="button" class="button danger" onClick={() => unlessLost(own, leave, menu.signOut)}>
        {leave}
      </button>
      <p class="quiet">{words.fill(said.signOutEverywhereText)}</p>
      <button type="button" class="button danger" onClick={() => everybody().catch(() => setFailed(true))}>
        {everywhere}
      </button>
      {failed && (
        <p class="quiet" role="alert">
          {words.fill(said.signOutFailed)}
        </p>
      )}
    </>
  );
}
