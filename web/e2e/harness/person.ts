import { expect, type JSHandle, type Locator, type Page } from '@playwright/test';

/** The ids of the demo's people, by name. */
export const PEOPLE = {
  You: 'you',
  'John Smith': 'john',
  'Jane Doe': 'jane',
  'Mike Worker': 'mike',
} as const;
export type Name = keyof typeof PEOPLE;

/** The conversation of You and John Smith. */
export const WITH_JOHN = 'conv_john_you';

/** A user in front of a browser: what they do and see, by the accessible names in the page. */
export class Person {
  readonly list: Locator;
  readonly log: Locator;
  readonly field: Locator;
  readonly send: Locator;
  readonly messages: Locator;

  constructor(readonly page: Page) {
    this.list = page.getByRole('region', { name: 'Conversations' });
    this.log = page.getByRole('log');
    this.messages = this.log.getByRole('article');
    this.field = page.getByRole('textbox', { name: 'Message', exact: true });
    this.send = page.getByRole('button', { name: 'Send', exact: true });
  }

  /** Opens the demo and chooses this person. */
  async signIn(name: Name): Promise<this> {
    await this.page.goto('/');
    await this.page.getByRole('button', { name }).click();
    await expect(this.list.getByRole('heading', { name: 'Messages' })).toBeVisible();
    return this;
  }

  /** The same person in another tab of the same browser. A new tab of the demo asks who it is. */
  async inNewTab(name: Name): Promise<Person> {
    return new Person(await this.page.context().newPage()).signIn(name);
  }

  /** The row of the conversation with a person, or of a crew by the title of its job. */
  row(name: string): Locator {
    return this.list.getByRole('button').filter({ has: this.page.locator('.name', { hasText: name }) });
  }

  /** Opens the conversation with a person. */
  async open(name: string): Promise<this> {
    await this.row(name).click();
    const chat = this.page.getByRole('region', { name: `Conversation with ${name}` });
    await expect(chat).toBeVisible();
    // Waits for the chunks of the chat, because a test may then cut the network sooner than a person could.
    await expect(chat.locator('[aria-live="polite"]')).toBeAttached();
    if (await chat.locator('form.composer').isVisible())
      await expect(chat.locator('[role="status"]:not(.connection) ~ form.composer')).toBeAttached();
    return this;
  }

  /** Writes and sends a message. */
  async say(text: string): Promise<this> {
    await this.field.fill(text);
    await this.send.click();
    return this;
  }

  /** Shows the list: on a phone, leaves an open chat for it. */
  async toList(): Promise<void> {
    const back = this.page.getByRole('button', { name: 'Back to all conversations' });
    await expect(this.list.or(back).filter({ visible: true }).first()).toBeVisible();
    if (!(await this.list.isVisible())) await back.click();
    await expect(this.list).toBeVisible();
  }

  /** Goes back to the list, on a phone. */
  async back(): Promise<void> {
    await this.page.getByRole('button', { name: 'Back to all conversations' }).click();
  }

  /** The messages with this text, without the time after it. */
  message(text: string | RegExp): Locator {
    return this.messages.filter({ has: this.page.locator('.text').filter({ hasText: text }) });
  }

  /** Expects exactly one message with this text. */
  async sees(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).toBeVisible();
  }

  /** The texts of the messages in the page, in order. */
  async texts(): Promise<string[]> {
    return this.messages.locator('.text').allInnerTexts();
  }

  /** From now on receives nothing from other tabs and the server, until the returned function is called. */
  async deaf(): Promise<() => void> {
    let hear = () => {};
    const held = new Promise<void>(resolve => {
      hear = resolve;
    });
    await this.page.route('**/messages/sync*', async route => {
      await held;
      // The request may have been cancelled meanwhile.
      await route.continue().catch(() => undefined);
    });
    return hear;
  }

  /** Drops files on the chat, as if dragged from another window. */
  async drop(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    const data = await this.#transfer(files);
    const chat = this.page.getByRole('region', { name: /^Conversation with/ });
    for (const type of ['dragenter', 'dragover']) await chat.dispatchEvent(type, { dataTransfer: data });
    await expect(this.page.getByText('Drop photos or files here')).toBeVisible();
    await chat.dispatchEvent('drop', { dataTransfer: data });
    await expect(this.page.getByText('Drop photos or files here')).toHaveCount(0);
  }

  /** Pastes files, as if copied elsewhere. */
  async paste(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    const data = await this.#transfer(files);
    await this.field.evaluate(
      (field, clipboardData) =>
        field.dispatchEvent(
          new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true, composed: true }),
        ),
      data,
    );
  }

  #transfer(files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<JSHandle<DataTransfer>> {
    const told = files.map(({ name, mimeType, buffer }) => ({ name, type: mimeType, bytes: [...buffer] }));
    return this.page.evaluateHandle(all => {
      const data = new DataTransfer();
      for (const { name, type, bytes } of all)
        data.items.add(new File([new Uint8Array(bytes)], name, { type }));
      return data;
    }, told);
  }

  /** Chooses files, as in the file dialog. */
  async attach(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    await this.page.getByLabel('Add photos or files').setInputFiles(files);
  }
}
