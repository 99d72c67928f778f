import { describe, expect, it } from 'vitest';
import { readVariables } from '../../../cli/configuration/variables.ts';

describe('variables that are no settings', () => {
  it('are let through where they are known: credentials are for one command, and no file has them', () => {
    const variables = {
      WHEELSTORE_CONFIG: 'x',
      WHEELSTORE_IMPORT_USERNAME: 'me',
      WHEELSTORE_IMPORT_PASSWORD: 'hunter2',
    };
    const { values, problems } = readVariables(variables);
    expect([values.size, problems]).toEqual([0, []]);
  });

  it('are problems otherwise', () => {
    const { problems } = readVariables({ WHEELSTORE_IMPORT_TOKEN: 'hunter2', WHEELSTORE_BUKET: 'b' });
    expect(problems.map(({ code, value }) => [code, value])).toEqual([
      ['usage', 'WHEELSTORE_IMPORT_TOKEN'],
      ['usage', 'WHEELSTORE_BUKET'],
    ]);
    expect(JSON.stringify(problems.map(({ message, fix }) => [message, fix]))).not.toContain('hunter2');
  });
});
