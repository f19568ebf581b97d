import type { Person } from '@jobline/sdk';
import { useState } from 'preact/hooks';
import { initials, personName, tone } from '../models/plainText.ts';
import { Icon } from './Icon.tsx';
import { useAgain } from './useAgain.ts';

/** A person's picture, or their initials on a colour if there is none or it cannot be loaded. */
export function Avatar({ person, crew, small }: { person: Person; crew?: boolean; small?: boolean }) {
  const [broken, setBroken] = useState<string>();
  const name = personName(person.name, person.id);
  const size = small ? ' small' : '';
  const url = person.avatarUrl;
  useAgain(broken !== undefined, () => setBroken(undefined));
  if (url && url !== broken && /^(https?:|blob:|\/)/i.test(url)) {
    return (
      <img
        class={`avatar${size}`}
        src={url}
        alt=""
        onError={() => setBroken(url)}
        referrerpolicy="no-referrer"
      />
    );
  }
  return (
    <span class={`avatar${size} tone-${tone(person.id)}`} aria-hidden="true">
      {name && !crew ? initials(name) : <Icon name={crew ? 'people' : 'person'} />}
    </span>
  );
}
