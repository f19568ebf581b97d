import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Api } from './api.ts';

/** The program under test. `cargo xtask test` sets it to the one that it has built. */
export const BINARY =
  process.env.JOBLINE_BIN ?? new URL('../../../target/debug/jobline', import.meta.url).pathname;

/** Where data is kept: in memory if possible, because tests write thousands of messages one after another. */
const FOLDERS = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A real server with the demo's people, on a free port of this machine, with a separate data folder. */
export class Server {
  #process: ChildProcess;

  private constructor(
    readonly url: string,
    readonly folder: string,
    private readonly flags: readonly string[],
    process: ChildProcess,
  ) {
    this.#process = process;
  }

  /** Starts one, and resolves when it accepts requests. `flags` are flags of the server. */
  static async start(...flags: string[]): Promise<Server> {
    const folder = await mkdtemp(join(FOLDERS, 'jobline-e2e-'));
    const [started, url] = await run(folder, '127.0.0.1:0', flags);
    return new Server(url, folder, flags, started);
  }

  /**
   * A server that its flags make a real deployment, so that no demo starts; with the people and secrets of a
   * demo.
   */
  static async deployed(...flags: string[]): Promise<Server> {
    const demo = await Server.start();
    await demo.stop();
    const { hostKey, jwtSecret } = await secretsIn(demo.folder);
    const all = [...flags, '--jwt-secret', jwtSecret, '--host-key', hostKey];
    const [started, url] = await run(demo.folder, '127.0.0.1:0', all);
    return new Server(url, demo.folder, all, started);
  }

  /** Asks it to stop, and waits until it has stopped. */
  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    await gone;
  }

  /** Kills it, as a crash or a power failure would. */
  async kill(): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await gone;
  }

  /** Starts it again with the same data and address, and with other flags if any are given. */
  async start(flags = this.flags): Promise<void> {
    [this.#process] = await run(this.folder, new URL(this.url).host, flags);
  }

  /** Stops it for good, and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Calls of the public API, without a browser. */
  async api(): Promise<Api> {
    const { hostKey, jwtSecret } = await secretsIn(this.folder);
    return new Api(this.url, hostKey, jwtSecret);
  }
}

/** The secrets of a demo. A server that is not a demo has none there; its tests bring their own. */
async function secretsIn(folder: string): Promise<{ hostKey: string; jwtSecret: string }> {
  const secrets = await readFile(join(folder, 'demo.env'), 'utf8').catch(() => '');
  const secret = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(secrets)?.[1] ?? '';
  return { hostKey: secret('JOBLINE_HOST_KEY'), jwtSecret: secret('JOBLINE_JWT_SECRET') };
}

/** The running servers, so that none is left when the tests end. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const one of running) one.kill('SIGKILL');
});

async function run(
  folder: string,
  listen: string,
  flags: readonly string[],
): Promise<[ChildProcess, string]> {
  const started = spawn(BINARY, ['--listen', listen, '--data', folder, '--log', 'warn', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(started);
  started.once('exit', () => running.delete(started));
  const failed = once(started, 'error').then(([error]) => Promise.reject(error));
  const ended = once(started, 'exit').then(([code]) =>
    Promise.reject(new Error(`jobline ended with ${code}`)),
  );
  const announced = (async () => {
    for await (const line of createInterface(started.stdout ?? [])) {
      const url = /^listening on (.*)$/.exec(line)?.[1];
      if (url) return url;
    }
    throw new Error('jobline did not say where it listens');
  })();
  const url = await Promise.race([announced, failed, ended]);
  for (const settled of [failed, ended]) settled.catch(() => undefined);
  return [started, url];
}
