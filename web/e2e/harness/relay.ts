import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BINARY } from './server.ts';

const SECRET = 'the-secret-of-the-relay';

/** coturn with the configuration that the server prints. `cargo xtask test` installs it. */
export class Relay {
  private constructor(
    /** The flags of the server for calls through it. */
    readonly flags: readonly string[],
    private readonly folder: string,
    private readonly process: ChildProcess,
  ) {}

  /** Starts one. Without `udp`, devices reach it only over TCP. */
  static async start({ udp }: { readonly udp: boolean }): Promise<Relay> {
    const address = ownAddress();
    const port = await freePort(address);
    const url = `turn:${address}:${port}`;
    // Only over UDP, since a busy machine may choose TCP and stay with it.
    const urls = udp ? url : `${url},${url}?transport=tcp`;
    const flags = ['--turn-url', urls, '--turn-secret', SECRET];
    const folder = await mkdtemp(join(tmpdir(), 'jobline-relay-'));
    const file = join(folder, 'turnserver.conf');
    await writeFile(
      file,
      execFileSync(BINARY, [...flags, 'turn-config', '--address', address], { cwd: folder }),
    );
    const own = [
      '--listening-ip',
      address,
      '--pidfile',
      join(folder, 'pid'),
      '--userdb',
      join(folder, 'users'),
    ];
    const process = spawn(
      'turnserver',
      ['-c', file, '--log-file', 'stdout', ...own, ...(udp ? [] : ['--no-udp'])],
      {
        stdio: 'ignore',
      },
    );
    const failed = once(process, 'exit').then(([code]) =>
      Promise.reject(Error(`coturn ended with ${code}.`)),
    );
    await Promise.race([failed, udp ? answers(address, port) : listens(address, port)]);
    failed.catch(() => undefined);
    return new Relay(flags, folder, process);
  }

  /** Carries nothing until `resume` is called, as during a network failure. */
  pause(): void {
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    this.process.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    const gone = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await gone;
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The address by which this machine reaches others: coturn does not relay to loopback. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap(found => found ?? []);
  const own = all.find(({ family, internal }) => family === 'IPv4' && !internal);
  if (!own) throw new Error('The relay needs a network besides loopback.');
  return own.address;
}

async function freePort(address: string): Promise<number> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const found = server.address();
  server.close();
  await once(server, 'close');
  if (!found || typeof found === 'string') throw new Error('There is no free port.');
  return found.port;
}

/** Waits until a STUN binding request is answered over UDP. */
async function answers(address: string, port: number): Promise<void> {
  const socket = createSocket('udp4');
  const answered = once(socket, 'message');
  const request = Buffer.concat([Buffer.from('000100002112a442', 'hex'), randomBytes(12)]);
  const end = Date.now() + 30_000;
  try {
    for (;;) {
      socket.send(request, port, address);
      const again = new Promise<'again'>(resolve => setTimeout(resolve, 200, 'again'));
      if ((await Promise.race([answered, again])) !== 'again') return;
      if (Date.now() > end) throw new Error('coturn does not answer.');
    }
  } finally {
    socket.close();
  }
}

async function listens(address: string, port: number): Promise<void> {
  const end = Date.now() + 30_000;
  for (;;) {
    const socket = connect(port, address);
    const isThere = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isThere) return;
    if (Date.now() > end) throw new Error('coturn does not listen.');
  }
}
