/** Line icons on a field of 24 by 24. */
const PATHS = {
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14Zm5 12 4.5 4.5',
  back: 'M15 5l-7 7 7 7',
  forward: 'M9 5l7 7-7 7',
  send: 'M12 19V5m-6 6 6-6 6 6',
  attach: 'm20 11-8.3 8.3a5 5 0 0 1-7-7l8.5-8.6a3.3 3.3 0 0 1 4.7 4.7l-8.5 8.5a1.7 1.7 0 0 1-2.4-2.4l7.8-7.7',
  close: 'M6 6l12 12M18 6L6 18',
  down: 'M6 10l6 6 6-6',
  clock: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 4v4.5l3 1.7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  checks: 'M2 12.5 6.5 17 16 7.5m-4.5 8 1.5 1.5 9-9.5',
  alert: 'M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Zm0 4v5m0 3v.01',
  photo:
    'M5 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Zm-2 11 5-5 4 4 3-3 6 6M15.5 9.5v.01',
  voice: 'M12 4a3 3 0 0 0-3 3v4a3 3 0 0 0 6 0V7a3 3 0 0 0-3-3Zm-6 7a6 6 0 0 0 12 0m-6 6v3',
  file: 'M13 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V9Zm0 0v6h6',
  people:
    'M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7ZM2.5 19.5a6.5 6.5 0 0 1 13 0M16 5.5a3.5 3.5 0 0 1 0 6.5M18 14a6.500 6.500 0 0 1 3.500 5.500',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4.5 20a7.5 7.5 0 0 1 15 0',
  chat: 'M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Zm3 5h8m-8 3.5h5',
  muted: 'M5 17h14l-2-3v-3a5 5 0 0 0-10 0v3Zm5 3h4M4 4l16 16',
  offline: 'M3 3l18 18M8.5 8.6A10 10 0 0 0 4 11m7-5a11 11 0 0 1 10 3M8 14.5a6 6 0 0 1 5.5-1.4M12 19v.01',
  reply: 'M9 7l-5 5 5 5M4 12h10a6 6 0 0 1 6 6v1',
  copy: 'M9 9h10v11H9ZM5 15V4h10',
  pen: 'M4 20l1-4L16 5l3 3L8 19Z',
  bin: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  more: 'M6 12v.01M12 12v.01M18 12v.01',
} as const;

/** An icon; the words are beside it or in its button's name. `turns`: it is mirrored in right-to-left scripts. */
export function Icon(props: { name: keyof typeof PATHS; turns?: boolean; small?: boolean }) {
  const more = `${props.turns ? ' turns' : ''}${props.small ? ' small-icon' : ''}`;
  return <Shape path={PATHS[props.name]} more={more} />;
}

/** An icon that only one view has, by its path on a field of 24 by 24. `more`: further classes. */
export function Shape({ path, more = '' }: { path: string; more?: string }) {
  return (
    <svg class={`icon${more}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
