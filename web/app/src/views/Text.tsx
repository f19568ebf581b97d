import type { Person } from '@jobline/sdk';
import { segments } from '../models/links.ts';
import { lazy } from './lazy.tsx';

const MentionText = lazy(async () => (await import('../crew/Mentions.tsx')).MentionText);

interface Props {
  readonly text: string;
  /** The people who can be mentioned in it: the members of a crew. */
  readonly people?: readonly Person[] | undefined;
}

/** The text of a message: never markup. Links and mentions are made from pieces of it. */
export function Text({ text, people }: Props) {
  return (
    <div class="text" dir="auto">
      {segments(text).map((segment, place) =>
        segment.href ? (
          <a key={place} href={segment.href} target="_blank" rel="noopener noreferrer nofollow">
            {segment.text}
          </a>
        ) : people && text.includes('@') ? (
          <MentionText key={place} text={segment.text} people={people}>
            {segment.text}
          </MentionText>
        ) : (
          segment.text
        ),
      )}
    </div>
  );
}
