import type { ComponentChildren } from 'preact';
import { Icon } from './Icon.tsx';

interface Props {
  readonly title: string;
  readonly text?: string;
  /** The buttons. */
  readonly children?: ComponentChildren;
}

/** A page with one message, for instance that nobody is signed in, or that the server cannot be reached. */
export function MessagePage({ title, text, children }: Props) {
  return (
    <main class="page">
      <div class="card">
        <span class="mark">
          <Icon name="chat" />
        </span>
        <h1>{title}</h1>
        {text && <p class="quiet">{text}</p>}
        {children}
      </div>
    </main>
  );
}
