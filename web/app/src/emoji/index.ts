/**
 * The emoji picker, with every possible reaction. It is a separate part that is loaded when it is opened, without the
 * framework of the app, since the element loads it as a separate script.
 */

import type { Language } from '../i18n/languages.ts';
import { touches } from '../views/touches.ts';
import { type Emoji, found, groups, type Names } from './emoji.ts';
import { moveFocus } from './moveFocus.ts';
import style from './picker.css?inline';
import { skinColour } from './skinColour.ts';
import { PICKER_WORDS } from './words.ts';

export interface PickerOptions {
  readonly lang: Language;
  /** The emoji that is already chosen. */
  readonly chosen: string | undefined;
  choose(emoji: string): void;
}

const NAMES: Readonly<Record<Language, () => Promise<{ readonly default: Names }>>> = {
  en: () => import('./generated/names/en.json'),
  es: () => import('./generated/names/es.json'),
  ar: () => import('./generated/names/ar.json'),
};

/** The emoji that shows the skin tones to choose from. */
const HAND = '✋';

/**
 * Fills `host` with the picker, and focuses its search field, except on a phone, whose keyboard would cover the emoji.
 * Rejects if the names could not be loaded.
 */
export async function showPicker(host: HTMLElement, options: PickerOptions): Promise<void> {
  const { default: names } = await NAMES[options.lang]();
  adopt(host.getRootNode());
  const { search } = new Picker(host, options, names);
  if (!touches()) search.focus();
}

class Picker {
  readonly search: HTMLInputElement;
  readonly #options: PickerOptions;
  readonly #all: readonly Emoji[];
  readonly #sections: readonly HTMLElement[];
  readonly #list = element('div', { className: 'list' });
  readonly #found = element('div', { className: 'found', hidden: true });
  readonly #none = element('p', { className: 'none', role: 'status' });
  readonly #colours = element('div', { className: 'colours', role: 'group' });
  /** The emoji of each cell. */
  readonly #emoji = new Map<Element, Emoji>();

  constructor(host: HTMLElement, options: PickerOptions, names: Names) {
    const said = PICKER_WORDS[options.lang];
    const all = groups(names);
    this.#options = options;
    this.#all = all.flatMap(({ emoji }) => emoji);
    this.#sections = all.map(({ group, emoji }) => {
      const section = element('section', { ariaLabel: said[group] });
      section.append(element('h3', { textContent: said[group] }), this.#cells(emoji));
      return section;
    });
    this.search = element('input', { type: 'search', placeholder: said.search, ariaLabel: said.search });
    this.search.addEventListener('input', () => this.#look());
    this.#list.append(...this.#sections, this.#found);
    this.#list.addEventListener('click', event => {
      const cell = (event.target as Element).closest('button');
      if (cell?.textContent) options.choose(cell.textContent);
    });
    const jumps = element('div', { className: 'jumps' });
    jumps.append(
      ...all.map(({ group, emoji }, place) => this.#jump(said[group], emoji[0]?.text ?? '', place)),
    );
    this.#colours.ariaLabel = said.colour;
    const hand = this.#all.find(({ text }) => text === HAND);
    this.#colours.append(
      ...[HAND, ...(hand?.coloured ?? [])].map((text, place) => this.#colour(text, place)),
    );
    host.addEventListener('keydown', event => this.#pressed(event));
    host.replaceChildren(this.search, jumps, this.#none, this.#list, this.#colours);
    this.#draw();
  }

  /** A button for each. The Tab key stops only at the first; arrow keys move from there. */
  #cells(emoji: readonly Emoji[]): HTMLElement {
    const grid = element('div', { className: 'cells' });
    grid.append(
      ...emoji.map((one, place) => {
        const cell = element('button', { type: 'button', ariaLabel: one.name, title: one.name });
        cell.tabIndex = place === 0 ? 0 : -1;
        this.#emoji.set(cell, one);
        return cell;
      }),
    );
    return grid;
  }

  /** A button that scrolls to a group. */
  #jump(label: string, text: string, place: number): HTMLElement {
    const jump = element('button', { type: 'button', ariaLabel: label, title: label, textContent: text });
    jump.addEventListener('click', () => {
      this.search.value = '';
      this.#look();
      this.#sections[place]?.scrollIntoView({ block: 'start' });
    });
    return jump;
  }

  #colour(text: string, place: number): HTMLElement {
    const button = element('button', { type: 'button', textContent: text });
    button.addEventListener('click', () => {
      skinColour.set(place);
      this.#draw();
    });
    return button;
  }

  /** Shows the results of the search, or everything. */
  #look(): void {
    const searching = this.search.value.trim() !== '';
    const hits = searching ? found(this.#all, this.search.value) : [];
    for (const cell of this.#found.querySelectorAll('button')) this.#emoji.delete(cell);
    this.#found.replaceChildren(this.#cells(hits));
    this.#found.hidden = !searching;
    for (const section of this.#sections) section.hidden = searching;
    this.#none.textContent = searching && hits.length === 0 ? PICKER_WORDS[this.#options.lang].none : '';
    this.#list.scrollTop = 0;
    this.#draw();
  }

  /** Shows each emoji in the chosen skin tone. */
  #draw(): void {
    const { chosen } = this.#options;
    const colour = skinColour.get();
    for (const [cell, { text, coloured }] of this.#emoji) {
      cell.textContent = coloured[colour - 1] ?? text;
      cell.ariaPressed = String(chosen === text || coloured.some(one => one === chosen));
    }
    for (const [place, button] of [...this.#colours.children].entries())
      button.ariaPressed = String(place === colour);
  }

  #pressed(event: KeyboardEvent): void {
    const cells = [...(this.#found.hidden ? this.#list : this.#found).querySelectorAll('button')];
    if (event.target === this.search && event.key === 'Enter') cells[0]?.click();
    else if (event.target === this.search && event.key === 'ArrowDown') cells[0]?.focus();
    else if (!moveFocus(event, cells)) return;
    event.preventDefault();
  }
}

function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(name), properties);
}

let sheet: CSSStyleSheet | undefined;

/** Adds the styles of this part. A style sheet created by script does not count as inline style, which policies forbid. */
function adopt(root: Node): void {
  if (!(root instanceof Document || root instanceof ShadowRoot)) return;
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
}
