import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary.ts';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** A certificate that signs itself, with its key and the file that it is in. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** For NODE_EXTRA_CA_CERTS. */
  readonly path: string;
}

/** @param names as the certificate has them: `DNS:localhost,IP:127.0.0.1` */
export function selfSigned(names: string, days: number): Certificate {
  const folder = temporaryFolder();
  const [path, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=test'];
  const words = [...request, '-days', String(days), '-addext', `subjectAltName=${names}`];
  execFileSync('openssl', [...words, '-keyout', key, '-out', path], { stdio: 'ignore' });
  return { cert: readFileSync(path, 'utf8'), key: readFileSync(key, 'utf8'), path };
}
