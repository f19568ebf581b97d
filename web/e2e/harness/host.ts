import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A marketplace: a page on another origin. */
export class Host {
  private constructor(
    readonly origin: string,
    private readonly server: Server,
    private readonly pages: Map<string, string>,
  ) {}

  static async start(): Promise<Host> {
    const pages = new Map<string, string>();
    const server = createServer((request, response) => {
      const page = pages.get(request.url ?? '');
      response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(page ?? '');
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new Host(`http://127.0.0.1:${port}`, server, pages);
  }

  /** Publishes a page, and returns its address. */
  publish(path: string, html: string): string {
    this.pages.set(path, html);
    return this.origin + path;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}
