import { createHmac } from 'node:crypto';

/** The fields of a message that the tests look at, as the API returns them. */
export interface Told {
  readonly id: string;
  readonly number: number;
  readonly senderId: string;
  readonly content: string;
  readonly clientId?: string;
  readonly status: string;
  readonly type: string;
  readonly contentType?: string;
  readonly durationMs?: number;
  readonly waveform?: string;
}

/** A user who calls the public API directly, as another device of theirs would. */
export class Api {
  readonly #tokens = new Map<string, string>();

  constructor(
    readonly url: string,
    private readonly hostKey: string,
    private readonly jwtSecret: string,
  ) {}

  /** A user token that expires in `seconds`; negative: that expired that long ago. */
  token(user: string, seconds = 3600): string {
    const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
    const now = Math.floor(Date.now() / 1000);
    const text = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub: user, iat: now - 7200, exp: now + seconds })}`;
    return `${text}.${createHmac('sha256', this.jwtSecret).update(text).digest('base64url')}`;
  }

  async say(from: string, to: string, content: string, clientId?: string): Promise<void> {
    await this.#call(from, 'POST', '/messages/send', {
      receiverId: to,
      content,
      ...(clientId && { clientId }),
    });
  }

  /** Sends to a conversation by its id, such as a crew. */
  async sayTo(from: string, conversationId: string, content: string): Promise<void> {
    await this.#call(from, 'POST', '/messages/send', { conversationId, content });
  }

  /** Sends a reply to a message. */
  async reply(from: string, conversationId: string, replyTo: string, content: string): Promise<void> {
    await this.#call(from, 'POST', '/messages/send', { conversationId, content, replyTo });
  }

  /** Sends `count` messages between two users in turn, each with its number as its text. */
  async history(one: string, other: string, count: number): Promise<void> {
    for (let number = 1; number <= count; number++) {
      const [from, to] = number % 3 === 0 ? [other, one] : [one, other];
      await this.say(from, to, `Message ${number}`);
    }
  }

  /** Marks all of a conversation as read, as on another device. */
  async read(user: string, conversationId: string): Promise<void> {
    await this.#call(user, 'POST', '/messages/markAsRead', { conversationId });
  }

  /** Mutes a conversation, as on another device. */
  async mute(user: string, conversationId: string, until: string): Promise<void> {
    await this.#call(user, 'POST', '/messages/mute', { conversationId, until });
  }

  /** Edits a message, as on another device. */
  async edit(user: string, conversationId: string, messageId: string, content: string): Promise<void> {
    await this.#call(user, 'POST', '/messages/edit', { conversationId, messageId, content });
  }

  /** Every message of a conversation, oldest first. */
  async messages(user: string, conversationId: string): Promise<Told[]> {
    const all: Told[] = [];
    for (let before: string | undefined; ; ) {
      const query = new URLSearchParams({ conversationId, ...(before && { before }) });
      const page = (await this.#call(user, 'GET', `/messages/list?${query}`)) as {
        messages: Told[];
        hasMore: boolean;
      };
      all.unshift(...page.messages);
      before = page.messages[0]?.id;
      if (!page.hasMore || !before) return all;
    }
  }

  /** The preferences of a user. */
  async preferences(user: string): Promise<unknown> {
    return this.#call(user, 'GET', '/messages/preferences');
  }

  /** The reports that the marketplace has received. */
  async reports(): Promise<readonly Record<string, unknown>[]> {
    const answer = await this.#ask(this.hostKey, 'GET', '/host/reports');
    return (answer as { reports: Record<string, unknown>[] }).reports;
  }

  async job(id: number, title: string, participants: string[], status: 'open' | 'closed'): Promise<void> {
    await this.#host('PUT', `/host/jobs/${id}`, { title, participants, status });
  }

  /** Closes the job of the demo's crew, after which You and John Smith share one job. */
  async oneJob(): Promise<void> {
    await this.job(63, 'Tile the bathroom', ['you', 'john', 'mike'], 'closed');
  }

  async person(id: string, name: string): Promise<void> {
    await this.#host('PUT', `/host/users/${encodeURIComponent(id)}`, { name });
  }

  /** Uploads and sends a file of `from` to `to`, with this name and type. */
  async sendFile(
    from: string,
    to: string,
    fileName: string,
    contentType: string,
    bytes: Buffer,
  ): Promise<void> {
    const announced = { receiverId: to, fileName, fileSize: bytes.length, contentType };
    const target = (await this.#call(from, 'POST', '/messages/uploadFile', announced)) as {
      uploadUrl: string;
      fileUrl: string;
    };
    await answered(
      await fetch(target.uploadUrl, {
        method: 'PUT',
        headers: { 'content-type': contentType },
        body: new Uint8Array(bytes),
      }),
    );
    await this.#call(from, 'POST', '/messages/send', {
      receiverId: to,
      content: '',
      fileUrl: target.fileUrl,
    });
  }

  async #call(user: string, method: string, path: string, body?: object): Promise<unknown> {
    const token = this.#tokens.get(user) ?? this.token(user);
    this.#tokens.set(user, token);
    return this.#ask(token, method, path, body);
  }

  #host(method: string, path: string, body: object): Promise<unknown> {
    return this.#ask(this.hostKey, method, path, body);
  }

  async #ask(key: string, method: string, path: string, body?: object): Promise<unknown> {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const answer = await fetch(this.url + path, {
      method,
      headers,
      ...(body && { body: JSON.stringify(body) }),
    });
    return JSON.parse(await answered(answer));
  }
}

async function answered(answer: Response): Promise<string> {
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}: ${text}`);
  return text;
}
