/**
 * The types of the server's tRPC router, for `createTRPCClient<AppRouter>` of tRPC 11 and, as {@link AppRouterV10}, for
 * `createTRPCProxyClient` of tRPC 10. These are only types, and need no package of tRPC.
 *
 * They are derived from `generated/contract.ts`, and so from the OpenAPI document.
 */

// biome-ignore-all lint/suspicious/noExplicitAny: tRPC reads these places as any; the server has nothing there.

import type { Code, Procedures } from './generated/contract.ts';

/** What an error of the router looks like: `error.shape`, of which `error.data` is a part. */
export interface TrpcErrorShape {
  readonly message: string;
  /** The JSON-RPC error number. */
  readonly code: number;
  readonly data: {
    /** tRPC's name of the status. */
    readonly code: string;
    readonly httpStatus: number;
    /** The procedure; absent when the whole request was refused. */
    readonly path?: string;
    /** The code of the contract. */
    readonly reason: Code;
    /** The wrong input field. */
    readonly field?: string;
    /** When it may be tried again, in milliseconds. */
    readonly retryAfterMs?: number;
  };
}

/** An input without required fields may be left out. */
type Input<I> = Record<string, never> extends I ? I | undefined : I;

/** `transformer` is any: clients with superjson and without are answered in kind. */
interface Config {
  $types: { ctx: any; meta: any; errorShape: TrpcErrorShape; transformer: any };
  transformer: any;
  errorFormatter: any;
  allowOutsideOfServer: boolean;
  isServer: boolean;
  isDev: boolean;
  pathSeparator: any;
}

/** A procedure as both versions of tRPC read it. */
interface Procedure<Type extends 'query' | 'mutation', I, O> {
  (opts: any): Promise<O>;
  meta: any;
  _type: Type;
  _procedure: true;
  _def: {
    type: Type;
    procedure: true;
    meta: any;
    inputs: any[];
    experimental_caller: boolean;
    $types: { input: Input<I>; output: O; errorShape: TrpcErrorShape };
    _config: Config;
    _meta: any;
    _ctx_out: any;
    _input_in: Input<I>;
    _input_out: Input<I>;
    _output_in: O;
    _output_out: O;
  } & Record<'resolver' | 'middlewares' | 'mutation' | 'query' | 'subscription', any>;
}

type Named<Name extends keyof Procedures> = Procedure<
  Procedures[Name]['method'] extends 'GET' ? 'query' : 'mutation',
  Procedures[Name]['input'],
  Procedures[Name]['output']
>;

type Messages = { [Name in Exclude<keyof Procedures, `calls.${string}`>]: Named<Name> };

type Calls = {
  [Name in keyof Procedures as Name extends `calls.${infer Short}` ? Short : never]: Named<Name>;
};

interface Router<Routes> {
  _def: {
    _config: Config;
    router: true;
    procedure?: never;
    procedures: Routes;
    record: Routes;
    lazy: any;
  };
  createCaller: any;
}

/** Only tRPC 10 asks for these. */
interface RouterV10<Routes> extends Router<Routes> {
  _def: Router<Routes>['_def'] & Record<'queries' | 'mutations' | 'subscriptions', object>;
  getErrorShape: any;
}

/** The router, for tRPC 11. */
export type AppRouter = Router<{ messages: Messages; calls: Calls }>;

/** The router, for tRPC 10. */
export type AppRouterV10 = RouterV10<{
  messages: RouterV10<Messages>;
  calls: RouterV10<Calls>;
}>;
