import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reportFailure } from '../../cli/failure.ts';
import { runCommand } from '../../cli/program.ts';
import { note, printJson, printLine, printSecret, styled } from '../../cli/terminal.ts';
import { generateToken } from '../../core/access/token.ts';
import { WheelstoreError } from '../../core/errors.ts';
import { startAwsEndpoint } from '../support/aws-endpoint.ts';
import { wheelstore } from '../support/command.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { recordingTerminal } from './recording-terminal.ts';

/** Whether so much of `token` is in `text` that the rest of it could be guessed, in whatever case. */
function reveals(text: string, token: string): boolean {
  const [plain, secret] = [text.toLowerCase(), token.slice(4).toLowerCase()];
  for (let start = 0; start + 20 <= secret.length; start++) {
    if (plain.includes(secret.slice(start, start + 20))) return true;
  }
  return false;
}

/** Where in a command line a token may stand by mistake. */
const LINES: readonly ((token: string) => readonly string[])[] = [
  (token) => [token],
  (token) => [`--${token}`],
  (token) => ['list', token],
  (token) => ['list', `--${token}`],
  (token) => ['list', `--store=${token}`],
  (token) => ['list', '--store', `https://__token__:${token}@example.com/`],
  (token) => ['list', '--bucket', token],
  (token) => ['list', '--stack', token],
  (token) => ['list', '--config', token],
  (token) => ['list', '--jobs', token],
  (token) => ['list', '--bucket', 'b', '--region', token],
  (token) => ['list', '--bucket', 'b', '--profile', token],
  (token) => ['list', '--bucket', 'b', '--s3-endpoint-url', `http://127.0.0.1:1/?${token}`],
  (token) => ['list', '--bucket', 'b', '--s3-put-args', `${token}=1`],
  (token) => ['show', token],
  (token) => ['show', `-${token}`],
  (token) => ['yank', token, '1.0'],
  (token) => ['yank', 'foo', token],
  (token) => ['yank', 'foo', '1.0', '--reason', `${token}\n`],
  (token) => ['status', 'foo', token],
  (token) => ['upload', token],
  (token) => ['upload', `${token}.whl`],
  (token) => ['upload', `dist/${token}/*.whl`],
  (token) => ['config', '--store', token],
  (token) => ['config', '--bucket', 'b', '--prefix', token],
  (token) => ['serve', token],
  (token) => ['serve', '.', '--port', token],
  (token) => ['token', token],
  (token) => ['token', 'create', token],
  (token) => ['token', 'create', 'ci', token],
  (token) => ['token', 'create', 'ci', '--expires', token],
  (token) => ['token', 'create', 'ci', '--project', `/${token}`],
  (token) => ['token', 'create', token, '--project', token],
  (token) => ['token', 'revoke', token],
  (token) => ['token', 'revoke', 'x', token],
  (token) => ['token', 'rotate', token],
  (token) => ['token', 'rotate', 'ci', '--grace', token],
  (token) => ['token', 'list', '--store', token],
];

describe('A token that stands where it does not belong', () => {
  it.each(LINES.map((line) => [line('TOKEN').join(' '), line] as const))(
    'is never repeated: wheelstore %s',
    async (_, line) => {
      const folder = temporaryFolder();
      for (const flags of [[], ['--debug', '-v']]) {
        const token = generateToken();
        const store = join(folder, 'packages');
        mkdirSync(store, { recursive: true });
        const { terminal, out, err } = recordingTerminal(false, flags.length > 0);
        const words = line(token);
        const isPlaced = /--(?:store|bucket|stack)/.test(words.join(' ')) || words[0] === 'serve';
        const isLost = words.length === 1 || isPlaced || words[1]?.startsWith('wst_') === true;
        await runCommand([...words, ...(isLost ? [] : ['--store', store]), ...flags], terminal);
        expect(reveals(out.text + err.text, token)).toBe(false);
        expect(out.text + err.text).not.toBe('');
      }
    },
  );

  it('is masked in what the command itself prints, and in all that it fails with', async () => {
    const token = generateToken();
    const folder = temporaryFolder();
    for (const words of [
      ['show', token, '--debug', '-v'],
      ['list', '--store', token, '--debug'],
      ['lost', token],
    ]) {
      const { stdout, stderr } = await wheelstore(words, { cwd: folder });
      expect(reveals(stdout + stderr, token)).toBe(false);
      expect(stderr).not.toBe('');
    }
  });
});

describe('What a command writes', () => {
  const beside = fc.string({ maxLength: 30 });
  const someToken = fc.noShrink(fc.constant(undefined).map(generateToken));

  it('has no token in it, by whatever way it is written', async () => {
    await fc.assert(
      fc.asyncProperty(beside, someToken, beside, async (before, token, after) => {
        const text = before + token + after;
        const { terminal, out, err } = recordingTerminal(false, true);
        printLine(terminal, text, styled('bold', text));
        note(terminal, text);
        printJson(terminal, { [text]: [text] });
        const cause = Object.assign(new Error(text), { code: text });
        reportFailure(terminal, new WheelstoreError('not-found', text, { value: text, fix: text, cause }));
        reportFailure(terminal, new TypeError(text, { cause: text }));
        reportFailure(terminal, text);
        const problems = [new WheelstoreError('usage', text, { fix: text })];
        reportFailure(terminal, new WheelstoreError('usage', text, { problems }));
        expect(reveals(out.text + err.text, token)).toBe(false);
      }),
    );
  });

  it('has one where it is what was asked for, and that alone', async () => {
    const { terminal, out, err } = recordingTerminal();
    const token = generateToken();
    await printSecret(terminal, token);
    await printSecret(terminal, { token });
    expect([out.text, err.text]).toEqual([`${token}\n{\n  "token": "${token}"\n}\n`, '']);
  });

  it('has none of what AWS says of a request', async () => {
    const aws = await startAwsEndpoint();
    try {
      const token = generateToken();
      aws.refuse({
        operation: 'DescribeStacks',
        status: 400,
        code: 'ValidationError',
        message: `No ${token}`,
      });
      const env = {
        ...aws.environment,
        AWS_ACCESS_KEY_ID: 'AKIATEST',
        AWS_SECRET_ACCESS_KEY: 'secret-of-the-test',
        AWS_CONFIG_FILE: '/nonexistent',
      };
      const words = ['token', 'create', 'ci', '--stack', 'S', '--debug', '-v'];
      const { code, stdout, stderr } = await wheelstore(words, { env });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('No wst_***');
      expect(stderr).not.toContain('secret-of-the-test');
      expect(reveals(stderr, token)).toBe(false);
    } finally {
      await aws.close();
    }
  });
});
