import type { QueueEvent, QueueMessage } from '../../lambda/repair-pages.lambda.ts';

/** What S3 sends of objects that were written, as AWS documents it. Keys are encoded as in a form. */
export function notification(bucket: string, ...keys: readonly string[]): object {
  return {
    Records: keys.map((key, index) => ({
      eventVersion: '2.1',
      eventSource: 'aws:s3',
      awsRegion: 'us-east-1',
      eventTime: '2026-01-02T03:04:05.678Z',
      eventName: 'ObjectCreated:Put',
      userIdentity: { principalId: 'AWS:AROAEXAMPLE:ci' },
      requestParameters: { sourceIPAddress: '127.0.0.1' },
      responseElements: {
        'x-amz-request-id': 'C3D13FE58DE4C810',
        'x-amz-id-2': 'FMyUVURIY8/IgAtTv8xRjskZQpcIZ9KG4V5Wp6S7S',
      },
      s3: {
        s3SchemaVersion: '1.0',
        configurationId: 'changes',
        bucket: {
          name: bucket,
          ownerIdentity: { principalId: 'A3NL1KOZZKExample' },
          arn: `arn:aws:s3:::${bucket}`,
        },
        object: {
          key: encodeURIComponent(key).replaceAll('%2F', '/').replaceAll('%20', '+'),
          size: 1024,
          eTag: 'd41d8cd98f00b204e9800998ecf8427e',
          versionId: '096fKKXTRTtl3on89fVO.nfljtsv6qko',
          sequencer: `0055AED6DCD90281E${index}`,
        },
      },
    })),
  };
}

/** What S3 sends when it is told where to send. */
export function testNotification(bucket: string): object {
  return {
    Service: 'Amazon S3',
    Event: 's3:TestEvent',
    Time: '2026-01-02T03:04:05.678Z',
    Bucket: bucket,
    RequestId: '5582815E1AEA5ADF',
    HostId: '8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE',
  };
}

/** A message as SQS hands it to a function; its number is its name. */
function message(body: unknown, index: number, receiveCount: number): QueueMessage {
  const documented = {
    messageId: String(index + 1),
    receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: '1545082649183',
      SenderId: 'AIDAIENQZJOLO23YVJ4VO',
      ApproximateFirstReceiveTimestamp: '1545082649185',
    },
    messageAttributes: {},
    md5OfBody: '098f6bcd4621d373cade4e832627b4f6',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:123456789012:changes',
    awsRegion: 'us-east-1',
  };
  return documented;
}

/** The messages of one invocation, named `1`, `2` and so on. A body that is no text is JSON. */
export function queueEvent(bodies: readonly unknown[], receiveCount = 1): QueueEvent {
  return { Records: bodies.map((body, index) => message(body, index, receiveCount)) };
}
