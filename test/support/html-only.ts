import { lyingServer } from './lying-server.ts';

/** The same index for clients that only understand HTML, with a slash at the end. */
export async function htmlOnly(index: string): Promise<string> {
  const { url } = await lyingServer((request, response) => {
    void (async () => {
      const headers = { accept: 'text/html', 'accept-encoding': 'identity' };
      const answer = await fetch(new URL(request.url ?? '', index), { headers, redirect: 'manual' });
      const passed = ['content-type', 'location'].flatMap((name): [string, string][] => {
        const value = answer.headers.get(name);
        return value === null ? [] : [[name, value]];
      });
      response.writeHead(answer.status, Object.fromEntries(passed));
      response.end(new Uint8Array(await answer.arrayBuffer()));
    })();
  });
  return url + new URL(index).pathname;
}
