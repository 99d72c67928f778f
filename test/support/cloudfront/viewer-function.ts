import { createContext, runInContext, Script } from 'node:vm';
import { runtimeModules, type FunctionHost } from './function-modules.ts';

/** A header or a parameter, as a function gets it. */
export interface Value {
  value: string;
  /** Where the name occurs more than once; holds the first value too. */
  multiValue?: { value: string }[];
}

/** The request of an event of CloudFront Functions. */
export interface FunctionRequest {
  method: string;
  uri: string;
  querystring: Record<string, Value>;
  headers: Record<string, Value>;
}

/** What a function gives instead of a request. */
export interface FunctionResponse {
  readonly statusCode: number;
  readonly statusDescription: string;
  readonly headers: Readonly<Record<string, { readonly value: string }>>;
  readonly body?: { readonly encoding: 'text'; readonly data: string };
}

/** A realm with the built-ins of ES5.1 and the few methods beyond it that CloudFront documents. */
function bareContext(): object {
  const context = createContext(Object.create(null));
  runInContext(
    `for (const name of ['Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Proxy', 'Reflect', 'Intl', 'BigInt',
      'WebAssembly', 'Atomics', 'SharedArrayBuffer', 'FinalizationRegistry', 'eval', 'Function', 'console'])
      delete globalThis[name];
    for (const name of ['at', 'flat', 'flatMap', 'entries', 'values', 'keys', 'findLast', 'findLastIndex',
      'toSorted', 'toReversed', 'toSpliced', 'with']) delete Array.prototype[name];
    for (const name of ['at', 'matchAll', 'isWellFormed', 'toWellFormed']) delete String.prototype[name];
    for (const name of ['fromEntries', 'hasOwn', 'groupBy']) delete Object[name];
    delete Array.from;
    delete Array.prototype[Symbol.iterator];
    delete String.prototype[Symbol.iterator];`,
    context,
  );
  return context;
}

/** One header or parameter with these values. */
export function entry(values: readonly string[]): Value {
  const value = values[0] ?? '';
  return values.length > 1 ? { value, multiValue: values.map((one) => ({ value: one })) } : { value };
}

/** As CloudFront reads a query: by name, undecoded, in the order of the names. */
export function querystringOf(query: string): Record<string, Value> {
  const values = new Map<string, string[]>();
  for (const pair of query.split('&').filter((one) => one !== '')) {
    const [name = '', ...rest] = pair.split('=');
    values.set(name, [...(values.get(name) ?? []), rest.join('=')]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, entry(all)]));
}

/** Calls the function with an event, and calls back when it has answered. */
type Call = (json: string, done: (json: string) => void, failed: (text: string) => void) => void;

/** What a function begins with, if it does: a module of the runtime, each on a line of its own. */
const IMPORTS = /^import (\w+) from "(\w+)";\n/;

/** The code of a viewer-request function, ready to be called as CloudFront does. */
export class ViewerFunction {
  readonly #context = bareContext();
  readonly #call: Call;

  /** @throws where it imports what is no module of the runtime */
  constructor(source: string, host: FunctionHost = { now: Date.now }) {
    const modules = runtimeModules(this.#context, host);
    const names: string[] = [];
    let script = source;
    for (let found = IMPORTS.exec(script); found !== null; found = IMPORTS.exec(script)) {
      const [line, name = '', from = ''] = found;
      if (!Object.hasOwn(modules, from)) throw new Error(`There is no module ${from}`);
      names.push(`const ${name} = modules[${JSON.stringify(from)}];`);
      script = script.slice(line.length);
    }
    // As texts, so that no object of this realm reaches the other one.
    const caller = `(json, done, failed) => {
      new Promise((resolve) => resolve(handler(JSON.parse(json)))).then(
        (result) => done(JSON.stringify(result)),
        (error) => failed(String(error)),
      );
    }`;
    const whole = `(modules) => {"use strict";${names.join('')}${script}\nreturn ${caller}}`;
    const define = new Script(whole).runInContext(this.#context) as (own: object) => Call;
    this.#call = define(modules);
  }

  call(request: FunctionRequest): Promise<FunctionRequest | FunctionResponse> {
    const event = { version: '1.0', context: {}, viewer: { ip: '192.0.2.1' }, request };
    return new Promise((resolve, reject) => {
      this.#call(
        JSON.stringify(event),
        (json) => resolve(JSON.parse(json) as FunctionRequest | FunctionResponse),
        (text) => reject(new Error(`The function has failed: ${text}`)),
      );
    });
  }
}
