/**
 * A quick start as a reader follows it: its files are written and its commands run; its packages are
 * installed before.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const HERE = new URL('..', import.meta.url).pathname;
const DOCS = new URL('../../../docs/quick-starts/', import.meta.url).pathname;
/** The environment in which `pip install` of the quick starts was run: `cargo xtask test` sets it. */
export const PYTHON =
  process.env.JOBLINE_PYTHON ?? new URL('../../../target/host-tools', import.meta.url).pathname;

export interface Block {
  readonly language: string;
  readonly code: string;
  /** The file name in backticks at the beginning or the end of the text before a block. */
  readonly file: string | undefined;
}

/** The code blocks of a quick start, in order. */
export function blocks(name: string): Block[] {
  const text = readFileSync(join(DOCS, `${name}.md`), 'utf8');
  const found: Block[] = [];
  let end = 0;
  for (const match of text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)) {
    const before = text.slice(end, match.index);
    const [, language = '', code = ''] = match;
    const file = [...before.matchAll(/`([\w/.-]+\.(?:html|mjs|tsx?|py|go))`/g)].at(-1)?.[1];
    found.push({ language, code, file: language === 'sh' ? undefined : file });
    end = match.index + match[0].length;
  }
  return found;
}

/** Free ports of this machine. All are open at the same time, so that they differ. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise(resolve => server.close(resolve));
  return port;
}

const isInstallation = (command: string) => /^(npm|pip) install/.test(command);

/** An empty project, with the packages that `npm install` of the quick starts would install. */
export class Project {
  readonly folder: string;
  readonly #running = new Set<ChildProcess>();

  /** `replaced`: addresses in the text, and those of this run. */
  constructor(
    readonly name: string,
    readonly env: Record<string, string>,
    readonly replaced: readonly (readonly [string, string])[],
    tarballs: readonly string[],
  ) {
    this.folder = join(HERE, 'run', `${name}-${process.pid}`);
    const modules = join(this.folder, 'node_modules');
    mkdirSync(modules, { recursive: true });
    writeFileSync(join(this.folder, 'package.json'), '{ "private": true }');
    // All other packages are resolved in the folders above, as Node.js does.
    symlinkSync(join(HERE, 'node_modules/.bin'), join(modules, '.bin'));
    this.#tarballs = tarballs;
  }

  readonly #tarballs: readonly string[];

  /** Carries out a quick start. Its last command runs until `end`. */
  async follow(name = this.name): Promise<void> {
    for (const command of await this.#prepare(name)) await this.#carryOut(command);
  }

  /** Carries out a quick start whose programs end, and returns their output. */
  async finish(name = this.name): Promise<string> {
    let printed = '';
    for (const command of await this.#prepare(name)) {
      if (isInstallation(command)) this.#isInstalled(command);
      else printed += await this.run(command);
    }
    return printed;
  }

  /** Installs the packages and writes the files of a quick start. Returns its commands. */
  async #prepare(name: string): Promise<string[]> {
    for (const tarball of this.#tarballs) {
      const place = join(
        this.folder,
        'node_modules/@jobline',
        /jobline-(\w+)-[^/]+tgz$/.exec(tarball)?.[1] ?? '',
      );
      mkdirSync(place, { recursive: true });
      await this.run(`tar xzf ${tarball} -C ${place} --strip-components 1`);
    }
    const all = blocks(name);
    for (const { file, code } of all) {
      if (file === undefined) continue;
      mkdirSync(dirname(join(this.folder, file)), { recursive: true });
      writeFileSync(join(this.folder, file), this.#here(code));
    }
    return all.filter(({ language }) => language === 'sh').map(({ code }) => code);
  }

  #here(text: string): string {
    return this.replaced.reduce((now, [from, to]) => now.replaceAll(from, to), text);
  }

  async #carryOut(command: string): Promise<void> {
    if (isInstallation(command)) return this.#isInstalled(command);
    // Servers run until the end; all commands before them have to succeed.
    const [, before = '', server] = /^([\s\S]*?)^((?:node|uvicorn|npx next start) .*)$/m.exec(command) ?? [];
    await this.run(server ? before : command);
    if (server) this.keep(server);
  }

  /** The packages of a quick start are among those that were installed for all of them. */
  #isInstalled(command: string): void {
    const { devDependencies } = JSON.parse(readFileSync(join(HERE, 'package.json'), 'utf8'));
    const pip = readFileSync(join(HERE, 'requirements.txt'), 'utf8');
    for (const line of command.trim().split('\n')) {
      const [program, , ...names] = line.split(/ +/);
      for (const name of names.filter(name => !name.startsWith('-') && !name.startsWith('@jobline/'))) {
        const there = program === 'pip' ? new RegExp(`^${name}\\b`, 'im').test(pip) : name in devDependencies;
        if (!there) throw new Error(`${this.name} installs ${name}, which web/hosts does not have.`);
      }
    }
  }

  #spawn(command: string): ChildProcess {
    const path = `${PYTHON}/bin:${process.env.PATH}`;
    const env = {
      ...process.env,
      NEXT_TELEMETRY_DISABLED: '1',
      ...this.env,
      PATH: path,
      NODE_ENV: 'production',
    };
    const child = spawn('bash', ['-ec', this.#here(command)], {
      cwd: this.folder,
      env: env as never,
      detached: true,
    });
    this.#running.add(child);
    child.once('exit', () => this.#running.delete(child));
    return child;
  }

  /** Starts a command that runs until `end`. */
  keep(command: string): void {
    const child = this.#spawn(command);
    child.stderr?.on('data', text => process.stderr.write(`${this.name}: ${text}`));
    child.stdout?.resume();
  }

  /** Runs commands to their end and returns their output. */
  async run(command: string): Promise<string> {
    const child = this.#spawn(command);
    let printed = '';
    let told = '';
    child.stdout?.on('data', text => {
      printed += text;
    });
    child.stderr?.on('data', text => {
      told += text;
    });
    const code = await new Promise(resolve => child.once('close', resolve));
    if (code !== 0) throw new Error(`${this.name}: ended with ${code}\n${command}\n${printed}${told}`);
    return printed;
  }

  /** Stops the running commands, with their child processes, and removes the folder. */
  end(): void {
    for (const { pid } of this.#running) if (pid) process.kill(-pid, 'SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Repeats a request until it succeeds. */
export async function answered(url: string, init?: RequestInit): Promise<Response> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = await fetch(url, init).catch(() => undefined);
    if (answer?.ok) return answer;
    if (Date.now() > deadline) throw new Error(`${url} answers ${answer?.status}: ${await answer?.text()}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
