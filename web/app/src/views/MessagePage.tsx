import { Icon } from './Icon.tsx';

interface Props {
  readonly title: string;
  readonly text?: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

/** A page that says one thing: that nobody is signed in, or that the server cannot be reached. */
export function MessagePage({ title, text, action }: Props) {
  return (
    <main class="page">
      <div class="card">
        <span class="mark">
          <Icon name="chat" />
        </span>
        <h1>{title}</h1>
        {text && <p class="quiet">{text}</p>}
        {action && (
          <button type="button" class="button main" onClick={action.run}>
            {action.label}
          </button>
        )}
      </div>
    </main>
  );
}
