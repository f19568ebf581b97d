/** The example of README.md, for the type checker. */

// README
import { JoblineProvider, useDraft, useMessages, useTyping } from '../src/index.ts';

const getToken = async () => (await fetch('/my/chat-token', { method: 'POST' })).text();

export const App = () => (
  <JoblineProvider baseUrl="https://chat.example.com" getToken={getToken}>
    <Chat with="ben" job={7} />
  </JoblineProvider>
);

function Chat(conversation: { with: string; job: number }) {
  const { messages, send } = useMessages(conversation, { markAsRead: true });
  const [draft, setDraft] = useDraft(conversation);
  const typing = useTyping(conversation);
  return (
    <div>
      {messages.map(({ key, mine, text, state }) => (
        <p key={key}>{mine ? `You: ${text} (${state.is})` : text}</p>
      ))}
      {typing.length > 0 && <p>{typing.join(', ')} is typing</p>}
      <input value={draft} onChange={event => setDraft(event.target.value)} />
      <button type="button" onClick={() => send(draft)}>
        Send
      </button>
    </div>
  );
}
