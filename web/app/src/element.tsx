/** `<jobline-chat>`: the chat as an element of a host's page. docs/embedding.md says how to use it. */

import { type ConversationRef, createJobline, type Jobline, userOf } from '@jobline/sdk/browser';
import { render } from 'preact';
import { elementEvents, tell } from './element/events.ts';
import { keepEventsIn } from './element/isolation.ts';
import reset from './element/reset.css?inline';
import { chosenLanguage, words } from './element/words.ts';
import { serverOf } from './platform/addresses.ts';
import { innerNavigation, type Navigation } from './platform/navigation.ts';
import { Pictures } from './platform/pictures.ts';
import { Trays } from './platform/trays.ts';
import css from './styles/all.css?inline';
import host from './styles/host.css?inline';
import { Root } from './views/Root.tsx';

/** The server is at the origin of this script, unless the page sets another address. */
const SCRIPT = document.currentScript instanceof HTMLScriptElement ? document.currentScript.src : undefined;
/**
 * How often a new `getToken` is called at most, in milliseconds: another user may be signed in, but frameworks pass a new
 * function with every render.
 */
const ASK_MS = 10_000;

type GetToken = () => string | Promise<string>;

const sheet = new CSSStyleSheet();
// The host's page may have given `rem` any size; the chat keeps its own.
const inPixels = (_: string, size: string) => `${Number(size) * 16}px`;
sheet.replaceSync((reset + css + host).replace(/(\d*\.?\d+)rem\b/g, inPixels));

class JoblineChat extends HTMLElement {
  static readonly observedAttributes = ['conversation-with', 'job', 'lang', 'server'];

  #token: string | undefined;
  #getToken: GetToken | undefined;
  #client: Jobline | undefined;
  /** The user whose chat is shown. */
  #user: string | undefined;
  #navigation: Navigation = innerNavigation();
  #stops: (() => void)[] = [];
  #stopEvents: (() => void) | undefined;
  /** A property was set. It is evaluated after the page has set the others, too. */
  #isDue = false;
  /** When the page was last asked for a token, by `performance.now`. */
  #askedAt = 0;
  #asking: ReturnType<typeof setTimeout> | undefined;
  readonly #pictures = new Pictures();
  readonly #trays = new Trays();

  constructor() {
    super();
    const root = this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    keepEventsIn(root);
  }

  /** A user token. For one that can be renewed, set `getToken` instead. */
  get token(): string | undefined {
    return this.#token;
  }
  set token(token: string | undefined) {
    if (token === this.#token) return;
    this.#token = token;
    const user = token === undefined ? undefined : userOf(token);
    // Another user's chat disappears at once.
    if (!this.#getToken && this.#user !== undefined && user !== this.#user) this.#end();
    if (!this.#getToken) this.#client?.renewToken();
    this.#look();
  }

  /** Returns a user token, whenever one is needed. */
  get getToken(): GetToken | undefined {
    return this.#getToken;
  }
  set getToken(getToken: GetToken | undefined) {
    if (getToken === this.#getToken) return;
    const before = this.#getToken;
    this.#getToken = getToken;
    if (before && getToken) this.#askSoon();
    else this.#client?.renewToken();
    this.#look();
  }

  /** The SDK's client, for pages that need more than the events. */
  get client(): Jobline | undefined {
    this.#update();
    return this.#client;
  }

  /**
   * Deletes everything of this user on this device, in every tab, and resets `token` and `getToken`. To show the chat again,
   * set one of them.
   */
  async signOut(): Promise<void> {
    const done = this.#client?.signOut();
    this.#forget();
    await done;
  }

  connectedCallback(): void {
    this.#adopt('token');
    this.#adopt('getToken');
    this.#look();
  }

  /** Applies a property that the page set before this script was loaded, which would hide the accessor. */
  #adopt(name: 'token' | 'getToken'): void {
    const early = Object.getOwnPropertyDescriptor(this, name);
    if (!early) return;
    delete this[name];
    Object.assign(this, { [name]: early.value });
  }

  disconnectedCallback(): void {
    // An element that is moved is removed and inserted again at once.
    queueMicrotask(() => this.isConnected || this.#end());
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after || !this.#client) return;
    if (name === 'server') this.#end();
    if (name === 'job' || name === 'conversation-with')
      this.#navigation = innerNavigation(this.#conversation());
    if (name === 'server') this.#look();
    else this.#draw();
  }

  #conversation(): ConversationRef | undefined {
    const person = this.getAttribute('conversation-with');
    if (!person) return undefined;
    const job = Number(this.getAttribute('job'));
    return Number.isSafeInteger(job) && job > 0 ? { with: person, job } : { with: person };
  }

  #server(): string {
    return serverOf(this.getAttribute('server'), SCRIPT, location.href);
  }

  /** Evaluates the properties, once the page has set all of them, so that there is one client whatever their order. */
  #look(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => this.#update());
  }

  #update(): void {
    if (!this.#isDue) return;
    this.#isDue = false;
    const wanted = this.isConnected && (this.#token !== undefined || this.#getToken !== undefined);
    if (wanted && !this.#client) this.#begin();
    else if (!wanted && this.#client) this.#end();
  }

  #begin(): void {
    const getToken = () => {
      this.#askedAt = performance.now();
      return this.#getToken?.() ?? this.#token ?? '';
    };
    const server = this.#server();
    const client = createJobline({ baseUrl: server, getToken });
    this.#client = client;
    this.#navigation = innerNavigation(this.#conversation());
    this.#user = client.user.get();
    this.#stopEvents = elementEvents(this, client, server);
    this.#stops = [
      client.user.subscribe(() => this.#follow(client)),
      client.connection.subscribe(() => this.#noticeSignOut(client)),
    ];
    this.#draw();
  }

  /** The token is another user's now: nothing of the first user stays on the screen or in the tray. */
  #follow(client: Jobline): void {
    const before = this.#user;
    this.#user = client.user.get();
    if (before === undefined) return;
    this.#clear();
    this.#stopEvents?.();
    this.#stopEvents = elementEvents(this, client, this.#server());
    this.#navigation = innerNavigation(this.#conversation());
    // The client is still changing the user.
    queueMicrotask(() => this.#draw());
  }

  /** The user signed out in another tab, or through the client. */
  #noticeSignOut(client: Jobline): void {
    const { state, nextRetryAt } = client.connection.get();
    if (state === 'signedOut' && nextRetryAt === undefined && client === this.#client) this.#forget();
  }

  #forget(): void {
    const user = this.#user;
    this.#token = undefined;
    this.#getToken = undefined;
    this.#end();
    if (user !== undefined) tell(this, 'jobline-signed-out', { user });
  }

  #askSoon(): void {
    const wait = Math.max(0, this.#askedAt + ASK_MS - performance.now());
    this.#asking ??= setTimeout(() => {
      this.#asking = undefined;
      this.#client?.renewToken();
    }, wait);
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

  #clear(): void {
    if (this.shadowRoot) render(null, this.shadowRoot);
    this.#pictures.clear();
    this.#trays.clear();
  }

  #end(): void {
    this.#stopEvents?.();
    for (const stop of this.#stops) stop();
    this.#stops = [];
    clearTimeout(this.#asking);
    this.#asking = undefined;
    this.#clear();
    this.#client?.dispose();
    this.#client = undefined;
    this.#user = undefined;
  }
}

if (!customElements.get('jobline-chat')) customElements.define('jobline-chat', JoblineChat);
