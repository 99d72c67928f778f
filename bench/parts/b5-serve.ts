import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { complete, WHEELSTORE } from '../frame/command.ts';
import { fasterGoal } from '../frame/goals.ts';
import { startLoadGenerator, type LoadGenerator } from '../frame/load.ts';
import { measure } from '../frame/measure.ts';
import { forgetPeak, peakOf } from '../frame/memory.ts';
import type { Contestant, Goal, Group, NotMeasured, Part, Setting } from '../frame/part.ts';
import { missingPeers, peer, python } from '../frame/peers.ts';
import { startOnPort, startServer, type Running } from '../frame/servers.ts';
import { noise, writeWheels } from '../frame/wheels.ts';

/** Python's servers let 5 wait, and make others try again after a second: that would be all one measures. */
const CONNECTIONS = 4;
/** The warm-up takes so much less time: it does not count. */
const WARM_UP = 4;
const PAYLOAD = 50_000;
const HTML = 'text/html';
const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';

interface Server extends Running {
  readonly name: string;
  /** What it is asked about; anything, unless given. */
  readonly project?: string;
}

/** What is asked of each server. */
interface Question {
  readonly title: string;
  readonly project: string;
  readonly accept: string;
  /** Whether the client has the page already. */
  readonly again?: boolean;
  /** Whether the first file of the page is asked for. */
  readonly file?: boolean;
}

/** Requests a second of `serve` and of others, on the same files. */
export const serve: Part = {
  title: 'Serve pages and files',
  run: async (setting) => {
    const sizes = setting.quick ? [2, 5] : [10, 1_000];
    const servers = await startServers(setting, sizes);
    const load = startLoadGenerator(setting.scope);
    const notMeasured: NotMeasured[] = missingPeers('pypiserver');
    const groups: Group[] = [];
    const goals: Goal[] = [];
    for (const question of questionsAbout(sizes)) {
      const contestants: Contestant[] = [];
      for (const server of servers) {
        if (server.project !== undefined && server.project !== question.project) continue;
        const contestant = await contestantOf(setting, server, question, load);
        if ('because' in contestant) notMeasured.push(contestant);
        else contestants.push(contestant);
      }
      const group = await measure(setting, question.title, contestants);
      groups.push(group);
      // pypiserver has neither JSON pages nor validators of pages.
      if (question.accept !== HTML || question.again === true) continue;
      const text = `${group.title}: 5 times as fast as pypiserver`;
      goals.push(fasterGoal(text, group, 'wheelstore', 'pypiserver', 5));
    }
    return { groups, goals, notMeasured };
  },
};

function questionsAbout(sizes: readonly number[]): Question[] {
  const pages = sizes.flatMap((size) => {
    const project = projectOf(size);
    const page = `page with ${size.toLocaleString('en')} files`;
    return [
      { title: `${page}, HTML`, project, accept: HTML },
      { title: `${page}, JSON`, project, accept: JSON_TYPE },
      { title: `${page}, HTML that the client has (304)`, project, accept: HTML, again: true },
    ];
  });
  return [...pages, { title: 'wheel of 50 KB', project: projectOf(sizes[0] ?? 0), accept: HTML, file: true }];
}

function projectOf(size: number): string {
  return `project-with-${size}`;
}

/**
 * Makes the same files a repository for us, and a folder for each project for pypiserver, which looks through all of its
 * folder for each request.
 */
async function startServers(setting: Setting, sizes: readonly number[]): Promise<Server[]> {
  const { scope } = setting;
  const folder = await scope.folder();
  const repository = join(folder, 'repository');
  const pypiserver = peer('pypiserver');
  const others: Server[] = [];
  for (const size of sizes) {
    const project = projectOf(size);
    const wheels = join(folder, project);
    await mkdir(wheels);
    const files = { 'noise.bin': noise(PAYLOAD, size) };
    const specs = Array.from({ length: size }, (_, i) => ({ name: project, version: `1.${i}`, files }));
    await writeWheels(wheels, specs);
    await complete(scope, WHEELSTORE, ['upload', wheels, '--store', repository]);
    if (pypiserver === undefined) continue;
    const words = ['run', '--interface', '127.0.0.1', '--disable-fallback', '--port'];
    const running = await startOnPort(scope, (port) => [...pypiserver, ...words, String(port), wheels]);
    others.push({ name: 'pypiserver', project, ...running });
  }
  const own = [...WHEELSTORE, 'serve', repository, '--port', '0', '--quiet'];
  const plain = ['-u', '-m', 'http.server', '0', '--bind', '127.0.0.1', '--directory', repository];
  const plainServer = await startServer(scope, [...python(), ...plain], /port (\d+)/);
  return [
    { name: 'wheelstore', ...(await startServer(scope, own, /at (http:\S+)\/simple\//)) },
    ...others,
    { ...plainServer, name: 'http.server', url: `http://127.0.0.1:${plainServer.url}` },
  ];
}

/** Asks once, to see whether a server does this at all. */
async function contestantOf(
  setting: Setting,
  server: Server,
  question: Question,
  load: LoadGenerator,
): Promise<Contestant | NotMeasured> {
  const page = `${server.url}/simple/${question.project}/`;
  const refuse = (because: string): NotMeasured => ({ what: `${server.name}, ${question.title}`, because });
  const first = await fetch(page, { headers: { accept: question.accept } });
  const body = await first.text();
  if (!(first.headers.get('content-type') ?? '').startsWith(question.accept)) {
    return refuse(`it answers with ${first.headers.get('content-type')}`);
  }
  const headers: Record<string, string> = { accept: question.accept };
  let status = 200;
  if (question.again === true) {
    const etag = first.headers.get('etag');
    const modified = first.headers.get('last-modified');
    if (etag === null && modified === null) return refuse('its pages have no validator');
    Object.assign(headers, etag === null ? { 'if-modified-since': modified } : { 'if-none-match': etag });
    status = 304;
  }
  const [, link = ''] = question.file === true ? (/<a href="([^"#]+)/.exec(body) ?? []) : [];
  const url = new URL(link, page).href;
  const long = setting.size(2_000, 200);
  return {
    name: server.name,
    // What is slow gets no more time than what is fast: the sample is the time for one answer.
    work: { what: 'requests', times: 1 },
    run: async (turn) => {
      forgetPeak(server.child.pid);
      const end = { milliseconds: turn === 0 ? long / WARM_UP : long };
      const { milliseconds, answers, p99 } = await load.run({
        url,
        headers,
        end,
        connections: CONNECTIONS,
        status,
      });
      return {
        milliseconds: milliseconds / answers,
        peakMemory: peakOf(server.child.pid),
        counts: { 'ms p99': p99 },
      };
    },
  };
}
