import { beforeAll, expect, it } from 'vitest';
import { KeyValueStoreContents } from '../support/aws/key-value-store-contents.ts';
import { EdgeCopy } from '../support/cloudfront/edge-copy.ts';
import { ViewerFunction } from '../support/cloudfront/viewer-function.ts';
import { describeWithNjs, type NjsCall, runInNjs } from '../support/njs.ts';
import { temporaryFolder, temporaryFolders } from '../support/temporary.ts';
import { type Calls, NOW, privateCalls, publicCalls } from './edge-events.ts';
import {
  AWAITS_REFUSED,
  AWAITS_TAKEN,
  bundleEdgeFunction,
  eventRequest,
  get,
  root,
  toScript,
} from './edge-functions.ts';

/** A call and what came of it, so that a failure shows both. */
interface Outcome {
  readonly call: NjsCall;
  readonly outcome: unknown;
}

/** Each call in the bare VM that other tests use. */
async function inBareVm(
  source: string,
  calls: readonly NjsCall[],
  tokens: KeyValueStoreContents,
): Promise<Outcome[]> {
  const copy = new EdgeCopy(tokens);
  const now = (): number => NOW;
  const withStore = new ViewerFunction(source, { now, tokens: copy });
  const alone = new ViewerFunction(source, { now });
  const outcomes: Outcome[] = [];
  for (const call of calls) {
    copy.failure = call.failure === 'no store' ? undefined : call.failure;
    const outcome = await (call.failure === 'no store' ? alone : withStore).call(call.request);
    outcomes.push({ call, outcome });
  }
  return outcomes;
}

/** The statuses among them; 200 for what is looked up. */
function statusesOf(outcomes: readonly unknown[]): number[] {
  const statuses = outcomes.map((outcome) => (outcome as { statusCode?: number }).statusCode ?? 200);
  return [...new Set(statuses)].sort();
}

interface Subject {
  /** The name of the function's file. */
  readonly name: string;
  readonly tokens: KeyValueStoreContents;
  readonly groups: Calls;
  /** All that it can answer. */
  readonly statuses: readonly number[];
}

function behavesTheSame({ name, tokens, groups, statuses }: Subject): void {
  const calls = Object.values(groups).flat();
  const newFolder = temporaryFolders();
  let source: string;
  let outcomes: ReadonlyMap<NjsCall, unknown>;

  beforeAll(async () => {
    source = await bundleEdgeFunction(root, name);
    const host = { now: NOW, tokens: tokens.entries() };
    const answers = runInNjs(newFolder(), source, calls, host);
    outcomes = new Map(calls.map((call, index) => [call, answers[index]]));
  });

  it.each(Object.keys(groups))('answers as it does in the bare VM to %s', async (group) => {
    const expected = await inBareVm(source, groups[group] ?? [], tokens);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.map(({ call }) => ({ call, outcome: outcomes.get(call) }))).toEqual(expected);
  });

  it('gives each answer that it has to one of them', () => {
    expect(statusesOf([...outcomes.values()])).toEqual(statuses);
  });
}

describeWithNjs('The edge function, in the engine that its runtime was made from,', () => {
  behavesTheSame({
    name: 'viewer-request',
    tokens: new KeyValueStoreContents(),
    groups: publicCalls(),
    statuses: [200, 301, 302, 404, 405, 406],
  });
});

describeWithNjs('The edge function of a private index, in the engine that its runtime was made from,', () => {
  const tokens = new KeyValueStoreContents();
  behavesTheSame({
    name: 'private-viewer-request',
    tokens,
    groups: privateCalls(tokens),
    statuses: [200, 301, 302, 401, 403, 404, 405, 406, 503],
  });
});

describeWithNjs('The build of an edge function and that engine', () => {
  const host = { now: NOW, tokens: [] };
  const call = { request: eventRequest(get('/')) };

  const asynchronous = (statement: string): string => `async function handler(event) { ${statement} }\n`;
  const refused = [
    ...AWAITS_REFUSED.map(asynchronous),
    'function handler(event) { with (event) { return request; } }\n',
    'function handler(event) { return /[^]/.test(event.request.uri); }\n',
  ];

  it.each(refused)('both refuse %s', async (script) => {
    await expect(toScript(`${script}export { handler };\n`)).rejects.toThrow();
    expect(() => runInNjs(temporaryFolder(), script, [call], host)).toThrow('SyntaxError');
  });

  it.each(AWAITS_TAKEN)('both take %s', async (statement) => {
    const script = await toScript(`${asynchronous(statement)}export { handler };\n`);
    expect(runInNjs(temporaryFolder(), script, [call], host)).toHaveLength(1);
  });

  it('answer otherwise than the bare VM where patterns differ: `$` of PCRE matches before a last line end', async () => {
    const source = await toScript(
      'function handler() { return { statusCode: /^a$/.test("a\\n") ? 200 : 404 }; }\nexport { handler };\n',
    );
    expect(runInNjs(temporaryFolder(), source, [call], host)).toEqual([{ statusCode: 200 }]);
    expect(await inBareVm(source, [call], new KeyValueStoreContents())).toEqual([
      { call, outcome: { statusCode: 404 } },
    ]);
  });

  it.each([
    ['"a".normalize()', 'normalize'],
    ['"a".localeCompare("b")', 'localeCompare'],
    ['"a".replaceAll("a", "b")', 'replaceAll'],
    ['Object.hasOwn(event, "request")', 'hasOwn'],
    ['[1].findLast(String)', 'findLast'],
    ['escape("a")', 'escape'],
  ])('do not have %s', async (value, missing) => {
    const script = `function handler(event) { return ${value}; }\n`;
    await expect(toScript(`${script}export { handler };\n`)).rejects.toThrow(missing);
    const [outcome] = runInNjs(temporaryFolder(), script, [call], host);
    expect(outcome).toEqual({ failed: expect.stringContaining(missing) as string });
  });
});
