// What AWS does with a function: runs the bundle that was built, in a process of its own, with variables and no
// credentials but those in them. Each instance is a bundle loaded anew, as after a cold start.

const bundle = new URL('../../dist/lambda/repair-pages/index.mjs', import.meta.url).href;

let variables = [];

process.on('message', async ({ id, instance, environment, event }) => {
  for (const name of variables) delete process.env[name];
  variables = Object.keys(environment);
  Object.assign(process.env, environment);
  try {
    const { handler } = await import(`${bundle}?instance=${instance}`);
    process.send({ id, answer: await handler(event) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
