import { request as ask, createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/** A proxy that shows a server under a path of its own origin, and answers 404 to everything else. */
export class PathProxy {
  /** Requests outside the path. */
  readonly astray: string[] = [];
  #target = '';

  private constructor(
    readonly origin: string,
    private readonly server: Server,
  ) {}

  /**
   * Starts one for `path`, such as `/chat`; it passes requests on with that path, or with `strips` without
   * it.
   */
  static async start(path: string, strips: boolean): Promise<PathProxy> {
    const server = createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const proxy = new PathProxy(`http://127.0.0.1:${port}`, server);
    const passedOn = (url = '') => {
      if (url !== path && !url.startsWith(`${path}/`)) {
        proxy.astray.push(url);
        return undefined;
      }
      return strips ? url.slice(path.length) || '/' : url;
    };
    server.on('request', (request, response) => {
      const url = passedOn(request.url);
      if (url === undefined) {
        response.writeHead(404).end();
        return;
      }
      const { method, headers } = request;
      const further = ask(proxy.#target + url, { method, headers }, answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      });
      further.on('error', () => response.destroy());
      request.pipe(further);
    });
    server.on('upgrade', (request, socket, head) => {
      const url = passedOn(request.url);
      if (url === undefined) return socket.destroy();
      const further = connect(Number(new URL(proxy.#target).port), '127.0.0.1', () => {
        const lines = [`GET ${url} HTTP/1.1`];
        for (let at = 0; at < request.rawHeaders.length; at += 2)
          lines.push(`${request.rawHeaders[at]}: ${request.rawHeaders[at + 1]}`);
        further.write(`${lines.join('\r\n')}\r\n\r\n`);
        further.write(head);
        further.pipe(socket).pipe(further);
      });
      for (const [one, other] of [
        [further, socket],
        [socket, further],
      ] as const)
        one.on('error', () => other.destroy());
      return undefined;
    });
    return proxy;
  }

  /** Passes requests on to the server at `url`. */
  to(url: string): void {
    this.#target = url;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}
