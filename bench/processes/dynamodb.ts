// As much of DynamoDB as locks take, with one table or none: node dynamodb.mjs [TABLE]
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Call {
  readonly TableName: string;
  readonly Key?: { readonly LockID: { readonly S: string } };
  readonly Item?: { readonly LockID: { readonly S: string } };
}

const [table] = process.argv.slice(2);
const items = new Map<string, object>();

function answer(operation: string, call: Call): [status: number, body: object] {
  if (call.TableName !== table) return failure('ResourceNotFoundException');
  const key = (call.Key ?? call.Item)?.LockID.S ?? '';
  const item = items.get(key);
  switch (operation) {
    case 'GetItem':
      return [200, item === undefined ? {} : { Item: item }];
    case 'DeleteItem':
      items.delete(key);
      return [200, {}];
    case 'PutItem':
      // The one condition that a lock sets: that nobody has it.
      if (item !== undefined) return failure('ConditionalCheckFailedException');
      items.set(key, call.Item ?? {});
      return [200, {}];
    default:
      return failure('UnknownOperationException');
  }
}

function failure(name: string): [number, object] {
  return [400, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: name }];
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
  const [status, body] = answer(operation, JSON.parse(await text(incoming)) as Call);
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body));
}

const server = createServer((incoming, outgoing) => {
  serve(incoming, outgoing).catch(() => outgoing.destroy());
});
server.keepAliveTimeout = 120_000;
server.listen(0, '127.0.0.1', () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.on('disconnect', () => process.exit(0));
