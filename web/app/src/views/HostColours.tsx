import { useLayoutEffect, useRef } from 'preact/hooks';
import {
  type HostColours as Colours,
  computedColour,
  type HostColour,
  isDark,
  palette,
  type Rgb,
  type Tokens,
} from '../models/theme.ts';

const COLOURS: readonly HostColour[] = [
  'accent',
  'on-accent',
  'ground',
  'surface',
  'text',
  'quiet',
  'mine',
  'on-mine',
  'theirs',
  'on-theirs',
  'bad',
  'badge',
  'on-badge',
];
/** The documented properties that are colours. */
const PROPERTIES =
  'accent on-accent own-bubble own-bubble-text bubble bubble-text background surface text text-quiet badge';
const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];

/**
 * Keeps text readable in the colours of a host: whatever it sets by the documented properties, alone or together, every
 * text has a contrast of 4.5 to its ground (`models/theme.ts`). Each colour is the text colour of an invisible
 * element with a transition, so the browser resolves it, and fires an event when the host changes it.
 */
export function HostColours() {
  const probes = useRef<HTMLDivElement>(null);
  const inner = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const [area, colours] = [probes.current, inner.current];
    const root = area?.getRootNode();
    if (!area || !colours || !(root instanceof ShadowRoot)) return;
    const sheet = new CSSStyleSheet();
    const apply = () => {
      area.classList.add('read');
      sheet.replaceSync(isColoured(area) ? rules(colours) : '');
      area.classList.remove('read');
    };
    apply();
    root.adoptedStyleSheets.push(sheet);
    // Not when it begins: until a transition has ended, the computed colour is the old one.
    for (const event of ['transitionend', 'transitioncancel']) area.addEventListener(event, apply);
    return () => {
      for (const event of ['transitionend', 'transitioncancel']) area.removeEventListener(event, apply);
      root.adoptedStyleSheets = root.adoptedStyleSheets.filter(one => one !== sheet);
    };
  }, []);
  return (
    <div class="probes" aria-hidden="true" ref={probes}>
      <i style={{ color: 'light-dark(#000, #fff)' }} />
      <div ref={inner}>
        {COLOURS.map(name => (
          <i key={name} style={{ color: `color-mix(in srgb, var(--${name}), var(--${name}))` }} />
        ))}
      </div>
    </div>
  );
}

function isColoured(area: Element): boolean {
  const style = getComputedStyle(area);
  return PROPERTIES.split(' ').some(name => style.getPropertyValue(`--jobline-${name}`).trim() !== '');
}

function rules(probes: HTMLElement): string {
  probes.style.colorScheme = '';
  // Colours that the host did not set follow its surface: on a dark one they are the defaults of the dark scheme.
  probes.style.colorScheme = scheme(read(probes).surface);
  const colours = read(probes);
  const { surface, ground } = palette(colours);
  return `.panes{color-scheme:${scheme(colours.surface)};${written(surface)}}
    .conversation-body{color-scheme:${scheme(colours.ground)};${written(ground)}}`;
}

const scheme = (ground: Rgb) => (isDark(ground) ? 'dark' : 'light');

function read(probes: HTMLElement): Colours {
  const computed = [...probes.children].map(probe => getComputedStyle(probe).color);
  const under =
    computedColour(getComputedStyle(probes.previousElementSibling ?? probes).color, WHITE) ?? WHITE;
  const ground = isDark(under) ? WHITE : BLACK;
  const found = COLOURS.map((name, at) => [name, computedColour(computed[at] ?? '', ground) ?? ground]);
  return Object.fromEntries(found) as Colours;
}

function written(tokens: Tokens): string {
  return Object.entries(tokens)
    .map(([name, colour]) => `--${name}:rgb(${colour.join(' ')})`)
    .join(';');
}
