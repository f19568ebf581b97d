import { request as begin } from 'node:http';
import type { HttpAnswer, HttpRequest, Random } from '../../sdk/src/index.ts';
import { type FakeServer, instead, type Reached, settle } from '../../sdk/testing/index.ts';
import type { Api } from './api.ts';

/**
 * How long a request may take, in milliseconds of real time, before the test fails because nothing answers.
 */
const DEADLINE = 60_000;

/**
 * The network between the client's simulated devices and a real server: seeded faults, and sockets that are
 * really closed.
 */
export class Network implements Reached {
  readonly delay = 0;
  /** The probability that a request fails, from 0 to 1. */
  faults = 0;
  #underWay = 0;

  constructor(
    private readonly api: Api,
    private readonly random: Random,
  ) {}

  /** Nothing is delayed here: the server itself decides how long a poll waits. */
  async hold(): Promise<void> {}

  token(user: string): string {
    return this.api.token(user);
  }

  connect(): ReturnType<FakeServer['connect']> {
    throw new Error('The server offers no live connections here.');
  }

  async answer(request: HttpRequest): Promise<HttpAnswer> {
    const dice = this.faults && this.random() / this.faults;
    // Drawn in every case, so that later random numbers do not depend on it.
    const cut = this.random();
    if (this.faults === 0 || dice >= 1) return this.#perform(request);
    if (dice < 0.3) throw new TypeError('Failed to fetch');
    if (dice < 0.6) {
      await this.#perform(request);
      throw new TypeError('Failed to fetch');
    }
    if (dice < 0.8) return this.#perform(request, cut);
    return instead({ status: 503, code: 'unavailable', retryAfterMs: 500 });
  }

  /** Waits until all requests have been answered, and those that follow from the answers, too. */
  async quiet(): Promise<void> {
    const end = Date.now() + DEADLINE;
    for (let still = 0; still < 2; ) {
      await settle();
      still = this.#underWay === 0 ? still + 1 : 0;
      if (Date.now() > end) throw new Error(`${this.#underWay} requests have not been answered.`);
    }
  }

  /** With `cut` the connection is closed after that share of the body was sent. */
  async #perform(request: HttpRequest, cut?: number): Promise<HttpAnswer> {
    this.#underWay += 1;
    try {
      return await performed(request, cut);
    } finally {
      this.#underWay -= 1;
    }
  }
}

function performed({ method, url, headers, body }: HttpRequest, cut?: number): Promise<HttpAnswer> {
  const bytes = body === undefined ? undefined : Buffer.from(body as string);
  return new Promise((resolve, reject) => {
    const failed = () => reject(new TypeError('Failed to fetch'));
    const length = bytes && { 'content-length': bytes.length };
    const sent = begin(url, { method, headers: { ...headers, ...length } }, answer => {
      const parts: Buffer[] = [];
      answer.on('data', part => parts.push(part));
      answer.once('error', failed);
      answer.once('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          header: name => [answer.headers[name.toLowerCase()]].flat()[0],
          body: Buffer.concat(parts).toString(),
        }),
      );
    });
    sent.once('error', failed);
    if (cut === undefined || !bytes) return void sent.end(bytes);
    // In a third of the cases all of it is sent: the server may carry out the request, and the answer is
    // lost.
    const part = bytes.subarray(0, Math.ceil(bytes.length * Math.min(1, cut * 1.5)));
    sent.write(part, () => sent.destroy(new Error('Cut.')));
  });
}
