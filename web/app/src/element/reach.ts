import type { Jobline } from '@jobline/sdk';

/** A fault that the developer of the page has to correct. */
interface Fault {
  readonly code: 'origin_not_allowed' | 'blocked_by_policy';
  readonly detail: string;
}

/**
 * Finds out whether the page itself is the reason that `server` cannot be reached: to a page this looks like a lost
 * connection. The returned function ends that.
 */
export function watchReach(client: Jobline, server: string, tell: (fault: Fault) => void): () => void {
  const { origin } = new URL(server, location.href);
  if (origin === location.origin) return () => undefined;
  let failures = 0;
  const told = new Set<string>();
  const once = (fault: Fault) => {
    if (told.has(fault.code)) return;
    told.add(fault.code);
    tell(fault);
  };
  const look = async () => {
    const { problem } = client.connection.get();
    failures = problem?.code === 'network' && problem.status === undefined ? failures + 1 : 0;
    // A single failure may be a connection that was lost for a moment.
    if (failures < 2 || told.has('origin_not_allowed') || !(await isForbidden(server))) return;
    once({
      code: 'origin_not_allowed',
      detail: `${server} is there and does not let pages of ${location.origin} call it. Start it with --allowed-origins ${location.origin}`,
    });
  };
  const violated = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
    if (!blockedURI.startsWith(origin)) return;
    once({
      code: 'blocked_by_policy',
      detail: `The content security policy of this page forbids ${blockedURI}: add ${origin} to its ${effectiveDirective}.`,
    });
  };
  document.addEventListener('securitypolicyviolation', violated);
  const stop = client.connection.subscribe(() => void look());
  return () => {
    stop();
    document.removeEventListener('securitypolicyviolation', violated);
  };
}

/** Whether the server is reachable but does not let this page read answers. */
async function isForbidden(server: string): Promise<boolean> {
  const answers = (mode: RequestMode) =>
    fetch(`${server}/messages/conversations`, { mode, cache: 'no-store', credentials: 'omit' }).then(
      () => true,
      () => false,
    );
  return (await answers('no-cors')) && !(await answers('cors'));
}
