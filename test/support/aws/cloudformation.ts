import { xmlDocument, type Xml } from '../s3/xml.ts';
import type { AwsWorld } from '../aws-endpoint.ts';
import { AwsError } from './error.ts';

const NAMESPACE = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

/** What CloudFormation answers to `DescribeStacks` of one stack, in the query protocol. */
export function describeStacks(
  { stacks }: Pick<AwsWorld, 'stacks'>,
  enter: (operation: string) => void,
  query: URLSearchParams,
): { readonly status?: number; readonly document: string } {
  const action = query.get('Action') ?? '';
  enter(action);
  if (action !== 'DescribeStacks') throw new AwsError(400, 'InvalidAction', `No action ${action}`);
  const name = query.get('StackName') ?? '';
  const outputs = stacks.get(name);
  if (outputs === undefined) {
    throw new AwsError(400, 'ValidationError', `Stack with id ${name} does not exist`);
  }
  const members = Object.entries(outputs).map(([key, value]): Xml => [
    'member',
    [
      ['OutputKey', key],
      ['OutputValue', value],
    ],
  ]);
  const stack: Xml = [
    'member',
    [
      ['StackName', name],
      ['CreationTime', '2026-01-01T00:00:00.000Z'],
      ['StackStatus', 'CREATE_COMPLETE'],
      ['Outputs', members],
    ],
  ];
  const result: Xml = ['DescribeStacksResult', [['Stacks', [stack]]]];
  return { document: xmlDocument(['DescribeStacksResponse', [result]], NAMESPACE) };
}
