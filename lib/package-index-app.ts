import { App, type AppProps, type Environment } from 'aws-cdk-lib';
import { CertificateStack } from './certificate-stack.ts';
import { PackageIndexStack } from './package-index-stack.ts';
import { parseSettings } from './settings.ts';

/** Where stacks go that say nothing else: a region has to be known where two stacks are in two. */
const REGION = 'us-east-1';

/**
 * Makes the stacks that the settings ask for.
 *
 * @throws {SettingsError}
 */
export function createApp(props: AppProps = {}): App {
  const app = new App(props);
  const env = environmentOf();
  const settings = parseSettings((name) => app.node.tryGetContext(name) as unknown, {
    region: env.region,
    names: Object.keys(app.node.getAllContext() as object),
  });
  const { stackName, domainName, hostedZone, certificateArn } = settings;
  const description = 'Wheelstore: a private Python package index';
  const needsCertificate =
    domainName !== undefined && certificateArn === undefined && hostedZone !== undefined;
  const certificates = needsCertificate
    ? new CertificateStack(app, certificateStackName(stackName, env.region), {
        domainName,
        hostedZone,
        description: `${description} (certificate)`,
        env: { ...env, region: 'us-east-1' },
      })
    : undefined;
  const index = new PackageIndexStack(app, stackName, {
    settings,
    description,
    env,
    ...(certificates === undefined ? {} : { certificate: certificates.certificate }),
  });
  // A reference to the other region says nothing of the order.
  if (certificates !== undefined) index.addStackDependency(certificates);
  return app;
}

/** All certificates are in one region, wherever their index is. */
function certificateStackName(stackName: string, region: string): string {
  return `${stackName}Certificate${region === 'us-east-1' ? '' : `-${region}`}`;
}

/** As the AWS CLI's profile says, which the CDK command hands on. */
function environmentOf(): Environment & { readonly region: string } {
  const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region = REGION } = process.env;
  return { region, ...(account === undefined ? {} : { account }) };
}
