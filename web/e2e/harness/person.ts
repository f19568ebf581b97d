import { expect, type JSHandle, type Locator, type Page } from '@playwright/test';

/** The people of the demo: their ids, by name. */
export const PEOPLE = {
  You: 'you',
  'John Smith': 'john',
  'Jane Doe': 'jane',
  'Mike Worker': 'mike',
} as const;
export type Name = keyof typeof PEOPLE;

/** What you and John Smith say to each other. */
export const WITH_JOHN = 'conv_john_you';

/** Somebody in front of a browser: what they do and see, in the names that the page gives to things. */
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

  /** Opens the demo and says who they are. */
  async signIn(name: Name): Promise<this> {
    await this.page.goto('/');
    await this.page.getByRole('button', { name }).click();
    await expect(this.list.getByRole('heading', { name: 'Messages' })).toBeVisible();
    return this;
  }

  /** The same person in another tab of the same browser. A tab of its own could be anybody: it asks. */
  async inNewTab(name: Name): Promise<Person> {
    return new Person(await this.page.context().newPage()).signIn(name);
  }

  /** The row of the conversation with somebody, or of a crew by the title of its job. */
  row(name: string): Locator {
    return this.list.getByRole('button').filter({ has: this.page.locator('.name', { hasText: name }) });
  }

  /** Opens the conversation with somebody. */
  async open(name: string): Promise<this> {
    await this.row(name).click();
    const chat = this.page.getByRole('region', { name: `Conversation with ${name}` });
    await expect(chat).toBeVisible();
    // Its parts have come: what a test takes away afterwards, a person would not take away within that instant.
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

  /** Has the list in front of them: on a phone a chat that is open is left for it. */
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

  /** The messages with this text; the time that follows it is not part of it. */
  message(text: string | RegExp): Locator {
    return this.messages.filter({ has: this.page.locator('.text').filter({ hasText: text }) });
  }

  /** Sees one message of this text, no more. */
  async sees(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).toBeVisible();
  }

  /** The texts in the page, in their order. */
  async texts(): Promise<string[]> {
    return this.messages.locator('.text').allInnerTexts();
  }

  /** From now on hears nothing of what happens elsewhere, until the returned function is called. */
  async deaf(): Promise<() => void> {
    let hear = () => {};
    const held = new Promise<void>(resolve => {
      hear = resolve;
    });
    await this.page.route('**/messages/sync*', async route => {
      await held;
      // It may have been given up meanwhile.
      await route.continue().catch(() => undefined);
    });
    return hear;
  }

  /** Lets go of files over the chat, as after dragging them out of another window. */
  async drop(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    const data = await this.#transfer(files);
    const chat = this.page.getByRole('region', { name: /^Conversation with/ });
    for (const type of ['dragenter', 'dragover']) await chat.dispatchEvent(type, { dataTransfer: data });
    await expect(this.page.getByText('Drop photos or files here')).toBeVisible();
    await chat.dispatchEvent('drop', { dataTransfer: data });
    await expect(this.page.getByText('Drop photos or files here')).toHaveCount(0);
  }

  /** Pastes files, as after copying a picture elsewhere. */
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

  /** Chooses files as the file dialog would. */
  async attach(...files: { name: string; mimeType: string; buffer: Buffer }[]): Promise<void> {
    await this.page.getByLabel('Add photos or files').setInputFiles(files);
  }
}
