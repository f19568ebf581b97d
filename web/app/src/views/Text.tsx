import { segments } from '../models/links.ts';

/** What somebody wrote: always text, never markup. Links are made of pieces of it. */
export function Text({ text }: { text: string }) {
  return (
    <div class="text" dir="auto">
      {segments(text).map((segment, place) =>
        segment.href ? (
          <a key={place} href={segment.href} target="_blank" rel="noopener noreferrer nofollow">
            {segment.text}
          </a>
        ) : (
          segment.text
        ),
      )}
    </div>
  );
}
