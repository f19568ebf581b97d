/** `<jobline-chat>`: the chat as an element of somebody else's page. docs/embedding.md says how it is used. */

import { type ConversationRef, createJobline, type Jobline } from '@jobline/sdk/browser';
import { render } from 'preact';
import { elementEvents } from './element/events.ts';
import { chosenLanguage, words } from './element/words.ts';
import { innerNavigation, type Navigation } from './platform/navigation.ts';
import { Pictures } from './platform/pictures.ts';
import { Trays } from './platform/trays.ts';
import css from './styles/all.css?inline';
import host from './styles/host.css?inline';
import { Root } from './views/Root.tsx';

/** Where this script came from is where the server is, unless the page says otherwise. */
const SCRIPT = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : undefined;

const sheet = new CSSStyleSheet();
// The page around may have given `rem` any size; the chat keeps its own.
sheet.replaceSync((css + host).replace(/(\d*\.?\d+)rem\b/g, (_, size: string) => `${Number(size) * 16}px`));

class JoblineChat extends HTMLElement {
  static readonly observedAttributes = ['conversation-with', 'job', 'lang', 'server'];

  #token: string | undefined;
  #getToken: (() => string | Promise<string>) | undefined;
  #client: Jobline | undefined;
  #navigation: Navigation = innerNavigation();
  #stop: (() => void) | undefined;
  readonly #pictures = new Pictures();
  readonly #trays = new Trays();

  constructor() {
    super();
    this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [sheet];
  }

  /** A user token. For one that can be renewed, set `getToken` instead. */
  get token(): string | undefined {
    return this.#token;
  }
  set token(token: string | undefined) {
    const first = this.#token === undefined;
    this.#token = token;
    // A newer token of the same person is picked up when the old one has ended.
    if (first || token === undefined) this.#restart();
  }

  /** Answers a user token, whenever one is needed. */
  get getToken(): (() => string | Promise<string>) | undefined {
    return this.#getToken;
  }
  set getToken(getToken: (() => string | Promise<string>) | undefined) {
    const before = this.#getToken;
    this.#getToken = getToken;
    // Frameworks pass a new function with every drawing: that is no reason to begin again.
    if (Boolean(before) !== Boolean(getToken)) this.#restart();
  }

  /** The client below, for pages that want more than the events say. */
  get client(): Jobline | undefined {
    return this.#client;
  }

  /** Forgets everything that is kept of this user on this device, in every tab. */
  async signOut(): Promise<void> {
    const client = this.#client;
    this.#end();
    this.#token = undefined;
    await client?.signOut();
  }

  connectedCallback(): void {
    this.#adopt('token');
    this.#adopt('getToken');
    this.#restart();
  }

  /** The page may have set a property before this script was there: then it hides the one that is meant. */
  #adopt(name: 'token' | 'getToken'): void {
    const early = Object.getOwnPropertyDescriptor(this, name);
    if (!early) return;
    delete this[name];
    Object.assign(this, { [name]: early.value });
  }

  disconnectedCallback(): void {
    // An element that is moved is taken out and put in again at once.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.#client) return;
    if (name === 'server') this.#restart();
    if (name === 'job' || name === 'conversation-with')
      this.#navigation = innerNavigation(this.#conversation());
    this.#draw();
  }

  #conversation(): ConversationRef | undefined {
    const person = this.getAttribute('conversation-with');
    if (!person) return undefined;
    const job = Number(this.getAttribute('job'));
    return Number.isSafeInteger(job) && job > 0 ? { with: person, job } : { with: person };
  }

  #server(): string {
    const given = this.getAttribute('server') ?? SCRIPT;
    return given ? new URL(given, location.href).origin : '';
  }

  #restart(): void {
    this.#end();
    if (!this.isConnected || (this.#token === undefined && !this.#getToken)) return;
    const getToken = () => this.#getToken?.() ?? this.#token ?? '';
    this.#client = createJobline({ baseUrl: this.#server(), getToken });
    this.#stop = elementEvents(this, this.#client);
    this.#navigation = innerNavigation(this.#conversation());
    this.#draw();
  }

  #draw(): void {
    const { shadowRoot } = this;
    if (!this.#client || !shadowRoot) return;
    const around = {
      client: this.#client,
      navigation: this.#navigation,
      pictures: this.#pictures,
      trays: this.#trays,
      words: words(chosenLanguage(this)),
      embedded: true,
      single: this.#conversation() !== undefined,
    };
    render(<Root around={around} />, shadowRoot);
  }

  #end(): void {
    this.#stop?.();
    this.#stop = undefined;
    if (this.shadowRoot) render(null, this.shadowRoot);
    this.#client?.dispose();
    this.#client = undefined;
    this.#pictures.clear();
    this.#trays.clear();
  }
}

if (!customElements.get('jobline-chat')) customElements.define('jobline-chat', JoblineChat);
