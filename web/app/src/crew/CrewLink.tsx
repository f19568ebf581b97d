import { useLayoutEffect } from 'preact/hooks';
import { useSurroundings } from '../views/context.ts';
import { useValue } from '../views/hooks.ts';
import { Icon } from '../views/Icon.tsx';
import { crewWords } from './words.ts';

interface Props {
  readonly job: number;
  readonly close: () => void;
}

/** Links from the chat with one participant of a job to the group chat, if there are more than two participants. */
export function CrewLink({ job, close }: Props) {
  const { client, navigation, words } = useSurroundings();
  const crew = client.conversation(`crew_${job}`);
  const { people = [], messages, canWrite } = useValue(crew);
  // While it is open the server is asked for its members.
  useLayoutEffect(() => crew.open(), [crew]);
  if (people.length <= 2 || !(canWrite || messages.length > 0)) return null;
  const open = () => {
    close();
    navigation.open(crew.id);
  };
  return (
    <button type="button" class="button outlined crew-link" onClick={open}>
      <Icon name="people" />
      {crewWords(words.lang).open}
    </button>
  );
}
